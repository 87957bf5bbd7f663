"""Contacts with Dutch people: mentors, friends by place of meeting, partners, volunteering.

The first Dutch friend comes easily, further ones do not (Tabel 3.5 has a bump at one friend); each
further friend brings others (the long tail of that table). Places of meeting are recorded
(Tabel 3.6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.cities.level import Level2009
from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    DONORS,
    EACH_CITY,
    SHARE_OF_NEWCOMERS,
    START,
    CityQuality,
    Indicator,
    Uniforms,
    count,
    flag,
    lever,
    parameter,
)
from expatsim.model.hazards import happens, monthly, odds, pick, select
from expatsim.model.rules.language import English
from expatsim.model.state import (
    HERE,
    MEETING_PLACES,
    MOST_FRIENDS,
    NONE,
    Array,
    Peers,
    People,
    State,
    child_at_school,
    months_here,
)

PLACE = 50


def _between(state: State, low: int, high: int) -> Array:
    """Whether somebody has ``low`` to ``high`` Dutch friends, both included."""
    return (state.friends >= low) & (state.friends <= high)


STATES = (
    count("mentor_left", 0, 31, "months that the mentor stays", start=0, stock=START),
    flag(
        "had_mentor",
        "has or had a mentor",
        start=False,
        stock=START,
        changes=("gets a mentor", "gets no mentor"),
    ),
    count(
        "friends",
        0,
        MOST_FRIENDS,
        "Dutch friends",
        start=0,
        stock=DONORS,
        changes=("a Dutch friend more", "a Dutch friend less"),
    ),
    count(
        "friend_places",
        0,
        2 ** len(MEETING_PLACES) - 1,
        "bit k: has met a Dutch friend at MEETING_PLACES[k]",
        start=0,
        stock=DONORS,
    ),
    flag("dutch_partner", "has a Dutch partner met here", start=False, stock=DONORS),
    flag(
        "volunteers",
        "volunteers",
        start=False,
        stock=DONORS,
        changes=("volunteers", "does not volunteer"),
    ),
)
INDICATORS = (
    Indicator("friends_0", "have no Dutch friend", lambda s, p, m: s.friends == 0),
    Indicator("friends_1", "have one Dutch friend", lambda s, p, m: s.friends == 1),
    Indicator("friends_2_5", "have two to five Dutch friends", lambda s, p, m: _between(s, 2, 5)),
    Indicator("friends_6_9", "have six to nine Dutch friends", lambda s, p, m: _between(s, 6, 9)),
    Indicator(
        "friends_10_20", "have ten to twenty Dutch friends", lambda s, p, m: _between(s, 10, 20)
    ),
    Indicator(
        "friends_over_20", "have more than twenty Dutch friends", lambda s, p, m: s.friends > 20
    ),
    Indicator("volunteers", "volunteer", lambda s, p, m: s.volunteers),
    Indicator("has_mentor", "have a mentor now", lambda s, p, m: s.mentor_left > 0),
    Indicator("had_mentor", "have or had a mentor", lambda s, p, m: s.had_mentor),
    Indicator("dutch_partner", "have a Dutch partner met here", lambda s, p, m: s.dutch_partner),
)


class Parameters(declare.Parameters):
    """Chances of friends, mentors, partners and volunteering."""

    first_friend: Array = parameter(
        "the first Dutch friend comes (at a workplace and in a neighbourhood)",
        unit="probability per month",
        prior=declare.logit_normal(0.25, spread=0.4, low=0.02, high=0.6),
        evidence="expert",
        source="T35-001 and T35-002",
        symbol="f_1",
    )
    more_friends: Array = parameter(
        "a further Dutch friend comes",
        unit="probability per month",
        prior=declare.logit_normal(0.027, spread=0.3, low=0.003, high=0.15),
        evidence="expert",
        source="T35-003 to T35-006",
        symbol="f_2",
    )
    friends_of_friends: Array = parameter(
        "each Dutch friend beyond the first brings others (up to ten)",
        unit="ratio per friend",
        prior=declare.log_normal(1.5, spread=0.5, low=0, high=4),
        evidence="assumption",
        source="long tail of T35",
        symbol="f_f",
    )
    friends_little: Array = parameter(
        "friendship is easier with a little Dutch",
        unit="log-odds",
        prior=declare.normal(0.5, spread=0.3, low=-0.5, high=2),
        evidence="literature",
        source="section 3.2; EXT-12 (direction)",
        symbol="f_l",
    )
    friends_fluent: Array = parameter(
        "friendship is easier with fluent Dutch",
        unit="log-odds",
        prior=declare.normal(1, spread=0.4, low=-0.5, high=3),
        evidence="literature",
        source="section 3.2; EXT-12 (direction)",
        symbol="f_v",
    )
    friend_lost: Array = parameter(
        "one Dutch friend is lost (per friend)",
        unit="probability per month",
        prior=declare.logit_normal(0.004, spread=0.5, low=0.0002, high=0.03),
        evidence="assumption",
        source="no figure found",
        symbol="f_x",
    )
    place_neighbourhood: Array = parameter(
        "meeting in the neighbourhood",
        unit="ratio to work",
        prior=declare.log_normal(0.7, spread=0.3, low=0.1, high=3),
        evidence="expert",
        source="T36 (not tuned on it)",
        symbol="f_n",
    )
    place_school: Array = parameter(
        "meeting at the children's school",
        unit="ratio to work",
        prior=declare.log_normal(0.7, spread=0.4, low=0.1, high=3),
        evidence="expert",
        source="T36 (not tuned on it)",
        symbol="f_s",
    )
    place_sport: Array = parameter(
        "meeting at a sports club",
        unit="ratio to work",
        prior=declare.log_normal(0.25, spread=0.4, low=0.02, high=1.5),
        evidence="expert",
        source="T36 (not tuned on it)",
        symbol="f_t",
    )
    place_clubs: Array = parameter(
        "meeting at another club or activity",
        unit="ratio to work",
        prior=declare.log_normal(0.3, spread=0.4, low=0.02, high=1.5),
        evidence="expert",
        source="T36 (not tuned on it)",
        symbol="f_c",
    )
    clubs_english: Array = parameter(
        "clubs and activities are open to those who read of them in English",
        unit="log-odds per share of 1",
        prior=declare.normal(0.4, spread=0.4, low=-0.5, high=2),
        evidence="assumption",
        source="section 5.2 (direction)",
        symbol="f_e",
    )
    clubs_volunteer: Array = parameter(
        "volunteers meet more people at clubs and activities",
        unit="log-odds",
        prior=declare.normal(0.6, spread=0.4, low=-0.5, high=2),
        evidence="assumption",
        source="section 3.1 (direction)",
        symbol="f_w",
    )
    mentor_contacts: Array = parameter(
        "a mentor brings a Dutch friend",
        unit="probability per month",
        prior=declare.logit_normal(0.03, spread=0.5, low=0.001, high=0.2),
        evidence="assumption",
        source="EXT-15 and EXT-16 (direction)",
        symbol="f_m",
    )
    mentor_duration: Array = parameter(
        "how long a mentor stays",
        unit="months",
        prior=declare.normal(9, spread=2, low=3, high=24),
        evidence="literature",
        source="EXT-15 (host for nine months)",
        symbol="f_d",
    )
    dutch_partner_met: Array = parameter(
        "somebody single meets a Dutch partner",
        unit="probability per month",
        prior=declare.logit_normal(0.003, spread=0.5, low=0.0003, high=0.02),
        evidence="assumption",
        source="section 5.1 (direction)",
        symbol="f_p",
    )
    volunteer_start_worker: Array = parameter(
        "a worker starts to volunteer",
        unit="probability per month",
        prior=declare.logit_normal(0.007, spread=0.4, low=0.0005, high=0.05),
        evidence="expert",
        source="S31-004",
        symbol="v_w",
    )
    volunteer_start_partner: Array = parameter(
        "a partner starts to volunteer",
        unit="probability per month",
        prior=declare.logit_normal(0.07, spread=0.4, low=0.005, high=0.4),
        evidence="expert",
        source="S31-003",
        symbol="v_p",
    )
    volunteer_children: Array = parameter(
        "children make volunteering more likely",
        unit="log-odds",
        prior=declare.normal(0.7, spread=0.4, low=-0.5, high=2.5),
        evidence="expert",
        source="T33-006 (most volunteer at a school)",
        symbol="v_k",
    )
    volunteer_information_effect: Array = parameter(
        "vacancies in English make volunteering more likely",
        unit="log-odds per share of 1",
        prior=declare.normal(0.6, spread=0.4, low=-0.5, high=2),
        evidence="assumption",
        source="section 3.1 (direction)",
        symbol="v_i",
    )
    volunteer_stop: Array = parameter(
        "a volunteer stops",
        unit="probability per month",
        prior=declare.logit_normal(0.03, spread=0.5, low=0.003, high=0.2),
        evidence="assumption",
        source="no figure found",
        symbol="v_s",
    )


class Levers(English):
    """Mentors, English listings and vacancies."""

    mentor_projects: Array = lever(
        "share of newcomers matched with a Dutch-speaking mentor in the first year",
        unit="share",
        low=0,
        high=1,
        level_2009=Level2009(
            0.0, "measured", "section 5.2: a recommendation, no such project in 2009"
        ),
        reaches=SHARE_OF_NEWCOMERS,
        label="Newcomers matched with a Dutch-speaking mentor in their first year",
        through=("mentor_duration", "mentor_contacts", "language_mentor"),
        place=30,
        also_called="mentor mentoren mentors mentorproject mentorprojecten buddy buddies "
        "maatjes mentoring",
    )
    volunteer_information: Array = lever(
        "English volunteering vacancies, share of them that reach expats",
        unit="share",
        low=0,
        high=1,
        level_2009=EACH_CITY,
        label="Volunteering vacancies in English that reach expats",
        place=70,
        also_called="vrijwilligerswerk vrijwilligers vacatures volunteering volunteers",
    )


class Rates(NamedTuple):
    """Monthly odds, odds ratios, and weights of places relative to work."""

    mentor: Array
    mentor_months: Array
    first: Array
    more: Array
    more_per_friend: Array
    little: Array
    fluent: Array
    neighbourhood: Array
    school: Array
    sport: Array
    clubs: Array
    clubs_volunteer: Array
    mentor_contacts: Array
    lost: Array
    dutch_partner: Array
    volunteer_worker: Array
    volunteer_partner: Array
    volunteer_children: Array
    volunteer_stop: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds and weights: English listings open clubs, English vacancies open volunteering."""
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


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with friends (at most one made and one lost), mentors, partners, volunteering."""
    here = state.status == HERE
    one, zero = np.float32(1), np.float32(0)
    at_school = child_at_school(people, month)

    newcomer = here & ~state.had_mentor & (months_here(people, month) < 12)
    matched = newcomer & happens(uniforms(Decision.MENTOR), rates.mentor)

    friends = state.friends.astype("float32")
    further = rates.more + rates.more_per_friend * friends.clip(1, 11)
    pace = select(state.friends == 0, rates.first, further)
    pace = pace * pick(state.dutch, [one, one, rates.little, rates.fluent])
    # cumulative odds of the places, in the order of MEETING_PLACES
    at_work = pace * select(state.employed, one, zero)
    at_neighbourhood = at_work + pace * rates.neighbourhood
    at_the_school = at_neighbourhood + pace * select(at_school, rates.school, zero)
    at_sport = at_the_school + pace * rates.sport
    club = select(state.volunteers, rates.clubs * rates.clubs_volunteer, rates.clubs)
    at_clubs = at_sport + pace * club
    any_place = at_clubs + select(state.mentor_left > 0, rates.mentor_contacts, zero)
    x = uniforms(Decision.MEET_FRIEND) * (one + any_place)
    meets = here & (x < any_place) & (state.friends < MOST_FRIENDS)
    bit = (
        select(x < at_work, np.int32(1), np.int32(0))
        | select((x >= at_work) & (x < at_neighbourhood), np.int32(2), np.int32(0))
        | select((x >= at_neighbourhood) & (x < at_the_school), np.int32(4), np.int32(0))
        | select((x >= at_the_school) & (x < at_sport), np.int32(8), np.int32(0))
        | select((x >= at_sport) & (x < at_clubs), np.int32(16), np.int32(0))
        | select(x >= at_clubs, np.int32(32), np.int32(0))
    )
    loses = here & happens(uniforms(Decision.LOSE_FRIEND), rates.lost * friends)

    alone = here & people.single & ~state.dutch_partner
    falls_in_love = alone & happens(uniforms(Decision.MEET_PARTNER), rates.dutch_partner)

    start = select(people.head, rates.volunteer_worker, rates.volunteer_partner)
    start = start * select(people.child_birth_month != NONE, rates.volunteer_children, one)
    toggle = select(state.volunteers, rates.volunteer_stop, start)
    changes = here & happens(uniforms(Decision.VOLUNTEER), toggle)

    left = state.mentor_left - (here & (state.mentor_left > 0)).astype("int32")
    return state._replace(
        mentor_left=select(matched, rates.mentor_months.astype("int32"), left),
        had_mentor=state.had_mentor | matched,
        friends=state.friends + meets.astype("int32") - loses.astype("int32"),
        friend_places=select(meets, state.friend_places | bit, state.friend_places),
        dutch_partner=state.dutch_partner | falls_in_love,
        volunteers=state.volunteers ^ changes,
    )
