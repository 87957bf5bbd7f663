"""Contract: at its end a renewal, more likely when wanted, or the end of the job."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, odds, pick, select
from expatsim.model.state import HERE, NONE, OPEN, Peers, People, State


class Rates(NamedTuple):
    """Odds of renewal for the wishes no, maybe and yes; probability of an open new contract."""

    renew_no: Any
    renew_maybe: Any
    renew_yes: Any
    open: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """Employers renew more in a good climate."""
    maybe = odds(p.renewal) * np.exp(p.renewal_climate * climate)
    step_of_wish = np.exp(p.renewal_wish)
    return Rates(
        renew_no=maybe / step_of_wish,
        renew_maybe=maybe,
        renew_yes=maybe * step_of_wish,
        open=p.renewal_open,
    )


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """A new contract (renewed, or after a new job) is open or runs two years.

    A contract that is not renewed, or whose job was lost, is gone (``NONE``).
    """
    working = (state.status == HERE) & people.head & state.employed
    jobless = (state.status == HERE) & people.head & ~state.employed
    ends = working & (state.contract_end == month)
    o = pick(state.wish, [rates.renew_no, rates.renew_maybe, rates.renew_yes])
    renewed = ends & happens(draws(Decision.RENEW), o)
    new_job = working & (state.contract_end == NONE)
    two_years = month + 24
    term = select(draws(Decision.NEW_TERM) < rates.open, np.int32(OPEN), two_years)
    gone = jobless | (ends & ~renewed)
    end = select(renewed | new_job, term, state.contract_end)
    return state._replace(contract_end=select(gone, np.int32(NONE), end))
