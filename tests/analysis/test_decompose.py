"""Shapley shares that add up, and the parts of a gap."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim.analysis import decompose
from expatsim.errors import InputError
from expatsim.scenario import Scenario
from helpers import small

PLAYERS = st.integers(1, 4)


@given(PLAYERS, st.integers(0, 2**32 - 1))
def test_shapley_shares_add_up_and_are_fair(n: int, seed: int) -> None:
    players = [f"p{k}" for k in range(n)]
    rng = np.random.default_rng(seed)
    values = {s: rng.standard_normal(3) for s in decompose.subsets(players)}
    shares = decompose.shapley(values, players)
    gap = values[frozenset(players)] - values[frozenset()]
    assert sum(shares.values()) == pytest.approx(gap)
    # a player who adds the same to every group gets just that
    added = {s: v + 5.0 * ("p0" in s) for s, v in values.items()}
    again = decompose.shapley(added, players)
    assert again["p0"] == pytest.approx(shares["p0"] + 5)
    for other in players[1:]:
        assert again[other] == pytest.approx(shares[other])
    # the mean over all orders is the same thing
    orders = decompose.joining_orders(players, 0)
    by_order = decompose.shapley_of_orders(values, orders)
    for player in players:
        assert by_order[player] == pytest.approx(shares[player])


def test_some_orders_still_add_up() -> None:
    players = [f"p{k}" for k in range(7)]
    orders = decompose.joining_orders(players, 3)
    assert len(orders) == decompose.ORDERS
    assert {o[::-1] for o in orders} == set(orders)
    needed = decompose.coalitions_of(orders)
    assert len(needed) < 64
    rng = np.random.default_rng(0)
    values = {s: rng.standard_normal(2) for s in needed}
    whole = values[frozenset(players)] - values[frozenset()]
    assert sum(decompose.shapley_of_orders(values, orders).values()) == pytest.approx(whole)


def test_combinations_of_the_two_cities() -> None:
    one, other = small("rotterdam", 0.02, 24), small("den-haag", 0.02, 24)
    assert decompose.factors_that_differ(one, other) == ["people", "policy", "city quality"]
    factors = decompose.factors_that_differ(one, other)
    found = {s: decompose.combine(one, other, s) for s in decompose.subsets(factors)}
    assert len(found) == 8
    assert len({s.name for s in found.values()}) == 8
    policy = found[frozenset(["policy"])]
    assert (policy.city, policy.quality_city, policy.policy_city) == (
        "rotterdam",
        "rotterdam",
        "den_haag",
    )
    assert policy.policy == other.policy
    # everything of the other city is the other city
    whole = found[frozenset(["people", "policy", "city quality"])]
    texts = ("name", "title", "title_nl", "description", "description_nl")
    a, b = whole.describe(), other.describe()
    assert {k: v for k, v in a.items() if k not in texts} == {
        k: v for k, v in b.items() if k not in texts
    }
    worse = dataclasses.replace(one, climate=one.climate - 1)
    assert decompose.factors_that_differ(one, worse) == ["climate"]


def test_decomposition_of_the_gap_between_the_cities() -> None:
    one, other = small("rotterdam", 0.03, 24), small("den-haag", 0.02, 24)
    frame = xs.decompose(one, other, draws=6)
    both = xs.compare([one, other], draws=6).summary().set_index(["scenario", "outcome"])
    for outcome, rows in frame.groupby("outcome"):
        mean = rows.set_index("factor")["mean"]
        assert mean.drop("gap").sum() == pytest.approx(mean["gap"], abs=1e-12)
        median = rows.set_index("factor").loc["gap", "median"]
        assert median == pytest.approx(both.loc[("den-haag", outcome), "difference_median"])
    welcome = frame[frame["outcome"] == "welcome"].set_index("factor")["mean"]
    assert abs(welcome["policy"]) > abs(welcome["city quality"])
    with pytest.raises(InputError, match="have the same people, policy and climate"):
        xs.decompose(one, dataclasses.replace(one, name="again"), draws=2)


def test_each_gap_has_its_own_draws_from_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], bool]] = []
    sizes: list[float] = []
    frame = pd.DataFrame({"mean": [0.0]})

    def both(
        scenarios: Sequence[Scenario], basis: bool, *_: object
    ) -> tuple[list[Scenario], list[Scenario]]:
        asked.append(([s.name for s in scenarios], basis))
        return list(scenarios), list(scenarios)

    def parts(after: Any, _: Any, before: Any, smallest: float) -> pd.DataFrame:
        assert after == before
        sizes.append(smallest)
        return frame

    monkeypatch.setattr(decompose, "run_with_prior", both)
    monkeypatch.setattr(decompose, "by_factor", parts)
    names = ("rotterdam", "den-haag", "rotterdam-with-den-haag-policy")
    one, *others = (small(name, 0.03, 24) for name in names)
    found = xs.decompose(one, *others, parameters="prior", smallest=0.02, basis=False)
    assert found["scenario"].tolist() == [s.name for s in others]
    assert sizes == [0.02, 0.02]
    assert [basis for _, basis in asked] == [False, False]
    assert all(other.name in names[-1] for (names, _), other in zip(asked, others, strict=True))


def test_measures_of_a_package() -> None:
    base = small("rotterdam", 0.03, 24)
    both = dataclasses.replace(
        base,
        name="both",
        policy={
            **base.policy,
            "customer_friendliness": np.full(24, 2.0),
            "welcome_events": np.full(24, 12.0),
        },
    )
    frame = xs.decompose(base, both, by="measure", draws=5)
    welcome = frame[frame["outcome"] == "welcome"]
    mean = welcome.set_index(["lever", "effect"])["mean"]
    levers = ["customer_friendliness", "welcome_events"]
    assert sum(mean[x, "share"] for x in levers) == pytest.approx(mean["package", "share"])
    alone = sum(mean[x, "alone"] for x in levers)
    assert mean["package", "interaction"] == pytest.approx(mean["package", "share"] - alone)
    # two measures: the share is the mean of what it does alone and on top of the other
    for x in levers:
        middle = (mean[x, "alone"] + mean[x, "lost without it"]) / 2
        assert mean[x, "share"] == pytest.approx(middle)
    assert mean["customer_friendliness", "alone"] > 0.05
    with pytest.raises(InputError, match="also differ in people, city quality"):
        xs.decompose(base, small("den-haag", 0.03, 24), by="measure", draws=2)
    with pytest.raises(InputError, match="did you mean 'measure'"):
        xs.decompose(base, both, by="measures", draws=2)


def test_policy_swap_is_the_scenario_that_says_so() -> None:
    one, other = small("rotterdam", 0.03, 24), small("den-haag", 0.03, 24)
    swapped = small("rotterdam-with-den-haag-policy", 0.03, 24)
    ours = decompose.combine(one, other, ["policy"])
    assert (
        xs.run(ours, draws=3)
        .dataset.drop_vars("scenario")
        .equals(xs.run(swapped, draws=3).dataset.drop_vars("scenario"))
    )
