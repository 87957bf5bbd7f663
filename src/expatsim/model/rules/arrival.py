"""Arrivals: candidates whose month has come enter the city."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.model import declare
from expatsim.model.declare import (
    START,
    CityQuality,
    Indicator,
    Numbers,
    Uniforms,
    choice,
    parameter,
)
from expatsim.model.hazards import select
from expatsim.model.state import HERE, STATUS, WAITING, Array, Peers, People, State

PLACE = 10

STATES = (choice("status", STATUS, "whether somebody is in the city", start=WAITING, stock=START),)
INDICATORS = (
    Indicator(
        "here", "people in the city at the end of the month", lambda s, p, m: s.status == HERE
    ),
    Indicator("workers", "of these, workers (partners are the rest)", lambda s, p, m: p.head),
    Indicator("arrived", "arrived this month", lambda s, p, m: p.arrival_month == m, event=True),
    Indicator(
        "arrived_partners",
        "of these, partners of workers",
        lambda s, p, m: (p.arrival_month == m) & ~p.head,
        event=True,
    ),
)


class Parameters(declare.Parameters):
    """Attributes of arrivals; used where newcomers are made, not in the monthly step."""

    inflow_climate: Array = parameter(
        "how strongly arrivals follow the economic climate "
        "(2009 was one point down: 37 to 44 % fewer)",
        unit="log-ratio per climate point",
        prior=declare.normal(0.53, spread=0.1, low=0, high=1.5),
        evidence="measured",
        source="EXT-23; NAT-002 and NAT-003",
        symbol="i_c",
    )
    women_share: Array = parameter(
        "women among arriving workers",
        unit="share",
        prior=declare.logit_normal(0.25, spread=0.1, low=0.05, high=0.6),
        evidence="measured",
        source="NAT-007",
        symbol="s_w",
    )
    couple_share: Array = parameter(
        "arriving workers who bring a partner",
        unit="share",
        prior=declare.logit_normal(0.38, spread=0.15, low=0.1, high=0.7),
        evidence="literature",
        source="EXT-10",
        symbol="s_c",
    )
    children_share: Array = parameter(
        "arriving couples who bring children",
        unit="share",
        prior=declare.logit_normal(0.55, spread=0.3, low=0.2, high=0.9),
        evidence="expert",
        source="FAM-004 FAM-020 FAM-024 read as arrivals",
        symbol="s_k",
    )
    partner_job_share: Array = parameter(
        "partners who have a job soon after arrival",
        unit="share",
        prior=declare.logit_normal(0.15, spread=0.4, low=0.01, high=0.5),
        evidence="literature",
        source="EXT-11; JOB-001",
        symbol="s_pj",
    )
    posted_share: Array = parameter(
        "arriving workers posted by their company",
        unit="share",
        prior=declare.logit_normal(0.5, spread=0.3, low=0.1, high=0.9),
        evidence="expert",
        source="MOT-001 is a cross-section",
        symbol="s_p",
    )
    contract_one_year: Array = parameter(
        "contracts of half a year or one year among arrivals",
        unit="log-ratio to open",
        prior=declare.normal(-1, spread=0.4, low=-3, high=2),
        evidence="expert",
        source="T22 corrected for length bias",
        symbol="k_1",
    )
    contract_three_years: Array = parameter(
        "contracts of two or three years among arrivals",
        unit="log-ratio to open",
        prior=declare.normal(0.5, spread=0.3, low=-2, high=3),
        evidence="expert",
        source="T22 corrected for length bias",
        symbol="k_3",
    )
    contract_five_years: Array = parameter(
        "contracts of four or five years among arrivals",
        unit="log-ratio to open",
        prior=declare.normal(-0.7, spread=0.4, low=-3, high=2),
        evidence="expert",
        source="T22 corrected for length bias",
        symbol="k_5",
    )
    contract_seven_years: Array = parameter(
        "contracts of six or seven years among arrivals",
        unit="log-ratio to open",
        prior=declare.normal(-2.6, spread=0.6, low=-5, high=0),
        evidence="expert",
        source="T22 corrected for length bias",
        symbol="k_7",
    )


class Rates(NamedTuple):
    """``inflow``: arrivals relative to a neutral climate; used when the slots are laid out."""

    inflow: Array


def rates(p: Parameters, policy: Numbers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Arrivals relative to a neutral climate, which follow the economic climate (EXT-23)."""
    return Rates(inflow=np.exp(p.inflow_climate * climate))


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with candidates here whose month of arrival this is."""
    comes = (state.status == WAITING) & (people.arrival_month == month)
    return state._replace(status=select(comes, np.int32(HERE), state.status))
