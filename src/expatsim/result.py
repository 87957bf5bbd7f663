"""A result: projections with their tables, how they are shown, and how they are stored."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim import storage
from expatsim.errors import InputError
from expatsim.files import CSV_FORMATS, Work, claim, write_csv
from expatsim.findings import crate, netcdf
from expatsim.findings.outcomes import OUTCOMES, by_draw
from expatsim.findings.sureness import different_draws, name_of_range
from expatsim.findings.tables import Tables

if TYPE_CHECKING:
    import datetime

    import pandas as pd
    import xarray as xr

PRIOR = "prior.nc"  # draws from the prior, where a result has some


@dataclass(eq=False, repr=False)
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

    def __eq__(self, other: object) -> bool:
        """Whether both have the same scenarios, and every number is the same."""
        if not isinstance(other, Result):
            return NotImplemented
        both = ((self.dataset, other.dataset), (self.prior, other.prior))
        return self.scenarios == other.scenarios and all(
            one.equals(two) if one is not None and two is not None else one is two
            for one, two in both
        )

    __hash__ = None  # type: ignore[assignment]  # its numbers may be changed

    def __repr__(self) -> str:
        """Return what it is of, in one line; tables are in its methods."""
        names = ", ".join(s.name for s in self.scenarios)
        draws, months = (self.dataset.sizes[x] for x in ("draw", "month"))
        return f"<Result of {names}: {draws:,} draws of {months} months>"

    def report(
        self,
        lang: str = "en",
        *,
        command: str = "",
        author: str = "",
        contact: str = "",
        date: datetime.date | None = None,
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
        author, contact : str
            Who made it, and where to ask; by default the author that the scenario files name.
        date : datetime.date, optional
            Date to print; none by default.
        why : pandas.DataFrame, optional
            Parts of the gap between two scenarios, from :func:`expatsim.decompose`.
        tipping_points : dict of str to pandas.DataFrame, optional
            Where the answers turn, from :func:`expatsim.tipping_points`.
        """
        from expatsim.report.render import Signed, render

        signed = Signed(author, contact, date)
        return render(
            self, lang, command=command, signed=signed, why=why, tipping_points=tipping_points
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: every outcome with its median and its range."""
        table = self.summary()
        share = table["outcome"].map(lambda name: OUTCOMES[name].is_share)

        def text(x: float, is_share: bool) -> str:
            if x != x:  # nobody is there to look at
                return ""
            return f"{100 * x:.1f} %" if is_share else f"{x:,.0f}"

        numbers = {
            column: [text(x, s) for x, s in zip(table[column], share, strict=True)]
            for column in ("median", "low", "high")
        }
        titles = "; ".join(html.escape(title) for title in self.titles.values())
        draws = self.dataset.sizes["draw"]
        range_ = name_of_range(different_draws(self.dataset))
        caption = f"{titles}: median ({range_}), {draws:,} draws"
        shown = table[["scenario", "label"]].assign(**numbers).to_html(index=False)
        return shown.replace("<thead>", f"<caption>{caption}</caption><thead>", 1)

    def sheet(
        self,
        lang: str = "en",
        *,
        command: str = "",
        author: str = "",
        contact: str = "",
        date: datetime.date | None = None,
    ) -> str:
        """Return an A4 page and a 16:9 slide as HTML; see :func:`expatsim.report.sheet.sheet`.

        Parameters
        ----------
        lang : {"en", "nl"}
            Language of the sheet.
        command : str
            Command line that makes the same sheet, to print on it.
        author, contact : str
            Who made it, and where to ask; by default the author that the scenario files name.
        date : datetime.date, optional
            Date to print; none by default.
        """
        from expatsim.report.render import Signed
        from expatsim.report.sheet import sheet

        return sheet(self, lang, command=command, signed=Signed(author, contact, date))

    def save(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        plots: bool = True,
        excel: bool = False,
        csv: str = "en",
    ) -> Path:
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
        excel : bool
            Also write all tables as one Excel workbook, ``tables.xlsx``; see :meth:`to_excel`.
        csv : {"en", "nl"}
            How CSV files are written: ``"nl"`` has semicolons and decimal commas, so that a Dutch
            Excel opens them without a question. See :func:`expatsim.files.write_csv`.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        InputError
            If the folder holds other files, or a result that is not to be replaced, or another
            process is writing to it, or it cannot be written to; or if ``csv`` is neither.
        """
        folder = Path(folder)
        if csv not in CSV_FORMATS:
            raise InputError(f"csv: {csv!r} is not one of {', '.join(CSV_FORMATS)}")
        with storage.result_folder(folder, force=force) as work:
            self.write(work, plots=plots, excel=excel, csv=csv)
        return folder

    def write(
        self,
        work: Work,
        *,
        plots: bool = True,
        excel: bool = False,
        csv: str = "en",
        command: str = "",
    ) -> None:
        """Write everything into a held folder; see :meth:`save`.

        Parameters
        ----------
        work : Work
            From :func:`expatsim.storage.result_folder`.
        plots : bool
            Also draw the PNG plots.
        excel : bool
            Also write all tables as one Excel workbook.
        csv : {"en", "nl"}
            How CSV files are written.
        command : str
            Command line that made the result, for the notes of the workbook.
        """
        # written in memory first: on a full disk HDF5 would end the process, and Arrow cannot open
        # names that the locale has no characters for
        (work / "result.nc").write_bytes(self._netcdf(self.dataset))
        if self.prior is not None:
            (work / PRIOR).write_bytes(self._netcdf(self.prior))
        (work / "indicators.parquet").write_bytes(self.indicators().to_parquet())
        (work / "survival.parquet").write_bytes(self.survival().to_parquet())
        tables = self._tables()
        for name, frame in tables.items():
            write_csv(frame, work / f"{name}.csv", csv)
        if excel:
            (work / "tables.xlsx").write_bytes(self._workbook(tables, command))
        if plots:
            from expatsim.report.plots import plot_all

            plot_all(self, work.folder)
        (work / crate.CRATE).write_bytes(self._crate(work))
        storage.finish(work, self.provenance)

    def to_excel(self, path: str | Path, *, force: bool = False, command: str = "") -> Path:
        """Write all tables as one Excel workbook, whole or not at all.

        It has a sheet of notes (cautions, what the columns mean, sources, version and command), one
        for each table that :meth:`save` writes as CSV, the survival at whole years, and the
        published facts. No cell has a formula.

        Parameters
        ----------
        path : str or pathlib.Path
            The file, which ends in ``.xlsx``.
        force : bool
            Replace a file that is already there.
        command : str
            Command line that made the result, for the notes.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If the file is there and not to be replaced, has another ending (Excel would not open
            it), or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".xlsx":
            raise InputError(f"{path}: give a file that ends in .xlsx")
        with claim(path) as work:
            if path.exists() and not force:
                raise InputError(f"{path}: is already there; give another name, or force=True")
            name = work.target.name
            (work / name).write_bytes(self._workbook(self._tables(), command))
            work.publish([name], lambda _: force)
        return path

    def _tables(self) -> dict[str, pd.DataFrame]:
        """Tables for spreadsheets, by name; without those that have no rows."""
        tables = {"summary": self.summary()}
        if self.dataset.sizes["scenario"] > 1:
            tables |= {
                "effects": self.effects(),
                "costs": self.costs(),
                "parameters_behind": self.parameters_behind(),
            }
        return {n: frame for n, frame in tables.items() if len(frame) or n != "costs"}

    def _workbook(self, tables: dict[str, pd.DataFrame], command: str) -> bytes:
        from expatsim.report.workbook import workbook

        curves = self.survival()
        # 120 months of every group are more than anybody reads
        whole = curves[(curves["years"] - curves["years"].round()).abs() < 1e-9]
        return workbook(self, {**tables, "survival": whole}, command)

    def _crate(self, work: Work) -> bytes:
        """Return the RO-Crate metadata of all files that are in a held folder."""
        names = [*storage.names_in(work), storage.MANIFEST]
        draws = f"{self.dataset.sizes['draw']:,} draws of each scenario"
        said = [f"{s.title}: {s.description}".strip(" :") for s in self.scenarios]
        return crate.metadata(
            {name: work / name for name in names},
            f"expatsim: {', '.join(s.title for s in self.scenarios)}",
            " ".join([f"Simulated, not measured; {draws}.", *said]),
            self.provenance,
            list(dict.fromkeys(s.author for s in self.scenarios if s.author)),
        )

    def _netcdf(self, dataset: xr.Dataset) -> bytes:
        """Return a dataset of this result as the bytes of a NetCDF file."""
        registry = {name: p for s in self.scenarios for name, p in s.registry.items()}
        names = [str(name) for name in dataset["parameter"].to_numpy()]
        units = [registry[name].unit if name in registry else "" for name in names]
        described = dataset.assign_coords({netcdf.UNIT: ("parameter", units)})
        # byte shuffle and light compression: smaller and faster than stronger compression
        return netcdf.encoded(
            described,
            f"expatsim: {', '.join(s.title for s in self.scenarios)}",
            self.provenance,
            zlib=True,
            complevel=1,
            shuffle=True,
        )


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
            stored = xr.load_dataset(folder / name, engine="h5netcdf")
            return netcdf.undescribed(stored)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{folder}/{name}: cannot be read: {error}") from error

    prior = dataset(PRIOR) if PRIOR in (storage.files_of(folder) or ()) else None
    try:
        return Result(dataset("result.nc"), provenance=provenance, prior=prior)
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder}: made by an older version of expatsim; run it again") from error
