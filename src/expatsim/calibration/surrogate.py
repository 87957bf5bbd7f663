"""A smooth model of simulated answers, fitted to simulations, that stands in for further ones.

For each question, log-ratios of the shares are modelled by linear terms in all normal scores, and
squares and products of the few that matter most, by ridge regression. Each simulation has a luck of
its own, so that the model averages it out. What it does not explain beyond this luck is its error,
measured on simulations that were left out; it enters the likelihood as deviations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from expatsim.calibration.study import Shares
from expatsim.calibration.targets import Target

PAIRS = 12  # scores whose squares and products are terms
RIDGE = 3.0  # penalty of a term, in simulations
FIRST_RIDGE = 30.0  # penalty of the linear model that picks those scores


def log_ratios(shares: np.ndarray) -> np.ndarray:
    """Log-ratios of shares to the last one, one answer fewer.

    Parameters
    ----------
    shares : numpy.ndarray, shape (..., answers)
        Shares above zero.

    Examples
    --------
    >>> log_ratios(np.array([0.5, 0.25, 0.25])).round(2).tolist()
    [0.69, 0.0]
    """
    logs = np.log(np.maximum(shares, 1e-9))
    return logs[..., :-1] - logs[..., -1:]


def shares_of(log_ratio: np.ndarray) -> np.ndarray:
    """Shares that log-ratios stand for; the inverse of :func:`log_ratios`.

    Parameters
    ----------
    log_ratio : numpy.ndarray, shape (..., answers - 1)
        Log-ratios to the last share.
    """
    x = np.concatenate([log_ratio, np.zeros((*log_ratio.shape[:-1], 1))], axis=-1)
    p = np.exp(x - x.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


class Model(NamedTuple):
    """Model of the answers to one question.

    Attributes
    ----------
    curved : numpy.ndarray of int, shape (PAIRS,)
        Columns of scores whose squares and products are terms.
    coefficients : numpy.ndarray, shape (terms, answers - 1)
        Of the log-ratios.
    error : numpy.ndarray, shape (answers - 1, answers - 1)
        Root of the covariance of its error: deviations are standard normal numbers times this.
    explained : float
        Share of the variance of the log-ratios that the model explains in simulations left out.
    """

    curved: np.ndarray
    coefficients: np.ndarray
    error: np.ndarray
    explained: float


class Surrogate(NamedTuple):
    """Models of the answers to some questions.

    Attributes
    ----------
    mean, spread : numpy.ndarray, shape (scores,)
        Of the scores to which it was fitted; they are standardised by these.
    models : mapping of str to Model
        By entry of the simulated study.
    """

    mean: np.ndarray
    spread: np.ndarray
    models: Mapping[str, Model]

    @property
    def deviations(self) -> int:
        """Number of standard normal numbers that make up a draw of its errors."""
        return sum(len(m.error) for m in self.models.values())

    def predict(self, z: np.ndarray, deviations: np.ndarray | None = None) -> Shares:
        """Expected shares by entry, each of shape (draws, answers).

        Parameters
        ----------
        z : numpy.ndarray, shape (draws, scores)
            Normal scores.
        deviations : numpy.ndarray, shape (draws, deviations), optional
            Standard normal numbers, for shares with the model's errors.
        """
        x, start, shares = (z - self.mean) / self.spread, 0, {}
        for name, model in self.models.items():
            y = _terms(x, model.curved) @ model.coefficients
            if deviations is not None:
                stop = start + len(model.error)
                y = y + deviations[:, start:stop] @ model.error.T
                start = stop
            shares[name] = shares_of(y)
        return shares

    def log_likelihood(
        self,
        z: np.ndarray,
        design_effect: np.ndarray,
        targets: Sequence[Target],
        deviations: np.ndarray | None = None,
    ) -> np.ndarray:
        """Log-likelihood of all targets together, shape (draws,).

        Parameters
        ----------
        z, deviations
            As for :meth:`predict`.
        design_effect : numpy.ndarray, shape (draws,)
            Design effect of each draw.
        targets : sequence of Target
            The targets.
        """
        study, total = self.predict(z, deviations), np.zeros(len(z))
        for target in targets:
            total += target.log_likelihood(target.predicted(study), design_effect)
        return total


def _terms(x: np.ndarray, curved: np.ndarray) -> np.ndarray:
    """Terms of a model: one, all scores, and squares and products of some of them."""
    a = x[:, curved]
    i, j = np.triu_indices(len(curved))
    return np.concatenate([np.ones((len(x), 1)), x, a[:, i] * a[:, j] - (i == j)], axis=1)


def luck_of(one: Shares, again: Shares) -> dict[str, np.ndarray]:
    """Covariances of the log-ratios of a simulation that come from its luck, by entry.

    Parameters
    ----------
    one, again : dict of str to numpy.ndarray, shape (draws, answers)
        Shares of the same parameters, simulated twice with a luck of their own.
    """
    found = {}
    for name in one:
        d = log_ratios(one[name]) - log_ratios(again[name])
        found[name] = d.T @ d / (2 * len(d))
    return found


def fit(
    z: np.ndarray, study: Shares, luck: Mapping[str, np.ndarray], latest: int | None = None
) -> Surrogate:
    """The surrogate of some simulations.

    Parameters
    ----------
    z : numpy.ndarray, shape (simulations, scores)
        Normal scores.
    study : dict of str to numpy.ndarray, shape (simulations, answers)
        Simulated shares by entry.
    luck : mapping of str to numpy.ndarray
        From :func:`luck_of`: what the error leaves out.
    latest : int, optional
        Number of simulations, the last ones, on which errors are measured; by default all.
    """
    spread = np.maximum(z.std(axis=0), 1e-6)
    mean, last = z.mean(axis=0), slice(-latest if latest else None, None)
    x = (z - mean) / spread
    models = {name: _fitted(x, log_ratios(s), luck[name], last) for name, s in study.items()}
    return Surrogate(mean, spread, models)


def _fitted(x: np.ndarray, y: np.ndarray, luck: np.ndarray, last: slice) -> Model:
    """Model of the log-ratios of one question, with its error on some rows."""
    scale = np.maximum(y.var(axis=0), 1e-12)
    linear = _terms(x, np.arange(0))
    slopes, _ = _ridge(linear, y, FIRST_RIDGE)
    curved = np.argsort(-(slopes[1:] ** 2 / scale).sum(axis=1), kind="stable")[:PAIRS]
    coefficients, left = _ridge(_terms(x, curved), y, RIDGE)
    left = left[last]
    size, direction = np.linalg.eigh(left.T @ left / len(left) - luck)
    error = direction * np.sqrt(np.maximum(size, 0))
    explained = 1 - float(((left**2).mean(axis=0) / scale).mean())
    return Model(curved, coefficients, error, explained)


def _ridge(terms: np.ndarray, y: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients, and residuals of each row had it been left out of the fit."""
    weight = np.full(terms.shape[1], penalty)
    weight[0] = 0.0
    inverse = np.linalg.inv(terms.T @ terms + np.diag(weight))
    coefficients = inverse @ (terms.T @ y)
    leverage = ((terms @ inverse) * terms).sum(axis=1)
    return coefficients, (y - terms @ coefficients) / (1 - leverage)[:, None]
