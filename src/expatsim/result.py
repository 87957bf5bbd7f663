"""A result: projections with their tables, how they are shown, and how they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim import storage
from expatsim.errors import InputError
from expatsim.files import Work, for_spreadsheet
from expatsim.findings.outcomes import by_draw
from expatsim.findings.tables import Tables

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

PRIOR = "prior.nc"  # draws from the prior, where a result has some


@dataclass
class Result(Tables):
    """Projections of one or several scenarios.

    Attributes
    ----------
    dataset : xarray.Dataset
        Indicators by ``scenario``, ``draw`` and ``month``; life tables by ``scenario``, ``draw``,
        ``way_in``, ``group`` and ``stay``.
    scenarios : list of Scenario
        Those of a result that was opened from disk are equal to those that were run. What is not
        in the package, such as a rule of your own, is looked for when such a scenario runs again.
    provenance : dict
        Versions, settings and texts.
    prior : xarray.Dataset or None
        The same scenarios with draws from the prior, from which it follows what differences rest
        on; ``None`` where it was not needed or not asked for.
    """

    def report(
        self,
        lang: str = "en",
        *,
        command: str = "",
        why: pd.DataFrame | None = None,
        tipping_points: dict[str, pd.DataFrame] | None = None,
    ) -> str:
        """Return a report for a city official as HTML; see :func:`expatsim.report.render.render`.

        Parameters
        ----------
        lang : {"en", "nl"}
            Language of the report.
        command : str
            Command line that makes the same report, to print at its end.
        why : pandas.DataFrame, optional
            Parts of the gap between two scenarios, from :func:`expatsim.decompose`.
        tipping_points : dict of str to pandas.DataFrame, optional
            Where the answers turn, from :func:`expatsim.tipping_points`.
        """
        from expatsim.report.render import render

        return render(self, lang, command=command, why=why, tipping_points=tipping_points)

    def save(self, folder: str | Path, *, force: bool = False, plots: bool = True) -> Path:
        """Write everything into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or pathlib.Path
            Folder of the result; it is made if it does not exist.
        force : bool
            Replace a result that is already there: its files, as far as they are still as they
            were written. Other files in the folder stay; a file that was changed, or is in the
            way, is kept as ``NAME.kept``.
        plots : bool
            Also draw the PNG plots.

        Returns
        -------
        pathlib.Path
            The folder.

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
        """Write everything into a held folder; see :meth:`save`.

        Parameters
        ----------
        work : Work
            From :func:`expatsim.storage.result_folder`.
        plots : bool
            Also draw the PNG plots.
        """
        # written in memory first: on a full disk HDF5 would end the process, and Arrow cannot open
        # names that the locale has no characters for
        (work / "result.nc").write_bytes(_netcdf(self.dataset))
        if self.prior is not None:
            (work / PRIOR).write_bytes(_netcdf(self.prior))
        (work / "indicators.parquet").write_bytes(self.indicators().to_parquet())
        (work / "survival.parquet").write_bytes(self.survival().to_parquet())
        for_spreadsheet(self.summary()).to_csv(work / "summary.csv", index=False)
        if self.dataset.sizes["scenario"] > 1:
            for_spreadsheet(self.effects()).to_csv(work / "effects.csv", index=False)
            costs = self.costs()
            if len(costs):
                for_spreadsheet(costs).to_csv(work / "costs.csv", index=False)
            behind = self.parameters_behind()
            for_spreadsheet(behind).to_csv(work / "parameters_behind.csv", index=False)
        if plots:
            from expatsim.report.plots import plot_all

            plot_all(self, work.folder)
        storage.finish(work, self.provenance)


def _netcdf(dataset: xr.Dataset) -> bytes:
    """Return a dataset as the bytes of a NetCDF file."""
    # byte shuffle and light compression: smaller and faster than stronger compression
    small = {"zlib": True, "complevel": 1, "shuffle": True}
    content = dataset.to_netcdf(engine="h5netcdf", encoding=dict.fromkeys(dataset.data_vars, small))
    return bytes(content)


def outcomes(result: Result) -> pd.DataFrame:
    """Return the outcomes of every draw, tidy.

    Parameters
    ----------
    result : Result
        From :func:`run`, :func:`compare` or :func:`open_result`.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``draw``, ``outcome`` (a name of
        :data:`expatsim.findings.outcomes.OUTCOMES`) and ``value``: a share between 0 and 1, or a
        number of people or of years; missing where there is nobody to look at in that draw.

    Examples
    --------
    >>> import expatsim as xs
    >>> frame = xs.outcomes(xs.run("rotterdam", draws=2))
    >>> sorted(frame.columns)
    ['draw', 'outcome', 'scenario', 'value']
    """
    return by_draw(result.dataset)


def open_result(folder: str | Path) -> Result:
    """Return a stored result, after a check of the digests of all its files.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder that :meth:`Result.save` or the command line wrote.

    Raises
    ------
    InputError
        If the folder holds no whole result, or a byte of it has changed.
    """
    import xarray as xr

    folder = Path(folder)
    provenance = storage.provenance_of(folder)  # before HDF5 sees a damaged file

    def dataset(name: str) -> xr.Dataset:
        try:
            return xr.load_dataset(folder / name, engine="h5netcdf")
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{folder}/{name}: cannot be read: {error}") from error

    prior = dataset(PRIOR) if PRIOR in (storage.files_of(folder) or ()) else None
    try:
        return Result(dataset("result.nc"), provenance=provenance, prior=prior)
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder}: made by an older version of expatsim; run it again") from error
