"""Two opinions, on the welcome and on the city, from circumstances and lasting taste."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.cities.level import Level2009
from expatsim.model import declare
from expatsim.model.declare import (
    DONORS,
    EACH_CITY,
    CityQuality,
    Indicator,
    Uniforms,
    flag,
    lever,
    parameter,
)
from expatsim.model.hazards import select
from expatsim.model.rules.awareness import Events
from expatsim.model.rules.language import English
from expatsim.model.state import HERE, Array, Peers, People, State

PLACE = 60
LOG_ODDS = True  # rates are log-odds and grades, which add up, not odds
UNCHANGED = Level2009(0.0, "measured", "zero by definition: change from 2009")

STATES = (
    flag(
        "feels_welcome",
        "feels welcome by the city's policy",
        start=False,
        stock=DONORS,
        changes=("feels welcome", "feels less welcome"),
    ),
    flag("finds_attractive", "finds the city attractive", start=False, stock=DONORS),
)
INDICATORS = (
    Indicator(
        "feels_welcome", "feel welcome through the city's policy", lambda s, p, m: s.feels_welcome
    ),
    Indicator(
        "finds_attractive",
        "find the city attractive for expats",
        lambda s, p, m: s.finds_attractive,
    ),
)


class Quality(declare.Parameters):
    """Effects on the quality of the city; the rule on the wish reads them too."""

    health_english: Array = parameter(
        "health care in English raises the grade for health care",
        unit="grade points per share of 1",
        prior=declare.normal(1, spread=0.4, low=0, high=3),
        evidence="assumption",
        source="section 4.2 (language barrier in health care)",
        symbol="w_h",
    )
    nightlife_young: Array = parameter(
        "extra weight of nightlife in the city's grade for those under 35",
        unit="grade points per nightlife point",
        prior=declare.normal(0.15, spread=0.08, low=0, high=0.5),
        evidence="assumption",
        source="section 4.2 (those of 25 to 35)",
        symbol="w_n",
    )


class Parameters(Quality):
    """Effects on feeling welcome and on finding the city attractive."""

    welcome_level: Array = parameter(
        "feeling welcome through the city's policy without any of what follows",
        unit="log-odds",
        prior=declare.normal(-1.3, spread=0.4, low=-4, high=2),
        evidence="expert",
        source="S41-011 (agree: one third)",
        symbol="w_0",
    )
    welcome_used: Array = parameter(
        "having used a service",
        unit="log-odds",
        prior=declare.normal(1, spread=0.4, low=-0.5, high=3),
        evidence="expert",
        source="section 4.1 (direction); EXT-47 (only where the content was good)",
        symbol="w_u",
    )
    welcome_english: Array = parameter(
        "information in English",
        unit="log-odds per share of 1",
        prior=declare.normal(0.8, spread=0.5, low=-0.5, high=3),
        evidence="assumption",
        source="section 4.2 (first wish of respondents); EXT-47 (only where the content was good)",
        symbol="w_e",
        ask="Did you get the city's letters in a language that you read well, and do you feel "
        "welcome here?",
    )
    welcome_friendliness: Array = parameter(
        "friendly desks",
        unit="log-odds per grade point",
        prior=declare.normal(0.4, spread=0.3, low=-0.2, high=2),
        evidence="assumption",
        source="section 4.2 (second wish of respondents)",
        symbol="w_f",
        ask="How friendly was the desk the last time you were there, and do you feel welcome here?",
    )
    welcome_events_effect: Array = parameter(
        "welcome days",
        unit="log-odds per event a year",
        prior=declare.normal(0.05, spread=0.04, low=-0.1, high=0.3),
        evidence="assumption",
        source="section 4.1 (direction)",
        symbol="w_w",
    )
    welcome_friends: Array = parameter(
        "Dutch friends (up to five)",
        unit="log-odds per friend",
        prior=declare.normal(0.1, spread=0.08, low=-0.2, high=0.6),
        evidence="assumption",
        source="section 5.1 (direction)",
        symbol="w_d",
    )
    welcome_dutch: Array = parameter(
        "knowing Dutch",
        unit="log-odds per level",
        prior=declare.normal(0.1, spread=0.1, low=-0.3, high=0.8),
        evidence="assumption",
        source="section 5.1 (direction)",
        symbol="w_l",
    )
    attractive_level: Array = parameter(
        "finding the city attractive at a mean grade of seven",
        unit="log-odds",
        prior=declare.normal(0.6, spread=0.4, low=-2, high=4),
        evidence="expert",
        source="T42d (not tuned on it)",
        symbol="w_a",
    )
    attractive_quality: Array = parameter(
        "grades for the city",
        unit="log-odds per grade point",
        prior=declare.normal(1.5, spread=0.5, low=0, high=5),
        evidence="expert",
        source="T41 and T42d (not tuned on it)",
        symbol="w_q",
    )


def _grade(of: str, *, place: int, most: float = 2, also_called: str) -> Any:
    """The lever that changes one of the ten grades of Tabel 4.1.

    Parameters
    ----------
    of : str
        What the grade is for, as in the table.
    place : int
        As of :class:`expatsim.model.declare.Lever`.
    most : float
        Largest change either way; by default no grade of 2009, which are 5.9 to 8.0, can leave the
        scale of 1 to 10.
    also_called : str
        As of :class:`expatsim.model.declare.Lever`.
    """
    return lever(
        f"change in the grade for {of} of Tabel 4.1",
        unit="grade points",
        low=-most,
        high=most,
        level_2009=UNCHANGED,
        label=f"Grade for {of}, change since 2009",
        place=place,
        also_called=also_called,
    )


class Grades(declare.Levers):
    """Levers that change the quality of the city; the rule on the wish reads them too.

    Each of the ten grades of Tabel 4.1 is one, under its name there; only that for nightlife counts
    more for some people than for others.
    """

    healthcare_english: Array = lever(
        "share of contacts with health care possible in English",
        unit="share",
        low=0,
        high=1,
        level_2009=EACH_CITY,
        label="Contacts with health care that are possible in English",
        place=80,
        also_called="huisarts huisartsen doctors zorg_in_het_engels engelse_zorg",
    )
    hospitality: Array = _grade(
        "hospitality", place=90, also_called="gastvrijheid gastvrij ontvangst"
    )
    housing_supply: Array = _grade(
        "housing supply",
        place=91,
        also_called="woningaanbod woningen woning wonen woningmarkt huizen housing houses homes",
    )
    restaurants: Array = _grade(
        "restaurants", place=92, also_called="restaurant eetgelegenheden eten_en_drinken"
    )
    shops: Array = _grade(
        "shops", place=93, also_called="winkels winkel winkelaanbod winkelen shopping"
    )
    culture: Array = _grade(
        "culture", place=94, also_called="cultuur cultuuraanbod cultural_offer kunst arts"
    )
    nightlife: Array = _grade(
        "nightlife", place=95, most=3, also_called="uitgaan nachtleven uitgaansleven horeca"
    )
    public_space: Array = _grade(
        "public space",
        place=96,
        also_called="openbare_ruimte buitenruimte straten pleinen public_spaces",
    )
    health_care: Array = _grade(
        "health care",
        place=97,
        also_called="zorg gezondheidszorg zorgaanbod healthcare health",
    )
    safety: Array = _grade(
        "safety", place=98, also_called="veiligheid veilig veiligheidsgevoel safe_city"
    )
    education: Array = _grade(
        "education",
        place=99,
        also_called="onderwijs scholen school schools internationale_scholen "
        "international_schools opleiding",
    )


class Levers(English, Events, Grades):
    """Policy that people notice without using a service."""

    customer_friendliness: Array = lever(
        "change in the grade for service at city and public desks",
        unit="grade points",
        low=-2,
        high=2,
        level_2009=UNCHANGED,
        label="Grade for service at public desks, change since 2009",
        place=50,
        also_called="klantvriendelijkheid klantgerichtheid service vriendelijkheid",
    )


class Rates(NamedTuple):
    """Log-odds of both opinions; ``young`` is added for those under 35."""

    base: Array
    used: Array
    friend: Array
    dutch: Array
    attractive: Array
    young: Array


def quality(p: Quality, policy: Grades, city: CityQuality) -> tuple[Array, Array]:
    """Mean grade of the city less seven, and grade points that those under 35 add for nightlife.

    ``city.grade`` is the mean of the ten grades of Tabel 4.1 and ``city.nightlife`` one of them;
    each has a tenth of the weight. Health care in English moves the grade for health care from its
    level in 2009.
    """
    health = p.health_english * (policy.healthcare_english - city.healthcare_english)
    changes = policy.hospitality + policy.housing_supply + policy.restaurants + policy.shops
    changes = changes + policy.culture + policy.nightlife + policy.public_space
    changes = changes + policy.health_care + policy.safety + policy.education
    mean = city.grade + (changes + health) / 10
    young = p.nightlife_young * (city.nightlife + policy.nightlife - mean)
    return mean - 7, young


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Log-odds; English, friendly desks and welcome days raise those of feeling welcome."""
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


def scores(state: State, people: People, rates: Rates, month: Array) -> tuple[Array, Array]:
    """Scores of both opinions: circumstances plus a standard logistic taste, in log-odds."""
    zero = np.float32(0)
    welcome = people.welcome_taste + rates.base + select(state.used_service, rates.used, zero)
    welcome = welcome + rates.friend * state.friends.astype("float32").clip(0, 5)
    welcome = welcome + rates.dutch * state.dutch.astype("float32")
    young = month - people.birth_month.astype("int32") < 35 * 12
    attractive = people.city_taste + rates.attractive + select(young, rates.young, zero)
    return welcome, attractive


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with the opinions of this month: people agree where the score is above zero."""
    here = state.status == HERE
    welcome, attractive = scores(state, people, rates, month)
    return state._replace(
        feels_welcome=select(here, welcome > 0, state.feels_welcome),
        finds_attractive=select(here, attractive > 0, state.finds_attractive),
    )
