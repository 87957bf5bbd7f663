"""Counting: the place in the month at which the indicators of all rules are counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import Peers, People, State

PLACE = 100


class Rates(NamedTuple):
    """Counting uses no rates."""


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """No rates."""
    return Rates()


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Any, month: Any
) -> State:
    """The state as it was: counting changes nobody."""
    return state
