"""Indices that see more than the variance, and how large they are for an input of no effect.

Both indices compare the outcome's distribution with that at some levels of an input. With few
settings two samples of one distribution differ too, so that an input that cannot matter has an
index above zero: it is compared with dummies, inputs that were never used.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import NormalDist

import numpy as np

FEWEST = 20  # settings: with fewer, each part of an input has hardly a setting
DUMMIES = 60
RESAMPLES, FEW_RESAMPLES = 100, 10  # of an input, for its interval; of a dummy
ERROR = 0.01  # chance that any input of no effect is above the threshold of an outcome
SLICES = {100: 10, 40: 4, 20: 2}  # of PAWN, from so many settings on: ten settings in each
GRID = 100  # points of a density


def delta(x: np.ndarray, y: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Borgonovo's delta without the bias of few settings (Plischke et al. 2013, equation 30).

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
    """Half the area between the density of an outcome and that in each part of an input.

    As SALib's ``calc_delta``, with the kernel written out: SciPy's solves a triangle for each
    number, on so many threads that a busy machine takes a hundred times as long.
    """
    n = len(y)
    parts = min(round(np.ceil(n ** (2 / (7 + np.tanh((1500 - n) / 500))))), 48)
    rank, whole, area = np.argsort(np.argsort(x, kind="stable")), _density(y, grid), 0.0
    ends = np.linspace(0, n, parts + 1)
    for low, high in pairwise(ends):
        inside = y[(rank + 1 > low) & (rank + 1 <= high)]
        if len(inside) and np.ptp(inside) > 0:
            gap = np.abs(whole - _density(inside, grid))
            area += len(inside) / (2 * n) * float(np.trapezoid(gap, grid))
    return area


def _density(y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Gaussian kernel, width by Silverman's rule."""
    width = np.std(y, ddof=1) * (0.75 * len(y)) ** -0.2
    kernels = np.exp(-0.5 * ((grid[:, None] - y) / width) ** 2)
    return kernels.mean(1) / (width * np.sqrt(2 * np.pi))


def pawn(x: np.ndarray, y: np.ndarray) -> float:
    """Median distance between the whole distribution and that in a slice of the input."""
    from SALib.analyze import pawn as salib

    about = {"num_vars": 1, "names": ["x"], "bounds": [[0, 1]]}
    slices = next(slices for settings, slices in SLICES.items() if len(y) >= settings)
    return float(salib.analyze(about, x[:, None], y, S=slices)["median"][0])


def main(x: np.ndarray, y: np.ndarray) -> float:
    """Variance of the means at the levels of an input, over the whole variance."""
    _, level = np.unique(x, return_inverse=True)
    means = np.bincount(level, y) / np.bincount(level)
    total = float(np.var(y))
    return float(np.var(means[level])) / total if total > 0 else 0.0


def threshold(
    index: Callable[[np.ndarray], float], x: np.ndarray, inputs: int, rng: np.random.Generator
) -> float:
    """What an index of inputs that cannot matter hardly ever exceeds.

    Parameters
    ----------
    index : callable
        The index of an input with these values.
    x : numpy.ndarray
        Values of an input; a dummy has them in an order of its own.
    inputs : int
        How many inputs there are, none of which may be above it by chance.
    """
    values = np.array([index(rng.permutation(x)) for _ in range(DUMMIES)])
    reach = NormalDist().inv_cdf(1 - ERROR / inputs)
    return float(max(values.max(), values.mean() + reach * values.std(ddof=1)))
