"""Arrivals: households that come, from one common pool of candidates.

A candidate's attributes are functions of (seed, replicate, candidate), so a larger inflow adds
people and never reshuffles those who would have come anyway. Shares of women, partners, countries
of origin and so on follow the national figures (external facts); the report's own figures describe
a cross-section and enter through the survey stock instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from expatsim.cities import city as city_of
from expatsim.model.chance import Decision, HostUniforms
from expatsim.model.rules import ORDER, Order, fields
from expatsim.model.state import CONTACTS, NEW_EU, NONE, OLD_EU, OPEN, ORIGINS, OTHER_NON_EU
from expatsim.observed import external
from expatsim.population.adults import Adults, begin, candidate_household

# Quantiles and the ages at arrival there (years): the ages of Bijlage 2 less the time spent here
AGE_QUANTILES = ([0.0, 0.05, 0.5, 0.8, 0.97, 1.0], [20.0, 24.0, 31.0, 38.0, 50.0, 62.0])
NEW_EU_SHARE = 0.25  # of arrivals from the EU; assumption, no figure for knowledge migrants found
MARRIED_SHARE = 0.85  # of couples: FAM-017, FAM-018, FAM-021, FAM-022
PARTNER_ELSEWHERE_SHARE = 0.25  # of those who come alone: FAM-010, FAM-011, FAM-014, FAM-015
LONE_PARENT_SHARE = 0.02  # of those who come alone; assumption, FAM-004 leaves room for it
YEAR = 12  # months in which contacts came before somebody's own arrival
TERMS = ((6, 12), (24, 36), (48, 60), (72, 84))  # months of contract, the categories of Tabel 2.2


def origin_shares(city: str = "") -> np.ndarray:
    """Share of each origin group among arrivals, shape (7,).

    Parameters
    ----------
    city : str
        City whose arrivals they are, if its folder knows their origins; national shares of 2005 to
        2016 otherwise (EXT-03, EXT-04, EXT-20).
    """
    known = city_of(city).arrivals.get("origins") if city else None
    return np.array([known["shares"][x] for x in ORIGINS]) if known else _national_origins()


@cache
def _national_origins() -> np.ndarray:
    facts = external().set_index("id")
    non_eu, eu = float(facts.loc["EXT-03", "n"]), float(facts.loc["EXT-04", "n"])
    listed = dict(part.strip().rsplit(" ", 1) for part in facts.loc["EXT-20", "value"].split(","))
    named = [float(listed[c]) / 100 for c in ("India", "United States", "China", "Japan")]
    shares = np.zeros(7)
    shares[:4] = named
    shares[OTHER_NON_EU] = 1 - sum(named)
    shares *= non_eu / (non_eu + eu)
    shares[OLD_EU] = (1 - NEW_EU_SHARE) * eu / (non_eu + eu)
    shares[NEW_EU] = NEW_EU_SHARE * eu / (non_eu + eu)
    return shares


def logistic(u: np.ndarray) -> np.ndarray:
    """Quantiles of the standard logistic distribution, float32; those of 0 and 1 are finite."""
    u = np.clip(u, 2.0**-25, 1 - 2.0**-25)
    return np.log(u / (1 - u)).astype(np.float32)


def normal(u: np.ndarray) -> np.ndarray:
    """Quantiles of the standard normal distribution, float32; those of 0 and 1 are finite."""
    return ndtri(np.clip(u, 2.0**-25, 1 - 2.0**-25)).astype(np.float32)


def contract_shares(p: Mapping[str, float]) -> np.ndarray:
    """Shares of the four terms of ``TERMS`` and of open contracts among arrivals, shape (5,)."""
    names = ("contract_one_year", "contract_three_years", "contract_five_years")
    weights = np.exp([*(p[n] for n in names), p["contract_seven_years"], 0.0])
    return weights / weights.sum()


class Households(NamedTuple):
    """Attributes of candidate households; arrays of shape (households,).

    Months count as in :func:`arrivals`.

    Attributes
    ----------
    female : bool
        Whether the worker is a woman.
    origin : int
        Origin group of both adults, by its number in ``ORIGINS``.
    age, partner_age : float
        Age at arrival in months.
    coupled : bool
        Whether an expat partner comes along.
    family : int
        Family status of the worker, by its number in ``FAMILIES``.
    child_birth : float
        Month of birth of the youngest child, ``NONE`` without children.
    posted : bool
        Whether the worker is sent by the employer.
    contract_end : float
        Last month of the contract, ``OPEN`` without end date.
    school : int
        +1 or -1, see :class:`expatsim.model.state.People`.
    """

    female: np.ndarray
    origin: np.ndarray
    age: np.ndarray
    partner_age: np.ndarray
    coupled: np.ndarray
    family: np.ndarray
    child_birth: np.ndarray
    posted: np.ndarray
    contract_end: np.ndarray
    school: np.ndarray


def _category(u: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Number of the category of each uniform, int8; a tenth of the time of a binary search."""
    number = np.zeros(u.shape, np.int8)
    for end in np.cumsum(shares)[:-1]:
        number += u >= end
    return number


def _age(u: np.ndarray) -> np.ndarray:
    """Age at arrival in months."""
    return np.interp(u, *AGE_QUANTILES) * 12


def _child_age(u: np.ndarray) -> np.ndarray:
    """Age of the youngest child in months: more of them are small."""
    return np.floor(216 * u**1.5)


def _school(u: np.ndarray) -> np.ndarray:
    return np.where(u < 0.5, 1, -1)


def _months_before(u: np.ndarray) -> np.ndarray:
    """Months before one's own arrival, within a year."""
    return (YEAR * u).astype(np.int32)


def _households(
    uniforms: HostUniforms, p: Mapping[str, float], month: np.ndarray, city: str
) -> Households:
    """Attributes of candidates, from the uniforms of their workers and their months of arrival."""
    female = uniforms(Decision.SEX) < p["women_share"]
    origin = _category(uniforms(Decision.ORIGIN), origin_shares(city))
    age = uniforms.through(_age, Decision.AGE)
    differs = 36 * uniforms.through(normal, Decision.PARTNER_AGE)
    partner_age = np.clip(age + (24 * np.where(female, 1, -1) + differs), 240, 790)
    coupled = uniforms(Decision.COUPLE) < p["couple_share"]
    u_married = uniforms(Decision.MARRIED)
    family = np.where(
        coupled,
        np.where(u_married < MARRIED_SHARE, 0, 1),
        np.where(u_married < PARTNER_ELSEWHERE_SHARE, 1, 2),
    )
    children = uniforms(Decision.CHILDREN) < np.where(
        coupled, p["children_share"], LONE_PARENT_SHARE
    )
    child_age = np.minimum(uniforms.through(_child_age, Decision.CHILD_AGE), age - 20 * 12)
    child_birth = np.where(children, month - np.maximum(child_age, 0), NONE)
    posted = uniforms(Decision.POSTED) < p["posted_share"]
    term = _category(uniforms(Decision.CONTRACT), contract_shares(p))
    low, high = (np.array([*(t[k] for t in TERMS), 0])[term] for k in (0, 1))
    length = low + np.floor(uniforms(Decision.CONTRACT_MONTHS) * (high - low + 1))
    contract_end = np.where(term == 4, OPEN, month + length - 1)
    school = uniforms.through(_school, Decision.SCHOOL)
    return Households(
        female=female,
        origin=origin,
        age=age,
        partner_age=partner_age,
        coupled=coupled,
        family=family,
        child_birth=child_birth,
        posted=posted,
        contract_end=contract_end,
        school=school,
    )


def arrivals(
    keys: np.ndarray,
    p: Mapping[str, float],
    numbers: np.ndarray,
    *,
    first_month: int = 0,
    first_slot: int = 0,
    stock: int = 0,
    reference: tuple[int, int] = (0, 0),
    calendar: int = 0,
    order: Order = ORDER,
    city: str = "",
    chance: Callable[[np.ndarray, np.ndarray], HostUniforms] = HostUniforms,
) -> Adults:
    """Adults who arrive: workers in order of arrival, then their partners.

    Parameters
    ----------
    keys : numpy.ndarray
        Keys of the seed and replicate, see :func:`expatsim.model.chance.run_keys`.
    p : mapping of str to float
        Parameters of this draw.
    numbers : numpy.ndarray of int, shape (months,)
        Households that come in each month, from ``first_month`` on.
    first_month : int
        Month of the first arrivals; below zero for a history that leads up to the start.
    first_slot : int
        Slots before the first arrival (the survey stock).
    stock : int
        Respondents in the survey stock, in the first slots.
    reference : (int, int)
        People of the stock, and of a month's arrivals, among whom contacts are drawn. Constant for
        a city, so that more arrivals leave the contacts of others as they are.
    calendar : int
        Calendar month of month zero, see :class:`expatsim.model.declare.Entrants`.
    order : sequence of (str, rule)
        Rules, which declare the states of newcomers.
    city : str
        City that they come to, see :func:`origin_shares`.
    chance : callable
        From ``keys`` and ids to the uniforms of candidates, workers before partners.
    """
    number_of = np.concatenate([np.arange(k) for k in numbers]) if len(numbers) else np.zeros(0)
    month = np.repeat(np.arange(len(numbers)) + first_month, numbers)
    household = candidate_household(month, number_of.astype(np.int64))
    workers = len(household)
    worker = household * np.uint32(2)
    candidates = np.concatenate([worker, worker + np.uint32(1)])
    of_all = chance(keys, candidates)

    x = _households(of_all.of(slice(workers)), p, month, city)
    coupled = x.coupled
    slot = first_slot + np.arange(workers)
    with_partner = np.flatnonzero(coupled)
    partner_slot = first_slot + workers + np.arange(len(with_partner))
    who = np.concatenate([np.arange(workers), with_partner])
    adults = np.concatenate([np.arange(workers), workers + with_partner])
    uniforms = of_all.of(adults)
    is_head = np.arange(len(who)) < workers
    partner = slot.copy()
    partner[with_partner] = partner_slot
    has_job = is_head | (uniforms(Decision.PARTNER_JOB) < p["partner_job_share"])
    starts = np.concatenate([[0], np.cumsum(numbers)]) + first_slot
    people = _people(x, who, month, is_head, uniforms)
    given = {
        "employed": has_job,
        "contract_end": np.where(is_head, x.contract_end[who], NONE),
    }
    return Adults(
        id=candidates[adults],
        female=x.female[who] ^ ~is_head,
        origin=x.origin[who],
        family=x.family[who],
        partner=np.concatenate([partner, slot[with_partner]]),
        head=slot[who],
        contacts=_contacts(uniforms, month[who], first_month, numbers, starts, stock, reference),
        people=people,
        state=begin(fields(order), lambda f: f.start, people, p, uniforms, given, calendar),
    )


def _people(
    x: Households,
    who: np.ndarray,
    month: np.ndarray,
    is_head: np.ndarray,
    uniforms: HostUniforms,
) -> dict[str, np.ndarray]:
    """Fixed attributes of adults of the households ``who``, which arrive in ``month``."""
    own_age = np.where(is_head, x.age[who], x.partner_age[who])
    return {
        "arrival_month": month[who].astype(np.int16),
        "birth_month": (month[who] - own_age).astype(np.int16),
        "child_birth_month": x.child_birth[who].astype(np.int16),
        "head": is_head,
        "posted": x.posted[who],
        "coupled": x.coupled[who],
        "single": x.family[who] == 2,
        "counted": np.ones(len(who), bool),
        "school_effect": x.school[who].astype(np.int8),
        "stay_taste": uniforms.through(normal, Decision.STAY_TASTE),
        "welcome_taste": uniforms.through(logistic, Decision.WELCOME_TASTE),
        "city_taste": uniforms.through(logistic, Decision.CITY_TASTE),
    }


def _contacts(
    uniforms: HostUniforms,
    month: np.ndarray,
    first_month: int,
    numbers: np.ndarray,
    starts: np.ndarray,
    stock: int,
    reference: tuple[int, int],
) -> np.ndarray:
    """Slots of five contacts, shape (5, adults).

    They are workers who came in the past twelve months, or respondents of the stock before the
    start. A candidate who does not come in this scenario means nobody (one's own slot).
    """
    own = (starts[0] + np.arange(len(month))).astype(np.int32)
    # a year before the first month, in which nobody comes, so that no month is out of range
    came_in = np.concatenate([np.zeros(YEAR, np.int32), np.asarray(numbers, np.int32)])
    first_of = np.concatenate([np.zeros(YEAR, np.int32), starts[:-1].astype(np.int32)])
    since = (month - first_month + YEAR).astype(np.int32)
    slots = np.empty((CONTACTS, len(month)), np.int64)
    for k in range(CONTACTS):
        when = since - uniforms.through(_months_before, Decision.CONTACT_MONTH + k)
        u = uniforms(Decision.CONTACT + k)
        number = (u * reference[1]).astype(np.int32)
        slots[k] = np.where(number < came_in[when], first_of[when] + number, own)
        early = np.flatnonzero(when < YEAR)
        from_stock = (u[early] * reference[0]).astype(np.int32)
        of_the_stock = from_stock < stock
        slots[k, early[of_the_stock]] = from_stock[of_the_stock]
    return slots
