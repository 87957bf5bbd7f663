"""Rates of every rule and month, from parameters, levers and climate, stacked in one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import numpy as np

from expatsim.cities import City, counts
from expatsim.cities import city as city_of
from expatsim.errors import InputError
from expatsim.model import rules
from expatsim.model.declare import CityQuality, every_number, widths
from expatsim.model.levers import policy_2009
from expatsim.model.limits import own_code

# economic climate
CRISIS = -1.0  # of 2009
NORMAL = 0.0


def city_quality(name: str) -> CityQuality:
    """Quality of a city by its name: grades of Tabel 4.1, health care in English in 2009."""
    return _quality(city_of(name))


@cache
def _quality(city: City) -> CityQuality:
    name = city.name
    grades = counts(name, "T41", "rating 1-10")
    grades.pop("overall quality of life", None)  # an eleventh, held out for validation
    return CityQuality(
        name=name,
        grade=float(np.mean(list(grades.values()))),
        nightlife=grades["nightlife"],
        healthcare_english=policy_2009(name)["healthcare_english"],
    )


@cache
def columns(order: rules.Order = rules.ORDER) -> tuple[tuple[str, str], ...]:
    """Rule and rate of every column of the stacked rates; a vector has several."""
    return tuple(
        (name, rate)
        for name, rule in order
        for rate, width in widths(rule.Rates).items()
        for _ in range(width or 1)
    )


def rule_rates(
    parameters: Mapping[str, np.ndarray],
    policy: Mapping[str, np.ndarray],
    climate: np.ndarray,
    city: CityQuality,
    order: rules.Order = rules.ORDER,
) -> dict[str, Any]:
    """Rates of every rule.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Parameters by name, in their own units.
    policy : mapping of lever name to numpy.ndarray, shape (months, draws) or (months, 1)
        As from :func:`expatsim.model.policy.policy_of_draws`.
    climate : numpy.ndarray, shape (months,) or (months, draws)
        0 is normal, -1 the crisis of 2009.
    city : CityQuality
        Its grades, and levels of 2009 that rules compare with.
    order : sequence of (str, rule)
        Rules of a month; by default those of the package.

    Returns
    -------
    dict of str to NamedTuple
        By rule; each rate broadcasts to (months, draws).
    """
    p = {k: np.asarray(v, np.float64)[None, :] for k, v in parameters.items()}
    weather = _by_draw(climate)
    by_rule = {}
    for name, rule in order:
        numbers = _numbers(rule, "Parameters", p), _numbers(rule, "Levers", policy)
        if (name, rule) in rules.ORDER:
            by_rule[name] = rule.rates(*numbers, weather, city)
            continue
        with own_code(f"rule {name}: rates", rule.rates):
            by_rule[name] = rule.rates(*numbers, weather, city)
    return by_rule


def _numbers(rule: Any, kind: str, values: Mapping[str, np.ndarray]) -> Any:
    """Parameters or levers that a rule declares; all of them for a rule that declares none."""
    return getattr(rule, kind, lambda all_: SimpleNamespace(**all_))(values)


def newcomers_a_year(
    inflow: np.ndarray, climate: np.ndarray, parameters: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Workers and partners who would arrive in a year at the pace of each month.

    Parameters
    ----------
    inflow : numpy.ndarray, shape (months, draws) or (months, 1)
        Workers a year in a neutral climate.
    climate : numpy.ndarray, shape (months,) or (months, draws)
        0 is normal, -1 the crisis of 2009.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        At least ``couple_share`` and ``inflow_climate``.

    Returns
    -------
    numpy.ndarray, shape (months, draws)
        People a year.
    """
    couples = np.asarray(parameters["couple_share"], np.float64)[None, :]
    pace = np.exp(parameters["inflow_climate"] * _by_draw(climate))
    return np.asarray(inflow, np.float64) * pace * (1 + couples)


def _by_draw(climate: np.ndarray) -> np.ndarray:
    """Climate as (months, draws), or as (months, 1) where it is the same in all draws."""
    path = np.asarray(climate, np.float64)
    return path if path.ndim == 2 else path[:, None]


def partners_a_year(newcomers: np.ndarray, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
    """The partners among newcomers.

    Parameters
    ----------
    newcomers : numpy.ndarray, shape (months, draws)
        Workers and partners who arrive in a year, from :func:`newcomers_a_year`.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        At least ``couple_share``.

    Returns
    -------
    numpy.ndarray, shape (months, draws)
        People a year.
    """
    couples = np.asarray(parameters["couple_share"], np.float64)[None, :]
    return newcomers * couples / (1 + couples)


def stack(
    rates: Mapping[str, Any], months: int, draws: int, order: rules.Order = rules.ORDER
) -> np.ndarray:
    """All rates as float32, shape (months, draws, rates), last axis as in :func:`columns`.

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
    numbers = [x for name, _ in order for x in every_number(rates[name])]
    stacked = np.empty((months, draws, len(numbers)), np.float32)
    for k, number in enumerate(numbers):
        stacked[:, :, k] = number
    return stacked


def _problems(rates: Any, rule: Any, shape: tuple[int, int]) -> Iterator[str]:
    """Problems of the rates that a scenario's own rule returned, one sentence each."""
    if not isinstance(rates, rule.Rates):
        yield f"rates gave back {type(rates).__name__}, not its Rates"
        return
    for name, width in widths(rule.Rates).items():
        rate = getattr(rates, name)
        if width and not (isinstance(rate, tuple) and len(rate) == width):
            yield f"rate {name} is {type(rate).__name__}, not a tuple of {width} rates"
            continue
        for value in rate if width else (rate,):
            problem = _problem(value, shape)
            if problem:
                yield f"rate {name} {problem}"


def _problem(value: Any, shape: tuple[int, int]) -> str:
    """The problem of a single rate, as the end of a sentence; empty if it has none."""
    months, draws = shape
    try:
        with np.errstate(over="ignore"):
            values = np.asarray(value, np.float64).astype(np.float32)
    except (TypeError, ValueError):
        return f"is {type(value).__name__}, not numbers"
    # NumPy would take a single axis for draws, where the author may as well mean months
    fits = values.ndim == 2 and all(
        n in (1, most) for n, most in zip(values.shape, shape, strict=True)
    )
    if values.ndim and not fits:
        allowed = f"one number, or shape (months, draws): {months} or 1, {draws} or 1"
        return f"has shape {values.shape} (allowed: {allowed})"
    if not np.isfinite(values).all():
        return "is infinite or not a number (the odds of a certainty are infinite)"
    return ""


def split(row: Any, order: rules.Order = rules.ORDER) -> dict[str, Any]:
    """The rates of one month by rule, each of shape (draws, 1), from ``row`` (draws, rates)."""
    column = iter([row[:, k : k + 1] for k in range(len(columns(order)))])
    return {
        name: rule.Rates(
            *(
                tuple(next(column) for _ in range(width)) if width else next(column)
                for width in widths(rule.Rates).values()
            )
        )
        for name, rule in order
    }


def by_draw(rates: Mapping[str, Any], draws: int) -> list[dict[str, Any]]:
    """The rates of each draw as float32 scalars.

    Parameters
    ----------
    rates : mapping of str to NamedTuple
        Rates of one month by rule; each broadcasts to (1, draws).
    draws : int
        Number of draws.

    Returns
    -------
    list of dict of str to NamedTuple
        For each draw, its rates by rule.
    """

    def of_each(rate: Any, change: Any) -> Any:
        return tuple(map(change, rate)) if isinstance(rate, tuple) else change(rate)

    def numbers(x: Any) -> np.ndarray:
        return np.broadcast_to(x, (1, draws))[0].astype(np.float32)

    columns = {name: type(r)(*(of_each(x, numbers) for x in r)) for name, r in rates.items()}
    return [
        {name: type(r)(*(of_each(x, itemgetter(d)) for x in r)) for name, r in columns.items()}
        for d in range(draws)
    ]
