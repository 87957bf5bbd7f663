"""Shares of the variance: known answers, and sources that are really exchanged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import expatsim as xs
from expatsim.analysis import variance
from expatsim.parameters import EVIDENCE, registry
from expatsim.runs.execute import simulate
from expatsim.runs.prepare import Sources
from helpers import small


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


def test_sources_are_exchanged_one_by_one() -> None:
    scenario = dataclasses.replace(small("rotterdam", 0.03, 12), draws=3)
    base = simulate(scenario)
    same = simulate(scenario, sources=Sources.together(np.arange(3)))
    assert same.identical(base)
    a, b = np.arange(3), np.arange(3, 6)
    later = simulate(scenario, sources=Sources.together(b))
    values = simulate(scenario, sources=Sources(b, a, a))["parameter_value"]
    assert values.equals(later["parameter_value"])
    for other in (Sources(a, b, a), Sources(a, a, b)):
        found = simulate(scenario, sources=other)
        assert found["parameter_value"].equals(base["parameter_value"])
        assert not found["here"].equals(base["here"])


def test_grades_of_evidence_are_exchanged_one_by_one() -> None:
    scenario = dataclasses.replace(small("rotterdam", 0.03, 12), draws=3)
    a, b = np.arange(3), np.arange(3, 6)
    old, new = (Sources(x, a, a).values(scenario) for x in (a, b))
    for grade in EVIDENCE:
        values = Sources(a, a, a, {grade: b}).values(scenario)
        for name, p in registry().items():
            assert np.array_equal(values[name], (new if p.evidence == grade else old)[name])
    every = Sources(a, a, a, dict.fromkeys(EVIDENCE, b))
    assert simulate(scenario, sources=every).identical(simulate(scenario, sources=Sources(b, a, a)))


def test_uncertainty_of_a_difference() -> None:
    one = small("rotterdam", 0.05, 24)
    other = small("rotterdam-all-recommendations", 0.05, 24)
    frame = xs.uncertainty(one, other, draws=8)
    assert set(frame["source"]) == {*variance.SOURCES, *variance.GRADES}
    assert "feel welcome at the end" in set(frame["outcome"])
    alone = xs.uncertainty(one, draws=8)
    assert set(alone["outcome"]) == set(frame["outcome"])
    assert not alone["total"].equals(frame["total"])
