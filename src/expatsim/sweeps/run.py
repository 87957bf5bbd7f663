"""Runs of a sweep into a store, from the start or from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim import arguments
from expatsim.errors import InputError
from expatsim.executors import Executor, cores, open_executor
from expatsim.extras import require
from expatsim.fingerprint import fingerprint
from expatsim.posterior import digest_of as digest_of_draws
from expatsim.posterior.record import NO_CALIBRATION, calibration_of
from expatsim.runs.batches import THREADS_A_CORE
from expatsim.sweeps import execute
from expatsim.sweeps.design import centre, design
from expatsim.sweeps.files import digest_of, lock_store, write_crate, writing_store
from expatsim.sweeps.notes import notes
from expatsim.sweeps.settings import FILE, Sweep, load_sweep
from expatsim.sweeps.store import Store, check_folder
from expatsim.version import version

if TYPE_CHECKING:
    import pandas as pd

# modules that make the numbers of a store: its inputs, and their runs
ENTRIES = ("expatsim.sweeps.design", "expatsim.sweeps.execute")
MOST_WORKERS = 10_000  # threads or processes that one may ask for


def code_version() -> str:
    """Return a hash of the code and the packaged data that decide results."""
    return fingerprint(*ENTRIES)


def settings_of(sweep: Sweep, runs: pd.DataFrame) -> dict[str, Any]:
    """Return the settings of a store for a sweep; it can be resumed only with the same ones.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.
    runs : pandas.DataFrame
        From :func:`expatsim.sweeps.design.design`.
    """
    digest = digest_of_draws(sweep.source)
    calibration = calibration_of(sweep.source, digest)
    return {
        "name": sweep.name,
        **sweep.describe(),
        "inputs": sweep.inputs,
        "outcomes": sweep.outcomes,
        "design": digest_of(runs),
        "notes": notes(sweep),
        "runs": len(runs),
        "chunk": execute.chunk_of(sweep),
        "expatsim": version(),
        "code": code_version(),
        "draws": digest,
        "posterior": calibration.fingerprint if calibration else NO_CALIBRATION,
    }


def sweep(
    source: str | Path | Sweep,
    out: str | Path,
    *,
    resume: bool = False,
    scheduler: str | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
    processes: int = 1,
) -> Store:
    """Run all settings of a sweep; return the store of the runs.

    Parameters
    ----------
    source : str, pathlib.Path or Sweep
        A sweep file, or a sweep from :func:`load_sweep`.
    out : str or pathlib.Path
        Folder of the store.
    resume : bool
        Continue a store that is already there: only missing runs are run.
    scheduler : str, optional
        Address of a Dask scheduler; by default everything runs here.
    threads : int, optional
        Batches at once in each process; by default two for every core that it has to itself.
    progress : callable, optional
        Called after each chunk with its number of runs.
    processes : int
        Processes on this machine that run, where there is no scheduler: they do not wait for each
        other's Python. A script that asks for more than one begins its work under
        ``if __name__ == "__main__":``, since each of them imports it.

    Returns
    -------
    Store
        Some of the runs may have failed: see :meth:`Store.failures`.

    Raises
    ------
    InputError
        If the file has a problem, the folder is not fit, or the store is of another sweep.
    """
    threads = threads_of(threads)
    processes = arguments.whole_number("processes", processes, 1, MOST_WORKERS)
    chosen = source if isinstance(source, Sweep) else load_sweep(source)
    if chosen.file.design != FILE:
        require("research", "a sweep")
    runs = design(chosen)
    folder, settings = Path(out), settings_of(chosen, runs)
    if processes > 1 and threads is None:
        threads = max(1, THREADS_A_CORE * cores() // processes)
    with open_executor(scheduler, processes) as executor:  # first: without it nothing is begun
        check_folder(folder, resume=resume)
        with lock_store(folder):
            store = _store(folder, settings, runs, resume)
            if resume:
                store.mend(runs)
            missing = set(store.missing())
            every = execute.jobs(chosen, runs, centre(chosen), store.settings["chunk"])
            todo = [job for job in every if job.chunk in missing]
            if progress:
                progress(len(runs) - sum(len(job.runs) for job in todo))
            for done in run_jobs(executor, store.mark_running(todo), threads, progress):
                store.keep(done)
            with writing_store(folder):
                write_crate(folder, store.settings)
    return store


def threads_of(threads: int | None) -> int | None:
    """Return a number of threads after a check of it; none is left to the machine.

    Parameters
    ----------
    threads : int, optional
        As for :func:`sweep`.
    """
    return None if threads is None else arguments.whole_number("threads", threads, 1, MOST_WORKERS)


def run_jobs(
    executor: Executor,
    jobs: Iterable[execute.Job],
    threads: int | None,
    progress: Callable[[int], None] | None,
) -> Iterator[execute.ChunkResult]:
    """Yield the results of jobs as they come.

    Parameters
    ----------
    executor : Executor
        From :func:`expatsim.executors.open_executor`.
    jobs : iterable of Job
        From :func:`expatsim.sweeps.execute.jobs`.
    threads, progress : optional
        As for :func:`sweep`.
    """
    work = partial(execute.run_job, threads=threads)
    for _, done in executor.map_unordered(work, jobs, execute.all_failed):
        yield done
        if progress:
            progress(len(done.results) + len(done.errors))


def _store(folder: Path, settings: dict[str, Any], runs: pd.DataFrame, resume: bool) -> Store:
    """Return a new store, or the one that is already there if it may be continued."""
    check_folder(folder, resume=resume)  # again: now nobody else can write
    if not resume:
        return Store.create(folder, settings, runs)
    store = Store.resume(folder, settings, runs)
    same = {name: store.settings.get(name) for name in ("chunk", "notes")}
    changed = store.difference({**settings, **same})
    if changed:
        raise InputError([f"{folder}: is of another sweep: {line}" for line in changed])
    return store
