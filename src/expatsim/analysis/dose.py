"""Response of outcomes to the level of one lever."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim import arguments
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.basis import part_before
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import OUTCOMES, outcomes_of, people_behind, values
from expatsim.findings.sureness import SMALLEST_SHARE, different_draws, same_world
from expatsim.inputs.aliases import key_meant
from expatsim.intervals import median
from expatsim.model.levers import LEVERS, Lever
from expatsim.model.policy import ADD, Level, LeverPath
from expatsim.projections import ScenarioLike, load_all, run_with_prior
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
    smallest: float = SMALLEST_SHARE,
    basis: bool = True,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the response of every outcome to one lever over its range.

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
    draws, seed, parameters, smallest, basis, progress
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
    levers = scenario.levers if isinstance(scenario, Scenario) else LEVERS
    if lever not in list(levers):
        meant = key_meant(lever, levers) if isinstance(lever, str) else None
        close = f"; did you mean {meant!r}?" if meant in list(levers) else nearest(lever, levers)
        raise InputError(f"no lever {lever!r}{close}; levers: {', '.join(levers)}")
    levels = arguments.whole_number("levels", levels, 2, 50)
    smallest = arguments.number("smallest", smallest, 0, 1)
    (base,) = load_all([scenario], draws=draws, seed=seed, parameters=parameters)
    scenarios = at_levels(base, lever, levels, relative=relative)
    name = f"{lever}, added" if relative else lever
    return responses(*run_variants(base, scenarios, basis, progress), name, smallest)


class Variants(NamedTuple):
    """Projections of a baseline and of variants of it, with the same draws.

    Attributes
    ----------
    base : xarray.Dataset
        Projection of the baseline.
    datasets : mapping of float to xarray.Dataset
        Projections of the variants, by level or delay.
    before : mapping of (float, str) to numpy.ndarray, or str
        The differences by level and outcome in draws from the prior, or the label of all, as for
        :func:`expatsim.findings.basis.rests_on`.
    """

    base: xr.Dataset
    datasets: Mapping[float, xr.Dataset]
    before: Mapping[tuple[float, str], np.ndarray] | str


def run_variants(
    base: Scenario, others: Mapping[float, Scenario], basis: bool, progress: Progress | None
) -> Variants:
    """Run a baseline and variants of it.

    Parameters
    ----------
    base : Scenario
        The baseline.
    others : mapping of float to Scenario
        Variants by level, or by delay.
    basis, progress
        As for :func:`compare`.
    """
    (first, *datasets), prior = run_with_prior([base, *others.values()], basis, progress)
    before: Mapping[tuple[float, str], np.ndarray] | str
    if isinstance(prior, str):
        before = prior
    else:
        before = differences(prior[0], dict(zip(others, prior[1:], strict=True)))
    return Variants(first, dict(zip(others, datasets, strict=True)), before)


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


def differences(
    base: xr.Dataset, datasets: Mapping[float, xr.Dataset]
) -> dict[tuple[float, str], np.ndarray]:
    """Return differences from the baseline by level (or delay) and outcome.

    Parameters
    ----------
    base, datasets
        As for :class:`Variants`.
    """
    before = values(base)
    return {
        (level, outcome.name): (after[outcome.name] - before[outcome.name]).to_numpy()
        for level, dataset in datasets.items()
        for after in (values(dataset),)
        for outcome in outcomes_of(dataset)
    }


def responses(
    base: xr.Dataset,
    datasets: Mapping[float, xr.Dataset],
    before: Mapping[tuple[float, str], np.ndarray] | str,
    name: str,
    smallest: float = SMALLEST_SHARE,
) -> pd.DataFrame:
    """Return differences from the baseline, draw by draw, for every level or delay.

    Parameters
    ----------
    base, datasets, before
        As for :class:`Variants`.
    name : str
        Name of the column that holds the level or delay.
    smallest : float
        The smallest difference of shares that is worth naming.

    Returns
    -------
    pandas.DataFrame
        Columns ``name``, ``outcome`` (its name), ``label``, ``unit``, ``low``, ``low_50``,
        ``median``, ``high_50``, ``high`` over the draws that have somebody to look at, ``draws``
        (how many these are), ``probability_higher``, ``verdict``, ``rests_on`` and ``people``
        (behind a share).
    """
    import pandas as pd

    behind, vectors = people_behind(base), different_draws(base)
    people = {level: people_behind(dataset) for level, dataset in datasets.items()}
    same = {level: same_world(base, dataset) for level, dataset in datasets.items()}
    rows = []
    for (level, outcome), difference in differences(base, datasets).items():
        x = OUTCOMES[outcome]
        some = [b[outcome] for b in (behind, people[level]) if outcome in b]
        fewest = min((float(median(b)) for b in some), default=np.nan)
        known = part_before(before, (level, outcome))
        least = x.smallest(smallest)
        sure = columns(difference, least, fewest, same[level], vectors, before=known)
        about = {name: level, "outcome": outcome, "label": x.label, "unit": x.unit}
        rows.append({**about, **sure, "people": fewest})
    return pd.DataFrame(rows)
