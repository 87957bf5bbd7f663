"""Arrive: candidates whose month has come enter the city."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.hazards import select
from expatsim.model.state import HERE, WAITING, Peers, People, State


class Rates(NamedTuple):
    """``inflow``: arrivals relative to a neutral climate; used when the slots are laid out."""

    inflow: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Arrivals follow the economic climate (EXT-23)."""
    return Rates(inflow=np.exp(p.inflow_climate * climate))


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Enter in the month that was laid down for the candidate."""
    comes = (state.status == WAITING) & (people.arrival_month == month)
    return state._replace(status=select(comes, np.int32(HERE), state.status))
