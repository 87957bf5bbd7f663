"""What a scenario costs more than the baseline, and per person and year that it gains.

Costs come from the scenario file; a lever without a cost has none here, and no number is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.analysis.assumptions import levers_that_differ

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FIVE_YEARS = 60  # months
# people reached in a month by one unit of a lever, from those who arrive and those who are here
PARTICIPANTS = {
    "mentor_projects": lambda arrived, here: arrived,
    "desk_visibility": lambda arrived, here: arrived,
    # places for a year, per 100 people
    "dutch_practice": lambda arrived, here: here / 1200,
}


def path(steps: Sequence[Sequence[float]], months: int) -> np.ndarray:
    """Undo :func:`expatsim.scenario.model.steps`."""
    values = np.empty(months)
    for month, value in steps:  # steps beyond the last month change nothing
        values[int(month) :] = value
    return values


def extra_cost(
    scenario: Mapping[str, Any], base: Mapping[str, Any], arrived: np.ndarray, here: np.ndarray
) -> np.ndarray | None:
    """Cost in euros above the baseline, shape (draws,); ``None`` without any cost that applies.

    Parameters
    ----------
    scenario, base : mapping
        As from :meth:`expatsim.scenario.Scenario.describe`.
    arrived, here : numpy.ndarray, shape (draws, months)
        People in the scenario.
    """
    draws, months = here.shape
    total, known = np.zeros(draws), False
    for lever, cost in scenario["costs"].items():
        change = path(scenario["policy"][lever], months) - path(base["policy"][lever], months)
        active = change != 0
        if not active.any():
            continue
        if cost.get("per_year") is not None:
            total += cost["per_year"] * active.sum() / 12
            known = True
        if cost.get("per_participant") is not None and lever in PARTICIPANTS:
            reached = np.maximum(change, 0) * PARTICIPANTS[lever](arrived, here)
            total += cost["per_participant"] * reached.sum(axis=1)
            known = True
    return total if known else None


def without_numbers(
    scenario: Mapping[str, Any], base: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """Levers that a cost leaves out: those without one, and those whose participants nobody counts.

    Nothing for a scenario without any cost.
    """
    costs = scenario["costs"]
    differ = levers_that_differ([base["policy"], scenario["policy"]])
    missing = [x for x in differ if not costs.get(x)] if costs else []
    each = [x for x in differ if costs.get(x, {}).get("per_participant") is not None]
    return missing, [x for x in each if x not in PARTICIPANTS]


def notes(scenario: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    """What the cost of a scenario leaves out, in words."""
    missing, uncounted = without_numbers(scenario, base)
    found = [f"no cost is given for {', '.join(missing)}"] if missing else []
    found += [
        f"{lever} has no count of participants; its cost for each is left out "
        f"(those that have one: {', '.join(PARTICIPANTS)})"
        for lever in uncounted
    ]
    return found


def ratio(cost: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Cost for each unit gained; infinite where nothing is gained."""
    with np.errstate(divide="ignore"):
        return np.where(gain > 0, cost / np.where(gain > 0, gain, 1), np.inf)


def costs(dataset: xr.Dataset, scenarios: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Cost of every scenario that has one, and per unit gained, against the first scenario.

    Parameters
    ----------
    dataset : xarray.Dataset
    scenarios : sequence of mapping
        Descriptions, the baseline first.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``quantity``, ``low``, ``median``, ``high`` (90 % interval; infinity
        where nothing is gained) and ``probability_of_no_gain``. The cost for an extra expat-year
        is also a break-even: what a year must be worth for the measure to pay. Where the scenario
        says what a year is worth, the gain from which it pays and the net benefit are told too.
    """
    import pandas as pd

    base, *others = scenarios
    rows = []
    for scenario in others:
        mine = dataset.sel(scenario=scenario["name"])
        first = dataset.sel(scenario=base["name"])
        here, before = mine["here"].to_numpy(), first["here"].to_numpy()
        total = extra_cost(scenario, base, mine["arrived"].to_numpy(), here)
        if total is None:
            continue
        years = (here - before).sum(axis=1) / 12
        found = {
            "extra cost": (total, None),
            "extra expat-years": (years, None),
            "cost of an extra expat-year": (ratio(total, years), years),
        }
        worth = scenario.get("value_per_expat_year")
        if worth:
            net = worth * years - total
            found |= {
                "extra expat-years to break even": (total / worth, None),
                "net benefit": (net, net),
            }
        if here.shape[1] >= FIVE_YEARS:
            people = here[:, FIVE_YEARS - 1] - before[:, FIVE_YEARS - 1]
            spent = extra_cost(
                scenario,
                base,
                mine["arrived"].to_numpy()[:, :FIVE_YEARS],
                here[:, :FIVE_YEARS],
            )
            if spent is not None:
                found |= {
                    "extra people here after five years": (people, None),
                    "cost of an extra person here after five years": (ratio(spent, people), people),
                }
        for name, (values, gain) in found.items():
            low, median, high = np.quantile(values, [0.05, 0.5, 0.95], method="nearest")
            rows.append(
                {
                    "scenario": scenario["name"],
                    "quantity": name,
                    "low": low,
                    "median": median,
                    "high": high,
                    "probability_of_no_gain": np.nan if gain is None else (gain <= 0).mean(),
                }
            )
    return pd.DataFrame(rows)
