"""Leave: competing reasons, one decision for the household, a reason and a destination.

The head's odds of the four reasons add up (multinomial logit hazard). Both adults of a couple see
the head's decision, so a household leaves as one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.chance import Decision
from expatsim.model.hazards import look_up, odds, once, pick, select
from expatsim.model.state import (
    CONTACTS,
    HERE,
    LEFT,
    Peers,
    People,
    State,
    child_at_school,
    months_here,
)


class Rates(NamedTuple):
    """Monthly odds and odds ratios.

    Odds end in the household's wish: the sum of both adults, 0 (no, no) to 4 (yes, yes), or twice
    the wish of somebody alone. ``gone_k`` is the ratio for ``k`` contacts who left. All are worked
    out beforehand, so that the loop only selects.
    """

    jobless_0: Any
    jobless_1: Any
    jobless_2: Any
    jobless_3: Any
    jobless_4: Any
    jobless_non_eu: Any
    choice_0: Any
    choice_1: Any
    choice_2: Any
    choice_3: Any
    choice_4: Any
    career_0: Any
    career_1: Any
    career_2: Any
    career_3: Any
    career_4: Any
    career_posted: Any
    family: Any
    family_children: Any
    partner_job: Any
    gone_1: Any
    gone_2: Any
    gone_3: Any
    gone_4: Any
    gone_5: Any
    first_year: Any
    second_year: Any
    new_job: Any
    netherlands: Any
    home: Any


def by_wish(name: str, probability: Any, effect: Any) -> dict[str, Any]:
    """Odds for household wishes 0 to 4; ``effect`` is the log-odds of a whole step."""
    return {f"{name}_{h}": odds(probability) * np.exp(effect * (h - 2) / 2) for h in range(5)}


def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
    """No lever acts on leaving directly (EXT-26): policy works through wish and renewal."""
    return Rates(
        **by_wish("jobless", p.leave_jobless, p.leave_jobless_wish),
        **by_wish("choice", p.leave_choice, p.leave_choice_wish),
        **by_wish("career", p.leave_career, p.leave_career_wish),
        **{f"gone_{k}": np.exp(p.leave_contacts * k / CONTACTS) for k in range(1, CONTACTS + 1)},
        jobless_non_eu=np.exp(p.leave_jobless_non_eu),
        career_posted=np.exp(p.leave_career_posted),
        family=odds(p.leave_family),
        family_children=np.exp(p.leave_family_children),
        partner_job=np.exp(p.leave_partner_job),
        first_year=np.exp(p.leave_first_year),
        second_year=np.exp(p.leave_second_year),
        new_job=np.exp(p.leave_new_job),
        netherlands=p.destination_netherlands,
        home=p.destination_netherlands + (1 - p.destination_netherlands) * p.destination_home,
    )


def table(rates: Rates, name: str, keys: range) -> list[Any]:
    """The rates ``name_k`` for the given numbers."""
    return [getattr(rates, f"{name}_{k}") for k in keys]


def step(state: State, people: People, peers: Peers, rates: Rates, draws: Any, month: Any) -> State:
    """Draw for the household's head; the partner follows."""
    one, zero = np.float32(1), np.float32(0)
    household_wish = state.wish.astype("int32") + peers.partner_wish
    months = months_here(people, month)
    later = select(months < 24, rates.second_year, one)
    settling = select(months < 12, rates.first_year, later)
    settling = settling * select(state.rehired, rates.new_job, one)
    partner_job = select(peers.partner_employed, rates.partner_job, one)
    gone = pick(peers.gone, [one, *table(rates, "gone", range(1, CONTACTS + 1))])

    jobless = pick(household_wish, table(rates, "jobless", range(5)))
    jobless = jobless * select(people.non_eu, rates.jobless_non_eu, one)
    contract_ended = select(state.employed, zero, jobless)
    choice = pick(household_wish, table(rates, "choice", range(5)))
    own_choice = contract_ended + choice * settling * partner_job * gone
    career = pick(household_wish, table(rates, "career", range(5)))
    career = career * select(people.posted, rates.career_posted, one)
    career_elsewhere = own_choice + career * settling
    at_school = child_at_school(people, month)
    family = rates.family * select(at_school, rates.family_children, one) * partner_job
    any_reason = career_elsewhere + family

    x = draws(Decision.LEAVE) * (one + any_reason)
    reason = (
        (x < any_reason).astype("int32")
        + ((x >= contract_ended) & (x < any_reason)).astype("int32")
        + ((x >= own_choice) & (x < any_reason)).astype("int32")
        + ((x >= career_elsewhere) & (x < any_reason)).astype("int32")
    )
    u = draws(Decision.DESTINATION)
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
        leave_month=select(leaves, month.astype("int16"), state.leave_month),
        leave_reason=select(leaves, code & np.int32(7), state.leave_reason),
        destination=select(leaves, code >> np.int32(3), state.destination),
    )
