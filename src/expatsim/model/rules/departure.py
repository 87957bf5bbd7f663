"""Departures: competing reasons, one decision for the household, a reason and a destination.

The head's odds of the four reasons add up (multinomial logit hazard). Both adults of a couple see
the head's decision, so a household leaves as one.
"""

from __future__ import annotations

from functools import partial
from statistics import NormalDist
from typing import Annotated, NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    DONORS,
    START,
    CityQuality,
    Entrants,
    Indicator,
    Numbers,
    Uniforms,
    Vector,
    choice,
    count,
    flag,
    month,
    parameter,
)
from expatsim.model.hazards import look_up, odds, once, pick, select
from expatsim.model.state import (
    CHINA,
    CONTACTS,
    DESTINATIONS,
    HERE,
    JAPAN,
    LEFT,
    NEW_EU,
    OLD_EU,
    OPEN,
    ORIGINS,
    REASONS,
    UNITED_STATES,
    Array,
    Peers,
    People,
    State,
    child_at_school,
    months_here,
    outside_eu,
)

PLACE = 90
MOBILITIES = 8  # equal parts of people, by lasting mobility
RECENT = 12 * 2017  # calendar month of arrival from which the later cohorts count


def _mobility(adults: Entrants) -> Array:
    """Part of newcomers by lasting mobility, which counts for those who head a household."""
    return np.floor(MOBILITIES * adults.uniforms(Decision.MOBILITY)).astype(np.int32)


def _recent(adults: Entrants) -> Array:
    """Whether people arrived in 2017 or later."""
    return adults.calendar + adults.people["arrival_month"].astype(int) >= RECENT


STATES = (
    count(
        "mobility",
        0,
        MOBILITIES - 1,
        "eighth of people by lasting mobility, from the most settled",
        start=_mobility,
        stock=DONORS,
    ),
    flag("recent", "arrived in 2017 or later", start=_recent, stock=START),
    month("leave_month", "month of leaving, OPEN while here", start=OPEN, stock=START),
    choice("leave_reason", REASONS, "reason for leaving", start=0, stock=START),
    choice("destination", DESTINATIONS, "where somebody went", start=0, stock=START),
)


# by indicator, in the order of ``REASONS``
LEFT_FOR = {
    "left_contract": "contract ended or job lost",
    "left_choice": "own choice",
    "left_career": "career elsewhere",
    "left_family": "family",
}


def _for(reason: int, state: State, people: People, month: Array) -> Array:
    """Whether somebody left in a month for a reason, by its number in ``REASONS``."""
    return (state.leave_month == month) & (state.leave_reason == reason)


def _to(state: State, month: Array, destination: int) -> Array:
    """Whether somebody left in a month for a destination, by its number in ``DESTINATIONS``."""
    return (state.leave_month == month) & (state.destination == destination)


INDICATORS = (
    Indicator("left", "left this month", lambda s, p, m: s.leave_month == m, event=True),
    *(
        Indicator(name, f"left: {reason}", partial(_for, k), event=True)
        for k, (name, reason) in enumerate(LEFT_FOR.items(), start=1)
    ),
    Indicator(
        "to_home", "left for the country of origin", lambda s, p, m: _to(s, m, 1), event=True
    ),
    Indicator(
        "to_other_country", "left for another country", lambda s, p, m: _to(s, m, 2), event=True
    ),
    Indicator(
        "to_netherlands",
        "moved elsewhere in the Netherlands",
        lambda s, p, m: _to(s, m, 3),
        event=True,
    ),
)


class Parameters(declare.Parameters):
    """Chances to leave by reason, and shares of destinations."""

    leave_jobless: Array = parameter(
        "a household leaves when its worker has no job",
        unit="probability per month",
        prior=declare.logit_normal(0.12, spread=0.3, low=0.03, high=0.7),
        evidence="expert",
        source="EXT-07 (direction and size)",
        symbol="d_j",
    )
    leave_jobless_non_eu: Array = parameter(
        "without a job the permit of non-EU citizens ends",
        unit="log-odds",
        prior=declare.normal(1.6, spread=0.3, low=-0.5, high=3),
        evidence="expert",
        source="EXT-01 and EXT-03 above EXT-04",
        symbol="d_n",
    )
    leave_jobless_wish: Array = parameter(
        "those who want to stay search longer",
        unit="log-odds per step of wish",
        prior=declare.normal(-0.4, spread=0.25, low=-2, high=0.5),
        evidence="assumption",
        source="direction as EXT-14",
        symbol="d_jw",
        ask="After you lost your job: for how long did you look for another one here?",
        link=True,
    )
    leave_choice: Array = parameter(
        "a household leaves by its own choice (wish: maybe)",
        unit="probability per month",
        prior=declare.logit_normal(0.008, spread=0.3, low=0.0005, high=0.04),
        evidence="expert",
        source="EXT-13 and EXT-14",
        symbol="d_o",
    )
    leave_choice_wish: Array = parameter(
        "wish to stay and own choice",
        unit="log-odds per step of wish",
        prior=declare.normal(-1.1, spread=0.3, low=-3, high=0),
        evidence="literature",
        source="EXT-13 and EXT-14",
        symbol="d_ow",
        ask="Of those who said a year ago that they want to stay, or to leave: do you still "
        "live here?",
        link=True,
    )
    leave_career: Array = parameter(
        "a career elsewhere takes the household away",
        unit="probability per month",
        prior=declare.logit_normal(0.007, spread=0.3, low=0.0005, high=0.04),
        evidence="expert",
        source="section 2.1; EXT-01 to EXT-04 as a whole",
        symbol="d_c",
    )
    leave_career_posted: Array = parameter(
        "posted workers are called to the next place",
        unit="log-odds",
        prior=declare.normal(0.4, spread=0.3, low=-1, high=2),
        evidence="assumption",
        source="section 2.1 (posted back or on)",
        symbol="d_cp",
    )
    leave_career_wish: Array = parameter(
        "those who want to stay turn offers down",
        unit="log-odds per step of wish",
        prior=declare.normal(-0.5, spread=0.25, low=-2, high=0.5),
        evidence="assumption",
        source="section 2.1 (direction)",
        symbol="d_cw",
        ask="Did you turn down an offer elsewhere in the past year because you want to stay here?",
        link=True,
    )
    leave_family: Array = parameter(
        "family reasons take the household away",
        unit="probability per month",
        prior=declare.logit_normal(0.002, spread=0.4, low=0.0002, high=0.02),
        evidence="assumption",
        source="section 2.1 (direction)",
        symbol="d_f",
    )
    leave_family_children: Array = parameter(
        "children at school",
        unit="log-odds",
        prior=declare.normal(0.3, spread=0.3, low=-1, high=2),
        evidence="assumption",
        source="section 2.1 (both directions)",
        symbol="d_fk",
    )
    leave_partner_job: Array = parameter(
        "a working partner lowers leaving by choice and for the family",
        unit="log-odds",
        prior=declare.normal(-0.5, spread=0.3, low=-2, high=0.5),
        evidence="literature",
        source="EXT-09 (direction); EXT-41 (an association, so an upper bound)",
        symbol="d_pj",
    )
    leave_contacts: Array = parameter(
        "contacts who left",
        unit="log-odds per share of 1",
        prior=declare.normal(0.4, spread=0.25, low=-0.3, high=2),
        evidence="assumption",
        source="design (direction)",
        symbol="d_x",
    )
    leave_first_year: Array = parameter(
        "leaving by choice or for a career in the first year",
        unit="log-odds",
        prior=declare.normal(-0.9, spread=0.5, low=-3, high=1),
        evidence="literature",
        source="EXT-05 and EXT-06 (EXT-27 and EXT-36 say more leave early)",
        symbol="d_1",
    )
    leave_second_year: Array = parameter(
        "leaving by choice or for a career in the second year",
        unit="log-odds",
        prior=declare.normal(-0.3, spread=0.4, low=-2, high=1),
        evidence="literature",
        source="EXT-05 and EXT-06 (EXT-27 says more leave early)",
        symbol="d_2",
    )
    leave_new_job: Array = parameter(
        "a new job after a time without work",
        unit="log-odds",
        prior=declare.normal(-0.7, spread=0.3, low=-2.5, high=0.5),
        evidence="literature",
        source="EXT-08",
        symbol="d_r",
    )
    leave_spread: Array = parameter(
        "lasting differences between people in leaving by choice, for a career or the family",
        unit="standard deviation of log-odds",
        prior=declare.log_normal(0.8, spread=0.4, low=0.05, high=2.5),
        evidence="expert",
        source="EXT-06 and EXT-27 (early) beside EXT-34 (late)",
        symbol="d_s",
    )
    leave_old_eu: Array = parameter(
        "from the old EU, as against India and others",
        unit="log-odds",
        prior=declare.normal(0, spread=0.3, low=-1.5, high=1.5),
        evidence="assumption",
        source="EXT-37 (origins differ; Switzerland)",
        symbol="d_eu",
    )
    leave_new_eu: Array = parameter(
        "from the new EU, as against India and others",
        unit="log-odds",
        prior=declare.normal(0, spread=0.3, low=-1.5, high=1.5),
        evidence="assumption",
        source="EXT-37 (origins differ; Switzerland)",
        symbol="d_en",
    )
    leave_overseas: Array = parameter(
        "from the United States, China or Japan, as against India and others",
        unit="log-odds",
        prior=declare.normal(0.25, spread=0.3, low=-1.5, high=1.5),
        evidence="literature",
        source="EXT-37 (direction; Switzerland)",
        symbol="d_ov",
    )
    leave_recent_non_eu: Array = parameter(
        "arrived in 2017 or later from outside the EU, as against 2005 to 2016",
        unit="log-odds",
        prior=declare.normal(-0.25, spread=0.25, low=-1.5, high=0.75),
        evidence="literature",
        source="EXT-29 (all motives)",
        symbol="d_cn",
    )
    leave_recent_eu: Array = parameter(
        "arrived in 2017 or later from the EU, as against 2005 to 2016",
        unit="log-odds",
        prior=declare.normal(0, spread=0.12, low=-0.75, high=0.75),
        evidence="literature",
        source="EXT-27 and EXT-28 (all motives)",
        symbol="d_ce",
    )
    destination_home: Array = parameter(
        "of those who leave the country: goes home",
        unit="share",
        prior=declare.logit_normal(0.55, spread=0.3, low=0.2, high=0.9),
        evidence="assumption",
        source="no figure found",
        symbol="d_h",
        ask="Of those who left the country: did you go home, or on to a third country?",
    )
    destination_netherlands: Array = parameter(
        "of those who leave the city: goes elsewhere in the Netherlands",
        unit="share",
        prior=declare.logit_normal(0.12, spread=0.4, low=0.02, high=0.4),
        evidence="assumption",
        source="no figure found",
        symbol="d_m",
        ask="Of those who deregister: did you move to another Dutch municipality, and which?",
    )


class Rates(NamedTuple):
    """Monthly odds and odds ratios.

    Odds that depend on the household's wish have one number for each sum of both adults' wishes,
    0 (no, no) to 4 (yes, yes), or twice the wish of somebody alone. ``gone`` has the ratio for each
    number of contacts who left. All are computed beforehand, so that the loop only selects.
    """

    jobless: Annotated[Vector, 5]
    jobless_non_eu: Array
    choice: Annotated[Vector, 5]
    career: Annotated[Vector, 5]
    career_posted: Array
    family: Array
    family_children: Array
    partner_job: Array
    gone: Annotated[Vector, CONTACTS + 1]
    first_year: Array
    second_year: Array
    new_job: Array
    mobility: Annotated[Vector, MOBILITIES]
    origin: Annotated[Vector, len(ORIGINS)]
    recent_non_eu: Array
    recent_eu: Array
    netherlands: Array
    home: Array


def by_wish(probability: Array, effect: Array) -> Vector:
    """Odds for household wishes 0 to 4; ``effect`` is the log-odds of a whole step."""
    return tuple(odds(probability) * np.exp(effect * (h - 2) / 2) for h in range(5))


# middles of equal parts of the standard normal distribution
STANDARD_NORMAL = tuple(NormalDist().inv_cdf((k + 0.5) / MOBILITIES) for k in range(MOBILITIES))


def by_origin(p: Parameters) -> Vector:
    """Odds ratio of each origin group, in the order of ``ORIGINS``."""
    effects = {
        OLD_EU: p.leave_old_eu,
        NEW_EU: p.leave_new_eu,
        UNITED_STATES: p.leave_overseas,
        CHINA: p.leave_overseas,
        JAPAN: p.leave_overseas,
    }
    return tuple(np.exp(effects.get(k, 0.0)) for k in range(len(ORIGINS)))


def rates(p: Parameters, policy: Numbers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds to leave; no lever acts on them directly (EXT-26), only through wish and renewal."""
    return Rates(
        jobless=by_wish(p.leave_jobless, p.leave_jobless_wish),
        choice=by_wish(p.leave_choice, p.leave_choice_wish),
        career=by_wish(p.leave_career, p.leave_career_wish),
        gone=tuple(np.exp(p.leave_contacts * k / CONTACTS) for k in range(CONTACTS + 1)),
        jobless_non_eu=np.exp(p.leave_jobless_non_eu),
        career_posted=np.exp(p.leave_career_posted),
        family=odds(p.leave_family),
        family_children=np.exp(p.leave_family_children),
        partner_job=np.exp(p.leave_partner_job),
        first_year=np.exp(p.leave_first_year),
        second_year=np.exp(p.leave_second_year),
        new_job=np.exp(p.leave_new_job),
        mobility=tuple(np.exp(p.leave_spread * z) for z in STANDARD_NORMAL),
        origin=by_origin(p),
        recent_non_eu=np.exp(p.leave_recent_non_eu),
        recent_eu=np.exp(p.leave_recent_eu),
        netherlands=p.destination_netherlands,
        home=p.destination_netherlands + (1 - p.destination_netherlands) * p.destination_home,
    )


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with those gone who leave this month: heads decide, partners follow."""
    one, zero = np.float32(1), np.float32(0)
    household_wish = state.wish.astype("int32") + peers.partner_wish
    months = months_here(people, month)
    later = select(months < 24, rates.second_year, one)
    settling = select(months < 12, rates.first_year, later)
    settling = settling * select(state.rehired, rates.new_job, one)
    non_eu = outside_eu(people.origin)
    later_cohort = select(non_eu, rates.recent_non_eu, rates.recent_eu)
    lasting = pick(state.mobility, rates.mobility) * pick(people.origin, rates.origin)
    lasting = lasting * select(state.recent, later_cohort, one)
    partner_job = select(peers.partner_employed, rates.partner_job, one)
    gone = pick(peers.gone, rates.gone)

    jobless = pick(household_wish, rates.jobless)
    jobless = jobless * select(non_eu, rates.jobless_non_eu, one)
    contract_ended = select(state.employed, zero, jobless)
    choice = pick(household_wish, rates.choice)
    own_choice = contract_ended + choice * lasting * settling * partner_job * gone
    career = pick(household_wish, rates.career)
    career = career * select(people.posted, rates.career_posted, one)
    career_elsewhere = own_choice + career * lasting * settling
    at_school = child_at_school(people, month)
    family = rates.family * select(at_school, rates.family_children, one) * lasting * partner_job
    any_reason = career_elsewhere + family

    x = uniforms(Decision.LEAVE) * (one + any_reason)
    reason = (
        (x < any_reason).astype("int32")
        + ((x >= contract_ended) & (x < any_reason)).astype("int32")
        + ((x >= own_choice) & (x < any_reason)).astype("int32")
        + ((x >= career_elsewhere) & (x < any_reason)).astype("int32")
    )
    u = uniforms(Decision.DESTINATION)
    destination = select(
        u < rates.netherlands, np.int32(3), select(u < rates.home, np.int32(1), np.int32(2))
    )
    decided = (state.status == HERE) & people.head
    code = select(decided & (reason > 0), reason + destination * np.int32(8), np.int32(0))
    # the partner sees the head's decision
    code = once(look_up(code.astype("uint8"), people.head_slot)).astype("int32")
    leaves = (state.status == HERE) & (code > 0)
    return state._replace(
        status=select(leaves, np.int32(LEFT), state.status),
        leave_month=select(leaves, month, state.leave_month),
        leave_reason=select(leaves, code & np.int32(7), state.leave_reason),
        destination=select(leaves, code >> np.int32(3), state.destination),
    )
