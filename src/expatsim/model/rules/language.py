"""Learn Dutch: a monthly chance to move up one level, raised by practice.

The double effect of the report (section 3.2 and 5.2): a city that switches to English leaves less
practice here, and opens clubs and volunteering in the rule on friendship.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, odds, pick, select
from expatsim.model.state import HERE, Peers, People, State


class Rates(NamedTuple):
    """Monthly odds of the three steps and odds ratios of practice."""

    words: Any
    little: Any
    fluent: Any
    friends: Any
    mentor: Any
    dutch_partner: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Practice places help, English everywhere does not."""
    learn = np.exp(
        p.language_places * policy.dutch_practice / 100
        + p.language_english * policy.english_information
    )
    return Rates(
        words=odds(p.words_learned) * learn,
        little=odds(p.little_learned) * learn,
        fluent=odds(p.fluency_reached) * learn,
        friends=np.exp(p.language_friends),
        mentor=np.exp(p.language_mentor),
        dutch_partner=np.exp(p.language_dutch_partner),
    )


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Move up at most one level a month; nobody forgets."""
    one = np.float32(1)
    o = pick(state.dutch, [rates.words, rates.little, rates.fluent, np.float32(0)])
    o = o * select(state.friends >= 2, rates.friends, one)
    o = o * select(state.mentor_left > 0, rates.mentor, one)
    o = o * select(state.dutch_partner, rates.dutch_partner, one)
    learns = (state.status == HERE) & happens(draws(Decision.LEARN_DUTCH), o)
    return state._replace(dutch=state.dutch + learns.astype("int32"))
