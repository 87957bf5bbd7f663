"""Minimally different worlds: who is not touched lives the same life, bit for bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.policy import Level
from expatsim.model.state import State
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario import load
from helpers import lives, small


def differing(a: State, b: State) -> np.ndarray:
    """Slots whose lives differ in any bit, propensity included."""
    return np.any([x != y for x, y in zip(a, b, strict=True)], axis=0)


def one_more_household(scenario, month: int):
    inflow = scenario.inflow.copy()
    inflow[month] += 12  # one household more in that month
    return inflow


def test_one_more_candidate_changes_nobody_else() -> None:

    base = small("rotterdam", 1.0, 60)
    more = dataclasses.replace(base, inflow=one_more_household(base, 20))
    a, state_a, _ = lives(base)
    b, state_b, _ = lives(more)
    extra = set(b.id.tolist()) - set(a.id.tolist())
    assert len({i >> 1 for i in extra}) == 1
    slot = {int(i): k for k, i in enumerate(b.id)}
    to = np.array([slot[int(i)] for i in a.id])
    same = type(state_b)(*(column[to] for column in state_b))
    assert not differing(state_a, same).any()


def test_what_touches_one_person_stays_in_the_household_and_among_contacts() -> None:
    scenario = small("rotterdam", 0.5, 60)
    draws = prepare(scenario, np.array([0]))
    adults = people_of_draw(scenario, draws, 0)
    one = int(np.flatnonzero(adults.people["coupled"] & (adults.people["arrival_month"] < 0))[7])

    def touched(population):
        taste = population.people["stay_taste"].copy()
        taste[one] += 3
        friends = population.state["friends"].copy()
        friends[one] += 4
        return population._replace(
            people={**population.people, "stay_taste": taste},
            state={**population.state, "friends": friends, "knows_desk": _set(population, one)},
        )

    # without contacts, only the household can differ
    alone = adults._replace(
        contacts=np.broadcast_to(np.arange(len(adults.id)), adults.contacts.shape)
    )
    changed = differing(lives(scenario, 0, alone)[1], lives(scenario, 0, touched(alone))[1])
    assert changed[one]
    assert set(np.flatnonzero(changed)) <= {one, int(adults.partner[one])}
    # with contacts, only those whom the change can reach: contacts of contacts, and households
    changed = differing(lives(scenario, 0, adults)[1], lives(scenario, 0, touched(adults))[1])
    reached = np.zeros(len(adults.id), bool)
    reached[one] = True
    for _ in range(scenario.months):
        reached |= reached[adults.partner] | reached[adults.contacts].any(axis=0)
    assert not changed[~reached].any()
    assert changed[one]


def _set(population, one: int) -> np.ndarray:
    column = population.state["knows_desk"].copy()
    column[one] = True
    return column


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_as_in_2009_changes_nothing(lever: str, tmp_path) -> None:
    base = small("den-haag", 0.05, 36)
    path = tmp_path / "same.yaml"
    value = "as in 2009"
    path.write_text(
        f"title: same\ncity: den_haag\npolicy: {{{lever}: {value}}}\n"
        f"changes: [{{date: 2011-01, policy: {{{lever}: {value}}}}}]\n"
    )
    again = load(path).resized(0.05, 36)
    _, a, counts_a = lives(base)
    _, b, counts_b = lives(again)
    assert not differing(a, b).any()
    assert np.array_equal(counts_a, counts_b)


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_acts_from_its_month_on(lever: str) -> None:

    base = small("rotterdam", 1.0, 48)
    x = LEVERS[lever]
    level = Level(value=float(x.high if policy_2009("rotterdam")[lever] < x.high else x.low))
    path = base.policy[lever].since(24, level)
    moved = dataclasses.replace(base, policy={**base.policy, lever: path})
    _, _, a = lives(base)
    _, _, b = lives(moved)
    assert np.array_equal(a[:24], b[:24])
    assert not np.array_equal(a[24:], b[24:])
