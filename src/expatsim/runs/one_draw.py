"""One draw, run month by month, with the state of every person at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import numpy as np

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.packed import unpack
from expatsim.model.state import NONE, State
from expatsim.population.adults import Adults
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import Replicates, people_of_draw, prepare
from expatsim.scenario.scenario import Scenario


class OneDraw:
    """One draw of a scenario, with its state after the months that have run.

    Parameters
    ----------
    scenario : Scenario
        The scenario to run.
    replicate : int
        Number of the draw: it has the same people, parameters and luck as in a whole run.
    given : mapping of str to float, optional
        Values of parameters that hold instead of the draw's, by name.

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

    def __init__(
        self, scenario: Scenario, replicate: int, given: Mapping[str, float] | None = None
    ) -> None:
        together = Replicates.together(np.array([replicate]))
        held = {name: np.array([value]) for name, value in (given or {}).items()}
        draws = prepare(scenario, together._replace(given=held))
        self.adults = people_of_draw(scenario, draws, 0)
        self.month = 0
        keys = run_keys(scenario.seed, replicate)[None]
        slots = slots_needed(len(self.adults.id))
        run = assemble([self.adults], keys, draws.rates, slots, scenario.rules)
        # nothing happens in month NONE, so that only the stock is counted
        start = engine.marks(run.people, unpack(run.state), np.int32(NONE), scenario.rules)
        self.counts = {name: int(x.sum()) for name, x in start.items()}
        self._scenario = scenario
        self._run = run._replace(people=jax.tree.map(jax.numpy.asarray, run.people))
        self.state = self._look()

    def step(self) -> State:
        """Run one month; return the state at its end."""
        # assigned last: an error in a user's own rule leaves the draw as it was
        self._run = engine.run_months(
            self._run, self.month, self.month + 1, order=self._scenario.rules
        )
        counted = np.asarray(self._run.counts)[self.month, 0]
        self.counts = dict(zip(self.counts, counted.tolist(), strict=True))
        self.month += 1
        self.state = self._look()
        return self.state

    def _look(self) -> State:
        state = unpack(self._run.state.of_draw(0, len(self.adults.id)))
        for column in state:
            column.flags.writeable = False
        return state


def step_through(scenario: Scenario, replicate: int) -> tuple[Adults, Callable[[int], State]]:
    """Return a draw's people, and a function from month to their state at its end.

    Parameters
    ----------
    scenario : Scenario
        The scenario to run.
    replicate : int
        Number of the draw.

    Returns
    -------
    Adults, callable
        The function must be called with months in order: every call runs one.
    """
    draw = OneDraw(scenario, replicate)
    return draw.adults, lambda month: draw.step()
