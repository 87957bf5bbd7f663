"""Sentences and rows say what the numbers say."""

from __future__ import annotations

import pandas as pd
import pytest

from expatsim.findings.summary import HEADLINES
from expatsim.findings.sureness import FEWEST_PEOPLE, FEWEST_RESPONDENTS
from expatsim.findings.unknowns import Unknown
from expatsim.report import answers
from expatsim.report.facts import Facts
from expatsim.report.language import Language
from helpers import small


@pytest.mark.parametrize(
    ("difference", "higher", "verdict", "begins"),
    [
        ((0.01, 0.02, 0.03), 1.0, "clear", "Clearly more"),
        ((-0.03, -0.02, -0.01), 0.0, "clear", "Clearly fewer"),
        ((-0.01, 0.02, 0.03), 0.9, "likely", "Likely more"),
        ((-0.03, -0.02, 0.01), 0.1, "likely", "Likely fewer"),
        ((-0.03, 0.0, 0.03), 0.5, "the model is undecided", "The model is undecided"),
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


@pytest.mark.parametrize("informed", [True, False, None])
@pytest.mark.parametrize("name", ["destination_netherlands", "leave_choice_wish", "inflow_climate"])
def test_only_an_assumption_is_called_one(name: str, informed: bool | None) -> None:
    """A number from the literature, or of which nothing is known, is no assumption of ours."""
    scenario = small("rotterdam", 0.05, 24)
    unknown = Unknown(scenario.name, HEADLINES[0], name, 0.5, informed, "")
    assumed = scenario.registry[name].evidence == "assumption" and informed is False
    for language, word in (("en", "assumption"), ("nl", "aanname")):
        titles = {scenario.name: scenario.title}
        said = answers.unknown(unknown, [scenario], titles, Language(language))
        assert (word in said["known"]) == assumed
