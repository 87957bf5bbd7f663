"""Form the wish: a latent stay propensity, answered as no, maybe or yes (Tabel 2.3).

Lasting personal taste makes movers and stayers; the rest follows life in the city.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.hazards import select
from expatsim.model.rules.welcome import quality
from expatsim.model.state import HERE, Peers, People, State, child_at_school, months_here


class Rates(NamedTuple):
    """Effects on the propensity, and the two cuts."""

    base: Any
    young: Any
    taste: Any
    welcome: Any
    friend: Any
    dutch: Any
    school: Any
    dutch_partner: Any
    month: Any
    maybe_cut: Any
    yes_cut: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """The city's grades enter through the level of everybody."""
    grade, young = quality(p, policy, city)
    return Rates(
        base=p.wish_level + p.wish_quality * grade,
        young=p.wish_quality * young,
        taste=p.wish_taste,
        welcome=p.wish_welcome,
        friend=p.wish_friends,
        dutch=p.wish_dutch,
        school=p.wish_school,
        dutch_partner=p.wish_dutch_partner,
        month=p.wish_time / 12,
        maybe_cut=p.wish_maybe_cut,
        yes_cut=np.maximum(p.wish_yes_cut, p.wish_maybe_cut),
    )


def propensity(state: State, people: People, rates: Rates, month: Any) -> Any:
    """Latent stay propensity, float32."""
    zero = np.float32(0)
    young = month - people.birth_month.astype("int32") < 35 * 12
    x = rates.base + rates.taste * people.stay_taste + select(young, rates.young, zero)
    x = x + select(state.feels_welcome, rates.welcome, zero)
    x = x + rates.friend * state.friends.astype("float32").clip(0, 5)
    x = x + rates.dutch * state.dutch.astype("float32")
    school = rates.school * people.school_effect.astype("float32")
    x = x + select(child_at_school(people, month), school, zero)
    x = x + select(state.dutch_partner, rates.dutch_partner, zero)
    return x + rates.month * months_here(people, month).astype("float32").clip(0, 60)


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """The answer is a function of circumstances; chance enters through what happens to people."""
    here = state.status == HERE
    x = propensity(state, people, rates, month)
    wish = (x > rates.maybe_cut).astype("int32") + (x > rates.yes_cut).astype("int32")
    return state._replace(
        propensity=select(here, x, state.propensity),
        wish=select(here, wish, state.wish),
    )
