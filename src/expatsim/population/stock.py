"""The survey stock: people in the city at the start, drawn to meet the report's margins.

Each respondent is one person of the stock. The spouse of a coupled respondent completes the
household and shares its fate, but does not belong to the counts: the study interviewed persons, and
other respondents stand for partners (in The Hague 14 partners, but only 10 coupled workers).

Tastes are set so that everybody starts with the wish and the answers of the survey, whatever the
parameters of the draw: a prior must not change observed answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from expatsim.cities import City
from expatsim.cities import city as city_of
from expatsim.errors import InputError
from expatsim.model.chance import Decision, HostUniforms
from expatsim.model.declare import START
from expatsim.model.packed import state_type
from expatsim.model.rules import ORDER, Order, fields, welcome, wish
from expatsim.model.state import CONTACTS, HERE, NONE, OPEN, People
from expatsim.population.adults import DONOR_PEOPLE, STOCK_HOUSEHOLD, Adults, begin
from expatsim.population.donors import donors
from expatsim.population.margins import population_margins
from expatsim.population.raking import Raking, bootstrap_shares

MOST_REDRAWS = 20  # bootstraps of one draw before an error


def raked_weights(city: str, weights: str, seed: int, replicate: int) -> np.ndarray:
    """Cumulative weights of the donors in one draw, shape (persons,).

    About one bootstrap in a hundred contradicts itself (its tables were printed one by one and are
    drawn one by one); it is drawn again.

    Parameters
    ----------
    city : str
        Name of the city, whose donors are weighted.
    weights : {"survey", "national"}
        Margins to meet, see :func:`expatsim.population.margins.population_margins`.
    seed : int
        Random seed of the run.
    replicate : int
        Number of the bootstrap, from 0.
    """
    return _raked(city_of(city), weights, seed, replicate)


@lru_cache(maxsize=16)
def _raking(city: City, weights: str) -> Raking:
    persons = donors(city.name)
    return Raking(persons, persons["weight"], population_margins(city.name, weights))


@lru_cache(maxsize=4096)
def _raked(city: City, weights: str, seed: int, replicate: int) -> np.ndarray:
    margins = population_margins(city.name, weights)
    raking = _raking(city, weights)
    for attempt in range(MOST_REDRAWS):
        rng = np.random.default_rng([seed, replicate, Decision.BOOTSTRAP, attempt])
        try:
            raked = raking.weights(bootstrap_shares(margins, rng))
        except RuntimeError:
            continue
        return np.cumsum(raked)
    if not city.of_the_study:
        raise InputError(_contradict(city))
    raise RuntimeError(
        f"no bootstrap of the {city.name} margins could be met in {MOST_REDRAWS} draws"
    )


def contradictions(city: City) -> list[str]:
    """Problems of a city's tables, taken together: whether any of its donors can meet them all.

    Parameters
    ----------
    city : City
        One that is registered, see :func:`expatsim.cities.add`.
    """
    for weights in ("survey", "national"):
        margins = population_margins(city.name, weights)
        try:
            _raking(city, weights).weights(bootstrap_shares(margins, None))
        except RuntimeError as error:
            return [f"{_contradict(city)} ({error})"]
    return []


def _contradict(city: City) -> str:
    lender = city_of(city.donors).label
    return (
        f"{city.label}: no people of {lender} meet all its tables together: some contradict each "
        "other, or those that are borrowed"
    )


def survey_stock(
    keys: np.ndarray,
    p: Mapping[str, float],
    cumulative: np.ndarray,
    city: str,
    size: int,
    rates: Mapping[str, Any],
    calendar: int = 0,
    order: Order = ORDER,
) -> Adults:
    """Adults of the stock: ``size`` respondents, then the spouses of those who live with one.

    Parameters
    ----------
    keys : numpy.ndarray of uint32, shape (4,)
        Keys of the seed and replicate, see :func:`expatsim.model.chance.run_keys`.
    p : mapping of str to float
        Parameters of this draw.
    cumulative : numpy.ndarray, shape (persons,)
        Cumulative weights of the donors, from :func:`raked_weights`.
    city : str
        Name of the city, whose donors are drawn.
    size : int
        Respondents, each one person of the stock.
    rates : mapping
        Rates of this draw under the city's 2009 policy, scalars by rule.
    calendar : int
        Calendar month of month zero, see :class:`expatsim.model.declare.Entrants`.
    order : sequence of (str, rule)
        Rules, which declare the first values of states.
    """
    persons = donors(city)
    household = (STOCK_HOUSEHOLD + np.arange(size)).astype(np.uint32)
    ids = household * np.uint32(2)
    u = HostUniforms(keys, ids)(Decision.DONOR)
    chosen = np.searchsorted(cumulative, u * cumulative[-1], "right").clip(0, len(cumulative) - 1)
    spouse_row = persons["spouse"][chosen].astype(int)
    with_spouse = np.flatnonzero(spouse_row >= 0)
    rows = np.concatenate([chosen, spouse_row[with_spouse]])
    x = {name: column[rows] for name, column in persons.items()}
    n = len(rows)
    slots = np.arange(n)
    partner = slots.copy()
    partner[with_spouse] = size + np.arange(len(with_spouse))
    partner[size:] = with_spouse
    x["coupled"] = partner != slots
    all_ids = np.concatenate([ids, ids[with_spouse] + np.uint32(1)])
    uniforms = HostUniforms(keys, all_ids)
    u_contact = np.stack([uniforms(Decision.CONTACT + k) for k in range(CONTACTS)])
    contacts = np.floor(size * u_contact).astype(int)
    people = {name: x[name] for name in DONOR_PEOPLE}
    people["counted"] = slots < size
    # partners without a worker in the table have none: the respondent heads the household
    people["head"] = x["head"] | ~x["coupled"]
    given = x | {"contract_end": np.where(people["head"] & ~x["employed"], NONE, x["contract_end"])}
    people.update(_tastes(x, p, rates, n))
    return Adults(
        id=all_ids,
        female=x["female"],
        origin=x["origin"],
        family=x["family"],
        partner=partner,
        head=np.where(people["head"], slots, partner),
        contacts=np.where(contacts == slots, slots, contacts),
        people=people,
        state=begin(
            fields(order),
            lambda field: field.start if field.stock == START else field.stock,
            people,
            p,
            uniforms,
            given,
            calendar,
        ),
    )


def _tastes(
    x: dict[str, np.ndarray], p: Mapping[str, float], rates: Mapping[str, Any], n: int
) -> dict[str, np.ndarray]:
    """Tastes under which this draw's rules give the answers of the survey in month zero."""
    zero = np.zeros(n, np.float32)
    people = People(
        **{f: x.get(f, zero) for f in People._fields if not f.endswith("_taste")},
        stay_taste=zero,
        welcome_taste=zero,
        city_taste=zero,
    )
    kind = state_type()
    state = kind(**{f: x.get(f, zero) for f in kind._fields})._replace(
        status=np.full(n, HERE, np.int32), leave_month=np.full(n, OPEN, np.int32)
    )
    month = np.int32(0)
    welcome_rest, city_rest = welcome.scores(state, people, rates["welcome"], month)
    rest = wish.propensity(state, people, rates["wish"], month)
    # the donor's place between or beyond the cuts is kept
    low = float(p["wish_maybe_cut"])
    width = max(float(p["wish_yes_cut"]) - low, 1e-3)
    place = x["wish_place"]
    target = low + np.select(
        [x["wish"] == 1, x["wish"] == 2], [width * place, width + place], place
    )
    return {
        "stay_taste": ((target - rest) / rates["wish"].taste).astype(np.float32),
        "welcome_taste": (x["welcome_score"] - welcome_rest).astype(np.float32),
        "city_taste": (x["city_score"] - city_rest).astype(np.float32),
    }
