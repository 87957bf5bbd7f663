"""Names of levers and verdicts, and what scenarios are, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from expatsim.cities import city as city_of
from expatsim.cities import known
from expatsim.findings import assumptions
from expatsim.model import policy
from expatsim.model.levers import LEVERS, NEWCOMERS, Lever, level_2009, level_name
from expatsim.model.parameters import Parameter
from expatsim.model.policy import ADD, Level, LeverPath
from expatsim.report.language import MISSING, N_, Language, translations
from expatsim.scenario.scenario import Scenario, steps

LEVER_NAMES = {name: lever.label for name, lever in LEVERS.items()}
# everything that scenarios may differ in, see expatsim.findings.assumptions.parts
PARTS = {
    **LEVER_NAMES,
    assumptions.CLIMATE: N_("The economy"),
    assumptions.QUALITY: N_("Quality of the city (its grades)"),
    assumptions.WISH: N_("From life in the city to staying"),
    "inflow": N_("Number of expats who arrive"),
    "stock": N_("Number of expats at the start"),
    assumptions.WEIGHTS: N_("Whom the respondents stand for"),
    assumptions.OWN_RULES: N_("Processes that were added"),
}
TYPED = {
    "inflow": N_("a number that a file sets or that we assume; not a finding"),
    "stock": N_("a number that a file sets or that we derive; not a finding"),
    assumptions.WEIGHTS: N_("a choice between weights of the survey and of national permits"),
    assumptions.OWN_RULES: N_("numbers that no calibration has seen"),
}
NOTHING = N_("it rests on no uncertain number")
VERDICTS = {
    "clear": N_("clear"),
    "likely": N_("likely"),
    "the data cannot tell": N_("the data cannot tell"),
    "practically no difference": N_("practically no difference"),
    "no difference": N_("no difference"),
    "too few people": N_("too few people"),
    "too few draws": N_("too few draws"),
    "nobody": N_("nobody"),
    "follows from the assumed sizes": N_("follows from the assumed sizes"),
}
EVIDENCE = {
    "measured": N_("measured"),
    "literature": N_("literature"),
    "expert": N_("expert judgement"),
    "assumption": N_("assumption"),
}
FACTORS = {
    "gap": N_("whole gap"),
    "people": N_("people"),
    "policy": N_("policy"),
    "city quality": N_("quality of the city"),
    "climate": N_("economic climate"),
}


def city_name(name: str, language: Language) -> str:
    """Name of a city for readers."""
    return city_of(name).names[language.code]


def levers_of(scenarios: Sequence[Scenario]) -> dict[str, Lever]:
    """All levers of some scenarios: the package's, then those of rules of your own."""
    return {name: x for s in scenarios for name, x in s.levers.items()}


def parameters_of(scenarios: Sequence[Scenario]) -> dict[str, Parameter]:
    """All parameters of some scenarios, as :func:`levers_of`."""
    return {name: p for s in scenarios for name, p in s.registry.items()}


def parameter(x: Parameter, language: Language) -> str:
    """What a parameter means."""
    name = x.name
    for city in known():
        for lever, text in LEVER_NAMES.items():
            if name == level_name(city, lever):
                said = language.say(text)
                where = city_name(city, language)
                return language.say(
                    N_("%(lever)s: level in %(city)s in 2009"), lever=said, city=where
                )
    return translations(language.code).gettext(x.meaning)  # may hold percents


def level(lever: str | Lever, language: Language, value: float) -> str:
    """A lever's value as people say it."""
    unit = (LEVERS[lever] if isinstance(lever, str) else lever).unit
    if unit == "share":
        return language.percent(value)
    if unit == "grade points":
        return language.number(value, 1, sign=True) if value else "0"
    return language.number(value)


def meaning(lever: Lever, language: Language, newcomers: float, what: Level) -> str:
    """What a lever stands at, as people say it, with how many people that is.

    Parameters
    ----------
    lever : Lever
    language : Language
    newcomers : float
        People who arrive, a year, in the month from which it holds.
    what : Level
    """
    say, show = language.say, partial(level, lever, language)
    central = LeverPath.of(what)
    number = float(policy.central(lever, central, np.full((1, 1), newcomers))[0])
    if what.value is None and what.people is None:
        said = say(
            N_("as in 2009 (about %(level)s)"),
            level=show(float(level_2009(lever, what.city).level)),
        )
    elif what.people is not None:
        people = language.number(what.people)
        said = say(
            N_("%(people)s people a year (about %(level)s)"), people=people, level=show(number)
        )
    elif lever.reaches == NEWCOMERS and number > 0:
        people = language.number(number * newcomers)
        said = say(
            N_("%(level)s (about %(people)s people a year)"), level=show(number), people=people
        )
    else:
        said = show(number)
    for how, by in what.changes:
        if how == ADD:
            unit = lever.unit
            amount = (
                say(N_("%(points)s points"), points=language.number(100 * by, sign=True))
                if unit == "share"
                else language.number(by, 1, sign=True)
            )
            said += say(N_(", changed by %(amount)s"), amount=amount)
        else:
            said += say(N_(", at least %(level)s"), level=show(by))
    return said


def path(
    levels: Sequence[tuple[int, Any]],
    start: str,
    language: Language,
    show: Callable[[Any], str],
) -> str:
    """A path of a setting: its first value, and later ones with their months."""
    said = show(levels[0][1])
    for month, value in levels[1:]:
        said += language.say(
            N_("; from %(month)s: %(level)s"),
            month=language.month(start, int(month)),
            level=show(value),
        )
    return said


def settings(scenarios: Sequence[Scenario], language: Language) -> list[dict[str, Any]]:
    """What differs between scenarios: a name and a cell for each scenario.

    Parameters
    ----------
    scenarios : sequence of Scenario
    language : Language
    """
    shows: dict[str, tuple[str, Callable[[float], str]]] = {
        "inflow": (N_("Workers who arrive in a year"), language.number),
        "climate": (
            N_("Economic climate (0 is normal, −1 the crisis of 2009)"),
            lambda x: language.number(x, 1),
        ),
    }
    newcomers = [s.newcomers()[:, 0] for s in scenarios]
    rows: list[tuple[str, list[Any], list[str]]] = [
        (
            N_("Whose people"),
            [(s.city, s.weights) for s in scenarios],
            [city_name(s.city, language) for s in scenarios],
        ),
        (
            N_("Whose policy of 2009 it starts from"),
            [s.policy_city for s in scenarios],
            [city_name(s.policy_city, language) for s in scenarios],
        ),
        (
            N_("Whose grades the city has"),
            [s.quality_city for s in scenarios],
            [city_name(s.quality_city, language) for s in scenarios],
        ),
        (
            N_("Newcomers in a year, at the start"),
            [float(arrive[0]) for arrive in newcomers],
            [language.number(float(arrive[0])) for arrive in newcomers],
        ),
        (
            N_("Expats at the start"),
            [s.stock for s in scenarios],
            [language.number(s.stock) for s in scenarios],
        ),
    ]
    for key, (name, show) in shows.items():
        paths = [steps(getattr(s, key)) for s in scenarios]
        said = [path(p, s.start, language, show) for p, s in zip(paths, scenarios, strict=True)]
        rows.append((name, paths, said))
    for lever, x in levers_of(scenarios).items():
        name = x.label
        own = [s.policy.get(lever) for s in scenarios]
        cells = []
        for levels, s, arrive in zip(own, scenarios, newcomers, strict=True):
            dated = [
                (at, meaning(x, language, arrive[at], level))
                for at, level in (levels.steps if levels else ())
            ]
            cells.append(path(dated, s.start, language, str) if dated else MISSING)
        rows.append((name, own, cells))
    return [
        {"name": language.say(name), "cells": cells, "changed": [v != values[0] for v in values]}
        for name, values, cells in rows
        if any(v != values[0] for v in values)
    ]
