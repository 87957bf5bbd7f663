"""Donors of the survey stock: the joint distribution that the report does not print.

They are people of the calibrated model's cross-section of early 2009, packaged here and made by
:mod:`expatsim.calibration.make_donors`. Replace :func:`donors` to take them from elsewhere.
"""

from __future__ import annotations

import io
from functools import cache
from importlib import resources

import numpy as np

from expatsim.cities import city as city_of
from expatsim.survey.question import Persons


def donors(city: str) -> Persons:
    """The packaged donors of a city; every column of shape (persons,).

    A city that was never calibrated has the donors of the city that its folder names.
    ``weight`` is zero for spouses who are only there to complete a household; ``spouse`` is the row
    of the other adult or -1. Months count from the cross-section, earlier ones are negative.
    ``wish_place`` is the place of the latent propensity: between the two cuts (0 to 1) for the
    wish "maybe", distance above the upper cut for "yes", below the lower cut (negative) for "no".

    Parameters
    ----------
    city : str
        Name of the city.

    Examples
    --------
    >>> columns = donors("rotterdam")
    >>> len({len(column) for column in columns.values()})
    1
    """
    return _packaged(city_of(city).donors)


@cache
def _packaged(city: str) -> Persons:
    data = resources.files("expatsim.population").joinpath(f"donors_{city}.npz").read_bytes()
    with np.load(io.BytesIO(data)) as file:
        # older files hold a stamp, which is kept beside them now; see make_donors in calibration
        return {name: file[name] for name in file.files if name != "fingerprint"}
