"""The content of a result, and the tables that summarise it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from expatsim.findings import assumptions, cost, effects, summary
from expatsim.findings.sureness import other_sizes
from expatsim.posterior.record import Calibration, from_manifest
from expatsim.runs.provenance import manifest, scenarios_of
from expatsim.scenario.borrowing import borrowed_in
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass
class Tables:
    """Projections of one or several scenarios, and their tables.

    Attributes
    ----------
    dataset : xarray.Dataset
        Indicators by ``scenario``, ``draw`` and ``month``; life tables by ``scenario``, ``draw``,
        ``way_in``, ``group`` and ``stay``.
    scenarios : list of Scenario
        Scenarios in the order of the dataset; by default those that the provenance describes.
    provenance : dict
        Versions, settings and texts; by default those of this process.
    """

    dataset: xr.Dataset
    scenarios: list[Scenario] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.provenance:
            self.provenance = manifest(self.scenarios)
        if not self.scenarios:
            self.scenarios = scenarios_of(self.provenance)

    @property
    def titles(self) -> dict[str, str]:
        """Title of each scenario by name."""
        return {s.name: s.title for s in self.scenarios}

    @property
    def calibration(self) -> Calibration | None:
        """Calibration behind the draws, as of the run; ``None`` if there was none."""
        return from_manifest(self.provenance)

    def summary(self) -> pd.DataFrame:
        """Return headline outcomes; see :func:`expatsim.findings.summary.summarise`."""
        return summary.summarise(self.dataset, other_sizes(self.scenarios))

    def effects(self) -> pd.DataFrame:
        """Return differences from the first scenario, by group.

        See :func:`expatsim.findings.effects.effects`.
        """
        cities = {s.name: s.city for s in self.scenarios}
        return effects.effects(self.dataset, cities, other_sizes(self.scenarios))

    def costs(self) -> pd.DataFrame:
        """Return costs of scenarios that have some; see :func:`expatsim.findings.cost.costs`."""
        return cost.costs(self.dataset, self.scenarios)

    def notes(self) -> list[str]:
        """Return the assumptions behind the differences: a heading, and a line for each part.

        Empty for a single scenario, and where the data inform all parameters that matter. A last
        line names the parameters that the draws lack, or that rules of your own declare, and
        others say what cities borrow.
        """
        calibration = self.calibration
        lines = assumptions.lines_of_parts(self.scenarios, calibration)
        from_prior = self.provenance.get("from_prior")
        last_lines = [f"Drawn from their priors: {', '.join(from_prior)}"] if from_prior else []
        lent = {line.line(): None for s in self.scenarios for line in borrowed_in(s)}
        last_lines += lent
        if not lines:
            return last_lines
        heading = assumptions.heading(calibration, self.provenance["parameters"])
        return [heading, *(f"  {line}" for line in lines), *last_lines]

    def indicators(self) -> pd.DataFrame:
        """Return monthly indicators of every draw, tidy."""
        return summary.indicators(self.dataset)

    def survival(self) -> pd.DataFrame:
        """Return the share staying by years since arrival or the start, with intervals, tidy."""
        return summary.survival(self.dataset)
