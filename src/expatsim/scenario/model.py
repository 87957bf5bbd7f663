"""A scenario as the model runs it: every setting known, levers and climate month by month."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Attributes
    ----------
    name : str
        Name of the file without ending.
    title, description, author : str
    title_nl, description_nl : str
        In Dutch; empty if not given.
    city : str
        ``"rotterdam"`` or ``"den_haag"``.
    start : str
        First month, ``"2010-01"``.
    months : int
    policy : dict of str to numpy.ndarray, shape (months,)
        Value of every lever.
    policy_city : str
        Whose policy of 2009 it starts from.
    quality_city : str
        Whose grades of Tabel 4.1 the city has; that of ``city`` but for decompositions.
    climate : numpy.ndarray, shape (months,)
    inflow : numpy.ndarray, shape (months,)
        Workers who arrive, a year.
    stock : int
        People in the survey stock.
    weights : str
        ``"survey"`` or ``"national"``.
    costs : dict
        Lever to ``{"per_year": ..., "per_participant": ...}``; empty if none were given.
    value_per_expat_year : float or None
        Euros; no default.
    seed, draws : int
    parameters : str
        ``"posterior"``, ``"prior"`` or a file of draws; see :mod:`expatsim.calibration.posterior`.
    texts : dict of str to str
        Text of this file and of those it is based on, by path.
    """

    name: str
    title: str
    description: str
    author: str
    city: str
    start: str
    months: int
    policy: dict[str, np.ndarray]
    policy_city: str
    quality_city: str
    climate: np.ndarray
    inflow: np.ndarray
    stock: int
    weights: str
    costs: dict[str, dict[str, float]]
    seed: int
    draws: int
    parameters: str = "posterior"
    value_per_expat_year: float | None = None
    title_nl: str = ""
    description_nl: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    def resized(self, people: float = 1.0, months: int | None = None) -> Scenario:
        """The same scenario with more or fewer people, or cut short.

        Parameters
        ----------
        people : float
            Factor for the stock and the inflow.
        months : int, optional
            At most the scenario's own length.
        """
        t = self.months if months is None else min(months, self.months)
        return dataclasses.replace(
            self,
            months=t,
            stock=max(1, round(self.stock * people)),
            inflow=self.inflow[:t] * people,
            policy={name: path[:t] for name, path in self.policy.items()},
            climate=self.climate[:t],
        )

    def describe(self) -> dict[str, Any]:
        """Everything that decides the results, and who says so, as plain values."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "title_nl": self.title_nl,
            "description_nl": self.description_nl,
            "author": self.author,
            "city": self.city,
            "start": self.start,
            "months": self.months,
            "stock": self.stock,
            "weights": self.weights,
            "seed": self.seed,
            "draws": self.draws,
            "parameters": self.parameters,
            "policy_city": self.policy_city,
            "quality_city": self.quality_city,
            "policy": {k: steps(v) for k, v in self.policy.items()},
            "climate": steps(self.climate),
            "inflow": steps(self.inflow),
            "costs": self.costs,
            "value_per_expat_year": self.value_per_expat_year,
        }


def month_number(date: str) -> int:
    """Months since year zero of ``"2010-01"``."""
    year, month = date.split("-")
    return int(year) * 12 + int(month) - 1


def month_name(start: str, month: int) -> str:
    """Date of a month of the run, ``"2010-01"``."""
    number = month_number(start) + month
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def steps(path: np.ndarray) -> list[tuple[int, float]]:
    """A path as the months at which it changes and the values from there on."""
    at = np.flatnonzero(np.diff(path, prepend=np.nan))
    return [(int(m), float(path[m])) for m in at]
