"""Columns of outcomes in a store: of everybody, of a group, and of a month.

``newcomers_5`` is an outcome of all people, ``newcomers_5[women]`` that of a group, and
``here[2012-06]`` an indicator at the end of a month.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.findings.outcomes import OUTCOMES
from expatsim.model.rules import indicators
from expatsim.runs.groups import ALL, GROUPS
from expatsim.runs.tallies import NEWCOMERS
from expatsim.scenario.scenario import Scenario, month_name

if TYPE_CHECKING:
    import xarray as xr

GROUP = {group.name: group for group in GROUPS if group.name != ALL}


def columns(
    outcomes: Sequence[str], groups: Sequence[str], series: Sequence[str], scenario: Scenario
) -> list[str]:
    """Return the columns of a store: outcomes, those of groups, and indicators month by month.

    Parameters
    ----------
    outcomes : sequence of str
        Names of outcomes. Shares are also given for groups; numbers of people are not.
    groups : sequence of str
        Names of groups.
    series : sequence of str
        Names of indicators.
    scenario : Scenario
        Its start and length are those of the series.

    Examples
    --------
    >>> from expatsim.scenario import load
    >>> columns(["people", "welcome"], ["women"], [], load("scenarios/rotterdam.yaml"))
    ['people', 'welcome', 'welcome[women]']
    """
    some = [OUTCOMES[name] for name in outcomes]
    of_groups = [
        f"{x.name}[{group}]"
        for group in groups
        for x in some
        # no newcomer can belong to a group of those who were here at the start
        if x.is_share and not (x.way_in == NEWCOMERS and GROUP[group].stock_only)
    ]
    months = [month_name(scenario.start, month) for month in range(scenario.months)]
    return [*outcomes, *of_groups, *(f"{name}[{month}]" for name in series for month in months)]


def parts(column: str) -> tuple[str, str]:
    """Return the outcome or indicator of a column, and its group or month; empty for everybody.

    Examples
    --------
    >>> parts("newcomers_5[women]"), parts("people")
    (('newcomers_5', 'women'), ('people', ''))
    """
    name, _, rest = column.partition("[")
    return name, rest.removesuffix("]")


def label(column: str) -> str:
    """Return the name of a column for readers.

    Examples
    --------
    >>> label("welcome[women]")
    'Feel welcome, at the end (women)'
    """
    name, part = parts(column)
    if name in OUTCOMES:
        return OUTCOMES[name].label + (f" ({GROUP[part].label})" if part else "")
    known = indicators()
    return f"{known[name].meaning if name in known else name} ({part})"


def values_of(dataset: xr.Dataset, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the values of some columns in every draw, missing where nobody is there to look at.

    Parameters
    ----------
    dataset : xarray.Dataset
        From a run.
    names : sequence of str
        From :func:`columns`.
    """
    by_group = {
        group: dataset.sel(group=group or ALL, drop=True)
        for group in dict.fromkeys(part for name, part in map(parts, names) if name in OUTCOMES)
    }
    return {
        column: (
            OUTCOMES[name].values(by_group[part])
            if name in OUTCOMES
            else dataset[name].sel(month=part)
        )
        .to_numpy()
        .astype(float)
        for column, (name, part) in zip(names, map(parts, names), strict=True)
    }
