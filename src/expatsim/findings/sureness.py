"""How sure an effect is: the probability of its sign, in words from fixed rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.intervals import quantiles, spread

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.scenario.scenario import Scenario

# probability of the sign from which an effect is called so; below, both signs are possible
CLEAR, LIKELY = 0.975, 0.8
# a tail of 2.5 % is one draw of forty: with fewer, "clear" would rest on no draw at all
FEWEST_DRAWS = 40
# people, or people to divide by, below which no share, no verdict and no ratio is a finding
FEWEST_PEOPLE = 10
# respondents whose worth a group is, below which nothing is called a finding
FEWEST_RESPONDENTS = 10
# the smallest difference worth naming: what prints as zero, in tenths of a point and whole people
SMALLEST_SHARE, SMALLEST_NUMBER = 0.0005, 0.5
# times that, within which nine in ten draws stay where a difference is practically none: half a
# point, five people
NARROW = 10

CANNOT_TELL, TOO_FEW = "the data cannot tell", "too few people"
TOO_FEW_DRAWS = "too few draws"
NO_DIFFERENCE, PRACTICALLY_NONE = "no difference", "practically no difference"
NOBODY = "nobody"
ASSUMED_SIZES = "follows from the assumed sizes"
VERDICTS = (
    "clear",
    "likely",
    CANNOT_TELL,
    PRACTICALLY_NONE,
    NO_DIFFERENCE,
    TOO_FEW,
    TOO_FEW_DRAWS,
    NOBODY,
    ASSUMED_SIZES,
)


def without_missing(difference: np.ndarray) -> np.ndarray:
    """The draws in which something is there to compare."""
    difference = np.asarray(difference, float)
    return difference[~np.isnan(difference)]


def probability_higher(difference: np.ndarray) -> float:
    """Share of draws above zero, those at zero counted half; missing if no draw has a value."""
    difference = without_missing(difference)
    if not len(difference):
        return float("nan")
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def same_world(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Whether two scenarios gave the same in everything: then no further draw can differ."""
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one.data_vars)


def same_worlds(dataset: xr.Dataset) -> dict[str, bool]:
    """For every scenario of a result, whether it gave the same as the first in everything."""
    names = [str(name) for name in dataset["scenario"].to_numpy()]
    first = dataset.sel(scenario=names[0])
    return {name: same_world(first, dataset.sel(scenario=name)) for name in names}


def different_draws(dataset: xr.Dataset) -> int:
    """How many different parameter vectors a result has: a short file of draws has few."""
    values = dataset["parameter_value"]
    if "scenario" in values.dims:
        values = values.isel(scenario=0)
    return len(np.unique(values.transpose("draw", "parameter").to_numpy(), axis=0))


def verdict(
    difference: np.ndarray,
    least: float = 0.0,
    people: float = np.inf,
    same: bool = False,
    vectors: float = np.inf,
) -> str:
    """How sure a difference is, in words.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
        Draws in which there was nobody to look at are missing.
    least : float
        The smallest difference worth naming.
    people : float
        How many people stand behind it in a draw.
    same : bool
        Whether the two worlds are the same in everything, see :func:`same_world`.
    vectors : float
        How many different parameter vectors the draws have, see :func:`different_draws`.

    Returns
    -------
    str
        One of :data:`VERDICTS`: ``"nobody"`` if no draw has a value, ``"no difference"`` if it is
        exactly zero in every draw (of :data:`FEWEST_DRAWS` or more, unless the worlds are the
        same), ``"too few people"`` or ``"too few draws"`` below :data:`FEWEST_PEOPLE` and
        :data:`FEWEST_DRAWS`. If the middle draw is smaller than is worth naming, ``"practically no
        difference"`` where nine in ten draws stay within :data:`NARROW` times that, else ``"the
        data cannot tell"``; all others ``"clear"``, ``"likely"`` or ``"the data cannot tell"`` by
        the probability of the sign.
    """
    draws, difference = len(difference), without_missing(difference)
    if not len(difference):
        return NOBODY
    zero = not difference.any()
    if zero and len(difference) == draws and (same or min(draws, vectors) >= FEWEST_DRAWS):
        return NO_DIFFERENCE
    if people < FEWEST_PEOPLE:
        return TOO_FEW
    if min(len(difference), vectors) < FEWEST_DRAWS:
        return TOO_FEW_DRAWS
    if zero:
        return NO_DIFFERENCE
    higher = probability_higher(difference)
    sure = max(higher, 1 - higher)
    low, middle, high = quantiles(difference)
    if -least < middle < least:
        narrow = -NARROW * least < low and high < NARROW * least
        return PRACTICALLY_NONE if narrow else CANNOT_TELL
    return "clear" if sure >= CLEAR else "likely" if sure >= LIKELY else CANNOT_TELL


def columns(
    difference: np.ndarray,
    least: float,
    people: float,
    same: bool = False,
    vectors: float = np.inf,
    prefix: str = "",
) -> dict[str, object]:
    """How large a difference is and how sure, by name of column: the same in every table.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
    least, people, same, vectors
        As for :func:`verdict`.
    prefix : str
        Before the names of the interval and of ``draws``, see :func:`expatsim.intervals.spread`.

    Returns
    -------
    dict of str to object
        ``low``, ``low_50``, ``median``, ``high_50``, ``high`` over the draws that have somebody to
        look at, ``draws`` (how many these are), ``probability_higher`` and ``verdict``.
    """
    return {
        **spread(difference, prefix),
        f"{prefix}draws": len(without_missing(difference)),
        "probability_higher": probability_higher(difference),
        "verdict": verdict(difference, least, people, same, vectors),
    }


def other_sizes(scenarios: Sequence[Scenario]) -> Collection[str]:
    """Names of the scenarios whose stock or inflow is not that of the first one.

    Both are assumed by us or typed in, so a difference in numbers of people follows from them.
    """
    first = scenarios[0]
    return {
        s.name
        for s in scenarios
        if s.stock != first.stock or not np.array_equal(s.inflow, first.inflow)
    }
