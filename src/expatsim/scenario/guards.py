"""Cautions about settings outside the range for which the model was calibrated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from expatsim.cities import city as city_of
from expatsim.cities import city_names, packaged
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.policy import arrivals
from expatsim.model.rates import CRISIS, NORMAL
from expatsim.observed import external
from expatsim.population.build import default_inflow, default_stock, inflow_range
from expatsim.scenario import own_rules
from expatsim.scenario.borrowing import borrowed_in
from expatsim.scenario.scenario import Scenario

Range = tuple[float, float]  # lowest and highest value
LONGEST = 15  # years
STOCK_FACTOR = 2.0  # between a stock and that derived from the facts
SEEN_CLIMATE = (CRISIS, NORMAL)
# of levers; the cities are those of the study, and the scenario's own
OUTSIDE_2009 = "outside what the cities did in 2009"
ARRIVALS = ("EXT-17", "EXT-18", "EXT-19")  # four years each, 2005 to 2016


def years_of_facts() -> tuple[int, int]:
    """First and last year of arrival of the people on whose departures the model was calibrated."""
    first, last = re.findall(r"\d{4}", external().set_index("id").loc["EXT-01", "period"])
    return int(first), int(last)


def cautions(scenario: Scenario) -> dict[str, Any]:
    """Settings of a scenario outside the range for which the model was calibrated.

    Parameters
    ----------
    scenario : Scenario
        With all its dated changes.

    Returns
    -------
    dict
        Empty if all is within range. Else some of ``"horizon"`` (years), ``"levers"`` (by lever,
        its range and that of the cities in 2009, the scenario's own among them), ``"stock"``
        (people, number derived from the facts), ``"inflow"`` and ``"climate"`` (range over the
        projection, range of the calibration), ``"start"`` (first month, years of the facts,
        a packaged city of a later year or nothing), ``"before_its_year"`` (first month, and the
        later year of its city), ``"people"`` (by lever, people a year whom it should reach, and how
        many arrive), ``"idle"`` (dates of changes without effect), ``"own_city"`` (a city that was
        not in the study, and the city whose people stand in), ``"still_of_2009"`` (a city of a
        later year), ``"borrowed"`` (a list of :class:`expatsim.scenario.borrowing.Borrowed`),
        ``"weights"`` and ``"own_rules"`` (names of rules that are not of the package).
    """
    beyond_data: dict[str, Any] = {}
    if scenario.months > LONGEST * 12:
        beyond_data["horizon"] = scenario.months // 12
    beyond: dict[str, tuple[Range, Range]] = {}
    reference = {*city_names(), scenario.city, scenario.policy_city}
    for name in LEVERS:
        of_2009 = [policy_2009(c)[name] for c in reference]
        values = scenario.central(name).tolist()
        if min(values) < min(of_2009) or max(values) > max(of_2009):
            beyond[name] = (min(values), max(values)), (min(of_2009), max(of_2009))
    if beyond:
        beyond_data["levers"] = beyond
    usual = round(scenario.people * default_stock(scenario.city))
    if not usual / STOCK_FACTOR <= scenario.stock <= usual * STOCK_FACTOR:
        beyond_data["stock"] = (scenario.stock, usual)
    home = city_of(scenario.city)
    workers = [scenario.people * default_inflow(scenario.city, period) for period in ARRIVALS]
    workers += [scenario.people * x for x in inflow_range(scenario.city)]
    for name, path, calibrated in (
        ("inflow", scenario.inflow, _ends(workers)),
        ("climate", scenario.climate, SEEN_CLIMATE),
    ):
        own = _ends(path.tolist())
        if not calibrated[0] <= own[0] <= own[1] <= calibrated[1]:
            beyond_data[name] = own, calibrated
    facts, year = years_of_facts(), int(scenario.start[:4])
    later = bool(home.still_of_2009)
    if later:
        beyond_data["still_of_2009"] = home.name
        if year < home.year:
            beyond_data["before_its_year"] = scenario.start, home.year
    elif not facts[0] <= year <= facts[1]:
        now = (c.name for c in packaged() if c.donors == home.name and facts[1] < c.year <= year)
        beyond_data["start"] = scenario.start, facts, next(now, "")
    for name, lever in scenario.policy.items():
        arrive = arrivals(scenario.levers[name], scenario.newcomers())[:, 0]
        wanted = [(lever.at(m).people or 0.0, n) for m, n in enumerate(arrive)]
        beyond_all = [(people, n) for people, n in wanted if people > n]
        if beyond_all:
            beyond_data.setdefault("people", {})[name] = min(beyond_all, key=lambda x: x[1])
    if scenario.idle:
        beyond_data["idle"] = list(scenario.idle)
    if not (home.of_the_study or later):
        beyond_data["own_city"] = (home.name, home.donors)
    if lent := borrowed_in(scenario):
        beyond_data["borrowed"] = lent
    if scenario.weights == "national":
        beyond_data["weights"] = "national"
    if scenario.own_rules:
        beyond_data["own_rules"] = [own_rules.name_of(rule) for _, rule in scenario.own_rules]
    return beyond_data


def warnings(scenario: Scenario) -> list[str]:
    """One line for every caution about a scenario, for the terminal and the manifest."""
    beyond_data = cautions(scenario)
    lines = []
    if "still_of_2009" in beyond_data:
        home = city_of(beyond_data["still_of_2009"])
        lines.append(
            f"{home.label}: arrivals, families, services and levels of {home.year} are ranges, and "
            "so is every answer; still of 2009 or of the years after it: "
            + "; ".join(home.still_of_2009_in("en"))
        )
    if "horizon" in beyond_data:
        lines.append(f"beyond {LONGEST} years little of the survey is left")
    if "levers" in beyond_data:
        words = ", ".join(
            f"{n} ({_range(own)}; in 2009 {_range(usual_range)} {LEVERS[n].unit})"
            for n, (own, usual_range) in beyond_data["levers"].items()
        )
        lines.append(f"{OUTSIDE_2009}: {words}")
    if "stock" in beyond_data:
        own, usual = beyond_data["stock"]
        lines.append(f"a stock of {own:,} people is far from the {usual:,} derived from the facts")
    if "inflow" in beyond_data:
        own, usual_range = beyond_data["inflow"]
        lines.append(
            f"an inflow of {_people(own)} workers a year was never seen: derived from the facts of "
            f"{_years()} are {_people(usual_range)}"
        )
    if "climate" in beyond_data:
        own, usual_range = beyond_data["climate"]
        lines.append(
            f"a climate of {_range(own)} was never seen: {usual_range[0]:g} is the crisis of 2009, "
            f"{usual_range[1]:g} normal years"
        )
    lines += _of_its_start(beyond_data)
    for lever, (people, newcomers) in beyond_data.get("people", {}).items():
        lines.append(
            f"{lever} should reach {people:,.0f} people a year, and only about {newcomers:,.0f} "
            "arrive: it reaches all of them"
        )
    if "idle" in beyond_data:
        lines.append(f"changes that change nothing: {', '.join(beyond_data['idle'])}")
    if "own_city" in beyond_data:
        own, donors = (city_of(name).label for name in beyond_data["own_city"])
        lines.append(
            f"{own} was not in the study: its people are those of {donors}, reweighted to its own "
            "tables; its levers of 2009 are what its folder says or borrows, all else is as "
            "calibrated"
        )
    lines += [lent.line() for lent in beyond_data.get("borrowed", ())]
    if "weights" in beyond_data:
        lines.append("national weights rest on two Indian respondents for three in ten permits")
    if "own_rules" in beyond_data:
        lines.append(_of_own_rules(beyond_data["own_rules"]))
    return lines


def _of_own_rules(names: Sequence[str]) -> str:
    whose = "what it does and assumes is its author's"
    return f"not of expatsim, and never calibrated: rule {', '.join(names)}; {whose}"


def _of_its_start(beyond_data: dict[str, Any]) -> list[str]:
    """Lines about a start in other years than those that the model knows."""
    lines = []
    if "start" in beyond_data:
        start, (first, last), now = beyond_data["start"]
        known = f"; {now} is the city with what is known of {city_of(now).year}" if now else ""
        lines.append(
            f"it starts in {start}, and the model is one of 2009: people, policy and city are "
            "those of the survey of 2008 and 2009, departures those of arrivals in "
            f"{first} to {last}{known}"
        )
    if "before_its_year" in beyond_data:
        start, of = beyond_data["before_its_year"]
        lines.append(f"it starts in {start}, with arrivals, families and levels of {of}")
    return lines


def _years() -> str:
    """Years of the facts, such as ``2005 to 2016``."""
    return "{} to {}".format(*years_of_facts())


def _ends(values: Sequence[float]) -> Range:
    """Lowest and highest of some values."""
    return min(values), max(values)


def _people(ends: Range) -> str:
    """A range of numbers of people, or one number where its ends are equal."""
    low, high = (f"{x:,.0f}" if x >= 10 else f"{x:g}" for x in ends)
    return low if low == high else f"{low} to {high}"


def _range(ends: Range) -> str:
    """A range of levels, or one number where its ends are equal."""
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
