"""Draws side by side."""

from __future__ import annotations

import numpy as np

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import small


def test_neighbours_in_a_batch_do_not_matter() -> None:
    """Every bit of the state, the float included."""
    scenario = small("den-haag", 0.03, 60)
    draws = prepare(scenario, np.arange(4))
    people = [people_of_draw(scenario, draws, d) for d in range(4)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(4)])
    slots = slots_needed(max(len(a.id) for a in people))
    together = engine.run_months(assemble(people, keys, draws.rates, slots)).state
    for d in range(4):
        alone = assemble([people[d]], keys[d : d + 1], draws.rates[:, d : d + 1], slots)
        for a, b in zip(engine.run_months(alone).state, together, strict=True):
            assert np.asarray(a)[0].tobytes() == np.asarray(b)[d].tobytes()
