"""Sentences and rows say what the numbers say."""

from __future__ import annotations

import pandas as pd
import pytest

from expatsim.findings.summary import HEADLINES
from expatsim.findings.sureness import FEWEST_PEOPLE, FEWEST_RESPONDENTS
from expatsim.report import answers
from expatsim.report.facts import Facts
from expatsim.report.language import Language


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
