"""Warnings by name where a scenario leaves what the model was calibrated for."""

from __future__ import annotations

import numpy as np

from expatsim.levers import CITIES, LEVERS, policy_2009
from expatsim.population.build import default_stock
from expatsim.scenario.model import Scenario

LONGEST = 15  # years
STOCK_FACTOR = 2.0


def warnings(scenario: Scenario) -> list[str]:
    """One line for everything about a scenario that no data stand behind."""
    found = []
    if scenario.months > LONGEST * 12:
        found.append(f"beyond {LONGEST} years little of the survey is left")
    seen = [policy_2009(c) for c in CITIES]
    beyond = []
    for name, path in scenario.policy.items():
        low, high = (f(s[name] for s in seen) for f in (min, max))
        if (np.asarray(path) < low).any() or (np.asarray(path) > high).any():
            beyond.append(name)
    if beyond:
        words = ", ".join(
            f"{n} ({_range(scenario.policy[n])}; in 2009 "
            f"{_range(np.array([s[n] for s in seen]))} {LEVERS[n].unit})"
            for n in beyond
        )
        found.append(f"outside what either city did in 2009: {words}")
    usual = default_stock(scenario.city)
    if not usual / STOCK_FACTOR <= scenario.stock <= usual * STOCK_FACTOR:
        found.append(
            f"a stock of {scenario.stock:,} people is far from the {usual:,} derived from the facts"
        )
    if scenario.weights == "national":
        found.append("national weights rest on two Indian respondents for three in ten permits")
    return found


def _range(path: np.ndarray) -> str:
    low, high = float(np.min(path)), float(np.max(path))
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
