"""The registry of parameters: every uncertain number, with unit, bounds, prior, meaning and source.

The numbers are data (``parameters.csv``, and the cities' folders for levels of 2009); docs, JSON
Schema and priors are generated from them.
Evidence grades: ``measured`` (a count or share in the report or in official statistics),
``literature`` (size or direction from a study), ``expert`` (read by us from a table that it does
not settle), ``assumption`` (nothing measured).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np

from expatsim.cities import City, Level2009, cities
from expatsim.model.levers import EACH_CITY, LEVERS, Lever, level_name

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
    """All parameters by name, in the order of the rules; then levels of 2009, and the study's."""
    with resources.files(__package__).joinpath("parameters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = ("default", "low", "high", "spread")
    declared = [
        Parameter(**{k: float(v) if k in numbers else v for k, v in row.items()})  # type: ignore[arg-type]
        for row in rows
    ]
    of_rules = [p for p in declared if p.rule != "survey"]
    of_the_study = [p for p in declared if p.rule == "survey"]
    return {p.name: p for p in [*of_rules, *_levels_of_2009(), *of_the_study]}


def _levels_of_2009() -> Iterator[Parameter]:
    """Levels of levers in 2009 that nobody measured, of the cities of the study."""
    uncertain = [
        (lever, city, city.levels_2009[lever.name])
        for lever in LEVERS.values()
        for city in cities()
        if lever.level_2009 == EACH_CITY and city.levels_2009[lever.name].prior
    ]
    for k, (lever, city, said) in enumerate(uncertain, start=1):
        yield level_parameter(lever, city, said, f"b_{k}")


def level_parameter(lever: Lever, city: City, said: Level2009, symbol: str = "") -> Parameter:
    """The parameter that stands for a lever's uncertain level in 2009.

    Parameters
    ----------
    lever : Lever
    city : City
    said : Level2009
        What the city says of the lever.
    symbol : str
    """
    return Parameter(
        name=level_name(city.name, lever.name),
        rule="policy",
        symbol=symbol,
        unit=lever.unit,
        default=float(said.level),
        low=float(said.low),
        high=float(said.high),
        prior=said.prior,  # type: ignore[arg-type]
        spread=float(said.spread),
        evidence=said.evidence,
        source=said.source,
        meaning=f"level of {lever.name} in {city.label} in 2009",
    )


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
