"""Mixes: where they lie, and that they are what a scenario file says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from expatsim.model.levers import LEVERS
from expatsim.page import mixes
from expatsim.page.documents import text_of
from expatsim.scenario.loading import load_text
from made_up_surfaces import levels


def test_mixes_reach_everywhere() -> None:
    found = mixes.random_mixes(400, [1, 2])
    moved = ~np.isnan(found.levels)
    assert moved.any(axis=1).all()
    assert moved.sum(axis=1).min() == 1
    assert moved.sum(axis=1).max() >= 0.8 * len(LEVERS)
    assert (moved.mean(axis=0) > 0.3).all()
    for x, column in zip(LEVERS.values(), found.levels.T, strict=True):
        assert x.low <= np.nanmin(column) < x.low + 0.05 * (x.high - x.low)
        assert x.high - 0.05 * (x.high - x.low) < np.nanmax(column) <= x.high
    assert set(found.delay) == set(mixes.DELAYS)
    assert abs((found.delay == 0).mean() - mixes.AT_ONCE) < 0.02


def test_mixes_follow_from_their_seed() -> None:
    one, same, other = (mixes.random_mixes(5, seed) for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(one.levels, same.levels)
    assert not np.array_equal(one.levels, other.levels, equal_nan=True)


def test_a_mix_is_the_scenario_of_a_file() -> None:
    base = mixes.baseline("den_haag", 3)
    ours = mixes.with_mix(base, levels(mentor_projects=0.25, safety=-0.5), 2)
    document = {
        "title": "A mix",
        "city": "den_haag",
        "start": base.start,
        "years": base.months // 12,
        "changes": [{"date": "2012-01", "policy": {"mentor_projects": 0.25, "safety": -0.5}}],
        "seed": base.seed,
    }
    theirs = load_text(text_of(document).encode(), Path("mix.yaml"))
    assert ours.policy == theirs.policy
    same = ("city", "start", "months", "seed", "stock", "weights")
    assert all(getattr(ours, name) == getattr(theirs, name) for name in same)


def test_simulated_blocks_are_kept(tmp_path, monkeypatch) -> None:
    """What is on the disk is not simulated again; other mixes are."""
    calls = []

    def simulate(base, chosen, draws):
        calls.append(draws.tolist())
        n, many = len(draws), len(chosen.delay)
        return mixes.Simulated(
            np.tile(draws, many),
            np.repeat(chosen.levels, n, axis=0),
            np.repeat(chosen.delay, n),
            np.ones((n * many, 11)),
            np.ones((n, 11)),
        )

    monkeypatch.setattr(mixes, "_simulate", simulate)
    base = mixes.baseline("rotterdam", 5)
    first = mixes.simulate_blocks(base, 3, [1, 0], tmp_path, 2)
    assert calls == [[0, 1], [2, 3], [4]]
    again = mixes.simulate_blocks(base, 3, [1, 0], tmp_path, 2)
    assert len(calls) == 3
    assert first.draw.tolist() == again.draw.tolist() == [0, 1] * 3 + [2, 3] * 3 + [4] * 3
    assert first.baseline.shape == (5, 11)
    mixes.simulate_blocks(base, 4, [1, 0], tmp_path, 2)
    assert len(calls) == 6
