"""A visit without a browser: moves, undo, files, languages, and what must not harm the page."""

from __future__ import annotations

import json
import os
import random
import re
from concurrent.futures import Future
from copy import copy

import html5lib
import pytest
from starlette.testclient import TestClient

from expatsim.page.guard import MOST_BYTES
from expatsim.page.server import application
from expatsim.page.session import MOST_SESSIONS, Session, Settings
from expatsim.scenario import check
from helpers import ROOT
from live_page import FEW, HOST, TOKEN, Page

LEVER = {"move": "lever", "lever": "mentor_projects", "level": 30, "unit": "percent"}


def test_a_visit(page, tmp_path) -> None:
    told = page.move(**LEVER).json()
    assert "As before" in told["controls"]
    answer = page.answer(told["revision"])
    assert answer["stage"] == 3
    assert "Rotterdam, my plan" in answer["head"]
    assert "policy of 2009" in answer["head"]
    assert answer["head"].count("data:image/svg+xml") == 2
    assert "Read this before you use a number." in answer["rest"]
    file = tmp_path / "plan.yaml"
    shared = page.get("plan.yaml")
    assert 'filename="plan.yaml"' in shared.headers["content-disposition"]
    file.write_text(shared.text, encoding="utf-8")
    assert check([file]) == []
    undone = page.move(move="undo").json()
    assert "mentor" not in page.get("plan.yaml").text
    assert "No lever is moved yet" in page.answer(undone["revision"])["head"]
    loaded = page.post("load", file.read_bytes()).json()
    assert page.get("plan.yaml").text == shared.text
    assert "Rotterdam, my plan" in page.answer(loaded["revision"])["head"]
    page.move(move="reset")
    assert "population" not in page.get("plan.yaml").text
    page.move(move="undo")
    assert page.get("plan.yaml").text == shared.text


def test_moves_of_a_gesture_are_undone_together(page) -> None:
    before = page.get("plan.yaml").text
    for level in range(20):
        told = page.move(**{**LEVER, "level": level, "gesture": 3, "drawing": True}).json()
        assert set(told) == {"revision", "text"}
    page.move(**{**LEVER, "level": 50, "gesture": 4})
    page.move(move="undo")
    assert "mentor_projects: 0.19" in page.get("plan.yaml").text
    page.move(move="undo")
    assert page.get("plan.yaml").text == before
    for _ in range(10):
        page.move(move="undo")  # at the beginning it stays
    assert page.get("plan.yaml").status_code == 200


def test_costs_are_shown(page) -> None:
    page.move(move="cost", lever="mentor_projects", cost="per_year", euros=50_000)
    page.move(move="value", euros=9_000)
    answer = page.answer(page.move(**LEVER).json()["revision"])
    assert "Extra cost over the whole period" in answer["rest"]
    assert "€500,000" in answer["rest"]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_pages_are_well_formed(page, lang) -> None:
    """All parts together: identifiers once, labels for controls, no script or style inside."""
    whole = page.speak(lang)
    answer = page.answer(page.move(**LEVER).json()["revision"])
    for part in ("head", "rest"):
        whole = re.sub(
            rf'(<section id="{part}"[^>]*>).*?(</section>)', rf"\1{{{part}}}\2", whole, flags=re.S
        )
        whole = whole.replace(f"{{{part}}}", answer[part])
    tree = html5lib.HTMLParser(strict=True).parse(whole)
    assert tree.get("lang") == lang
    html = "{http://www.w3.org/1999/xhtml}"
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    labelled = {e.get("for") for e in tree.iter(f"{html}label")}
    controls = [e for kind in ("input", "select") for e in tree.iter(f"{html}{kind}")]
    assert len(controls) > 60
    for control in controls:
        by = control.get("aria-labelledby")
        assert by in ids if by else control.get("id") in labelled, control.get("id")
    assert not list(tree.iter(f"{html}style"))
    assert not [e for e in tree.iter() if any(k == "style" or k.startswith("on") for k in e.attrib)]
    assert all(not (e.text or "").strip() for e in tree.iter(f"{html}script"))
    for kind, key in (("img", "src"), ("a", "href"), ("link", "href"), ("script", "src")):
        for element in tree.iter(f"{html}{kind}"):
            assert not re.match(r"https?:|//", element.get(key))


def test_dutch_pages_are_dutch(page) -> None:
    whole = page.speak("nl")
    answer = page.answer(page.move(**LEVER).json()["revision"])
    plain = re.sub(r"<[^>]+>", " ", whole[whole.index("<body") :] + answer["head"] + answer["rest"])
    assert "Rotterdam, mijn plan" in plain
    for english in (" the ", " lever", " draws", " still ", "Newcomers", " share "):
        assert english not in plain
    refused = page.move(**{**LEVER, "level": 300}).json()["problem"]
    assert "toegestaan: 0 tot 100%" in refused


def test_windows_in_two_languages(page) -> None:
    """Each has its own language and, from then on, its own plan; neither mixes both."""
    page.move(**LEVER)
    dutch = copy(page)
    dutch.speak("nl")
    assert dutch.home != page.home
    texts = [each.get("plan.yaml").text for each in (page, dutch)]
    assert texts[0] == texts[1]
    for each, allowed in ((page, "allowed: 0 to"), (dutch, "toegestaan: 0 tot")):
        assert allowed in each.move(**{**LEVER, "level": 300}).json()["problem"]
    dutch.move(move="undo")
    assert "mentor_projects" not in dutch.get("plan.yaml").text
    assert page.get("plan.yaml").text == texts[0]
    there = dutch.home
    dutch.speak("nl")
    assert dutch.home == there


def test_another_window_shows_what_its_answer_is_of(page) -> None:
    """Two windows of one page: who waits for an old answer gets the controls of the new one."""
    old = page.move(**LEVER).json()["revision"]
    new = page.move(**{**LEVER, "level": 37}).json()
    told = page.get(f"answer?revision={old}&after=0").json()
    assert (told["state"], told["revision"]) == ("superseded", new["revision"])
    assert told["controls"] == new["controls"]
    assert 'value="37"' in told["controls"]


BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'"undo"',
    b"{}",
    b'{"move": NaN}',
    b'{"move": {"move": "undo"}}',
    b"[" * 4000,
    b'{"move": "lever", "lever": "mentor_projects", "level": NaN}',
    b'{"move": "lever", "lever": "__class__", "level": 1}',
    b"\xff\xfe{}",
    b'{"move": "title", "title": "' + b"x" * 6000 + b'"}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda b: repr(b[:40]))
def test_malformed_moves_get_one_message(page, body) -> None:
    before = page.get("plan.yaml").text
    reply = page.post("move", body)
    assert reply.status_code == 400
    assert set(reply.json()) <= {"problem", "controls"}
    assert 0 < len(reply.json()["problem"]) < 700
    assert page.get("plan.yaml").text == before


def test_a_thousand_moves_leave_it_answering(page) -> None:
    """Good ones and bad ones, as fast as they can be sent; then the last plan is answered."""
    chance = random.Random(1)
    for k in range(1000):
        kind = k % 4
        if kind == 0:
            page.post("move", chance.randbytes(chance.randrange(60)))
        elif kind == 1:
            page.post(chance.choice(["load", "lost", "answer", "report/x"]), chance.randbytes(40))
        elif kind == 2:
            page.get(f"answer?revision={chance.choice(['x', '-1', '1e9', ''])}&after=0")
        else:
            drawing = {"drawing": True, "gesture": 1, "level": k % 100}
            last = page.move(**{**LEVER, **drawing}).json()
    answer = page.answer(last["revision"])
    assert answer["stage"] == 3
    assert "mentor_projects: 0.99" in page.get("plan.yaml").text


def test_older_plans_are_not_answered(page) -> None:
    first = page.move(**LEVER).json()["revision"]
    second = page.move(**{**LEVER, "level": 60}).json()["revision"]
    told = page.answer(first)
    assert (told["state"], told["revision"]) == ("superseded", second)
    assert page.answer(second)["stage"] == 3


def test_sessions_do_not_meet(client) -> None:
    one, other = Page(client), Page(client)
    one.move(**LEVER)
    assert "mentor" in one.get("plan.yaml").text
    assert "mentor" not in other.get("plan.yaml").text
    for _ in range(MOST_SESSIONS):
        Page(client)
    assert one.move(move="undo").status_code == 410
    assert one.get(follow_redirects=False).headers["location"] == f"/{TOKEN}/"


def test_files_are_written_to_the_folder_of_results_only(worker, tmp_path, monkeypatch) -> None:
    """And under names of the page's own, whatever a request says."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(draws=4, scenarios=ROOT / "scenarios")
    app = application(settings, TOKEN, frozenset({HOST}), worker)
    with TestClient(app, base_url=f"http://{HOST}") as client:
        page = Page(client)
        few = b"title: ../../x\ncity: rotterdam\npopulation: {stock: 150, inflow: 60}\nyears: 4\n"
        page.post("load", few)
        page.move(**LEVER, file="/tmp/x", name="../y", out="/tmp")
        told = page.post("report?name=../z&out=/tmp/z", json.dumps({"name": "../w"})).json()
        assert told["href"] == "report/1"
        shown = page.get(told["href"])
        assert "unsafe-inline" in shown.headers["content-security-policy"]
        assert "script-src" not in shown.headers["content-security-policy"]
        assert "sandbox" in shown.headers["content-security-policy"]
        assert "expatsim report results/page/1/baseline.yaml" in shown.text
        for lost in ("report/2", "report/../plan.yaml", "report/1/../../x", "report/-1"):
            assert "expatsim report" not in page.get(lost).text
        assert client.get(f"/{TOKEN}/static/..%2fserver.py").status_code == 404
    written = sorted(
        os.path.relpath(os.path.join(folder, name), tmp_path)
        for folder, _, names in os.walk(tmp_path)
        for name in names
    )
    names = ("baseline.yaml", "plan.yaml", "report.html")
    assert written == [f"results/page/1/{name}" for name in names]
    assert check([tmp_path / "results/page/1/plan.yaml"]) == []


def test_a_file_that_is_too_large_is_refused(page) -> None:
    assert page.post("load", b"#" * (MOST_BYTES + 1)).status_code == 413
    assert page.post("load", b"title: x\n" * 3).json()["problem"].startswith("your file")


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_few_draws_have_no_90_percent_interval(page, lang) -> None:
    """Neither in the line that stays in sight, nor in tables, nor in texts for the blind."""
    page.speak(lang)
    page.move(move="cost", lever="mentor_projects", cost="per_year", euros=50_000)
    answer = page.answer(page.move(**LEVER).json()["revision"])
    for part in ("head", "rest"):
        assert "90%" not in answer[part]
    assert {"en": ">Rough. ", "nl": ">Ruw. "}[lang] in answer["head"]


OUTS = {
    "a-file": "a-file/1/report.html: a-file is a file; give a folder",
    "x" * 300: f"{'x' * 300}: cannot be written: File name too long",
}


@pytest.mark.parametrize("name", OUTS, ids=lambda n: n[:9])
def test_a_report_that_cannot_be_written(worker, tmp_path, name) -> None:
    """The page says what is wrong with its folder, and not that expatsim is gone."""
    (tmp_path / "a-file").write_text("")
    settings = Settings(draws=4, out=tmp_path / name)
    app = application(settings, TOKEN, frozenset({HOST}), worker)
    with TestClient(app, base_url=f"http://{HOST}") as client:
        page = Page(client)
        for what, people in FEW.items():
            page.move(move="people", what=what, people=people)
        refused = page.post("report")
    assert refused.status_code == 400
    assert refused.json() == {"problem": f"{tmp_path}/{OUTS[name]}"}


def test_a_report_that_fails_is_told_as_that(page, monkeypatch, capfd) -> None:
    monkeypatch.setattr(Session, "save", lambda _: failed)
    failed: Future[int] = Future()
    failed.set_exception(RuntimeError("no such luck"))
    page.speak("nl")
    told = page.post("report")
    assert told.json() == {
        "problem": "Dit rapport kon niet worden geschreven; de terminal zegt waarom."
    }
    assert "RuntimeError: no such luck" in capfd.readouterr().err


def test_a_report_that_was_moved_is_told(page, tmp_path, monkeypatch) -> None:
    file = tmp_path / "report.html"

    def save(session: Session) -> Future[int]:
        session.reports[1] = file
        number: Future[int] = Future()
        number.set_result(1)
        return number

    monkeypatch.setattr(Session, "save", save)
    page.post("report")
    for content in (None, b"\xff\xfe"):
        if content:
            file.write_bytes(content)
        reply = page.get("report/1")
        assert reply.status_code == 404
        assert reply.text.startswith(f"{file}: was moved, changed or removed meanwhile")
