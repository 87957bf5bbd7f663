"""Cautions where a scenario leaves what the model was calibrated for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from expatsim.cities import city as city_of
from expatsim.cities import city_names
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.observed import external
from expatsim.population.build import default_inflow, default_stock
from expatsim.scenario.scenario import Scenario

LONGEST = 15  # years
STOCK_FACTOR = 2.0
Range = tuple[float, float]
CLIMATE = (-1.0, 0.0)  # seen: the crisis of 2009, and normal years
ARRIVALS = ("EXT-17", "EXT-18", "EXT-19")  # four years each, 2005 to 2016


def years_of_facts() -> tuple[int, int]:
    """First and last year of arrival of those whose departures the model was calibrated on."""
    first, last = re.findall(r"\d{4}", external().set_index("id").loc["EXT-01", "period"])
    return int(first), int(last)


def cautions(scenario: Scenario) -> dict[str, Any]:
    """What no data stand behind.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict
        Some of ``"horizon"`` (years), ``"levers"`` (lever to its range and to that of the two
        cities in 2009), ``"stock"`` (people, usual number), ``"inflow"`` and ``"climate"`` (own
        range over the whole projection, range that was seen), ``"start"`` (first month, years of
        the facts), ``"people"`` (lever to people a year that it should reach, and newcomers that
        there are), ``"idle"`` (dates of changes that change nothing), ``"own_city"`` (names by
        language of a city that was not in the study, and of the city whose people stand in) and
        ``"weights"``.
    """
    found: dict[str, Any] = {}
    if scenario.months > LONGEST * 12:
        found["horizon"] = scenario.months // 12
    beyond: dict[str, tuple[Range, Range]] = {}
    seen_in = {*city_names(), scenario.city, scenario.policy_city}
    for name in LEVERS:
        seen = [policy_2009(c)[name] for c in seen_in]
        values = scenario.central(name).tolist()
        if min(values) < min(seen) or max(values) > max(seen):
            beyond[name] = (min(values), max(values)), (min(seen), max(seen))
    if beyond:
        found["levers"] = beyond
    usual = round(scenario.people * default_stock(scenario.city))
    if not usual / STOCK_FACTOR <= scenario.stock <= usual * STOCK_FACTOR:
        found["stock"] = (scenario.stock, usual)
    arrivals = [scenario.people * default_inflow(scenario.city, period) for period in ARRIVALS]
    for name, path, seen_range in (
        ("inflow", scenario.inflow, _ends(arrivals)),
        ("climate", scenario.climate, CLIMATE),
    ):
        own = _ends(path.tolist())
        if not seen_range[0] <= own[0] <= own[1] <= seen_range[1]:
            found[name] = own, seen_range
    facts = years_of_facts()
    if not facts[0] <= int(scenario.start[:4]) <= facts[1]:
        found["start"] = scenario.start, facts
    newcomers = scenario.newcomers()[:, 0]
    for name, lever in scenario.policy.items():
        asked = [(lever.at(m).people or 0.0, n) for m, n in enumerate(newcomers)]
        beyond_all = [(people, n) for people, n in asked if people > n]
        if beyond_all:
            found.setdefault("people", {})[name] = min(beyond_all, key=lambda x: x[1])
    if scenario.idle:
        found["idle"] = list(scenario.idle)
    home = city_of(scenario.city)
    if not home.of_the_study:
        found["own_city"] = (home.names, city_of(home.donors).names)
    if scenario.weights == "national":
        found["weights"] = "national"
    return found


def warnings(scenario: Scenario) -> list[str]:
    """One line for every caution."""
    found = cautions(scenario)
    lines = []
    if "horizon" in found:
        lines.append(f"beyond {LONGEST} years little of the survey is left")
    if "levers" in found:
        words = ", ".join(
            f"{n} ({_range(own)}; in 2009 {_range(seen)} {LEVERS[n].unit})"
            for n, (own, seen) in found["levers"].items()
        )
        lines.append(f"outside what either city did in 2009: {words}")
    if "stock" in found:
        own, usual = found["stock"]
        lines.append(f"a stock of {own:,} people is far from the {usual:,} derived from the facts")
    if "inflow" in found:
        own, seen = found["inflow"]
        lines.append(
            f"an inflow of {_people(own)} workers a year was never seen: derived from the facts of "
            f"{_years()} are {_people(seen)}"
        )
    if "climate" in found:
        own, seen = found["climate"]
        lines.append(
            f"a climate of {_range(own)} was never seen: {seen[0]:g} is the crisis of 2009, "
            f"{seen[1]:g} normal years"
        )
    if "start" in found:
        start, (first, last) = found["start"]
        lines.append(
            f"it starts in {start}, and the model is one of 2009: people, policy and city are "
            "those of the survey of 2008 and 2009, departures those of arrivals in "
            f"{first} to {last}"
        )
    for lever, (people, newcomers) in found.get("people", {}).items():
        lines.append(
            f"{lever} should reach {people:,.0f} people a year, and only about {newcomers:,.0f} "
            "arrive: it reaches all of them"
        )
    if "idle" in found:
        lines.append(f"changes that change nothing: {', '.join(found['idle'])}")
    if "own_city" in found:
        own, donors = (names["en"] for names in found["own_city"])
        lines.append(
            f"{own} was not in the study: its people are those of {donors}, reweighted to its own "
            "tables; its levers of 2009 are what its folder says, all else is as calibrated"
        )
    if "weights" in found:
        lines.append("national weights rest on two Indian respondents for three in ten permits")
    return lines


def _years() -> str:
    return "{} to {}".format(*years_of_facts())


def _ends(values: Sequence[float]) -> Range:
    return min(values), max(values)


def _people(ends: Range) -> str:
    low, high = (f"{x:,.0f}" if x >= 10 else f"{x:g}" for x in ends)
    return low if low == high else f"{low} to {high}"


def _range(ends: Range) -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
