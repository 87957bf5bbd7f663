"""How an answer responds to the dose of one lever, and to starting a policy later."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis.summary import is_share, outcomes, people_behind, smallest
from expatsim.analysis.sureness import (
    different_draws,
    known,
    same_world,
    verdict,
)
from expatsim.errors import InputError
from expatsim.intervals import median, quantiles
from expatsim.levers import LEVERS
from expatsim.policy import ADD, Level, LeverPath
from expatsim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def at_levels(
    scenario: Scenario, lever: str, levels: int, *, relative: bool = False
) -> dict[float, Scenario]:
    """The scenario with one lever at evenly spaced levels of its range.

    Parameters
    ----------
    scenario : Scenario
    lever : str
    levels : int
    relative : bool
        Add to what is there, month by month and draw by draw, instead: from as low to as high as
        the range allows at the lever's central level at the start. Zero is among the steps.

    Returns
    -------
    dict of float to Scenario
        By level, or by what is added.
    """
    x, path = LEVERS[lever], scenario.policy[lever]
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
            path.each(partial(_added, lever, step)),
            f"{step:+g}",
        )
        for step in sorted(steps)
    }


def _added(lever: str, step: float, level: Level) -> Level:
    return level.changed(lever, ADD, step) if step else level


def _with(scenario: Scenario, lever: str, path: LeverPath, shown: str) -> Scenario:
    return dataclasses.replace(
        scenario,
        name=f"{scenario.name}, {lever} {shown}",
        policy={**scenario.policy, lever: path},
    )


def delayed(base: Scenario, policy: Scenario, years: int) -> Scenario:
    """``base``, whose policy is that of another scenario from so many years later on than there.

    Until then it is the baseline, bit for bit, whichever city the policy comes from; levers in
    which the two do not differ are the baseline's for ever.

    Raises
    ------
    InputError
        If the policy then begins after the projection ends.
    """
    paths = {
        lever: path.delayed(12 * years, base.policy[lever]).first(base.months)
        for lever, path in policy.policy.items()
    }
    if paths == base.policy:
        raise InputError(
            f"delay: {policy.name} would begin after the end of the projection if it began "
            f"{years} years later"
        )
    return dataclasses.replace(
        base,
        name=f"{policy.name}, {years} years later",
        policy=paths,
        policy_city=policy.policy_city,
    )


def responses(base: xr.Dataset, datasets: Mapping[float, xr.Dataset], name: str) -> pd.DataFrame:
    """Differences with the baseline, draw by draw, for every level or delay.

    Parameters
    ----------
    base : xarray.Dataset
    datasets : mapping of level to xarray.Dataset
        With the same draws.
    name : str
        Of the column that holds the level.

    Returns
    -------
    pandas.DataFrame
        Columns ``name``, ``outcome``, ``low``, ``median``, ``high`` (90 % interval over the draws
        that have somebody to look at), ``draws`` (how many these are), ``verdict``.
    """
    import pandas as pd

    before, behind, vectors = outcomes(base), people_behind(base), different_draws(base)
    rows = []
    for level, dataset in datasets.items():
        people, same = people_behind(dataset), same_world(base, dataset)
        for label, values in outcomes(dataset).items():
            if not is_share(label):
                continue
            difference = values.to_numpy() - before[label].to_numpy()
            fewest = min(float(median(x[label])) for x in (behind, people))
            rows.append(
                {
                    name: level,
                    "outcome": label,
                    **dict(zip(("low", "median", "high"), quantiles(difference), strict=True)),
                    "draws": len(known(difference)),
                    "verdict": verdict(difference, smallest(label), fewest, same, vectors),
                }
            )
    return pd.DataFrame(rows)


def years_that_fit(scenario: Scenario, delays: Sequence[int]) -> list[int]:
    """Delays that leave something of the projection."""
    return [y for y in delays if 0 <= 12 * y < scenario.months]
