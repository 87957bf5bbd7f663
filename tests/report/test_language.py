"""Dutch is complete, and numbers follow the language."""

from __future__ import annotations

import re

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import expatsim as xs
from expatsim.analysis.surface import GAINS
from expatsim.findings.assumptions import NOTHING, TYPED
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES
from expatsim.model.levers import LEVERS
from expatsim.model.parameters import registry
from expatsim.model.rules.departure import LEFT_FOR
from expatsim.report.language import Language
from expatsim.runs.groups import GROUPS
from expatsim.survey.questions import QUESTIONS
from helpers import ROOT

PAGE = ROOT / "src" / "expatsim" / "report"


def msgids() -> set[object]:
    """Every text that a report may say."""
    texts: set[object] = set()
    for folder in (PAGE, PAGE.with_name("page")):
        found = extract_from_dir(
            folder,
            [("**.py", "python"), ("**.j2", "jinja2")],
            keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)},
        )
        texts |= {message for _, _, message, _, _ in found}
    # any parameter may be the biggest unknown; levels of 2009 are said in other words
    parameters = [p for p in registry().values() if p.rule != "policy"]
    texts |= {p.meaning for p in parameters} | {p.ask for p in parameters if p.ask}
    declared = (OUTCOMES.values(), QUANTITIES.values(), GROUPS, GAINS.values())
    texts |= {thing.label for things in declared for thing in things}
    texts |= {NOTHING, *TYPED.values()}
    texts |= {lever.label for lever in LEVERS.values()}
    asked = [q for q in QUESTIONS.values() if q.label]
    texts |= {text for q in asked for text in (q.label, *q.answers.values())}
    texts = {t for t in texts if not isinstance(t, str) or re.search("[A-Za-z]", t)}
    return texts | set(LEFT_FOR.values())


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


def test_shipped_scenarios_have_dutch_texts() -> None:
    for path in (ROOT / "scenarios").glob("*.yaml"):
        scenario = xs.load(path)
        assert scenario.title_nl
        assert scenario.description_nl
        assert "\a" not in scenario.description + scenario.description_nl


def test_numbers_follow_the_language() -> None:
    en, nl = Language("en"), Language("nl")
    assert (en.number(1234.56, 1), nl.number(1234.56, 1)) == ("1,234.6", "1.234,6")
    assert (en.number(-0.04, 1, sign=True), nl.number(0.26, 1, sign=True)) == ("0.0", "+0,3")
    assert en.number(-3) == "−3"
    assert (en.euros(123_456), nl.euros(123_456)) == ("€123,000", "€\N{NO-BREAK SPACE}123.000")
    assert (en.month("2010-01", 35), nl.month("2010-01", 35)) == ("December 2012", "december 2012")
    assert nl.list(["a", "b", "c"]) == "a, b en c"
