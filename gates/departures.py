"""Departures in a long history that no target mentions: by calendar year, and of leavers by origin.

Arrivals are even over many years, so that people who left in 2007 may have come long before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.packed import unpack
from expatsim.model.policy import policy_as_in_2009, policy_of_draws
from expatsim.model.rates import city_quality, rule_rates, stack
from expatsim.model.state import ELSEWHERE_IN_THE_NETHERLANDS, ORIGINS
from expatsim.population.arrivals import arrivals
from expatsim.runs.layout import assemble, slots_needed

YEARS = 20  # of the history
COHORT = 12  # year of arrival of the workers who are followed by calendar year, from zero
LEAVERS = 18  # year of departure of the leavers whose stays are measured, from zero
HOUSEHOLDS_A_MONTH = 100  # that arrive
FIVE_YEARS = 60  # months


class Departures(NamedTuple):
    """Shares of departures by draw.

    Attributes
    ----------
    calendar : numpy.ndarray, shape (draws, 6)
        Share of the workers of one year of arrival who left the country in that calendar year,
        the next, and so on.
    short : dict of str to numpy.ndarray, shape (draws,)
        By origin, of those who left the city in one year: share who had come less than five years
        before.
    """

    calendar: np.ndarray
    short: dict[str, np.ndarray]


def simulate(parameters: dict[str, np.ndarray], seed: int = 77, batch: int = 8) -> Departures:
    """Departures from Rotterdam under its 2009 policy and a neutral climate for twenty years.

    Parameters
    ----------
    parameters : dict of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    seed : int
        Random seed.
    batch : int
        Draws side by side.
    """
    months = YEARS * 12
    draws = len(next(iter(parameters.values())))
    policy = policy_as_in_2009("rotterdam")
    calendar = np.zeros((draws, 6))
    origins = ("India", "China", "United States")
    short = {o: np.zeros(draws) for o in origins}
    slots = 0
    for start in range(0, draws, batch):
        part = {k: v[start : start + batch] for k, v in parameters.items()}
        n = len(next(iter(part.values())))
        keys = np.stack([run_keys(seed, start + d) for d in range(n)])
        numbers = np.full(months, HOUSEHOLDS_A_MONTH)
        people = [
            arrivals(
                keys[d],
                {k: float(v[d]) for k, v in part.items()},
                numbers,
                reference=(0, HOUSEHOLDS_A_MONTH),
            )
            for d in range(n)
        ]
        by_rule = rule_rates(
            part,
            policy_of_draws(policy, part, np.zeros((months, n))),
            np.zeros(months),
            city_quality("rotterdam"),
        )
        slots = max(slots, slots_needed(max(len(a.id) for a in people)))
        end = engine.run_months(assemble(people, keys, stack(by_rule, months, n), slots)).state
        state = unpack(end.map(np.asarray))
        for d, adults in enumerate(people):
            size = len(adults.id)
            arrival = adults.people["arrival_month"].astype(int)
            leave = np.asarray(state.leave_month)[d, :size].astype(int)
            abroad = state.destination[d, :size] != ELSEWHERE_IN_THE_NETHERLANDS
            head = adults.people["head"]
            came = head & (arrival // 12 == COHORT)
            for year in range(6):
                gone = came & abroad & (leave // 12 == COHORT + year)
                calendar[start + d, year] = gone.sum() / came.sum()
            left = leave // 12 == LEAVERS
            for o in origins:
                leavers = left & (adults.origin == ORIGINS.index(o))
                stay = (leave - arrival)[leavers]
                short[o][start + d] = (stay < FIVE_YEARS).mean() if leavers.any() else np.nan
    return Departures(calendar, short)
