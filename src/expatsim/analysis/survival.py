"""Who is still here: life tables by way into the population and by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.analysis.groups import KINDS, MEMBERS, kind_of

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.population.adults import Adults

# from the survey on, or from arrival on
WAYS_IN = ("stock", "newcomers")


def tally(adults: Adults, leave_month: np.ndarray, months: int) -> np.ndarray:
    """Life table of one draw, as counts.

    Parameters
    ----------
    adults : Adults
    leave_month : numpy.ndarray, shape (slots,)
        Month of leaving by slot; a large number while here.
    months : int
        Length of the run; those still here are followed until then.

    Returns
    -------
    numpy.ndarray of int32, shape (2, way in, group, months)
        People followed for a stay of so many whole months, and those of them who left in it.
    """
    who = np.flatnonzero(adults.people["counted"])
    arrival = adults.people["arrival_month"][who].astype(np.int32)
    leave = leave_month[who].astype(np.int32)
    leaves = leave < months
    stay = np.where(leaves, leave, months - 1) - np.maximum(arrival, 0)
    # everybody is counted once, by kind of person; groups are sums over the kinds that occur
    kind = kind_of(adults)[who]
    occurs = np.bincount(kind, minlength=KINDS) > 0
    number, kinds = np.cumsum(occurs) - 1, int(occurs.sum())
    cell = (((arrival >= 0) * 2 + leaves) * kinds + number[kind]) * months + stay
    counts = np.bincount(cell, minlength=4 * kinds * months).reshape(2, 2, kinds, months)
    by_group = np.einsum("gk,wlkm->wlgm", MEMBERS[:, occurs], counts.astype(np.int32))
    followed = by_group.sum(axis=1)[..., ::-1].cumsum(axis=-1)[..., ::-1]
    return np.stack([followed, by_group[:, 1]]).astype(np.int32)


def share_staying(dataset: xr.Dataset, years: Any = None) -> xr.DataArray:
    """Share still in the city after so many years, by product-limit (Kaplan-Meier) estimate.

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
        followed left; missing where nobody could be followed so long, or there never was anybody.
    """
    at_risk = dataset["at_risk"]
    hazard = dataset["left_city"] / at_risk.where(at_risk > 0)
    curve = (1 - hazard).cumprod("stay", skipna=False)
    # nobody is left to be at risk then, but all that is known of the share is known
    empty = (hazard == 1).cumsum("stay") > 0
    return _by_years(curve.where(~empty, 0.0), years)


def people_followed(dataset: xr.Dataset, years: Any = None) -> xr.DataArray:
    """How many people a share of :func:`share_staying` rests on, in its shape.

    Of newcomers those who are still followed after so long a stay: most arrived too late for it.
    Of those here at the start everybody: all are followed to the end.
    """
    followed = dataset["at_risk"].astype(float)
    newcomers = followed["way_in"] == "newcomers"
    return _by_years(followed.where(newcomers, followed.isel(stay=0)), years)


def _by_years(curve: xr.DataArray, years: Any) -> xr.DataArray:
    curve = curve.assign_coords(years=("stay", (np.arange(curve.sizes["stay"]) + 1) / 12))
    curve = curve.swap_dims(stay="years").drop_vars("stay")
    if years is None:
        return curve
    return curve.reindex(years=[float(y) for y in years], method="nearest", tolerance=0.01)
