"""The simulated cross-section of early 2009: the joint structure that the report does not print.

``python -m expatsim.population.cross_section`` simulates arrivals from 2002 on at the prior medians
under each city's 2009 regime, keeps those whom the study could have interviewed, and packages them
as donors for the survey stock. Replace :func:`donors` to take them from elsewhere (a calibration).
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np

from expatsim import rules, state, survey
from expatsim.draws import run_keys
from expatsim.levers import CITIES, policy_2009
from expatsim.observed import table
from expatsim.parameters import defaults
from expatsim.population import adults as adults_module
from expatsim.population import arrivals as arrivals_module
from expatsim.population.adults import Adults
from expatsim.population.margins import Persons
from expatsim.rates import City, city_quality, pack, rule_rates
from expatsim.rules import welcome

YEARS = range(2002, 2010)
MONTHS = 86  # January 2002 to February 2009, the middle of the interviews
ROTTERDAM_DESK = 83  # December 2008: "eind 2008" (S41-013)
HOUSEHOLDS = 60_000
# how many of each group, in the order of `2 * female + partner`
DONORS = {
    "men, workers": 1800,
    "men, partners": 700,
    "women, workers": 1800,
    "women, partners": 1800,
}
SEED = 2009

# fields of people and of their state that donors hand on
DONOR_PEOPLE = (
    "arrival_month",
    "birth_month",
    "child_birth_month",
    "head",
    "posted",
    "coupled",
    "single",
    "school_effect",
)
DONOR_STATE = (
    "employed",
    "contract_end",
    "rehired",
    "knows_desk",
    "knows_service",
    "used_service",
    "dutch",
    "friends",
    "friend_places",
    "dutch_partner",
    "volunteers",
    "feels_welcome",
    "finds_attractive",
    "propensity",
    "wish",
)


def inflow_profile() -> np.ndarray:
    """Households per month, shape (86,): the national inflow of 2005 to 2009, lower before.

    NAT-001 (2005), T11 (first permits of 2007), NAT-002 (2008), NAT-003 (2009); 2006 lies between
    its neighbours; the years before the scheme are taken like 2005 (assumption).
    """
    nat = table("NAT").set_index("id")
    y2005, y2009 = float(nat.loc["NAT-001", "value"]), float(nat.loc["NAT-003", "value"])
    y2008 = float(nat.loc["NAT-002", ["low", "high"]].astype(float).mean())
    y2007 = float(table("T11").set_index("id").loc["T11-023", "value"])
    yearly = [y2005] * 4 + [(y2005 + y2007) / 2, y2007, y2008, y2009]
    monthly = np.repeat(yearly, 12)[:MONTHS]
    return np.floor(monthly * HOUSEHOLDS / monthly.sum()).astype(int)


def history(city: str) -> tuple[dict[str, np.ndarray], City]:
    """Policy of the city month by month from 2002 to early 2009, and its quality."""
    policy = {name: np.full(MONTHS, value) for name, value in policy_2009(city).items()}
    if city == "rotterdam":
        policy["desk_visibility"][:ROTTERDAM_DESK] = 0.0
    return policy, city_quality(city)


def simulate(city: str) -> Persons:
    """Run the history and return the donors of a city; month zero is the month after it."""
    from expatsim import engine, packing
    from expatsim.population.layout import assemble, slots_needed

    p = defaults()
    policy, quality = history(city)
    climate = np.where(np.arange(MONTHS) >= 84, -1.0, 0.0)  # the crisis year 2009
    run = run_keys(SEED, CITIES.index(city))
    numbers = inflow_profile()
    adults = arrivals_module.arrivals(run, p, numbers, reference=(0, int(numbers.mean())))
    rates = rule_rates({k: np.array([v]) for k, v in p.items()}, policy, climate, quality)
    packed = pack(rates, MONTHS, 1)
    setup = assemble([adults], run[None], packed, slots_needed(len(adults.id)))
    end = packing.unpack(packing.Packed(*(np.asarray(x)[0] for x in engine.run(setup).state)))
    return _choose(adults, end, packed[-1, 0], run)


def _choose(adults: Adults, end: state.State, row: np.ndarray, run: np.ndarray) -> Persons:
    """Keep a stratified sample of those who could be interviewed, each with the spouse."""
    from expatsim.population.adults import people_of
    from expatsim.rates import unpack

    n = len(adults.id)
    people = people_of(adults, *(np.zeros(n, np.uint32),) * 2)
    end = state.State(*(column[:n] for column in end))
    last = np.int32(MONTHS - 1)
    rates = unpack(row[None])["welcome"]
    rates = type(rates)(*(np.float32(x[0, 0]) for x in rates))
    score, city_score = welcome.scores(end, people, rates, last)
    columns: Persons = {
        "female": adults.female,
        "origin": adults.origin.astype(np.uint8),
        "family": adults.family.astype(np.uint8),
        **{f: getattr(people, f) for f in DONOR_PEOPLE},
        **{f: getattr(end, f) for f in DONOR_STATE},
        "welcome_score": score.astype(np.float32),
        "city_score": city_score.astype(np.float32),
    }
    columns["contract_end"] = columns["contract_end"][adults.head]  # partners answer for the couple
    for f in ("arrival_month", "birth_month", "child_birth_month"):
        gone = columns[f] == state.NONE
        columns[f] = np.where(gone, state.NONE, columns[f].astype(int) - MONTHS).astype(np.int16)
    fixed_term = ~np.isin(columns["contract_end"], (state.NONE, state.OPEN))
    ends = columns["contract_end"].astype(int) - MONTHS
    columns["contract_end"] = np.where(fixed_term, ends, columns["contract_end"]).astype(np.int16)
    able = survey.eligible(end.status, people.arrival_month, MONTHS - 1)
    able &= columns["contract_end"] != state.NONE
    group = 2 * adults.female + ~people.head
    order = np.random.default_rng(SEED).permutation(n)
    chosen, weight = [], np.zeros(n)
    for g, wanted in enumerate(DONORS.values()):
        members = order[able[order] & (group[order] == g)]
        take = members[:wanted]
        weight[take] = len(members) / len(take)
        chosen.append(take)
    keep = np.sort(np.concatenate(chosen))
    spouse = adults.partner[keep]
    extra = np.setdiff1d(spouse, keep)
    rows = np.concatenate([keep, extra])
    position = np.full(n, -1)
    position[rows] = np.arange(len(rows))
    result = {name: column[rows] for name, column in columns.items()}
    result["weight"] = weight[rows].astype(np.float32)
    result["spouse"] = np.where(people.coupled[rows], position[adults.partner[rows]], -1).astype(
        np.int16
    )
    return result


def fingerprint() -> str:
    """Hash of everything that the donors follow from: rules, parameters, levers, arrivals."""
    text = [inspect.getsource(module) for _, module in rules.ORDER]
    text += [inspect.getsource(m) for m in (rules.chance, state, adults_module, arrivals_module)]
    text += [inspect.getsource(inspect.getmodule(fingerprint)), json.dumps(defaults())]  # type: ignore[arg-type]
    text += [json.dumps({c: [policy_2009(c), *city_quality(c)] for c in CITIES})]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]


@cache
def donors(city: str) -> Persons:
    """The packaged donors of a city; every column of shape (persons,).

    ``weight`` is zero for spouses who are only there to complete a household; ``spouse`` is the row
    of the other adult or -1. Months count from the cross-section, earlier ones are negative.
    """
    data = resources.files("expatsim.population").joinpath(f"donors_{city}.npz").read_bytes()
    with np.load(io.BytesIO(data)) as file:
        return {name: file[name] for name in file.files if name != "fingerprint"}


def packaged_fingerprint(city: str) -> str:
    """Fingerprint of the code that made the packaged donors."""
    data = resources.files("expatsim.population").joinpath(f"donors_{city}.npz").read_bytes()
    with np.load(io.BytesIO(data)) as file:
        return str(file["fingerprint"])


def main() -> None:
    """Write the donors of both cities into the package."""
    for city in CITIES:
        path = Path(__file__).parent / f"donors_{city}.npz"
        persons = simulate(city)
        np.savez_compressed(path, fingerprint=np.array(fingerprint()), **persons)  # type: ignore[arg-type]
        print(f"{path.name}: {len(persons['weight'])} persons, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
