"""Who is still here: life tables by way into the population and by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.state import NONE

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.population.adults import Adults

# from the survey on, or from arrival on
WAYS_IN = ("stock", "newcomers")
GROUPS = (
    "all",
    "workers",
    "partners",
    "women",
    "men",
    "EU",
    "non-EU",
    "with children",
    "without children",
    "posted",
    "not posted",
)


def _members(adults: Adults) -> list[np.ndarray]:
    head, female, non_eu = adults.people["head"], adults.female, adults.origin <= 4
    parent, posted = adults.people["child_birth_month"] != NONE, adults.people["posted"]
    everybody = np.ones(len(head), bool)
    return [
        everybody,
        head,
        ~head,
        female,
        ~female,
        ~non_eu,
        non_eu,
        parent,
        ~parent,
        posted,
        ~posted,
    ]


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
    n = len(adults.id)
    arrival = adults.people["arrival_month"].astype(int)
    leave = leave_month[:n].astype(int)
    begin = np.maximum(arrival, 0)
    leaves = leave < months
    stay = np.where(leaves, leave, months - 1) - begin
    counted = adults.people["counted"]
    table = np.zeros((2, len(WAYS_IN), len(GROUPS), months), np.int32)
    for w, way in enumerate((counted & (arrival < 0), counted & (arrival >= 0))):
        for g, member in enumerate(_members(adults)):
            who = way & member
            followed = np.bincount(stay[who], minlength=months)
            table[0, w, g] = followed[::-1].cumsum()[::-1]
            table[1, w, g] = np.bincount(stay[who & leaves], minlength=months)
    return table


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
        By draw, way in, group and ``years``; missing where nobody could be followed so long.
    """
    hazard = dataset["left_city"] / dataset["at_risk"].where(dataset["at_risk"] > 0)
    curve = (1 - hazard).cumprod("stay", skipna=False)
    curve = curve.assign_coords(years=("stay", (np.arange(curve.sizes["stay"]) + 1) / 12))
    curve = curve.swap_dims(stay="years").drop_vars("stay")
    if years is None:
        return curve
    return curve.reindex(years=[float(y) for y in years], method="nearest", tolerance=0.01)
