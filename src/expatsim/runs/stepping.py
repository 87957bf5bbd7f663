"""One draw stepped month by month, for those who look at every person."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np

from expatsim import engine, packing
from expatsim.draws import run_keys
from expatsim.population.adults import Adults
from expatsim.population.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario.model import Scenario
from expatsim.state import State


def stepped(scenario: Scenario, replicate: int) -> tuple[Adults, Callable[[int], State]]:
    """A draw's people, and a function from month to their state at its end.

    Parameters
    ----------
    scenario : Scenario
    replicate : int

    Returns
    -------
    Adults, callable
        Months must be asked for in order.
    """
    draws = prepare(scenario, np.array([replicate]))
    adults = people_of_draw(scenario, draws, 0)
    n = len(adults.id)
    keys = run_keys(scenario.seed, replicate)[None]
    run = assemble([adults], keys, draws.rates, slots_needed(n))
    run = run._replace(people=jax.tree.map(jax.numpy.asarray, run.people))

    def step(month: int) -> State:
        nonlocal run
        run = engine.run(run, month, month + 1, order=scenario.rules)
        words = packing.Packed(*(np.asarray(x)[0, :n] for x in run.state))
        return packing.unpack(words)

    return adults, step
