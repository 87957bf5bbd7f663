"""Paired effects, verdicts by fixed rules, Shapley shares that add up, warnings by name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim.analysis import decompose
from expatsim.errors import InputError
from expatsim.findings import effects, sureness
from expatsim.scenario import guards
from helpers import small


@pytest.fixture(scope="module")
def result() -> xs.Result:
    scenarios = [small(n, 0.1, 72) for n in ("rotterdam", "rotterdam-all-recommendations")]
    return xs.compare(scenarios, draws=sureness.FEWEST_DRAWS)


def test_verdicts_follow_fixed_rules() -> None:
    def of(above: int, n: int = 200) -> str:
        return sureness.verdict(np.where(np.arange(n) < above, 1.0, -1.0))

    assert [of(200), of(195), of(194), of(160), of(159), of(100)] == [
        "clear",
        "clear",
        "likely",
        "likely",
        "the data cannot tell",
        "the data cannot tell",
    ]
    assert [of(41), of(40), of(5)] == ["the data cannot tell", "likely", "clear"]
    assert sureness.verdict(np.zeros(50)) == "no difference"


def test_effects_are_differences_draw_by_draw(result) -> None:
    frame = result.effects()
    assert set(frame["scenario"]) == {"rotterdam-all-recommendations"}
    row = frame[(frame["outcome"] == "welcome") & (frame["group"] == "all")].iloc[0]
    last = result.dataset.isel(month=-1)
    share = (last["feels_welcome"] / last["here"]).to_numpy()
    assert row["median"] == pytest.approx(np.median(share[1] - share[0]))
    assert row["verdict"] == "clear"
    assert row["low"] <= row["low_50"] <= row["median"] <= row["high_50"] <= row["high"]
    women = frame[(frame["group"] == "women") & frame["outcome"].str.startswith("newcomers")]
    assert women["outcome"].tolist() == ["newcomers_1", "newcomers_3", "newcomers_5"]


def test_pairing_reduces_the_variance(result) -> None:
    frame = result.effects()
    staying = frame[(frame["group"] == "all") & frame["outcome"].str.contains("stock|newcomers")]
    assert (staying["variance_reduction"] > 5).all()
    a = np.random.default_rng(0).standard_normal(4000)
    b = np.random.default_rng(1).standard_normal(4000)
    assert effects.variance_reduction(a, b) == pytest.approx(1, abs=0.1)
    assert effects.variance_reduction(a + 1, a) > 1e20


def test_small_groups_are_no_finding(result) -> None:
    frame = result.effects()
    few = (frame["respondents"] < 10) | (frame["people"] < 10)
    assert frame.loc[few, "verdict"].isin(["too few people", "no difference"]).all()
    assert not (frame.loc[~few, "verdict"] == "too few people").any()
    everybody = frame[frame["group"] == "all"]
    assert everybody["respondents"].to_numpy() == pytest.approx(75)
    cut = effects.effects(result.dataset, dict.fromkeys(result.titles, "den_haag"))
    assert (cut.loc[cut["group"] == "all", "respondents"] == 30).all()
    assert (cut["verdict"] == "too few people").sum() > few.sum()


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


def test_warnings_name_what_no_data_stand_behind() -> None:
    assert guards.warnings(small("rotterdam", 1.0)) == []
    assert guards.warnings(small("rotterdam-with-den-haag-policy", 1.0)) == []
    (line,) = guards.warnings(small("rotterdam-mentor-projects", 1.0))
    assert line.startswith("outside what either city did in 2009: mentor_projects (")
    assert guards.warnings(small("rotterdam", 0.1)) == []  # a part of the city is no small city
    tiny = dataclasses.replace(small("rotterdam", 1.0), stock=283)
    assert "is far from the" in guards.warnings(tiny)[0]
    national = dataclasses.replace(small("rotterdam", 1.0), weights="national")
    assert "Indian" in guards.warnings(national)[0]
    long = dataclasses.replace(small("rotterdam", 1.0), months=192)
    assert guards.warnings(long)[0].startswith("beyond 15 years")


def test_dose_and_timing() -> None:
    base = small("rotterdam", 0.05, 48)
    frame = xs.dose(base, "customer_friendliness", levels=3, draws=6)
    welcome = frame[frame["outcome"] == "welcome"]
    assert welcome["customer_friendliness"].tolist() == [-2, 0, 2]
    assert welcome["median"].is_monotonic_increasing
    # zero is where the lever stood in 2009: nothing changes
    assert (welcome.iloc[1][["low", "median", "high"]] == 0).all()
    policy = small("rotterdam-all-recommendations", 0.05, 48)
    later = xs.timing(base, policy, delays=[0, 3], draws=6)
    now = xs.compare([base, policy], draws=6).summary().dropna()
    first = later[later["years later"] == 0].set_index("outcome")["median"]
    for outcome, difference in now.set_index("outcome")["difference_median"].items():
        if outcome in first:
            assert first[outcome] == pytest.approx(difference)
    welcome = later[later["outcome"] == "stock_1"]
    assert welcome["median"].iloc[-1] == 0  # three years later, the first year is as before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: xs.dose(s, "nightlive", draws=2), "did you mean 'nightlife'"),
        (lambda s: xs.dose(s, "nightlife", levels=1, draws=2), "allowed: 2 to 50"),
        (lambda s: xs.timing(s, s, delays=[9], draws=2), "given twice"),
        (
            lambda s: xs.timing(s, dataclasses.replace(s, name="b"), delays=[9], draws=2),
            "allowed: 0 to 1 years",
        ),
    ],
)
def test_one_clear_line_about_doses(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(small("rotterdam", 0.02, 24))
