"""The calibrated cross-section of early 2009, which gives the joint distribution of attributes.

``python -m expatsim.calibration.make_donors`` simulates arrivals from 2002 on under draws of the
shipped posterior and each city's 2009 regime, keeps those whom the study could have interviewed,
and packages them as donors for the survey stock (:mod:`expatsim.population.donors`). With
``--restamp`` it makes them again, and where they are the same, records the fingerprint of today's
code in ``donors.json``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from expatsim import population, posterior
from expatsim.calibration.history import MIDDLE, follow, prepare_history
from expatsim.cities import city_names
from expatsim.errors import InputError
from expatsim.fingerprint import fingerprint
from expatsim.model.chance import run_keys
from expatsim.model.declare import DONORS as FROM_DONORS
from expatsim.model.packed import unpack
from expatsim.model.rates import by_draw, split
from expatsim.model.rules import fields, welcome
from expatsim.model.state import NONE, OPEN, State
from expatsim.population.adults import DONOR_PEOPLE, Adults, people_of
from expatsim.survey.interview import eligible
from expatsim.survey.question import Persons

FOLDER = Path(population.__file__).parent
STAMP = FOLDER / "donors.json"
POSTERIOR_DRAWS = 40  # draws whose histories are simulated
HOUSEHOLDS = 2500  # households of each draw
# donors of each group, in the order of `2 * female + partner`
DONORS = {
    "men, workers": 1800,
    "men, partners": 700,
    "women, workers": 1800,
    "women, partners": 1800,
}
SEED = 2009  # of the histories, and of the choice among their people


def simulate_donors(city: str) -> Persons:
    """Donors of a city from simulated histories; month zero is the month after ``MIDDLE``."""
    parameters = posterior.sample("posterior", SEED, np.arange(POSTERIOR_DRAWS))
    number = city_names().index(city)
    keys = np.stack([run_keys(SEED, 2 * d + number) for d in range(POSTERIOR_DRAWS)])
    setup, populations = prepare_history(city, parameters, HOUSEHOLDS, keys)
    (end,) = follow(setup, [MIDDLE])
    pieces, rows = [], 0
    for d, adults in enumerate(populations):
        n = len(adults.id)
        state = unpack(end.of_draw(d, n))
        p = {k: float(v[d]) for k, v in parameters.items()}
        persons = answers(adults, state, setup.rates[MIDDLE, d], p)
        persons["spouse"] = np.where(adults.people["coupled"], adults.partner + rows, -1)
        pieces.append(persons)
        rows += n
    return choose({k: np.concatenate([p[k] for p in pieces]) for k in pieces[0]})


def answers(adults: Adults, end: State, row: np.ndarray, p: dict[str, float]) -> Persons:
    """Columns of one draw's people after the last month: attributes, state and latent answers.

    Parameters
    ----------
    adults : Adults
        People of the draw.
    end : State
        Their state after month ``MIDDLE``, shape (adults,).
    row : numpy.ndarray, shape (rates,)
        Rates of the draw in that month.
    p : dict of str to float
        Parameters of the draw.
    """
    n = len(adults.id)
    people = people_of(adults, *(np.zeros(n, np.uint32),) * 2)
    rates = by_draw(split(row[None]), 1)[0]["welcome"]
    score, city_score = welcome.scores(end, people, rates, np.int32(MIDDLE))
    # place of the propensity between or beyond the cuts of the draw's own parameters
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
        **{f.name: getattr(end, f.name) for f in fields() if f.stock == FROM_DONORS},
        "wish_place": place.astype(np.float32),
        "welcome_score": score.astype(np.float32),
        "city_score": city_score.astype(np.float32),
        "eligible": eligible(end.status, people.arrival_month, MIDDLE),
    }
    contract = columns["contract_end"][adults.head].astype(int)  # partners answer for the couple
    columns["eligible"] &= contract != NONE
    fixed_term = ~np.isin(contract, (NONE, OPEN))
    columns["contract_end"] = np.where(fixed_term, contract - MIDDLE - 1, contract).astype(np.int16)
    for f in ("arrival_month", "birth_month", "child_birth_month"):
        none = columns[f] == NONE
        shifted = columns[f].astype(int) - MIDDLE - 1
        columns[f] = np.where(none, NONE, shifted).astype(np.int16)
    return columns


def choose(columns: Persons) -> Persons:
    """A stratified sample of the people who could be interviewed, with their spouses."""
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


def donors_fingerprint() -> str:
    """Hash of everything that the donors follow from: code, tables, shipped posterior."""
    return fingerprint("expatsim.calibration.make_donors")


def packaged(city: str) -> Path:
    """Path of the file with a city's donors."""
    return FOLDER / f"donors_{city}.npz"


def stamp() -> dict[str, Any]:
    """Fingerprint with which the packaged donors were made, and the SHA-256 of each file."""
    return json.loads(STAMP.read_text(encoding="utf-8"))


def write_stamp() -> None:
    """Record that today's code makes the packaged donors, with the SHA-256 of their files."""
    files = {
        packaged(c).name: hashlib.sha256(packaged(c).read_bytes()).hexdigest() for c in city_names()
    }
    text = json.dumps({"fingerprint": donors_fingerprint(), "files": files}, indent=2)
    STAMP.write_text(text + "\n", encoding="utf-8")


def check(city: str) -> None:
    """Make a city's donors again and compare them with the packaged ones.

    Whole numbers must be the same; another processor may round the last bit of others differently.

    Raises
    ------
    InputError
        If they differ.
    """
    with np.load(packaged(city)) as file:
        for name, column in simulate_donors(city).items():
            near = {"atol": 1e-5} if column.dtype == np.float32 else {"atol": 0, "rtol": 0}
            if name not in file or not np.allclose(file[name], column, **near):
                raise InputError(f"{packaged(city).name}: {name} differs; make the donors again")


def main(*words: str) -> None:
    """Write the donors of both cities into the package, or check and restamp those there."""
    for city in city_names():
        if "--restamp" in words:
            check(city)
            print(f"{packaged(city).name}: the same")
            continue
        persons = simulate_donors(city)
        np.savez_compressed(packaged(city), **persons)  # type: ignore[arg-type]
        size = packaged(city).stat().st_size
        print(f"{packaged(city).name}: {len(persons['weight'])} persons, {size:,} bytes")
    write_stamp()


if __name__ == "__main__":
    main(*sys.argv[1:])
