"""Weights of draws, how far they can be trusted, and how unlikely an observed table is."""

from __future__ import annotations

import numpy as np

from expatsim.calibration.study import Shares
from expatsim.calibration.targets import Target

REPLICATES = 20  # random tables of each draw, for the chance of the observed one


def smoothed_weights(log_ratios: np.ndarray) -> tuple[np.ndarray, float]:
    """Importance weights that add to one, and the shape of their tail (Pareto k).

    Parameters
    ----------
    log_ratios : numpy.ndarray, shape (draws,)
        Logarithms of the weights, up to a constant.

    Examples
    --------
    >>> weights, k = smoothed_weights(np.zeros(200))
    >>> bool(weights.min() == weights.max()), k
    (True, 0.0)
    """
    from arviz_stats.base import array_stats

    ratios = np.asarray(log_ratios, float)
    if np.ptp(ratios) < 1e-12:  # nothing is told apart: no tail to fit
        return np.full(len(ratios), 1 / len(ratios)), 0.0
    smooth, k = array_stats.psislw(ratios - ratios.max())
    weights = np.exp(smooth - smooth.max())
    return weights / weights.sum(), float(k)


def drawn_again(weights: np.ndarray, seed: int) -> np.ndarray:
    """Rows of draws by their weights, in rising order, as many as before (systematic resampling).

    Parameters
    ----------
    weights : numpy.ndarray, shape (draws,)
        Weights that add to one.
    seed : int
        Random seed of the starting point.

    Examples
    --------
    >>> drawn_again(np.array([0.5, 0.0, 0.25, 0.25]), 1).tolist()
    [0, 0, 2, 3]
    """
    n = len(weights)
    places = (np.arange(n) + np.random.default_rng(seed).random()) / n
    return np.minimum(np.searchsorted(np.cumsum(weights), places), n - 1)


def chance_of(target: Target, study: Shares, effect: np.ndarray, seed: int) -> float:
    """Chance that a random table is at least as unlikely as the observed one, over all draws.

    Parameters
    ----------
    target : Target
        The observed table.
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares.
    effect : numpy.ndarray, shape (draws,)
        Design effect of each draw.
    seed : int
        Random seed of the random tables.
    """
    predicted, rng = target.predicted(study), np.random.default_rng([seed, 2])
    seen, number, made = target.log_likelihood(predicted, effect), 0, 0
    for _ in range(REPLICATES):
        for d, table in enumerate(target.replicate(predicted, effect, rng)):
            made += 1
            one = target.with_observed(table)
            fit = one.log_likelihood(predicted[d : d + 1], effect[d : d + 1])
            number += bool(fit[0] <= seen[d])
    return (number + 1) / (made + 1)
