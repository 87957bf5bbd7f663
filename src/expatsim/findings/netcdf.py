"""NetCDF files that explain themselves: CF conventions, units, a time axis and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

CONVENTIONS = "CF-1.11"
TIME = "time"  # beside ``month``, which is text: the first day of each month
UNIT = "parameter_unit"  # beside ``parameter``
COUNT = "1"  # CF's unit of numbers of people
DIMENSIONS = {
    "scenario": "name of the scenario",
    "draw": "number of the draw: one possible world, the same in every scenario",
    "month": "month of the projection, year and month",
    "way_in": "people here at the start (stock), or those who came later (newcomers)",
    "group": "group of people",
    "stay": "months since the start (stock) or since arrival (newcomers)",
    "trait": "trait of people here at the end",
    "parameter": "name of the parameter",
    "parameter_unit": "unit of the parameter",
    "setting": "number of the setting, a row of the design",
    "replicate": "number of the run of a setting, with other people and other luck",
}
VALUES = {"parameter_value": f"value of each parameter, in the unit that {UNIT} says"}
OF_PROVENANCE = ("parameters", "parameters_digest", "posterior", "code", "git_commit")


def encoded(
    dataset: xr.Dataset, title: str, provenance: Mapping[str, Any], **encoding: Any
) -> bytes:
    """Return a dataset as the bytes of a NetCDF file, with attributes that say what it is.

    Parameters
    ----------
    dataset : xarray.Dataset
        Its variables keep the attributes that they have.
    title : str
        What the file is of, in one line.
    provenance : mapping
        At least ``expatsim``, the version; of the others those of a manifest that name the code and
        the draws are kept.
    **encoding
        Encoding of every data variable, as xarray takes it.
    """
    described = dataset.assign_attrs(
        Conventions=CONVENTIONS,
        title=title,
        source=f"expatsim {provenance['expatsim']}, an agent-based simulation: no measurements",
        **{k: str(provenance[k]) for k in OF_PROVENANCE if provenance.get(k)},
    )
    by_name: dict[str, dict[str, Any]] = {str(name): dict(encoding) for name in dataset.data_vars}
    if "month" in dataset.coords:
        described = described.assign_coords({TIME: ("month", _first_days(dataset))})
        described[TIME].attrs |= {"standard_name": "time", "long_name": "first day of the month"}
        by_name[TIME] = {"units": "days since 1970-01-01", "dtype": "int32"}
    for name in described.variables:
        attributes = described[name].variable.attrs
        if str(name) in (said := DIMENSIONS | VALUES):
            attributes.setdefault("long_name", said[str(name)])
        elif name != TIME and np.issubdtype(described[name].dtype, np.number):
            attributes.setdefault("units", COUNT)
    if "stay" in described.coords:
        described["stay"].attrs["units"] = "months"
    return bytes(described.to_netcdf(engine="h5netcdf", encoding=by_name))


def undescribed(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset of a file as it was before :func:`encoded` described it.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a file of :func:`encoded`.
    """
    plain = dataset.drop_vars([TIME, UNIT], errors="ignore").drop_attrs(deep=False)
    for name in plain.variables:
        attributes = plain[name].variable.attrs
        attributes.pop("units", None)
        if str(name) in DIMENSIONS | VALUES:
            attributes.pop("long_name", None)
    return plain


def _first_days(dataset: xr.Dataset) -> np.ndarray:
    """Return the first day of every month of a dataset."""
    return dataset["month"].to_numpy().astype("datetime64[M]").astype("datetime64[ns]")
