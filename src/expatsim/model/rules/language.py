"""Command of Dutch: a monthly chance to move up one level, raised by practice.

The double effect of the report (section 3.2 and 5.2): a city that switches to English leaves less
practice here, and opens clubs and volunteering in the rule on friendship.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    DONORS,
    EACH_CITY,
    PLACES_PER_HUNDRED,
    CityQuality,
    Entrants,
    Indicator,
    Uniforms,
    Vector,
    choice,
    lever,
    parameter,
)
from expatsim.model.hazards import happens, odds, pick, select
from expatsim.model.state import DUTCH_LEVELS, HERE, Array, Peers, People, State

PLACE = 40
# of newcomers know a few words of Dutch at arrival; assumption ("little or no Dutch")
FEW_WORDS_SHARE = 0.2


def dutch_at_arrival(adults: Entrants) -> np.ndarray:
    """Level of Dutch of newcomers, 0 (none) or 1 (a few words), uint8, shape (adults,)."""
    return (adults.uniforms(Decision.DUTCH_AT_ARRIVAL) < FEW_WORDS_SHARE).astype(np.uint8)


STATES = (
    choice(
        "dutch",
        DUTCH_LEVELS,
        "command of Dutch",
        start=dutch_at_arrival,
        stock=DONORS,
        changes=("more Dutch", "less Dutch"),
    ),
)
INDICATORS = (
    Indicator("dutch_none", "speak no Dutch", lambda s, p, m: s.dutch == 0),
    Indicator("dutch_words", "speak a few words of Dutch", lambda s, p, m: s.dutch == 1),
    Indicator("dutch_little", "speak a little Dutch", lambda s, p, m: s.dutch == 2),
    Indicator("dutch_fluent", "speak Dutch (almost) fluently", lambda s, p, m: s.dutch == 3),
)


class Parameters(declare.Parameters):
    """Chances to reach the next level, and effects of practice."""

    words_learned: Array = parameter(
        "from no Dutch to a few words",
        unit="probability per month",
        prior=declare.logit_normal(0.22, spread=0.4, low=0.05, high=0.8),
        evidence="expert",
        source="S32-009",
        symbol="l_1",
    )
    little_learned: Array = parameter(
        "from a few words to a little Dutch",
        unit="probability per month",
        prior=declare.logit_normal(0.03, spread=0.3, low=0.005, high=0.15),
        evidence="expert",
        source="S32-007 and S32-008",
        symbol="l_2",
    )
    fluency_reached: Array = parameter(
        "from a little to (almost) fluent Dutch",
        unit="probability per month",
        prior=declare.logit_normal(0.005, spread=0.4, low=0.0005, high=0.05),
        evidence="expert",
        source="S32-006",
        symbol="l_3",
    )
    language_friends: Array = parameter(
        "practice with at least two Dutch friends",
        unit="log-odds",
        prior=declare.normal(0.4, spread=0.3, low=-0.5, high=1.5),
        evidence="literature",
        source="section 3.2; EXT-12 (direction)",
        symbol="l_f",
    )
    language_mentor: Array = parameter(
        "practice with a mentor",
        unit="log-odds",
        prior=declare.normal(0.5, spread=0.4, low=-0.5, high=2),
        evidence="assumption",
        source="section 5.2; EXT-15 and EXT-16 (direction)",
        symbol="l_m",
    )
    language_dutch_partner: Array = parameter(
        "practice with a Dutch partner",
        unit="log-odds",
        prior=declare.normal(0.8, spread=0.4, low=0, high=2.5),
        evidence="assumption",
        source="section 5.1",
        symbol="l_d",
    )
    language_places: Array = parameter(
        "places in language cafes and informal practice",
        unit="log-odds per place per expat",
        prior=declare.normal(0.8, spread=0.5, low=-0.5, high=3),
        evidence="assumption",
        source="section 5.2 (wish for practice)",
        symbol="l_p",
    )
    language_english: Array = parameter(
        "a city in English leaves less practice in Dutch",
        unit="log-odds per share of 1",
        prior=declare.normal(-0.3, spread=0.3, low=-1.5, high=0.5),
        evidence="assumption",
        source="section 3.2 (direction)",
        symbol="l_e",
    )


class English(declare.Levers):
    """English in the city; the rules on welcome and friendship read it too."""

    english_information: Array = lever(
        "share of letters, forms and city listings available in English",
        unit="share",
        low=0,
        high=1,
        level_2009=EACH_CITY,
        label="Letters, forms and city listings in English",
        place=20,
        also_called="engels engelse_informatie informatie_in_het_engels english informatie_engels",
    )


class Practice(declare.Levers):
    """Places to practise."""

    dutch_practice: Array = lever(
        "places in language cafes and informal practice",
        unit="places per 100 expats",
        low=0,
        high=100,
        level_2009=EACH_CITY,
        reaches=PLACES_PER_HUNDRED,
        label="Places to practise Dutch, per 100 expats",
        place=60,
        also_called="taalcafe taalcafes taaloefening oefenplaatsen nederlands taal taallessen "
        "taalcursus taalcursussen dutch_lessons dutch_courses language_courses "
        "language_lessons language_cafes",
    )


class Levers(English, Practice):
    """English in the city, and places to practise."""


class Rates(NamedTuple):
    """Monthly odds of a step from each level but the last, and odds ratios of practice."""

    learn: Annotated[Vector, len(DUTCH_LEVELS) - 1]
    friends: Array
    mentor: Array
    dutch_partner: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds of learning: places to practise raise them, a city in English lowers them."""
    learn = np.exp(
        p.language_places * policy.dutch_practice / 100
        + p.language_english * policy.english_information
    )
    return Rates(
        learn=tuple(
            odds(x) * learn for x in (p.words_learned, p.little_learned, p.fluency_reached)
        ),
        friends=np.exp(p.language_friends),
        mentor=np.exp(p.language_mentor),
        dutch_partner=np.exp(p.language_dutch_partner),
    )


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with Dutch learned: at most one level a month, and nobody forgets."""
    one = np.float32(1)
    o = pick(state.dutch, (*rates.learn, np.float32(0)))
    o = o * select(state.friends >= 2, rates.friends, one)
    o = o * select(state.mentor_left > 0, rates.mentor, one)
    o = o * select(state.dutch_partner, rates.dutch_partner, one)
    learns = (state.status == HERE) & happens(uniforms(Decision.LEARN_DUTCH), o)
    return state._replace(dutch=state.dutch + learns.astype("int32"))
