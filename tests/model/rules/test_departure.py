"""Departures at default parameters: about the facts, with a hazard that rises and then falls."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.model import engine, parameters
from expatsim.model.chance import run_keys
from expatsim.model.packed import unpack
from expatsim.model.policy import policy_as_in_2009, policy_of_draws
from expatsim.model.rates import city_quality, rule_rates, stack
from expatsim.model.state import ELSEWHERE_IN_THE_NETHERLANDS
from expatsim.population.arrivals import arrivals
from expatsim.runs.layout import assemble, slots_needed

MONTHS = 132


@pytest.fixture(scope="module")
def cohort():
    """18,000 workers who arrive within a year, followed for ten."""
    p = parameters.defaults()
    numbers = np.zeros(MONTHS, int)
    numbers[:12] = 1500
    keys = run_keys(7, 0)
    adults = arrivals(keys, p, numbers, reference=(0, 1500))
    policy = policy_as_in_2009("rotterdam")
    values = {k: np.array([v]) for k, v in p.items()}
    rates = rule_rates(
        values,
        policy_of_draws(policy, values, np.zeros((MONTHS, 1))),
        np.zeros(MONTHS),
        city_quality("rotterdam"),
    )
    n = len(adults.id)
    end = engine.run_months(
        assemble([adults], keys[None], stack(rates, MONTHS, 1), slots_needed(n))
    )
    state = unpack(end.state.of_draw(0, n))
    stay = np.minimum(state.leave_month.astype(int), 10_000) - adults.people["arrival_month"]
    head = adults.people["head"]
    return stay[head], state.destination[head], adults.origin[head] <= 4


def left_country(stay: np.ndarray, destination: np.ndarray, years: int) -> float:
    """Share gone from the country; a move within it ends the observation."""
    staying = 1.0
    for month in range(years * 12):
        leave = (stay == month) & (destination != ELSEWHERE_IN_THE_NETHERLANDS)
        staying *= 1 - leave.sum() / (stay >= month).sum()
    return 1 - staying


def test_five_years(cohort) -> None:
    stay, destination, non_eu = cohort
    outside = left_country(stay[non_eu], destination[non_eu], 5)
    inside = left_country(stay[~non_eu], destination[~non_eu], 5)
    assert outside == pytest.approx(0.69, abs=0.03)  # EXT-01: almost 70 %, EXT-03: 69.6 %
    assert inside == pytest.approx(0.59, abs=0.03)  # EXT-02: over 60 %, EXT-04: 57.5 %


def test_hazard_rises_to_the_third_year_and_falls(cohort) -> None:
    stay, _, non_eu = cohort
    for group in (non_eu, ~non_eu):
        s = stay[group]
        yearly = [((s >= 12 * y) & (s < 12 * y + 12)).sum() / (s >= 12 * y).sum() for y in range(9)]
        assert yearly[0] < yearly[1] < yearly[2]
        assert max(yearly) == yearly[2]
        assert np.mean(yearly[6:9]) < 0.7 * yearly[2]
