"""Indices of sensitivity that are free of moments, and thresholds for an input without effect.

Both indices compare the outcome's whole distribution with that at some levels of an input. With few
settings two samples of one distribution differ too, so that an input without effect has an index
above zero: it is compared with dummies, inputs that no run uses.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist

import numpy as np

FEWEST = 20  # settings: with fewer, each part of an input has hardly a setting
DUMMIES = 60  # random orders of an input, behind a threshold
RESAMPLES = 100  # of the bootstrap, for the interval of an input
FEW_RESAMPLES = 10  # of the bootstrap, for a dummy
ERROR = 0.01  # chance that any input without effect is above the threshold of an outcome
SLICES = {100: 10, 40: 4, 20: 2}  # fewest settings to number of slices of PAWN: ten settings each
GRID = 100  # points of a density
MOST_WITHOUT_SPREAD = 0.35  # of the parts of an input; from there on SALib warns


def delta(x: np.ndarray, y: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return Borgonovo's delta without the bias of few settings (Plischke et al. 2013, eq. 30).

    Parameters
    ----------
    x, y : numpy.ndarray, shape (settings,)
        Values of an input, and of an outcome.
    resamples : int
        Resamples of the bootstrap.
    rng : numpy.random.Generator
        Chance of the bootstrap.

    Returns
    -------
    numpy.ndarray, shape (resamples,)
        Values of the bootstrap; their mean is the index.
    """
    picks = rng.integers(len(y), size=(resamples, len(y)))
    grid = np.linspace(y.min(), y.max(), GRID)
    again = [_shift(x[k], y[k], grid) for k in picks if np.ptp(y[k]) > 0]
    whole = _shift(x, y, grid)
    return 2 * whole - np.array(again or [whole])


def _shift(x: np.ndarray, y: np.ndarray, grid: np.ndarray) -> float:
    """Return half the area between the density of an outcome and that in each part of an input.

    As SALib's ``calc_delta``, with the kernel written out: SciPy's solves a triangular system for
    each number, on many threads, and a busy machine takes a hundred times as long. SALib leaves out
    parts in which the outcome does not vary, and warns where they are more than a third. There such
    an input may decide everything, so these parts count, with the width of the whole.
    """
    n = len(y)
    parts = min(round(np.ceil(n ** (2 / (7 + np.tanh((1500 - n) / 500))))), 48)
    rank, whole, area = np.argsort(np.argsort(x, kind="stable")), _density(y, grid), 0.0
    ends = np.linspace(0, n, parts + 1)
    pieces = [y[(rank + 1 > low) & (rank + 1 <= high)] for low, high in pairwise(ends)]
    same = [len(piece) > 0 and np.ptp(piece) == 0 for piece in pieces]
    few_values = sum(same) > MOST_WITHOUT_SPREAD * parts
    for piece, alone in zip(pieces, same, strict=True):
        if len(piece) and (few_values or not alone):
            gap = np.abs(whole - _density(piece, grid, _width(y) if alone else None))
            area += len(piece) / (2 * n) * float(np.trapezoid(gap, grid))
    return area


def _width(y: np.ndarray) -> float:
    """Return the width of a kernel by Silverman's rule."""
    return float(np.std(y, ddof=1) * (0.75 * len(y)) ** -0.2)


def _density(y: np.ndarray, grid: np.ndarray, width: float | None = None) -> np.ndarray:
    """Return a density at the points of a grid: Gaussian kernel, width by Silverman's rule."""
    width = _width(y) if width is None else width
    kernels = np.exp(-0.5 * ((grid[:, None] - y) / width) ** 2)
    return kernels.mean(1) / (width * np.sqrt(2 * np.pi))


def pawn(x: np.ndarray, y: np.ndarray) -> float:
    """Return the median distance between the whole distribution and that in a slice of an input.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (settings,)
        Values of an input, and of an outcome.
    """
    from SALib.analyze import pawn as salib

    about = {"num_vars": 1, "names": ["x"], "bounds": [[0, 1]]}
    slices = next(slices for settings, slices in SLICES.items() if len(y) >= settings)
    return float(salib.analyze(about, x[:, None], y, S=slices)["median"][0])


def main(x: np.ndarray, y: np.ndarray) -> float:
    """Return the variance of the means at the levels of an input, over the whole variance.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (settings,)
        Values of an input, and of an outcome.

    Examples
    --------
    >>> main(np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 5.0, 7.0]))
    0.8
    """
    _, level = np.unique(x, return_inverse=True)
    means = np.bincount(level, y) / np.bincount(level)
    total = float(np.var(y))
    return float(np.var(means[level])) / total if total > 0 else 0.0


def threshold(
    index: Callable[[np.ndarray], float], x: np.ndarray, inputs: int, rng: np.random.Generator
) -> float:
    """Return a threshold that the index of an input without effect hardly ever exceeds.

    Parameters
    ----------
    index : callable
        Takes values of an input, returns its index.
    x : numpy.ndarray, shape (settings,)
        Values of an input; a dummy has them in a random order.
    inputs : int
        Number of inputs, none of which should be above it by chance.
    rng : numpy.random.Generator
        Chance of the dummies.
    """
    values = np.array([index(rng.permutation(x)) for _ in range(DUMMIES)])
    reach = NormalDist().inv_cdf(1 - ERROR / inputs)
    return float(max(values.max(), values.mean() + reach * values.std(ddof=1)))
