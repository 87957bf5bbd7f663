"""Notes on a sweep: parts of its scenarios that it does not use, and levels beyond experience."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from expatsim.findings.outcomes import OUTCOMES
from expatsim.model.policy import LeverPath, as_in_2009
from expatsim.runs import times
from expatsim.scenario import guards
from expatsim.scenario.loading import DEFAULTS
from expatsim.scenario.scenario import Scenario, month_name, steps
from expatsim.sweeps.columns import parts
from expatsim.sweeps.free import FEWEST
from expatsim.sweeps.settings import Sweep


def notes(sweep: Sweep) -> list[str]:
    """Return a line for everything in which a sweep differs from what its scenarios suggest.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.
    """
    lines = list(_sizes(sweep))
    if sweep.file.design == "latin" and sweep.file.samples < FEWEST:
        lines.append(
            f"samples: {sweep.file.samples} are too few for indices (latin: {FEWEST} or more)"
        )
    for scenario in sweep.wholes:
        of_this = [
            *_changes(sweep, scenario),
            *_delays(sweep, scenario),
            *_settings(sweep, scenario),
            *_beyond(sweep, scenario),
        ]
        start = f"{scenario.name}: " if len(sweep.wholes) > 1 else ""
        lines += [f"{start}{line}" for line in of_this]
    return lines


def _changes(sweep: Sweep, whole: Scenario) -> Iterator[str]:
    """Yield notes on changes by date that have no effect in the sweep."""
    start, months = whole.start, sweep.scenario.months
    levels = {name: path.steps for name, path in whole.policy.items()}
    around = {"climate": steps(whole.climate), "inflow": steps(whole.inflow)}
    late: dict[int, list[str]] = {}
    for name, path in {**levels, **around}.items():
        dated = [month for month, _ in path if month > 0]
        if name in sweep.ends:
            if dated:
                dates = ", ".join(month_name(start, month) for month in dated)
                delayed = name not in around and {times.DELAY, times.delay_of(name)} & {*sweep.ends}
                since = "the end of its delay" if delayed else "the start"
                yield (
                    f"{'' if name in around else 'levers.'}{name}: the sweep's level holds from "
                    f"{since} on; what the scenario says of {dates} does not count"
                )
            continue
        for month in dated:
            if month >= months:
                late.setdefault(month, []).append(name)
    for month, names in sorted(late.items()):
        yield (
            f"years: the sweep ends before {month_name(start, month)}, when the scenario changes "
            f"{', '.join(names)}"
        )


def _delays(sweep: Sweep, whole: Scenario) -> Iterator[str]:
    """Yield a note on every delay that has nothing to put off."""
    as_then = {x: LeverPath.of(as_in_2009(lever, whole.city)) for x, lever in whole.levers.items()}
    moved = {x for x, path in whole.policy.items() if x in sweep.ends or path != as_then[x]}
    for name in sweep.ends:
        of_one = [x for x in whole.levers if name == times.delay_of(x)]
        if (of_one or name == times.DELAY) and not moved & {*(of_one or moved)}:
            yield f"levers.{name}: nothing changes that could come later"


def _sizes(sweep: Sweep) -> Iterator[str]:
    """Yield a note on outcomes that grow with the factor for numbers of people."""
    names = dict.fromkeys(name for name, _ in map(parts, sweep.outcomes))
    counted = [name for name in names if name not in OUTCOMES or not OUTCOMES[name].is_share]
    if sweep.file.people != 1 and counted:
        yield (
            f"people: {', '.join(counted)} are for {sweep.file.people:g} times the scenario's "
            f"people; divide by {sweep.file.people:g} for the city"
        )


def _settings(sweep: Sweep, whole: Scenario) -> Iterator[str]:
    """Yield notes on settings of the scenario that the sweep replaces."""
    if whole.costs or whole.value_per_expat_year is not None:
        yield "costs: those of the scenario are not used; no outcome of a sweep is in euros"
    if whole.seed not in (DEFAULTS["seed"], sweep.file.seed):
        yield f"seed: the sweep's {sweep.file.seed} holds, not the scenario's {whole.seed}"
    if whole.draws != DEFAULTS["draws"]:
        yield (
            f"draws: the scenario's {whole.draws} are not used; the design says how many runs "
            "there are"
        )


def _beyond(sweep: Sweep, scenario: Scenario) -> list[str]:
    """Return warnings about the scenario over the whole range of what the sweep holds."""
    whole = scenario.resized(months=sweep.scenario.months)
    held = {name: np.resize(ends, whole.months) for name, ends in sweep.ends.items()}
    levels = {name: LeverPath.of(x) for name, x in held.items() if name in whole.levers}
    moved = dataclasses.replace(
        whole,
        policy={**whole.policy, **levels},
        climate=held.get("climate", whole.climate),
        inflow=held.get("inflow", whole.inflow),
    )
    first, last = sweep.ends.get(times.START, (0.0, 0.0))
    if not last:
        return guards.warnings(moved)
    starts = [month_name("0000-01", round(12 * year)) for year in (first, last)]
    lines = (guards.warnings(dataclasses.replace(moved, start=start)) for start in starts)
    return list(dict.fromkeys(line for each in lines for line in each))
