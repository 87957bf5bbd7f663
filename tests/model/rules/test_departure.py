"""Departures at default parameters: about the facts, with a hazard that rises and then falls."""

from __future__ import annotations

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from expatsim.model import engine, parameters
from expatsim.model.chance import run_keys
from expatsim.model.levers import policy_2009
from expatsim.model.packed import state_type, unpack
from expatsim.model.policy import policy_as_in_2009, policy_of_draws
from expatsim.model.rates import by_draw, city_quality, rule_rates, stack
from expatsim.model.rules import departure
from expatsim.model.state import ELSEWHERE_IN_THE_NETHERLANDS, HERE, NONE, OLD_EU, ORIGINS
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


def levels() -> dict[str, np.ndarray]:
    """Every lever where it stood in 2009, shape (months, draws)."""
    return {name: np.array([[x]]) for name, x in policy_2009("rotterdam").items()}


def leavers(**changes: object) -> np.ndarray:
    """Monthly odds to leave of workers who have a job, by the rule itself; one for each worker."""
    n = 64
    origin = np.arange(n) % len(ORIGINS)
    zeros = np.zeros((1, n), np.int32)
    people = SimpleNamespace(
        origin=origin.astype(np.int8)[None],
        posted=zeros.astype(bool),
        head=~zeros.astype(bool),
        head_slot=np.arange(n, dtype=np.int32)[None],
        arrival_month=zeros.astype(np.int16) - 40,
        child_birth_month=np.full((1, n), NONE, np.int16),
    )
    kind = state_type()
    blank = dict.fromkeys(kind._fields, zeros) | {"status": zeros + HERE, "wish": zeros + 1}
    blank |= {"employed": ~zeros.astype(bool), "rehired": zeros.astype(bool)}
    blank |= {"mobility": (np.arange(n, dtype=np.int32) // 8)[None]}
    blank |= {"recent": zeros.astype(bool)}
    peers = SimpleNamespace(partner_wish=zeros + 1, partner_employed=zeros > 0, gone=zeros)
    p = {k: np.array([v]) for k, v in (parameters.defaults() | changes.pop("p", {})).items()}
    rates = by_draw(rule_rates(p, levels(), np.zeros(1), city_quality("rotterdam")), 1)[0]
    state = kind(**(blank | {k: np.asarray(v) for k, v in changes.items()}))
    # the smallest uniform at which nobody leaves, found by halving
    low, high = np.zeros((1, n), np.float32), np.ones((1, n), np.float32)
    for _ in range(22):
        middle = (low + high) / 2
        given = (state, people, peers, rates["departure"])
        after = departure.step(*given, lambda decision, u=middle: jnp.asarray(u), np.int32(0))
        left = np.asarray(after.leave_reason) > 0
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low / (1 - low))[0]


def test_mobility_and_origin_multiply_the_odds() -> None:
    mobility, origin = np.arange(64) // 8, np.arange(64) % len(ORIGINS)
    flat = leavers(p={"leave_spread": 0.0, "leave_overseas": 0.0})
    assert flat == pytest.approx(flat[0], rel=1e-3)
    spread = leavers(p={"leave_spread": 1.0, "leave_overseas": 0.0})
    z = np.array(departure.STANDARD_NORMAL)
    assert spread / flat == pytest.approx(np.exp(z[mobility]), rel=2e-3)
    effects = {"leave_overseas": 0.5, "leave_old_eu": -0.3, "leave_new_eu": 0.2}
    by_origin = leavers(p={"leave_spread": 0.0, **effects})
    wanted = np.exp([0, 0.5, 0.5, 0.5, 0, -0.3, 0.2])
    assert by_origin / flat == pytest.approx(wanted[origin], rel=2e-3)


def test_later_cohorts_have_an_effect_of_their_own() -> None:
    flat = {"leave_spread": 0.0, "leave_overseas": 0.0}
    effects = flat | {"leave_recent_non_eu": -0.4, "leave_recent_eu": 0.1}
    before, after = leavers(p=flat), leavers(p=effects, recent=np.ones((1, 64), bool))
    wanted = np.where(np.arange(64) % len(ORIGINS) < OLD_EU, -0.4, 0.1)
    assert np.log(after / before) == pytest.approx(wanted, abs=2e-3)
    assert leavers(p=effects) == pytest.approx(before, rel=1e-3)


@pytest.mark.parametrize("start", ["2010-01", "2016-12", "2021-06"])
def test_who_is_of_a_later_cohort(start: str) -> None:
    year, month = map(int, start.split("-"))
    calendar = 12 * year + month - 1
    few = np.full(120, 2)
    adults = arrivals(run_keys(1, 1), parameters.defaults(), few, calendar=calendar)
    arrived = calendar + adults.people["arrival_month"].astype(int)
    assert np.array_equal(adults.state["recent"], arrived >= 12 * 2017)
    assert np.bincount(adults.state["mobility"], minlength=8).min() > 0
