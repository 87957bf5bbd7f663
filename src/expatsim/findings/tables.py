"""The content of a result, and the tables that summarise it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from expatsim.findings import assumptions, cost, effects, summary, unknowns
from expatsim.findings.basis import Before, known_label
from expatsim.findings.sureness import SMALLEST_SHARE, other_sizes
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
    prior : xarray.Dataset or None
        The same scenarios with draws from the prior: what differences were before the data.
    """

    dataset: xr.Dataset
    scenarios: list[Scenario] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    prior: xr.Dataset | None = None

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

    @property
    def source(self) -> str:
        """Source of the draws: ``"posterior"``, ``"prior"`` or a file."""
        return str(self.provenance["parameters"])

    @property
    def smallest(self) -> float:
        """The smallest difference of shares that is worth naming, as the run was told."""
        return float(self.provenance.get("smallest", SMALLEST_SHARE))

    @property
    def before(self) -> Before:
        """What the differences were before the data."""
        label = known_label(self.source, self.calibration)
        return Before(label) if label else Before(dataset=self.prior)

    def summary(self) -> pd.DataFrame:
        """Return headline outcomes; see :func:`expatsim.findings.summary.summarise`."""
        sizes = other_sizes(self.scenarios)
        return summary.summarise(self.dataset, sizes, self.before, self.smallest)

    def effects(self) -> pd.DataFrame:
        """Return differences from the first scenario, by group.

        See :func:`expatsim.findings.effects.effects`.
        """
        cities = {s.name: s.city for s in self.scenarios}
        sizes = other_sizes(self.scenarios)
        return effects.effects(self.dataset, cities, sizes, self.before, self.smallest)

    def costs(self) -> pd.DataFrame:
        """Return costs of scenarios that have some; see :func:`expatsim.findings.cost.costs`."""
        return cost.costs(self.dataset, self.scenarios, self.before)

    def parameters_behind(self) -> pd.DataFrame:
        """Return the parameters that differences rest on, with the variance that each carries.

        See :func:`expatsim.findings.unknowns.parameters_behind`.
        """
        return unknowns.parameters_behind(
            self.dataset, self.scenarios, self.calibration, self.source
        )

    def unknowns(self) -> list[unknowns.Unknown]:
        """Return the biggest unknown of the main outcome and of each main difference.

        See :func:`expatsim.findings.unknowns.biggest`.
        """
        main = summary.headline(self.dataset)
        return unknowns.biggest(
            self.dataset, self.scenarios, main.name, self.calibration, self.source
        )

    def notes(self) -> list[str]:
        """Return the assumptions behind the differences: a heading, and a line for each part.

        Empty for a single scenario, and where the data inform all parameters that matter; those
        that carry most of the main difference come first. A last line names the parameters that
        the draws lack, or that rules of your own declare, and others say what cities borrow.
        """
        calibration = self.calibration
        lines = assumptions.lines_of_parts(self.scenarios, calibration, self.carried())
        from_prior = self.provenance.get("from_prior")
        last_lines = [f"Drawn from their priors: {', '.join(from_prior)}"] if from_prior else []
        lent = {line.line(): None for s in self.scenarios for line in borrowed_in(s)}
        last_lines += lent
        if not lines:
            return last_lines
        heading = assumptions.heading(calibration, self.source)
        return [heading, *(f"  {line}" for line in lines), *last_lines]

    def carried(self) -> dict[str, float]:
        """Return the share of the variance of the main difference that each parameter carries.

        That is the largest of all scenarios; without shares that so many draws give by chance, and
        empty for a single scenario.
        """
        frame = self.parameters_behind()
        main = frame[frame["outcome"] == summary.headline(self.dataset).name]
        found = main.groupby("parameter")["carries"].max().dropna()
        least = unknowns.ONE_BY_CHANCE / self.dataset.sizes["draw"]
        return {str(name): float(share) for name, share in found.items() if share >= least}

    def indicators(self) -> pd.DataFrame:
        """Return monthly indicators of every draw, tidy."""
        return summary.indicators(self.dataset)

    def survival(self) -> pd.DataFrame:
        """Return the share staying by years since arrival or the start, with intervals, tidy."""
        return summary.survival(self.dataset)
