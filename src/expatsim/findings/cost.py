"""What a scenario costs more than the baseline, and per person and year that it gains.

Costs come from the scenario file; a lever without a cost has none here, and no number is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.findings.assumptions import levers_that_differ
from expatsim.findings.outcomes import EXPAT_YEARS, PEOPLE
from expatsim.findings.sureness import ASSUMED_SIZES, FEWEST_PEOPLE, other_sizes
from expatsim.intervals import median, spread
from expatsim.model.levers import LEVERS, NEWCOMERS, PLACES
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FIVE_YEARS = 60  # months
TOO_FEW_TO_DIVIDE = "too few people to divide by"
EUROS = "euros"  # a unit


class Balance(NamedTuple):
    """What a scenario costs and gains above the baseline; arrays of shape (draws,).

    Attributes
    ----------
    cost : numpy.ndarray
        Euros over the whole period.
    years : numpy.ndarray
        Expat-years.
    worth : float or None
        Euros that an expat-year is worth, if the scenario says so.
    cost_5, people_5 : numpy.ndarray or None
        Euros over the first five years, and people here after them; none if the projection is
        shorter.
    """

    cost: np.ndarray
    years: np.ndarray
    worth: float | None
    cost_5: np.ndarray | None
    people_5: np.ndarray | None


@dataclass(frozen=True)
class Quantity:
    """Something that a scenario with a cost is asked for.

    Attributes
    ----------
    name : str
        In tables, as ``outcome``.
    label : str
        For readers.
    unit : {"euros", "people", "expat-years"}
    values : callable
        Takes a :class:`Balance`, returns the quantity in every draw, or none where it has none.
    divisor : callable, optional
        In the same way, what it is divided by.
    gain : callable, optional
        In the same way, what must be above zero to gain.
    of_sizes : bool
        Whether it depends on how many people there are more, and so on assumed sizes.
    """

    name: str
    label: str
    unit: str
    values: Callable[[Balance], np.ndarray | None]
    divisor: Callable[[Balance], np.ndarray | None] | None = None
    gain: Callable[[Balance], np.ndarray | None] | None = None
    of_sizes: bool = True


def ratio(cost: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Cost for each unit gained; infinite where nothing is gained, or next to nothing."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(gain > 0, cost / np.where(gain > 0, gain, 1), np.inf)


def _years(b: Balance) -> np.ndarray:
    return b.years


def _people_5(b: Balance) -> np.ndarray | None:
    return b.people_5


def _break_even(b: Balance) -> np.ndarray | None:
    return ratio(b.cost, np.array(b.worth)) if b.worth else None


def _net_benefit(b: Balance) -> np.ndarray | None:
    return b.worth * b.years - b.cost if b.worth else None


def _cost_per_person_5(b: Balance) -> np.ndarray | None:
    return None if b.cost_5 is None or b.people_5 is None else ratio(b.cost_5, b.people_5)


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "extra_cost",
            "Extra cost over the whole period",
            EUROS,
            lambda b: b.cost,
            of_sizes=False,
        ),
        Quantity(
            "extra_expat_years",
            "Extra years lived in the city by expats",
            EXPAT_YEARS,
            _years,
        ),
        Quantity(
            "cost_per_expat_year",
            "Cost of one extra year lived in the city",
            EUROS,
            lambda b: ratio(b.cost, b.years),
            divisor=_years,
            gain=_years,
        ),
        Quantity(
            "expat_years_to_break_even",
            "Extra years lived in the city from which it pays",
            EXPAT_YEARS,
            _break_even,
            of_sizes=False,
        ),
        Quantity(
            "net_benefit",
            "Worth of the extra years less the extra cost",
            EUROS,
            _net_benefit,
            gain=_net_benefit,
        ),
        Quantity(
            "extra_people_5",
            "Extra expats in the city after five years",
            PEOPLE,
            _people_5,
        ),
        Quantity(
            "cost_per_person_5",
            "Cost of one extra expat in the city after five years",
            EUROS,
            _cost_per_person_5,
            divisor=_people_5,
            gain=_people_5,
        ),
    )
}


def people_reached(lever: str, arrived: np.ndarray, here: np.ndarray) -> np.ndarray | None:
    """People whom one unit of a lever reaches in each month; ``None`` where nobody counts them.

    Parameters
    ----------
    lever : str
    arrived, here : numpy.ndarray
        People who arrived in the month, and who are here at its end; any shape.
    """
    kind = LEVERS[lever].reaches
    if kind == NEWCOMERS:
        return arrived
    # places for a year, per 100 people
    return here / 1200 if kind == PLACES else None


class Worlds(NamedTuple):
    """What the cost of a scenario follows from, apart from the scenario itself.

    Attributes
    ----------
    arrived, here : numpy.ndarray, shape (draws, months)
        People in the scenario.
    parameters : dict of str to numpy.ndarray, shape (draws,)
        In each draw.
    """

    arrived: np.ndarray
    here: np.ndarray
    parameters: dict[str, np.ndarray]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Worlds:
        """From the dataset of one scenario."""
        values = dataset["parameter_value"].transpose("parameter", "draw").to_numpy()
        names = [str(p) for p in dataset["parameter"].to_numpy()]
        arrived, here = (
            dataset[x].transpose("draw", "month").to_numpy() for x in ("arrived", "here")
        )
        # a city of somebody's own has parameters that other scenarios lack
        own = {n: x for n, x in zip(names, values, strict=True) if not np.isnan(x).all()}
        return cls(arrived, here, own)

    def first(self, months: int) -> Worlds:
        """The first months only."""
        return Worlds(self.arrived[:, :months], self.here[:, :months], self.parameters)


def extra_cost(scenario: Scenario, base: Scenario, worlds: Worlds) -> np.ndarray | None:
    """Cost in euros above the baseline, shape (draws,); ``None`` without any cost that applies.

    A cost ``per_year`` runs in every month in which the lever stands otherwise than in the
    baseline in any draw, whatever its level; ``per_unit`` and ``per_participant`` grow with how far
    it stands above the baseline, month by month and draw by draw, and are nothing below it.
    """
    draws, months = worlds.here.shape
    total, any_cost = np.zeros(draws), False
    levels, before = (s.levels(worlds.parameters) for s in (scenario, base))
    for lever, cost in scenario.costs.items():
        change = (levels[lever] - before[lever])[:months].T  # (draws or 1, months)
        active = (change != 0).any(axis=0)
        if not active.any():
            continue
        above = np.maximum(change, 0)
        people = people_reached(lever, worlds.arrived, worlds.here)
        if cost.get("per_year") is not None:
            total += cost["per_year"] * active.sum() / 12
            any_cost = True
        if cost.get("per_unit") is not None:
            total += cost["per_unit"] * above.sum(axis=1) / 12
            any_cost = True
        if cost.get("per_participant") is not None and people is not None:
            total += cost["per_participant"] * (above * people).sum(axis=1)
            any_cost = True
    return total if any_cost else None


def unmoved(scenario: Scenario, base: Scenario) -> list[str]:
    """Levers that have a cost and stand as in the baseline, so that it counts for nothing."""
    return [
        lever
        for lever, cost in scenario.costs.items()
        if cost and scenario.policy[lever] == base.policy[lever]
    ]


def without_numbers(scenario: Scenario, base: Scenario) -> tuple[list[str], list[str]]:
    """Levers that a cost leaves out: those without one, and those whose participants nobody counts.

    Nothing for a scenario without any cost.
    """
    costs = scenario.costs
    differ = levers_that_differ([base.policy, scenario.policy])
    missing = [x for x in differ if not costs.get(x)] if costs else []
    with_participants = [x for x in differ if costs.get(x, {}).get("per_participant") is not None]
    return missing, [x for x in with_participants if not scenario.levers[x].reaches]


def omissions(scenario: Scenario, base: Scenario) -> list[str]:
    """What the cost of a scenario leaves out, in words."""
    missing, uncounted = without_numbers(scenario, base)
    with_count = ", ".join(name for name, x in LEVERS.items() if x.reaches)
    lines = [f"no cost is given for {', '.join(missing)}"] if missing else []
    lines += [
        f"{lever} has no count of participants; its cost for each is left out "
        f"(those that have one: {with_count})"
        for lever in uncounted
    ]
    return lines


def balance(dataset: xr.Dataset, scenario: Scenario, base: Scenario) -> Balance | None:
    """What a scenario costs and gains above the baseline; none without a cost that applies.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of both scenarios.
    scenario, base : Scenario
    """
    worlds = Worlds.of(dataset.sel(scenario=scenario.name))
    before = dataset["here"].sel(scenario=base.name).transpose("draw", "month").to_numpy()
    total = extra_cost(scenario, base, worlds)
    if total is None:
        return None
    extra = worlds.here - before
    spent = people = None
    if extra.shape[1] >= FIVE_YEARS:
        spent = extra_cost(scenario, base, worlds.first(FIVE_YEARS))
        people = None if spent is None else extra[:, FIVE_YEARS - 1]
    worth = scenario.value_per_expat_year
    return Balance(total, extra.sum(axis=1) / 12, worth, spent, people)


def costs(dataset: xr.Dataset, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Cost of every scenario that has one, and per unit gained, against the first scenario.

    Parameters
    ----------
    dataset : xarray.Dataset
    scenarios : sequence of Scenario
        The baseline first.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome`` (a name of :data:`QUANTITIES`), ``label``, ``low``,
        ``low_50``, ``median``, ``high_50``, ``high`` (infinity where nothing is gained),
        ``probability_of_no_gain`` and ``note``. The cost for an extra expat-year is also a
        break-even: what a year must be worth for the measure to pay. Where the scenario says what a
        year is worth, the gain from which it pays and the net benefit are told too. Nothing is
        divided by fewer than ten people (or years), nor by a gain that only follows from another
        assumed stock or inflow: the numbers are then missing and ``note`` says why.
    """
    import pandas as pd

    base, *others = scenarios
    resized = other_sizes(scenarios)
    rows = []
    for scenario in others:
        sums = balance(dataset, scenario, base)
        if sums is None:
            continue
        for quantity in QUANTITIES.values():
            values = quantity.values(sums)
            if values is None:
                continue
            divisor, gain = (f and f(sums) for f in (quantity.divisor, quantity.gain))
            note = _note(divisor, quantity.of_sizes and scenario.name in resized)
            rows.append(
                {
                    "scenario": scenario.name,
                    "outcome": quantity.name,
                    "label": quantity.label,
                    **spread(values if not note or divisor is None else np.array([])),
                    "probability_of_no_gain": np.nan if gain is None else (gain <= 0).mean(),
                    "note": note,
                }
            )
    return pd.DataFrame(rows)


def _note(divisor: np.ndarray | None, resized: bool) -> str:
    """Why a quantity is no finding; empty where it may be one."""
    if resized:
        return ASSUMED_SIZES
    if divisor is not None and -FEWEST_PEOPLE < median(divisor) < FEWEST_PEOPLE:
        return TOO_FEW_TO_DIVIDE
    return ""
