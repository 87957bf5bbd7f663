"""A store of runs: Parquet files and a small SQLite catalogue in one folder.

``sweep.json`` says what the sweep is, ``design.parquet`` has the inputs of every run,
``results/*.parquet`` their outcomes, ``catalogue.sqlite`` their status. A file is written whole or
not at all, and before the catalogue says so: whatever happens, what is done stays done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from expatsim.errors import InputError
from expatsim.replacing import replacing
from expatsim.sweeps.files import (
    CATALOGUE,
    DESIGN,
    LOCK,
    RESULTS,
    SETTINGS,
    connect,
    digest_of,
    is_whole,
    read_parquet,
    sha256,
    write_catalogue,
    write_design,
    writing,
)

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.sweeps.execute import Done, Job


class Store:
    """A folder with the runs of one sweep.

    Parameters
    ----------
    folder : pathlib.Path
        Of a store that exists; see :meth:`create`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.damaged: list[Path] = []
        if not (self.folder / SETTINGS).exists():
            raise InputError(f"{self.folder}: holds no runs (no {SETTINGS})")
        try:
            self.settings: dict[str, Any] = json.loads(
                (self.folder / SETTINGS).read_text(encoding="utf-8")
            )
        except (OSError, ValueError) as error:
            raise InputError(f"{self.folder / SETTINGS}: cannot be read: {error}") from error

    @classmethod
    def create(cls, folder: Path, settings: dict[str, Any], design: pd.DataFrame) -> Store:
        """Make a store with all runs pending.

        Raises
        ------
        InputError
            If the folder cannot be written or holds other files.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: holds other files; give a new folder for the runs")
        with writing(folder):
            (folder / RESULTS).mkdir(parents=True, exist_ok=True)
            write_design(folder, design)
            write_catalogue(folder, settings, design)
            # written last: without it the folder is no store
            with replacing(folder / SETTINGS) as work:
                text = json.dumps(settings, indent=1, ensure_ascii=False)
                work.write_text(text, encoding="utf-8")
        return cls(folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from writing to this store."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / LOCK)
        with writing(self.folder):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise InputError(f"{self.folder}: another process is writing to it") from None
        try:
            yield
        finally:
            lock.release()

    def difference(self, settings: dict[str, Any]) -> list[str]:
        """What other settings would change, one line each; empty if nothing."""
        return list(_differences(self.settings, json.loads(json.dumps(settings))))

    def mend(self, design: pd.DataFrame) -> None:
        """Write inputs and catalogue again if they are damaged or gone; results count if readable.

        Only for whoever holds the store (:meth:`alone`).
        """
        try:
            whole = digest_of(self.inputs()) == self.settings["design"]
        except InputError:
            whole = False
        if not whole:
            self.damaged.append(self.folder / DESIGN)
            with writing(self.folder):
                write_design(self.folder, design)
        if is_whole(self.folder / CATALOGUE):
            return
        self.damaged.append(self.folder / CATALOGUE)
        with writing(self.folder):
            (self.folder / CATALOGUE).unlink(missing_ok=True)
            write_catalogue(self.folder, self.settings, design)
            for path in sorted((self.folder / RESULTS).glob("*.parquet")):
                self._take_back(path)

    def _take_back(self, path: Path) -> None:
        """Put a file of results into a new catalogue; runs that it lacks stay pending."""
        try:
            runs = read_parquet(path)["run"].tolist()
        except InputError:
            return
        with connect(self.folder / CATALOGUE) as catalogue:
            row = (int(path.stem), path.name, sha256(path), 0.0)
            catalogue.execute("INSERT INTO chunks VALUES (?, ?, ?, ?)", row)
            catalogue.executemany(
                "UPDATE runs SET status = 'done' WHERE run = ?", [(run,) for run in runs]
            )

    def handing_out(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Say of each job that its runs are running, when it is asked for."""
        for job in jobs:
            with writing(self.folder), connect(self.folder / CATALOGUE) as catalogue:
                catalogue.execute(
                    "UPDATE runs SET status = 'running' WHERE chunk = ? AND status != 'done'",
                    (job.chunk,),
                )
            yield job

    def missing(self) -> list[int]:
        """Chunks that are not done: never run, failed in part, or whose file is gone or damaged.

        Only for whoever holds the store (:meth:`alone`): nothing else can be running.
        """
        self._forget_damaged()
        with connect(self.folder / CATALOGUE) as catalogue:
            catalogue.execute("UPDATE runs SET status = 'pending' WHERE status = 'running'")
            rows = catalogue.execute(
                "SELECT DISTINCT chunk FROM runs WHERE status != 'done' ORDER BY chunk"
            )
            return [chunk for (chunk,) in rows]

    def _forget_damaged(self) -> None:
        with connect(self.folder / CATALOGUE) as catalogue:
            for chunk, file, digest in catalogue.execute("SELECT chunk, file, sha256 FROM chunks"):
                path = self.folder / RESULTS / file
                if not path.exists() or sha256(path) != digest:
                    self.damaged.append(path)
                    catalogue.execute(
                        "UPDATE runs SET status = 'pending', error = NULL WHERE chunk = ?", (chunk,)
                    )

    def keep(self, done: Done) -> None:
        """Write the results of a chunk, then say so in the catalogue."""
        file = f"{done.chunk:06d}.parquet"
        path = self.folder / RESULTS / file
        with writing(self.folder):
            with replacing(path) as work:
                done.results.reset_index().to_parquet(work, index=False)
            with connect(self.folder / CATALOGUE) as catalogue:
                catalogue.execute(
                    "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)",
                    (done.chunk, file, sha256(path), done.seconds),
                )
                catalogue.execute(
                    "UPDATE runs SET status = 'done', error = NULL WHERE chunk = ?", (done.chunk,)
                )
                catalogue.executemany(
                    "UPDATE runs SET status = 'failed', error = ? WHERE run = ?",
                    [(text, run) for run, text in done.errors.items()],
                )

    def status(self) -> dict[str, int]:
        """Number of runs by status; what a killed process left running is pending."""
        with connect(self.folder / CATALOGUE) as catalogue:
            counts = dict(catalogue.execute("SELECT status, count(*) FROM runs GROUP BY status"))
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
        except OSError:  # a folder that nobody may write to
            return False

    def catalogue(self) -> pd.DataFrame:
        """Every run: setting, replicate, seed, status, error, seconds, code; index ``run``.

        The setting's inputs are in :meth:`inputs`. A run has the seed of the sweep and the luck of
        its replicate.
        """
        with connect(self.folder / CATALOGUE) as catalogue:
            rows = catalogue.execute("SELECT * FROM catalogue ORDER BY run")
            frame = pd.DataFrame(rows.fetchall(), columns=[c[0] for c in rows.description])
        return self.inputs()[["setting", "replicate"]].join(frame.set_index("run"))

    def seconds(self) -> float:
        """Time that the chunks took, added up."""
        with connect(self.folder / CATALOGUE) as catalogue:
            return float(catalogue.execute("SELECT total(seconds) FROM chunks").fetchone()[0])

    def failures(self) -> pd.DataFrame:
        """Runs that failed: what went wrong, and with which inputs."""
        with connect(self.folder / CATALOGUE) as catalogue:
            rows = catalogue.execute("SELECT run, error FROM runs WHERE status = 'failed'")
            frame = pd.DataFrame(rows.fetchall(), columns=["run", "error"]).set_index("run")
        return frame.join(self.inputs())

    def inputs(self) -> pd.DataFrame:
        """Setting, replicate and inputs of every run; index ``run``."""
        return read_parquet(self.folder / DESIGN).set_index("run")

    def results(self) -> pd.DataFrame:
        """Outcomes of every run that is done; index ``run``."""
        with connect(self.folder / CATALOGUE) as catalogue:
            files = [f for (f,) in catalogue.execute("SELECT file FROM chunks ORDER BY chunk")]
        if not files:
            return pd.DataFrame(index=pd.Index([], name="run"))
        return (
            read_parquet([self.folder / RESULTS / f for f in files]).set_index("run").sort_index()
        )

    def frame(self) -> pd.DataFrame:
        """Inputs and outcomes of every run that is done, tidy."""
        return self.inputs().join(self.results(), how="inner")

    def to_xarray(self) -> xr.Dataset:
        """Inputs by ``setting``, outcomes by ``setting`` and ``replicate`` (its number within)."""
        frame = self.frame()
        number = frame.groupby("setting").cumcount().rename("replicate")
        outcomes = self.settings["outcomes"]
        inputs = [c for c in frame.columns if c not in {"setting", "replicate", *outcomes}]
        keyed = frame[outcomes].set_index([frame["setting"], number])
        data = keyed.to_xarray()
        first = frame.drop_duplicates("setting").set_index("setting")[inputs].to_xarray()
        return data.merge(first)


def open_runs(folder: str | Path) -> Store:
    """Open a store of runs.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    return Store(folder)


def _differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            here = f"{place}.{key}" if place else str(key)
            yield from _differences(old.get(key), new.get(key), here)
    elif old != new:
        shown = [t if len(t := json.dumps(x)) <= 60 else f"{t[:57]}..." for x in (old, new)]
        yield f"{place}: was {shown[0]}, is {shown[1]}"
