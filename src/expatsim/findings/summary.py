"""Summaries with intervals, and paired differences between scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    SMALLEST_NUMBER,
    SMALLEST_SHARE,
    different_draws,
    probability_higher,
    same_worlds,
    verdict,
)
from expatsim.findings.survival import people_followed, share_staying
from expatsim.intervals import median, quantiles

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd
    import xarray as xr

YEARS = (1, 3, 5, 10)
TRAIT_WORDS = {
    "wish_yes": "wish to stay at the end",
    "some_dutch": "speak at least a little Dutch at the end",
    "dutch_friends": "have two Dutch friends or more at the end",
    "feels_welcome": "feel welcome at the end",
    "knows_service": "know a service at the end",
}
# short names of outcomes: what stands in tables and files, and the label it stands for
OUTCOMES = {
    **{
        f"{short}_{years}": f"still here, of {whom}: after {years} year{'s' if years > 1 else ''}"
        for short, whom in (
            ("newcomers", "newcomers since arrival"),
            ("stock", "those here at the start"),
        )
        for years in YEARS
    },
    "people": "people here at the end",
    "expat_years": "expat-years lived here",
    "wish": TRAIT_WORDS["wish_yes"],
    "some_dutch": TRAIT_WORDS["some_dutch"],
    "dutch_friends": TRAIT_WORDS["dutch_friends"],
    "welcome": TRAIT_WORDS["feels_welcome"],
    "knows_service": TRAIT_WORDS["knows_service"],
}
_DIFFERENCE = {
    "difference_low": 0.05,
    "difference_low_50": 0.25,
    "difference": 0.5,
    "difference_high_50": 0.75,
    "difference_high": 0.95,
}


def possible(months: int) -> list[str]:
    """Outcomes that a projection of so many months has, by short name."""
    years = {name: int(name.rpartition("_")[2]) for name in OUTCOMES if name[-1].isdigit()}
    return [name for name in OUTCOMES if years.get(name, 0) * 12 <= months]


def outcomes(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Headline outcomes of every draw: label to array over the dimensions other than time.

    Every outcome that a projection so long can have is there; it is missing (not a number) in the
    draws in which there is nobody to look at. Shares of people here are those of the last month.
    """
    staying = share_staying(dataset, YEARS).sel(group="all", drop=True)
    result: dict[str, xr.DataArray] = {}
    for way in ("stock", "newcomers"):
        for year in YEARS:
            if year * 12 <= dataset.sizes["month"]:
                share = staying.sel(way_in=way, years=year, drop=True)
                result[OUTCOMES[f"{way}_{year}"]] = share
    last = dataset.isel(month=-1)
    result[OUTCOMES["people"]] = last["here"].astype(float)
    result[OUTCOMES["expat_years"]] = dataset["here"].sum("month") / 12
    everybody = dataset["at_end"].sel(group="all", drop=True)
    for trait, words in TRAIT_WORDS.items():
        result[words] = everybody.sel(trait=trait, drop=True) / last["here"].where(last["here"] > 0)
    return result


def people_behind(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """How many people each of :func:`outcomes` that is a share rests on, in every draw."""
    followed = people_followed(dataset, YEARS).sel(group="all", drop=True)
    here = dataset["here"].isel(month=-1)
    found = {
        OUTCOMES[f"{way}_{year}"]: followed.sel(way_in=way, years=year, drop=True)
        for way in ("stock", "newcomers")
        for year in YEARS
        if year * 12 <= dataset.sizes["month"]
    }
    return found | dict.fromkeys(TRAIT_WORDS.values(), here)


def is_share(label: str) -> bool:
    """True for outcomes between zero and one; the others count people, or years they live here."""
    return "still here" in label or (
        label.endswith("at the end") and not label.startswith("people")
    )


def smallest(label: str) -> float:
    """The smallest difference of an outcome that is worth naming."""
    return SMALLEST_SHARE if is_share(label) else SMALLEST_NUMBER


def summarise(dataset: xr.Dataset, other_sizes: Collection[str] = ()) -> pd.DataFrame:
    """Median and 90 % interval of every outcome and scenario, and of its paired difference.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`, with a dimension ``scenario``.
    other_sizes : collection of str
        Scenarios whose stock or inflow is not the first one's: their differences in numbers of
        people follow from what was put in, and get no verdict. See
        :func:`expatsim.findings.sureness.other_sizes`.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome``, ``low``, ``median``, ``high`` over the draws that have
        somebody to look at, ``draws`` (how many these are) and ``people`` (median number of people
        that a share rests on); and, against the first scenario draw by draw, ``difference_low``,
        ``difference``, ``difference_high`` (90 %), ``difference_low_50``, ``difference_high_50``,
        ``difference_draws``, ``probability_higher`` and ``verdict``.
    """
    import pandas as pd

    rows = []
    behind = people_behind(dataset)
    names = [str(n) for n in dataset["scenario"].to_numpy()]
    same, vectors = same_worlds(dataset), different_draws(dataset)
    for label, values in outcomes(dataset).items():
        base = values.isel(scenario=0).to_numpy()
        people = {
            n: float(median(behind[label].sel(scenario=n))) if label in behind else np.nan
            for n in names
        }
        for name in names:
            mine = values.sel(scenario=name).to_numpy()
            row: dict[str, object] = {
                "scenario": name,
                "outcome": label,
                **dict(zip(("low", "median", "high"), quantiles(mine).tolist(), strict=True)),
                "draws": int(np.sum(~np.isnan(mine))),
                "people": people[name],
            }
            if name != names[0]:
                difference = mine - base
                spread = quantiles(difference, list(_DIFFERENCE.values())).tolist()
                row |= dict(zip(_DIFFERENCE, spread, strict=True))
                row["difference_draws"] = int(np.sum(~np.isnan(difference)))
                row["probability_higher"] = probability_higher(difference)
                assumed = name in other_sizes and not is_share(label)
                fewest = np.fmin(people[name], people[names[0]])
                row["verdict"] = (
                    ASSUMED_SIZES
                    if assumed
                    else verdict(difference, smallest(label), fewest, same[name], vectors)
                )
            rows.append(row)
    return pd.DataFrame(rows)


def indicators(dataset: xr.Dataset) -> pd.DataFrame:
    """Monthly indicators as a tidy frame: scenario, draw, month, indicator, people."""
    from expatsim.model.rules.counting import INDICATORS

    frame = dataset[list(INDICATORS)].to_array("indicator", name="people").to_dataframe()
    return frame.reset_index()[["scenario", "draw", "month", "indicator", "people"]]


def survival(dataset: xr.Dataset) -> pd.DataFrame:
    """Median and 90 % interval of the share staying, by scenario, way in, group and years.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``way_in``, ``group``, ``years``, ``low``, ``median``, ``high`` over the draws
        that have somebody to follow, ``draws`` (how many these are) and ``people`` (median number
        that the share rests on; below ten it is no finding).
    """
    curve = share_staying(dataset).transpose("draw", ...)
    followed = people_followed(dataset).transpose(*curve.dims)
    values = dict(zip(("low", "median", "high"), quantiles(curve.to_numpy()), strict=True))
    values["draws"] = np.sum(~np.isnan(curve.to_numpy()), axis=0)
    values["people"] = median(followed.to_numpy())
    one = curve.isel(draw=0, drop=True)
    columns = {name: one.copy(data=found) for name, found in values.items()}
    return one.to_dataset(name="x").drop_vars("x").assign(columns).to_dataframe().reset_index()
