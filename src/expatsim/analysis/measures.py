"""Measures that a plan may use: their highest levels, and the whole cost of a level."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from expatsim.cities import city_names
from expatsim.findings.cost import Worlds, extra_cost
from expatsim.model.levers import Lever, level_2009
from expatsim.model.policy import AT_LEAST, Level
from expatsim.posterior import sample
from expatsim.report import budget
from expatsim.report.budget import Note
from expatsim.scenario.scenario import Scenario

GRID = 41  # levels at which the cost of a measure is computed; between them it is interpolated
COSTED = 400  # draws behind the mean cost of a level
OFF_BELOW = 0.05  # share of a measure's range below which an optimised level counts as not used


class Measure(NamedTuple):
    """A lever that a plan may use, with its cost over the whole period.

    Attributes
    ----------
    lever : str
        Name of the lever.
    low, high : float
        The scenario's own lowest level, and the highest that the plan may use.
    fixed : float
        Euros at any level above ``low``.
    growth : sequence of float
        Further euros at evenly spaced levels from ``low`` to ``high``, the mean over draws: where
        nobody measured the level of 2009, each draw pays for the distance above its own. Constant
        for a measure that costs the same at any level: it is on, at ``high``, or off, since no
        level between them is cheaper.
    """

    lever: str
    low: float
    high: float
    fixed: float
    growth: Sequence[float]

    @property
    def grows(self) -> bool:
        """Whether more of it costs more."""
        return self.growth[-1] > self.growth[0]


def highest(scenario: Scenario, lever: str) -> tuple[float, bool]:
    """Return the highest level that a plan may use, and whether a city had it in 2009.

    It is ``up_to`` under the scenario's costs; else the higher of the cities' levels of 2009, if
    that is above the scenario's; else the end of the lever's range, which nobody has tried.
    """
    x = scenario.levers[lever]
    most_in_2009 = max(level_2009(x, city).level for city in city_names())
    stated = scenario.costs[lever].get("up_to")
    if stated is not None:
        return float(stated), stated <= most_in_2009
    if most_in_2009 > scenario.central(lever).min():
        return float(most_in_2009), True
    return float(x.high), False


def measures(
    scenario: Scenario, arrived: np.ndarray, here: np.ndarray, arrived_partners: np.ndarray
) -> list[Measure]:
    """Return the levers that have a cost in the scenario and may go above its level.

    Parameters
    ----------
    scenario : Scenario
        The baseline, with costs.
    arrived, here, arrived_partners : numpy.ndarray, shape (months,)
        People who arrive in each month, who are here at its end, and partners among those who
        arrive, means over draws; for costs by participant.
    """
    parameters = sample(
        scenario.parameters, scenario.seed, np.arange(COSTED), scenario.parameters_digest
    )
    counts = (arrived, here, arrived_partners)
    arrivals, people, partners = (np.broadcast_to(x, (COSTED, len(x))) for x in counts)
    worlds = Worlds(arrivals, people, partners, parameters)
    usable = []
    for lever, cost in scenario.costs.items():
        low, (high, _) = float(scenario.central(lever).min()), highest(scenario, lever)
        if low >= high:
            continue
        growing = {name: x for name, x in cost.items() if name != "per_year"}
        base = dataclasses.replace(scenario, costs={lever: growing})
        growth = []
        for level in np.linspace(low, high, GRID):
            euros = extra_cost(_with(base, {lever: float(level)}), base, worlds)
            growth.append(0.0 if euros is None else float(euros.mean()))
        fixed = (cost.get("per_year") or 0.0) * scenario.months / 12
        if has_cost(scenario.levers[lever], cost):
            usable.append(Measure(lever, low, high, fixed, growth))
    return usable


def has_cost(lever: Lever, cost: Mapping[str, float]) -> bool:
    """Return whether a lever has a cost that can be added up, be it zero."""
    whole = cost.get("per_year") is not None or cost.get("per_unit") is not None
    return whole or (cost.get("per_participant") is not None and bool(lever.reaches))


def notes_on_unusable_levers(scenario: Scenario, options: Sequence[Measure]) -> list[Note]:
    """Return a note on every lever under ``costs`` that a plan cannot use, with the reason."""
    used = {m.lever for m in options}
    notes = []
    for lever, cost in scenario.costs.items():
        if not cost or lever in used:
            continue
        if not has_cost(scenario.levers[lever], cost):
            notes.append(Note(budget.NO_COST, {"lever": lever}))
        else:
            level, high = float(scenario.central(lever).min()), highest(scenario, lever)[0]
            notes.append(Note(budget.NO_ROOM, {"lever": lever, "level": level, "high": high}))
    return notes


def columns_of(options: Sequence[Measure], *fields: str) -> list[np.ndarray]:
    """Return fields of all measures, each of shape (levers,)."""
    return [np.array([getattr(m, f) for m in options]) for f in fields]


def cost_of(mix: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """Return the cost of mixes in euros, shape (mixes,).

    Parameters
    ----------
    mix : numpy.ndarray, shape (mixes, levers)
        Levels, from :func:`levels_of`.
    options : sequence of Measure
        One for each lever.

    Examples
    --------
    >>> desk = Measure("desk_visibility", 0.0, 1.0, 5000.0, (0.0, 20000.0))
    >>> cost_of(np.array([[0.0], [0.5]]), [desk]).tolist()
    [0.0, 15000.0]
    """
    total = np.zeros(mix.shape[:-1])
    for k, m in enumerate(options):
        level = mix[..., k]
        growth = np.interp(level, np.linspace(m.low, m.high, len(m.growth)), m.growth)
        total = total + np.where(level > m.low, m.fixed + growth, 0.0)
    return total


def levels_of(unit: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """Return levels for numbers between zero and one.

    A number below ``OFF_BELOW`` stands for the lowest level; a measure that costs the same at any
    level is on from one half.

    Parameters
    ----------
    unit : numpy.ndarray, shape (..., levers)
        Positions in the range of each measure.
    options : sequence of Measure
        One for each lever.

    Examples
    --------
    >>> desk = Measure("desk_visibility", 0.0, 1.0, 0.0, (0.0, 20000.0))
    >>> levels_of(np.array([[0.01], [0.4]]), [desk]).tolist()
    [[0.0], [0.4]]
    """
    low, high, grows = columns_of(options, "low", "high", "grows")
    share = np.where(grows, np.where(unit < OFF_BELOW, 0.0, unit), unit >= 0.5)
    return low + share * (high - low)


def with_levels(scenario: Scenario, options: Sequence[Measure], mix: np.ndarray) -> Scenario:
    """Return the scenario with every lever of a mix at least at its level, from the start on."""
    levels = {m.lever: float(x) for m, x in zip(options, mix, strict=True) if x > m.low}
    shown = ", ".join(f"{m.lever} {x:.3g}" for m, x in zip(options, mix, strict=True) if x > m.low)
    name = f"{scenario.name} with {shown or 'nothing'}"
    return dataclasses.replace(_with(scenario, levels), name=name, title=name)


def _with(scenario: Scenario, levels: Mapping[str, float]) -> Scenario:
    """Return the scenario with some levers at least at a level, in every month and draw."""
    policy = {
        name: path.map(partial(_raised, scenario.levers[name], levels[name]))
        if name in levels
        else path
        for name, path in scenario.policy.items()
    }
    return dataclasses.replace(scenario, policy=policy)


def _raised(lever: Lever, to: float, level: Level) -> Level:
    return level.changed(lever, AT_LEAST, to)


def notes_on_untried_levels(scenario: Scenario, options: Sequence[Measure]) -> list[Note]:
    """Return a note on measures whose highest level no city had in 2009."""
    beyond = [m for m in options if not highest(scenario, m.lever)[1]]
    if not beyond:
        return []
    levels = [Note(budget.UP_TO, {"lever": m.lever, "high": m.high}) for m in beyond]
    return [Note(budget.UNTRIED, {"levels": levels})]
