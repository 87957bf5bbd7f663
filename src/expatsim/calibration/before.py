"""What a calibration knows before a city's tables: its parameters, and its draws as a normal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from expatsim import posterior
from expatsim.calibration import likelihood
from expatsim.calibration.gaussian import Gaussian
from expatsim.cities import City
from expatsim.model.declare import Parameter
from expatsim.model.parameters import lent_levels, levels_of_2009, registry
from expatsim.runs.prepare import borrowed_level

CLEAR = 3.5  # standard errors from which draws tell a parameter from its prior
GRID = np.linspace(-5, 5, 2001)  # normal scores, between which those of draws are interpolated
EFFECT = "design_effect"


class Space(NamedTuple):
    """Parameters of an update, and how their values follow from normal scores.

    Attributes
    ----------
    parameters : mapping of str to Parameter
        Those of the package, then levels of the city that nobody measured; a column of scores each.
    lent : mapping of str to str
        Levels that the city borrows, and the parameters that lend them.
    source : str
        Draws with which the update begins.
    """

    parameters: Mapping[str, Parameter]
    lent: Mapping[str, str]
    source: str

    @classmethod
    def of(cls, city: City, source: str) -> Space:
        """Return the space of a city and the draws with which its update begins."""
        levels = {p.name: p for p in levels_of_2009([city])}
        return cls({**registry(), **levels}, lent_levels([city]), source)

    def values(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Parameter values that normal scores of shape (draws, parameters) stand for."""
        values = likelihood.from_scores(z, self.parameters)
        names = list(self.parameters)
        for name, lender in self.lent.items():  # as a scenario of the city has them
            own, width = z[:, names.index(name)], posterior.spread(self.source, lender)
            p = self.parameters[name]
            values[name] = borrowed_level(p, lender, values[lender], width, own)
        return values

    def effect(self, z: np.ndarray) -> np.ndarray:
        """Design effect that normal scores stand for, shape (draws,)."""
        names, p = list(self.parameters), self.parameters[EFFECT]
        return p.quantile(ndtr(z[:, names.index(EFFECT)]))

    def scores_of_draws(self, rng: np.random.Generator) -> np.ndarray:
        """Normal scores of the draws; random ones for what these do not have."""
        number = posterior.number_of_draws(self.source) or 0
        values = posterior.sample(self.source, 1, np.arange(number))
        columns = [
            scores(p, values[name]) if name in values else rng.standard_normal(number)
            for name, p in self.parameters.items()
        ]
        return np.stack(columns, axis=1)


def as_normal(z: np.ndarray) -> Gaussian:
    """A normal distribution like some draws, without what only their chance makes of it.

    Parameters that the draws do not tell from their prior, alone or together with another, keep it:
    a covariance of all of them would be mostly noise.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores.
    """
    n, d = z.shape
    noise = CLEAR / np.sqrt(n)  # of correlations; means and spreads have about as much
    r = np.abs(np.corrcoef(z, rowvar=False) - np.eye(d))
    told = (r.max(axis=1) > noise) | (np.abs(z.mean(axis=0)) > noise)
    told |= np.abs(z.std(axis=0) - 1) > noise
    mean, covariance = np.where(told, z.mean(axis=0), 0.0), np.eye(d)
    covariance[np.ix_(told, told)] = np.cov(z[:, told], rowvar=False)
    return Gaussian(mean, np.linalg.cholesky(covariance))


def scores(p: Parameter, values: np.ndarray) -> np.ndarray:
    """Normal scores of values under a parameter's prior: 0 is its median.

    Parameters
    ----------
    p : Parameter
        The parameter.
    values : numpy.ndarray
        In the parameter's unit.

    Examples
    --------
    >>> (scores(registry()["mentor_duration"], np.array([9.0])).round(1) + 0.0).tolist()
    [0.0]
    """
    return np.interp(values, p.quantile(ndtr(GRID)), GRID)
