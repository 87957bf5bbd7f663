"""``ExpatModel``: one draw of a scenario as a model of Mesa, one month a step.

All use of Mesa is in this file and in ``mesa_agent.py``. Agents are views of the engine's
arrays: reading an attribute reads the array, so that collectors, ``select``, ``groupby`` and
``agg`` work as in any Mesa model, and a step costs what a month of the engine costs.
"""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NoReturn

import mesa
import numpy as np
from mesa.batchrunner import _model_run_func

from expatsim.errors import InputError, nearest
from expatsim.mesa_agent import Expat
from expatsim.model.levers import Lever
from expatsim.model.parameters import Parameter
from expatsim.model.state import HERE, State
from expatsim.population.adults import Adults
from expatsim.runs.one_draw import OneDraw
from expatsim.scenario import Scenario, load
from expatsim.scenario.scenario import month_name

DEFAULT = "rotterdam"  # the shipped scenario
MOST_SEED = 2**53  # as in scenario files: whole numbers up to it survive JSON
MOST_REPLICATE = 2**32 - 1  # the keys of the random numbers have 32 bits for it
# seeds of iterations whose replicates are given lie so far apart that no two runs share one
SEED_OF_ITERATION = 2**32
ARGUMENTS = ("scenario", "replicate", "rng", "seed")


class ExpatModel(mesa.Model):
    """One draw of a scenario, month by month.

    ``agents`` are the people in the city who are counted, so that figures of agents are those of
    the indicators. The collector has a row for month 0, the survey stock, and for every month.

    Parameters
    ----------
    scenario : str, pathlib.Path, mapping or Scenario
        A scenario as for :func:`expatsim.run`.
    replicate : int, optional
        Number of the draw: the same people, parameters and luck as in :func:`expatsim.run`. By
        default 0, and in ``mesa.batch_run`` the iteration. If it is given there too, iteration
        ``i`` has the seed plus ``i * 2**32``.
    rng, seed : int, optional
        Seed instead of the scenario's, by either of Mesa's names.
    **kwargs : float
        Levels of levers, from the start on, and values of parameters, by name, as the columns of
        :func:`expatsim.evaluate`; everything else stays as it is in the draw.

    Attributes
    ----------
    scenario : Scenario
        The scenario that runs, with the seed and the levels that hold.
    replicate : int
        Number of the draw that runs.
    datacollector : mesa.DataCollector
        Every indicator, and ``date``; put one of your own in its place.

    Raises
    ------
    InputError
        If the scenario, the replicate, the seed, a level or a value cannot be used.

    Examples
    --------
    >>> model = ExpatModel("rotterdam", english_information=0.9)
    >>> while model.running:
    ...     model.step()
    """

    def __init__(
        self,
        scenario: str | Path | Mapping[str, Any] | Scenario = DEFAULT,
        replicate: int | None = None,
        rng: int | None = None,
        seed: int | None = None,
        **kwargs: float,  # Mesa's browser view asks for this name
    ) -> None:
        loaded, values = _with_settings(_loaded(scenario), kwargs)
        if rng is not None and seed is not None:
            raise InputError("give either rng or seed, not both")
        for name, given in (("rng", rng), ("seed", seed)):
            if given is not None:
                loaded = dataclasses.replace(loaded, seed=_whole(name, given, MOST_SEED))
        iteration = _iteration()
        if replicate is None:
            replicate = iteration or 0
        elif iteration:
            loaded = dataclasses.replace(loaded, seed=loaded.seed + iteration * SEED_OF_ITERATION)
        super().__init__(rng=loaded.seed)
        self.scenario = loaded
        self.replicate = _whole("replicate", replicate, MOST_REPLICATE)
        self._in_batch = iteration is not None
        self._draw = OneDraw(loaded, self.replicate, values)
        self._by_slot: dict[int, Expat] = {}  # who is here, spouses included
        self._arrivals: list[Expat] = []
        self._departures: list[Expat] = []
        self._admit(np.flatnonzero(self.state.status == HERE))
        self.datacollector = mesa.DataCollector(
            model_reporters={"date": "date"}
            | {name: partial(ExpatModel.count, indicator=name) for name in self._draw.counts}
        )
        self.datacollector.collect(self)

    def step(self) -> None:
        """Run one month; people who arrive become agents, and those who leave are no longer agents.

        Raises
        ------
        InputError
            After the last month, or if a rule of your own did what no rule may.
        """
        self.steps = self.month  # Mesa counts a step before it is done
        months, name = self.scenario.months, self.scenario.name
        if self.month >= months:
            raise InputError(f"all {months} months of {name} have run: make a new model")
        if not any(self.datacollector.model_vars.values()):  # a collector of the user's own
            self.datacollector.collect(self)
        before = self.state.status
        after = self._draw.step().status
        self.steps = self.month
        self._admit(np.flatnonzero((before != HERE) & (after == HERE)))
        last, counted = self.month - 1, self.adults.people["counted"]
        came = counted & (self.adults.people["arrival_month"] == last)
        went = counted & (self.state.leave_month == last)
        # some arrive and leave in one month: they are never among the agents, but in both lists
        passing = {slot: Expat(self, slot) for slot in np.flatnonzero(came & went).tolist()}
        people = self._by_slot | passing
        self._arrivals = [people[slot] for slot in np.flatnonzero(came).tolist()]
        self._departures = [people[slot] for slot in np.flatnonzero(went).tolist()]
        for slot in np.flatnonzero((before == HERE) & (after != HERE)).tolist():
            agent = self._by_slot.pop(slot)
            if agent.counted:
                super().deregister_agent(agent)
        self.datacollector.collect(self)
        self.running = self.month < months
        if self._in_batch and not self.running:
            self.steps += 1  # batch_run of Mesa 3.3 leaves out the row of the last step

    @property
    def month(self) -> int:
        """Months that have run."""
        return self._draw.month

    @property
    def date(self) -> str:
        """Last month that has run, such as ``"2010-01"``.

        Before the first step it is the month before the start: ``"2009-12"`` for January 2010.
        """
        return month_name(self.scenario.start, self.month - 1)

    @property
    def adults(self) -> Adults:
        """Everybody who is here at the start or may come, as arrays."""
        return self._draw.adults

    @property
    def state(self) -> State:
        """Everybody's state as arrays, read only."""
        return self._draw.state

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """People in the city who are counted; a new set at every call."""
        return mesa.agent.AgentSet(self._all_agents, random=self.random)

    @property
    def spouses(self) -> mesa.agent.AgentSet:
        """Spouses who complete the household of a survey respondent: in the city, not counted."""
        return self._set(agent for agent in self._by_slot.values() if not agent.counted)

    @property
    def arrivals(self) -> mesa.agent.AgentSet:
        """People who arrived in the last month, those who left again in it included."""
        return self._set(self._arrivals)

    @property
    def departures(self) -> mesa.agent.AgentSet:
        """People who left in the last month, with reason and destination."""
        return self._set(self._departures)

    def count(self, indicator: str) -> int:
        """Return an indicator of the last month, in people.

        Before the first step it is that of the survey stock, where nobody has arrived or left yet.

        Parameters
        ----------
        indicator : str
            Such as ``"here"`` or ``"wish_yes"``: the columns of the data collector.

        Examples
        --------
        >>> model = ExpatModel("rotterdam")
        >>> model.count("here") == len(model.agents)
        True
        """
        counts = self._draw.counts
        if not isinstance(indicator, str) or indicator not in counts:
            raise InputError(f"no indicator {indicator!r}{nearest(str(indicator), counts)}")
        return counts[indicator]

    def agent_in(self, slot: int) -> Expat | None:
        """Return the person in a slot of the arrays; ``None`` if not in the city."""
        return self._by_slot.get(slot)

    def partner_of(self, slot: int) -> Expat | None:
        """Return the other adult of a household; ``None`` if there is none, or not in the city.

        Parameters
        ----------
        slot : int
            Position of one adult in the arrays.
        """
        other = int(self.adults.partner[slot])
        return None if other == slot else self.agent_in(other)

    def deregister_agent(self, agent: mesa.Agent) -> None:
        """Remove an agent of your own; people only leave by the model's rules."""
        if isinstance(agent, Expat):
            raise InputError(
                "people leave by the model's rules, not by remove(); "
                "write a rule (Scenario.with_rule, docs/python.md)"
            )
        super().deregister_agent(agent)

    def reset_rng(self, rng: Any = None) -> NoReturn:
        """Raise an error: all chance in the model follows from seed and replicate."""
        raise InputError("chance follows from seed and replicate: make a new ExpatModel with these")

    def reset_randomizer(self, seed: Any = None) -> NoReturn:
        """Raise an error, as :meth:`reset_rng`."""
        self.reset_rng()

    def __copy__(self) -> ExpatModel:
        # a shallow copy would step the original: Mesa keeps its bound methods in the model
        return copy.deepcopy(self)

    def _admit(self, slots: np.ndarray) -> None:
        for slot in slots.tolist():
            agent = self._by_slot[slot] = Expat(self, slot)
            if agent.counted:
                self.register_agent(agent)

    def _set(self, people: Iterable[Expat]) -> mesa.agent.AgentSet:
        return mesa.agent.AgentSet(people, random=self.random)


def _loaded(scenario: str | Path | Mapping[str, Any] | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    if not isinstance(scenario, str | Path | Mapping):
        what = type(scenario).__name__
        raise InputError(f"scenario: give a file or what xs.load made of it, not {what}")
    return load(scenario)


def _with_settings(
    scenario: Scenario, settings: Mapping[str, Any]
) -> tuple[Scenario, dict[str, float]]:
    """Return the scenario with levels of levers, and the values of parameters among settings."""
    allowed: dict[str, Lever | Parameter] = {**scenario.registry, **scenario.levers}
    wrong = []
    for name, value in settings.items():
        if name not in allowed:
            meant = nearest(name, [*ARGUMENTS, *allowed])
            wrong.append(f"no lever or parameter {name!r}{meant}")
            continue
        x = allowed[name]
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not (number and x.low <= float(value) <= x.high):
            wrong.append(
                f"{name}: {value!r} is no number in range "
                f"(allowed: {x.low:g} to {x.high:g}, {x.unit})"
            )
    if wrong:
        raise InputError(wrong)
    levels = {name: float(x) for name, x in settings.items() if name in scenario.levers}
    values = {name: float(x) for name, x in settings.items() if name not in levels}
    return scenario.with_policy(scenario.name, **levels), values


def _whole(name: str, value: Any, most: int) -> int:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= value <= most:
        raise InputError(f"{name}: {value!r} is not a whole number from 0 to {most:,}")
    return int(value)


def _iteration() -> int | None:
    """Return the iteration of ``mesa.batch_run`` in which a model is made; ``None`` outside.

    Mesa 3.3 gives a model neither its iteration nor a seed, and hands runs to its processes in any
    order: a count of models would depend on these. The number is read where Mesa itself keeps it.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code is _model_run_func.__code__:
            return int(frame.f_locals["iteration"])
    return None
