"""Notes on a sweep: parts of its scenario that it does not use, and levels beyond experience."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from expatsim.findings.outcomes import OUTCOMES
from expatsim.model.policy import LeverPath
from expatsim.scenario import guards
from expatsim.scenario.loading import DEFAULTS
from expatsim.scenario.scenario import month_name, steps
from expatsim.sweeps.free import FEWEST
from expatsim.sweeps.settings import Sweep


def notes(sweep: Sweep) -> list[str]:
    """Return a line for everything in which a sweep differs from what its scenario suggests.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.
    """
    return [*_changes(sweep), *_sizes(sweep), *_settings(sweep), *_beyond(sweep)]


def _changes(sweep: Sweep) -> Iterator[str]:
    """Yield notes on changes by date that have no effect in the sweep."""
    whole = sweep.whole
    start, months = whole.start, sweep.scenario.months
    levels = {name: path.steps for name, path in whole.policy.items()}
    paths = {**levels, "climate": steps(whole.climate), "inflow": steps(whole.inflow)}
    late: dict[int, list[str]] = {}
    for name, path in paths.items():
        dated = [month for month, _ in path if month > 0]
        if name in sweep.file.levers:
            if dated:
                dates = ", ".join(month_name(start, month) for month in dated)
                yield (
                    f"levers.{name}: the sweep's level holds from the start on; what the scenario "
                    f"says of {dates} does not count"
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


def _sizes(sweep: Sweep) -> Iterator[str]:
    """Yield a note on outcomes that grow with the factor for numbers of people."""
    counted = [name for name in sweep.outcomes if not OUTCOMES[name].is_share]
    if sweep.file.people != 1 and counted:
        yield (
            f"people: {', '.join(counted)} are for {sweep.file.people:g} times the scenario's "
            f"people; divide by {sweep.file.people:g} for the city"
        )


def _settings(sweep: Sweep) -> Iterator[str]:
    """Yield notes on settings of the scenario that the sweep replaces, and on too few samples."""
    whole = sweep.whole
    if sweep.file.design == "latin" and sweep.file.samples < FEWEST:
        yield f"samples: {sweep.file.samples} are too few for indices (latin: {FEWEST} or more)"
    if whole.costs or whole.value_per_expat_year is not None:
        yield "costs: those of the scenario are not used; no outcome of a sweep is in euros"
    if whole.seed not in (DEFAULTS["seed"], sweep.file.seed):
        yield f"seed: the sweep's {sweep.file.seed} holds, not the scenario's {whole.seed}"
    if whole.draws != DEFAULTS["draws"]:
        yield (
            f"draws: the scenario's {whole.draws} are not used; the design says how many runs "
            "there are"
        )


def _beyond(sweep: Sweep) -> list[str]:
    """Return warnings about the scenario over the whole range of the sweep's levers."""
    whole = sweep.whole.resized(months=sweep.scenario.months)
    ends = {
        name: LeverPath.of(np.resize(ends, whole.months))
        for name, ends in sweep.file.levers.items()
    }
    return guards.warnings(dataclasses.replace(whole, policy={**whole.policy, **ends}))
