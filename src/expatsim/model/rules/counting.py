"""Count: the month's indicators, as integer counts of people who belong to the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import Peers, People, State

PLACE = 100


class Rates(NamedTuple):
    """Counting uses no rates."""


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Nothing to compute."""
    return Rates()


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Counting changes nobody."""
    return state
