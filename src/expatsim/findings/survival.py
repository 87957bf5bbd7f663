"""Shares still here, from life tables by way into the population and by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.runs.tallies import NEWCOMERS

if TYPE_CHECKING:
    import xarray as xr


def share_by_reason(dataset: xr.Dataset, reason: str) -> xr.DataArray:
    """Return the share of those who left for a reason over the whole run; missing if nobody left.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.
    reason : str
        One of :data:`expatsim.model.rules.departure.LEFT_FOR`.
    """
    left = dataset["left"].sum("month")
    return dataset[reason].sum("month") / left.where(left > 0)


def share_staying(dataset: xr.Dataset, years: Any = None) -> xr.DataArray:
    """Return the share still in the city by years: the product-limit (Kaplan-Meier) estimate.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.
    years : sequence of float, optional
        Years since the start (stock) or since arrival (newcomers); by default the whole curve.

    Returns
    -------
    xarray.DataArray
        By draw, way in, group and ``years``. Zero from the month on in which the last of those
        followed left; missing where nobody could be followed for so long, or nobody ever was.
    """
    at_risk = dataset["at_risk"]
    stay = at_risk.get_axis_num("stay")
    followed = at_risk.to_numpy()
    # plain arrays: matching labels at every step would take most of the time
    left = dataset["left_city"].transpose(*at_risk.dims).to_numpy()
    hazard = np.divide(left, followed, out=np.full(left.shape, np.nan), where=followed > 0)
    curve = np.cumprod(1 - hazard, axis=stay)
    # nobody is at risk any more, but the share is certain: zero
    curve[np.logical_or.accumulate(hazard == 1, axis=stay)] = 0.0
    found = at_risk.copy(data=curve).rename(None)
    found.attrs = {}
    return _by_years(found, years)


def people_followed(dataset: xr.Dataset, years: Any = None) -> xr.DataArray:
    """Return the number of people that a share of :func:`share_staying` rests on, in its shape.

    Of newcomers it is those who are still followed after such a stay: most arrived too late for it.
    Of those here at the start it is everybody: all are followed to the end.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.
    years : sequence of float, optional
        As for :func:`share_staying`.
    """
    followed = dataset["at_risk"].astype(float)
    newcomers = followed["way_in"] == NEWCOMERS
    return _by_years(followed.where(newcomers, followed.isel(stay=0)), years)


def _by_years(curve: xr.DataArray, years: Any) -> xr.DataArray:
    curve = curve.assign_coords(years=("stay", (np.arange(curve.sizes["stay"]) + 1) / 12))
    curve = curve.swap_dims(stay="years").drop_vars("stay")
    if years is None:
        return curve
    return curve.reindex(years=[float(y) for y in years], method="nearest", tolerance=0.01)
