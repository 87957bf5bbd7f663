"""A result: the dataset, the scenarios behind it, and how it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim import storage
from expatsim.cells import safe
from expatsim.errors import InputError
from expatsim.files import Work
from expatsim.findings import assumptions, cost, effects, summary
from expatsim.findings.sureness import other_sizes
from expatsim.posterior.record import from_manifest
from expatsim.runs.provenance import manifest
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass
class Result:
    """Projections of one or several scenarios.

    Attributes
    ----------
    dataset : xarray.Dataset
        Indicators by ``scenario``, ``draw`` and ``month``; life tables by ``scenario``, ``draw``,
        ``way_in``, ``group`` and ``stay``.
    scenarios : list of Scenario
        Empty for a result that was opened from disk.
    provenance : dict
        Versions, settings and texts.
    """

    dataset: xr.Dataset
    scenarios: list[Scenario] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.provenance:
            self.provenance = manifest(self.scenarios)

    @property
    def titles(self) -> dict[str, str]:
        """Title of each scenario by name."""
        return {s["name"]: s["title"] for s in self.provenance["scenarios"]}

    def summary(self) -> pd.DataFrame:
        """Headline outcomes; see :func:`expatsim.findings.summary.summarise`."""
        return summary.summarise(self.dataset, other_sizes(self.described()))

    def effects(self) -> pd.DataFrame:
        """Differences with the first scenario, by group; see
        :func:`expatsim.findings.effects.effects`.
        """
        cities = {s["name"]: s["city"] for s in self.provenance["scenarios"]}
        return effects.effects(self.dataset, cities, other_sizes(self.described()))

    def costs(self) -> pd.DataFrame:
        """Costs of scenarios that have some; see :func:`expatsim.findings.cost.costs`."""
        return cost.costs(self.dataset, self.described())

    def described(self) -> list[Scenario]:
        """The scenarios as the result describes them, also when it was opened from disk.

        Processes that are not in the package are left out of them.
        """
        return [Scenario.from_description(s) for s in self.provenance["scenarios"]]

    def notes(self) -> list[str]:
        """What the differences rest on and no data inform: a heading, and a line for each part.

        Empty for a single scenario, and where all that matters is informed.
        """
        calibration = from_manifest(self.provenance)
        lines = assumptions.notes_of(self.provenance["scenarios"], calibration)
        if not lines:
            return []
        heading = assumptions.heading(calibration, self.provenance["parameters"])
        return [heading, *(f"  {line}" for line in lines)]

    def indicators(self) -> pd.DataFrame:
        """Monthly indicators of every draw, tidy."""
        return summary.indicators(self.dataset)

    def survival(self) -> pd.DataFrame:
        """Share staying by years since arrival or since the start, with intervals, tidy."""
        return summary.survival(self.dataset)

    def report(
        self, lang: str = "en", *, command: str = "", why: pd.DataFrame | None = None
    ) -> str:
        """A report for a city official as HTML; see :func:`expatsim.report.render.render`."""
        from expatsim.report.render import render

        return render(self, lang, command=command, why=why)

    def save(self, folder: str | Path, *, force: bool = False, plots: bool = True) -> Path:
        """Write everything into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or pathlib.Path
        force : bool
            Replace a result that is already there: the files that it wrote, if they are still as
            they were written. Whatever else is in the folder stays; a file that was changed, or
            is in the way, is kept as ``NAME.kept``.
        plots : bool
            Also draw the PNG plots.

        Raises
        ------
        InputError
            If the folder holds other files, or a result that is not to be replaced, or another
            process is writing to it, or it cannot be written to.
        """
        folder = Path(folder)
        with storage.result_folder(folder, force=force) as work:
            self.write(work, plots=plots)
        return folder

    def write(self, work: Work, *, plots: bool = True) -> None:
        """Write everything into a folder that is held, see :meth:`save`."""
        # bytes of like order beside each other: smaller and faster than stronger compression
        small = {"zlib": True, "complevel": 1, "shuffle": True}
        encoding = dict.fromkeys(self.dataset.data_vars, small)
        # by way of memory: on a full disk HDF5 would end the process, and Arrow knows no names that
        # the locale cannot say
        content = self.dataset.to_netcdf(engine="h5netcdf", encoding=encoding)
        (work / "result.nc").write_bytes(content)
        (work / "indicators.parquet").write_bytes(self.indicators().to_parquet())
        (work / "survival.parquet").write_bytes(self.survival().to_parquet())
        safe(self.summary()).to_csv(work / "summary.csv", index=False)
        if self.dataset.sizes["scenario"] > 1:
            safe(self.effects()).to_csv(work / "effects.csv", index=False)
            costs = self.costs()
            if len(costs):
                safe(costs).to_csv(work / "costs.csv", index=False)
        if plots:
            from expatsim.report.plots import draw_all

            draw_all(self, work.folder)
        storage.finish(work, self.provenance)


def open_result(folder: str | Path) -> Result:
    """Open a stored result, every file of which is as it was written.

    Raises
    ------
    InputError
        If the folder holds no whole result, or a byte of it has changed.
    """
    import xarray as xr

    folder = Path(folder)
    provenance = storage.provenance_of(folder)  # before HDF5 sees a damaged file
    try:
        dataset = xr.load_dataset(folder / "result.nc", engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder}/result.nc: cannot be read: {error}") from error
    return Result(dataset, provenance=provenance)
