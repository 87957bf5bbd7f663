"""What differences rest on, and which of it the data inform."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from expatsim.findings import assumptions
from expatsim.model import parameters
from expatsim.model.levers import LEVERS
from expatsim.posterior.record import calibration_of, shipped
from expatsim.report import words
from expatsim.report.language import Language
from expatsim.scenario import Scenario, load
from helpers import ROOT, small


@pytest.mark.parametrize("lever", LEVERS)
def test_every_lever_has_known_parameters_behind_it(lever: str) -> None:
    behind = assumptions.parameters_behind(lever)
    assert behind
    assert set(behind) <= set(parameters.registry())


def test_links_lead_through_the_wish() -> None:
    """Each is an effect on the wish of what policy changes, or of the wish on staying."""
    links = {name for name, x in parameters.registry().items() if x.link}
    assert links == {n for n in parameters.registry() if n.endswith("_wish")} | {
        f"wish_{felt}" for felt in ("welcome", "friends", "dutch")
    }
    base = small("rotterdam")
    english = load(ROOT / "scenarios" / "rotterdam-english-information.yaml")
    parts = assumptions.parts([base, dataclasses.replace(base, policy=english.policy)])
    assert set(parts[-1].parameters) == links


def test_parameters_behind_are_found_by_trying() -> None:
    assert "welcome_friendliness" in assumptions.parameters_behind("customer_friendliness")
    found = set(assumptions.parameters_behind("english_information"))
    assert found == {"language_english", "clubs_english", "welcome_english"}
    climate = set(assumptions.parameters_behind_climate())
    assert climate == {n for n in parameters.registry() if n.endswith("_climate")}
    quality = assumptions.parameters_behind_quality()
    assert {"wish_quality", "attractive_quality"} <= set(quality)


def test_informed_is_what_the_calibration_says() -> None:
    calibration = calibration_of("posterior")
    ratios = shipped()["informed"]
    assert calibration.informs("more_friends") == (ratios["more_friends"] <= 0.9)
    assert not calibration.informs("wish_welcome")
    assert calibration.informed() == (
        sum(r <= 0.9 for r in ratios.values()),
        len(parameters.registry()),
    )


def test_notes_name_levers_that_differ() -> None:
    base = small("rotterdam")
    mentors = load(ROOT / "scenarios" / "rotterdam-mentor-projects.yaml")
    lines = assumptions.lines_of_parts(
        [base, dataclasses.replace(base, policy=mentors.policy)], calibration_of("posterior")
    )
    named = [line.partition(": ")[0] for line in lines]
    assert named[:-1] == assumptions.levers_that_differ([base.policy, mentors.policy])
    assert "mentor_projects" in named
    assert lines[-1].startswith("from the wish to staying: ")
    assert assumptions.lines_of_parts([base], calibration_of("posterior")) == []
    assert assumptions.lines_of_parts([base, base], calibration_of("posterior")) == []


class Lessons:
    """A process of one's own; its numbers are nowhere."""


CHANGES = {
    "climate": {"climate": np.full(120, -1.0)},
    "quality of the city": {"quality_city": "den_haag"},
    "inflow": {"inflow": np.full(120, 500.0)},
    "stock": {"stock": 999},
    "weights": {"weights": "national"},
    "rules of your own": {"own_rules": (("friendship", Lessons),)},
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_differs_is_named(what: str) -> None:
    base = small("rotterdam")
    other = dataclasses.replace(base, **CHANGES[what])
    (part, *more) = assumptions.parts([base, other])
    assert part.what == what
    assert [x.what for x in more] == (["from the wish to staying"] if "quality" in what else [])
    # a stored one is told the same
    stored = [
        Scenario.from_description(json.loads(json.dumps(s.describe()))) for s in (base, other)
    ]
    assert stored == [base, other]
    assert assumptions.parts(stored) == [part, *more]
    (line, *_) = assumptions.lines_of_parts([base, other], calibration_of("posterior"))
    assert line.startswith(f"{what}: ")
    informed = {p for p, ratio in shipped()["informed"].items() if ratio <= 0.9}
    expected = [p for p in part.parameters if p not in informed] or [assumptions.TYPED[what]]
    assert line == f"{what}: {', '.join(expected)}"
    # without a calibration all of them are assumed
    (line, *_) = assumptions.lines_of_parts([base, other], None)
    assert all(p in line for p in part.parameters)


def test_a_level_that_nobody_measured_stands_behind_a_change_of_it() -> None:
    base = small("rotterdam")
    other = dataclasses.replace(base, policy=base.policy | {"english_information": 0.8})
    behind = {x.what: x.parameters for x in assumptions.parts([base, other])}
    assert "rotterdam_english_information" in behind["english_information"]
    third = dataclasses.replace(base, policy=base.policy | {"english_information": 0.9})
    behind = {x.what: x.parameters for x in assumptions.parts([other, third])}
    assert "rotterdam_english_information" not in behind["english_information"]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_part_has_words_for_the_reader(lang: str) -> None:
    language = Language(lang)
    constants = {assumptions.CLIMATE, assumptions.QUALITY, assumptions.WISH, *assumptions.TYPED}
    assert set(words.PARTS) == set(LEVERS) | constants
    for p in parameters.registry().values():
        assert words.parameter(p, language)
    shown = words.parameter(parameters.registry()["den_haag_dutch_practice"], language)
    assert ("The Hague" if lang == "en" else "Den Haag") in shown
