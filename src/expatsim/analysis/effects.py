"""Paired effects of scenarios against a baseline, and how sure they are, by fixed rules.

All scenarios of a comparison have the same draws: the same parameters, people and luck. An effect
is a difference draw by draw; its spread is what parameters, survey and chance leave open about the
*difference*, which is far less than about either scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis.summary import TRAIT_WORDS, YEARS, outcomes
from expatsim.analysis.sureness import TOO_FEW, probability_higher, verdict
from expatsim.analysis.survival import WAYS_IN, share_staying

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FEWEST = 10  # respondents' worth of a group below which nothing is called a finding
RESPONDENTS = {"rotterdam": 75, "den_haag": 30}
_QUANTILES = {"low_90": 0.05, "low_50": 0.25, "median": 0.5, "high_50": 0.75, "high_90": 0.95}


def variance_reduction(mine: np.ndarray, base: np.ndarray) -> float:
    """How many times smaller the variance of the difference is than without pairing."""
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


def _quantities(dataset: xr.Dataset) -> Iterator[tuple[str, str, str, xr.DataArray]]:
    """Outcome, way in, group and values by scenario and draw."""
    for label, values in outcomes(dataset).items():
        if "still here" not in label and label not in TRAIT_WORDS.values():
            yield label, "", "all", values
    ends = dataset["at_end"]
    for trait, label in TRAIT_WORDS.items():
        for group in ends["group"].to_numpy():
            here, having = (ends.sel(trait=t, group=group, drop=True) for t in ("here", trait))
            if bool((here > 0).all()):
                yield label, "", str(group), having / here
    staying = share_staying(dataset, YEARS)
    for way in WAYS_IN:
        whose = "those here at the start" if way == "stock" else "newcomers"
        for year in YEARS:
            for group in staying["group"].to_numpy():
                values = staying.sel(way_in=way, years=year, group=group, drop=True)
                if bool(values.notnull().all()):
                    label = f"{whose} still here after {year} year{'s' if year > 1 else ''}"
                    yield label, way, str(group), values


def effects(dataset: xr.Dataset, cities: Mapping[str, str]) -> pd.DataFrame:
    """Every effect against the first scenario, for all people and by group.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    cities : mapping of scenario name to city

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome``, ``group``, ``baseline`` (median), quantiles of the
        difference (``low_90``, ``low_50``, ``median``, ``high_50``, ``high_90``),
        ``probability_higher``, ``verdict``, ``variance_reduction`` by pairing, and ``respondents``
        (size of the group as if the study had drawn from it).
    """
    import pandas as pd

    names = [str(s) for s in dataset["scenario"].to_numpy()]
    worth = respondents_worth(dataset, cities)
    rows = []
    for label, way, group, values in _quantities(dataset):
        base = values.sel(scenario=names[0]).to_numpy()
        for name in names[1:]:
            mine = values.sel(scenario=name).to_numpy()
            difference = mine - base
            quantiles = np.quantile(difference, list(_QUANTILES.values()))
            size = float(worth.sel(scenario=name, way_in=way or "stock", group=group))
            rows.append(
                {
                    "scenario": name,
                    "outcome": label,
                    "group": group,
                    "baseline": float(np.median(base)),
                    **dict(zip(_QUANTILES, quantiles.tolist(), strict=True)),
                    "probability_higher": probability_higher(difference),
                    "verdict": verdict(difference) if size >= FEWEST else TOO_FEW,
                    "variance_reduction": variance_reduction(mine, base),
                    "respondents": size,
                }
            )
    return pd.DataFrame(rows)
