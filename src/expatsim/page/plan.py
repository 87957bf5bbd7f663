"""A reader's plan beside its baseline, and the moves that make another plan of it."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from expatsim.cities import city as city_of
from expatsim.cities import packaged_names
from expatsim.errors import InputError
from expatsim.model.levers import LEVERS, SHARES_OF_ARRIVALS, Lever
from expatsim.model.policy import ADD, PEOPLE, arrivals
from expatsim.page.documents import (
    BASELINE,
    PLAN,
    Document,
    baseline_of,
    scenario_of,
    text_of,
)
from expatsim.report.language import LANGUAGES, N_, Language
from expatsim.scenario.loading import load_text
from expatsim.scenario.scenario import Scenario, month_name, month_number
from expatsim.scenario.schema import MOST_PEOPLE

YEARS = 10
FIRST_MONTH = {2009: "2010-01"}  # of a projection, by the year of a city's levels
CLIMATE = (-3.0, 3.0)
STARTS = (1990, 2050)  # years in which a projection may start
MOST_EUROS = 1e9
COSTS = ("per_year", "per_unit", "per_participant")
LONGEST_TITLE = 200
SHARE = "share"  # a unit of levers, shown in percent


class MoveError(InputError):
    """A move that cannot be made; said in the language of the page.

    Parameters
    ----------
    text : str
        In English, with ``%(name)s`` for values.
    **values : object
        Values by name.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values)
        self.text = text
        self.values = values

    def said(self, language: Language) -> str:
        """Return the message in a language."""
        values = {
            key: language.say(x) if key == "what" and isinstance(x, str) else x
            for key, x in self.values.items()
        }
        return language.say(self.text, **values)


@dataclass(frozen=True)
class Plan:
    """A plan and its baseline.

    Attributes
    ----------
    document : dict
        Content of the plan's scenario file; it is never changed.
    scenario, baseline : Scenario
        What its file and the baseline's describe.
    """

    document: Document
    scenario: Scenario
    baseline: Scenario

    @classmethod
    def of(cls, document: Document) -> Plan:
        """Return the plan of a document.

        Parameters
        ----------
        document : dict
            Content of a scenario file.

        Raises
        ------
        InputError
            If the file would have a problem.
        """
        return cls(document, scenario_of(document, PLAN), _baseline(text_of(_base(document))))

    @classmethod
    def start(cls, city: str, draws: int) -> Plan:
        """Return the plan that changes nothing in a city.

        Parameters
        ----------
        city : str
            Name of a packaged city.
        draws : int
            Draws behind the intervals.
        """
        document: Document = {
            **titles(city, PLAN_TITLE),
            "city": city,
            "start": first_month(city),
            "years": YEARS,
            "seed": 2010,
            "draws": draws,
        }
        return cls.of(document)

    @property
    def texts(self) -> dict[str, str]:
        """Files that a reader may share, by name of the scenario."""
        return {PLAN: text_of(self.document), BASELINE: text_of(_base(self.document))}

    @property
    def moved(self) -> bool:
        """Whether any lever is moved."""
        return self.scenario.policy != self.baseline.policy

    def moved_levers(self) -> list[str]:
        """Return the names of the levers that are moved."""
        ours, base = self.scenario.policy, self.baseline.policy
        return [name for name in LEVERS if ours[name] != base[name]]


PLAN_TITLE = N_("%(city)s, my plan")
BASELINE_TITLE = N_("%(city)s, policy of %(year)s")


def titles(city: str, text: str) -> dict[str, str]:
    """Return ``title`` and ``title_nl`` of a scenario in a city.

    Parameters
    ----------
    city : str
        Name of the city.
    text : str
        In English, with ``%(city)s`` and ``%(year)s``.
    """
    about = city_of(city)
    found = {}
    for code in LANGUAGES:
        name = about.name_in(code).removesuffix(f" {about.year}")
        said = Language(code).say(text, city=name, year=about.year)
        found["title" if code == "en" else f"title_{code}"] = said
    return found


def first_month(city: str) -> str:
    """Return the month in which projections of a city start, such as ``"2010-01"``."""
    year = city_of(city).year
    return FIRST_MONTH.get(year, f"{year}-01")


def _base(document: Document) -> Document:
    return baseline_of(document, titles(document["city"], BASELINE_TITLE))


@lru_cache(maxsize=64)
def _baseline(text: str) -> Scenario:
    return load_text(text.encode(), Path(f"{BASELINE}.yaml"))


def number(value: Any, what: str, low: float, high: float, unit: str = "") -> float:
    """Return a number that a reader typed, if it is one and within its range.

    Parameters
    ----------
    value : object
        A number, or its text.
    what : str
        What it is the number of.
    low, high : float
        Its range.
    unit : str
        Unit after the range, for the message.

    Raises
    ------
    MoveError
        If it is no finite number, or outside the range.

    Examples
    --------
    >>> number("12.5", "Welcome days a year", 0, 24)
    12.5
    """
    about = {"what": what, "low": f"{low:,.12g}", "high": f"{high:,.12g}{unit}"}
    shown = str(value).strip()[:40]
    try:
        x = math.nan if isinstance(value, bool) else float(shown.replace(",", "."))
    except ValueError:
        x = math.nan
    if not math.isfinite(x):
        text = N_("%(what)s: “%(value)s” is not a number (allowed: %(low)s to %(high)s).")
        raise MoveError(text, value=shown, **about)
    if not low <= x <= high:
        text = N_("%(what)s: %(value)s is out of range (allowed: %(low)s to %(high)s).")
        raise MoveError(text, value=shown + unit, **about)
    return x


def _lever(move: Mapping[str, Any]) -> Lever:
    name = str(move.get("lever", ""))
    if name not in LEVERS:
        text = N_("There is no lever “%(value)s” (allowed: %(names)s).")
        raise MoveError(text, value=name[:60], names=", ".join(LEVERS))
    return LEVERS[name]


def _month(move: Mapping[str, Any], document: Document) -> str:
    """The month from which a move holds; by default the first."""
    start = str(document["start"])
    last = month_name(start, 12 * int(document["years"]) - 1)
    date = str(move.get("from") or start)[:40]
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", date) or not start <= date <= last:
        text = N_("“%(value)s” is no month of the projection (allowed: %(low)s to %(high)s).")
        raise MoveError(text, value=date, low=start, high=last)
    return date


def _without(document: Document, key: str, lever: str = "") -> Document:
    """The document without a lever, or the climate, at whatever date."""
    new = copy.deepcopy(document)
    for part in (new, *new.get("changes", [])):
        if not lever:
            part.pop(key, None)
        elif key in part:
            part[key].pop(lever, None)
            if not part[key]:
                del part[key]
    changes = [c for c in new.get("changes", []) if set(c) - {"date", "note"}]
    new.pop("changes", None)
    return {**new, "changes": changes} if changes else new


def _since(document: Document, date: str, what: Mapping[str, Any]) -> Document:
    """The document with something different from a month on."""
    new = copy.deepcopy(document)
    part: Document = new
    if date != new["start"]:
        changes = new.setdefault("changes", [])
        part = next((c for c in changes if c["date"] == date), {})
        if not part:
            part["date"] = date
            changes.append(part)
            changes.sort(key=lambda c: str(c["date"]))
    for key, value in what.items():
        part[key] = {**part.get(key, {}), **value} if isinstance(value, Mapping) else value
    return new


def _move_lever(document: Document, move: Mapping[str, Any]) -> Document:
    lever, unit = _lever(move), move.get("unit", "level")
    value = move.get("level")
    entry: Any
    if unit == "people":
        _require_arrivals(lever)
        entry = {PEOPLE: number(value, lever.label, 0, MOST_PEOPLE)}
    elif unit == "percent" and lever.unit == SHARE:
        entry = number(value, lever.label, 100 * lever.low, 100 * lever.high, "%") / 100
    elif unit == "euros":
        entry = _for_euros(document, lever, value)
    else:
        entry = number(value, lever.label, lever.low, lever.high)
    without = _without(document, "policy", lever.name)
    return _since(without, _month(move, document), {"policy": {lever.name: entry}})


def _require_arrivals(lever: Lever) -> None:
    if lever.reaches not in SHARES_OF_ARRIVALS:
        text = N_("%(what)s: cannot be given in people; it is no share of those who arrive.")
        raise MoveError(text, what=lever.label)


def _for_euros(document: Document, lever: Lever, value: Any) -> Any:
    """What euros a year buy of a lever, at its price, above the baseline."""
    euros = number(value, lever.label, 0, MOST_EUROS, " €")
    prices = document.get("costs", {}).get(lever.name, {})
    euros -= prices.get("per_year") or 0
    if prices.get("per_unit"):
        return {ADD: max(0.0, euros) / prices["per_unit"]}
    if not prices.get("per_participant") or lever.reaches not in SHARES_OF_ARRIVALS:
        text = N_("%(what)s: give a price first, to see what euros buy.")
        raise MoveError(text, what=lever.label)
    people = max(0.0, euros) / prices["per_participant"]
    newcomers = _baseline(text_of(_base(document))).newcomers()
    return {ADD: min(lever.high, people / float(arrivals(lever, newcomers)[0, 0]))}


def _reset_lever(document: Document, move: Mapping[str, Any]) -> Document:
    return _without(document, "policy", _lever(move).name)


def _set_unit(document: Document, move: Mapping[str, Any]) -> Document:
    """Say the same level of a lever in people instead of as a share, or the other way round."""
    lever, unit = _lever(move), move.get("unit")
    _require_arrivals(lever)
    plan = Plan.of(document)
    at = plan.scenario.policy[lever.name].steps[-1][0]
    level = float(plan.scenario.central(lever.name)[at])
    date = month_name(str(document["start"]), at)
    if unit != "people":
        entry: Any = round(level, 4)
    else:
        entry = {
            PEOPLE: float(round(level * float(arrivals(lever, plan.baseline.newcomers())[at, 0])))
        }
    without = _without(document, "policy", lever.name)
    return _since(without, date, {"policy": {lever.name: entry}})


def _set_cost(document: Document, move: Mapping[str, Any]) -> Document:
    lever, kind = _lever(move), str(move.get("cost"))
    if kind not in COSTS:
        text = N_("There is no cost “%(value)s” (allowed: %(names)s).")
        raise MoveError(text, value=kind[:40], names=", ".join(COSTS))
    costs = copy.deepcopy(document.get("costs", {}))
    own = costs.setdefault(lever.name, {})
    own.pop(kind, None)
    if str(move.get("euros", "")).strip():
        most = 1e6 if kind == "per_participant" else MOST_EUROS
        own[kind] = number(move["euros"], lever.label, 0, most, " €")
    costs = {name: cost for name, cost in costs.items() if cost}
    return {
        **{k: x for k, x in document.items() if k != "costs"},
        **({"costs": costs} if costs else {}),
    }


def _set_value(document: Document, move: Mapping[str, Any]) -> Document:
    new = {k: x for k, x in document.items() if k != "value_per_expat_year"}
    if not str(move.get("euros", "")).strip():
        return new
    what = N_("What a year lived in the city is worth")
    return {**new, "value_per_expat_year": number(move["euros"], what, 1, MOST_EUROS, " €")}


def _set_city(document: Document, move: Mapping[str, Any]) -> Document:
    city = str(move.get("city", ""))
    if city not in packaged_names():
        text = N_("There is no city “%(value)s” (allowed: %(names)s).")
        raise MoveError(text, value=city[:60], names=", ".join(packaged_names()))
    new = {k: x for k, x in document.items() if k not in ("policy_from", "population")}
    if titles(document["city"], PLAN_TITLE).items() <= document.items():
        new |= titles(city, PLAN_TITLE)
    new["city"] = city
    if city_of(city).year != city_of(document["city"]).year:
        return _started(new, first_month(city))
    return new


def _set_start(document: Document, move: Mapping[str, Any]) -> Document:
    year, (low, high) = str(move.get("year", "")).strip()[:40], STARTS
    if not re.fullmatch(r"[12]\d{3}", year) or not low <= int(year) <= high:
        text = N_(
            "“%(value)s” is no year in which a projection starts (allowed: %(low)s to %(high)s)."
        )
        raise MoveError(text, value=year, low=low, high=high)
    return _started(document, f"{year}-{str(document['start'])[5:]}")


def _started(document: Document, start: str) -> Document:
    """The document with another start; dated changes come as long after it as before."""
    later = month_number(start) - month_number(str(document["start"]))
    new = copy.deepcopy({**document, "start": start})
    for change in new.get("changes", []):
        change["date"] = month_name(str(change["date"]), later)
    return new


def _set_climate(document: Document, move: Mapping[str, Any]) -> Document:
    value = number(move.get("climate"), N_("The economy"), *CLIMATE)
    without = _without(document, "climate")
    return _since(without, _month(move, document), {"climate": value})


def _set_people(document: Document, move: Mapping[str, Any]) -> Document:
    """Numbers of people who are here at the start, or who come; an empty number is the city's."""
    what = {
        "stock": N_("Number of expats at the start"),
        "inflow": N_("Workers who arrive in a year"),
    }
    key = str(move.get("what"))
    if key not in what:
        text = N_("There is no number “%(value)s” of people (allowed: %(names)s).")
        raise MoveError(text, value=key[:40], names=", ".join(what))
    population = {k: x for k, x in document.get("population", {}).items() if k != key}
    if str(move.get("people", "")).strip():
        least = 1 if key == "stock" else 0
        x = number(move["people"], what[key], least, MOST_PEOPLE)
        population[key] = round(x) if key == "stock" else x
    new = {k: x for k, x in document.items() if k != "population"}
    return {**new, "population": population} if population else new


def _set_title(document: Document, move: Mapping[str, Any]) -> Document:
    title = " ".join(str(move.get("title", "")).split())
    if not 0 < len(title) <= LONGEST_TITLE:
        text = N_("A title has 1 to %(most)s letters.")
        raise MoveError(text, most=LONGEST_TITLE)
    return {**document, "title": title, "title_nl": title}


MOVES: dict[str, Callable[[Document, Mapping[str, Any]], Document]] = {
    "lever": _move_lever,
    "lever as before": _reset_lever,
    "unit": _set_unit,
    "cost": _set_cost,
    "value": _set_value,
    "city": _set_city,
    "start": _set_start,
    "climate": _set_climate,
    "people": _set_people,
    "title": _set_title,
}


def moved(plan: Plan, move: Mapping[str, Any]) -> Plan:
    """Return the plan after a move.

    Parameters
    ----------
    plan : Plan
        The plan before it.
    move : mapping
        Its kind as ``move``, a key of :data:`MOVES`, and what it sets.

    Raises
    ------
    InputError
        If it is no move, or would make a plan that the model does not take.
    """
    kind = move.get("move")
    if not isinstance(kind, str) or kind not in MOVES:
        text = N_("There is no move “%(value)s” (allowed: %(names)s).")
        raise MoveError(text, value=str(kind)[:40], names=", ".join(MOVES))
    return Plan.of(MOVES[kind](plan.document, move))
