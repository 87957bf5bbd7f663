"""Parameters behind an answer, and cautions about a scenario, in a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from expatsim.cities import city as city_of
from expatsim.cities.level import WIDENING
from expatsim.findings import assumptions
from expatsim.findings.assumptions import NAMED
from expatsim.model.levers import Lever
from expatsim.report import words
from expatsim.report.language import N_, Language
from expatsim.scenario import Scenario, guards
from expatsim.scenario.borrowing import Borrowed

INFORMED = {True: N_("yes"), False: N_("no"), None: N_("not known")}


def resting_on(
    parts: Sequence[assumptions.Part],
    informed: Mapping[str, bool | None],
    scenarios: Sequence[Scenario],
    language: Language,
    carried: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Rows of the table of parameters behind the differences, and whether the data inform them.

    Parameters
    ----------
    parts : sequence of Part
        Parts of the scenarios that differ, with their parameters.
    informed : mapping of str to bool or None
        Whether the data inform a parameter, by name; None where that is not known.
    scenarios : sequence of Scenario
        The scenarios of the result, for levers and parameters of their own.
    language : Language
        In which cells are written.
    carried : mapping of str to float
        Share of the variance of the main difference that goes with each parameter: the largest of a
        part come first.
    """
    rows = []
    parameters = words.parameters_of(scenarios)
    labels = {name: x.label for name, x in words.levers_of(scenarios).items()}
    for part in parts:
        cells = [
            (
                words.parameter(parameters[name], language),
                language.say(words.EVIDENCE[parameters[name].evidence]),
                language.say(INFORMED[informed[name]]),
                language.percent(carried[name]) if _named(carried, name) else "",
            )
            for name in sorted(part.parameters, key=lambda p: -_named(carried, p))
        ] or [
            (
                language.say(assumptions.TYPED.get(part.what, assumptions.NOTHING)),
                language.say(words.EVIDENCE["assumption"]),
                language.say(N_("no")),
                "",
            )
        ]
        for k, (meaning, evidence, answer, carries) in enumerate(cells):
            rows.append(
                {
                    "part": language.say({**labels, **words.PARTS}[part.what]) if k == 0 else "",
                    "span": len(cells) if k == 0 else 0,
                    "meaning": meaning,
                    "evidence": evidence,
                    "informed": answer,
                    "carries": carries,
                }
            )
    return rows


def also_assumed(
    parts: Sequence[assumptions.Part], informed: Mapping[str, bool | None], language: Language
) -> str:
    """What differs besides the policy, if nothing measured says what it does; else empty.

    Parameters
    ----------
    parts : sequence of Part
        Parts of the scenarios that differ, with their parameters.
    informed : mapping of str to bool or None
        Whether the data inform a parameter, by name; None where that is not known.
    language : Language
        In which it is written.
    """
    named = [
        f"“{language.say(words.PARTS[part.what])}”"
        for part in parts
        if part.what in (assumptions.CLIMATE, assumptions.QUALITY)
        and all(informed[name] is False for name in part.parameters)
    ]
    text = N_(
        "What else differs does what we assume, which no measurement narrowed down: %(what)s."
    )
    return language.say(text, what=language.list(named)) if named else ""


def carrying(
    parts: Sequence[assumptions.Part], carried: Mapping[str, float], most: int
) -> list[assumptions.Part]:
    """The parts with those parameters only that carry most, and a share worth naming.

    Parameters
    ----------
    parts : sequence of Part
        Parts of the scenarios that differ, with their parameters.
    carried : mapping of str to float
        Share of the variance of the main difference that goes with each parameter.
    most : int
        Parameters that are kept.
    """
    behind = {p for part in parts for p in part.parameters if _named(carried, p)}
    kept = sorted(behind, key=lambda p: (-carried[p], p))[:most]
    some = [
        part._replace(parameters=tuple(p for p in part.parameters if p in kept)) for part in parts
    ]
    return [part for part in some if part.parameters]


def _named(carried: Mapping[str, float], name: str) -> float:
    """Share of the variance that a parameter carries; zero if that is too little to name."""
    share = carried.get(name, 0.0)
    return share if share >= NAMED else 0.0


def sentences_of(
    findings: Mapping[str, Any], language: Language, levers: Mapping[str, Lever]
) -> list[str]:
    """Sentences of caution about settings outside the range of the data.

    Parameters
    ----------
    findings : mapping
        Cautions of a scenario, from :func:`expatsim.scenario.guards.cautions`.
    language : Language
        In which they are written.
    """
    return [
        sentence
        for name, sentences in _SENTENCES.items()
        if name in findings
        for sentence in sentences(findings[name], language, levers)
    ]


def still_of_2009(names: Sequence[str], language: Language) -> Iterator[str]:
    """What is not of the year of some cities, a sentence for each list that cities share.

    Parameters
    ----------
    names : sequence of str
        Names of cities; those of the study have no sentence.
    language : Language
        In which it is written.
    """
    text = N_(
        "%(city)s: arrivals, families, services and levels of %(year)s are ranges, and so is "
        "every answer. Still of 2009 or of the years after it: %(what)s."
    )
    lists: dict[tuple[int, str], list[str]] = {}
    for city in map(city_of, names):
        what = "; ".join(city.still_of_2009_in(language.code))
        if what:
            lists.setdefault((city.year, what), []).append(city.name_in(language.code))
    for (year, what), cities in lists.items():
        yield language.say(text, city=language.list(cities), year=year, what=what)


def _still_of_2009(name: str, language: Language, *_: Any) -> Iterator[str]:
    yield from still_of_2009([name], language)


def _horizon(years: int, language: Language, *_: Any) -> Iterator[str]:
    text = N_("It runs %(years)s years: beyond %(longest)s little of the survey is left.")
    yield language.say(text, years=years, longest=guards.LONGEST)


def _levers(
    ranges: Mapping[str, Any], language: Language, levers: Mapping[str, Lever]
) -> Iterator[str]:
    text = N_("%(lever)s: %(level)s, outside what the cities did in 2009 (%(seen)s).")
    for lever, (own, usual) in ranges.items():
        low, high = (words.level(lever, language, x) for x in usual)
        yield language.say(
            text,
            lever=language.say(levers[lever].label),
            level=words.level(lever, language, own[1] if own[1] > usual[1] else own[0]),
            seen=low if low == high else language.range(low, high),
        )


def _stock(numbers: tuple[float, float], language: Language, *_: Any) -> Iterator[str]:
    stock, usual = map(language.number, numbers)
    text = N_("It starts with %(stock)s expats, far from the %(usual)s derived from the facts.")
    yield language.say(text, stock=stock, usual=usual)


def _inflow(
    ranges: tuple[guards.Range, guards.Range], language: Language, *_: Any
) -> Iterator[str]:
    text = N_(
        "Each year %(own)s workers arrive: that was never seen. The facts of %(first)s to "
        "%(last)s give %(seen)s."
    )
    own, usual = (_between(ends, language) for ends in ranges)
    first, last = guards.years_of_facts()
    yield language.say(text, own=own, seen=usual, first=first, last=last)


def _climate(
    ranges: tuple[guards.Range, guards.Range], language: Language, *_: Any
) -> Iterator[str]:
    text = N_(
        "Economic climate of %(own)s: that was never seen. The crisis of 2009 is %(crisis)s, "
        "normal years are %(normal)s."
    )
    ends, usual = ranges
    own, crisis, normal = (
        _between(x, language, 1) for x in (ends, (usual[0], usual[0]), (usual[1], usual[1]))
    )
    yield language.say(text, own=own, crisis=crisis, normal=normal)


def _start(dates: tuple[str, tuple[int, int], str], language: Language, *_: Any) -> Iterator[str]:
    text = N_(
        "It starts in %(month)s, and the model is one of 2009: people, policy and city are "
        "those of the survey of 2008 and 2009, departures those of arrivals in %(first)s to "
        "%(last)s."
    )
    start, (first, last) = dates[:2]
    yield language.say(text, month=language.month(start, 0), first=first, last=last)


def _before_its_year(dates: tuple[str, int], language: Language, *_: Any) -> Iterator[str]:
    text = N_("It starts in %(month)s, with arrivals, families and levels of %(year)s.")
    yield language.say(text, month=language.month(dates[0], 0), year=dates[1])


def _people(
    reached: Mapping[str, tuple[float, float]], language: Language, levers: Mapping[str, Lever]
) -> Iterator[str]:
    text = N_(
        "%(lever)s: %(people)s people a year, and only about %(newcomers)s arrive. It reaches "
        "all of them."
    )
    for lever, (people, newcomers) in reached.items():
        yield language.say(
            text,
            lever=language.say(levers[lever].label),
            people=language.number(people),
            newcomers=language.number(newcomers),
        )


def _idle(dates: Sequence[Any], language: Language, *_: Any) -> Iterator[str]:
    months = language.list([language.month(date, 0) for date in dates])
    yield language.say(N_("A change that changes nothing: %(dates)s."), dates=months)


def _own_city(names: Sequence[str], language: Language, *_: Any) -> Iterator[str]:
    text = N_(
        "%(own)s was not in the study: its people are those of %(donors)s, reweighted to its "
        "own tables; its levers of 2009 are what its folder says or borrows, all else is as "
        "calibrated."
    )
    own_name, donors = (words.city_name(name, language) for name in names)
    yield language.say(text, own=own_name, donors=donors)


def _borrowed(
    lent: Sequence[Borrowed], language: Language, levers: Mapping[str, Lever]
) -> Iterator[str]:
    wider = N_(
        "%(own)s borrows from %(donors)s, with a spread %(times)s times as wide: %(what)s. "
        "These are not numbers of %(own)s."
    )
    same = N_("%(own)s borrows from %(donors)s, as they are: %(what)s.")
    for x in lent:
        names = {
            k: words.city_name(c, language) for k, c in (("own", x.city), ("donors", x.donors))
        }
        tables = language.say(N_("answers (%(tables)s)"), tables=", ".join(x.tables))
        levels = [language.say(levers[name].label) for name in x.levels]
        if what := [*([tables] if x.tables else []), *levels]:
            times = language.number(WIDENING, 1)
            yield language.say(wider, **names, times=times, what=language.list(what))
        kept = [language.say(levers[name].label) for name in x.fixed]
        kept += [language.say(N_("the ten grades"))] if x.grades else []
        if x.region:
            kept.append(language.say(N_("the share of the region, so how many arrive and live")))
        if kept:
            yield language.say(same, **names, what=language.list(kept))


def _weights(value: Any, language: Language, *_: Any) -> Iterator[str]:
    text = N_("National weights rest on two Indian respondents for three in ten permits.")
    yield language.say(text)


def _own_rules(names: Sequence[str], language: Language, *_: Any) -> Iterator[str]:
    text = N_(
        "A rule took part that is not of expatsim and that no calibration has seen (%(rules)s): "
        "what it does and assumes is its author's."
    )
    yield language.say(text, rules=language.list(list(names)))


# by kind of caution, in the order of the page
_SENTENCES: dict[str, Callable[[Any, Language, Mapping[str, Lever]], Iterator[str]]] = {
    "still_of_2009": _still_of_2009,
    "horizon": _horizon,
    "levers": _levers,
    "stock": _stock,
    "inflow": _inflow,
    "climate": _climate,
    "start": _start,
    "before_its_year": _before_its_year,
    "people": _people,
    "idle": _idle,
    "own_city": _own_city,
    "borrowed": _borrowed,
    "weights": _weights,
    "own_rules": _own_rules,
}


def _between(ends: guards.Range, language: Language, digits: int = 0) -> str:
    """A range of numbers, or one number where its ends are equal."""
    low, high = (language.number(x, 0 if x == int(x) else digits) for x in ends)
    return low if low == high else language.range(low, high)
