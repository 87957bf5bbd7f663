"""Windows of months."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.packed import status
from expatsim.runs import windows
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import small


@pytest.mark.parametrize("window", [7, 30, 45])
def test_windows_of_months_do_not_matter(window: int, monkeypatch) -> None:
    """Leaving out those who have left or not come changes no bit of anybody's life."""
    monkeypatch.setattr(windows, "WINDOW", window)
    scenario = small("rotterdam-all-recommendations", 0.3, 100)
    draws = prepare(scenario, np.arange(3))
    people = [people_of_draw(scenario, draws, d) for d in range(3)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(3)])
    setup = assemble(people, keys, draws.rates, slots_needed(max(len(a.id) for a in people)))
    whole, (parts, size) = engine.run_months(setup), windows.run_windows(setup)
    assert size < setup.people.head.shape[1]
    assert np.array_equal(whole.counts, parts.counts)
    for d, adults in enumerate(people):
        for a, b in zip(whole.state, parts.state, strict=True):
            n = len(adults.id)
            assert np.asarray(a)[d, :n].tobytes() == b[d, :n].tobytes()
    # and there is something to leave out
    left_out = [len(r) for r in windows._kept(setup.people, status(parts.state), 90, 100)]
    assert max(left_out) < 0.7 * setup.people.head.shape[1]
