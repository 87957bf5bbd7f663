"""Medians and intervals over draws: the only definition of a quantile in the package.

Linear interpolation between the sorted draws (definition 7 of Hyndman and Fan, the usual one).
Draws in which a quantity is missing are left out; infinite ones are sorted like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

NINETY = (0.05, 0.5, 0.95)  # median and 90 % interval
FIVE = (0.05, 0.25, 0.5, 0.75, 0.95)  # and the 50 % interval
COLUMNS = ("low", "low_50", "median", "high_50", "high")  # what tables call the five
INTERVAL = (0.05, 0.95)  # 90 %, around an estimate that is no median
NINE_IN_TEN = 1.6449  # standard deviations either side of the middle of a normal distribution


def quantiles(values: Any, at: Sequence[float] = NINETY, axis: int = 0) -> np.ndarray:
    """Return quantiles over the draws that have a value.

    Parameters
    ----------
    values : array-like
        A number for each draw, of any shape; NaN where a draw has none.
    at : sequence of float
        The quantiles, between 0 and 1.
    axis : int
        Axis of the draws.

    Returns
    -------
    numpy.ndarray
        The quantiles come first, then the rest of the shape; missing where no draw has a
        value. Between a finite and an infinite draw the quantile is infinite.

    Examples
    --------
    >>> quantiles([1.0, 2.0, 3.0, np.nan], [0.25, 0.5]).tolist()
    [1.5, 2.0]
    """
    ordered = np.sort(np.moveaxis(np.asarray(values, float), axis, 0), axis=0)  # missing ones last
    shape = ordered.shape[1:]
    if not len(ordered):
        return np.full((len(at), *shape), np.nan)
    count = np.sum(~np.isnan(ordered), axis=0)
    q = np.asarray(at, float).reshape(-1, *(1 for _ in shape))
    place = np.maximum(count - 1, 0) * q
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    a, b = (np.take_along_axis(ordered, k, axis=0) for k in (below, above))
    part = place - below
    with np.errstate(invalid="ignore"):
        gap = b - a
        # from the nearer end, as NumPy does: both ends are met exactly
        between = np.where(part < 0.5, a + gap * part, b - gap * (1 - part))
    apart = np.where(part < 0.5, a, b)  # from minus to plus infinity
    infinite = np.where(np.isinf(a) & np.isinf(b), apart, np.where(np.isinf(a), a, b))
    between = np.where(np.isinf(a) | np.isinf(b), infinite, between)
    return np.where((part == 0) | (a == b), a, between)


def median(values: Any, axis: int = 0) -> Any:
    """Return the median over the draws that have a value: a number, or an array."""
    return quantiles(values, (0.5,), axis)[0]


def spread(values: Any, prefix: str = "") -> dict[str, float]:
    """Return median, 50 and 90 % interval over the draws that have a value, by name of column.

    Parameters
    ----------
    values : array-like
        A number for each draw; NaN where a draw has none.
    prefix : str
        Prefix of each name, for a table with intervals of two kinds, such as ``"difference_"``.

    Returns
    -------
    dict of str to float
        ``low``, ``low_50``, ``median``, ``high_50``, ``high``.

    Examples
    --------
    >>> spread([0.0, 25.0, 50.0, 75.0, 100.0])
    {'low': 5.0, 'low_50': 25.0, 'median': 50.0, 'high_50': 75.0, 'high': 95.0}
    """
    names = [f"{prefix}{name}" for name in COLUMNS]
    return dict(zip(names, quantiles(values, FIVE).tolist(), strict=True))


def log_normal_spread(low: float, high: float) -> float:
    """Return the standard deviation of the logarithm of a number, of which a 90 % interval is said.

    Parameters
    ----------
    low, high : float
        Its ends, above zero; the same if the number is certain.

    Returns
    -------
    float
        That of a log-normal distribution.
    """
    return float(np.log(high / low)) / (2 * NINE_IN_TEN)


def log_normal_ends(middle: float, spread: float) -> tuple[float, float]:
    """Return the ends of a 90 % interval: the inverse of :func:`log_normal_spread`.

    Parameters
    ----------
    middle : float
        The median.
    spread : float
        Standard deviation of the logarithm.

    Returns
    -------
    (float, float)
        The lower and the upper end.

    Examples
    --------
    >>> low, high = log_normal_ends(200.0, log_normal_spread(100.0, 400.0))
    >>> round(low), round(high)
    (100, 400)
    """
    return middle * float(np.exp(-NINE_IN_TEN * spread)), middle * float(
        np.exp(NINE_IN_TEN * spread)
    )
