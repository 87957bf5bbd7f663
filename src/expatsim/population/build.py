"""The whole population of one draw: survey stock and arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from expatsim.cities import City
from expatsim.cities import city as city_of
from expatsim.model.rules import ORDER, Order
from expatsim.observed import external
from expatsim.population.adults import Adults
from expatsim.population.arrivals import arrivals
from expatsim.population.stock import raked_weights, survey_stock

# survey stock: five and a half years of arrivals, of whom six in ten are still here (EXT-01 and
# EXT-02 read backwards), 1.38 adults a household (EXT-10); an assumption, there is no count
YEARS_IN_SURVEY, STILL_HERE, ADULTS = 5.5, 0.6, 1.38


def default_inflow(city: str, period: str = "EXT-18") -> float:
    """Workers who arrive in a year: national arrivals, plus EU citizens, times the region's share.

    National arrivals from outside the EU of 2009-2012 (EXT-18) or 2005-2008 (EXT-17); EU citizens
    in the ratio of EXT-04 to EXT-03; region's share of foreign knowledge workers in 2014.
    """
    return _inflow(city_of(city), period)


@cache
def _inflow(city: City, period: str) -> float:
    facts = external().set_index("id")
    eu_ratio = float(facts.loc["EXT-04", "n"]) / float(facts.loc["EXT-03", "n"])
    row = city.region.get("row")
    share = float(facts.loc[row, "value"] if row else city.region["percent"]) / 100
    return float(facts.loc[period, "value"]) / 4 * (1 + eu_ratio) * share


def default_stock(city: str) -> int:
    """People in the survey stock: those 6 to 72 months in the country; an assumption."""
    return round(default_inflow(city, "EXT-17") * YEARS_IN_SURVEY * STILL_HERE * ADULTS)


def circle(city: str, stock: int, inflow: np.ndarray, people: float) -> tuple[int, int]:
    """People of the stock, and of a month's arrivals, among whom newcomers find their contacts.

    Those of the whole city, so that more arrivals leave the contacts of others as they are; or
    those that a smaller city has at its start, since a contact who does not exist is nobody.

    Parameters
    ----------
    city : str
    stock : int
        Respondents of the scenario.
    inflow : numpy.ndarray, shape (months,)
        Households a year of the scenario.
    people : float
        Size of the city that the scenario models, see
        :meth:`expatsim.scenario.Scenario.resized`.
    """
    first = next(iter(inflow[inflow > 0]), 0.0)
    of_the_stock = min(round(default_stock(city) * people), stock)
    of_a_month = int(min(default_inflow(city) * people, first) / 12)
    return of_the_stock, max(1, of_a_month)


def arrivals_by_month(inflow: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Whole households for each month, so that their running total follows the inflow.

    Parameters
    ----------
    inflow : numpy.ndarray, shape (months,)
        Households a year.
    factor : numpy.ndarray, shape (months,)
        Economic climate.
    """
    total = np.floor(np.cumsum(inflow / 12 * factor) + 1e-6).astype(int)
    return np.diff(total, prepend=0)


def build(
    run: np.ndarray,
    p: Mapping[str, float],
    numbers: np.ndarray,
    *,
    city: str,
    weights: str,
    stock: int,
    known: tuple[int, int],
    seed: int,
    replicate: int,
    rates_2009: Mapping[str, Any],
    order: Order = ORDER,
) -> Adults:
    """Survey stock in the first slots, then everybody who arrives.

    Parameters
    ----------
    run : numpy.ndarray
        Keys of the seed and replicate.
    p : mapping of str to float
    numbers : numpy.ndarray of int, shape (months,)
        Households that arrive.
    city : str
    weights : {"survey", "national"}
    stock : int
        Respondents.
    known : (int, int)
        Among whom newcomers find their contacts, see :func:`circle`.
    seed, replicate : int
    rates_2009 : mapping
        Scalars by rule under the city's 2009 policy, see :func:`survey_stock`.
    order : sequence of (str, rule)
        Which say what people start with.
    """
    cumulative = raked_weights(city, weights, seed, replicate)
    here = survey_stock(run, p, cumulative, city, stock, rates_2009, order)
    first = len(here.id)
    coming = arrivals(run, p, numbers, first_slot=first, stock=stock, reference=known, order=order)
    if known[1] == 1:
        coming = coming._replace(contacts=_nearest(coming, numbers, len(here.id)))
    joined = {
        name: np.concatenate([getattr(here, name), getattr(coming, name)], axis=-1)
        for name in ("id", "female", "origin", "family", "partner", "head", "contacts")
    }
    people = {k: np.concatenate([v, coming.people[k]]) for k, v in here.people.items()}
    state = {k: np.concatenate([v, coming.state[k]]) for k, v in here.state.items()}
    return Adults(**joined, people=people, state=state)


def _nearest(coming: Adults, numbers: np.ndarray, first_slot: int) -> np.ndarray:
    """Contacts where months pass in which nobody comes: who came last stands for nobody."""
    own = first_slot + np.arange(len(coming.id))
    before = np.concatenate([[0], np.cumsum(numbers)])[coming.people["arrival_month"]]
    last = first_slot + before - 1
    return np.where((coming.contacts == own) & (last >= first_slot), last, coming.contacts)
