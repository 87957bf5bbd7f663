"""Counting: the place in the month at which the indicators of all rules are counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.model.declare import CityQuality, Numbers, Uniforms
from expatsim.model.state import Array, Peers, People, State

PLACE = 100


class Rates(NamedTuple):
    """Counting uses no rates."""


def rates(p: Numbers, policy: Numbers, climate: np.ndarray, city: CityQuality) -> Rates:
    """No rates."""
    return Rates()


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state as it was: counting changes nobody."""
    return state
