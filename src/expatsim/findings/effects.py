"""Paired effects of scenarios over a baseline, and how sure they are, by fixed rules.

All scenarios of a comparison have the same draws: the same parameters, people and luck. An effect
is a difference draw by draw; its spread is the uncertainty about the *difference* that comes from
parameters, survey and chance, far less than that about either scenario.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from expatsim.cities import roles
from expatsim.findings.basis import Before
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import Outcome, by_scenario, outcomes_of
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    FEWEST_RESPONDENTS,
    NOBODY,
    SMALLEST_SHARE,
    TOO_FEW,
    different_draws,
    same_worlds,
)
from expatsim.intervals import median
from expatsim.runs.groups import ALL, GROUPS
from expatsim.runs.tallies import NEWCOMERS, STOCK

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def variance_reduction(mine: np.ndarray, base: np.ndarray) -> float:
    """Return the factor by which pairing makes the variance of the difference smaller.

    Parameters
    ----------
    mine, base : numpy.ndarray, shape (draws,)
        An outcome of the scenario and of the baseline, with the same draws.

    Examples
    --------
    >>> base = np.array([1.0, 2.0, 3.0, 4.0])
    >>> variance_reduction(base + np.array([0.0, 1.0, 0.0, 1.0]), base)
    13.0
    """
    both = ~np.isnan(mine - base)
    if not both.any():
        return float("nan")
    mine, base = mine[both], base[both]
    paired = np.var(mine - base)
    return float((np.var(mine) + np.var(base)) / paired) if paired > 0 else float("inf")


def respondents_worth(dataset: xr.Dataset, cities: Mapping[str, str]) -> xr.DataArray:
    """Return the number of respondents that each group would have had in the study.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections.
    cities : mapping of str to str
        City by name of scenario.

    Returns
    -------
    xarray.DataArray
        By scenario, way in and group: the group's share of all people times the study's size.
    """
    import xarray as xr

    followed = dataset["at_risk"].isel(stay=0).mean("draw")
    share = followed / followed.sel(group=ALL)
    names = [str(s) for s in dataset["scenario"].to_numpy()]
    n = xr.DataArray([sum(roles(cities[s])) for s in names], {"scenario": names}, "scenario")
    return share * n


def effects(
    dataset: xr.Dataset,
    cities: Mapping[str, str],
    other_sizes: Collection[str] = (),
    before: Before | None = None,
    smallest: float = SMALLEST_SHARE,
) -> pd.DataFrame:
    """Return every effect over the first scenario, for all people and, of shares, by group.

    A group that nobody belongs to in any draw has a row too, without numbers.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    cities : mapping of str to str
        City by name of scenario.
    other_sizes, before, smallest
        As for :func:`expatsim.findings.summary.summarise`.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome`` (its name), ``label``, ``unit``, ``group``, ``baseline``
        (median), ``low``, ``low_50``, ``median``, ``high_50``, ``high`` of the difference over the
        draws that have somebody to look at in both, ``draws`` (how many these are),
        ``probability_higher``, ``verdict``, ``rests_on``, ``variance_reduction`` by pairing,
        ``people`` (median number that a share rests on, in the smaller of the two) and
        ``respondents`` (size of the group as if the study had drawn from it).
    """
    import pandas as pd

    first, *others = (str(s) for s in dataset["scenario"].to_numpy())
    before = before or Before()
    respondents = respondents_worth(dataset, cities).transpose("scenario", "way_in", "group")
    sizes = respondents.to_series().to_dict()
    same, vectors = same_worlds(dataset), different_draws(dataset)
    rows = []
    for outcome, group, values, people in _by_group(dataset):
        base = values[first]
        for name in others:
            mine = values[name]
            size = float(sizes[name, outcome.way_in or STOCK, group])
            fewest = np.nan
            if people is not None:
                fewest = min(float(median(people[s])) for s in (name, first))
            row = {
                "scenario": name,
                "outcome": outcome.name,
                "label": outcome.label,
                "unit": outcome.unit,
                "group": group,
                "baseline": float(median(base)),
                **columns(
                    mine - base,
                    outcome.smallest(smallest),
                    fewest,
                    same[name],
                    vectors,
                    before=before.difference(outcome.name, name, group),
                    assumed_sizes=name in other_sizes and not outcome.is_share,
                ),
                "variance_reduction": variance_reduction(mine, base),
                "people": fewest,
                "respondents": size,
            }
            if size < FEWEST_RESPONDENTS and row["verdict"] not in (NOBODY, ASSUMED_SIZES):
                row |= {"verdict": TOO_FEW, "rests_on": ""}
            rows.append(row)
    return pd.DataFrame(rows)


def _by_group(
    dataset: xr.Dataset,
) -> Iterator[tuple[Outcome, str, dict[str, np.ndarray], dict[str, np.ndarray] | None]]:
    """Yield outcome, group, values by scenario and draw, and the people behind them."""
    place = {str(group): k for k, group in enumerate(dataset["group"].to_numpy())}
    for outcome in outcomes_of(dataset):
        values = by_scenario(outcome.values(dataset))
        if not outcome.people:
            yield outcome, ALL, values, None
            continue
        people = by_scenario(outcome.people(dataset))
        for group in GROUPS:
            if not (group.stock_only and outcome.way_in == NEWCOMERS):
                k = place[group.name]
                mine, behind = ({s: x[:, k] for s, x in d.items()} for d in (values, people))
                yield outcome, group.name, mine, behind
