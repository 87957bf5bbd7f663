"""When things happen, draw by draw: the month in which a run starts, and how late levers change.

A run that starts later or earlier has the dates of its scenario: what changes in a month of the
calendar changes in that month, and what changed before the start holds from the start on. Before
the scenario's own start stands what holds at it, and after its end what holds there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from expatsim.model.declare import Lever
from expatsim.model.policy import LeverPath, as_in_2009
from expatsim.scenario.scenario import Scenario, month_number

START = "start"  # calendar year of the first month, with decimals: 2012.5 is July 2012
DELAY = "delay"  # months by which the whole policy comes later
_OF_ONE = f"_{DELAY}"  # after the name of a lever: months by which this lever comes later
LONGEST = 360  # months of a delay
YEARS = (1900.0, 2100.0)  # of a start


def delay_of(lever: str) -> str:
    """Return the name of the delay of one lever."""
    return f"{lever}{_OF_ONE}"


def meaning(name: str) -> tuple[str, str] | None:
    """Return what a time is, and its unit; ``None`` if it is no name of one.

    Parameters
    ----------
    name : str
        ``"start"``, ``"delay"``, or a lever with ``_delay`` after it.
    """
    if name == START:
        return "first month of the run", "calendar year, with decimals for months"
    if name == DELAY:
        return "time by which the policy comes later", "months"
    if name.endswith(_OF_ONE):
        return f"time by which {name.removesuffix(_OF_ONE)} comes later", "months"
    return None


class Times(NamedTuple):
    """Times of some draws.

    Attributes
    ----------
    starts : numpy.ndarray of int, shape (draws,)
        First month of each, in months since January of the year 0.
    later : numpy.ndarray of int, shape (draws,)
        Months by which that is after the start of the scenario; negative before it.
    delay : numpy.ndarray of int, shape (draws,)
        Months by which levers without a delay of their own come later.
    delays : dict of str to numpy.ndarray of int, shape (draws,)
        The same of single levers, by name.
    """

    starts: np.ndarray
    later: np.ndarray
    delay: np.ndarray
    delays: dict[str, np.ndarray]

    def of_draw(self, path: np.ndarray) -> np.ndarray:
        """Return a path over the months of the scenario over those of each draw.

        Parameters
        ----------
        path : numpy.ndarray, shape (months,), (months, 1) or (months, draws)
            By the months of the scenario.

        Returns
        -------
        numpy.ndarray
            ``path`` itself if all draws start as the scenario does; else shape (months, draws).
        """
        if not self.later.any():
            return path
        by_draw = np.atleast_2d(path.T).T
        months = len(by_draw)
        at = np.clip(np.arange(months)[:, None] + self.later, 0, months - 1)
        return np.take_along_axis(np.broadcast_to(by_draw, at.shape), at, axis=0)


def times_of(scenario: Scenario, levels: Mapping[str, np.ndarray], draws: int) -> Times:
    """Return the times of some draws.

    Parameters
    ----------
    scenario : Scenario
        The scenario that runs.
    levels : mapping of str to numpy.ndarray, shape (draws,)
        What holds in each draw, see :class:`expatsim.runs.prepare.Replicates`; others than times
        are left alone.
    draws : int
        Number of draws.
    """
    own = month_number(scenario.start)
    nothing = np.zeros(draws, int)
    starts = np.rint(12 * levels[START]).astype(int) if START in levels else nothing + own
    delays = {x: levels[delay_of(x)].astype(int) for x in scenario.levers if delay_of(x) in levels}
    delay = levels[DELAY].astype(int) if DELAY in levels else nothing
    return Times(starts, starts - own, delay, delays)


def policy_in_time(
    scenario: Scenario,
    times: Times,
    parameters: Mapping[str, np.ndarray],
    newcomers: np.ndarray,
    held: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return levels of all levers, month by month and draw by draw, each at its time.

    A delay puts off what the scenario changes: until then a lever stands as in 2009. A level that
    the draws hold instead of the scenario's begins after its delay; until then that of the scenario
    holds.

    Parameters
    ----------
    scenario : Scenario
        The scenario that runs.
    times : Times
        Times of the draws.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values of each parameter, draw by draw, as they are in its city.
    newcomers : numpy.ndarray, shape (months, draws)
        People a year who arrive at the pace of each month.
    held : mapping of str to numpy.ndarray, shape (months, draws)
        Levels that hold instead of the scenario's, by lever.
    """
    levels = {}
    for name, path in scenario.policy.items():
        lever, delay = scenario.levers[name], times.delays.get(name, times.delay)
        waits = np.zeros_like(delay) if name in held else delay
        level = _in_time(lever, path, scenario.city, times.later, waits, parameters, newcomers)
        if name in held:
            level = np.where(_months(newcomers) >= delay, held[name], level)
        levels[name] = level
    return levels


def _in_time(
    lever: Lever,
    path: LeverPath,
    city: str,
    later: np.ndarray,
    delay: np.ndarray,
    parameters: Mapping[str, np.ndarray],
    newcomers: np.ndarray,
) -> np.ndarray:
    """Levels of one lever, whose changes come at their dates and then wait."""
    level = as_in_2009(lever, city).of_draws(lever, parameters, newcomers)
    for month, following in path.steps:
        begins = np.maximum(month - later, 0) + delay if month else delay
        now = following.of_draws(lever, parameters, newcomers)
        level = np.where(_months(newcomers) >= begins, now, level)
    return level


def _months(newcomers: np.ndarray) -> np.ndarray:
    return np.arange(len(newcomers))[:, None]
