"""The saved page: its script counts as Python does, and a policymaker can use it from the disk."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from axe_core_python.sync_playwright import Axe
from ruamel.yaml import YAML
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.findings.basis import rests_on
from expatsim.findings.outcomes import OUTCOMES as DECLARED
from expatsim.findings.sureness import verdict
from expatsim.intervals import spread
from expatsim.model.levers import LEVERS
from expatsim.page import mixes, saved
from expatsim.page import stored as stored_module
from expatsim.page.mixes import OUTCOMES
from expatsim.report import pdf
from expatsim.scenario.loading import load_text
from made_up_surfaces import CITIES, levels, stored

BROWSER, NODE = pdf.browser(), shutil.which("node")
in_browser = pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
LARGEST = 3_000_000  # bytes
SANDBOX = [] if os.geteuid() else ["--no-sandbox"]
NAMES = {"low": "low", "low_50": "low50", "median": "middle", "high_50": "high50", "high": "high"}


@pytest.fixture(scope="module")
def surfaces():
    return stored(64)


@pytest.fixture(scope="module")
def text(surfaces) -> str:
    return saved.page(surfaces)


def run(code: str, folder: Path) -> list:
    """What a script prints as JSON, in Node or in a browser; its result is ``found``."""
    source = resources.files("expatsim.page").joinpath("surface.js").read_text("utf-8")
    if NODE:
        file = folder / "script.js"
        file.write_text(f"{source}\n{code}\nconsole.log(JSON.stringify(found));", encoding="utf-8")
        command = [NODE, str(file)]
    elif BROWSER:
        file = folder / "script.html"
        show = "document.body.textContent = JSON.stringify(found);"
        file.write_text(f"<body><script>{source}\n{code}\n{show}</script></body>", encoding="utf-8")
        command = [BROWSER, "--headless", "--disable-gpu", *SANDBOX, "--dump-dom", file.as_uri()]
    else:
        pytest.skip("neither Node nor a browser on this machine")
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    out = done.stdout if NODE else html.unescape(re.sub("<[^>]*>", "", done.stdout))
    return json.loads(out)


def test_the_script_counts_as_python_does(surfaces, tmp_path) -> None:
    chosen = mixes.random_mixes(12, [3])
    asked = [
        (CITIES[k % 2], [None if np.isnan(x) else x for x in row], delay)
        for k, (row, delay) in enumerate(zip(*chosen, strict=True))
    ]
    data = json.dumps(saved.content(surfaces))
    code = f"const data = {data}; const found = {json.dumps(asked)}.map((x) => answer(data, ...x));"
    found = run(code, tmp_path)
    labels = set()
    for (city, row, delay), theirs in zip(asked, found, strict=True):
        mix = np.array([np.nan if x is None else x for x in row]), delay
        after, before = (
            surfaces.surfaces[city][s].differences(*mix) for s in ("posterior", "prior")
        )
        base = surfaces.surfaces[city]["posterior"].baseline
        for o, name in enumerate(OUTCOMES):
            ours = {
                "baseline": spread(base[:, o]),
                "plan": spread(base[:, o] + after[:, o]),
                "difference": spread(after[:, o]),
            }
            for what, numbers in ours.items():
                for key, x in numbers.items():
                    assert theirs[o][what][NAMES[key]] == pytest.approx(x, rel=1e-6, abs=1e-6)
            sure = verdict(after[:, o], DECLARED[name].smallest())
            assert theirs[o]["verdict"] == sure
            assert theirs[o]["rests"] == rests_on(after[:, o], before[:, o])
            labels |= {sure, theirs[o]["rests"]}
    assert {"clear", "the model is undecided", "assumption only"} <= labels


def test_with_few_draws_there_is_no_verdict(tmp_path) -> None:
    data = json.dumps(saved.content(stored(10)))
    mix = [0.5 if name == "mentor_projects" else None for name in LEVERS]
    code = f"const data = {data}; const found = answer(data, 'rotterdam', {json.dumps(mix)}, 0);"
    assert {x["verdict"] for x in run(code, tmp_path)} == {"too few draws"}


def test_small_alone_and_locked_down(text) -> None:
    assert len(text.encode()) < LARGEST
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    policy = html.unescape(policy)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert not re.search(
        r"https?://(?!www\.w3\.org)|\b(fetch|import|eval)\s*\(|XMLHttp|WebSocket", text
    )
    assert not re.search(r'(src|href)="(?!#|data:)', text)


def test_says_where_the_aim_is_not_reached(surfaces, text) -> None:
    assert "The aim is not reached for the middle of: " in text
    assert "Het doel is niet gehaald voor het midden van: " in text
    label = DECLARED["knows_service"].label  # its made-up error is 0.6 points
    assert re.search(f"not reached for the middle of: [^.]*{label}", text)
    assert "The model has changed" not in text
    old = stored_module.Stored(surfaces.surfaces, {**surfaces.record, "model": "another"})
    assert "The model has changed" in saved.page(old)


def test_written_by_the_command(surfaces, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(saved, "read", lambda: surfaces)
    file = tmp_path / "page.html"
    command = ["page", "--save", str(file), "--lang", "nl", "--city", "den_haag"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    written = file.read_text("utf-8")
    assert '<html lang="nl">' in written
    assert '"first":"den_haag"' in written
    with pytest.raises(InputError, match="already there"):
        saved.write(file, stored=surfaces)
    with pytest.raises(InputError, match="has only rotterdam, den_haag"):
        saved.write(tmp_path / "other.html", city="rotterdam_2025", stored=surfaces)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=SANDBOX)
        yield browser
        browser.close()


def opened(browser, text: str, folder: Path, width: int, complaints: list[str]):
    """The page in a browser, from the disk; what is said against it, or asked for, is kept."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.on(
        "request",
        lambda asked: (
            asked.url.split(":")[0] not in ("file", "data") and complaints.append(asked.url)
        ),
    )
    page.goto(file.as_uri())
    return page


def violations(page) -> list[str]:
    """What axe finds on a page."""
    found = Axe().run(page)["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


@in_browser
@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("nl", 390)])
def test_a_policymaker_uses_it(browser, text, surfaces, tmp_path, lang, width) -> None:
    complaints: list[str] = []
    page = opened(browser, text, tmp_path, width, complaints)
    page.click(f"[data-language={lang}]")
    assert page.get_attribute("html", "lang") == lang
    before = page.inner_text("#sentence")
    assert page.is_hidden("#labels")
    # the keyboard alone moves a lever; one gesture is one step back
    page.focus("#s-mentor_projects")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.input_value("#n-mentor_projects") == "3"
    assert page.inner_text("#sentence") != before
    assert page.is_visible("#labels")
    page.wait_for_selector("#said:has-text('(')", state="attached")
    page.select_option("#delay", "2")
    page.select_option("#city", "den_haag")
    page.fill("#n-welcome_events", "12")
    page.keyboard.press("Tab")
    # the file that it shows is the scenario that was answered
    shown = page.input_value("#yaml")
    scenario = load_text(shown.encode(), Path("plan.yaml"))
    mix = levels(mentor_projects=0.03, welcome_events=12.0)
    assert scenario.policy == mixes.with_mix(mixes.baseline("den_haag", 2), mix, 2).policy
    assert YAML(typ="safe").load(shown)["changes"][0]["date"] == "2012-01"
    found = surfaces.surfaces["den_haag"]["posterior"].differences(mix, 2)
    middle = 100 * np.median(found[:, OUTCOMES.index("newcomers_5")])
    number = f"{abs(middle):.1f}".replace(".", "," if lang == "nl" else ".")
    assert number in page.inner_text("#rest tbody tr:nth-child(3) td:nth-child(4)")
    # what is impossible is said, and changes nothing
    page.fill("#n-welcome_events", "99")
    page.keyboard.press("Tab")
    assert page.is_visible("#problem")
    assert page.input_value("#n-welcome_events") == "12"
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for _ in range(4):
        page.click("#undo")
    assert page.inner_text("#sentence") == before
    assert page.is_disabled("#undo")
    page.click("#reset")
    assert page.input_value("#city") == "rotterdam"
    assert complaints == []


@in_browser
def test_nothing_can_be_sent(browser, text, tmp_path) -> None:
    page = opened(browser, text, tmp_path, 800, [])
    sent = page.evaluate(
        "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)",
    )
    assert sent == "TypeError"
    blocked = page.evaluate(
        """new Promise((done) => {
            document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));
            fetch('http://127.0.0.1:9/').catch(() => 0);
        })"""
    )
    assert blocked == "connect-src"
