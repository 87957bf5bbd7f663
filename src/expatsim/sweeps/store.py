"""A store of runs: Parquet files and a small SQLite catalogue in one folder.

``sweep.json`` has the settings of the sweep, ``design.parquet`` the inputs of every run,
``results/*.parquet`` their outcomes, ``catalogue.sqlite`` their status. A file is written whole or
not at all, and before its record in the catalogue: finished runs are never lost. The settings have
their own digest in them, the catalogue has that of the settings, of its own rows and of all other
files, and each is checked whenever it is read.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from expatsim.errors import InputError
from expatsim.findings.outcomes import EXPAT_YEARS, OUTCOMES
from expatsim.inputs.syntax import shown
from expatsim.model.levers import LEVERS, Lever
from expatsim.model.parameters import Parameter, registry
from expatsim.runs.times import meaning
from expatsim.sweeps import catalogue as catalogues
from expatsim.sweeps.catalogue import Contents, connect
from expatsim.sweeps.columns import label, parts
from expatsim.sweeps.files import (
    CATALOGUE,
    CHUNK_FILE,
    DESIGN,
    LOCK,
    RESULTS,
    SETTINGS,
    digest_of,
    digest_of_settings,
    foreign_names,
    problem_with,
    read_all,
    read_sealed,
    read_settings,
    sha256,
    write_design,
    write_results,
    write_settings,
    writing_store,
)

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.sweeps.execute import ChunkResult, Job


SHOWN = 20  # outcomes that a notebook lists


class Store:
    """A folder with the runs of one sweep.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of a store that exists; see :meth:`create`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.damaged: list[Path] = []
        self.settings: dict[str, Any] = read_settings(self.folder)
        if "scenarios" not in self.settings:
            raise InputError(f"{folder}: made by an older version of expatsim; run it again")

    @classmethod
    def create(cls, folder: Path, settings: dict[str, Any], design: pd.DataFrame) -> Store:
        """Return a new store with all runs pending.

        Parameters
        ----------
        folder : pathlib.Path
            New or empty folder.
        settings : dict
            From :func:`expatsim.sweeps.run.settings_of`.
        design : pandas.DataFrame
            From :func:`expatsim.sweeps.design.design`.

        Raises
        ------
        InputError
            If the folder cannot be written or holds other files.
        """
        check_folder(folder, resume=True)
        settings = {**json.loads(json.dumps(settings)), "runs": len(design)}
        with writing_store(folder):
            (folder / RESULTS).mkdir(parents=True, exist_ok=True)
            write_design(folder, design)
            catalogues.write(folder, settings, len(design))
            # written last: a folder without it is no store
            write_settings(folder, settings)
        return cls(folder)

    @classmethod
    def resume(cls, folder: Path, settings: dict[str, Any], design: pd.DataFrame) -> Store:
        """Return the store in a folder, or a new one where none was begun or one was hardly begun.

        Only for a process that holds the store (:func:`expatsim.sweeps.files.lock_store`).

        Raises
        ------
        InputError
            If it is of another sweep, or has nothing that shows of which.
        """
        wanted = {**json.loads(json.dumps(settings)), "runs": len(design)}
        try:
            return cls(folder)
        except InputError:
            files = [p for p in (folder / RESULTS).glob("*") if CHUNK_FILE.fullmatch(p.name)]
            own = digest_of_settings(wanted)
            is_same = catalogues.settings_of(folder) == own
            if not is_same and not files:  # stopped as it began
                return cls.create(folder, settings, design)
            if not is_same and not any(read_sealed(path, own) for path in files):
                if (folder / SETTINGS).exists():
                    raise
                what = f"holds runs of another sweep (no {SETTINGS} says of which)"
                raise InputError(f"{folder}: {what}; give another --out") from None
        with writing_store(folder):
            write_settings(folder, wanted)
        store = cls(folder)
        store.damaged.append(folder / SETTINGS)
        return store

    def difference(self, settings: dict[str, Any]) -> list[str]:
        """Return the differences between the store's settings and others, one line each.

        Parameters
        ----------
        settings : dict
            From :func:`expatsim.sweeps.run.settings_of`.
        """
        return list(_differences(self.settings, json.loads(json.dumps(settings))))

    def mend(self, design: pd.DataFrame) -> None:
        """Write design and catalogue again if they are damaged or gone; sealed results count.

        Only for a process that holds the store (:func:`expatsim.sweeps.files.lock_store`).

        Parameters
        ----------
        design : pandas.DataFrame
            From :func:`expatsim.sweeps.design.design`.
        """
        with writing_store(self.folder):
            (self.folder / RESULTS).mkdir(exist_ok=True)
            whole = catalogues.is_whole(self.folder, self.settings)
            path = self.folder / DESIGN
            digest = self._contents().design if whole else None
            if digest is None or problem_with(path, digest):
                # the bytes may be others with another version of pyarrow: the catalogue follows
                if not self._has(design):
                    self.damaged.append(path)
                    write_design(self.folder, design)
                if whole:
                    with connect(self.folder / CATALOGUE) as catalogue:
                        row = (sha256(path.read_bytes()),)
                        catalogue.execute("UPDATE sweep SET design = ?", row)
            if not whole:
                self.damaged.append(self.folder / CATALOGUE)
                catalogues.write(self.folder, self.settings, len(design))

    def _has(self, design: pd.DataFrame) -> bool:
        """Return whether the file of the design holds these values, whatever its bytes."""
        try:
            stored = pd.read_parquet(self.folder / DESIGN).set_index("run")
            return digest_of(stored) == digest_of(design)
        except Exception:  # a parser may raise anything on a damaged file
            return False

    def mark_running(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield jobs; the runs of each are marked as running when it is taken."""
        for job in jobs:
            with writing_store(self.folder), connect(self.folder / CATALOGUE) as catalogue:
                catalogue.execute(
                    "UPDATE runs SET status = 'running' WHERE chunk = ? AND status != 'done'",
                    (job.chunk,),
                )
                catalogues.sign_chunks(catalogue, [job.chunk])
            yield job

    def missing(self) -> list[int]:
        """Return chunks to run: never run, failed in part, or with a missing or damaged file.

        Only for a process that holds the store (:func:`expatsim.sweeps.files.lock_store`): no other
        can then be running any of them.
        """
        contents = self._contents()
        with writing_store(self.folder), connect(self.folder / CATALOGUE) as catalogue:
            for row in contents.chunks.itertuples():
                path = self.folder / RESULTS / row.file
                if problem_with(path, row.sha256):
                    self.damaged.append(path)
                    catalogues.reset_chunk(catalogue, row.Index)
            running = (
                contents.runs.loc[contents.runs["status"] == "running", "chunk"].unique().tolist()
            )
            catalogue.execute("UPDATE runs SET status = 'pending' WHERE status = 'running'")
            catalogues.sign_chunks(catalogue, running)
            rows = catalogue.execute(
                "SELECT DISTINCT chunk FROM runs WHERE status != 'done' ORDER BY chunk"
            )
            return [chunk for (chunk,) in rows]

    def keep(self, done: ChunkResult) -> None:
        """Write the results of a chunk to a file, then record it in the catalogue."""
        path = self.folder / RESULTS / f"{done.chunk:06d}.parquet"
        with writing_store(self.folder):
            write_results(path, done.results, digest_of_settings(self.settings))
            file = (path.name, sha256(path.read_bytes()), done.seconds)
            with connect(self.folder / CATALOGUE) as catalogue:
                runs = [int(run) for run in done.results.index]
                catalogues.record_chunk(catalogue, done.chunk, file, runs, done.errors)

    def check(self) -> None:
        """Raise an error if a file is missing or damaged.

        Raises
        ------
        InputError
            With one line for each such file.
        """
        problems = catalogues.problems(self.folder, self._contents())
        if problems:
            raise InputError(problems)

    def _contents(self) -> Contents:
        return catalogues.read(self.folder, self.settings)

    def status(self) -> dict[str, int]:
        """Return the number of runs by status; those of a killed process are pending."""
        counts = self._contents().runs["status"].value_counts().to_dict()
        if "running" in counts and not self._is_written_to():
            counts["pending"] = counts.get("pending", 0) + counts.pop("running")
        return counts

    def _is_written_to(self) -> bool:
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.folder / LOCK, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder without permission to write: no process is writing
            return False

    def catalogue(self) -> pd.DataFrame:
        """Return every run: setting, replicate, seed, status, error, seconds, code; index ``run``.

        The inputs of a setting are in :meth:`inputs`. A run has the seed of the sweep and the luck
        of its replicate.
        """
        contents = self._contents()
        size = contents.runs.groupby("chunk")["chunk"].transform("size")
        seconds = contents.runs["chunk"].map(contents.chunks["seconds"].astype(float)) / size
        about = {
            "seconds": seconds,  # runs of a chunk share its time: they ran side by side
            "seed": self.settings["sweep"]["seed"],
            "code": self.settings["code"],
            "expatsim": self.settings["expatsim"],
        }
        runs = contents.runs[["status", "error"]].assign(**about)
        return self._inputs(contents)[["setting", "replicate"]].join(runs)

    def seconds(self) -> float:
        """Return the time that all chunks took, added up."""
        return float(self._contents().chunks["seconds"].sum())

    def failures(self) -> pd.DataFrame:
        """Return the runs that failed, with message and inputs; index ``run``."""
        contents = self._contents()
        failed = contents.runs[contents.runs["status"] == "failed"]
        return failed[["error"]].join(self._inputs(contents))

    def inputs(self) -> pd.DataFrame:
        """Return setting, replicate and inputs of every run; index ``run``."""
        return self._inputs(self._contents())

    def _inputs(self, contents: Contents) -> pd.DataFrame:
        return read_all([(self.folder / DESIGN, contents.design)]).set_index("run")

    def results(self) -> pd.DataFrame:
        """Return outcomes of finished runs, NaN where nobody is there; index ``run``."""
        return self._results(self._contents())

    def _results(self, contents: Contents) -> pd.DataFrame:
        files = [(self.folder / RESULTS / r.file, r.sha256) for r in contents.chunks.itertuples()]
        if not files:
            return pd.DataFrame(index=pd.Index([], name="run"))
        return read_all(files).set_index("run").sort_index()

    def frame(self) -> pd.DataFrame:
        """Return inputs and outcomes of every run that is done, tidy; index ``run``."""
        contents = self._contents()
        return self._inputs(contents).join(self._results(contents), how="inner")

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the sweep, its inputs, and how far it is."""
        about, escape = self.settings, html.escape
        kept = about["outcomes"]
        first = kept[:SHOWN]
        status = ", ".join(f"{n:,} {name}" for name, n in sorted(self.status().items()))
        rows = [
            ("scenarios", ", ".join(s["title"] for s in about["scenarios"])),
            ("design", about["sweep"]["design"]),
            ("runs", status),
            ("inputs", ", ".join(f"{x} ({kind})" for x, kind in about["inputs"].items())),
            ("outcomes", ", ".join(first if len(first) == len(kept) else [*first, "..."])),
        ]
        body = "".join(f"<tr><th>{k}</th><td>{escape(text)}</td></tr>" for k, text in rows)
        return f"<table><caption>{escape(about['sweep']['title'])}</caption>{body}</table>"

    def missing_outcomes(self) -> dict[str, int]:
        """Return the number of runs that lack an outcome because nobody is there, by outcome."""
        counts = self.results().isna().sum()
        return {str(name): int(count) for name, count in counts.items() if count}

    def to_xarray(self) -> xr.Dataset:
        """Return outcomes by ``setting`` and ``replicate``; inputs are coordinates by ``setting``.

        Each has its name for readers and its unit as attributes. ``replicate`` counts the runs of a
        setting from zero. Several scenarios are a dimension too.
        """
        frame = self.frame()
        by = [x for x in ("scenario", "setting") if x in frame]
        number = frame.groupby(by).cumcount().rename("replicate")
        outcomes = self.settings["outcomes"]
        inputs = [c for c in frame.columns if c not in {*by, "replicate", *outcomes}]
        keyed = frame[outcomes].set_index([*(frame[x] for x in by), number])
        data = keyed.to_xarray()
        first = frame.drop_duplicates("setting").set_index("setting")[inputs].to_xarray()
        whole = data.merge(first).set_coords(inputs)
        known: dict[str, Parameter | Lever] = {**registry(), **LEVERS}
        for name in outcomes:
            outcome = OUTCOMES.get(parts(name)[0])
            unit = "year" if outcome and outcome.unit == EXPAT_YEARS else "1"
            whole[name].attrs |= {"long_name": label(name), "units": unit}
        told = {x: (known[x].meaning, known[x].unit) if x in known else meaning(x) for x in inputs}
        for name, about in told.items():
            if about:
                whole[name].attrs |= dict(zip(("long_name", "units"), about, strict=True))
        return whole


def open_runs(folder: str | Path) -> Store:
    """Return the store of runs in a folder.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder that :func:`expatsim.sweep` or the command line wrote.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    return Store(folder)


def of_sweep(given: Any) -> Store:
    """Return the store that a function was given.

    Raises
    ------
    InputError
        If it is none, such as the name of its folder.
    """
    if isinstance(given, Store):
        return given
    raise InputError(
        f"store: {given!r} is no store of runs; give what xs.sweep returns, or xs.open_runs(folder)"
    )


def check_folder(folder: Path, *, resume: bool) -> None:
    """Raise an error unless a store may be begun in a folder, or continued.

    Parameters
    ----------
    folder : pathlib.Path
        It need not exist.
    resume : bool
        Whether a store may be there, to be continued.

    Raises
    ------
    InputError
        If the folder holds other files, or a store and not ``resume``.
    """
    with writing_store(folder):
        if not folder.exists():
            return
        others = foreign_names(folder) if folder.is_dir() else ["a file"]
        if others and not (folder / SETTINGS).exists():
            raise InputError(f"{folder}: holds other files; give a new folder for the runs")
        if resume:
            return
        if (folder / SETTINGS).exists():
            raise InputError(f"{folder}: already holds runs; give another --out, or --resume")
        if (folder / RESULTS).exists():
            raise InputError(f"{folder}: holds a sweep that stopped as it began; give --resume")


def _are_groups(values: Any) -> bool:
    """Whether it is a list of several keys each, such as scenarios."""
    return isinstance(values, list) and all(isinstance(x, dict) for x in values)


def _differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            path = f"{place}.{key}" if place else str(key)
            yield from _differences(old.get(key), new.get(key), path)
    elif _are_groups(old) and _are_groups(new) and len(old) == len(new):
        for k, pair in enumerate(zip(old, new, strict=True)):
            yield from _differences(*pair, f"{place}.{k}")
    elif old != new:
        was, now = (shown(json.dumps(x)) for x in (old, new))
        yield f"{place}: was {was}, is {now}"
