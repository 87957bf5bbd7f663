"""A Gaussian guess at the posterior, from a linear model of the simulated study.

The guess only serves as the proposal of the sampler, which is exact whatever the guess: a good one
makes it fast. Two rounds of simulations: from the prior, then around the first guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from expatsim.calibration.study import log_ratio
from expatsim.calibration.targets import Counts, Fact, Interval, Target

STEP = 1e-3  # of finite differences, on the scale of log-shares
ROUNDS = 30  # Newton steps at most
SAFETY = 1.3  # factor for variances that the data reduce, so that the guess has no thin tails
REDUCED = 0.9  # variances (of the prior: 1) below it are taken as reduced by the data
WIDER = 1.2  # spread of a later round's simulations, relative to the guess before it


class Gaussian(NamedTuple):
    """A normal distribution of ``z``.

    Attributes
    ----------
    mean : numpy.ndarray, shape (parameters,)
        Mean of the normal scores.
    root : numpy.ndarray, shape (parameters, parameters)
        Cholesky factor of the covariance.
    """

    mean: np.ndarray
    root: np.ndarray

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Log-density up to a constant, shape (draws,)."""
        from scipy.linalg import solve_triangular

        x = solve_triangular(self.root, (z - self.mean).T, lower=True)
        return -0.5 * (x**2).sum(axis=0)

    def sample(self, n: int, rng: np.random.Generator, wider: float = 1.0) -> np.ndarray:
        """Random draws, shape (n, parameters), with ``wider`` times the standard deviations."""
        x = rng.standard_normal((n, len(self.mean)))
        return self.mean + wider * x @ self.root.T


def prior(parameters: int) -> Gaussian:
    """The prior of ``z``."""
    return Gaussian(np.zeros(parameters), np.eye(parameters))


def link(target: Target, predicted: np.ndarray) -> np.ndarray:
    """Predictions on a scale on which they are about linear in ``z``, shape of ``predicted``."""
    return log_ratio(predicted) if isinstance(target, (Counts, Interval, Fact)) else predicted


def unlink(target: Target, x: np.ndarray) -> np.ndarray:
    """Predictions from the scale of :func:`link`; answers add to one."""
    if isinstance(target, (Counts, Interval)):
        p = np.exp(x - x.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)
    return 1 / (1 + np.exp(-x)) if isinstance(target, Fact) else x


def curvature(
    log_likelihood: Callable[[np.ndarray], np.ndarray], x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Hessian at ``x`` by central differences; the function is of rows of ``x``."""
    n = len(x)
    e = STEP * np.eye(n)
    pairs = (e[:, None, :] + e[None, :, :]).reshape(-1, n)
    cross = (e[:, None, :] - e[None, :, :]).reshape(-1, n)
    f = log_likelihood(np.concatenate([x + e, x - e, x + pairs, x - pairs, x + cross, x - cross]))
    plus, minus = f[:n], f[n : 2 * n]
    pp, mm, pm, mp = f[2 * n :].reshape(4, n, n)
    return (plus - minus) / (2 * STEP), (pp + mm - pm - mp) / (4 * STEP**2)


def laplace(
    targets: Sequence[Target],
    fits: Sequence[tuple[np.ndarray, np.ndarray]],
    design_effect: float,
    start: np.ndarray,
) -> Gaussian:
    """Normal approximation to the posterior of the linear model, from its mode and curvature.

    The design effect keeps its prior: its posterior is skewed, and a normal one would miss a tail.

    Parameters
    ----------
    targets : sequence of Target
        Targets of the calibration.
    fits : sequence of (intercept, slope)
        Linear model of each target, on the scale of :func:`link`; shapes (answers,) and
        (parameters, answers).
    design_effect : float
        Design effect of the counts, at least 1.
    start : numpy.ndarray, shape (parameters,)
        Normal scores at which Newton's method begins.
    """
    z = start.copy()
    for _ in range(ROUNDS):
        gradient, precision = -z, np.eye(len(z))
        for target, (intercept, slope) in zip(targets, fits, strict=True):

            def value(rows: np.ndarray, target: Target = target) -> np.ndarray:
                effect = np.full(len(rows), design_effect)
                return target.log_likelihood(unlink(target, rows), effect)

            g, h = curvature(value, intercept + z @ slope)
            size, direction = np.linalg.eigh(-(h + h.T) / 2)
            # a likelihood that bends upwards would make the precision negative
            h = direction * np.maximum(size, 0) @ direction.T
            gradient = gradient + slope @ g
            precision = precision + slope @ h @ slope.T
        step = np.linalg.solve(precision, gradient)
        z = z + step * min(1.0, 2.0 / np.linalg.norm(step))
        if np.linalg.norm(step) < 1e-3:
            break
    size, direction = np.linalg.eigh(np.linalg.inv(precision))
    size = np.minimum(SAFETY * size, np.maximum(size, 1.0))
    return Gaussian(z, np.linalg.cholesky(direction * size @ direction.T))


def fit(
    targets: Sequence[Target],
    predictions: Sequence[np.ndarray],
    z: np.ndarray,
    design_effect: float,
    start: np.ndarray,
) -> Gaussian:
    """The guess that a linear regression on simulations gives.

    Parameters
    ----------
    targets : sequence of Target
        Targets of the calibration.
    predictions : sequence of numpy.ndarray, shape (draws, answers)
        ``target.predicted(study)`` of the simulations, for each target.
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores of the simulations.
    design_effect, start
        As for :func:`laplace`.
    """
    design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
    ridge = np.sqrt(1e-3 * len(z)) * np.eye(design.shape[1])[1:]
    fits = []
    for target, predicted in zip(targets, predictions, strict=True):
        y = link(target, predicted)
        y = np.concatenate([y, np.zeros((len(ridge), y.shape[1]))])
        coefficients = np.linalg.lstsq(np.concatenate([design, ridge]), y, rcond=None)[0]
        fits.append((coefficients[0], coefficients[1:]))
    return laplace(targets, fits, design_effect, start)


def refine(guess: Gaussian, z: np.ndarray, apart: int) -> Gaussian:
    """The guess moved and stretched to the draws of first chains.

    This is done only along the directions that the data inform, each by itself, and along one
    parameter: the chains are too short to estimate more.

    Parameters
    ----------
    guess : Gaussian
        The proposal of the first chains.
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores from the first chains.
    apart : int
        Column of a parameter that the guess takes as independent (the design effect).
    """
    others = np.delete(np.arange(len(guess.mean)), apart)
    covariance = (guess.root @ guess.root.T)[np.ix_(others, others)]
    size, direction = np.linalg.eigh(covariance)
    along = (z[:, others] - guess.mean[others]) @ direction / np.sqrt(size)
    informed = size < REDUCED
    mean, spread = guess.mean.copy(), np.eye(len(guess.mean))
    mean[others] += direction @ (np.sqrt(size) * np.where(informed, along.mean(axis=0), 0.0))
    stretched = size * np.clip(SAFETY * along.var(axis=0), 0.5, 3.0)
    size = np.where(informed, np.minimum(stretched, 1.0), size)
    spread[np.ix_(others, others)] = direction * size @ direction.T
    mean[apart] = z[:, apart].mean()
    spread[apart, apart] = min(1.0, SAFETY * z[:, apart].var())
    return Gaussian(mean, np.linalg.cholesky(spread))
