"""The answer of a plan for readers, in both languages."""

from __future__ import annotations

import pandas as pd

from expatsim.analysis.plan import Plan
from expatsim.report import budget
from expatsim.report.language import Language

ROW = {"outcome": "expat_years", "budget": 1e6, "cost": 9e5, "low": -5.0, "high": 300.0}


def plan() -> Plan:
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
    return Plan(frame, unused, 0.9, 40, 1)


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
