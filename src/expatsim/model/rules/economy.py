"""Jobs: workers lose them, workers and partners find them, as the climate allows.

A programme may help partners to find work in their first year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.cities.level import Level2009
from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import (
    ARRIVALS,
    DONORS,
    SHARE_OF_PARTNERS,
    CityQuality,
    Indicator,
    Uniforms,
    flag,
    lever,
    parameter,
)
from expatsim.model.hazards import happens, odds, select
from expatsim.model.state import HERE, NONE, Array, Peers, People, State, months_here

PLACE = 20

STATES = (
    flag("employed", "has a job", start=ARRIVALS, stock=DONORS, changes=("job", "job")),
    flag("rehired", "found a job after a time without", start=False, stock=DONORS),
)
INDICATORS = (Indicator("employed", "have a job", lambda s, p, m: s.employed),)


class Parameters(declare.Parameters):
    """Losing and finding work."""

    job_loss: Array = parameter(
        "a worker loses the job before the contract ends",
        unit="probability per month",
        prior=declare.logit_normal(0.004, spread=0.4, low=0.0005, high=0.02),
        evidence="assumption",
        source="no figure for expats found",
        symbol="e_l",
    )
    job_loss_climate: Array = parameter(
        "a better climate means fewer job losses",
        unit="log-odds per climate point",
        prior=declare.normal(-0.6, spread=0.3, low=-2, high=0),
        evidence="assumption",
        source="direction from section 1.2",
        symbol="e_lc",
    )
    job_find: Array = parameter(
        "a worker without a job finds one",
        unit="probability per month",
        prior=declare.logit_normal(0.12, spread=0.4, low=0.01, high=0.4),
        evidence="assumption",
        source="no figure for expats found",
        symbol="e_f",
    )
    job_find_climate: Array = parameter(
        "a better climate means more jobs found",
        unit="log-odds per climate point",
        prior=declare.normal(0.4, spread=0.2, low=0, high=1.5),
        evidence="assumption",
        source="direction from section 1.2",
        symbol="e_fc",
    )
    partner_job_find: Array = parameter(
        "a partner without a job finds one",
        unit="probability per month",
        prior=declare.logit_normal(0.006, spread=0.5, low=0.001, high=0.05),
        evidence="expert",
        source="JOB-001 JOB-003; EXT-11",
        symbol="e_pf",
    )
    partner_job_help: Array = parameter(
        "a programme helps a partner whom it reaches to find a job",
        unit="log-odds",
        prior=declare.normal(0.7, spread=0.5, low=-0.5, high=2.5),
        evidence="assumption",
        source="no effect of such a programme found; EXT-42 as a bound (of those who answered "
        "20 % found a job within 3 months and 40 % want help: together at most 1.7)",
        symbol="e_ph",
    )


class Levers(declare.Levers):
    """Work for partners."""

    partner_jobs: Array = lever(
        "share of newcomers' partners whom a programme helps to find work in the first year",
        unit="share",
        low=0,
        high=1,
        level_2009=Level2009(0.0, "assumption", "the report names no such programme"),
        reaches=SHARE_OF_PARTNERS,
        label="Partners of newcomers who are helped to find work in their first year",
        through=("partner_job_find", "leave_partner_job"),
        place=75,
        also_called="partnerbanen partner_banen banen_voor_partners werk_voor_partners "
        "partnerprogramma partnerwerk partner_job partner_work partner_employment "
        "jobs_for_partners work_for_partners spouse_jobs dual_career",
    )


class Rates(NamedTuple):
    """Monthly odds; partners have others in their first year, when a programme may help them."""

    lose: Array
    find: Array
    partner_find: Array
    partner_find_first_year: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: CityQuality) -> Rates:
    """Odds of losing and finding a job; a good climate (above 0) means fewer losses, more jobs.

    Odds of partners in their first year are the mean of those whom the programme reaches and of the
    others, since nobody's part in it is kept.
    """
    better = np.exp(p.job_find_climate * climate)
    partner_find = odds(p.partner_job_find) * better
    helped = 1 + policy.partner_jobs * (np.exp(p.partner_job_help) - 1)
    return Rates(
        lose=odds(p.job_loss) * np.exp(p.job_loss_climate * climate),
        find=odds(p.job_find) * better,
        partner_find=partner_find,
        partner_find_first_year=partner_find * helped,
    )


def step(
    state: State, people: People, peers: Peers, rates: Rates, uniforms: Uniforms, month: Array
) -> State:
    """The state with jobs lost and found, both decided by one uniform.

    A contract that ran out last month (a head at work without one) leaves the worker jobless.
    """
    here = state.status == HERE
    over = here & people.head & state.employed & (state.contract_end == NONE)
    employed = state.employed & ~over
    newcomer = months_here(people, month) < 12
    partner_find = select(newcomer, rates.partner_find_first_year, rates.partner_find)
    find = select(people.head, rates.find, partner_find)
    changes = here & ~over & happens(uniforms(Decision.JOB), select(employed, rates.lose, find))
    employed = employed ^ changes
    return state._replace(
        employed=employed,
        rehired=employed & (state.rehired | (changes & people.head)),
    )
