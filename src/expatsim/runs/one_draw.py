"""One draw stepped month by month, for those who look at every person."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.packed import Packed, unpack
from expatsim.model.rules.counting import INDICATORS, indicators
from expatsim.model.state import NONE, State
from expatsim.population.adults import Adults
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario.scenario import Scenario


class OneDraw:
    """One draw of a scenario, and how far it has come.

    Parameters
    ----------
    scenario : Scenario
    replicate : int

    Attributes
    ----------
    adults : Adults
        Everybody who is here at the start or may come.
    month : int
        Months that have run.
    state : State
        At the end of the last of them, arrays of shape (adults,); read only.
    counts : dict of str to int
        Every indicator of that month. Before the first month: of the survey stock, where nobody
        has arrived or left yet.
    """

    def __init__(self, scenario: Scenario, replicate: int) -> None:
        draws = prepare(scenario, np.array([replicate]))
        self.adults = people_of_draw(scenario, draws, 0)
        self.month = 0
        keys = run_keys(scenario.seed, replicate)[None]
        run = assemble([self.adults], keys, draws.rates, slots_needed(len(self.adults.id)))
        everybody = unpack(Packed(*(np.asarray(x) for x in run.state)))
        # no event is of a month that nobody lives in
        start = indicators(everybody, run.people, np.int32(NONE))
        self.counts = {n: int(x.sum()) for n, x in zip(INDICATORS, start, strict=True)}
        self._scenario = scenario
        self._run = run._replace(people=jax.tree.map(jax.numpy.asarray, run.people))
        self.state = self._look()

    def step(self) -> State:
        """Run one month; the state at its end."""
        # nothing has moved if a rule of somebody's own is at fault
        self._run = engine.run(self._run, self.month, self.month + 1, order=self._scenario.rules)
        counted = np.asarray(self._run.counts)[self.month, 0]
        self.counts = dict(zip(INDICATORS, counted.tolist(), strict=True))
        self.month += 1
        self.state = self._look()
        return self.state

    def _look(self) -> State:
        n = len(self.adults.id)
        words = Packed(*(np.asarray(x)[0, :n] for x in self._run.state))
        state = unpack(words)
        for column in state:
            column.flags.writeable = False
        return state


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
    draw = OneDraw(scenario, replicate)
    return draw.adults, lambda month: draw.step()
