"""Meet people: mentors, Dutch friends by place, Dutch partners, volunteering.

The first Dutch friend comes easily, further ones do not (the bump at one friend in Tabel 3.5); each
further friend brings others (its long tail). The place of meeting is recorded (Tabel 3.6).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, monthly, odds, pick, select
from expatsim.model.state import (
    HERE,
    MOST_FRIENDS,
    NONE,
    Peers,
    People,
    State,
    child_at_school,
    months_here,
)


class Rates(NamedTuple):
    """Monthly odds, odds ratios, and weights of places relative to work."""

    mentor: Any
    mentor_months: Any
    first: Any
    more: Any
    more_per_friend: Any
    little: Any
    fluent: Any
    neighbourhood: Any
    school: Any
    sport: Any
    clubs: Any
    clubs_volunteer: Any
    mentor_contacts: Any
    lost: Any
    dutch_partner: Any
    volunteer_worker: Any
    volunteer_partner: Any
    volunteer_children: Any
    volunteer_stop: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """English listings open clubs, English vacancies open volunteering, projects bring mentors."""
    # the probability of a friend is that of a worker without children at school
    places = 1 + p.place_neighbourhood + p.place_sport + p.place_clubs
    information = np.exp(p.volunteer_information_effect * policy.volunteer_information)
    return Rates(
        mentor=odds(monthly(policy.mentor_projects)),
        mentor_months=np.round(p.mentor_duration),
        first=odds(p.first_friend) / places,
        more=odds(p.more_friends) / places * (1 - p.friends_of_friends),
        more_per_friend=odds(p.more_friends) / places * p.friends_of_friends,
        little=np.exp(p.friends_little),
        fluent=np.exp(p.friends_fluent),
        neighbourhood=p.place_neighbourhood,
        school=p.place_school,
        sport=p.place_sport,
        clubs=p.place_clubs * np.exp(p.clubs_english * policy.english_information),
        clubs_volunteer=np.exp(p.clubs_volunteer),
        mentor_contacts=odds(p.mentor_contacts),
        lost=odds(p.friend_lost),
        dutch_partner=odds(p.dutch_partner_met),
        volunteer_worker=odds(p.volunteer_start_worker) * information,
        volunteer_partner=odds(p.volunteer_start_partner) * information,
        volunteer_children=np.exp(p.volunteer_children),
        volunteer_stop=odds(p.volunteer_stop),
    )


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """One friend more and one less at most in a month."""
    here = state.status == HERE
    one, zero = np.float32(1), np.float32(0)
    at_school = child_at_school(people, month)

    newcomer = here & ~state.had_mentor & (months_here(people, month) < 12)
    matched = newcomer & happens(draws(Decision.MENTOR), rates.mentor)

    friends = state.friends.astype("float32")
    further = rates.more + rates.more_per_friend * friends.clip(1, 11)
    pace = select(state.friends == 0, rates.first, further)
    pace = pace * pick(state.dutch, [one, one, rates.little, rates.fluent])
    # cumulative odds of the places, in the order of PLACES
    at_work = pace * select(state.employed, one, zero)
    at_neighbourhood = at_work + pace * rates.neighbourhood
    at_the_school = at_neighbourhood + pace * select(at_school, rates.school, zero)
    at_sport = at_the_school + pace * rates.sport
    club = select(state.volunteers, rates.clubs * rates.clubs_volunteer, rates.clubs)
    at_clubs = at_sport + pace * club
    any_place = at_clubs + select(state.mentor_left > 0, rates.mentor_contacts, zero)
    x = draws(Decision.MEET_FRIEND) * (one + any_place)
    meets = here & (x < any_place) & (state.friends < MOST_FRIENDS)
    bit = (
        select(x < at_work, np.int32(1), np.int32(0))
        | select((x >= at_work) & (x < at_neighbourhood), np.int32(2), np.int32(0))
        | select((x >= at_neighbourhood) & (x < at_the_school), np.int32(4), np.int32(0))
        | select((x >= at_the_school) & (x < at_sport), np.int32(8), np.int32(0))
        | select((x >= at_sport) & (x < at_clubs), np.int32(16), np.int32(0))
        | select(x >= at_clubs, np.int32(32), np.int32(0))
    )
    loses = here & happens(draws(Decision.LOSE_FRIEND), rates.lost * friends)

    alone = here & people.single & ~state.dutch_partner
    falls_in_love = alone & happens(draws(Decision.MEET_PARTNER), rates.dutch_partner)

    start = select(people.head, rates.volunteer_worker, rates.volunteer_partner)
    start = start * select(people.child_birth_month != NONE, rates.volunteer_children, one)
    toggle = select(state.volunteers, rates.volunteer_stop, start)
    changes = here & happens(draws(Decision.VOLUNTEER), toggle)

    left = state.mentor_left - (here & (state.mentor_left > 0)).astype("int32")
    return state._replace(
        mentor_left=select(matched, rates.mentor_months.astype("int32"), left),
        had_mentor=state.had_mentor | matched,
        friends=state.friends + meets.astype("int32") - loses.astype("int32"),
        friend_places=select(meets, state.friend_places | bit, state.friend_places),
        dutch_partner=state.dutch_partner | falls_in_love,
        volunteers=state.volunteers ^ changes,
    )
