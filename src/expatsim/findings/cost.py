"""Extra cost of a scenario over the baseline, also per person and per year gained.

Costs come from the scenario file; a lever without a cost there has none, and no number is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.findings.assumptions import levers_that_differ
from expatsim.findings.basis import ASSUMPTION, Before, rests_on
from expatsim.findings.outcomes import COUNTED, EXPAT_YEARS, PEOPLE
from expatsim.findings.sureness import ASSUMED_SIZES, FEWEST_PEOPLE, other_sizes
from expatsim.intervals import median, spread
from expatsim.model.levers import (
    PLACES_PER_HUNDRED,
    SHARE_OF_NEWCOMERS,
    SHARE_OF_PARTNERS,
    Lever,
)
from expatsim.model.policy import LeverPath, as_in_2009, policy_of_draws
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FIVE_YEARS = 60  # months
TOO_FEW_TO_DIVIDE = "too few people to divide by"
EUROS = "euros"  # a unit


class Balance(NamedTuple):
    """Cost and gain of a scenario over the baseline; arrays of shape (draws,).

    Attributes
    ----------
    cost : numpy.ndarray
        Extra euros over the whole period.
    years : numpy.ndarray
        Extra expat-years over the whole period.
    worth : float or None
        Euros that an expat-year is worth, if the scenario has such a value.
    cost_5, people_5 : numpy.ndarray or None
        Extra euros over the first five years, and extra people here at their end; ``None`` if the
        projection is shorter.
    """

    cost: np.ndarray
    years: np.ndarray
    worth: float | None
    cost_5: np.ndarray | None
    people_5: np.ndarray | None


@dataclass(frozen=True)
class Quantity:
    """One quantity of the table of costs.

    Attributes
    ----------
    name : str
        Its name in tables, in column ``outcome``.
    label : str
        Its name for readers.
    unit : {"euros", "people", "expat-years"}
        Unit of its values.
    values : callable
        Takes a :class:`Balance`, returns the quantity in every draw, or ``None`` where it cannot
        be computed.
    divisor : callable, optional
        Takes a :class:`Balance`, returns the number that the cost is divided by.
    gain : callable, optional
        Takes a :class:`Balance`, returns the number that is above zero if the scenario gains.
    of_sizes : bool
        Whether it depends on the number of extra people, and so on assumed sizes.
    """

    name: str
    label: str
    unit: str
    values: Callable[[Balance], np.ndarray | None]
    divisor: Callable[[Balance], np.ndarray | None] | None = None
    gain: Callable[[Balance], np.ndarray | None] | None = None
    of_sizes: bool = True


def ratio(cost: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return the cost for each unit gained; infinite where nothing is gained, or next to nothing.

    Parameters
    ----------
    cost : numpy.ndarray
        Euros.
    gain : numpy.ndarray
        People, or expat-years.

    Examples
    --------
    >>> ratio(np.array([1000.0, 1000.0]), np.array([4.0, 0.0])).tolist()
    [250.0, inf]
    """
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


def people_reached(lever: Lever, worlds: Worlds) -> np.ndarray | None:
    """Return the people whom one unit of a lever reaches in each month, shape (draws, months).

    ``None`` for a lever whose participants the model does not count.

    Parameters
    ----------
    lever : Lever
        A lever of the package or of a rule of your own.
    worlds : Worlds
        People of the run.
    """
    people = {
        SHARE_OF_NEWCOMERS: worlds.arrived,
        SHARE_OF_PARTNERS: worlds.arrived_partners,
        PLACES_PER_HUNDRED: worlds.here / 1200,  # places for a year, per 100 people
    }
    return people.get(lever.reaches)


class Worlds(NamedTuple):
    """Numbers of a run that the cost of a scenario follows from.

    Attributes
    ----------
    arrived, here : numpy.ndarray, shape (draws, months)
        People who arrive in each month, and who are here at its end.
    arrived_partners : numpy.ndarray, shape (draws, months)
        Partners of workers among those who arrive.
    parameters : dict of str to numpy.ndarray, shape (draws,)
        Value of each parameter, by name.
    """

    arrived: np.ndarray
    here: np.ndarray
    arrived_partners: np.ndarray
    parameters: dict[str, np.ndarray]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Worlds:
        """Return those of the dataset of one scenario."""
        values = dataset["parameter_value"].transpose("parameter", "draw").to_numpy()
        names = [str(p) for p in dataset["parameter"].to_numpy()]
        arrived, here, partners = (
            dataset[x].transpose("draw", "month").to_numpy() for x in COUNTED
        )
        # parameters of a user's own city are missing in scenarios of other cities
        own = {n: x for n, x in zip(names, values, strict=True) if not np.isnan(x).all()}
        return cls(arrived, here, partners, own)

    def first(self, months: int) -> Worlds:
        """Return the first months only."""
        counts = (self.arrived, self.here, self.arrived_partners)
        arrived, here, partners = (x[:, :months] for x in counts)
        return Worlds(arrived, here, partners, self.parameters)


def policy_before(scenario: Scenario, base: Scenario) -> dict[str, LeverPath]:
    """Return the baseline's path of every lever, also of those that only the scenario has.

    A lever of a rule that the baseline lacks stands there as in 2009.

    Parameters
    ----------
    scenario, base : Scenario
        The scenario with the costs, and the baseline.
    """
    lacking = {n: x for n, x in scenario.levers.items() if n not in base.policy}
    as_then = {n: LeverPath.of(as_in_2009(x, base.city)) for n, x in lacking.items()}
    return {**base.policy, **as_then}


def extra_cost(scenario: Scenario, base: Scenario, worlds: Worlds) -> np.ndarray | None:
    """Return the cost in euros above the baseline, shape (draws,); ``None`` if no cost applies.

    A cost ``per_year`` runs in every month in which the lever stands otherwise than in the
    baseline in any draw, whatever its level; ``per_unit`` and ``per_participant`` grow with the
    distance above the baseline, month by month and draw by draw, and are zero below it.

    Parameters
    ----------
    scenario : Scenario
        The scenario with the costs.
    base : Scenario
        The baseline.
    worlds : Worlds
        People and parameters of the run of ``scenario``.
    """
    draws, months = worlds.here.shape
    total, any_cost = np.zeros(draws), False
    levels = scenario.levels(worlds.parameters)
    newcomers, levers = base.newcomers(worlds.parameters), {**base.levers, **scenario.levers}
    policy = policy_before(scenario, base)
    before = policy_of_draws(policy, worlds.parameters, newcomers, levers)
    for lever, cost in scenario.costs.items():
        change = (levels[lever] - before[lever])[:months].T  # (draws or 1, months)
        active = (change != 0).any(axis=0)
        if not active.any():
            continue
        above = np.maximum(change, 0)
        people = people_reached(scenario.levers[lever], worlds)
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
    """Return levers that have a cost which does not apply, since they stand as in the baseline."""
    before = policy_before(scenario, base)
    return [
        lever
        for lever, cost in scenario.costs.items()
        if cost and scenario.policy[lever] == before[lever]
    ]


def without_numbers(scenario: Scenario, base: Scenario) -> tuple[list[str], list[str]]:
    """Return levers that the cost leaves out: those without a cost, and those without a count.

    A lever is without a count if it has a cost per participant and the model does not count its
    participants. Both lists are empty for a scenario without any cost.
    """
    costs = scenario.costs
    differ = levers_that_differ([policy_before(scenario, base), scenario.policy])
    missing = [x for x in differ if not costs.get(x)] if costs else []
    with_participants = [x for x in differ if costs.get(x, {}).get("per_participant") is not None]
    return missing, [x for x in with_participants if not scenario.levers[x].reaches]


def omissions(scenario: Scenario, base: Scenario) -> list[str]:
    """Return a line for everything that the cost of a scenario leaves out."""
    missing, uncounted = without_numbers(scenario, base)
    with_count = ", ".join(name for name, x in scenario.levers.items() if x.reaches)
    lines = [f"no cost is given for {', '.join(missing)}"] if missing else []
    lines += [
        f"{lever} has no count of participants; its cost for each is left out "
        f"(those that have one: {with_count})"
        for lever in uncounted
    ]
    return lines


def balance(dataset: xr.Dataset, scenario: Scenario, base: Scenario) -> Balance | None:
    """Return cost and gain of a scenario over the baseline; ``None`` if no cost applies.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections, of both scenarios at least.
    scenario : Scenario
        The scenario with the costs.
    base : Scenario
        The baseline.
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


def costs(
    dataset: xr.Dataset, scenarios: Sequence[Scenario], before: Before | None = None
) -> pd.DataFrame:
    """Return the cost of every scenario that has one, also per unit gained, over the first.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections of all scenarios.
    scenarios : sequence of Scenario
        The baseline first.
    before : Before, optional
        What the differences were in draws from the prior; by default that is not known.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome`` (a name of :data:`QUANTITIES`), ``label``, ``unit``,
        ``low``, ``low_50``, ``median``, ``high_50``, ``high`` (infinity where nothing is gained),
        ``probability_of_no_gain``, ``rests_on`` (of the gain, where the cost is divided by it; see
        :func:`expatsim.findings.basis.rests_on`) and ``note``. The cost for an extra expat-year is
        also a break-even: what a year must be worth for the measure to pay. Where the scenario says
        what a year is worth, there are also the gain from which it pays and the net benefit.
        Nothing is divided by fewer than ten people (or years), nor by a gain that only follows from
        another assumed stock or inflow: the numbers are then missing and ``note`` says why.
    """
    import pandas as pd

    base, *others = scenarios
    resized = other_sizes(scenarios)
    rows = []
    for scenario in others:
        sums = balance(dataset, scenario, base)
        if sums is None:
            continue
        known = before or Before()
        prior = None if known.dataset is None else balance(known.dataset, scenario, base)
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
                    "unit": quantity.unit,
                    **spread(values if not note or divisor is None else np.array([])),
                    "probability_of_no_gain": np.nan if gain is None else (gain <= 0).mean(),
                    "rests_on": ASSUMPTION
                    if note == ASSUMED_SIZES
                    else _rests_on(quantity, sums, prior, known.label),
                    "note": note,
                }
            )
    return pd.DataFrame(rows)


def _rests_on(quantity: Quantity, sums: Balance, prior: Balance | None, label: str) -> str:
    """Return what a quantity rests on: its gain, or itself if nothing is gained by it."""
    of = quantity.gain or quantity.values
    after, before = of(sums), None if prior is None else of(prior)
    if after is None or (after == after[0]).all():  # a number that the file gives
        return ""
    return rests_on(after, label if before is None else before)


def _note(divisor: np.ndarray | None, resized: bool) -> str:
    """Return why a quantity is no finding; empty where it may be one."""
    if resized:
        return ASSUMED_SIZES
    if divisor is not None and -FEWEST_PEOPLE < median(divisor) < FEWEST_PEOPLE:
        return TOO_FEW_TO_DIVIDE
    return ""
