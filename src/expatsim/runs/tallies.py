"""Life tables of one draw, as counts by way into the population and by group."""

from __future__ import annotations

import numpy as np

from expatsim.population.adults import Adults
from expatsim.runs.groups import KINDS, MEMBERS, kind_of

# ways in
STOCK = "stock"  # here at the start: followed from then on
NEWCOMERS = "newcomers"  # followed from arrival on
WAYS_IN = (STOCK, NEWCOMERS)


def life_table(adults: Adults, leave_month: np.ndarray, months: int) -> np.ndarray:
    """Return the life table of one draw, as counts.

    Parameters
    ----------
    adults : Adults
        Everybody who is here at the start or may come.
    leave_month : numpy.ndarray, shape (slots,)
        Month of leaving by slot; a large number while here.
    months : int
        Length of the run; those still here are followed until then.

    Returns
    -------
    numpy.ndarray of int32, shape (2, way in, group, months)
        First the people who are followed in each month of their stay, then those of them who leave
        in it.
    """
    who = np.flatnonzero(adults.people["counted"])
    arrival = adults.people["arrival_month"][who].astype(np.int32)
    leave = leave_month[who].astype(np.int32)
    leaves = leave < months
    stay = np.where(leaves, leave, months - 1) - np.maximum(arrival, 0)
    # counted by (newcomer, leaves, kind of person, month of stay); groups are sums over kinds, of
    # which only those that occur get a number
    kind = kind_of(adults)[who]
    occurs = np.bincount(kind, minlength=KINDS) > 0
    number, kinds = np.cumsum(occurs) - 1, int(occurs.sum())
    cell = (((arrival >= 0) * 2 + leaves) * kinds + number[kind]) * months + stay
    counts = np.bincount(cell, minlength=4 * kinds * months).reshape(2, 2, kinds, months)
    by_group = np.einsum("gk,wlkm->wlgm", MEMBERS[:, occurs], counts.astype(np.int32))
    followed = by_group.sum(axis=1)[..., ::-1].cumsum(axis=-1)[..., ::-1]
    return np.stack([followed, by_group[:, 1]]).astype(np.int32)
