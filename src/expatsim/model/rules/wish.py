"""Wish to stay: a latent propensity, answered as no, maybe or yes (Tabel 2.3).

Lasting personal taste makes movers and stayers; the rest follows from life in the city.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.declare import (
    DONORS,
    START,
    CityQuality,
    Indicator,
    Uniforms,
    choice,
    parameter,
    real,
)
from expatsim.model.hazards import select
from expatsim.model.rules.welcome import Grades, Quality, quality
from expatsim.model.state import (
    HERE,
    WISHES,
    Array,
    Peers,
    People,
    State,
    child_at_school,
    months_here,
)

PLACE = 70
LOG_ODDS = True  # rates are log-odds and grades, which add up, not odds

STATES = (
    real("propensity", "latent stay propensity", start=0.0, stock=START),
    choice(
        "wish",
        WISHES,
        "wish to stay longer",
        start=0,
        stock=DONORS,
        changes=("wishes more to stay", "wishes less to stay"),
    ),
)
INDICATORS = (
    Indicator("wish_no", "do not wish to stay longer", lambda s, p, m: s.wish == 0),
    Indicator("wish_maybe", "maybe wish to stay longer", lambda s, p, m: s.wish == 1),
    Indicator("wish_yes", "wish to stay longer", lambda s, p, m: s.wish == 2),
)


class Parameters(Quality):
    """Effects on the propensity, and the cuts between the answers."""

    wish_level: Array = parameter(
        "stay propensity of a newcomer without any of what follows",
        unit="propensity",
        prior=declare.normal(0.3, spread=0.3, low=-4, high=4),
        evidence="expert",
        source="T23",
        symbol="p_0",
    )
    wish_taste: Array = parameter(
        "spread of the lasting personal taste for staying",
        unit="propensity",
        prior=declare.log_normal(1.5, spread=0.2, low=0.3, high=4),
        evidence="assumption",
        source="mover and stayer; EXT-05",
        symbol="p_s",
    )
    wish_welcome: Array = parameter(
        "feeling welcome",
        unit="propensity",
        prior=declare.normal(0.4, spread=0.25, low=-0.3, high=2),
        evidence="assumption",
        source="section 5.1 (direction); EXT-47 (direction of stated willingness); EXT-26: no "
        "effect on leaving measured",
        symbol="p_w",
        ask="Do you feel welcome here, and how likely is it that you will still live in this "
        "city in five years?",
        link=True,
    )
    wish_friends: Array = parameter(
        "Dutch friends (up to five)",
        unit="propensity per friend",
        prior=declare.normal(0.15, spread=0.1, low=-0.1, high=0.6),
        evidence="literature",
        source="EXT-12 (direction)",
        symbol="p_f",
        ask="How many Dutch friends do you see every month, and how likely is it that you "
        "will still live in this city in five years?",
        link=True,
    )
    wish_dutch: Array = parameter(
        "knowing Dutch",
        unit="propensity per level",
        prior=declare.normal(0.15, spread=0.12, low=-0.2, high=0.8),
        evidence="literature",
        source="EXT-12 (direction)",
        symbol="p_l",
        ask="How well do you speak Dutch, and how likely is it that you will still live in "
        "this city in five years?",
        link=True,
    )
    wish_quality: Array = parameter(
        "the city's grades above or below seven",
        unit="propensity per grade point",
        prior=declare.normal(0.4, spread=0.25, low=-0.2, high=2),
        evidence="assumption",
        source="section 5.1 (direction)",
        symbol="p_q",
        ask="Would you stay longer if housing, schools or public space here were one grade better?",
    )
    wish_school: Array = parameter(
        "children at school anchor half of the families and call the others home",
        unit="propensity",
        prior=declare.normal(0.5, spread=0.3, low=0, high=2),
        evidence="assumption",
        source="section 2.1 (both directions)",
        symbol="p_k",
    )
    wish_dutch_partner: Array = parameter(
        "a Dutch partner",
        unit="propensity",
        prior=declare.normal(1.2, spread=0.4, low=0, high=4),
        evidence="assumption",
        source="section 5.1 (direction)",
        symbol="p_d",
    )
    wish_time: Array = parameter(
        "years in the country (up to five)",
        unit="propensity per year",
        prior=declare.normal(0.1, spread=0.08, low=-0.3, high=0.5),
        evidence="assumption",
        source="section 2.1 (settled)",
        symbol="p_t",
    )
    wish_maybe_cut: Array = parameter(
        "above it the answer is maybe",
        unit="propensity",
        prior=declare.normal(-1, spread=0.25, low=-4, high=0.5),
        evidence="expert",
        source="T23",
        symbol="p_m",
    )
    wish_yes_cut: Array = parameter(
        "above it the answer is yes",
        unit="propensity",
        prior=declare.normal(1, spread=0.25, low=-0.5, high=4),
        evidence="expert",
        source="T23",
        symbol="p_y",
    )


class Levers(Grades):
    """The quality of the city."""


class Rates(NamedTuple):
    """Effects on the propensity, and the two cuts."""

    base: Array
    young: Array
    taste: Array
    welcome: Array
    friend: Array
    dutch: Array
    school: Array
    dutch_partner: Array
    month: Array
    maybe_cut: Array
    yes_cut: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Effects on the propensity; the city's grades are part of the level of everybody."""
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


def propensity(state: State, people: People, rates: Rates, month: Array) -> Array:
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


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with this month's wish, a function of circumstances that needs no uniform."""
    here = state.status == HERE
    x = propensity(state, people, rates, month)
    wish = (x > rates.maybe_cut).astype("int32") + (x > rates.yes_cut).astype("int32")
    return state._replace(
        propensity=select(here, x, state.propensity),
        wish=select(here, wish, state.wish),
    )
