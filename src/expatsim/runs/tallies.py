"""Life tables of one draw, as counts by way into the population and by group."""

from __future__ import annotations

import numpy as np

from expatsim.population.adults import Adults
from expatsim.runs.groups import KINDS, MEMBERS, kind_of

# from the survey on, or from arrival on
STOCK, NEWCOMERS = "stock", "newcomers"
WAYS_IN = (STOCK, NEWCOMERS)


def life_table(adults: Adults, leave_month: np.ndarray, months: int) -> np.ndarray:
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
