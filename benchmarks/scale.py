"""Large populations, jobs on a cluster, and estimates of larger work: ``benchmarks/scale.md``.

``python -m benchmarks.scale``: about ten minutes and 5 GB. On a machine with a GPU that JAX knows
(``pip install "jax[cuda12]"``) the first table is of the GPU; nothing else needs to be changed.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.engine import MONTHS, ROOT
from benchmarks.machine import describe, keep_page
from benchmarks.sweeps import made_up, on_a_cluster, sweep_file

SIZES = (1_000_000, 10_000_000)
POPULATION = """
import resource, sys, time
import jax
from benchmarks.engine import agent_months, seconds, setup
from expatsim.model import engine
begin = time.perf_counter()
run = setup(int(sys.argv[1]), 1)
jax.block_until_ready(run.people.key1)
build = time.perf_counter() - begin
best, _ = seconds(lambda: engine.run_months(run).counts, 3)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(jax.devices()[0].device_kind, build, best, agent_months(run) / best / 1e6, peak, sep="|")
"""
DRAW = """
import dataclasses, resource, sys, time
import expatsim as xs
from expatsim.runs.batches import simulate
from expatsim.runs.prepare import size_of
scenario = dataclasses.replace(xs.load("scenarios/rotterdam.yaml"), draws=1)
scenario = scenario.resized(int(sys.argv[1]) / size_of(scenario))
begin = time.perf_counter()
simulate(scenario)
first = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(first, peak, sep="|")
"""
WARM = 512  # runs of a first sweep, with a job for each of two workers
RUNS = 2048  # runs of the sweep that is timed
STORED = 50_000  # made-up runs, to time the store
JOBS = 2000  # jobs that do nothing, to time handing out
CORES = 16  # of a node, in estimates
NODES = (1, 10, 100)
REGIONS = 0.24  # share of foreign knowledge workers who live in both regions (EXT-21, EXT-22)
EMPTY = """
import time
from distributed import LocalCluster
from expatsim.executors import open_executor
def nothing(job):
    return job
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=16, host="127.0.0.1",
                      dashboard_address=None, silence_logs=50) as cluster:
        with open_executor(cluster.scheduler_address) as executor:
            list(executor.map_unordered(nothing, range(200)))
            begin = time.perf_counter()
            list(executor.map_unordered(nothing, range({jobs})))
            print((time.perf_counter() - begin) / {jobs})
"""
CALIBRATION = """
import time
import numpy as np
from distributed import LocalCluster
from expatsim.calibration import likelihood
from expatsim.calibration.settings import Settings
from expatsim.executors import LOCAL, open_executor
def seconds(executor, vectors):
    z = np.random.default_rng(1).standard_normal((vectors, len(likelihood.names())))
    likelihood.simulate_scores(z, 1, Settings().size, None, executor)
    begin = time.perf_counter()
    likelihood.simulate_scores(z, 1, Settings().size, None, executor)
    return time.perf_counter() - begin
if __name__ == "__main__":
    times = [seconds(LOCAL, 8), seconds(LOCAL, 64)]
    for n in (1, 2):
        with LocalCluster(n_workers=n, threads_per_worker=1, host="127.0.0.1",
                          dashboard_address=None, silence_logs=50) as cluster:
            with open_executor(cluster.scheduler_address) as executor:
                times.append(seconds(executor, 64))
    print(*times, sep="|")
"""


class Costs(NamedTuple):
    """Measured costs, from which those of larger work are estimated.

    Attributes
    ----------
    start : float
        Seconds until a worker has loaded and compiled.
    run : float
        Core-seconds of a run of 5,000 people over ten years, all cores busy.
    agent : float
        Core-seconds of an agent over ten years, in a draw of ten million, all cores busy.
    job, store : float
        Seconds that the asking machine spends on handing out a job, and on storing its results.
    """

    start: float
    run: float
    agent: float
    job: float
    store: float


def _python(program: str, *arguments: str) -> list[float | str]:
    """Values that a program prints on its last line, between bars."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [_number(x) for x in done.stdout.split("\n")[-2].split("|")]


def _file(folder: Path, program: str) -> list[float | str]:
    """As :func:`_python`, for programs whose functions go to workers."""
    path = folder / "program.py"
    path.write_text(program)
    return _python("import runpy, sys; runpy.run_path(sys.argv[1], run_name='__main__')", str(path))


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def populations() -> list[str]:
    """Table of agent-months a second of one draw, on the device that JAX finds."""
    lines = [
        "| agents | device | build, s | ten years, s | million agent-months/s | peak memory, GB |",
        "|---|---|---|---|---|---|",
    ]
    for agents in SIZES:
        device, build, best, rate, peak = _python(POPULATION, str(agents))
        lines.append(
            f"| {agents:,} | {device} | {build:.1f} | {best:.1f} | {rate:.1f} | {peak:.1f} |"
        )
    return lines


def measure() -> tuple[Costs, list[str]]:
    """Measured costs, and lines about them for the results page."""
    whole, memory = _python(DRAW, str(SIZES[1]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = sweep_file(folder, WARM), sweep_file(folder, RUNS)
        one = on_a_cluster(*files, folder / "one", 1, threads=1)
        two = on_a_cluster(*files, folder / "two", 2, threads=1)
        _, _, keep = made_up(folder, STORED)
        job = float(_file(folder, EMPTY.format(jobs=JOBS))[0])
        step, *vectors = _file(folder, CALIBRATION)
    # cores that are all busy are slower than one alone: they share caches, or a core's two threads
    crowd = 2 * two[1] / one[1]
    run = 2 * two[1] / RUNS
    first = one[0] - WARM / RUNS * one[1]
    agent = crowd * float(whole) / SIZES[1]
    costs = Costs(first, run, agent, job, keep)
    return costs, [
        (
            f"- A draw of {SIZES[1]:,} agents through `simulate` (people, months, life tables; "
            f"hardly ever more than one core): {whole:.0f} s, peak {memory:.1f} GB."
        ),
        (
            f"- {RUNS:,} runs of 5,000 people on workers of one thread: {one[1]:.1f} s with one, "
            f"{two[1]:.1f} s with two ({2 / crowd:.2f} times as fast). Below, all cores are as "
            f"slow as with two: {1000 * run:.1f} core-milliseconds a run."
        ),
        f"- A worker's first job: {first:.1f} s more, to load and to compile.",
        (
            f"- A job that does nothing: {1000 * job:.1f} ms; storing a chunk of 256 runs: "
            f"{1000 * costs.store:.1f} ms. Both are the asking machine's, one after the other."
        ),
        (
            f"- Calibration: a step of 8 parameter vectors {step:.2f} s here; 64 vectors "
            f"{vectors[0]:.1f} s here, {vectors[1]:.1f} s on a Dask worker, {vectors[2]:.1f} s on "
            "two on the same cores."
        ),
    ]


def estimate(costs: Costs, jobs: int, seconds: float, nodes: int) -> float:
    """Wall time of jobs in seconds: that of the workers or of the asking machine, if it is slower.

    Parameters
    ----------
    costs : Costs
        As measured.
    jobs : int
        Number of jobs.
    seconds : float
        Core-seconds of a job.
    nodes : int
        Nodes of the cluster.
    """
    rounds = math.ceil(jobs / (CORES * nodes))
    return costs.start + max(rounds * seconds, jobs * (costs.job + costs.store))


def estimates(costs: Costs) -> list[str]:
    """Table of the cost of larger work on nodes like this machine but with 16 cores."""
    from expatsim.runs.batches import part_size
    from expatsim.runs.prepare import size_of
    from expatsim.scenario import load
    from expatsim.sweeps.execute import CHUNK

    cities = (load(ROOT / "scenarios" / f"{city}.yaml") for city in ("rotterdam", "den-haag"))
    nation = sum(size_of(city) for city in cities) / REGIONS
    part = part_size(nation)
    large = SIZES[1] * costs.agent
    cases = {
        f"{SIZES[1]:,} agents, one draw": (1, large),
        f"{SIZES[1]:,} agents, 100 draws": (100, large),
        "100,000 runs of 5,000 people": (math.ceil(100_000 / CHUNK), CHUNK * costs.run),
        f"the Netherlands ({nation:,.0f} people), 200 draws, 3 scenarios": (
            math.ceil(200 / part),
            part * 3 * nation * costs.agent,
        ),
    }
    head = " | ".join(f"{n} node{'s' if n > 1 else ''}" for n in NODES)
    lines = [f"| work | jobs | core-hours | {head} |", "|---|---|---|" + "---|" * len(NODES)]
    for name, (jobs, seconds) in cases.items():
        times = " | ".join(_time(estimate(costs, jobs, seconds, n)) for n in NODES)
        lines.append(f"| {name} | {jobs:,} | {jobs * seconds / 3600:,.2f} | {times} |")
    busiest = CHUNK * costs.run / (costs.job + costs.store)
    return [
        *lines,
        "",
        (
            f"With jobs of {CHUNK} runs of 5,000 people the asking machine is busy all the time "
            f"from about {busiest:,.0f} cores on."
        ),
    ]


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def main() -> None:
    """Measure, print and store the page of results."""
    table = populations()
    costs, measured = measure()
    lines = [
        "# Results of `python -m benchmarks.scale`",
        "",
        describe(),
        "",
        f"## One draw, {MONTHS} months",
        "",
        *table,
        "",
        "## What larger work is reckoned from",
        "",
        *measured,
        "",
        f"## On paper: nodes of {CORES} such cores",
        "",
        *estimates(costs),
    ]
    keep_page(lines, "scale.md")


if __name__ == "__main__":
    main()
