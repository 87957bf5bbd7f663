"""Leave: competing reasons, one decision for the household, a reason and a destination.

The head's odds of the four reasons add up (multinomial logit hazard). Both adults of a couple see
the head's decision, so a household leaves as one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.draws import Decision
from expatsim.rules.chance import look_up, odds, once, pick, select
from expatsim.state import CONTACTS, HERE, LEFT, Peers, People, State, child_at_school, months_here


class Rates(NamedTuple):
    """Monthly odds and odds ratios.

    ``*_wish`` is the ratio for half a step of the household's wish (sum of both adults, 0 to 4).
    """

    jobless: Any
    jobless_non_eu: Any
    jobless_wish: Any
    choice: Any
    choice_wish: Any
    career: Any
    career_posted: Any
    career_wish: Any
    family: Any
    family_children: Any
    partner_job: Any
    contact_gone: Any
    first_year: Any
    second_year: Any
    new_job: Any
    netherlands: Any
    home: Any


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """No lever acts on leaving directly (EXT-26): policy works through wish and renewal."""
    return Rates(
        jobless=odds(p.leave_jobless),
        jobless_non_eu=np.exp(p.leave_jobless_non_eu),
        jobless_wish=np.exp(p.leave_jobless_wish / 2),
        choice=odds(p.leave_choice),
        choice_wish=np.exp(p.leave_choice_wish / 2),
        career=odds(p.leave_career),
        career_posted=np.exp(p.leave_career_posted),
        career_wish=np.exp(p.leave_career_wish / 2),
        family=odds(p.leave_family),
        family_children=np.exp(p.leave_family_children),
        partner_job=np.exp(p.leave_partner_job),
        contact_gone=np.exp(p.leave_contacts / CONTACTS),
        first_year=np.exp(p.leave_first_year),
        second_year=np.exp(p.leave_second_year),
        new_job=np.exp(p.leave_new_job),
        netherlands=p.destination_netherlands,
        home=p.destination_netherlands + (1 - p.destination_netherlands) * p.destination_home,
    )


def by_wish(household_wish: Any, half_step: Any) -> Any:
    """``half_step ** (household_wish - 2)`` for household wishes 0 to 4."""
    one = np.float32(1)
    back = one / half_step
    values = [back * back, back, one, half_step, half_step * half_step]
    return pick(household_wish, values)


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Draw for the household's head; the partner follows."""
    one, zero = np.float32(1), np.float32(0)
    household_wish = state.wish.astype("int32") + peers.partner_wish
    years = months_here(people, month) // 12
    settling = pick(years, [rates.first_year, rates.second_year, one])
    settling = settling * select(state.rehired, rates.new_job, one)
    partner_job = select(peers.partner_employed, rates.partner_job, one)
    ratio = rates.contact_gone
    gone = pick(peers.gone, [one, ratio, ratio**2, ratio**3, ratio**4, ratio**5])

    jobless = rates.jobless * by_wish(household_wish, rates.jobless_wish)
    jobless = jobless * select(people.non_eu, rates.jobless_non_eu, one)
    contract_ended = select(state.employed, zero, jobless)
    choice = rates.choice * by_wish(household_wish, rates.choice_wish)
    own_choice = contract_ended + choice * settling * partner_job * gone
    career = rates.career * by_wish(household_wish, rates.career_wish)
    career = career * select(people.posted, rates.career_posted, one)
    career_elsewhere = own_choice + career * settling
    at_school = child_at_school(people, month)
    family = rates.family * select(at_school, rates.family_children, one) * partner_job
    any_reason = career_elsewhere + family

    x = draws(Decision.LEAVE) * (one + any_reason)
    reason = (
        (x < any_reason).astype("uint8")
        + ((x >= contract_ended) & (x < any_reason)).astype("uint8")
        + ((x >= own_choice) & (x < any_reason)).astype("uint8")
        + ((x >= career_elsewhere) & (x < any_reason)).astype("uint8")
    )
    u = draws(Decision.DESTINATION)
    destination = select(
        u < rates.netherlands, np.uint8(3), select(u < rates.home, np.uint8(1), np.uint8(2))
    )
    decided = (state.status == HERE) & people.head
    code = select(decided & (reason > 0), reason + destination * np.uint8(8), np.uint8(0))
    code = once(look_up(code, people.head_slot))  # the partner sees the head's decision
    leaves = (state.status == HERE) & (code > 0)
    return state._replace(
        status=select(leaves, np.uint8(LEFT), state.status),
        leave_month=select(leaves, month.astype("int16"), state.leave_month),
        leave_reason=select(leaves, code & np.uint8(7), state.leave_reason),
        destination=select(leaves, code >> np.uint8(3), state.destination),
    )
