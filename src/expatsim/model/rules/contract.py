"""Contracts: at the end a renewal, more likely for those who wish to stay, or no job."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    ARRIVALS,
    DONORS,
    CityQuality,
    Numbers,
    Uniforms,
    Vector,
    month,
    parameter,
)
from expatsim.model.hazards import happens, odds, pick, select
from expatsim.model.state import HERE, NONE, OPEN, WISHES, Array, Peers, People, State

PLACE = 80

STATES = (
    month(
        "contract_end",
        "last month of the head's contract, OPEN or NONE",
        start=ARRIVALS,
        stock=DONORS,
        changes=("contract goes on", "contract ends"),
    ),
)


class Parameters(declare.Parameters):
    """Chances of renewal, and terms of new contracts."""

    renewal: Array = parameter(
        "a contract that ends is renewed",
        unit="probability",
        prior=declare.logit_normal(0.35, spread=0.3, low=0.05, high=0.95),
        evidence="assumption",
        source="EXT-01 to EXT-04 as a whole",
        symbol="c_r",
        ask="When your last contract ended: was it renewed?",
    )
    renewal_wish: Array = parameter(
        "somebody who wants to stay asks for more",
        unit="log-odds per step of wish",
        prior=declare.normal(0.6, spread=0.3, low=-0.3, high=2),
        evidence="assumption",
        source="section 2.1 (direction)",
        symbol="c_w",
        ask="Before your contract ended: did you ask your employer to renew it?",
        link=True,
    )
    renewal_climate: Array = parameter(
        "a better climate means more renewals",
        unit="log-odds per climate point",
        prior=declare.normal(0.4, spread=0.2, low=0, high=1.5),
        evidence="assumption",
        source="section 2.1 (direction)",
        symbol="c_c",
    )
    renewal_open: Array = parameter(
        "a new contract has no end date (else it runs two years)",
        unit="probability",
        prior=declare.logit_normal(0.4, spread=0.4, low=0.05, high=0.95),
        evidence="assumption",
        source="no figure found",
        symbol="c_o",
    )


class Rates(NamedTuple):
    """Odds of renewal for the wishes no, maybe and yes; probability of an open new contract."""

    renew: Annotated[Vector, len(WISHES)]
    open: Array


def rates(p: Parameters, policy: Numbers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds of renewal by wish, higher in a good climate, and the chance of an open contract."""
    maybe = odds(p.renewal) * np.exp(p.renewal_climate * climate)
    step_of_wish = np.exp(p.renewal_wish)
    return Rates(
        renew=(maybe / step_of_wish, maybe, maybe * step_of_wish),
        open=p.renewal_open,
    )


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with contracts renewed, begun or ended.

    A new contract (renewed, or after a new job) is open or runs two years. A contract that is not
    renewed, or whose job was lost, is gone (``NONE``).
    """
    working = (state.status == HERE) & people.head & state.employed
    jobless = (state.status == HERE) & people.head & ~state.employed
    ends = working & (state.contract_end == month)
    o = pick(state.wish, rates.renew)
    renewed = ends & happens(uniforms(Decision.RENEW), o)
    new_job = working & (state.contract_end == NONE)
    two_years = month + 24
    term = select(uniforms(Decision.NEW_TERM) < rates.open, np.int32(OPEN), two_years)
    gone = jobless | (ends & ~renewed)
    end = select(renewed | new_job, term, state.contract_end)
    return state._replace(contract_end=select(gone, np.int32(NONE), end))
