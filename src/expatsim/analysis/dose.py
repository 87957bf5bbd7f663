"""Response of outcomes to the level of one lever."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.outcomes import outcomes_of, people_behind, values
from expatsim.findings.sureness import columns, different_draws, same_world
from expatsim.intervals import median
from expatsim.model.levers import LEVERS, Lever
from expatsim.model.policy import ADD, Level, LeverPath
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def dose(
    scenario: ScenarioLike,
    lever: str,
    *,
    levels: int = 6,
    relative: bool = False,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the response of every share-like outcome to one lever over its range.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        The baseline.
    lever : str
        The lever that moves, such as ``"english_information"``.
    levels : int
        Number of levels: evenly spaced, both ends included; 2 to 50.
    relative : bool
        Add steps to the scenario's level, which is each draw's own where it is as in 2009, instead
        of setting the same level in all draws.
    draws, seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`expatsim.analysis.dose.responses`; differences with the scenario as it is.

    Raises
    ------
    InputError
        If there is no such lever, or ``levels`` is out of range.
    """
    problems = []
    levers = scenario.levers if isinstance(scenario, Scenario) else LEVERS
    if lever not in levers:
        problems.append(f"no lever {lever!r}{nearest(lever, levers)}; levers: {', '.join(levers)}")
    if not 2 <= levels <= 50:
        problems.append(f"levels: {levels} is out of range (allowed: 2 to 50)")
    if problems:
        raise InputError(problems)
    (base,) = load_all([scenario], draws=draws, seed=seed, parameters=parameters)
    scenarios = at_levels(base, lever, levels, relative=relative)
    return run_responses(base, scenarios, f"{lever}, added" if relative else lever, progress)


def run_responses(
    base: Scenario,
    others: Mapping[float, Scenario],
    name: str,
    progress: Progress | None,
) -> pd.DataFrame:
    """Run a baseline and variants of it; return :func:`responses`.

    Parameters
    ----------
    base : Scenario
        The baseline.
    others : mapping of float to Scenario
        Variants by level, or by delay.
    name : str
        Name of the column that holds the level or delay.
    progress : callable, optional
        As for :func:`compare`.
    """
    from expatsim.runs.batches import simulate_together

    first, *datasets = simulate_together([base, *others.values()], progress)
    return responses(first, dict(zip(others, datasets, strict=True)), name)


def at_levels(
    scenario: Scenario, lever: str, levels: int, *, relative: bool = False
) -> dict[float, Scenario]:
    """Return the scenario with one lever at evenly spaced levels of its range.

    Parameters
    ----------
    scenario : Scenario
        The baseline.
    lever : str
        The lever that moves.
    levels : int
        Number of levels, both ends of the range included.
    relative : bool
        Add steps to the level, month by month and draw by draw, instead: as far down and up as the
        range allows at the lever's central level at the start. Zero is among the steps.

    Returns
    -------
    dict of float to Scenario
        By level, or by the step that is added.
    """
    x, path = scenario.levers[lever], scenario.policy[lever]
    if not relative:
        return {
            float(level): _with(scenario, lever, LeverPath.of(level), f"{level:g}")
            for level in np.linspace(x.low, x.high, levels)
        }
    now = float(scenario.central(lever)[0])
    steps = {*np.linspace(x.low - now, x.high - now, levels).tolist(), 0.0}
    return {
        step: _with(
            scenario,
            lever,
            path.map(partial(_added, x, step)),
            f"{step:+g}",
        )
        for step in sorted(steps)
    }


def _added(lever: Lever, step: float, level: Level) -> Level:
    return level.changed(lever, ADD, step) if step else level


def _with(scenario: Scenario, lever: str, path: LeverPath, shown: str) -> Scenario:
    return dataclasses.replace(
        scenario,
        name=f"{scenario.name}, {lever} {shown}",
        policy={**scenario.policy, lever: path},
    )


def responses(base: xr.Dataset, datasets: Mapping[float, xr.Dataset], name: str) -> pd.DataFrame:
    """Return differences from the baseline, draw by draw, for every level or delay.

    Parameters
    ----------
    base : xarray.Dataset
        Projection of the baseline.
    datasets : mapping of float to xarray.Dataset
        Projections with the same draws, by level or delay.
    name : str
        Name of the column that holds the level or delay.

    Returns
    -------
    pandas.DataFrame
        Columns ``name``, ``outcome`` (its name), ``label``, ``low``, ``low_50``, ``median``,
        ``high_50``, ``high`` over the draws that have somebody to look at, ``draws`` (how many
        these are), ``probability_higher``, ``verdict`` and ``people``.
    """
    import pandas as pd

    before, behind, vectors = values(base), people_behind(base), different_draws(base)
    rows = []
    for level, dataset in datasets.items():
        people, same = people_behind(dataset), same_world(base, dataset)
        after = values(dataset)
        for outcome in outcomes_of(dataset):
            if not outcome.is_share:
                continue
            difference = after[outcome.name].to_numpy() - before[outcome.name].to_numpy()
            fewest = min(float(median(x[outcome.name])) for x in (behind, people))
            rows.append(
                {
                    name: level,
                    "outcome": outcome.name,
                    "label": outcome.label,
                    **columns(difference, outcome.smallest, fewest, same, vectors),
                    "people": fewest,
                }
            )
    return pd.DataFrame(rows)
