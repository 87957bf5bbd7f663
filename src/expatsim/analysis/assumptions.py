"""What an answer rests on: the parameters behind a lever, and which of them the data inform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from expatsim import rates, rules
from expatsim.calibration.diagnostics import NOT_INFORMED
from expatsim.calibration.posterior import record
from expatsim.levers import LEVERS, policy_2009
from expatsim.parameters import defaults, registry
from expatsim.policy import LeverPath
from expatsim.scenario.model import Scenario

# Levers that are shares of people reached move no rate by an uncertain amount; what reaching
# somebody does is in these
REACHED = {
    "desk_visibility": ("word_of_mouth", "late_information", "use_service", "welcome_used"),
    "mentor_projects": ("mentor_duration", "mentor_contacts", "language_mentor"),
}
# from life in the city to the wish, and from the wish to staying: behind every lever
CHAIN = (
    "wish_welcome",
    "wish_friends",
    "wish_dutch",
    "renewal_wish",
    "leave_choice_wish",
    "leave_career_wish",
    "leave_jobless_wish",
)


@cache
def parameters_behind(lever: str) -> tuple[str, ...]:
    """Parameters that decide how much a lever moves the rates it moves.

    Found by trying: those with which the ratio (or difference) of rates before and after changes.
    """
    city = "rotterdam"
    quality = rates.city_quality(city)
    base = policy_2009(city)
    x = LEVERS[lever]
    moved = base | {lever: x.high if base[lever] < x.high else x.low}

    def change(p: dict[str, float]) -> np.ndarray:
        values = {k: np.array([v]) for k, v in p.items()}
        before, after = (
            rates.rule_rates(
                values, {k: np.array([[v]]) for k, v in policy.items()}, np.zeros(1), quality
            )
            for policy in (base, moved)
        )
        found = []
        for name, _ in rules.ORDER:
            for a, b in zip(before[name], after[name], strict=True):
                one, two = float(np.ravel(a)[0]), float(np.ravel(b)[0])
                # log-odds and grades differ, odds have a ratio
                ratio = name not in ("welcome", "wish") and one > 0 and two > 0
                found.append(np.log(two / one) if ratio else two - one)
        return np.array(found)

    start = defaults()
    effect = change(start)
    behind = list(REACHED.get(lever, ()))
    for p in registry().values():
        other = {**start, p.name: p.default + 0.1 * (p.high - p.default)}
        if not np.allclose(change(other), effect, rtol=1e-9, atol=1e-12):
            behind.append(p.name)
    return tuple(behind)


def is_informed(parameter: str) -> bool:
    """Whether the data narrowed a parameter down in the shipped posterior."""
    return record()["informed"][parameter] <= NOT_INFORMED


def levers_that_differ(policies: Sequence[Mapping[str, LeverPath]]) -> list[str]:
    """Levers whose paths are not the same in all policies."""
    first, *others = policies
    return [name for name in LEVERS if any(first[name] != p[name] for p in others)]


def notes(scenarios: Sequence[Scenario]) -> list[str]:
    """For each lever that differs, and for staying: what rests on parameters no data inform."""
    levers = levers_that_differ([s.policy for s in scenarios])
    behind = {lever: parameters_behind(lever) for lever in levers}
    if levers:
        behind["from the wish to staying"] = CHAIN
    lines = []
    for what, names in behind.items():
        silent = [p for p in names if not is_informed(p)]
        if silent:
            lines.append(f"{what}: {', '.join(silent)}")
    return lines
