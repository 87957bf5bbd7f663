"""The study's questions, put to the simulated population.

The study interviewed people more than six months and less than six years in the country, between
June 2008 and October 2009 (section 1.3).
"""

from __future__ import annotations

import numpy as np

from expatsim.state import HERE

SHORTEST_STAY, LONGEST_STAY = 6, 72  # months, both exclusive


def eligible(status: np.ndarray, arrival_month: np.ndarray, month: int) -> np.ndarray:
    """Who could have been interviewed at the end of a month.

    Parameters
    ----------
    status, arrival_month : numpy.ndarray
    month : int
        Last month that was simulated.
    """
    stay = month + 1 - arrival_month.astype(int)
    return (status == HERE) & (stay > SHORTEST_STAY) & (stay < LONGEST_STAY)
