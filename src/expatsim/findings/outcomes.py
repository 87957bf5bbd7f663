"""Outcomes: each declared once, with its name, its label and its computation from a run.

An outcome is identified by its name: tables, sweeps and pages join on it. Labels are for readers;
pages have them in Dutch too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from expatsim.findings.sureness import SMALLEST_NUMBER, SMALLEST_SHARE
from expatsim.findings.survival import followed_for, staying_after
from expatsim.runs.groups import ALL, HERE_AT_END, TRAITS
from expatsim.runs.tallies import NEWCOMERS, STOCK

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr

    Values = Callable[[xr.Dataset], xr.DataArray]

YEARS = (1, 3, 5, 10)  # after which a share still here is an outcome
# units
SHARE = "share"
PEOPLE = "people"
EXPAT_YEARS = "expat-years"


@dataclass(frozen=True)
class Outcome:
    """One outcome of a projection.

    Attributes
    ----------
    name : str
        Its name in tables and files.
    heading, row : str
        Its label in two halves: tables put outcomes of one heading together. Most have no heading.
    unit : {"share", "people", "expat-years"}
        Unit of its values.
    values : callable
        Takes a dataset of a run, returns the outcome by all its dimensions other than time; that is
        by group, for a share, unless the dataset is of one group. Missing (not a number) in the
        draws in which there is nobody to look at.
    people : callable, optional
        Takes a dataset of a run, returns the number of people that a share rests on.
    way_in : str
        For a share still here: way in of these people, one of
        :data:`expatsim.runs.tallies.WAYS_IN`.
    years : int
        For a share still here: years after the start or after arrival; 0 for outcomes at the end.
    trait : str
        For a share of those here at the end: one of :data:`expatsim.runs.groups.TRAITS`.
    """

    name: str
    heading: str
    row: str
    unit: str
    values: Values
    people: Values | None = None
    way_in: str = ""
    years: int = 0
    trait: str = ""

    @property
    def label(self) -> str:
        """Its name for readers."""
        return f"{self.heading} {self.row}".strip()

    @property
    def is_share(self) -> bool:
        """Whether it lies between zero and one; the others count people or years."""
        return self.unit == SHARE

    def smallest(self, share: float = SMALLEST_SHARE) -> float:
        """Return the smallest difference that is worth naming.

        Parameters
        ----------
        share : float
            That of shares; numbers of people and years have their own.
        """
        return share if self.is_share else SMALLEST_NUMBER


def _here_at_end(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["at_end"].sel(trait=HERE_AT_END, drop=True)


def _share_with_trait(trait: str, dataset: xr.Dataset) -> xr.DataArray:
    here = _here_at_end(dataset)
    return dataset["at_end"].sel(trait=trait, drop=True) / here.where(here > 0)


def _people(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["here"].isel(month=-1).astype(float)


def _expat_years(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["here"].sum("month") / 12


def _outcomes_of_staying(way_in: str, heading: str, row: str) -> list[Outcome]:
    return [
        Outcome(
            f"{way_in}_{years}",
            heading,
            row % f"{years} year{'s' if years > 1 else ''}",
            SHARE,
            partial(staying_after, way_in=way_in, years=years),
            partial(followed_for, way_in=way_in, years=years),
            way_in=way_in,
            years=years,
        )
        for years in YEARS
    ]


OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        *_outcomes_of_staying(STOCK, "People here at the start who are still here", "after %s"),
        *_outcomes_of_staying(NEWCOMERS, "Newcomers still here", "%s after arrival"),
        Outcome("people", "", "Expats in the city at the end", PEOPLE, _people),
        Outcome(
            "expat_years",
            "",
            "Years lived in the city by all expats together",
            EXPAT_YEARS,
            _expat_years,
        ),
        *(
            Outcome(
                trait.name,
                "",
                f"{trait.label}, at the end",
                SHARE,
                partial(_share_with_trait, trait.name),
                _here_at_end,
                trait=trait.name,
            )
            for trait in TRAITS
        ),
    )
}


def possible(months: int) -> list[Outcome]:
    """Return the outcomes that a projection can have.

    Parameters
    ----------
    months : int
        Length of the projection.

    Examples
    --------
    >>> [outcome.name for outcome in possible(36) if outcome.way_in == "newcomers"]
    ['newcomers_1', 'newcomers_3']
    """
    return [outcome for outcome in OUTCOMES.values() if 12 * outcome.years <= months]


def outcomes_of(dataset: xr.Dataset) -> list[Outcome]:
    """Return the outcomes that the dataset of a run has."""
    return possible(dataset.sizes["month"])


# people by month that costs are counted from
COUNTED = ("arrived", "here", "arrived_partners")


def of_everybody(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset of a run for all people together, not by group."""
    return dataset.sel(group=ALL, drop=True)


def values(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return every outcome of all people by name, over the dimensions other than time.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.

    Returns
    -------
    dict of str to xarray.DataArray
        Every outcome that a projection of this length can have; missing (not a number) in the
        draws in which there is nobody to look at. Shares of people here are of the last month.
    """
    everybody = of_everybody(dataset)
    return {outcome.name: outcome.values(everybody) for outcome in outcomes_of(dataset)}


def by_scenario(array: xr.DataArray) -> dict[str, np.ndarray]:
    """Return the values of each scenario by its name, with draws first: plain, hence fast arrays.

    Parameters
    ----------
    array : xarray.DataArray
        With dimensions ``scenario``, ``draw`` and others.
    """
    plain = array.variable.transpose("scenario", "draw", ...).to_numpy()
    return dict(zip(map(str, array["scenario"].to_numpy()), plain, strict=True))


def people_behind(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the number of people that each share of :func:`values` rests on, by name."""
    everybody = of_everybody(dataset)
    return {
        outcome.name: outcome.people(everybody)
        for outcome in outcomes_of(dataset)
        if outcome.people
    }


def by_draw(dataset: xr.Dataset) -> pd.DataFrame:
    """Return the outcomes of every draw, tidy: ``scenario``, ``draw``, ``outcome``, ``value``."""
    import pandas as pd

    parts = [
        array.rename("value").to_dataframe().reset_index().assign(outcome=name)
        for name, array in values(dataset).items()
    ]
    return pd.concat(parts, ignore_index=True)[["scenario", "draw", "outcome", "value"]]
