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
    at_risk, curve = _product_limit(dataset["at_risk"], dataset["left_city"])
    return _by_years(_like(at_risk, curve), years)


def staying_after(dataset: xr.Dataset, way_in: str, years: int) -> xr.DataArray:
    """Return one point of the curves of :func:`share_staying`, without the rest of them.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.
    way_in : str
        Way into the population.
    years : int
        Whole years.
    """
    table = (dataset[name].sel(way_in=way_in, drop=True) for name in ("at_risk", "left_city"))
    at_risk, curve = _product_limit(*(x.isel(stay=slice(12 * years)) for x in table))
    return _like(at_risk.isel(stay=-1, drop=True), curve[..., -1])


def _product_limit(at_risk: xr.DataArray, left: xr.DataArray) -> tuple[xr.DataArray, np.ndarray]:
    """The people at risk, and the share still here in their shape, by stay on the last axis."""
    at_risk = at_risk.transpose(..., "stay")
    followed = at_risk.to_numpy()
    # plain arrays: matching labels at every step would take most of the time
    gone = left.transpose(*at_risk.dims).to_numpy()
    hazard = np.divide(gone, followed, out=np.full(gone.shape, np.nan), where=followed > 0)
    curve = np.cumprod(1 - hazard, axis=-1)
    # nobody is at risk any more, but the share is certain: zero
    curve[np.logical_or.accumulate(hazard == 1, axis=-1)] = 0.0
    return at_risk, curve


def _like(array: xr.DataArray, values: np.ndarray) -> xr.DataArray:
    """An array without a name, of the same labels."""
    found = array.copy(data=values).rename(None)
    found.attrs = {}
    return found


def followed_for(dataset: xr.Dataset, way_in: str, years: int) -> xr.DataArray:
    """Return one point of :func:`people_followed`; parameters as of :func:`staying_after`."""
    at_risk = dataset["at_risk"].sel(way_in=way_in, drop=True)
    at = 12 * years - 1 if way_in == NEWCOMERS else 0
    return at_risk.isel(stay=at, drop=True).astype(float)


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
