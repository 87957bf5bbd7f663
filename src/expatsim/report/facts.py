"""Facts of a page as plain numbers, collected before any sentence is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim.cities import city_names
from expatsim.findings import assumptions, cost
from expatsim.findings.outcomes import Outcome, of_everybody
from expatsim.findings.summary import headline
from expatsim.findings.sureness import FEWEST_DRAWS, different_draws
from expatsim.findings.survival import share_by_reason, share_staying
from expatsim.findings.unknowns import Unknown, is_informed
from expatsim.intervals import FIVE, quantiles
from expatsim.model.levers import LEVERS, level_2009
from expatsim.model.rules.departure import LEFT_FOR
from expatsim.posterior.record import Calibration
from expatsim.runs.groups import ALL
from expatsim.runs.tallies import NEWCOMERS, STOCK
from expatsim.scenario import guards

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.findings.tables import Tables
    from expatsim.scenario.scenario import Scenario


class Paths(NamedTuple):
    """A quantity over time, for every scenario.

    Attributes
    ----------
    x : numpy.ndarray, shape (points,)
        Years.
    quantiles : dict of str to numpy.ndarray, shape (5, points)
        At :data:`expatsim.intervals.FIVE`, by name of scenario.
    """

    x: np.ndarray
    quantiles: dict[str, np.ndarray]


@dataclass(frozen=True)
class Facts:
    """All numbers of a page.

    Attributes
    ----------
    provenance : dict
        Versions, settings and texts of the result.
    scenarios : list of Scenario
        The baseline first.
    draws : int
        Draws of each scenario.
    different : int
        Parameter vectors among them, see :func:`expatsim.findings.sureness.different_draws`.
    smallest : float
        The smallest difference of shares that is worth naming.
    calibration : Calibration or None
        Record of the calibration that made the parameter draws, if there is one.
    headline : Outcome
        The answer that comes first.
    summary, effects, costs : pandas.DataFrame
        The tables of a result; the last two are empty for a single scenario.
    uncosted : dict of str to tuple
        By scenario with a cost: levers without one, and levers whose participants nobody counts.
    why : pandas.DataFrame or None
        Shares of the gap between the cities.
    stock : Paths
        People in the city, from the start on.
    staying : dict of str to Paths
        Share still in the city by way in, from the start or from arrival on.
    reasons : dict of str to dict of str to numpy.ndarray
        Median and 90 % interval of the share of leavers, by reason and scenario; missing where
        nobody leaves.
    parts : list of Part
        Parts of the scenarios that differ, with the parameters behind them.
    informed : dict of str to bool or None
        Whether the data inform a parameter of these parts, by name; None where that is not known.
    carried : dict of str to float
        Share of the variance of the main difference that goes with each of these parameters, the
        largest of all scenarios; empty where that cannot be told.
    unknowns : list of Unknown
        The biggest unknown of the answer that comes first, and of its differences.
    unmeasured : list of str
        Levers that differ, and whose level of 2009 nobody measured.
    cautions : dict of str to dict
        Cautions by scenario, see :func:`expatsim.scenario.guards.cautions`.
    cells : pandas.DataFrame
        Observed and simulated tables, see :func:`observed_and_simulated`.
    tipping : dict of str to pandas.DataFrame, optional
        Where the answers turn, from :func:`expatsim.tipping_points`.
    """

    provenance: dict[str, Any]
    scenarios: list[Scenario]
    draws: int
    different: int
    smallest: float
    calibration: Calibration | None
    headline: Outcome
    summary: pd.DataFrame
    effects: pd.DataFrame
    costs: pd.DataFrame
    uncosted: dict[str, tuple[list[str], list[str]]]
    why: pd.DataFrame | None
    stock: Paths
    staying: dict[str, Paths]
    reasons: dict[str, dict[str, np.ndarray]]
    parts: list[assumptions.Part]
    informed: dict[str, bool | None]
    carried: dict[str, float]
    unknowns: list[Unknown]
    unmeasured: list[str]
    cautions: dict[str, dict[str, Any]]
    cells: pd.DataFrame
    tipping: dict[str, pd.DataFrame] | None = None

    @classmethod
    def of(
        cls,
        result: Tables,
        why: pd.DataFrame | None = None,
        tipping: dict[str, pd.DataFrame] | None = None,
    ) -> Facts:
        """The facts of a result.

        Parameters
        ----------
        result : Tables
            A result, of one scenario or several.
        why : pandas.DataFrame, optional
            Shares of the gap between the cities, from :func:`expatsim.decompose`.
        tipping : dict of str to pandas.DataFrame, optional
            Where the answers turn, from :func:`expatsim.tipping_points`.
        """
        scenarios = result.scenarios
        several = len(scenarios) > 1
        summary = result.summary()
        calibration = result.calibration
        parts = assumptions.parts(scenarios)
        costs = result.costs() if several else pd.DataFrame()
        costed = set() if costs.empty else set(costs["scenario"])
        return cls(
            provenance=result.provenance,
            scenarios=scenarios,
            draws=result.dataset.sizes["draw"],
            different=different_draws(result.dataset),
            smallest=result.smallest,
            calibration=calibration,
            headline=headline(result.dataset),
            summary=summary,
            effects=result.effects() if several else pd.DataFrame(),
            costs=costs,
            uncosted={
                s.name: cost.without_numbers(s, scenarios[0]) for s in scenarios if s.name in costed
            },
            why=why,
            stock=stock_paths(result.dataset, scenarios[0].start),
            staying={way: staying_paths(result.dataset, way) for way in (NEWCOMERS, STOCK)},
            reasons=_reasons(result.dataset),
            parts=parts,
            informed={
                name: is_informed(name, calibration, result.source)
                for part in parts
                for name in part.parameters
            },
            carried=result.carried(),
            unknowns=result.unknowns(),
            unmeasured=_unmeasured(scenarios),
            cautions={s.name: guards.cautions(s) for s in scenarios},
            cells=observed_and_simulated(calibration.fit if calibration else ()),
            tipping=tipping,
        )

    @property
    def names(self) -> list[str]:
        """Names of the scenarios."""
        return [s.name for s in self.scenarios]

    @property
    def few(self) -> bool:
        """Whether there are too few draws to speak of an interval."""
        return self.different < FEWEST_DRAWS

    def headlines(self) -> pd.DataFrame:
        """The rows of the summary that come first, by scenario."""
        rows = self.summary["outcome"] == self.headline.name
        return self.summary[rows].set_index("scenario")

    def groups(self) -> pd.DataFrame:
        """Effects on the headline outcome by group."""
        some = self.effects[self.effects["outcome"] == self.headline.name]
        return some[some["group"] != ALL]


def observed_and_simulated(cells: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Observed and simulated cells of a calibration, as shares of the respondents.

    Parameters
    ----------
    cells : sequence of dict
        From :class:`expatsim.posterior.record.Calibration`.
    """
    frame = pd.DataFrame(cells)
    if frame.empty:
        return frame
    columns = ["observed_low", "observed_high", "median", "low", "high"]
    frame[columns] = frame[columns].div(frame["asked"], axis=0)
    return frame


def _by_scenario(array: xr.DataArray) -> dict[str, np.ndarray]:
    """Values by scenario, with draws as the first axis."""
    names = [str(name) for name in array["scenario"].to_numpy()]
    return {name: array.sel(scenario=name).transpose("draw", ...).to_numpy() for name in names}


def _paths(x: np.ndarray, values: dict[str, np.ndarray]) -> Paths:
    return Paths(x, {name: quantiles(v, FIVE) for name, v in values.items()})


def stock_paths(dataset: xr.Dataset, start: str) -> Paths:
    """People in the city, from the start to the end of the last month.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    start : str
        First month of its scenarios, such as ``"2010-01"``.
    """
    year, month = (int(part) for part in start.split("-"))
    x = year + (month - 1 + np.arange(dataset.sizes["month"] + 1)) / 12
    # whoever is here at the start is followed in the first month
    first = _by_scenario(of_everybody(dataset)["at_risk"].sel(way_in=STOCK).isel(stay=0))
    people = {
        name: np.concatenate([first[name][:, None], path], axis=1)
        for name, path in _by_scenario(dataset["here"]).items()
    }
    return _paths(x, people)


def staying_paths(dataset: xr.Dataset, way_in: str) -> Paths:
    """Share still in the city, which begins at one.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    way_in : str
        Newcomers, or people here at the start; see :data:`expatsim.runs.tallies.WAYS_IN`.
    """
    curves = share_staying(of_everybody(dataset)).sel(way_in=way_in)
    x = np.concatenate([[0], curves["years"].to_numpy()])
    padded = {
        name: np.pad(curve, ((0, 0), (1, 0)), constant_values=1.0)
        for name, curve in _by_scenario(curves).items()
    }
    return _paths(x, padded)


def _reasons(dataset: xr.Dataset) -> dict[str, dict[str, np.ndarray]]:
    return {
        reason: {
            name: quantiles(values)
            for name, values in _by_scenario(share_by_reason(dataset, reason)).items()
        }
        for reason in LEFT_FOR
    }


def _unmeasured(scenarios: list[Scenario]) -> list[str]:
    """Levers that differ and whose level of 2009 nobody measured in a city of the study or here."""
    places = {*city_names(), *(c for s in scenarios for c in (s.city, s.policy_city))}
    return [
        lever
        for lever in assumptions.levers_that_differ([s.policy for s in scenarios])
        if lever in LEVERS and any(level_2009(lever, city).prior for city in places)
    ]
