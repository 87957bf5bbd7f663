"""10,000 runs of 5,000 people over ten years with the store, and the cost of a cluster."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engine import ROOT

if TYPE_CHECKING:
    from expatsim.sweeps import Store

FILE = """
title: Benchmark
scenario: {scenario}
uncertainties:
  source: prior
  vary: [wish_welcome, leave_choice, renewal_wish, welcome_english]
levers:
  english_information: [0.3, 1.0]
design: latin
samples: {runs}
people: 0.275
seed: 5
"""
RUNS = 10_000  # of the sweep that is timed
FEW = 1024  # runs of the sweep that is compared with a cluster
MILLION = 1_000_000  # made-up runs, to time the store
CLUSTER = """
import sys, time
from distributed import LocalCluster
from expatsim.sweeps import sweep
if __name__ == "__main__":
    first, second, out, workers, threads = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    with LocalCluster(n_workers=workers, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None, silence_logs=50) as cluster:
        for file, folder in ((first, out + "-first"), (second, out)):
            begin = time.perf_counter()
            sweep(file, folder, scheduler=cluster.scheduler_address, threads=threads or None)
            print(time.perf_counter() - begin)
"""


def sweep_file(folder: Path, runs: int) -> Path:
    """Path of a new sweep file, of so many runs of 5,000 people over ten years."""
    path = folder / f"sweep-{runs}.yaml"
    path.write_text(FILE.format(scenario=ROOT / "scenarios" / "rotterdam", runs=runs))
    return path


def on_a_cluster(
    first: Path, second: Path, out: Path, workers: int, threads: int = 0
) -> tuple[float, float]:
    """Seconds of two sweeps on workers on this machine, one after the other; the first compiles."""
    paths = (str(first), str(second), str(out))
    command = [sys.executable, "-c", CLUSTER, *paths, str(workers), str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    one, other = (float(x) for x in done.stdout.split())
    return one, other


def report() -> list[str]:
    """Lines for the results page."""
    from expatsim.executors import cores
    from expatsim.sweeps import sweep
    from expatsim.sweeps.estimate import estimate
    from expatsim.sweeps.settings import load_sweep

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm, few, many = (sweep_file(folder, n) for n in (512, FEW, RUNS))
        sweep(warm, folder / "warm")
        begin = time.perf_counter()
        sweep(few, folder / "few")
        local = time.perf_counter() - begin
        one, two = (
            on_a_cluster(warm, few, folder / f"cluster-{workers}", workers)[1] for workers in (1, 2)
        )
        people = estimate(load_sweep(many)).people
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.perf_counter()
        store = sweep(many, folder / "many", processes=cores())  # as the command has it
        whole = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        inside = store.seconds() / cores()
        begin = time.perf_counter()
        frame = store.frame()
        reading = time.perf_counter() - begin
        size = sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())
    return [
        (
            f"- {RUNS:,} runs of {people:,} people x 120 months, in a process for each core: "
            f"{whole:.0f} s, outside the runs (processes, store, design) {whole - inside:.1f} s."
        ),
        (
            f"- Peak memory of the asking process {after / 1e6:.2f} GB ("
            f"{before / 1e6:.2f} GB after {512 + FEW:,} runs in it); "
            f"store {size / 1e6:.1f} MB, read back in {reading:.2f} s ({len(frame):,} rows)."
        ),
        (
            f"- {FEW:,} runs on a Dask cluster here: {one / local:.2f} times as long as without"
            f" on one worker, {two / local:.2f} on two ({one:.1f}, {two:.1f} and {local:.1f} s)."
        ),
        million(),
    ]


def made_up(folder: Path, runs: int) -> tuple[Store, float, float]:
    """A store of made-up results, seconds to create it, and seconds to store each chunk."""
    import numpy as np
    import pandas as pd

    from expatsim.sweeps import Store, load_sweep
    from expatsim.sweeps.design import design
    from expatsim.sweeps.execute import CHUNK, ChunkResult
    from expatsim.sweeps.run import settings_of

    chosen = load_sweep(sweep_file(folder, runs))
    begin = time.perf_counter()
    every = design(chosen)
    store = Store.create(folder / "made-up", settings_of(chosen, every), every)
    created = time.perf_counter()
    numbers = np.random.default_rng(1)
    for k, start in enumerate(range(0, runs, CHUNK)):
        index = every.index[start : start + CHUNK]
        results = numbers.random((len(index), len(chosen.outcomes)))
        store.keep(ChunkResult(k, pd.DataFrame(results, index, chosen.outcomes), {}, 1.0))
    return store, created - begin, (time.perf_counter() - created) / (k + 1)


def million() -> str:
    """Line on the size and speed of a store of a million made-up runs."""
    from expatsim.sweeps import open_runs
    from expatsim.sweeps.execute import CHUNK

    with tempfile.TemporaryDirectory() as name:
        store, create, keep = made_up(Path(name), MILLION)
        size = sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())
        times = [time.perf_counter()]
        store = open_runs(store.folder)
        store.status(), store.missing()
        times.append(time.perf_counter())
        frame = store.frame()
        times.append(time.perf_counter())
        frame.reset_index().to_parquet(Path(name) / "all.parquet", index=False)
        times.append(time.perf_counter())
    check, read, export = (b - a for a, b in pairwise(times))
    return (
        f"- {MILLION:,} made-up runs: {create:.1f} s to create, {1000 * keep:.1f} ms for "
        f"each chunk of {CHUNK}, {check:.1f} s to check all files, {read:.1f} s to read, "
        f"{export:.1f} s more to export; {size / 1e6:.0f} MB on disk."
    )
