"""Values of the controls: what a plan says now, and what may be chosen."""

from __future__ import annotations

from functools import partial
from typing import Any

from expatsim.cities import packaged_names
from expatsim.model.levers import LEVERS, SHARES_OF_ARRIVALS, Lever
from expatsim.model.policy import arrivals
from expatsim.page.plan import SHARE, Plan
from expatsim.population.build import inflow_range, stock_range
from expatsim.report import words
from expatsim.report.language import N_, Language
from expatsim.scenario.scenario import month_name, month_number, steps

STARTS = range(2005, 2041)  # offered; others may be in a file
ECONOMY = (-2.0, 1.0)  # offered; others may be in a file
GRADES = "grade points"


def controls(plan: Plan, language: Language) -> dict[str, Any]:
    """Return the values of the controls' template.

    Parameters
    ----------
    plan : Plan
        The plan that they show.
    language : Language
        In which they are written.
    """
    levers = [lever_control(plan, name, language) for name in LEVERS]
    document = plan.document
    start = str(document["start"])
    climate = steps(plan.scenario.climate)
    at, now = climate[-1]
    low, high = min(ECONOMY[0], now), max(ECONOMY[1], now)
    population = document.get("population", {})
    return {
        "cities": [
            (name, words.city_name(name, language), name == document["city"])
            for name in packaged_names()
        ],
        "years": [(y, y == int(start[:4])) for y in sorted({*STARTS, int(start[:4])})],
        "title": document.get(f"title_{language.code}") or document["title"],
        "economy": {
            "value": _plain(now),
            "low": low,
            "high": high,
            "text": words.path(climate, start, language, partial(language.number, digits=1))
            if len(climate) > 1
            else "",
            "months": _months(plan, at, language),
        },
        "people": [
            ("stock", N_("Number of expats at the start"), population.get("stock"),
             words.between(*stock_range(document["city"]), language)),
            ("inflow", N_("Workers who arrive in a year"), population.get("inflow"),
             words.between(*inflow_range(document["city"]), language)),
        ],
        "value": _plain(document.get("value_per_expat_year")),
        "levers": [x for x in levers if not x["grade"]],
        "grades": [x for x in levers if x["grade"]],
        "moved": [x for x in levers if x["moved"]],
    }  # fmt: skip


def lever_control(plan: Plan, name: str, language: Language) -> dict[str, Any]:
    """Return what the page shows of one lever.

    Parameters
    ----------
    plan : Plan
        The plan.
    name : str
        The lever.
    language : Language
        In which it is written.
    """
    lever, path = LEVERS[name], plan.scenario.policy[name]
    at, last = path.steps[-1]
    newcomers = plan.scenario.newcomers()
    level = float(plan.scenario.central(name)[at])
    arrive = float(arrivals(lever, newcomers)[at, 0])
    unit, value, ends, step = _scale(lever, last.people, level, arrive)
    costs = plan.document.get("costs", {}).get(name, {})
    dated = [
        (month, words.meaning(lever, language, float(newcomers[month, 0]), x))
        for month, x in path.steps
    ]
    moved = path != plan.baseline.policy[name]
    return {
        "name": name,
        "label": lever.label,
        "grade": lever.unit == GRADES and name != "customer_friendliness",
        "unit": unit,
        "unit_text": "%" if unit == "percent" else "",
        "in_people": lever.reaches in SHARES_OF_ARRIVALS,
        "value": _plain(value),
        "low": ends[0],
        "high": ends[1],
        "step": step,
        "text": words.path(dated, plan.scenario.start, language, str),
        "moved": moved,
        "months": _months(plan, at if moved else 0, language),
        "costs": [(kind, text, _plain(costs.get(kind))) for kind, text in _prices(lever).items()],
        "priced": bool(costs.get("per_unit") or costs.get("per_participant")),
    }


def _plain(x: float | None) -> float | int | None:
    """A number as a control shows it: whole numbers without a decimal point."""
    if x is None:
        return None
    x = round(x, 3)
    return int(x) if x == int(x) else x


def _prices(lever: Lever) -> dict[str, str]:
    """Names of the prices that a lever may have."""
    each = {SHARE: N_("euros a year to go from none to all"), GRADES: N_("euros a year a point")}
    prices = {
        "per_year": N_("euros a year as soon as the lever is moved"),
        "per_unit": each.get(lever.unit, N_("euros a year for each one more")),
    }
    person = {"per_participant": N_("euros for each person reached")} if lever.reaches else {}
    return prices | person


def _scale(
    lever: Lever, people: float | None, level: float, arrive: float
) -> tuple[str, float, tuple[float, float], float]:
    """Unit of a control, its value, its ends and its step."""
    if people is not None:
        most = max(10.0, round(arrive))
        return "people", round(people, 1), (0.0, max(most, people)), max(1.0, round(most / 100))
    if lever.unit == SHARE:
        return "percent", round(100 * level, 2), (100 * lever.low, 100 * lever.high), 1.0
    step = 0.1 if lever.unit == GRADES else 1.0
    return "level", round(level, 3), (float(lever.low), float(lever.high)), step


def _months(plan: Plan, at: int, language: Language) -> list[tuple[str, str, bool]]:
    """Months from which a lever may be moved: the first, each January, and the chosen one."""
    start, months = plan.scenario.start, plan.scenario.months
    first = -month_number(start) % 12
    offered = sorted({0, at, *range(first, months, 12)})
    return [
        (
            month_name(start, m),
            language.say(N_("from the start")) if m == 0 else language.month(start, m),
            m == at,
        )
        for m in offered
    ]
