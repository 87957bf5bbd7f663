"""Which parameters stand behind a lever, and which of them the data inform."""

from __future__ import annotations

import pytest

from expatsim import parameters
from expatsim.analysis import assumptions
from expatsim.calibration.posterior import record
from expatsim.levers import LEVERS
from expatsim.scenario import load
from helpers import ROOT, small


@pytest.mark.parametrize("lever", LEVERS)
def test_every_lever_has_known_parameters_behind_it(lever: str) -> None:
    behind = assumptions.parameters_behind(lever)
    assert behind
    assert set(behind) <= set(parameters.registry())
    assert set(assumptions.CHAIN) <= set(parameters.registry())


def test_parameters_behind_are_found_by_trying() -> None:
    assert "welcome_friendliness" in assumptions.parameters_behind("customer_friendliness")
    found = set(assumptions.parameters_behind("english_information"))
    assert found == {"language_english", "clubs_english", "welcome_english"}


def test_informed_is_what_the_calibration_says() -> None:
    ratios = record()["informed"]
    assert assumptions.is_informed("more_friends") == (ratios["more_friends"] <= 0.9)
    assert not assumptions.is_informed("wish_welcome")


def test_notes_name_levers_that_differ() -> None:
    base = small("rotterdam")
    mentors = load(ROOT / "scenarios" / "rotterdam-mentor-projects.yaml")
    lines = assumptions.notes([base, mentors.resized(0.1)])
    assert lines[0].startswith("mentor_projects: ")
    assert lines[-1].startswith("from the wish to staying: ")
    assert assumptions.notes([base]) == []
    assert assumptions.notes([base, base]) == []
