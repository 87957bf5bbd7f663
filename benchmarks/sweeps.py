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
RUNS, FEW = 10_000, 1024
CLUSTER = """
import sys, time
from distributed import LocalCluster
from expatsim.sweeps import sweep
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1",
                           dashboard_address=None, silence_logs=50)
    sweep(sys.argv[1], sys.argv[2] + "-first", scheduler=cluster.scheduler_address)
    begin = time.perf_counter()
    sweep(sys.argv[3], sys.argv[2], scheduler=cluster.scheduler_address)
    print(time.perf_counter() - begin)
    cluster.close()
"""


def _file(folder: Path, runs: int) -> Path:
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
        warm, few, many = (_file(folder, n) for n in (512, FEW, RUNS))
        sweep(warm, folder / "warm")
        begin = time.perf_counter()
        sweep(few, folder / "few")
        here = time.perf_counter() - begin
        command = [sys.executable, "-c", CLUSTER, str(warm), str(folder / "cluster"), str(few)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        there = float(done.stdout.split()[-1])
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
            f"- {FEW:,} runs on a Dask cluster of one worker here: {there / here:.2f} times "
            f"as long as without ({there:.1f} and {here:.1f} s)."
        ),
    ]
