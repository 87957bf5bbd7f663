"""Lives changed: endings that really differ, with chains that begin at the policy."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.analysis import lives
from expatsim.errors import InputError
from expatsim.model import parameters
from expatsim.runs.one_draw import step_through
from helpers import lives as whole_run
from helpers import small

YEARS = 4


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory):
    """Mentors for everybody, where a mentor brings many friends and friends hold people."""
    strong = {"mentor_contacts": 0.2, "wish_friends": 0.6, "leave_choice_wish": -3.0}
    values = pd.DataFrame([{**parameters.defaults(), **strong}] * 50)
    path = tmp_path_factory.mktemp("draws") / "strong.csv"
    values.to_csv(path, index=False)
    base = small("rotterdam", 0.5, 12 * YEARS, parameters=str(path))
    everybody = {**base.policy, "mentor_projects": np.ones(12 * YEARS)}
    return base, dataclasses.replace(base, name="mentors", policy=everybody)


@pytest.fixture(scope="module")
def traced(scenarios):
    (adults, one), (_, other) = (step_through(s, 0) for s in scenarios)
    return lives.trace(adults, one, other, 12 * YEARS)


def test_stepping_is_the_whole_run(scenarios, traced) -> None:
    for k, scenario in enumerate(scenarios):
        _, state, _ = whole_run(scenario, 0)
        assert np.array_equal(traced.here[k], state.status == 1)
        assert np.array_equal(traced.left[k], state.leave_month)


def test_chains_begin_at_the_policy(traced) -> None:
    """Mentors are the only difference: whoever's life differs had one, or knows somebody."""
    changed = np.flatnonzero(traced.here[0] != traced.here[1])
    assert len(changed) > 5
    own = [lives.chain(traced, int(p)) for p in changed]
    assert sum(c[:1] == ("gets a mentor",) for c in own) > len(own) / 4
    for person, links in zip(changed, own, strict=True):
        months = [traced.first[n][person] for n in lives.PARTS]
        end = min(traced.left[0][person], traced.left[1][person])
        assert len(links) == sum(m <= end for m in months if m != lives.NEVER)
    # mentors reach newcomers only, never the other way round
    assert not (traced.first["had_mentor"][traced.adults.people["arrival_month"] < -12] == 0).any()
    assert traced.up["had_mentor"][traced.first["had_mentor"] != lives.NEVER].all()


def test_numbers_and_profile(scenarios, traced) -> None:
    found = xs.lives(*scenarios, years=YEARS, draws=2)
    first = found["numbers"].iloc[0]
    counted = traced.adults.people["counted"] & traced.arrived
    assert first["people"] == counted.sum()
    assert first["stay because of it"] == (counted & ~traced.here[0] & traced.here[1]).sum()
    assert first["leave because of it"] == (counted & traced.here[0] & ~traced.here[1]).sum()
    assert first["stay because of it"] > first["leave because of it"]
    profile = found["profile"].set_index("share")
    assert profile["all"].between(0, 1).all()
    assert profile.loc["here at the start", "stay"] < profile.loc["here at the start", "all"]
    chains = found["chains"]
    assert chains["people"].sum() > 0
    assert chains["chain"].str.contains("gets a mentor").any()


def test_what_cannot_be_followed(scenarios) -> None:
    base, mentors = scenarios
    with pytest.raises(InputError, match="must differ in policy"):
        xs.lives(base, dataclasses.replace(base, name="same"), years=1)
    with pytest.raises(InputError, match="must differ in policy, and in that only"):
        xs.lives(base, small("den-haag", 0.1, 12 * YEARS), years=1)
    with pytest.raises(InputError, match="allowed: 1 to 4"):
        xs.lives(base, mentors, years=9)
