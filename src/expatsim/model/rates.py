"""From parameters, levers and climate to the rates of every rule and month, as one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.model import rules
from expatsim.model.levers import policy_2009
from expatsim.observed import counts


class City(NamedTuple):
    """What a city is apart from its policy: grades of Tabel 4.1 and where levers stood in 2009."""

    name: str
    grade: float
    nightlife: float
    healthcare_english: float


@cache
def city_quality(name: str) -> City:
    """Mean of the ten grades of Tabel 4.1, its nightlife grade, health care in English in 2009."""
    grades = counts("T41", name, "rating 1-10")
    del grades["overall quality of life"]  # an eleventh, held out for validation
    return City(
        name=name,
        grade=float(np.mean(list(grades.values()))),
        nightlife=grades["nightlife"],
        healthcare_english=policy_2009(name)["healthcare_english"],
    )


def layout(order: rules.Order = rules.ORDER) -> tuple[tuple[str, str], ...]:
    """Where each rate stands in the last axis of the packed array: rule and name."""
    return tuple((name, field) for name, rule in order for field in rule.Rates._fields)


def rule_rates(
    parameters: Mapping[str, np.ndarray],
    policy: Mapping[str, np.ndarray],
    climate: np.ndarray,
    city: City,
    order: rules.Order = rules.ORDER,
) -> dict[str, Any]:
    """Rates of every rule.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
    policy : mapping of lever name to numpy.ndarray, shape (months, draws) or (months, 1)
        As from :func:`expatsim.model.policy.policy_of_draws`.
    climate : numpy.ndarray, shape (months,)
        0 is normal, -1 the crisis of 2009.
    city : City
    order : sequence of (str, rule)

    Returns
    -------
    dict of str to NamedTuple
        By rule; each rate broadcasts to (months, draws).
    """
    p = SimpleNamespace(**{k: np.asarray(v, np.float64)[None, :] for k, v in parameters.items()})
    levers = SimpleNamespace(**policy)
    weather = np.asarray(climate, np.float64)[:, None]
    return {name: rule.rates(p, levers, weather, city) for name, rule in order}


def newcomers_a_year(
    inflow: np.ndarray, climate: np.ndarray, parameters: Mapping[str, np.ndarray]
) -> np.ndarray:
    """People who arrive, workers and partners, at the pace of each month.

    Parameters
    ----------
    inflow : numpy.ndarray, shape (months,)
        Workers a year in a neutral climate.
    climate : numpy.ndarray, shape (months,)
    parameters : mapping of str to numpy.ndarray, shape (draws,)

    Returns
    -------
    numpy.ndarray, shape (months, draws)
    """
    couples = np.asarray(parameters["couple_share"], np.float64)[None, :]
    pace = np.exp(parameters["inflow_climate"] * np.asarray(climate, np.float64)[:, None])
    return np.asarray(inflow, np.float64)[:, None] * pace * (1 + couples)


def pack(
    rates: Mapping[str, Any], months: int, draws: int, order: rules.Order = rules.ORDER
) -> np.ndarray:
    """All rates as float32, shape (months, draws, rates), last axis as from :func:`layout`.

    Raises
    ------
    InputError
        If a rule that is not the package's has rates that are no finite numbers by month and draw.
    """
    problems = [
        f"rule {name}: {problem}"
        for name, rule in order
        if (name, rule) not in rules.ORDER
        for problem in _problems(rates[name], rule, (months, draws))
    ]
    if problems:
        raise InputError(problems)
    places = layout(order)
    packed = np.empty((months, draws, len(places)), np.float32)
    for k, (rule, field) in enumerate(places):
        packed[:, :, k] = getattr(rates[rule], field)
    return packed


def _problems(rates: Any, rule: Any, shape: tuple[int, int]) -> Iterator[str]:
    """What is wrong with the rates that a rule of somebody's own gave back."""
    if not isinstance(rates, rule.Rates):
        yield f"rates gave back {type(rates).__name__}, not its Rates"
        return
    months, draws = shape
    allowed = f"one number, or shape (months, draws): {months} or 1, {draws} or 1"
    for name, value in rates._asdict().items():
        try:
            with np.errstate(over="ignore"):
                values = np.asarray(value, np.float64).astype(np.float32)
        except (TypeError, ValueError):
            yield f"rate {name} is {type(value).__name__}, not numbers"
            continue
        # one axis alone would be taken for draws, and months are meant as often as not
        fits = values.ndim == 2 and all(
            n in (1, most) for n, most in zip(values.shape, shape, strict=True)
        )
        if values.ndim and not fits:
            yield f"rate {name} has shape {values.shape} (allowed: {allowed})"
        elif not np.isfinite(values).all():
            yield f"rate {name} is infinite or not a number (the odds of a certainty are infinite)"


def unpack(row: Any, order: rules.Order = rules.ORDER) -> dict[str, Any]:
    """The rates of one month by rule, each of shape (draws, 1), from ``row`` (draws, rates)."""
    columns = {key: row[:, k : k + 1] for k, key in enumerate(layout(order))}
    return {
        name: rule.Rates(**{f: columns[name, f] for f in rule.Rates._fields})
        for name, rule in order
    }
