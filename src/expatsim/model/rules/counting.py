"""Count: the month's indicators, as integer counts of people who belong to the counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import HERE, Peers, People, State

# name of indicator: how it reads in results
INDICATORS: dict[str, str] = {
    "here": "people in the city at the end of the month",
    "workers": "of these, workers (partners are the rest)",
    "wish_no": "do not wish to stay longer",
    "wish_maybe": "maybe wish to stay longer",
    "wish_yes": "wish to stay longer",
    "dutch_none": "speak no Dutch",
    "dutch_words": "speak a few words of Dutch",
    "dutch_little": "speak a little Dutch",
    "dutch_fluent": "speak Dutch (almost) fluently",
    "friends_0": "have no Dutch friend",
    "friends_1": "have one Dutch friend",
    "friends_2_5": "have two to five Dutch friends",
    "friends_6_9": "have six to nine Dutch friends",
    "friends_10_20": "have ten to twenty Dutch friends",
    "friends_over_20": "have more than twenty Dutch friends",
    "knows_desk": "know the expat desk",
    "knows_service": "know the desk or another service of the city",
    "used_service": "have used a service",
    "feels_welcome": "feel welcome through the city's policy",
    "finds_attractive": "find the city attractive for expats",
    "volunteers": "volunteer",
    "has_mentor": "have a mentor now",
    "had_mentor": "have or had a mentor",
    "dutch_partner": "have a Dutch partner met here",
    "employed": "have a job",
    "arrived": "arrived this month",
    "left": "left this month",
    "left_contract": "left: contract ended or job lost",
    "left_choice": "left: own choice",
    "left_career": "left: career elsewhere",
    "left_family": "left: family",
    "to_home": "left for the country of origin",
    "to_other_country": "left for another country",
    "to_netherlands": "moved elsewhere in the Netherlands",
}


class Rates(NamedTuple):
    """Counting uses no rates."""


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Nothing to compute."""
    return Rates()


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Counting changes nobody."""
    return state


def indicators(state: State, people: People, month: Any) -> list[Any]:
    """One boolean array per entry of ``INDICATORS``, in its order; shape (draws, slots)."""
    here = (state.status == HERE) & people.counted
    left = (state.leave_month == month) & people.counted
    f = state.friends
    return [
        here,
        here & people.head,
        *(here & (state.wish == k) for k in range(3)),
        *(here & (state.dutch == k) for k in range(4)),
        here & (f == 0),
        here & (f == 1),
        here & (f >= 2) & (f <= 5),
        here & (f >= 6) & (f <= 9),
        here & (f >= 10) & (f <= 20),
        here & (f > 20),
        here & state.knows_desk,
        here & state.knows_service,
        here & state.used_service,
        here & state.feels_welcome,
        here & state.finds_attractive,
        here & state.volunteers,
        here & (state.mentor_left > 0),
        here & state.had_mentor,
        here & state.dutch_partner,
        here & state.employed,
        (people.arrival_month == month) & people.counted,
        left,
        *(left & (state.leave_reason == k) for k in range(1, 5)),
        *(left & (state.destination == k) for k in range(1, 4)),
    ]
