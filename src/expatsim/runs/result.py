"""A result: the dataset, the scenarios behind it, and how it is stored."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim.analysis import cost, effects, summary
from expatsim.errors import InputError
from expatsim.report.cells import safe
from expatsim.runs.provenance import manifest
from expatsim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MANIFEST = "manifest.json"  # written last: a folder without it is not a result


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
        """Headline outcomes; see :func:`expatsim.analysis.summary.summarise`."""
        return summary.summarise(self.dataset)

    def effects(self) -> pd.DataFrame:
        """Differences with the first scenario, by group; see
        :func:`expatsim.analysis.effects.effects`.
        """
        cities = {s["name"]: s["city"] for s in self.provenance["scenarios"]}
        return effects.effects(self.dataset, cities)

    def costs(self) -> pd.DataFrame:
        """Costs of scenarios that have some; see :func:`expatsim.analysis.cost.costs`."""
        return cost.costs(self.dataset, self.described())

    def described(self) -> list[Scenario]:
        """The scenarios as the result describes them, also when it was opened from disk.

        Processes that are not in the package are left out of them.
        """
        return [Scenario.from_description(s) for s in self.provenance["scenarios"]]

    def indicators(self) -> pd.DataFrame:
        """Monthly indicators of every draw, tidy."""
        return summary.indicators(self.dataset)

    def survival(self) -> pd.DataFrame:
        """Share staying by years since arrival or since the start, with intervals, tidy."""
        return summary.survival(self.dataset)

    def report(
        self, lang: str = "en", *, command: str = "", why: pd.DataFrame | None = None
    ) -> str:
        """A report for a city official as HTML; see :func:`expatsim.report.page.render.render`."""
        from expatsim.report.page.render import render

        return render(self, lang, command=command, why=why)

    def save(self, folder: str | Path, *, force: bool = False, plots: bool = True) -> Path:
        """Write everything into a new folder, whole or not at all.

        Parameters
        ----------
        folder : str or pathlib.Path
        force : bool
            Replace a result that is already there.
        plots : bool
            Also draw the PNG plots.

        Raises
        ------
        InputError
            If the folder exists (and is not a result to be replaced) or cannot be written.
        """
        folder = Path(folder)
        check_folder(folder, force=force)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {error.strerror}") from error
        try:
            self._write(work, plots)
            if folder.exists():
                old = work.with_name(work.name + ".old")
                folder.rename(old)
                work.rename(folder)
                shutil.rmtree(old)
            else:
                work.rename(folder)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return folder

    def _write(self, work: Path, plots: bool) -> None:
        # bytes of like order beside each other: smaller and faster than stronger compression
        small = {"zlib": True, "complevel": 1, "shuffle": True}
        encoding = dict.fromkeys(self.dataset.data_vars, small)
        self.dataset.to_netcdf(work / "result.nc", engine="h5netcdf", encoding=encoding)
        self.indicators().to_parquet(work / "indicators.parquet")
        self.survival().to_parquet(work / "survival.parquet")
        safe(self.summary()).to_csv(work / "summary.csv", index=False)
        if self.dataset.sizes["scenario"] > 1:
            safe(self.effects()).to_csv(work / "effects.csv", index=False)
            costs = self.costs()
            if len(costs):
                safe(costs).to_csv(work / "costs.csv", index=False)
        if plots:
            from expatsim.report.plots import draw_all

            draw_all(self, work)
        (work / MANIFEST).write_text(json.dumps(self.provenance, indent=2, ensure_ascii=False))
        work.chmod(0o755)  # temporary folders are private


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that would be overwritten; asked before a run as well as after it."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; give a folder for the results")
    if not any(folder.iterdir()):
        folder.rmdir()
        return
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder}: holds other files; give a new folder for the results")
    if not force:
        raise InputError(f"{folder}: already holds a result; give another --out, or --force")


def open_result(folder: str | Path) -> Result:
    """Open a stored result.

    Raises
    ------
    InputError
        If the folder holds no whole result.
    """
    import xarray as xr

    folder = Path(folder)
    if not (folder / MANIFEST).exists():
        raise InputError(f"{folder}: holds no result (no {MANIFEST})")
    dataset = xr.load_dataset(folder / "result.nc", engine="h5netcdf")
    if "at_end" not in dataset:
        raise InputError(f"{folder}: made by an older version of expatsim; run it again")
    provenance = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Result(dataset, provenance=provenance)
