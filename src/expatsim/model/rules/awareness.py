"""Hear of services: the desk, the other services, and their use.

Newcomers (first twelve months) hear through the city; everybody hears from contacts who know.
Use follows awareness and need, which is highest in the first year.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, monthly, odds, select
from expatsim.model.state import CONTACTS, HERE, Peers, People, State, months_here


class Rates(NamedTuple):
    """Monthly odds; ``mouth`` for each contact who knows; ``late`` relative to the first year."""

    desk: Any
    service: Any
    mouth: Any
    use: Any
    late: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """The desk's visibility is a share within the first year; events add to publicity."""
    events = policy.welcome_events / 12
    return Rates(
        desk=odds(monthly(policy.desk_visibility)),
        service=odds(p.publicity) + odds(p.event_reach) * events,
        mouth=odds(p.word_of_mouth) / CONTACTS,
        use=odds(p.use_service),
        late=p.late_information,
    )


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Who hears of the desk knows a service; who knew last month may use one."""
    here = state.status == HERE
    time = select(months_here(people, month) < 12, np.float32(1), rates.late)
    desk = time * rates.desk + rates.mouth * peers.know_desk
    service = time * rates.service + rates.mouth * peers.know_service
    hears_desk = here & happens(draws(Decision.HEAR_DESK), desk)
    hears = here & happens(draws(Decision.HEAR_SERVICE), service)
    uses = here & state.knows_service & happens(draws(Decision.USE_SERVICE), time * rates.use)
    return state._replace(
        knows_desk=state.knows_desk | hears_desk,
        knows_service=state.knows_service | hears_desk | hears,
        used_service=state.used_service | uses,
    )
