"""How sure the model is of an effect: the probability of its sign, in words by fixed rules.

It says nothing about data: draws from the prior get such words too. What an effect rests on is told
by :mod:`expatsim.findings.basis`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.intervals import quantiles

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.scenario.scenario import Scenario

CLEAR = 0.975  # probability of the sign from which an effect is called clear
LIKELY = 0.8  # and likely; below it the model is undecided
# a tail of 2.5 % is one draw of forty: with fewer, "clear" would rest on no draw at all
FEWEST_DRAWS = 40
# people (or expat-years) below which a share, a verdict or a ratio is no finding
FEWEST_PEOPLE = 10
# respondents that a group would have had in the study, below which it gets no verdict
FEWEST_RESPONDENTS = 10
# smallest differences worth naming, unless a user sets the first
SMALLEST_SHARE = 0.005  # half a percentage point: one person in two hundred
SMALLEST_NUMBER = 5  # people or expat-years

# the range between the quantiles of 5 and 95 %, of draws that suffice and of few
INTERVAL = "90 % interval"
MOST = "most of these draws"

# verdicts
UNDECIDED = "the model is undecided"
TOO_FEW = "too few people"
TOO_FEW_DRAWS = "too few draws"
NO_DIFFERENCE = "no difference"
PRACTICALLY_NONE = "practically no difference"
NOBODY = "nobody"
ASSUMED_SIZES = "follows from the assumed sizes"
# verdicts of differences of which there is something to say
SPOKEN = ("clear", "likely", UNDECIDED, PRACTICALLY_NONE)
VERDICTS = (
    *SPOKEN,
    NO_DIFFERENCE,
    TOO_FEW,
    TOO_FEW_DRAWS,
    NOBODY,
    ASSUMED_SIZES,
)


def without_missing(difference: np.ndarray) -> np.ndarray:
    """Return the draws that have a value, without those that are not a number."""
    difference = np.asarray(difference, float)
    return difference[~np.isnan(difference)]


def probability_higher(difference: np.ndarray) -> float:
    """Return the share of draws above zero, those at zero counted half.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
        Draws that are not a number are left out; the share is, too, if all are.

    Examples
    --------
    >>> probability_higher(np.array([2.0, 1.0, 0.0, -1.0, np.nan]))
    0.625
    """
    difference = without_missing(difference)
    if not len(difference):
        return float("nan")
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def name_of_range(draws: float) -> str:
    """Return what the range of nine in ten draws is called: few draws have no 90 % interval.

    The one place that decides it; pages say it in their language, see
    :func:`expatsim.report.words.names_of_ranges`.

    Parameters
    ----------
    draws : float
        Different draws that have a value.

    Examples
    --------
    >>> name_of_range(100), name_of_range(8)
    ('90 % interval', 'most of these draws')
    """
    return INTERVAL if draws >= FEWEST_DRAWS else MOST


def same_world(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Return whether two scenarios have equal results in everything: no further draw can differ."""
    return all(np.array_equal(one[name], other[name], equal_nan=True) for name in one.data_vars)


def same_worlds(dataset: xr.Dataset) -> dict[str, bool]:
    """Return for every scenario whether its results equal those of the first in everything."""
    names = [str(name) for name in dataset["scenario"].to_numpy()]
    variables = (dataset.variables[name] for name in dataset.data_vars)
    every = [
        np.moveaxis(x.to_numpy(), x.dims.index("scenario"), 0)
        for x in variables
        if "scenario" in x.dims  # what has not is the same for all
    ]
    return {
        name: all(np.array_equal(x[0], x[k], equal_nan=True) for x in every)
        for k, name in enumerate(names)
    }


def different_draws(dataset: xr.Dataset) -> int:
    """Return the number of different parameter vectors; a short file of draws has few."""
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
    """Return how sure a difference is, in words.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
        The difference in each draw; NaN where there is nobody to look at.
    least : float
        The smallest difference worth naming, in the unit of ``difference``.
    people : float
        Number of people that it rests on, the median over draws.
    same : bool
        Whether the two worlds are the same in everything, see :func:`same_world`.
    vectors : float
        Number of different parameter vectors among the draws, see :func:`different_draws`.

    Returns
    -------
    str
        One of :data:`VERDICTS`: ``"nobody"`` if no draw has a value, ``"no difference"`` if it is
        exactly zero in every draw (of :data:`FEWEST_DRAWS` or more, unless the worlds are the
        same), ``"too few people"`` or ``"too few draws"`` below :data:`FEWEST_PEOPLE` and
        :data:`FEWEST_DRAWS`. ``"practically no difference"`` if nine in ten draws are smaller than
        is worth naming, ``"the model is undecided"`` if only the middle one is; all others
        ``"clear"``, ``"likely"`` or ``"the model is undecided"`` by the probability of the sign.

    Examples
    --------
    >>> verdict(np.linspace(0.01, 0.05, 100))
    'clear'
    >>> verdict(np.linspace(-0.03, 0.05, 100))
    'the model is undecided'
    >>> verdict(np.array([0.01, 0.02]))
    'too few draws'
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
    if -least < low and high < least:
        return PRACTICALLY_NONE
    if -least < middle < least:
        return UNDECIDED
    return "clear" if sure >= CLEAR else "likely" if sure >= LIKELY else UNDECIDED


def other_sizes(scenarios: Sequence[Scenario]) -> Collection[str]:
    """Return the names of the scenarios whose stock or inflow is not that of the first one.

    Both are assumptions, so a difference in numbers of people follows from them.
    """
    first = scenarios[0]
    return {
        s.name
        for s in scenarios
        if (s.stock, s.stock_spread) != (first.stock, first.stock_spread)
        or not np.array_equal(s.inflow, first.inflow)
        or not np.array_equal(s.inflow_spread, first.inflow_spread)
    }
