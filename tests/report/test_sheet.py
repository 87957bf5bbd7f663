"""One sheet: one A4 page and one slide, whose title is the finding."""

from __future__ import annotations

import dataclasses
import datetime
import re

import html5lib
import pytest

import expatsim as xs
from expatsim.errors import InputError
from expatsim.report import pdf
from expatsim.report.facts import Facts
from expatsim.report.language import LANGUAGES, Language
from expatsim.report.ranking import finding

H = "{http://www.w3.org/1999/xhtml}"
NASTY = "<script>x</script> " + "very long title " * 9


@pytest.fixture(scope="module")
def many(result) -> xs.Result:
    """A result of more scenarios than the sheet shows, with long titles."""
    last = result.dataset.isel(scenario=[1])
    names = [f"s{k}" for k in range(9)]
    import xarray as xr

    copies = [last.assign_coords(scenario=[name]) for name in names]
    dataset = xr.concat([result.dataset.isel(scenario=[0]), *copies], "scenario")
    base, other = result.scenarios[:2]
    scenarios = [
        dataclasses.replace(other, name=n, title=f"{n} {NASTY}", title_nl=f"{n} {NASTY}")
        for n in names
    ]
    return xs.Result(dataset, [base, *scenarios], result.provenance)


def titled(result: xs.Result, title: str) -> xs.Result:
    """The same result with other titles of the scenarios but the first."""
    base, *others = result.scenarios
    named = [dataclasses.replace(s, title=f"{s.name} {title}", title_nl="") for s in others]
    return xs.Result(result.dataset, [base, *named], result.provenance)


def sheet(result, lang: str) -> str:
    date = datetime.date(2026, 3, 1)
    return result.sheet(lang, command="expatsim report", author="A & B", contact="x@y", date=date)


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_says_all_that_it_must(result, lang) -> None:
    text = sheet(result, lang)
    tree = html5lib.HTMLParser(strict=True).parse(text)
    facts = Facts.of(result)
    title = finding(facts, facts.scenarios, Language(lang)) if lang == "en" else None
    heading = tree.find(f".//{H}h1").text
    assert heading == tree.find(f".//{H}title").text == tree.find(f".//{H}h2").text
    assert title is None or heading == title
    assert not list(tree.iter(f"{H}script"))
    rows = tree.findall(f".//{H}section[@class='page']//{H}tbody/{H}tr")
    assert len(rows) == len(result.scenarios) - 1
    for said in ("A &amp; B", "x@y", "Over de rode loper", xs.__version__, "2008–2009", "€"):
        assert said in text
    assert {"en": "1 March 2026", "nl": "1 maart 2026"}[lang] in text
    if lang == "nl":
        plain = re.sub(r"<[^>]+>", " ", text[text.index("<body>") :])
        assert not [word for word in (" the ", " here ", " of every ") if word in plain]


def test_the_finding_is_what_the_labels_allow(result) -> None:
    facts = Facts.of(result)
    base, other = facts.scenarios[:2]
    main = facts.summary["outcome"] == facts.headline.name
    rows = facts.summary[main & facts.summary["scenario"].isin([base.name, other.name])]

    def said(**labels: object) -> str:
        columns = {"difference_median": 0.012, "rests_on": "assumption only", **labels}
        summary = rows.copy()
        for column, value in columns.items():
            summary.loc[summary["scenario"] == other.name, column] = value
        one = dataclasses.replace(facts, scenarios=[base, other], summary=summary)
        return finding(one, [base, other], Language("en"))

    assert "likely about 1.2 more of every 100" in said(verdict="likely")
    assert "that is assumed, no data show it" in said(verdict="likely")
    assert "clearly about 1.2 more" in said(verdict="clear", rests_on="measured")
    assert "fewer of every 100" in said(verdict="clear", difference_median=-0.02)
    assert said(verdict="the model is undecided").startswith("The model is undecided whether")
    assert "practically as many" in said(verdict="practically no difference")
    assert said(verdict="too few draws").startswith("Too little was simulated")


def test_the_slide_ranks_as_many_as_fit(many) -> None:
    for result, rows in ((many, 3), (titled(many, "Mentors"), 7)):
        text = sheet(result, "en")
        slide = html5lib.HTMLParser(strict=True).parse(text).find(f".//{H}section[@class='slide']")
        assert len(slide.findall(f".//{H}tbody/{H}tr")) == rows
        assert f"{9 - rows} more scenarios are in the long report." in text


def test_one_scenario_has_a_sheet(result) -> None:
    one = xs.Result(result.dataset.isel(scenario=[0]), result.scenarios[:1], result.provenance)
    assert "<table>" not in sheet(one, "en")
    with pytest.raises(InputError, match="not one of en, nl"):
        one.sheet("de")


@pytest.mark.skipif(pdf.browser() is None, reason="no browser on this machine")
@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_prints_as_one_page_and_one_slide(result, many, lang, tmp_path) -> None:
    for which in (result, many, titled(many, "Rotterdam with more mentors")):
        (tmp_path / "s.html").write_text(sheet(which, lang), encoding="utf-8")
        pdf.print_to_pdf(tmp_path / "s.html", tmp_path / "s.pdf")
        boxes = re.findall(
            rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "s.pdf").read_bytes()
        )
        sizes = [(round(float(a)), round(float(b))) for a, b in boxes]
        assert sizes == [(595, 842), (960, 540)]  # A4 and 16:9, in points
