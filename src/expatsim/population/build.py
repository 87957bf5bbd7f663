"""The whole population of one draw: survey stock and arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from expatsim.cities import City
from expatsim.cities import city as city_of
from expatsim.intervals import log_normal_ends, log_normal_spread
from expatsim.model.rules import ORDER, Order
from expatsim.observed import external
from expatsim.population.adults import Adults
from expatsim.population.arrivals import arrivals
from expatsim.population.stock import raked_weights, survey_stock

# size of the survey stock; an assumption, there is no count
YEARS_IN_SURVEY = 5.5  # years of arrivals: those 6 to 72 months in the country
STILL_HERE = 0.6  # share of them who have not left (EXT-01 and EXT-02 read backwards)
ADULTS = 1.38  # adults a household (EXT-10)


def default_inflow(city: str, period: str = "EXT-18") -> float:
    """Workers who arrive in a year: national arrivals, plus EU citizens, times the region's share.

    EU citizens are in the ratio of EXT-04 to EXT-03; the region's share of foreign knowledge
    workers is that of 2014.

    Parameters
    ----------
    city : str
        Name of the city.
    period : str
        External fact with four years of national arrivals from outside the EU: ``"EXT-18"`` for
        2009-2012, ``"EXT-17"`` for 2005-2008.

    Returns
    -------
    float
        The middle, on a scale of logs, of what its folder says of a later year, if it does.
    """
    return _inflow(city_of(city), period)


@cache
def _inflow(city: City, period: str) -> float:
    if city.arrivals.get("a_year"):
        low, high = inflow_range(city.name)
        return float(np.sqrt(low * high))
    facts = external().set_index("id")
    eu_ratio = float(facts.loc["EXT-04", "n"]) / float(facts.loc["EXT-03", "n"])
    row = city.region.get("row")
    share = float(facts.loc[row, "value"] if row else city.region["percent"]) / 100
    return float(facts.loc[period, "value"]) / 4 * (1 + eu_ratio) * share


def inflow_range(city: str) -> tuple[float, float]:
    """Workers who arrive in a year: nine in ten draws lie between these; equal if all are alike."""
    known = city_of(city).arrivals.get("a_year")
    return (known["low"], known["high"]) if known else (default_inflow(city),) * 2


def inflow_spread(city: str) -> float:
    """Standard deviation of the logarithm of :func:`default_inflow` between draws."""
    return log_normal_spread(*inflow_range(city))


def default_stock(city: str) -> int:
    """People in the survey stock: those 6 to 72 months in the country; an assumption.

    It is the middle, on a scale of logs, where draws differ: see :func:`stock_spread`.
    """
    low, high = _still_here(city)
    middle = low if low == high else float(np.sqrt(low * high))
    return round(default_inflow(city, "EXT-17") * YEARS_IN_SURVEY * middle * ADULTS)


def _still_here(city: str) -> tuple[float, float]:
    """Share of the arrivals of those years who have not left; equal if all draws are alike."""
    known = city_of(city).arrivals.get("still_here")
    return (known["low"], known["high"]) if known else (STILL_HERE, STILL_HERE)


def stock_spread(city: str) -> tuple[float, float]:
    """Standard deviations of the logarithm of :func:`default_stock` between draws.

    Parameters
    ----------
    city : str
        Name of the city.

    Returns
    -------
    (float, float)
        Of the part that goes with the draw's arrivals a year, as those who are here were such
        arrivals; and of the part that goes with the share still here. Zero where the city's folder
        has no range.
    """
    return inflow_spread(city), log_normal_spread(*_still_here(city))


def stock_range(city: str) -> tuple[int, int]:
    """People in the survey stock: nine in ten draws lie between these; equal if all are alike."""
    low, high = log_normal_ends(default_stock(city), float(np.hypot(*stock_spread(city))))
    return round(low), round(high)


def circle(city: str, stock: int, inflow: np.ndarray, people: float) -> tuple[int, int]:
    """People of the stock, and of a month's arrivals, among whom newcomers' contacts are drawn.

    They are those of the whole city, so that more arrivals leave the contacts of others as they
    are; or those that a smaller city has at its start, since a contact who does not exist is
    nobody.

    Parameters
    ----------
    city : str
        Name of the city.
    stock : int
        Respondents in the survey stock of the draw.
    inflow : numpy.ndarray, shape (months,)
        Households a year of the scenario.
    people : float
        Size of the modelled city relative to the real one, see
        :meth:`expatsim.scenario.Scenario.resized`.

    Returns
    -------
    (int, int)
        Numbers of people of the stock and of a month's arrivals.
    """
    first = next(iter(inflow[inflow > 0]), 0.0)
    of_the_stock = min(round(default_stock(city) * people), stock)
    of_a_month = int(min(default_inflow(city) * people, first) / 12)
    return of_the_stock, max(1, of_a_month)


def arrivals_by_month(inflow: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Whole households that arrive in each month, whose running total follows the inflow.

    Parameters
    ----------
    inflow : numpy.ndarray, shape (months,)
        Households a year in a neutral climate.
    factor : numpy.ndarray, shape (months,)
        Arrivals in the economic climate of each month relative to a neutral one.

    Examples
    --------
    >>> arrivals_by_month(np.full(6, 18.0), np.ones(6)).tolist()
    [1, 2, 1, 2, 1, 2]
    """
    total = np.floor(np.cumsum(inflow / 12 * factor) + 1e-6).astype(int)
    return np.diff(total, prepend=0)


def build(
    keys: np.ndarray,
    p: Mapping[str, float],
    numbers: np.ndarray,
    *,
    city: str,
    weights: str,
    stock: int,
    reference: tuple[int, int],
    seed: int,
    replicate: int,
    rates_2009: Mapping[str, Any],
    calendar: int = 0,
    order: Order = ORDER,
) -> Adults:
    """Population of one draw: the survey stock in the first slots, then everybody who arrives.

    Parameters
    ----------
    keys : numpy.ndarray of uint32, shape (4,)
        Keys of the seed and replicate, see :func:`expatsim.model.chance.run_keys`.
    p : mapping of str to float
        Parameters of this draw.
    numbers : numpy.ndarray of int, shape (months,)
        Households that arrive in each month.
    city : str
        Name of the city, whose donors and margins make the stock.
    weights : {"survey", "national"}
        Margins that the stock meets, see :func:`expatsim.population.margins.population_margins`.
    stock : int
        Respondents in the survey stock.
    reference : (int, int)
        Numbers of people among whom newcomers' contacts are drawn, from :func:`circle`.
    seed : int
        Random seed of the bootstrap of the margins.
    replicate : int
        Number of the bootstrap, from 0.
    rates_2009 : mapping
        Scalars by rule under the city's 2009 policy, see :func:`survey_stock`.
    calendar : int
        Calendar month of month zero, see :class:`expatsim.model.declare.Entrants`.
    order : sequence of (str, rule)
        Rules, which declare the first values of states.
    """
    cumulative = raked_weights(city, weights, seed, replicate)
    residents = survey_stock(keys, p, cumulative, city, stock, rates_2009, calendar, order)
    first = len(residents.id)
    newcomers = arrivals(
        keys,
        p,
        numbers,
        first_slot=first,
        stock=stock,
        reference=reference,
        calendar=calendar,
        order=order,
        city=city,
    )
    if reference[1] == 1:
        newcomers = newcomers._replace(contacts=_nearest(newcomers, numbers, first))
    joined = {
        name: np.concatenate([getattr(residents, name), getattr(newcomers, name)], axis=-1)
        for name in ("id", "female", "origin", "family", "partner", "head", "contacts")
    }
    people = {k: np.concatenate([v, newcomers.people[k]]) for k, v in residents.people.items()}
    state = {k: np.concatenate([v, newcomers.state[k]]) for k, v in residents.state.items()}
    return Adults(**joined, people=people, state=state)


def _nearest(newcomers: Adults, numbers: np.ndarray, first_slot: int) -> np.ndarray:
    """Contacts of newcomers in which the last arrival before each takes the place of nobody.

    For cities so small that nobody comes in some months.
    """
    own = first_slot + np.arange(len(newcomers.id))
    before = np.concatenate([[0], np.cumsum(numbers)])[newcomers.people["arrival_month"]]
    last = first_slot + before - 1
    return np.where((newcomers.contacts == own) & (last >= first_slot), last, newcomers.contacts)
