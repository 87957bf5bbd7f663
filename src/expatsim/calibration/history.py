"""The history that leads up to the interviews: arrivals since 2002 under each city's regime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import numpy as np

from expatsim.model import engine
from expatsim.model.chance import KeptUniforms
from expatsim.model.levers import level_2009
from expatsim.model.packed import Packed
from expatsim.model.policy import Level, LeverPath, as_in_2009, policy_as_in_2009, policy_of_draws
from expatsim.model.rates import CRISIS, NORMAL, city_quality, rule_rates, stack
from expatsim.observed import table
from expatsim.population.adults import Adults
from expatsim.population.arrivals import arrivals
from expatsim.runs.layout import assemble, slots_of_everybody
from expatsim.runs.windows import through

FIRST_YEAR = 2002
MONTHS = 94  # January 2002 to October 2009, the last month of the interviews
# months since January 2002, which is month 0
FIRST_INTERVIEW = 77  # June 2008 (section 1.3)
LAST_INTERVIEW = 93  # October 2009 (section 1.3)
MIDDLE = 85  # February 2009, the middle of the interviews
CRISIS_MONTH = 84  # January 2009, the first month of the crisis (section 1.2)
AFTER = 132  # months after the interviews in which some people are followed, to see who stays long


def month_of(date: str) -> int:
    """Month of the history for a date.

    Examples
    --------
    >>> month_of("2002-01"), month_of("2008-12")
    (0, 83)
    """
    year, month = map(int, date.split("-"))
    return 12 * (year - FIRST_YEAR) + month - 1


@cache
def inflow_profile(households: int) -> np.ndarray:
    """Households per month, shape (94,): the national inflow of 2005 to 2009, lower before.

    NAT-001 (2005), T11 (first permits of 2007), NAT-002 (2008), NAT-003 (2009); 2006 lies between
    its neighbours; the years before the scheme are taken like 2005 (assumption).

    Parameters
    ----------
    households : int
        Households that arrive in all 94 months.
    """
    nat = table("NAT").set_index("id")
    y2005, y2009 = float(nat.loc["NAT-001", "value"]), float(nat.loc["NAT-003", "value"])
    y2008 = float(nat.loc["NAT-002", ["low", "high"]].astype(float).mean())
    y2007 = float(table("T11").set_index("id").loc["T11-023", "value"])
    yearly = [y2005] * 4 + [(y2005 + y2007) / 2, y2007, y2008, y2009]
    monthly = np.repeat(yearly, 12)[:MONTHS]
    total = np.floor(np.cumsum(monthly) * households / monthly.sum() + 1e-6).astype(int)
    profile = np.diff(total, prepend=0)
    profile.setflags(write=False)  # shared by all who ask
    return profile


def history_rates(
    city: str, parameters: Mapping[str, np.ndarray], months: int = MONTHS
) -> np.ndarray:
    """Rates of every month of the history, float32, shape (months, draws, rates).

    The economic climate after the interviews is neutral.

    Parameters
    ----------
    city : str
        Name of the city, whose policy of 2009 holds.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    months : int
        Months from January 2002 on.
    """
    policy = policy_as_in_2009(city)
    for lever in policy:
        since = level_2009(lever, city).since
        if since:  # an office that opened
            opened = as_in_2009(lever, city)
            policy[lever] = LeverPath(((0, Level(value=0.0)), (month_of(since), opened)))
    month = np.arange(months)
    climate = np.where((month >= CRISIS_MONTH) & (month < MONTHS), CRISIS, NORMAL)
    draws = len(next(iter(parameters.values())))
    nobody = np.zeros((months, draws))  # no lever of 2009 is a number of people
    levers = policy_of_draws(policy, parameters, nobody)
    by_rule = rule_rates(parameters, levers, climate, city_quality(city))
    return stack(by_rule, months, draws)


@lru_cache(maxsize=4)
def _kept(keys: bytes, candidates: bytes) -> KeptUniforms:
    return KeptUniforms(np.frombuffer(keys, np.uint32), np.frombuffer(candidates, np.uint32))


def kept_chance(keys: np.ndarray, candidates: np.ndarray) -> KeptUniforms:
    """The uniforms of some candidates, kept: all parameter vectors have the same luck.

    Parameters
    ----------
    keys : numpy.ndarray of uint32, shape (4,)
        As from :func:`expatsim.model.chance.run_keys`.
    candidates : numpy.ndarray of uint32
        Ids of the candidates.
    """
    return _kept(keys.tobytes(), candidates.tobytes())


def prepare_history(
    city: str, parameters: Mapping[str, np.ndarray], households: int, keys: np.ndarray
) -> tuple[engine.Batch, list[Adults]]:
    """The history of a city for several draws, ready to run.

    Parameters
    ----------
    city : str
        Name of the city.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    households : int
        Households that arrive in the 94 months.
    keys : numpy.ndarray of uint32, shape (draws, 4)
        As from :func:`expatsim.model.chance.run_keys`; equal keys give all draws the same
        candidates and the same luck.

    Returns
    -------
    engine.Batch, list of Adults
        Month zero is January 2002.
    """
    numbers = inflow_profile(households)
    reference = (0, int(numbers.mean()))
    populations = []
    for d in range(len(keys)):
        p = {k: float(v[d]) for k, v in parameters.items()}
        populations.append(
            in_order_of_arrival(
                arrivals(
                    keys[d],
                    p,
                    numbers,
                    reference=reference,
                    calendar=12 * FIRST_YEAR,
                    chance=kept_chance,
                )
            )
        )
    slots = slots_of_everybody(max(len(a.id) for a in populations))
    setup = assemble(populations, keys, history_rates(city, parameters), slots)
    return setup._replace(counts=engine.empty_counts(0, len(keys))), populations


def in_order_of_arrival(adults: Adults) -> Adults:
    """The same people in slots by month of arrival, so that early months need only the first."""
    order = np.argsort(adults.people["arrival_month"], kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Adults(
        **{f: getattr(adults, f)[order] for f in ("id", "female", "origin", "family")},
        **{f: place[getattr(adults, f)[order]] for f in ("partner", "head")},
        contacts=place[adults.contacts[:, order]],
        people={k: v[order] for k, v in adults.people.items()},
        state={k: v[order] for k, v in adults.state.items()},
    )


# First months of the windows in which people are followed (see `expatsim.runs.windows`), and the
# month after the last: more of them leave out more people, and rearrange them more often
WINDOWS = (0, 24, 48, 68, MONTHS)
LATER = (*range(MONTHS, MONTHS + AFTER, 44), MONTHS + AFTER)  # after the interviews


def follow(setup: engine.Batch, months: Sequence[int]) -> list[Packed]:
    """State at the end of some months, on the host.

    The same lives as :func:`expatsim.model.engine.run_months` gives, bit for bit, in less than half
    the time: those who have not arrived or have left are left out of the run.

    Parameters
    ----------
    setup : engine.Batch
        The history, from :func:`prepare_history`.
    months : sequence of int
        Months whose state is returned, in rising order.

    Returns
    -------
    list of Packed
    """
    end = months[-1] + 1
    edges = [*(m for m in WINDOWS if m < end), end]
    return [batch.state for batch in through(setup, edges, [m + 1 for m in months])]
