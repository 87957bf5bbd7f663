"""10,000 runs of 5,000 people over ten years, with the store; and what a cluster adds."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.engine import ROOT

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
RUNS, FEW, MILLION = 10_000, 1024, 1_000_000
CLUSTER = """
import sys, time
from distributed import LocalCluster
from expatsim.sweeps import sweep
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=int(sys.argv[4]), threads_per_worker=1, host="127.0.0.1",
                           dashboard_address=None, silence_logs=50)
    sweep(sys.argv[1], sys.argv[2] + "-first", scheduler=cluster.scheduler_address)
    begin = time.perf_counter()
    sweep(sys.argv[3], sys.argv[2], scheduler=cluster.scheduler_address)
    print(time.perf_counter() - begin)
    cluster.close()
"""


def sweep_file(folder: Path, runs: int) -> Path:
    """A sweep of so many runs of 5,000 people over ten years."""
    path = folder / f"sweep-{runs}.yaml"
    path.write_text(FILE.format(scenario=ROOT / "scenarios" / "rotterdam", runs=runs))
    return path


def report() -> list[str]:
    """Lines for the results page."""
    from expatsim.sweeps import sweep
    from expatsim.sweeps.estimate import estimate
    from expatsim.sweeps.settings import load_sweep

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm, few, many = (sweep_file(folder, n) for n in (512, FEW, RUNS))
        sweep(warm, folder / "warm")
        begin = time.perf_counter()
        sweep(few, folder / "few")
        here = time.perf_counter() - begin
        there = []
        for workers in (1, 2):
            paths = (str(warm), str(folder / f"cluster-{workers}"), str(few))
            command = [sys.executable, "-c", CLUSTER, *paths, str(workers)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            there.append(float(done.stdout.split()[-1]))
        people = estimate(load_sweep(many)).people
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.perf_counter()
        store = sweep(many, folder / "many")
        whole = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        inside = store.seconds()
        begin = time.perf_counter()
        frame = store.frame()
        reading = time.perf_counter() - begin
        size = sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())
    return [
        (
            f"- {RUNS:,} runs of {people:,} people x 120 months: {whole:.0f} s, outside the "
            f"runs (store, design) {whole - inside:.1f} s ({(whole - inside) / inside:.1%})."
        ),
        (
            f"- Peak memory {after / 1e6:.2f} GB ({before / 1e6:.2f} GB after {512 + FEW:,} runs); "
            f"store {size / 1e6:.1f} MB, read back in {reading:.2f} s ({len(frame):,} rows)."
        ),
        (
            f"- {FEW:,} runs on a Dask cluster here: {there[0] / here:.2f} times as long as without"
            f" on one worker, {there[1] / here:.2f} on two ({there[0]:.1f}, {there[1]:.1f} and "
            f"{here:.1f} s)."
        ),
        million(),
    ]


def million() -> str:
    """A store of a million made-up runs: how large, and how fast it opens."""
    import numpy as np
    import pandas as pd

    from expatsim.sweeps import Store, load_sweep, open_runs
    from expatsim.sweeps.design import design
    from expatsim.sweeps.execute import CHUNK, Done
    from expatsim.sweeps.run import settings_of

    with tempfile.TemporaryDirectory() as name:
        chosen = load_sweep(sweep_file(Path(name), MILLION))
        times = [time.perf_counter()]
        runs = design(chosen)
        store = Store.create(Path(name) / "runs", settings_of(chosen), runs)
        times.append(time.perf_counter())
        numbers = np.random.default_rng(1)
        for k, start in enumerate(range(0, MILLION, CHUNK)):
            index = runs.index[start : start + CHUNK]
            made_up = numbers.random((len(index), len(chosen.outcomes)))
            store.keep(Done(k, pd.DataFrame(made_up, index, chosen.outcomes), {}, 1.0))
        times.append(time.perf_counter())
        size = sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())
        store = open_runs(store.folder)
        store.status(), store.missing()
        times.append(time.perf_counter())
        frame = store.frame()
        times.append(time.perf_counter())
        frame.reset_index().to_parquet(Path(name) / "all.parquet", index=False)
        times.append(time.perf_counter())
    create, keep, check, read, export = np.diff(times)
    return (
        f"- {MILLION:,} made-up runs: {create:.1f} s to create, {1000 * keep / (k + 1):.1f} ms for "
        f"each chunk of {CHUNK}, {check:.1f} s to check all files, {read:.1f} s to read, "
        f"{export:.1f} s more to export; {size / 1e6:.0f} MB on disk."
    )
