"""Summaries with intervals, and paired differences between scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis.sureness import probability_higher, verdict
from expatsim.analysis.survival import share_staying

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

YEARS = (1, 3, 5, 10)
INTERVAL = (0.05, 0.5, 0.95)
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

    Shares of people here are those of the last month.
    """
    staying = share_staying(dataset, YEARS).sel(group="all", drop=True)
    result: dict[str, xr.DataArray] = {}
    for way in ("stock", "newcomers"):
        for year in YEARS:
            share = staying.sel(way_in=way, years=year, drop=True)
            if bool(share.notnull().all()):
                result[OUTCOMES[f"{way}_{year}"]] = share
    last = dataset.isel(month=-1)
    result[OUTCOMES["people"]] = last["here"].astype(float)
    result[OUTCOMES["expat_years"]] = dataset["here"].sum("month") / 12
    everybody = dataset["at_end"].sel(group="all", drop=True)
    for trait, words in TRAIT_WORDS.items():
        result[words] = everybody.sel(trait=trait, drop=True) / last["here"]
    return result


def is_share(label: str) -> bool:
    """True for outcomes between zero and one."""
    return "still here" in label or (
        label.endswith("at the end") and not label.startswith("people")
    )


def summarise(dataset: xr.Dataset) -> pd.DataFrame:
    """Median and 90 % interval of every outcome and scenario, and of its paired difference.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.run` or :func:`expatsim.compare`, with a dimension ``scenario``.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome``, ``low``, ``median``, ``high``; and, against the first
        scenario draw by draw, ``difference_low``, ``difference``, ``difference_high``
        (90 %), ``difference_low_50``, ``difference_high_50``, ``probability_higher`` and
        ``verdict``.
    """
    import pandas as pd

    rows = []
    for label, values in outcomes(dataset).items():
        base = values.isel(scenario=0)
        for name in dataset["scenario"].to_numpy():
            mine = values.sel(scenario=name)
            low, median, high = np.quantile(mine, INTERVAL)
            row = {
                "scenario": str(name),
                "outcome": label,
                "low": low,
                "median": median,
                "high": high,
            }
            if name != dataset["scenario"].to_numpy()[0]:
                difference = (mine - base).to_numpy()
                row |= {
                    column: float(np.quantile(difference, q)) for column, q in _DIFFERENCE.items()
                }
                row["probability_higher"] = probability_higher(difference)
                row["verdict"] = verdict(difference)
            rows.append(row)
    return pd.DataFrame(rows)


def indicators(dataset: xr.Dataset) -> pd.DataFrame:
    """Monthly indicators as a tidy frame: scenario, draw, month, indicator, people."""
    from expatsim.rules.counting import INDICATORS

    frame = dataset[list(INDICATORS)].to_array("indicator", name="people").to_dataframe()
    return frame.reset_index()[["scenario", "draw", "month", "indicator", "people"]]


def survival(dataset: xr.Dataset) -> pd.DataFrame:
    """Median and 90 % interval of the share staying, by scenario, way in, group and years."""
    curve = share_staying(dataset).transpose("draw", ...)
    values = np.quantile(curve.to_numpy(), INTERVAL, axis=0)
    one = curve.isel(draw=0, drop=True)
    columns = {k: one.copy(data=values[i]) for i, k in enumerate(("low", "median", "high"))}
    return one.to_dataset(name="x").drop_vars("x").assign(columns).to_dataframe().reset_index()
