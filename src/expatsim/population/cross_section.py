"""The donors of the survey stock: the joint structure that the report does not print.

They are people of the calibrated model's cross-section of early 2009, packaged here and made by
:mod:`expatsim.calibration.donors`. Replace :func:`donors` to take them from elsewhere.
"""

from __future__ import annotations

import io
from functools import cache
from importlib import resources

import numpy as np

from expatsim.population.margins import Persons

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
    "wish",
)


@cache
def _packaged(city: str) -> Persons:
    data = resources.files("expatsim.population").joinpath(f"donors_{city}.npz").read_bytes()
    with np.load(io.BytesIO(data)) as file:
        return {name: file[name] for name in file.files}


@cache
def donors(city: str) -> Persons:
    """The packaged donors of a city; every column of shape (persons,).

    ``weight`` is zero for spouses who are only there to complete a household; ``spouse`` is the row
    of the other adult or -1. Months count from the cross-section, earlier ones are negative.
    ``wish_place`` is where the latent propensity stands: between the two cuts (0 to 1) for the
    wish "maybe", above the upper cut for "yes", below the lower cut (negative) for "no".
    """
    return {name: column for name, column in _packaged(city).items() if name != "fingerprint"}


def packaged_fingerprint(city: str) -> str:
    """Fingerprint of the code and the posterior that made the packaged donors."""
    return str(_packaged(city)["fingerprint"])
