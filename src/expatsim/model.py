"""``ExpatModel``: the same rules behind Mesa's interface, one month a step.

Everything that we use of Mesa is in this file. Agents are views of the engine's arrays: reading an
attribute reads the array, so that collectors, ``select``, ``groupby`` and ``agg`` work as in any
Mesa model, and a step costs what a month of the engine costs.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import mesa
import numpy as np

from expatsim import engine, packing
from expatsim.draws import run_keys
from expatsim.population.layout import assemble, slots_needed
from expatsim.rules.counting import INDICATORS
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario import Scenario, load
from expatsim.scenario.model import month_name
from expatsim.state import (
    DESTINATIONS,
    DUTCH_LEVELS,
    FAMILIES,
    HERE,
    ORIGINS,
    REASONS,
    STATUS,
    WISHES,
    State,
)

# state fields that read better as words
_WORDS = {
    "status": STATUS,
    "wish": WISHES,
    "dutch": DUTCH_LEVELS,
    "leave_reason": REASONS,
    "destination": DESTINATIONS,
}


class Expat(mesa.Agent):
    """One adult in the city; a view of the model's arrays.

    Attributes
    ----------
    slot : int
        Position in the arrays.
    expat_id : int
        Permanent identity, the same in every scenario of a seed and replicate.
    female, head, posted, coupled : bool
    origin, family, wish, dutch, status : str
    friends : int
        Dutch friends.
    months_here : int
        Months since arrival.
    employed, knows_desk, knows_service, used_service, volunteers, feels_welcome, \
finds_attractive, had_mentor, dutch_partner : bool
    """

    def __init__(self, model: ExpatModel, slot: int) -> None:
        super().__init__(model)
        self.slot = slot

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("model", "slot"):
            raise AttributeError(name)
        return self.model.read(name, self.slot)

    @property
    def partner(self) -> Expat | None:
        """The other adult of the household, if any."""
        slot = int(self.model.adults.partner[self.slot])
        return None if slot == self.slot else self.model.agent_in(slot)


class ExpatModel(mesa.Model):
    """One draw of a scenario, month by month.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        A scenario file or a loaded scenario.
    replicate : int
        Number of the draw: the same people, parameters and luck as in :func:`expatsim.run`.
    rng : int, optional
        Seed instead of the scenario's; ``mesa.batch_run`` passes it by this name.
    seed : int, optional
        The same; Mesa 3.3's ``batch_run`` may still use this name.

    Examples
    --------
    >>> model = ExpatModel("scenarios/rotterdam.yaml")  # doctest: +SKIP
    >>> while model.running:  # doctest: +SKIP
    ...     model.step()
    """

    def __init__(
        self,
        scenario: str | Path | Scenario = "scenarios/rotterdam.yaml",
        replicate: int = 0,
        rng: int | None = None,
        seed: int | None = None,
    ) -> None:
        plan = scenario if isinstance(scenario, Scenario) else load(scenario)
        chosen = rng if rng is not None else seed
        if chosen is not None:
            plan = dataclasses.replace(plan, seed=int(chosen))
        super().__init__(rng=plan.seed)
        self.plan = plan
        self.replicate = replicate
        draws = prepare(plan, np.array([replicate]))
        self.adults = people_of_draw(plan, draws, 0)
        keys = run_keys(plan.seed, replicate)[None]
        self._run = assemble([self.adults], keys, draws.rates, slots_needed(len(self.adults.id)))
        self.month = 0
        self._by_slot: dict[int, Expat] = {}
        self._refresh()
        self._admit(np.flatnonzero(self._state.status[: len(self.adults.id)] == HERE))
        self.datacollector = mesa.DataCollector(
            model_reporters={name: _reporter(name) for name in INDICATORS} | {"date": "date"}
        )

    def step(self) -> None:
        """Run one month; Mesa's agents come and go with it."""
        before = self._state.status[: len(self.adults.id)].copy()
        self._run = engine.run(self._run, self.month, self.month + 1, order=self.plan.rules)
        self.month += 1
        self._refresh()
        now = self._state.status[: len(self.adults.id)]
        for slot in np.flatnonzero((before == HERE) & (now != HERE)):
            self._by_slot.pop(int(slot)).remove()
        # somebody may arrive and leave in one month: only those still here become agents
        self._admit(np.flatnonzero((before != HERE) & (now == HERE)))
        self.datacollector.collect(self)
        self.running = self.month < self.plan.months

    @property
    def date(self) -> str:
        """The last month that was simulated, ``"2010-01"``."""
        return month_name(self.plan.start, self.month - 1)

    def count(self, indicator: str) -> int:
        """An indicator of the last month, such as ``"here"`` or ``"wish_yes"``."""
        column = list(INDICATORS).index(indicator)
        return int(np.asarray(self._run.counts)[self.month - 1, 0, column])

    def read(self, name: str, slot: int) -> Any:
        """Value of an attribute or of a part of the state of the person in a slot."""
        if name in State._fields:
            value = getattr(self._state, name)[slot].item()
            return _WORDS[name][value] if name in _WORDS else value
        if name == "origin":
            return ORIGINS[self.adults.origin[slot]]
        if name == "family":
            return FAMILIES[self.adults.family[slot]]
        if name == "female":
            return bool(self.adults.female[slot])
        if name == "expat_id":
            return int(self.adults.id[slot])
        if name == "months_here":
            return int(self.month - 1 - self.adults.people["arrival_month"][slot])
        if name in self.adults.people:
            return self.adults.people[name][slot].item()
        raise AttributeError(f"an expat has no attribute {name!r}")

    def agent_in(self, slot: int) -> Expat | None:
        """Agent in a slot, if here."""
        return self._by_slot.get(slot)

    def _refresh(self) -> None:
        words = packing.Packed(*(np.asarray(x)[0] for x in self._run.state))
        self._state = packing.unpack(words)

    def _admit(self, slots: np.ndarray) -> None:
        for slot in slots:
            self._by_slot[int(slot)] = Expat(self, int(slot))


def _reporter(name: str) -> Any:
    return lambda model: model.count(name)
