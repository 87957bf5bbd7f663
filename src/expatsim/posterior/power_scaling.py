"""Sensitivity to prior and likelihood by power scaling (Kallioinen and others 2023).

The prior, or the likelihood, is raised to a power just below and just above one. Draws are
reweighted accordingly (Pareto-smoothed importance sampling) instead of drawn again, and the
distance between the distributions before and after is measured, for each doubling of the power.
Priors are scaled on the scale of normal scores: a power below one widens one around its median.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALPHAS = (0.99, 1.01)  # powers
# distance from which a sensitivity counts: a standard normal distribution whose mean moves by about
# 0.3 standard deviations for a doubling of the power has it (Kallioinen and others, section 3.4)
THRESHOLD = 0.05
TURNS = 20  # comparisons with log-densities of other draws, which give the noise
NOISE = 0.95  # share of these comparisons that stay below the noise
# diagnoses
CONFLICT = "prior-data conflict"
LITTLE = "the likelihood says little"
NONE = "none"
UNSURE = "too few draws"


def weights(log_density: np.ndarray) -> np.ndarray:
    """Weights of draws under a lower and a higher power of a prior or likelihood.

    Parameters
    ----------
    log_density : numpy.ndarray, shape (draws,)
        Logarithm of the prior or the likelihood in each draw, up to a constant.

    Returns
    -------
    numpy.ndarray, shape (2, draws)
        Each row adds to one.
    """
    density = np.asarray(log_density, float)
    rows = []
    for alpha in ALPHAS:
        w = np.exp(_smoothed(density, alpha))
        rows.append(w / w.sum())
    return np.array(rows)


def _smoothed(density: np.ndarray, alpha: float) -> np.ndarray:
    """Logarithms of the weights under one power, with smoothed tails where these can be fitted."""
    from arviz_stats.base import array_stats

    try:
        # tails of equal values, as of a chain that stood still, cannot
        with np.errstate(all="ignore"):
            smooth = array_stats.power_scale_lw(density, alpha=alpha)
    except ValueError:
        smooth = np.array([np.nan])
    plain = (alpha - 1) * (density - density.max())
    return smooth - smooth.max() if np.isfinite(smooth).all() else plain


def sensitivity(values: np.ndarray, weights: np.ndarray) -> float:
    """Sensitivity of the distribution of some values to the power of a prior or likelihood.

    Parameters
    ----------
    values : numpy.ndarray, shape (draws,)
        A parameter or an answer in each draw.
    weights : numpy.ndarray, shape (2, draws)
        From :func:`weights`.

    Returns
    -------
    float
        Cumulative Jensen-Shannon distance for each doubling of the power; not a number where all
        values are the same.
    """
    from arviz_stats.base import array_stats

    if np.ptp(values) == 0:
        return np.nan
    lower, upper = weights[:, None]
    return float(array_stats.power_scale_sense(np.asarray(values)[None], lower, upper, *ALPHAS))


def turned(values: np.ndarray) -> list[np.ndarray]:
    """The same values beside other draws: moved on along the last axis, so that neighbours stay."""
    steps = np.linspace(0, values.shape[-1], TURNS + 2)[1:-1].astype(int)
    return [np.roll(values, k, axis=-1) for k in steps]


def with_noise(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Sensitivity of some values, and what the same weights show beside other draws.

    Parameters
    ----------
    values, weights : numpy.ndarray
        As for :func:`sensitivity`.
    """
    chance = [sensitivity(values, w) for w in turned(weights)]
    return sensitivity(values, weights), noise(chance)


def noise(sensitivities: Sequence[float]) -> float:
    """Sensitivity that draws show by chance, from comparisons with other draws."""
    return float(np.quantile(sensitivities, NOISE))


def diagnosis(prior: float, prior_noise: float, likelihood: float, likelihood_noise: float) -> str:
    """What two sensitivities say together, in words.

    Parameters
    ----------
    prior, likelihood : float
        Sensitivities to both.
    prior_noise, likelihood_noise : float
        Sensitivities that the draws would show by chance.

    Examples
    --------
    >>> diagnosis(0.09, 0.01, 0.01, 0.02)
    'the likelihood says little'
    >>> diagnosis(0.09, 0.01, 0.2, 0.02)
    'prior-data conflict'
    """
    sees_prior = prior >= max(THRESHOLD, prior_noise)
    sees_likelihood = likelihood >= max(THRESHOLD, likelihood_noise)
    if np.isnan(prior) or np.isnan(likelihood):
        return UNSURE
    if sees_prior and sees_likelihood:
        return CONFLICT
    if not sees_prior:
        return UNSURE if prior_noise > THRESHOLD else NONE
    return UNSURE if likelihood_noise > THRESHOLD else LITTLE
