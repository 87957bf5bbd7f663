"""Costs come from scenario files, and no number is made up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import expatsim as xs
from expatsim.cli.terminal import cost_lines
from expatsim.findings import cost
from expatsim.findings.basis import KEPT, Before
from expatsim.model.parameters import defaults
from expatsim.scenario.scenario import steps, values_of
from helpers import small

MONTHS = 72


def with_costs(**costs: dict[str, float]):
    base = small("rotterdam", 0.05, MONTHS)
    path = np.zeros(MONTHS)
    path[12:] = 0.5
    return base, dataclasses.replace(
        base, name="mentors", policy={**base.policy, "mentor_projects": path}, costs=costs
    )


def worlds(arrived: np.ndarray, here: np.ndarray) -> cost.Worlds:
    """People, with parameters at their defaults in every draw."""
    parameters = {name: np.full(len(here), x) for name, x in defaults().items()}
    return cost.Worlds(arrived, here, arrived / 5, parameters)  # one in five is a partner


def test_paths_survive_being_described() -> None:
    path = np.repeat([0.0, 0.5, 0.2], [5, 7, 12])
    assert np.array_equal(values_of(steps(path), 24), path)
    assert np.array_equal(values_of(steps(path), 8), path[:8])


def test_costs_can_be_told_of_draws_from_the_prior() -> None:
    """What is kept of them is enough for the basis of a cost."""
    base, mentors = with_costs(mentor_projects={"per_year": 12_000.0})
    result = xs.compare([base, mentors], draws=2, parameters="prior")
    kept = Before(dataset=result.dataset[list(KEPT)])
    assert len(cost.costs(result.dataset, [base, mentors], kept))


def test_cost_per_year_runs_while_the_lever_is_moved() -> None:
    base, mentors = with_costs(mentor_projects={"per_year": 12_000.0})
    none = np.zeros((3, MONTHS))
    found = cost.extra_cost(mentors, base, worlds(none, none))
    assert found.tolist() == [60_000] * 3  # five years


def test_cost_per_participant_counts_those_reached() -> None:
    base, mentors = with_costs(mentor_projects={"per_participant": 100.0})
    arrived = np.full((2, MONTHS), 10.0)
    found = cost.extra_cost(mentors, base, worlds(arrived, arrived))
    assert found == pytest.approx([100 * 0.5 * 10 * 60] * 2)


def test_help_for_partners_is_paid_for_partners_only() -> None:
    base, mentors = with_costs(partner_jobs={"per_participant": 100.0})
    half = dataclasses.replace(
        mentors, policy={**base.policy, "partner_jobs": np.full(MONTHS, 0.5)}
    )
    arrived = np.full((2, MONTHS), 10.0)  # of whom two are partners
    found = cost.extra_cost(half, base, worlds(arrived, arrived))
    assert found == pytest.approx([100 * 0.5 * 2 * MONTHS] * 2)


def test_cost_per_unit_grows_with_the_level() -> None:
    base, mentors = with_costs(welcome_events={"per_unit": 500.0})
    events = {**base.policy, "welcome_events": np.full(MONTHS, 12.0)}
    welcome = dataclasses.replace(mentors, policy=events)
    none = np.zeros((2, MONTHS))
    found = cost.extra_cost(welcome, base, worlds(none, none))
    assert found == pytest.approx([500 * 12 * 6] * 2)
    half = dataclasses.replace(welcome, policy={**events, "welcome_events": np.full(MONTHS, 6.0)})
    assert cost.extra_cost(half, base, worlds(none, none)) == pytest.approx(found / 2)


def test_cost_of_a_level_is_that_of_each_draw_above_its_own() -> None:
    base, _ = with_costs()
    english = dataclasses.replace(
        base,
        name="english",
        policy={**base.policy, "english_information": 0.6},
        costs={"english_information": {"per_unit": 1000.0}},
    )
    none = np.zeros((3, MONTHS))
    mine = worlds(none, none)
    mine.parameters["rotterdam_english_information"] = np.array([0.1, 0.3, 0.7])
    found = cost.extra_cost(english, base, mine)
    assert found == pytest.approx([1000 * 0.5 * 6, 1000 * 0.3 * 6, 0.0])


def test_no_cost_no_number() -> None:
    base, mentors = with_costs()
    result = xs.compare([base, mentors], draws=2)
    assert result.costs().empty
    assert cost_lines(result) == []
    # the cost of a lever that does not move is no cost of the scenario
    base, other = with_costs(nightlife={"per_year": 5.0})
    none = np.zeros((1, MONTHS))
    assert cost.extra_cost(other, base, worlds(none, none)) is None


def test_cost_of_a_year_is_infinite_where_nothing_is_gained() -> None:
    found = cost.ratio(np.array([10.0, 10.0, 10.0]), np.array([2.0, 0.0, -1.0]))
    assert found.tolist() == [5.0, np.inf, np.inf]


def test_costs_of_a_comparison(tmp_path) -> None:
    base, mentors = with_costs(
        mentor_projects={"per_year": 12_000.0}, nightlife={"per_participant": 3.0}
    )
    louder = {**mentors.policy, "nightlife": np.full(MONTHS, 3.0)}
    mentors = dataclasses.replace(mentors, policy=louder)
    result = xs.compare([base, mentors], draws=8)
    frame = result.costs().set_index("outcome")
    assert frame.loc["extra_cost", "median"] == 60_000
    d = result.dataset
    years = (d["here"].isel(scenario=1) - d["here"].isel(scenario=0)).sum("month") / 12
    # as in the summary, and everywhere
    assert frame.loc["extra_expat_years", "median"] == pytest.approx(np.quantile(years, 0.5))
    both = result.summary().query("outcome == 'expat_years'").iloc[-1]
    for column, name in (("low", "difference_low"), ("high", "difference_high")):
        assert frame.loc["extra_expat_years", column] == pytest.approx(both[name])
    no_gain = frame.loc["cost_per_expat_year", "probability_of_no_gain"]
    assert no_gain == pytest.approx(float((years <= 0).mean()))
    text = "\n".join(cost_lines(result))
    assert "Extra cost over the whole period: 60,000 (60,000 to 60,000)" in text
    assert "nightlife has no count of participants" in text
    result.save(tmp_path / "r", plots=False)
    again = xs.open_result(tmp_path / "r")
    assert again.costs().equals(result.costs())
    assert (tmp_path / "r" / "costs.csv").exists()
    assert (tmp_path / "r" / "effects.csv").exists()


def test_break_even_where_a_year_has_a_worth() -> None:
    base, mentors = with_costs(mentor_projects={"per_year": 12_000.0})
    valued = dataclasses.replace(mentors, value_per_expat_year=4_000.0)
    found = xs.compare([base, valued], draws=4).costs().set_index("outcome")
    assert found.loc["expat_years_to_break_even", "median"] == pytest.approx(60_000 / 4_000)
    years = found.loc["extra_expat_years", "median"]
    assert found.loc["net_benefit", "median"] == pytest.approx(4_000 * years - 60_000)
    without = xs.compare([base, mentors], draws=4).costs()
    assert "net_benefit" not in set(without["outcome"])
