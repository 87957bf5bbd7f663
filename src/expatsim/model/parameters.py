"""The registry of parameters: every uncertain number, with unit, bounds, prior, meaning and source.

The numbers are data (``parameters.csv``); docs, JSON Schema and priors are generated from them.
Evidence grades: ``measured`` (a count or share in the report or in official statistics),
``literature`` (size or direction from a study), ``expert`` (read by us from a table that it does
not settle), ``assumption`` (nothing measured).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np

Prior = Literal["normal", "log-normal", "logit-normal"]
EVIDENCE = ("measured", "literature", "expert", "assumption")


@dataclass(frozen=True)
class Parameter:
    """One uncertain number of the model.

    Attributes
    ----------
    name, symbol, rule : str
        Name in the code, symbol in the documents, rule that uses it.
    unit : str
        Probabilities are per month unless the unit says otherwise.
    default : float
        Median of the prior, set by hand from the sources.
    low, high : float
        Bounds; the prior is cut off there.
    prior : {"normal", "log-normal", "logit-normal"}
        Shape; ``spread`` is the standard deviation on the normal, log or logit scale.
    spread : float
    evidence : {"measured", "literature", "expert", "assumption"}
    source, meaning : str
    """

    name: str
    rule: str
    symbol: str
    unit: str
    default: float
    low: float
    high: float
    prior: Prior
    spread: float
    evidence: str
    source: str
    meaning: str

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Quantiles of the prior, cut off at the bounds.

        Parameters
        ----------
        u : numpy.ndarray
            Probabilities in (0, 1), any shape.
        """
        from scipy.special import ndtr, ndtri

        centre = self._normal(self.default)
        low = ndtr((self._normal(self.low) - centre) / self.spread)
        high = ndtr((self._normal(self.high) - centre) / self.spread)
        z = centre + self.spread * ndtri(low + u * (high - low))
        if self.prior == "log-normal":
            z = np.exp(z)
        elif self.prior == "logit-normal":
            z = 1 / (1 + np.exp(-z))
        return np.clip(z, self.low, self.high)

    def _normal(self, x: float) -> float:
        if self.prior == "log-normal":
            return math.log(x) if x > 0 else -math.inf
        if self.prior == "logit-normal":
            if x <= 0 or x >= 1:
                return -math.inf if x <= 0 else math.inf
            return math.log(x / (1 - x))
        return x


@cache
def registry() -> Mapping[str, Parameter]:
    """All parameters by name, in the order of the rules."""
    with resources.files(__package__).joinpath("parameters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = ("default", "low", "high", "spread")
    return {
        row["name"]: Parameter(**{k: float(v) if k in numbers else v for k, v in row.items()})  # type: ignore[arg-type]
        for row in rows
    }


def defaults() -> dict[str, float]:
    """Default value (prior median) of every parameter."""
    return {name: p.default for name, p in registry().items()}


def sample_prior(seed: int, replicates: np.ndarray) -> dict[str, np.ndarray]:
    """Parameter values drawn from the prior.

    Replicate ``r`` always gets the same values for a seed, however many replicates there are, and a
    new parameter in the registry leaves the values of the others as they are.

    Parameters
    ----------
    seed : int
    replicates : numpy.ndarray of int, shape (draws,)

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
    """
    from expatsim.model.chance import named_uniforms

    names = [f"parameter:{name}" for name in registry()]
    u = np.array([named_uniforms(seed, int(r), names) for r in replicates])
    return {name: p.quantile(u[:, k]) for k, (name, p) in enumerate(registry().items())}
