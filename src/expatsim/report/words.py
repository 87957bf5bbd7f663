"""Texts of a page: names of levers and verdicts, and settings of scenarios in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim.cities import all_cities, cities, roles
from expatsim.cities import city as city_of
from expatsim.findings import assumptions
from expatsim.findings.sureness import FEWEST_DRAWS, INTERVAL, MOST, name_of_range
from expatsim.model import policy
from expatsim.model.levers import LEVERS, SHARES_OF_ARRIVALS, Lever, level_2009, level_name
from expatsim.model.parameters import Parameter
from expatsim.model.policy import ADD, Level, LeverPath
from expatsim.report.language import MISSING, N_, Language, translations
from expatsim.scenario.scenario import Scenario, steps

if TYPE_CHECKING:
    from expatsim.posterior.record import Calibration

LEVER_NAMES = {name: lever.label for name, lever in LEVERS.items()}
# parts in which scenarios may differ, see expatsim.findings.assumptions.parts
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
# what every reader must know, whatever the result
NEVER_MEASURED = N_(
    "No effect of any city measure on leaving has ever been measured. One randomised pilot in"
    " Germany raised how willing newcomers said they were to stay, which is not leaving. How "
    "strongly a measure works on staying is therefore a cautious assumption with a wide "
    "margin; the survey behind the rest is small (%(respondents)s, 2008–2009)."
)
TWO_LABELS = N_(
    "“Clear” says how sure the model is under its assumptions; it says nothing of what was "
    "measured. That is said by the second label: measured, partly measured, or assumption "
    "only."
)
SOURCE_OF_TABLES = N_(
    "Sources. The survey: Van Bochove, Rusinović and Engbersen, Over de rode loper: "
    "kennismigranten in Rotterdam en Den Haag (2010). Departures: Statistics Netherlands (CBS), "
    "Komen en gaan van arbeidsmigranten (2025), and Hitzert and Van Wijk, Arbeidsmigranten in "
    "Nederland (2019). How many arrive: CBS, the immigration service (IND), and PBL, Buitenlandse "
    "kenniswerkers in Nederland (2014). Every parameter with its source and how it is known: the "
    "model description of expatsim (odd.md)."
)
SOURCE_OF_CHARTS = N_(
    "Source: simulation with expatsim %(version)s, after Van Bochove and others (2010) and CBS."
)
VERDICTS = {
    "clear": N_("clear"),
    "likely": N_("likely"),
    "the model is undecided": N_("the model is undecided"),
    "practically no difference": N_("practically no difference"),
    "no difference": N_("no difference"),
    "too few people": N_("too few people"),
    "too few draws": N_("too few draws"),
    "nobody": N_("nobody"),
    "follows from the assumed sizes": N_("follows from the assumed sizes"),
}
# what a difference rests on, see expatsim.findings.basis
BASIS = {
    "measured": N_("measured"),
    "partly measured": N_("partly measured"),
    "assumption only": N_("assumption only"),
    "not known": N_("not known"),
}
# what the parameters of each rule are about
PROCESSES = {
    "arrival": N_("who arrives"),
    "awareness": N_("knowing and using services"),
    "language": N_("learning Dutch"),
    "friendship": N_("making Dutch friends"),
    "welcome": N_("feeling welcome"),
    "wish": N_("what makes people wish to stay"),
    "economy": N_("jobs and the economy"),
    "contract": N_("contracts"),
    "departure": N_("leaving the city"),
    "policy": N_("the policy of 2009"),
    "survey": N_("the survey"),
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
    return city_of(name).name_in(language.code)


def respondents(language: Language) -> str:
    """How many people the study asked in each of its cities, as part of a sentence."""
    first, *others = (
        {"number": language.number(sum(roles(c.name))), "city": c.name_in(language.code)}
        for c in cities()
    )
    sentences = [language.say(N_("%(number)s people in %(city)s"), **first)]
    sentences += [language.say(N_("%(number)s in %(city)s"), **other) for other in others]
    return ", ".join(sentences)


class Ranges(NamedTuple):
    """What the two ranges over draws are called.

    Attributes
    ----------
    half : str
        Of half of the draws.
    most : str
        Of nine in ten draws.
    """

    half: str
    most: str


def names_of_ranges(draws: float, language: Language) -> Ranges:
    """What ranges over draws are called, see :func:`expatsim.findings.sureness.name_of_range`.

    Parameters
    ----------
    draws : float
        Different draws.
    language : Language
        In which they are written.

    Examples
    --------
    >>> names_of_ranges(8, Language("nl"))
    Ranges(half='de helft van deze doorrekeningen', most='de meeste van deze doorrekeningen')
    """
    names = {
        INTERVAL: (N_("50%% interval"), N_("90%% interval")),
        MOST: (N_("half of these draws"), N_("most of these draws")),
    }
    return Ranges(*map(language.say, names[name_of_range(draws)]))


def number_of_draws(draws: int, different: int, language: Language) -> str:
    """How many draws an answer has, and what follows if they are few, in a sentence or two.

    Parameters
    ----------
    draws : int
        Draws of the answer.
    different : int
        Parameter vectors among them, see :func:`expatsim.findings.sureness.different_draws`.
    language : Language
        In which it is written.
    """
    said = language.say(N_("%(draws)s draws."), draws=language.number(draws))
    if different >= FEWEST_DRAWS:
        return said
    few = N_("These are few: ranges are rough, and none is called a 90%% interval.")
    if draws >= FEWEST_DRAWS:
        few = N_(
            "Only %(different)s of them have different parameters, which are few: ranges are "
            "rough, and none is called a 90%% interval."
        )
    return f"{said} {language.say(few, different=language.number(different))}"


def about_parameters(source: str, calibration: Calibration | None, language: Language) -> str:
    """A line that names the source of the parameters, and what the data inform of them.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file of draws.
    calibration : Calibration or None
        Record of the calibration that made the draws, if there is one.
    language : Language
        In which it is written.
    """
    told = {"source": source}
    if source == "prior":
        text = N_("Parameters: prior, not calibrated: all are assumed; see docs/odd.md.")
    elif calibration is None:
        text = N_(
            "Parameters: draws of %(source)s; no record of a calibration is beside it, so what of "
            "them was measured is not known."
        )
    elif not calibration.converged:
        text = N_(
            "Parameters: draws of %(source)s; WARNING: the calibration behind these draws has NOT "
            "converged%(rhat)s: do not use its numbers; calibrate with more steps."
        )
        worst = calibration.worst_rhat
        told["rhat"] = "" if worst is None else f" (R-hat {language.number(worst, 2)})"
    elif calibration.shipped:
        text = N_(
            "Parameters: posterior of the calibration. Most are as they were assumed, such as the "
            "effect of measures on leaving: docs/calibration.md."
        )
    else:
        informed, every = calibration.informed()
        told |= {"informed": str(informed), "every": str(every)}
        told["calibration"] = calibration.fingerprint
        text = N_(
            "Parameters: draws of %(source)s, from calibration %(calibration)s; %(informed)s of "
            "%(every)s parameters are informed by the data, the others are assumed."
        )
    return language.say(text, **told)


def levers_of(scenarios: Sequence[Scenario]) -> dict[str, Lever]:
    """All levers of some scenarios by name: the package's, then those of their own rules."""
    return {name: x for s in scenarios for name, x in s.levers.items()}


def parameters_of(scenarios: Sequence[Scenario]) -> dict[str, Parameter]:
    """All parameters of some scenarios by name: the package's, then their own."""
    return {name: p for s in scenarios for name, p in s.registry.items()}


def parameter(x: Parameter, language: Language) -> str:
    """Meaning of a parameter, for readers."""
    name = x.name
    for city in all_cities():
        for lever, text in LEVER_NAMES.items():
            if name == level_name(city, lever):
                label = language.say(text)
                where = city_name(city, language)
                return language.say(
                    N_("%(lever)s: level in %(city)s in %(year)s"),
                    lever=label,
                    city=where,
                    year=city_of(city).year,
                )
    return translations(language.code).gettext(x.meaning)  # may hold percents


def question(x: Parameter, language: Language) -> str:
    """Question of a survey that would settle a parameter, for readers; empty if it has none."""
    return translations(language.code).gettext(x.ask) if x.ask else ""


def level(lever: str | Lever, language: Language, value: float) -> str:
    """A level of a lever for readers: shares in percent, grade points with a sign.

    Parameters
    ----------
    lever : str or Lever
        The lever, or the name of one of the package.
    language : Language
        In which it is written.
    value : float
        Level, in the unit of the lever.

    Examples
    --------
    >>> level("english_information", Language("en"), 0.8)
    '80%'
    """
    unit = (LEVERS[lever] if isinstance(lever, str) else lever).unit
    if unit == "share":
        return language.percent(value)
    if unit == "grade points":
        return language.number(value, 1, sign=True) if value else "0"
    return language.number(value)


def meaning(lever: Lever, language: Language, newcomers: float, what: Level) -> str:
    """A level of a lever for readers, with the number of people that it reaches.

    Parameters
    ----------
    lever : Lever
        The lever.
    language : Language
        In which it is written.
    newcomers : float
        People who arrive in a year, at the pace of the month from which the level holds.
    what : Level
        A number, a number of people or "as in 2009", with changes to it.
    """
    say, show = language.say, partial(level, lever, language)
    central = LeverPath.of(what)
    number = float(policy.central(lever, central, np.full((1, 1), newcomers))[0])
    if what.value is None and what.people is None:
        text = say(
            N_("as in %(year)s (about %(level)s)"),
            year=city_of(what.city).year,
            level=show(float(level_2009(lever, what.city).level)),
        )
    elif what.people is not None:
        people = language.number(what.people)
        text = say(
            N_("%(people)s people a year (about %(level)s)"), people=people, level=show(number)
        )
    elif lever.reaches in SHARES_OF_ARRIVALS and number > 0:
        arrive = policy.arrivals(lever, np.full((1, 1), newcomers))
        people = language.number(number * float(arrive[0, 0]))
        text = say(
            N_("%(level)s (about %(people)s people a year)"), level=show(number), people=people
        )
    else:
        text = show(number)
    for how, by in what.changes:
        if how == ADD:
            unit = lever.unit
            amount = (
                say(N_("%(points)s points"), points=language.number(100 * by, sign=True))
                if unit == "share"
                else language.number(by, 1, sign=True)
            )
            text += say(N_(", changed by %(amount)s"), amount=amount)
        else:
            text += say(N_(", at least %(level)s"), level=show(by))
    return text


def path(
    levels: Sequence[tuple[int, Any]],
    start: str,
    language: Language,
    show: Callable[[Any], str],
) -> str:
    """A path for readers: its first value, and later ones with their months.

    Parameters
    ----------
    levels : sequence of (int, object)
        Months since the start at which the value changes, and the values.
    start : str
        First month, such as ``"2010-01"``.
    language : Language
        In which months are written.
    show : callable
        From a value to its text.

    Examples
    --------
    >>> path([(0, 1000.0), (24, 2500.0)], "2010-01", Language("en"), Language("en").number)
    '1,000; from January 2012: 2,500'
    """
    text = show(levels[0][1])
    for month, value in levels[1:]:
        text += language.say(
            N_("; from %(month)s: %(level)s"),
            month=language.month(start, int(month)),
            level=show(value),
        )
    return text


def between(low: float, high: float, language: Language) -> str:
    """A range of numbers, or one number where both are the same.

    Parameters
    ----------
    low, high : float
        Its ends.
    language : Language
        In which it is written.
    """
    first, last = language.number(low), language.number(high)
    return first if first == last else language.range(first, last)


def settings(scenarios: Sequence[Scenario], language: Language) -> list[dict[str, Any]]:
    """Rows of the table of settings in which scenarios differ, with a cell for each scenario.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The baseline first.
    language : Language
        In which names and cells are written.
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
            N_("Whose policy it starts from"),
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
            [(s.stock, s.stock_spread) for s in scenarios],
            [between(*s.stock_range, language) for s in scenarios],
        ),
    ]
    for key, (name, show) in shows.items():
        paths = [steps(getattr(s, key)) for s in scenarios]
        texts = [path(p, s.start, language, show) for p, s in zip(paths, scenarios, strict=True)]
        rows.append((name, paths, texts))
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
