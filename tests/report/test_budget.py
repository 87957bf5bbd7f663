"""The answer of a plan for readers, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from expatsim.analysis.plan import Plan
from expatsim.report import budget
from expatsim.report.language import Language

ROW = {
    "outcome": "expat_years",
    "label": "extra expat-years",
    "budget": 1e6,
    "cost": 9e5,
    "low": -5.0,
    "high": 300.0,
}


def plan(draws: int = 100, cautions: Sequence[budget.Note] = ()) -> Plan:
    rows = [
        {
            **ROW,
            "aim": "expected",
            "expected": 1234.0,
            "regret": 2345.0,
            "mentor_projects": 0.5,
        },
        {**ROW, "aim": "robust", "expected": 1100.0, "regret": 800.0, "mentor_projects": 0.3},
    ]
    frame = pd.DataFrame(rows).assign(customer_friendliness=[0.0, 0.4])
    unused = {"mentor_projects": 0.0, "customer_friendliness": 0.0}
    return Plan(frame, unused, 0.9, 40, 1, draws, tuple(cautions))


def test_measures_have_their_names_for_readers() -> None:
    found = plan()
    (first, second) = (row for _, row in found.frontier.iterrows())
    label = found.levers["mentor_projects"].label
    english, dutch = Language("en"), Language("nl")
    assert budget.mix(first, found.unused, found.levers, english) == f"{label} (50%)"
    of_both = budget.mix(second, found.unused, found.levers, dutch)
    assert of_both == (
        f"{dutch.say(label)} (30%); "
        "Rapportcijfer voor dienstverlening aan loketten, verandering sinds 2009 (+0,4)"
    )
    nothing = first.copy()
    nothing["mentor_projects"] = 0.0
    assert budget.mix(nothing, found.unused, found.levers, dutch) == "niets"


def test_an_answer_in_both_languages() -> None:
    english, dutch = plan().answer(), plan().answer("nl")
    assert "on average it gains 134 extra expat-years less. In return it falls, in nine" in english
    assert "gemiddeld levert die 134 extra expatjaren minder op. Daar staat tegenover" in dutch
    assert "in negen van de tien doorrekeningen blijft die hoogstens 800 extra expatjaren" in dutch
    assert "de gemiddeld beste mix 2.345" in dutch
    assert "robust" not in dutch.replace("robuust", "")


def said_of(mixes: list[str], assumed: int = 1, draws: int = 100, **robust: float) -> str:
    """The answer of a plan whose robust mix differs from the best on average by what is given."""
    mix = {"budget": 3e6, "cost": 2.9e6, "expected": 120.0, "low": -5.0, "high": 300.0}
    mix |= {"label": "extra expat-years", "regret": 90.0}
    rows = [{**mix, "aim": aim} for aim in ("expected", "cautious")]
    frontier = pd.DataFrame([*rows, {**mix, **robust, "aim": "robust"}])
    return budget.answer(frontier, mixes, assumed, draws, Language("en"))


def test_a_plan_says_that_it_is_assumed() -> None:
    said = said_of(["mentor_projects 0.5", "nothing", "mentor_projects 0.5"])
    assert "best mix found is mentor_projects 0.5: about 120 extra expat-years" in said
    assert "(90% interval: −5 to 300), for €2,900,000." in said
    assert "The cautious choice is nothing." in said
    assert "It is the robust choice too: in nine of ten draws it falls at most 90 extra" in said
    assert said.endswith(
        "What a measure does to staying is an assumption, so this choice is one too."
    )
    assert said_of(["nothing"] * 3) == (
        "No mix of measures was found that gains anything on average for €3,000,000."
    )


@pytest.mark.parametrize(
    ("robust", "says"),
    [
        (
            {"expected": 105.0, "regret": 60.0},
            "The robust choice is b: on average it gains 15 extra expat-years less. In return it",
        ),
        (
            {"expected": 105.0, "regret": 60.0},
            "In return it falls, in nine of ten draws, at most 60 extra expat-years short",
        ),
        ({"regret": 60.0}, "The robust choice is b: on average it gains as much. In return"),
        (
            {"assumed": 2, "regret": 60.0},
            "in nine of ten draws of each of 2 sets of assumptions",
        ),
        ({"expected": 123.0}, "it gained even 3 extra expat-years more when checked."),
        (
            {"expected": 105.0, "regret": 95.0},
            "it was not more robust: in nine of ten draws it falls at most 95 extra expat-years",
        ),
    ],
)
def test_a_plan_says_what_robustness_costs(robust, says) -> None:
    assert says in said_of(["a", "a", "b"], **robust)


def test_few_draws_have_no_90_percent_interval() -> None:
    few, many = plan(draws=8), plan(draws=100)
    assert "(most of these draws: −5 to 300)" in few.answer()
    assert "(de meeste van deze doorrekeningen: −5 tot 300)" in few.answer("nl")
    assert "(90% interval: −5 to 300)" in many.answer()
    for lang in ("en", "nl"):
        language = Language(lang)
        assert not any("90" in text for text in budget.headings(8, language))
        assert any("90" in text for text in budget.headings(100, language))


def test_a_plan_is_wholly_dutch() -> None:
    """Table, caption, and notes: no line of the English one is left."""
    up_to = [budget.Note(budget.UP_TO, {"lever": "mentor_projects", "high": 0.5})]
    cautions = [
        budget.Note(budget.NOISY, {"caution": 100}),
        budget.Note(budget.UNTRIED, {"levels": up_to}),
        budget.Note(budget.NO_ROOM, {"lever": "nightlife", "level": 1.25, "high": 2.0}),
    ]
    found, english, dutch = plan(cautions=cautions), Language("en"), Language("nl")
    for of in (
        lambda x: [budget.caption(found.frontier, whole, x) for whole in (True, False)],
        lambda x: [budget.foretold(40, 0.9, x), *budget.notes(found.cautions, x)],
        lambda x: budget.mixes(found.frontier, found.unused, found.levers, x),
        lambda x: [budget.title("T", x), *budget.headings(100, x)[1:]],
        lambda x: [x.say(text) for text in budget.AIMS.values()],
    ):
        assert not set(of(english)) & set(of(dutch))
    assert "mentor_projects tot 0,5" in budget.notes(found.cautions, dutch)[1]
    assert "die staat op 1,25, en een plan mag tot 2 gaan" in budget.notes(found.cautions, dutch)[2]
    assert found.notes[2] == "nightlife is left out: it stands at 1.25, and a plan may go up to 2"


@pytest.mark.parametrize("expected", [0.3, -2.0])
def test_a_mix_that_gains_nothing_is_not_called_best(expected) -> None:
    """The surface promised a gain; the check in fresh draws found none."""
    found = plan()
    found.frontier["expected"] = expected
    for lang in ("en", "nl"):
        said = found.answer(lang)
        assert ("no mix" in said) or ("geen mix" in said)
        assert "robu" not in said
