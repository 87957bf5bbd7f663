"""Execution of a chunk of a sweep, here or on a worker of a cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from expatsim.runs.prepare import Replicates
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from expatsim.sweeps.settings import Sweep

CHUNK = 256  # runs: some seconds of work, one file of the store


class Job(NamedTuple):
    """Runs of one chunk, which are executed together.

    Attributes
    ----------
    chunk : int
        Number of the chunk.
    scenario : Scenario
        The scenario, with the sweep's size, length and seed.
    runs : pandas.DataFrame
        Rows of :func:`expatsim.sweeps.design.design`.
    centre : dict of str to float
        Values of parameters that do not vary.
    levers : list of str
        Levers that vary.
    outcomes : list of str
        Outcomes that are kept.
    """

    chunk: int
    scenario: Scenario
    runs: pd.DataFrame
    centre: dict[str, float]
    levers: list[str]
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
    levers = list(sweep.file.levers)
    return [
        Job(k, sweep.scenario, runs.iloc[start : start + chunk], centre, levers, sweep.outcomes)
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
    from expatsim.findings.outcomes import OUTCOMES, of_everybody
    from expatsim.runs.batches import simulate

    n = len(job.runs)
    replicate = job.runs["replicate"].to_numpy()
    given = {k: np.full(n, v) for k, v in job.centre.items()}
    varied = [c for c in job.runs.columns if c in given]
    given |= {name: job.runs[name].to_numpy() for name in varied}
    levels = {name: job.runs[name].to_numpy() for name in job.levers}
    replicates = Replicates(replicate, replicate, replicate, {}, given, levels)
    dataset = of_everybody(simulate(job.scenario, replicates=replicates, threads=threads))
    frame = pd.DataFrame(
        {name: OUTCOMES[name].values(dataset).to_numpy().astype(float) for name in job.outcomes}
    )
    bad = np.isinf(frame.to_numpy()).any(axis=1)
    if bad.any():
        raise ValueError(f"outcome that is not a number in {int(bad.sum())} runs")
    return frame.set_index(job.runs.index)


def all_failed(job: Job, why: str) -> ChunkResult:
    """Return the result of a job that ended its workers: all of its runs failed."""
    return ChunkResult(job.chunk, _nothing(job), {int(run): why for run in job.runs.index}, 0.0)


def _nothing(job: Job) -> pd.DataFrame:
    return pd.DataFrame(index=job.runs.index[:0], columns=job.outcomes, dtype=float)
