"""Feel welcome, judge the city: two answers that follow from circumstances and lasting taste."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.hazards import select
from expatsim.model.state import HERE, Peers, People, State


class Rates(NamedTuple):
    """Log-odds; ``young`` is added for those under 35."""

    base: Any
    used: Any
    friend: Any
    dutch: Any
    attractive: Any
    young: Any


def quality(p: Any, policy: Any, city: Any) -> tuple[Any, Any]:
    """Mean grade of the city above seven, and what those under 35 add for nightlife.

    ``city.grade`` is the mean of the ten grades of Tabel 4.1 and ``city.nightlife`` one of them;
    health care in English moves the grade for health care from its level in 2009.
    """
    health = p.health_english * (policy.healthcare_english - city.healthcare_english)
    mean = city.grade + (policy.nightlife + health) / 10
    young = p.nightlife_young * (city.nightlife + policy.nightlife - mean)
    return mean - 7, young


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Policy that people see without using it: English, friendly desks, welcome days."""
    grade, young = quality(p, policy, city)
    return Rates(
        base=p.welcome_level
        + p.welcome_english * policy.english_information
        + p.welcome_friendliness * policy.customer_friendliness
        + p.welcome_events_effect * policy.welcome_events,
        used=p.welcome_used,
        friend=p.welcome_friends,
        dutch=p.welcome_dutch,
        attractive=p.attractive_level + p.attractive_quality * grade,
        young=p.attractive_quality * young,
    )


def scores(state: State, people: People, rates: Rates, month: Any) -> tuple[Any, Any]:
    """Sum of circumstances and a standard logistic taste, for both answers."""
    zero = np.float32(0)
    welcome = people.welcome_taste + rates.base + select(state.used_service, rates.used, zero)
    welcome = welcome + rates.friend * state.friends.astype("float32").clip(0, 5)
    welcome = welcome + rates.dutch * state.dutch.astype("float32")
    young = month - people.birth_month.astype("int32") < 35 * 12
    attractive = people.city_taste + rates.attractive + select(young, rates.young, zero)
    return welcome, attractive


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Agree if the score is above zero."""
    here = state.status == HERE
    welcome, attractive = scores(state, people, rates, month)
    return state._replace(
        feels_welcome=select(here, welcome > 0, state.feels_welcome),
        finds_attractive=select(here, attractive > 0, state.finds_attractive),
    )
