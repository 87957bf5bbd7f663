"""Windows of months."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.runs import windows
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import small


@pytest.fixture(scope="module")
def setup() -> engine.Batch:
    """Three draws of a scenario whose city grows, ready to run."""
    scenario = small("rotterdam-all-recommendations", 0.3, 100)
    draws = prepare(scenario, np.arange(3))
    people = [people_of_draw(scenario, draws, d) for d in range(3)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(3)])
    return assemble(people, keys, draws.rates, slots_needed(max(len(a.id) for a in people)))


@pytest.fixture(scope="module")
def whole(setup: engine.Batch) -> engine.Batch:
    """The same after all months, without windows."""
    return engine.run_months(setup)


def same(one: engine.Batch, other: engine.Batch) -> bool:
    """Whether two batches end with the same bits."""
    arrays = [(np.asarray(x.counts), *map(np.asarray, x.state)) for x in (one, other)]
    return all(a.tobytes() == b.tobytes() for a, b in zip(*arrays, strict=True))


@pytest.mark.parametrize("size", [0, 1920, 2304, 3072])
def test_windows_of_months_do_not_matter(
    size: int, setup: engine.Batch, whole: engine.Batch
) -> None:
    """Leaving out those who have left or not come changes no bit of anybody's life."""
    parts, used = windows.run_windows(setup, size)
    assert same(whole, parts)
    # and somebody is left out
    assert used == size or not size
    assert used < 0.8 * setup.people.head.shape[1]


def test_windows_have_room_for_all_who_come(setup: engine.Batch, whole: engine.Batch) -> None:
    """The fewest slots make windows of single months; fewer still are found out and mended."""
    now, needed = setup, 0
    for month in range(setup.rates.shape[0]):
        needed = max(needed, windows._room(now, month, month + 1))
        now = engine.run_months(now, month, month + 1)
    fewest = slots_needed(needed)
    assert same(whole, windows.run_windows(setup, fewest)[0])
    parts, used = windows.run_windows(setup, slots_needed(fewest // 2))
    assert same(whole, parts)
    assert fewest <= used < setup.people.head.shape[1]
