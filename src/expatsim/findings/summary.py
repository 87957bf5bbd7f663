"""Summaries with intervals, and paired differences between scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from expatsim.findings.basis import Before
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import (
    OUTCOMES,
    Outcome,
    by_scenario,
    of_everybody,
    outcomes_of,
    people_behind,
    values,
)
from expatsim.findings.sureness import (
    SMALLEST_SHARE,
    different_draws,
    same_worlds,
    without_missing,
)
from expatsim.findings.survival import people_followed, share_staying
from expatsim.intervals import COLUMNS, FIVE, median, quantiles, spread

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    import xarray as xr

DIFFERENCE = "difference_"  # before the columns of a difference
# the first of these for which there is anybody to look at is the answer that comes first
HEADLINES = ("newcomers_5", "stock_5", "newcomers_3", "stock_3", "newcomers_1", "stock_1")


def headline(dataset: xr.Dataset) -> Outcome:
    """Return the answer that comes first; in every scenario there is somebody to look at.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`.
    """
    everybody = of_everybody(dataset)
    possible = [outcome.name for outcome in outcomes_of(dataset)]
    for name in (*(n for n in HEADLINES if n in possible), *possible):
        if bool((~OUTCOMES[name].values(everybody).isnull()).any("draw").all()):
            return OUTCOMES[name]
    raise ValueError("no outcome has anybody to look at in every scenario")


def summarise(
    dataset: xr.Dataset,
    other_sizes: Collection[str] = (),
    before: Before | None = None,
    smallest: float = SMALLEST_SHARE,
) -> pd.DataFrame:
    """Return median and intervals of every outcome and scenario, and of its paired difference.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`, with a dimension ``scenario``.
    other_sizes : collection of str
        Scenarios whose stock or inflow is not the first one's: their differences in numbers of
        people follow from these assumptions, and get no verdict. See
        :func:`expatsim.findings.sureness.other_sizes`.
    before : Before, optional
        What the differences were in draws from the prior; by default that is not known.
    smallest : float
        The smallest difference of shares that is worth naming.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome`` (its name), ``label``, ``unit``, ``low``, ``low_50``,
        ``median``, ``high_50``, ``high`` over the draws that have somebody to look at, ``draws``
        (how many these are) and ``people`` (median number of people that a share rests on); and,
        against the first scenario draw by draw, the same with ``difference_`` before them (but for
        ``people``), ``probability_higher``, ``verdict`` and ``rests_on``, see
        :func:`expatsim.findings.labels.columns`.
    """
    import pandas as pd

    rows = []
    before = before or Before()
    behind = people_behind(dataset)
    names = [str(n) for n in dataset["scenario"].to_numpy()]
    same, vectors = same_worlds(dataset), different_draws(dataset)
    for name, array in values(dataset).items():
        outcome = OUTCOMES[name]
        people = dict.fromkeys(names, np.nan)
        if name in behind:
            people = {s: float(median(x)) for s, x in by_scenario(behind[name]).items()}
        every = by_scenario(array)
        base = every[names[0]]
        for scenario, mine in every.items():
            row: dict[str, object] = {
                "scenario": scenario,
                "outcome": name,
                "label": outcome.label,
                "unit": outcome.unit,
                **spread(mine),
                "draws": len(without_missing(mine)),
                "people": people[scenario],
            }
            if scenario != names[0]:
                fewest = np.fmin(people[scenario], people[names[0]])
                row |= columns(
                    mine - base,
                    outcome.smallest(smallest),
                    fewest,
                    same[scenario],
                    vectors,
                    DIFFERENCE,
                    before=before.difference(name, scenario),
                    assumed_sizes=scenario in other_sizes and not outcome.is_share,
                )
            rows.append(row)
    return pd.DataFrame(rows)


def indicators(dataset: xr.Dataset) -> pd.DataFrame:
    """Return monthly indicators, tidy: scenario, draw, month, indicator, people.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`.
    """
    names = [name for name, x in dataset.data_vars.items() if "month" in x.dims]
    frame = dataset[names].to_array("indicator", name="people").to_dataframe()
    return frame.reset_index()[["scenario", "draw", "month", "indicator", "people"]]


def survival(dataset: xr.Dataset) -> pd.DataFrame:
    """Return median and intervals of the share staying, by scenario, way in, group and years.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``way_in``, ``group``, ``years``, ``low``, ``low_50``, ``median``,
        ``high_50``, ``high`` over the draws that have somebody to follow, ``draws`` (how many
        these are) and ``people`` (median number that the share rests on; below ten it is no
        finding).
    """
    curve = share_staying(dataset).transpose("draw", ...)
    followed = people_followed(dataset).transpose(*curve.dims)
    numbers = dict(zip(COLUMNS, quantiles(curve.to_numpy(), FIVE), strict=True))
    numbers["draws"] = np.sum(~np.isnan(curve.to_numpy()), axis=0)
    numbers["people"] = median(followed.to_numpy())
    one = curve.isel(draw=0, drop=True)
    arrays = {name: one.copy(data=array) for name, array in numbers.items()}
    return one.to_dataset(name="x").drop_vars("x").assign(arrays).to_dataframe().reset_index()
