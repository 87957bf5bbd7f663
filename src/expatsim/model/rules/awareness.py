"""Awareness of the desk and the other services of the city, and their use.

Newcomers (first twelve months) hear through the city; everybody hears from contacts who know.
Use follows awareness and need, which is highest in the first year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    DONORS,
    EACH_CITY,
    SHARE_OF_NEWCOMERS,
    CityQuality,
    Indicator,
    Uniforms,
    flag,
    lever,
    parameter,
)
from expatsim.model.hazards import happens, monthly, odds, select
from expatsim.model.state import CONTACTS, HERE, Array, Peers, People, State, months_here

PLACE = 30

STATES = (
    flag(
        "knows_desk",
        "knows the expat desk",
        start=False,
        stock=DONORS,
        changes=("hears of the desk", "does not hear of the desk"),
    ),
    flag(
        "knows_service",
        "knows the desk or any other service",
        start=False,
        stock=DONORS,
        changes=("hears of a service", "does not hear of a service"),
    ),
    flag(
        "used_service",
        "has used a service",
        start=False,
        stock=DONORS,
        changes=("uses a service", "uses no service"),
    ),
)
INDICATORS = (
    Indicator("knows_desk", "know the expat desk", lambda s, p, m: s.knows_desk),
    Indicator(
        "knows_service",
        "know the desk or another service of the city",
        lambda s, p, m: s.knows_service,
    ),
    Indicator("used_service", "have used a service", lambda s, p, m: s.used_service),
)


class Parameters(declare.Parameters):
    """Chances to hear of services and to use them."""

    publicity: Array = parameter(
        "a newcomer comes across another service of the city (website; folder; box)",
        unit="probability per month",
        prior=declare.logit_normal(0.02, spread=0.4, low=0.001, high=0.1),
        evidence="expert",
        source="S41-005 and S41-007; EXT-48 (5 % know of advice in Germany)",
        symbol="a_p",
    )
    event_reach: Array = parameter(
        "a newcomer hears of the services through one welcome day",
        unit="probability per event",
        prior=declare.logit_normal(0.06, spread=0.5, low=0.005, high=0.3),
        evidence="assumption",
        source="no figure found",
        symbol="a_e",
    )
    word_of_mouth: Array = parameter(
        "hearing of a service when all contacts know it",
        unit="probability per month",
        prior=declare.logit_normal(0.04, spread=0.5, low=0.002, high=0.3),
        evidence="assumption",
        source="no figure found",
        symbol="a_w",
    )
    late_information: Array = parameter(
        "chance to hear or to use after the first year relative to the first year",
        unit="ratio",
        prior=declare.log_normal(0.3, spread=0.4, low=0.05, high=1),
        evidence="assumption",
        source="no figure found",
        symbol="a_l",
    )
    use_service: Array = parameter(
        "a newcomer who knows a service uses it",
        unit="probability per month",
        prior=declare.logit_normal(0.09, spread=0.4, low=0.005, high=0.4),
        evidence="expert",
        source="S41-006 and S41-010; EXT-47 (to be told once was not enough)",
        symbol="a_u",
    )


class Events(declare.Levers):
    """Welcome days; people also feel welcome through them."""

    welcome_events: Array = lever(
        "welcome days a year",
        unit="events a year",
        low=0,
        high=24,
        level_2009=EACH_CITY,
        label="Welcome days a year",
        place=40,
        also_called="welkomstdagen welkomstdag welkomstevenementen evenementen events",
    )


class Levers(Events):
    """Ways in which the city makes its services known."""

    desk_visibility: Array = lever(
        "chance that a newcomer is told about the expat desk within the first year",
        unit="share",
        low=0,
        high=1,
        level_2009=EACH_CITY,
        reaches=SHARE_OF_NEWCOMERS,
        label="Newcomers who are told about the expat desk in their first year",
        through=("word_of_mouth", "late_information", "use_service", "welcome_used"),
        place=10,
        also_called="expatdesk expat_desk balie loket desk zichtbaarheid expatbalie",
    )


class Rates(NamedTuple):
    """Monthly odds; ``mouth`` for each contact who knows; ``late`` relative to the first year."""

    desk: Array
    service: Array
    mouth: Array
    use: Array
    late: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds to hear and to use: the desk's visibility is a share within a year, events add up."""
    events = policy.welcome_events / 12
    return Rates(
        desk=odds(monthly(policy.desk_visibility)),
        service=odds(p.publicity) + odds(p.event_reach) * events,
        mouth=odds(p.word_of_mouth) / CONTACTS,
        use=odds(p.use_service),
        late=p.late_information,
    )


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with awareness and use.

    Those who hear of the desk know a service; those who knew one last month may use it.
    """
    here = state.status == HERE
    time = select(months_here(people, month) < 12, np.float32(1), rates.late)
    desk = time * rates.desk + rates.mouth * peers.know_desk
    service = time * rates.service + rates.mouth * peers.know_service
    hears_desk = here & happens(uniforms(Decision.HEAR_DESK), desk)
    hears = here & happens(uniforms(Decision.HEAR_SERVICE), service)
    uses = here & state.knows_service & happens(uniforms(Decision.USE_SERVICE), time * rates.use)
    return state._replace(
        knows_desk=state.knows_desk | hears_desk,
        knows_service=state.knows_service | hears_desk | hears,
        used_service=state.used_service | uses,
    )
