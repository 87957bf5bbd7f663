"""How an answer responds to the dose of one lever, and to starting a policy later."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis.summary import INTERVAL, is_share, outcomes
from expatsim.analysis.sureness import verdict
from expatsim.levers import LEVERS
from expatsim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def at_levels(scenario: Scenario, lever: str, levels: int) -> dict[float, Scenario]:
    """The scenario with one lever at evenly spaced levels of its range, from the start on."""
    x = LEVERS[lever]
    found = {}
    for level in np.linspace(x.low, x.high, levels):
        path = np.full(scenario.months, float(level))
        found[float(level)] = dataclasses.replace(
            scenario,
            name=f"{scenario.name}, {lever} {level:g}",
            policy={**scenario.policy, lever: path},
        )
    return found


def delayed(base: Scenario, policy: Scenario, years: int) -> Scenario:
    """``base`` until the policy of the other scenario begins, so many years later than there."""
    months = 12 * years
    paths = {
        name: np.concatenate([base.policy[name][:months], path[: len(path) - months]])
        for name, path in policy.policy.items()
    }
    return dataclasses.replace(policy, name=f"{policy.name}, {years} years later", policy=paths)


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
        Columns ``name``, ``outcome``, ``low``, ``median``, ``high`` (90 % interval), ``verdict``.
    """
    import pandas as pd

    before = outcomes(base)
    rows = []
    for level, dataset in datasets.items():
        for label, values in outcomes(dataset).items():
            if not is_share(label):
                continue
            difference = values.to_numpy() - before[label].to_numpy()
            low, median, high = np.quantile(difference, INTERVAL)
            rows.append(
                {
                    name: level,
                    "outcome": label,
                    "low": low,
                    "median": median,
                    "high": high,
                    "verdict": verdict(difference),
                }
            )
    return pd.DataFrame(rows)


def years_that_fit(scenario: Scenario, delays: Sequence[int]) -> list[int]:
    """Delays that leave something of the projection."""
    return [y for y in delays if 0 <= 12 * y < scenario.months]
