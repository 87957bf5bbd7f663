"""Short chains on a surrogate, tempered from the prior to the posterior.

Many chains side by side begin at draws of the prior, a standard normal distribution. The power of
the likelihood rises in stages; proposals are preconditioned Crank-Nicolson moves around a normal
distribution like the chains of the stage before (Cotter, Roberts, Stuart and White 2013).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from expatsim.calibration.gaussian import Gaussian, prior

CHAINS = 256  # side by side
POWERS = (1 / 64, 1 / 16, 1 / 4, 1.0, 1.0)  # of the likelihood, by stage; the last are tuning
STAGE = 120  # steps of a stage, of which the second half shapes the next proposals
STEPS = 800  # steps after the stages, with fixed proposals
EVERY = 8  # of these steps, one is kept
GROUPS = 8  # of chains, between which R-hat compares
SHORTEST = 0.01  # step, of 1 for a proposal without memory
AIM = 0.3  # share of proposals to accept
REDUCED = 0.8  # variances (of the prior: 1) below it are taken as reduced by the data
SAFETY = 1.2  # factor for these variances, so that proposals have no thin tails


class ShortRun(NamedTuple):
    """Chains of a short run.

    Attributes
    ----------
    x : numpy.ndarray, shape (chains, steps, scores)
        States that were kept.
    effective : float
        Fewest effective draws (bulk and tails) of all scores.
    rhat : float
        Worst R-hat of all scores, between groups of chains.
    """

    x: np.ndarray
    effective: float
    rhat: float

    def draws(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Random states of the chains, shape (n, scores), none twice while there are enough."""
        every = self.x.reshape(-1, self.x.shape[-1])
        return every[rng.choice(len(every), n, replace=n > len(every))]


def short_run(
    log_likelihood: Callable[[np.ndarray], np.ndarray], scores: int, seed: list[int]
) -> ShortRun:
    """Chains whose prior is standard normal, with a likelihood that is cheap.

    Parameters
    ----------
    log_likelihood : callable
        From scores of shape (chains, scores) to log-likelihoods of shape (chains,).
    scores : int
        Number of scores.
    seed : list of int
        Random seed.
    """
    from arviz_stats.base import array_stats

    rng = np.random.default_rng(seed)
    guess, step = prior(scores), 0.3
    x = guess.sample(CHAINS, rng)
    value = log_likelihood(x)
    for power in POWERS:
        x, value, states, step = _stage(log_likelihood, power, guess, x, value, step, rng, STAGE)
        guess = _like(np.concatenate(states[len(states) // 2 :]))
    _, _, states, _ = _stage(log_likelihood, 1.0, guess, x, value, step, rng, STEPS, tune=False)
    kept = np.stack(states[EVERY - 1 :: EVERY], axis=1)
    axes = {"chain_axis": 0, "draw_axis": 1}
    bulk = array_stats.ess(kept, **axes, method="bulk")
    tails = array_stats.ess(kept, **axes, method="tail", prob=(0.05, 0.95))
    # chains too short for an R-hat of their own, one after the other in groups
    rhat = array_stats.rhat(kept.reshape(GROUPS, -1, kept.shape[-1]), **axes)
    return ShortRun(kept, float(min(np.min(bulk), np.min(tails))), float(np.max(rhat)))


def _like(x: np.ndarray) -> Gaussian:
    """A normal distribution like some states, along the directions that the data inform.

    Along all others it is the prior: a covariance of so many scores would be mostly noise.
    """
    size, direction = np.linalg.eigh(np.cov(x, rowvar=False))
    told = direction[:, size < REDUCED]
    size = np.minimum(SAFETY * size[size < REDUCED], 1.0)
    covariance = np.eye(x.shape[1]) + (told * (size - 1)) @ told.T
    return Gaussian(told @ (told.T @ x.mean(axis=0)), np.linalg.cholesky(covariance))


def _stage(
    log_likelihood: Callable[[np.ndarray], np.ndarray],
    power: float,
    guess: Gaussian,
    x: np.ndarray,
    value: np.ndarray,
    step: float,
    rng: np.random.Generator,
    steps: int,
    tune: bool = True,
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], float]:
    """Last states, their log-likelihoods, all states, and the length of steps, of one stage."""
    states = []
    rest = -0.5 * (x**2).sum(axis=1) - guess.log_density(x)
    for number in range(steps):
        new = rng.standard_normal(x.shape) @ guess.root.T
        proposed = guess.mean + np.sqrt(1 - step**2) * (x - guess.mean) + step * new
        its_rest = -0.5 * (proposed**2).sum(axis=1) - guess.log_density(proposed)
        its_value = log_likelihood(proposed)
        ratio = power * (its_value - value) + its_rest - rest
        taken = np.log(rng.random(len(x))) < ratio
        x = np.where(taken[:, None], proposed, x)
        value, rest = np.where(taken, its_value, value), np.where(taken, its_rest, rest)
        if tune:  # towards the wanted acceptance, less and less
            step = float(
                np.clip(step * np.exp((taken.mean() - AIM) / (1 + number) ** 0.5), 0.01, 1)
            )
        states.append(x)
    return x, value, states, step
