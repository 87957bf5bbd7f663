"""The report: complete in both languages, safe, accessible, and it says what the numbers say."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from importlib import resources
from itertools import pairwise

import html5lib
import numpy as np
import pandas as pd
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from typer.testing import CliRunner

import expatsim as xs
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.findings.assumptions import (
    CHAIN,
    parameters_behind,
    parameters_behind_climate,
    parameters_behind_quality,
)
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.sureness import FEWEST_PEOPLE, FEWEST_RESPONDENTS
from expatsim.findings.survival import REASONS
from expatsim.model.levers import LEVERS
from expatsim.model.parameters import registry
from expatsim.posterior.record import calibration_of
from expatsim.report import answers, charts, fit, pdf, words
from expatsim.report.facts import HEADLINES, Facts, observed_and_simulated
from expatsim.report.language import LANGUAGES, Language
from expatsim.runs.groups import GROUPS
from expatsim.survey.questions import QUESTIONS
from helpers import ROOT, small

PAGE = ROOT / "src" / "expatsim" / "report"
H = "{http://www.w3.org/1999/xhtml}"
NASTY = '<script>alert("x")</script> $5 & %(x)s 100%'


@pytest.fixture(scope="module")
def result() -> xs.Result:
    base = small("rotterdam", 0.05, 72)
    costs = {"mentor_projects": {"per_year": 50_000.0, "per_participant": 300.0}}
    others = [
        dataclasses.replace(
            small("rotterdam-all-recommendations", 0.05, 72), costs=costs, value_per_expat_year=1e4
        ),
        small("den-haag", 0.05, 72),
    ]
    return xs.compare([base, *others], draws=6)


@pytest.fixture(scope="module", params=sorted(LANGUAGES))
def page(request, result) -> tuple[str, str]:
    return request.param, result.report(request.param, command="expatsim report a.yaml")


def parsed(text: str) -> ET.Element:
    """The page as a tree; an error in the HTML is an error here."""
    return html5lib.HTMLParser(strict=True).parse(text)


def msgids() -> set[object]:
    """Every text that a report may say."""
    texts: set[object] = set()
    found = extract_from_dir(
        PAGE,
        [("**.py", "python"), ("**.j2", "jinja2")],
        keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
    )
    texts |= {message for _, _, message, _, _ in found}
    behind = {p for lever in LEVERS for p in parameters_behind(lever)} | set(CHAIN)
    behind |= {*parameters_behind_climate(), *parameters_behind_quality()}
    declared = (OUTCOMES.values(), QUANTITIES.values(), GROUPS)
    texts |= {thing.label for things in declared for thing in things}
    texts |= {lever.label for lever in LEVERS.values()}
    asked = [q for q in QUESTIONS.values() if q.label]
    texts |= {text for q in asked for text in (q.label, *q.answers.values())}
    texts = {t for t in texts if not isinstance(t, str) or re.search("[A-Za-z]", t)}
    return texts | {registry()[p].meaning for p in behind} | set(REASONS.values())


def test_dutch_is_complete() -> None:
    with (PAGE / "nl.po").open("rb") as file:
        catalogue = read_po(file, locale="nl")
    known = {m.id: m.string for m in catalogue if m.id}
    assert set(known) == msgids()
    for text, dutch in known.items():
        one = (text,) if isinstance(text, str) else text
        other = (dutch,) if isinstance(dutch, str) else dutch
        for a, b in zip(one, other, strict=True):
            assert b
            # the same values in both, whatever the order
            assert sorted(re.findall(r"%\(\w+\)s|%%|<\w+>", a)) == sorted(
                re.findall(r"%\(\w+\)s|%%|<\w+>", b)
            )


def test_every_word_of_the_model_has_one_for_the_reader(result) -> None:
    assert set(words.LEVER_NAMES) == set(LEVERS)
    assert set(result.summary()["outcome"]) <= set(OUTCOMES)
    assert set(result.effects()["group"]) == {group.name for group in GROUPS}
    assert set(result.costs()["outcome"]) == set(QUANTITIES)


def test_shipped_scenarios_have_dutch_texts() -> None:
    for path in (ROOT / "scenarios").glob("*.yaml"):
        scenario = xs.load(path)
        assert scenario.title_nl
        assert scenario.description_nl
        assert "\a" not in scenario.description + scenario.description_nl


def test_nothing_is_left_in_english(page) -> None:
    lang, text = page
    if lang == "nl":
        plain = re.sub(r"<[^>]+>", " ", text[text.index("<body>") :])
        for english in (" the ", " still here", "clear ", " people ", "Newcomers"):
            assert english not in plain
        assert "Rotterdam met alle aanbevelingen" in plain


def test_structure_is_accessible(page) -> None:
    lang, text = page
    tree = parsed(text)
    assert tree.get("lang") == lang
    assert tree.find(f"{H}head/{H}title").text.strip()
    body = tree.find(f"{H}body")
    assert [e.tag for e in body if e.tag != f"{H}a"] == [
        f"{H}{x}" for x in ("header", "nav", "main")
    ]
    levels = [int(e.tag[-1]) for e in tree.iter() if re.fullmatch(rf"{H}h[1-6]", e.tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for link in tree.iter(f"{H}a"):
        assert link.get("href").lstrip("#") in ids
    for section in tree.iter(f"{H}section"):
        assert section.get("aria-labelledby") in ids
    images = list(tree.iter(f"{H}img"))
    assert len(images) > 8
    assert all(len(i.get("alt")) > 30 for i in images)
    for table in tree.iter(f"{H}table"):
        assert table.find(f"{H}caption").text.strip()
        assert all(th.get("scope") for th in table.iter(f"{H}th"))


def test_page_needs_nothing_else(page) -> None:
    tree = parsed(page[1])
    assert not list(tree.iter(f"{H}script"))
    for element in tree.iter():
        for name, value in element.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value.startswith(("data:image/svg+xml;base64,", "#"))
    assert "url(" not in page[1]
    assert "@import" not in page[1]


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


def test_contrast() -> None:
    """4.5 for text and 3 for lines, as WCAG 2.2 AA asks."""
    style = (PAGE / "page.css").read_text()
    colour = dict(re.findall(r"--(\w+): (#\w{3,6})", style))
    for name in ("ink", "soft", "accent"):
        assert contrast(colour[name], "#ffffff") >= 4.5
        assert contrast(colour[name], colour["fill"]) >= 4.5
    assert contrast("#ffffff", colour["accent"]) >= 4.5  # "clear"
    assert contrast(colour["ink"], "#d7e9f5") >= 4.5  # "likely"
    for line in (charts.BLUE, charts.ORANGE, charts.GREY):
        assert contrast(line, "#ffffff") >= 3
    assert contrast(charts.INK, "#ffffff") >= 4.5


@pytest.mark.skipif(pdf.browser() is None, reason="no browser on this machine")
def test_axe_finds_nothing(page, tmp_path) -> None:
    """The accessibility rules of axe, run by a browser on the page."""
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    run = """axe.run().then(r => { document.title = 'done';
      const found = r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '));
      document.body.innerHTML = '';
      const out = document.createElement('pre'); out.id = 'axe';
      out.textContent = JSON.stringify(found); document.body.append(out); });"""
    file = tmp_path / "page.html"
    file.write_text(
        page[1].replace("</body>", f"<script>{axe}</script><script>{run}</script></body>")
    )
    command = [pdf.browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=20000", f"--user-data-dir={tmp_path}/p", file.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    found = re.search(r'<pre id="axe">(.*?)</pre>', dom, re.S)
    assert found, dom[-500:]
    assert json.loads(html.unescape(found.group(1))) == []


@pytest.mark.skipif(pdf.browser() is None, reason="no browser on this machine")
def test_prints_to_pdf(page, tmp_path) -> None:
    (tmp_path / "page.html").write_text(page[1], encoding="utf-8")
    pdf.print_to_pdf(tmp_path / "page.html", tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_texts_of_scenarios_are_escaped(result) -> None:
    base = small("rotterdam", 0.02, 24, title=NASTY, description=NASTY)
    other = small("rotterdam-mentor-projects", 0.02, 24, title=NASTY + "2")
    text = xs.compare([base, other], draws=2).report()
    tree = parsed(text)
    assert not list(tree.iter(f"{H}script"))
    assert NASTY in "".join(tree.itertext())
    assert any(NASTY in i.get("alt") for i in tree.iter(f"{H}img"))


def test_one_scenario_has_no_differences() -> None:
    result = xs.run(small("den-haag", 0.02, 24), draws=2)
    for lang in LANGUAGES:
        tree = parsed(result.report(lang))
        ids = {e.get("id") for e in tree.iter()}
        assert "groups" not in ids
        assert {"summary", "staying", "fit", "limits", "provenance"} <= ids


def test_same_result_same_page(result) -> None:
    assert result.report("nl") == result.report("nl")


def test_stored_result_gives_the_same_page(result, tmp_path) -> None:
    result.save(tmp_path / "r", plots=False)
    opened = xs.open_result(tmp_path / "r")
    assert opened.report("en") == result.report("en")


@pytest.mark.parametrize(
    ("difference", "higher", "verdict", "begins"),
    [
        ((0.01, 0.02, 0.03), 1.0, "clear", "Clearly more"),
        ((-0.03, -0.02, -0.01), 0.0, "clear", "Clearly fewer"),
        ((-0.01, 0.02, 0.03), 0.9, "likely", "Likely more"),
        ((-0.03, -0.02, 0.01), 0.1, "likely", "Likely fewer"),
        ((-0.03, 0.0, 0.03), 0.5, "the data cannot tell", "The data cannot tell"),
        ((0.0, 0.0004, 0.001), 0.9, "practically no difference", "Practically no difference"),
        ((0.0, 0.02, 0.03), 0.9, "too few draws", "Too few draws to say"),
    ],
)
def test_headline_says_what_the_numbers_say(difference, higher, verdict, begins) -> None:
    low, middle, high = difference
    row = pd.Series(
        {
            "outcome": HEADLINES[0],
            "difference_low": low,
            "difference_median": middle,
            "difference_high": high,
            "probability_higher": higher,
            "verdict": verdict,
        }
    )
    said = answers.headline(row, "base", Language("en"))
    assert said.startswith(begins)
    if verdict in ("clear", "likely"):
        assert f"about {abs(100 * middle):.1f} " in said
    assert Language("en").number(100 * low, 1, sign=True) in said


def test_numbers_follow_the_language() -> None:
    en, nl = Language("en"), Language("nl")
    assert (en.number(1234.56, 1), nl.number(1234.56, 1)) == ("1,234.6", "1.234,6")
    assert (en.number(-0.04, 1, sign=True), nl.number(0.26, 1, sign=True)) == ("0.0", "+0,3")
    assert en.number(-3) == "−3"
    assert (en.euros(123_456), nl.euros(123_456)) == ("€123,000", "€\N{NO-BREAK SPACE}123.000")
    assert (en.month("2010-01", 35), nl.month("2010-01", 35)) == ("December 2012", "december 2012")
    assert nl.list(["a", "b", "c"]) == "a, b en c"


def test_paths_in_words() -> None:
    steps = [(0, 0.3), (36, 0.5)]
    show = lambda x: words.level("mentor_projects", Language("nl"), x)  # noqa: E731
    assert words.path(steps, "2010-01", Language("nl"), show) == "30%; vanaf januari 2013: 50%"


def test_small_groups_have_no_numbers(result) -> None:
    facts = Facts.of(result)
    assert facts.headline.name == HEADLINES[0]
    some = facts.groups().query("scenario == 'den-haag'")
    rows = answers.group_rows(some, Language("en"))
    few = (some["respondents"].to_numpy() < FEWEST_RESPONDENTS) | (
        some["people"].to_numpy() < FEWEST_PEOPLE
    )
    assert few.any()
    assert not few.all()
    for small_group, row in zip(few, rows, strict=True):
        assert (row["difference"] == "") == small_group


def test_fit_is_that_of_the_shipped_posterior() -> None:
    shipped = pd.read_csv(ROOT / "calibration" / "posterior" / "targets.csv")
    packaged = pd.read_csv(ROOT / "src" / "expatsim" / "posterior" / "shipped" / "targets.csv")
    assert packaged.equals(shipped)
    shown = fit.with_words(observed_and_simulated(calibration_of("posterior").fit))
    assert (shown[["low", "median", "high"]].to_numpy() <= 1).all()
    assert np.allclose(
        shown.loc[shown["target"] == "wish to stay", "observed_low"], np.array([10, 28, 37]) / 75
    )


def test_command_line(tmp_path) -> None:
    runner = CliRunner()
    files = [str(ROOT / "scenarios" / f"{x}.yaml") for x in ("rotterdam", "rotterdam-visible-desk")]
    out = tmp_path / "r" / "report.html"
    command = ["report", *files, "--draws", "2", "--lang", "nl", "--out", str(out)]
    done = runner.invoke(app, command)
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    assert "expatsim report" in text
    assert "--draws 2" in text
    again = runner.invoke(app, command)
    assert isinstance(again.exception, InputError)
    assert "already there" in str(again.exception)


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (["--lang", "de"], "--lang: 'de' is not one of en, nl"),
        (["--why"], "--why: needs a scenario of each city"),
    ],
)
def test_mistakes_are_named(extra, says, tmp_path) -> None:
    files = [str(ROOT / "scenarios" / "rotterdam.yaml")]
    out = ["--out", str(tmp_path / "x.html")]
    done = CliRunner().invoke(app, ["report", *files, *out, *extra])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)
    assert not list(tmp_path.iterdir())
