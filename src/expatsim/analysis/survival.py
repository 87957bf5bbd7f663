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


# a group is a mark that its members have or lack: (bit, value)
_MARKS: dict[str, tuple[int, bool]] = {
    "workers": (0, True),
    "partners": (0, False),
    "women": (1, True),
    "men": (1, False),
    "EU": (2, False),
    "non-EU": (2, True),
    "with children": (3, True),
    "without children": (3, False),
    "posted": (4, True),
    "not posted": (4, False),
}
_KINDS = np.arange(32)  # combinations of five marks
_MEMBERS = np.array(
    [
        (_KINDS >> _MARKS[g][0] & 1) == _MARKS[g][1] if g in _MARKS else np.ones(32, bool)
        for g in GROUPS
    ]
).astype(np.int32)


def _kind(adults: Adults) -> np.ndarray:
    """Marks of every adult as bits."""
    parent = adults.people["child_birth_month"] != NONE
    marks = (adults.people["head"], adults.female, adults.origin <= 4, parent)
    kind = np.zeros(len(parent), np.int32)
    for k, mark in enumerate((*marks, adults.people["posted"])):
        kind |= mark.astype(np.int32) << k
    return kind


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
    # everybody is counted once, by kind of person; groups are sums over kinds
    cell = (((arrival >= 0) * 2 + leaves) * 32 + _kind(adults)[who]) * months + stay
    counts = np.bincount(cell, minlength=4 * 32 * months).reshape(2, 2, 32, months)
    by_group = np.einsum("gk,wlkm->wlgm", _MEMBERS, counts.astype(np.int32))
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
        By draw, way in, group and ``years``; missing where nobody could be followed so long.
    """
    hazard = dataset["left_city"] / dataset["at_risk"].where(dataset["at_risk"] > 0)
    curve = (1 - hazard).cumprod("stay", skipna=False)
    curve = curve.assign_coords(years=("stay", (np.arange(curve.sizes["stay"]) + 1) / 12))
    curve = curve.swap_dims(stay="years").drop_vars("stay")
    if years is None:
        return curve
    return curve.reindex(years=[float(y) for y in years], method="nearest", tolerance=0.01)
