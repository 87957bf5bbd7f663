"""Execution of a chunk of a sweep, here or on a worker of a cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from expatsim.runs.prepare import Replicates
from expatsim.scenario.scenario import Scenario
from expatsim.sweeps import columns

if TYPE_CHECKING:
    from expatsim.sweeps.settings import Sweep

CHUNK = 256  # runs: some seconds of work, one file of the store


def chunk_of(sweep: Sweep) -> int:
    """Return the number of runs in a chunk: all scenarios of a setting are in the same one."""
    together = len(sweep.scenarios)
    return max(1, CHUNK // together) * together


class Job(NamedTuple):
    """Runs of one chunk, which are executed together.

    Attributes
    ----------
    chunk : int
        Number of the chunk.
    scenarios : list of Scenario
        The scenarios, with the sweep's size, length and seed.
    runs : pandas.DataFrame
        Rows of :func:`expatsim.sweeps.design.design`.
    centre : dict of str to float
        Values of parameters that do not vary.
    held : list of str
        Inputs that hold from the start on: levers that vary, climate and inflow.
    outcomes : list of str
        Columns of outcomes that are kept.
    """

    chunk: int
    scenarios: list[Scenario]
    runs: pd.DataFrame
    centre: dict[str, float]
    held: list[str]
    outcomes: list[str]


class ChunkResult(NamedTuple):
    """Result of a job.

    Attributes
    ----------
    chunk : int
        Number of the chunk.
    results : pandas.DataFrame
        Index ``run``, a column for every outcome, missing where nobody is there to look at; only
        runs that succeeded.
    errors : dict of int to str
        Message of every run that failed.
    seconds : float
        Time that the chunk took.
    """

    chunk: int
    results: pd.DataFrame
    errors: dict[int, str]
    seconds: float


def jobs(sweep: Sweep, runs: pd.DataFrame, centre: dict[str, float], chunk: int) -> list[Job]:
    """Return all runs of a sweep in chunks; chunk ``k`` always has the same runs.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.
    runs : pandas.DataFrame
        From :func:`expatsim.sweeps.design.design`.
    centre : dict of str to float
        From :func:`expatsim.sweeps.design.centre`.
    chunk : int
        Runs in a chunk.
    """
    held, outcomes = list(sweep.ends), sweep.outcomes
    return [
        Job(k, sweep.scenarios, runs.iloc[start : start + chunk], centre, held, outcomes)
        for k, start in enumerate(range(0, len(runs), chunk))
    ]


def run_job(job: Job, threads: int | None = None) -> ChunkResult:
    """Return the result of a job; a run that fails does not stop the others.

    Parameters
    ----------
    job : Job
        From :func:`jobs`.
    threads : int, optional
        Batches at once; by default two for every core.
    """
    begin = time.perf_counter()
    errors: dict[int, str] = {}
    try:
        results = _outcomes(job, threads)
    except Exception:  # of one run: all are tried one by one
        parts = []
        for run in job.runs.index:
            single = job._replace(runs=job.runs.loc[[run]])
            try:
                parts.append(_outcomes(single, threads))
            except Exception as error:
                message = f"{type(error).__name__}: {error}"[:500]
                errors[int(run)] = message.encode(errors="replace").decode()
        results = pd.concat(parts) if parts else _nothing(job)
    return ChunkResult(job.chunk, results, errors, time.perf_counter() - begin)


def _outcomes(job: Job, threads: int | None) -> pd.DataFrame:
    from expatsim.runs.batches import simulate_together

    runs = job.runs
    by_scenario = dict(list(runs.groupby("scenario"))) if "scenario" in runs else {}
    scenarios = [s for s in job.scenarios if not by_scenario or s.name in by_scenario]
    parts = [by_scenario.get(s.name, runs) for s in scenarios]
    datasets = simulate_together(scenarios, replicates=_replicates(job, parts[0]), threads=threads)
    frames = [
        pd.DataFrame(columns.values_of(dataset, job.outcomes), index=part.index)
        for dataset, part in zip(datasets, parts, strict=True)
    ]
    frame = pd.concat(frames).loc[runs.index]
    bad = np.isinf(frame.to_numpy()).any(axis=1)
    if bad.any():
        raise ValueError(f"outcome that is not a number in {int(bad.sum())} runs")
    return frame


def _replicates(job: Job, runs: pd.DataFrame) -> Replicates:
    """Return luck, parameters and levels of some runs, which are the same in every scenario."""
    n, replicate = len(runs), runs["replicate"].to_numpy()
    given = {
        name: runs[name].to_numpy() if name in runs else np.full(n, value)
        for name, value in job.centre.items()
    }
    levels = {name: runs[name].to_numpy() for name in job.held}
    return Replicates(replicate, replicate, replicate, {}, given, levels)


def all_failed(job: Job, why: str) -> ChunkResult:
    """Return the result of a job that ended its workers: all of its runs failed."""
    return ChunkResult(job.chunk, _nothing(job), {int(run): why for run in job.runs.index}, 0.0)


def _nothing(job: Job) -> pd.DataFrame:
    return pd.DataFrame(index=job.runs.index[:0], columns=job.outcomes, dtype=float)
