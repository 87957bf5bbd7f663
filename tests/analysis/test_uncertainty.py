"""Shares of the variance: known answers, and sources that are really exchanged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import expatsim as xs
from expatsim import posterior
from expatsim.analysis import uncertainty as variance
from expatsim.errors import InputError
from expatsim.model.parameters import EVIDENCE, registry
from expatsim.posterior import read_draws
from expatsim.runs.batches import simulate
from expatsim.runs.prepare import Replicates
from helpers import small


def test_ties_between_grades_are_as_few_and_weak_as_is_said() -> None:
    """They are cut where parameters are exchanged by grade; the documents name their number."""
    draws = read_draws("posterior")
    names = [name for name in registry() if name in draws]
    r = np.abs(np.corrcoef([draws[name] for name in names]))
    grades = np.array([registry()[name].evidence for name in names])
    between = r[np.triu(grades[:, None] != grades[None, :])]
    assert (between > 0.2).sum() == 13
    assert between.max().round(1) == 0.4


def test_known_shares() -> None:
    """Answer = 2 parameters + survey, no chance: four fifths and one fifth."""
    n = 4000
    rng = np.random.default_rng(1)
    luck = {s: rng.standard_normal(2 * n) for s in variance.SOURCES}
    values = {
        name: 2 * luck["parameters"][d["parameters"]] + luck["survey"][d["survey"]]
        for name, d in variance.designs(n).items()
    }
    found = variance.shares(values).set_index("source")
    main = found.loc[list(variance.SOURCES)]
    assert main["alone"].to_numpy() == pytest.approx([0.8, 0.2, 0], abs=0.06)
    assert main["total"].to_numpy() == pytest.approx([0.8, 0.2, 0], abs=0.06)
    assert found.loc["chance", "total"] == 0
    assert (found["total_low"] <= found["total"]).all()
    assert (found["total"] <= found["total_high"]).all()


def test_interaction_shows_in_the_total_only() -> None:
    n = 4000
    rng = np.random.default_rng(2)
    luck = {s: rng.standard_normal(2 * n) for s in variance.SOURCES}
    values = {
        name: luck["parameters"][d["parameters"]] * luck["chance"][d["chance"]]
        for name, d in variance.designs(n).items()
    }
    found = variance.shares(values).set_index("source")
    assert found.loc["parameters", "alone"] == pytest.approx(0, abs=0.06)
    assert found.loc["parameters", "total"] == pytest.approx(1, abs=0.1)


def additive(n: int, level: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    luck = {s: rng.standard_normal(2 * n) for s in variance.SOURCES}
    return {
        name: level + sum(luck[s][d[s]] for s in variance.SOURCES)
        for name, d in variance.designs(n).items()
    }


@settings(max_examples=20)
@given(st.floats(-1e6, 1e6), st.integers(8, 40))
def test_a_constant_changes_no_share(level: float, n: int) -> None:
    plain, shifted = (variance.shares(additive(n, x)).drop(columns="source") for x in (0.0, level))
    assert shifted.to_numpy() == pytest.approx(plain.to_numpy(), abs=1e-6, nan_ok=True)


def test_shares_of_a_large_number() -> None:
    """People in the city: the spread is small beside the mean."""
    found = variance.shares(additive(4000, 1e6)).set_index("source").loc[list(variance.SOURCES)]
    assert found["alone"].to_numpy() == pytest.approx([1 / 3] * 3, abs=0.06)
    assert found["total"].to_numpy() == pytest.approx([1 / 3] * 3, abs=0.06)
    assert (found["alone_low"] < 1 / 3).all()
    assert (found["alone_high"] > 1 / 3).all()


def test_missing_draws_are_left_out() -> None:
    values = additive(200, 0.0)
    holes = {
        k: np.where(np.arange(200) % 10 == j, np.nan, v) for j, (k, v) in enumerate(values.items())
    }
    kept = 200 - 20 * len(values)
    found = variance.shares(holes)
    assert (found["draws"] == kept).all()
    there = ~np.isnan(np.sum(list(holes.values()), axis=0))
    again = variance.shares({k: v[there] for k, v in values.items()})
    assert found.equals(again)
    nobody = variance.shares({k: np.full(5, np.nan) for k in values})
    assert nobody["total"].isna().all()
    assert (nobody["draws"] == 0).all()
    same = variance.shares(dict.fromkeys(values, np.full(9, 0.1)))
    assert same["alone"].isna().all()


@pytest.fixture(scope="module")
def sixteen(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("draws") / "sixteen.csv"
    pd.DataFrame(posterior.sample("prior", 1, np.arange(16))).to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize("draws", [7, 8, 9, 15, 16, 32, 40])
def test_two_sets_of_a_short_file_are_independent(sixteen: str, draws: int) -> None:
    """Over seeds a row of the second set says nothing about the row it goes with."""
    name = "leave_choice"
    pairs = []
    for seed in range(300):
        b = posterior.independent(sixteen, seed, draws)
        assert b.shape == (draws,)
        one, other = (posterior.sample(sixteen, seed, r)[name] for r in (np.arange(draws), b))
        assert not np.array_equal(one, other)
        pairs.append((one, other))
    one, other = np.swapaxes(pairs, 0, 1)
    # without replacement the two are a little unlike: at most one in fifteen
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1
    assert np.mean(one == other) < 0.1
    assert (posterior.too_short(sixteen, draws) is None) == (draws <= 8)


@pytest.mark.parametrize(
    ("source", "draws"), [("posterior", 1000), ("posterior", 64), ("prior", 9)]
)
def test_the_next_draws_serve_as_long_as_there_are_some(source: str, draws: int) -> None:
    found = posterior.independent(source, 1, draws)
    enough = source == "prior" or 2 * draws <= 1000
    assert np.array_equal(found, np.arange(draws, 2 * draws)) == enough
    assert (posterior.too_short(source, draws) is None) == enough


@pytest.mark.parametrize("draws", [15, 16, 32])
def test_as_many_draws_as_the_file_has_explain_something(sixteen: str, draws: int) -> None:
    """All of a made-up answer comes from one parameter, whichever rows the two sets have."""
    found = []
    for seed in range(40):
        other = posterior.independent(sixteen, seed, draws)
        values = {
            name: np.log(posterior.sample(sixteen, seed, d["parameters"])["leave_choice"])
            for name, d in variance.designs(draws, other).items()
        }
        frame = variance.shares(values).set_index("source")
        found.append(frame.loc[["parameters", "chance"], ["alone", "total"]].to_numpy().ravel())
    assert np.mean(found, axis=0) == pytest.approx([1, 1, 0, 0], abs=0.12)


def test_uncertainty_says_that_a_file_is_short(sixteen: str) -> None:
    one = small("rotterdam", 0.02, 12)
    short = xs.uncertainty(one, draws=16, parameters=sixteen)
    assert "16 draws of parameters" in short.attrs["note"]
    main = short[short["source"] == "parameters"]
    assert (main["total"] > 0).any()
    note = xs.uncertainty(one, draws=8, parameters=sixteen).attrs["note"]
    assert "16 draws of parameters" not in note
    assert "8 draws are too few" in note


def test_sources_are_exchanged_one_by_one() -> None:
    scenario = dataclasses.replace(small("rotterdam", 0.03, 12), draws=3)
    base = simulate(scenario)
    same = simulate(scenario, replicates=Replicates.together(np.arange(3)))
    assert same.identical(base)
    a, b = np.arange(3), np.arange(3, 6)
    later = simulate(scenario, replicates=Replicates.together(b))
    values = simulate(scenario, replicates=Replicates(b, a, a))["parameter_value"]
    assert values.equals(later["parameter_value"])
    for other in (Replicates(a, b, a), Replicates(a, a, b)):
        found = simulate(scenario, replicates=other)
        assert found["parameter_value"].equals(base["parameter_value"])
        assert not found["here"].equals(base["here"])


def test_grades_of_evidence_are_exchanged_one_by_one() -> None:
    scenario = dataclasses.replace(small("rotterdam", 0.03, 12), draws=3)
    a, b = np.arange(3), np.arange(3, 6)
    old, new = (Replicates(x, a, a).values(scenario) for x in (a, b))
    for grade in EVIDENCE:
        values = Replicates(a, a, a, {grade: b}).values(scenario)
        for name, p in registry().items():
            assert np.array_equal(values[name], (new if p.evidence == grade else old)[name])
    every = Replicates(a, a, a, dict.fromkeys(EVIDENCE, b))
    assert simulate(scenario, replicates=every).identical(
        simulate(scenario, replicates=Replicates(b, a, a))
    )


def test_uncertainty_of_a_difference() -> None:
    one = small("rotterdam", 0.05, 24)
    other = small("rotterdam-all-recommendations", 0.05, 24)
    frame = xs.uncertainty(one, other, draws=8)
    assert set(frame["source"]) == {*variance.SOURCES, *variance.GRADES}
    assert "welcome" in set(frame["outcome"])
    alone = xs.uncertainty(one, draws=8)
    assert set(alone["outcome"]) == set(frame["outcome"])
    assert not alone["total"].equals(frame["total"])


def test_one_row_of_draws_says_nothing_of_parameters(sixteen: str, tmp_path) -> None:
    one = tmp_path / "one.csv"
    pd.read_csv(sixteen).head(1).to_csv(one, index=False)
    with pytest.raises(InputError, match="nothing can be said of parameters"):
        xs.uncertainty(small("rotterdam", 0.02, 12), draws=8, parameters=str(one))


def test_draws_of_few_parameter_vectors_are_never_sure(sixteen: str) -> None:
    """Forty draws from sixteen rows differ in survey and chance, not in what nobody knows."""
    one = small("rotterdam", 0.05, 24)
    policy = {**one.policy, "desk_visibility": 0.95}
    other = dataclasses.replace(one, name="other", policy=policy)
    known = xs.compare([one, other], draws=40, parameters=sixteen).summary()
    assert not set(known["verdict"].dropna()) & {"clear", "likely"}
