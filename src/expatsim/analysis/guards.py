"""Cautions where a scenario leaves what the model was calibrated for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expatsim.levers import CITIES, LEVERS, policy_2009
from expatsim.population.build import default_stock
from expatsim.scenario.model import Scenario

LONGEST = 15  # years
STOCK_FACTOR = 2.0
Range = tuple[float, float]


def cautions(described: Mapping[str, Any]) -> dict[str, Any]:
    """What no data stand behind.

    Parameters
    ----------
    described : mapping
        From :meth:`expatsim.scenario.Scenario.describe`, or a manifest.

    Returns
    -------
    dict
        Some of ``"horizon"`` (years), ``"levers"`` (lever to its range and to that of the two
        cities in 2009), ``"stock"`` (people, usual number) and ``"weights"``.
    """
    found: dict[str, Any] = {}
    if described["months"] > LONGEST * 12:
        found["horizon"] = described["months"] // 12
    beyond: dict[str, tuple[Range, Range]] = {}
    scenario = Scenario.from_description(described)
    for name in LEVERS:
        seen = [policy_2009(c)[name] for c in CITIES]
        values = scenario.central(name).tolist()
        if min(values) < min(seen) or max(values) > max(seen):
            beyond[name] = (min(values), max(values)), (min(seen), max(seen))
    if beyond:
        found["levers"] = beyond
    usual = default_stock(described["city"])
    if not usual / STOCK_FACTOR <= described["stock"] <= usual * STOCK_FACTOR:
        found["stock"] = (described["stock"], usual)
    if described["weights"] == "national":
        found["weights"] = "national"
    return found


def warnings(scenario: Scenario) -> list[str]:
    """One line for every caution."""
    return in_words(cautions(scenario.describe()))


def in_words(found: Mapping[str, Any]) -> list[str]:
    """One line for every caution of :func:`cautions`."""
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
    if "weights" in found:
        lines.append("national weights rest on two Indian respondents for three in ten permits")
    return lines


def _range(ends: Range) -> str:
    low, high = ends
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
