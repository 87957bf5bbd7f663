"""Economy: workers lose jobs, workers and partners find them, as the climate allows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, odds, select
from expatsim.model.state import HERE, NONE, Peers, People, State


class Rates(NamedTuple):
    """Monthly odds."""

    lose: Any
    find: Any
    partner_find: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """A good climate (above 0) means fewer losses and more jobs."""
    better = np.exp(p.job_find_climate * climate)
    return Rates(
        lose=odds(p.job_loss) * np.exp(p.job_loss_climate * climate),
        find=odds(p.job_find) * better,
        partner_find=odds(p.partner_job_find) * better,
    )


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """One draw: those with a job may lose it, those without may find one.

    A contract that ran out last month (a head at work without one) leaves the worker jobless.
    """
    here = state.status == HERE
    over = here & people.head & state.employed & (state.contract_end == NONE)
    employed = state.employed & ~over
    find = select(people.head, rates.find, rates.partner_find)
    changes = here & ~over & happens(draws(Decision.JOB), select(employed, rates.lose, find))
    employed = employed ^ changes
    return state._replace(
        employed=employed,
        rehired=employed & (state.rehired | (changes & people.head)),
    )
