"""The page: safe, accessible, the same each time, and whole in one file."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import html
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from importlib import resources
from itertools import pairwise

import html5lib
import pandas as pd
import pytest

import expatsim as xs
from expatsim.findings.assumptions import Part
from expatsim.report import caveats, charts, pdf, ranking
from expatsim.report.facts import Facts
from expatsim.report.language import LANGUAGES, Language
from expatsim.report.render import in_language
from helpers import ROOT, small

PAGE = ROOT / "src" / "expatsim" / "report"


H = "{http://www.w3.org/1999/xhtml}"


NASTY = '<script>alert("x")</script> $5 & %(x)s 100%'


def parsed(text: str) -> ET.Element:
    """The page as a tree; an error in the HTML is an error here."""
    return html5lib.HTMLParser(strict=True).parse(text)


def test_nothing_is_left_in_english(page) -> None:
    lang, text = page
    if lang == "nl":
        plain = re.sub(r"<[^>]+>", " ", text[text.index("<body>") :])
        for english in (" the ", " still here", "clear ", " people ", "Newcomers"):
            assert english not in plain
        assert "Rotterdam met alle aanbevelingen" in plain


def test_few_draws_have_no_intervals(page) -> None:
    """Headings, captions, alternative texts and figures; the calibration's own intervals stay."""
    lang, text = page
    named = re.compile("[59]0 ?%[ -]inter")
    fit = text.index('<section id="fit"')
    text = text[:fit] + text[text.index("</section>", fit) :]
    said = [line for line in text.splitlines() if named.search(line)]
    assert len(said) == 1, said  # that none is called so
    few = {"en": "most of these draws", "nl": "de meeste van deze doorrekeningen"}[lang]
    assert text.count(few) > 10
    for figures in re.findall('data:text/csv;charset=utf-8;base64,([^"]+)', text):
        assert not named.search(base64.b64decode(figures).decode())


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
        if not link.get("download"):
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
                assert value.startswith(
                    ("data:image/svg+xml;base64,", "data:text/csv;charset=utf-8;base64,", "#")
                )
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


@pytest.fixture(scope="module")
def many(result) -> xs.Result:
    """A result of five measures beside the first scenario, with long titles."""
    last = result.dataset.isel(scenario=[1])
    names = [f"s{k}" for k in range(5)]
    import xarray as xr

    copies = [last.assign_coords(scenario=[name]) for name in names]
    base, other = result.scenarios[:2]
    scenarios = [
        dataclasses.replace(other, name=n, title=f"{n} letters, forms and website in English")
        for n in names
    ]
    dataset = xr.concat([result.dataset.isel(scenario=[0]), *copies], "scenario")
    return xs.Result(dataset, [base, *scenarios], result.provenance)


@pytest.mark.skipif(pdf.browser() is None, reason="no browser on this machine")
def test_prints_on_six_pages(result, many, tmp_path) -> None:
    for which, lang in ((result, "en"), (result, "nl"), (many, "nl")):
        file = tmp_path / "page.html"
        file.write_text(which.report(lang, contact="x@y", date=datetime.date(2026, 3, 1)), "utf-8")
        pdf.print_to_pdf(file, tmp_path / "page.pdf")
        pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes())
        assert 2 <= len(pages) <= 6


@pytest.fixture(scope="module")
def few() -> xs.Result:
    """Too few people to speak of, in an economy like that of 2009 or not."""
    return xs.compare(
        [small(name, 0.003, 60) for name in ("rotterdam", "economic-downturn")], draws=3
    )


def test_what_else_differs_is_called_an_assumption(few, page) -> None:
    """Beside the measures: an economy or a city of which no effect was measured."""
    assert "which no measurement narrowed down: “The economy”." in few.report("en")
    assert "geen meting heeft dat nauwkeuriger gemaakt: “De economie”." in few.report("nl")
    lang, text = page  # a plan of Rotterdam, and the whole of The Hague
    assert {"en": "narrowed down: “Quality", "nl": "gemaakt: “Kwaliteit"}[lang] in text
    known = dict.fromkeys(["inflow_climate"], True)
    part = Part("climate", tuple(known))
    assert caveats.also_assumed([part], known, Language("en")) == ""


def test_a_remark_after_numbers_may_break(few) -> None:
    """On paper numbers stay on one line; with their remarks they would leave titles no room."""
    text = few.report("en")
    spans = list(parsed(text).iter(f"{H}span"))
    numbers = [x for x in spans if x.get("class") == "numbers"]
    assert numbers
    assert all(", " not in (x.text or "") for x in numbers)
    assert any((x.tail or "").endswith("too few people") for x in numbers)
    css = (PAGE / "page.css").read_text(encoding="utf-8")
    assert ".long .numbers { white-space: nowrap; }" in css
    assert not re.findall(r"\.long td[^{]*\{[^}]*nowrap", css)


def test_every_chart_has_its_source_and_its_figures(page) -> None:
    lang, text = page
    figures = list(parsed(text).iter(f"{H}figure"))
    assert len(figures) > 8
    names = set()
    for figure in figures:
        source = figure.find(f"{H}p")
        assert {"en": "Source: ", "nl": "Bron: "}[lang] in source.text
        assert "CBS" in source.text
        link = source.find(f"{H}a")
        names.add(link.get("download"))
        data = base64.b64decode(link.get("href").partition("base64,")[2])
        encoding = {"en": "utf-8", "nl": "utf-8-sig"}[lang]
        assert lang == "en" or data.startswith(b"\xef\xbb\xbf")
        separators = {"en": {"sep": ","}, "nl": {"sep": ";", "decimal": ","}}[lang]
        table = pd.read_csv(io.BytesIO(data), encoding=encoding, **separators)
        assert len(table)
        middle = {"en": "middle draw", "nl": "middelste doorrekening"}[lang]
        assert pd.api.types.is_float_dtype(table[middle])
    assert len(names) == len(figures)


def test_a_page_is_signed_and_its_title_is_the_finding(result) -> None:
    text = result.report("nl", author="A & B", contact="x@y", date=datetime.date(2026, 3, 1))
    assert "1 maart 2026. Auteur: A &amp; B. Contact: x@y." in text
    tree = parsed(text)
    heading = tree.find(f".//{H}h1").text
    assert heading == tree.find(f"{H}head/{H}title").text
    facts = Facts.of(result)
    scenarios = in_language(facts.scenarios, Language("nl"))
    assert heading == ranking.finding(facts, scenarios, Language("nl"))


def test_scenarios_are_ranked_and_shown_in_people(page, result) -> None:
    ranked = parsed(page[1]).find(f".//{H}table[@class='ranked']")
    rows = ["".join(row.itertext()) for row in ranked.findall(f"{H}tbody/{H}tr")]
    facts = Facts.of(result)
    titles = {s.name: s.title for s in in_language(facts.scenarios, Language(page[0]))}
    assert len(rows) == len(result.scenarios) - 1
    for row, name in zip(rows, ranking.order(facts), strict=True):
        assert row.startswith(titles[name])
    order = facts.headlines().loc[ranking.order(facts), "difference_median"]
    assert order.is_monotonic_decreasing


def test_a_reader_is_given_no_instructions_to_the_maker(result) -> None:
    """Neither to add costs, nor other cities, nor options of a command."""
    base, other = result.scenarios[:2]
    scenarios = [base, dataclasses.replace(other, costs={})]
    one = xs.Result(result.dataset.isel(scenario=[0, 1]), scenarios, result.provenance)
    for lang in LANGUAGES:
        tree = parsed(one.report(lang))
        assert not {"costs", "cities"} & {e.get("id") for e in tree.iter()}
        said = "".join(tree.find(f"{H}body").itertext())
        assert not re.search(r"--\w", said)
