"""The calibrated cross-section of early 2009: the joint structure that the report does not print.

``python -m expatsim.calibration.donors`` simulates arrivals from 2002 on under draws of the shipped
posterior and each city's 2009 regime, keeps those whom the study could have interviewed, and
packages them as donors for the survey stock (:mod:`expatsim.population.cross_section`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from expatsim import packing, survey
from expatsim.calibration import posterior
from expatsim.draws import run_keys
from expatsim.levers import CITIES
from expatsim.population import cross_section
from expatsim.population.adults import Adults, people_of
from expatsim.population.cross_section import DONOR_PEOPLE, DONOR_STATE
from expatsim.population.history import MIDDLE, follow, prepare_history
from expatsim.population.margins import Persons
from expatsim.rates import unpack
from expatsim.rules import welcome
from expatsim.state import NONE, OPEN, State

POSTERIOR_DRAWS = 40
HOUSEHOLDS = 2500  # of each draw
# how many of each group, in the order of `2 * female + partner`
DONORS = {
    "men, workers": 1800,
    "men, partners": 700,
    "women, workers": 1800,
    "women, partners": 1800,
}
SEED = 2009


def simulate(city: str) -> Persons:
    """Run the history and return the donors of a city; month zero is the month after it."""
    parameters = posterior.sample("posterior", SEED, np.arange(POSTERIOR_DRAWS))
    number = CITIES.index(city)
    keys = np.stack([run_keys(SEED, 2 * d + number) for d in range(POSTERIOR_DRAWS)])
    setup, populations = prepare_history(city, parameters, HOUSEHOLDS, keys)
    (end,) = follow(setup, [MIDDLE])
    pieces, rows = [], 0
    for d, adults in enumerate(populations):
        n = len(adults.id)
        state = packing.unpack(packing.Packed(*(x[d, :n] for x in end)))
        mine = {k: float(v[d]) for k, v in parameters.items()}
        persons = answers(adults, state, setup.rates[MIDDLE, d], mine)
        persons["spouse"] = np.where(adults.people["coupled"], adults.partner + rows, -1)
        pieces.append(persons)
        rows += n
    return choose({k: np.concatenate([p[k] for p in pieces]) for k in pieces[0]})


def answers(adults: Adults, end: State, row: np.ndarray, p: dict[str, float]) -> Persons:
    """Attributes, state and latent answers of one draw's people after the last month."""
    n = len(adults.id)
    people = people_of(adults, *(np.zeros(n, np.uint32),) * 2)
    rates = unpack(row[None])["welcome"]
    rates = type(rates)(*(np.float32(x[0, 0]) for x in rates))
    score, city_score = welcome.scores(end, people, rates, np.int32(MIDDLE))
    # where somebody stands between or beyond the cuts of the draw's own parameters
    low, high = p["wish_maybe_cut"], max(p["wish_yes_cut"], p["wish_maybe_cut"] + 1e-3)
    place = np.select(
        [end.wish == 1, end.wish == 2],
        [(end.propensity - low) / (high - low), end.propensity - high],
        end.propensity - low,
    )
    columns: Persons = {
        "female": adults.female,
        "origin": adults.origin.astype(np.uint8),
        "family": adults.family.astype(np.uint8),
        **{f: getattr(people, f) for f in DONOR_PEOPLE},
        **{f: getattr(end, f) for f in DONOR_STATE},
        "wish_place": place.astype(np.float32),
        "welcome_score": score.astype(np.float32),
        "city_score": city_score.astype(np.float32),
        "eligible": survey.eligible(end.status, people.arrival_month, MIDDLE),
    }
    contract = columns["contract_end"][adults.head].astype(int)  # partners answer for the couple
    columns["eligible"] &= contract != NONE
    fixed_term = ~np.isin(contract, (NONE, OPEN))
    columns["contract_end"] = np.where(fixed_term, contract - MIDDLE - 1, contract).astype(np.int16)
    for f in ("arrival_month", "birth_month", "child_birth_month"):
        gone = columns[f] == NONE
        shifted = columns[f].astype(int) - MIDDLE - 1
        columns[f] = np.where(gone, NONE, shifted).astype(np.int16)
    return columns


def choose(columns: Persons) -> Persons:
    """Keep a stratified sample of those who could be interviewed, each with the spouse."""
    n = len(columns["female"])
    able = columns.pop("eligible")
    group = 2 * columns["female"] + ~columns["head"]
    order = np.random.default_rng(SEED).permutation(n)
    chosen, weight = [], np.zeros(n)
    for g, wanted in enumerate(DONORS.values()):
        members = order[able[order] & (group[order] == g)]
        take = members[:wanted]
        weight[take] = len(members) / len(take)
        chosen.append(take)
    keep = np.sort(np.concatenate(chosen))
    spouse = columns.pop("spouse")
    with_spouse = spouse[keep]
    extra = np.setdiff1d(with_spouse[with_spouse >= 0], keep)
    rows = np.concatenate([keep, extra])
    position = np.full(n, -1)
    position[rows] = np.arange(len(rows))
    result = {name: column[rows] for name, column in columns.items()}
    result["weight"] = weight[rows].astype(np.float32)
    result["spouse"] = np.where(spouse[rows] >= 0, position[spouse[rows]], -1).astype(np.int16)
    return result


def fingerprint() -> str:
    """Hash of everything that the donors follow from: this file and the shipped posterior."""
    import sys

    made_from = posterior.read_draws("posterior")
    assert made_from is not None
    text = posterior.fingerprint() + posterior.code_of(sys.modules[__name__])
    return hashlib.sha256(text.encode() + made_from.to_numpy().tobytes()).hexdigest()[:16]


def main() -> None:
    """Write the donors of both cities into the package."""
    for city in CITIES:
        path = Path(cross_section.__file__).parent / f"donors_{city}.npz"
        persons = simulate(city)
        np.savez_compressed(path, fingerprint=np.array(fingerprint()), **persons)  # type: ignore[arg-type]
        print(f"{path.name}: {len(persons['weight'])} persons, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
