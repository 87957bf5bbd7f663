"""Paired effects of scenarios against a baseline, and how sure they are, by fixed rules.

All scenarios of a comparison have the same draws: the same parameters, people and luck. An effect
is a difference draw by draw; its spread is what parameters, survey and chance leave open about the
*difference*, which is far less than about either scenario.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.findings.summary import TRAIT_WORDS, YEARS, is_share, outcomes, smallest
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    FEWEST_RESPONDENTS,
    NOBODY,
    TOO_FEW,
    different_draws,
    known,
    probability_higher,
    same_worlds,
    verdict,
)
from expatsim.findings.survival import people_followed, share_staying
from expatsim.intervals import FIVE, median, quantiles
from expatsim.runs.groups import STOCK_ONLY
from expatsim.runs.tallies import WAYS_IN

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

RESPONDENTS = {"rotterdam": 75, "den_haag": 30}
_QUANTILES = ("low_90", "low_50", "median", "high_50", "high_90")


def variance_reduction(mine: np.ndarray, base: np.ndarray) -> float:
    """How many times smaller the variance of the difference is than without pairing."""
    both = ~np.isnan(mine - base)
    if not both.any():
        return float("nan")
    mine, base = mine[both], base[both]
    paired = np.var(mine - base)
    return float((np.var(mine) + np.var(base)) / paired) if paired > 0 else float("inf")


def respondents_worth(dataset: xr.Dataset, cities: Mapping[str, str]) -> xr.DataArray:
    """Size of every group as if the study had drawn from it, by scenario, way in and group.

    Parameters
    ----------
    dataset : xarray.Dataset
    cities : mapping of scenario name to city
    """
    import xarray as xr

    followed = dataset["at_risk"].isel(stay=0).mean("draw")
    share = followed / followed.sel(group="all")
    names = [str(s) for s in dataset["scenario"].to_numpy()]
    n = xr.DataArray([RESPONDENTS[cities[s]] for s in names], {"scenario": names}, "scenario")
    return share * n


class _Quantity(NamedTuple):
    """An outcome of a group: values and the people behind them, by scenario and draw."""

    label: str
    way: str
    group: str
    values: xr.DataArray
    people: xr.DataArray | None


def _quantities(dataset: xr.Dataset) -> Iterator[_Quantity]:
    for label, values in outcomes(dataset).items():
        if not is_share(label):
            yield _Quantity(label, "", "all", values, None)
    ends = dataset["at_end"]
    for trait, label in TRAIT_WORDS.items():
        for group in ends["group"].to_numpy():
            here, having = (ends.sel(trait=t, group=group, drop=True) for t in ("here", trait))
            yield _Quantity(label, "", str(group), having / here.where(here > 0), here)
    staying, followed = share_staying(dataset, YEARS), people_followed(dataset, YEARS)
    for way in WAYS_IN:
        whose = "those here at the start" if way == "stock" else "newcomers"
        for year in (y for y in YEARS if y * 12 <= dataset.sizes["month"]):
            for group in staying["group"].to_numpy():
                if way == "newcomers" and group in STOCK_ONLY:
                    continue
                at = {"way_in": way, "years": year, "group": group}
                label = f"{whose} still here after {year} year{'s' if year > 1 else ''}"
                values, people = (x.sel(at, drop=True) for x in (staying, followed))
                yield _Quantity(label, way, str(group), values, people)


def effects(
    dataset: xr.Dataset, cities: Mapping[str, str], other_sizes: Collection[str] = ()
) -> pd.DataFrame:
    """Every effect against the first scenario, for all people and by group.

    A group that nobody belongs to in any draw is there too, without numbers.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    cities : mapping of scenario name to city
    other_sizes : collection of str
        As for :func:`expatsim.findings.summary.summarise`.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome``, ``group``, ``baseline`` (median), quantiles of the
        difference (``low_90``, ``low_50``, ``median``, ``high_50``, ``high_90``) over the draws
        that have somebody to look at in both, ``draws`` (how many these are),
        ``probability_higher``, ``verdict``, ``variance_reduction`` by pairing, ``people`` (median
        number that a share rests on, in the smaller of the two) and ``respondents`` (size of the
        group as if the study had drawn from it).
    """
    import pandas as pd

    names = [str(s) for s in dataset["scenario"].to_numpy()]
    worth = respondents_worth(dataset, cities)
    same, vectors = same_worlds(dataset), different_draws(dataset)
    rows = []
    for label, way, group, values, people in _quantities(dataset):
        base = values.sel(scenario=names[0]).to_numpy()
        for name in names[1:]:
            mine = values.sel(scenario=name).to_numpy()
            difference = mine - base
            size = float(worth.sel(scenario=name, way_in=way or "stock", group=group))
            behind = np.nan
            if people is not None:
                behind = min(float(median(people.sel(scenario=s))) for s in (name, names[0]))
            rows.append(
                {
                    "scenario": name,
                    "outcome": label,
                    "group": group,
                    "baseline": float(median(base)),
                    **dict(zip(_QUANTILES, quantiles(difference, FIVE).tolist(), strict=True)),
                    "draws": len(known(difference)),
                    "probability_higher": probability_higher(difference),
                    "verdict": ASSUMED_SIZES
                    if name in other_sizes and not is_share(label)
                    else _verdict(label, difference, size, behind, same[name], vectors),
                    "variance_reduction": variance_reduction(mine, base),
                    "people": behind,
                    "respondents": size,
                }
            )
    return pd.DataFrame(rows)


def _verdict(
    label: str,
    difference: np.ndarray,
    respondents: float,
    people: float,
    same: bool,
    vectors: int,
) -> str:
    found = verdict(difference, smallest(label), people, same, vectors)
    return TOO_FEW if respondents < FEWEST_RESPONDENTS and found != NOBODY else found
