"""Whole processes: start-up, memory, and time to the first result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.engine import ROOT

# answers from 200 draws of ten years with everybody; the first call compiles
ANSWERS = """
import time
import expatsim as xs
cities = ["scenarios/rotterdam.yaml", "scenarios/den-haag.yaml"]
three = [*cities, "scenarios/rotterdam-all-recommendations.yaml"]
xs.compare(three, draws=8)
begin = time.perf_counter()
result = xs.compare(three, draws=200, seed=7)
result.save("results/benchmark", force=True)
print(f"{time.perf_counter() - begin:.1f}")
begin = time.perf_counter()
result.report()
print(f"{time.perf_counter() - begin:.1f}")
begin = time.perf_counter()
xs.decompose(*cities, draws=200, seed=8)
print(f"{time.perf_counter() - begin:.1f}")
"""
MILLION = """
from benchmarks.engine import setup
from expatsim.model import engine
import jax
jax.block_until_ready(engine.run_months(setup(1_000_000, 1)))
"""

BEGINNINGS = ("First look", "Of the 2 scenarios")  # of what the demo says first, and then


def _wall(*command: str) -> float:
    """Seconds that a process takes."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def _demo(folder: str) -> tuple[float, float, float]:
    """Seconds of the demo until its first look, until its answer, and until its end."""
    begin, times = time.perf_counter(), []
    command = [sys.executable, "-u", "-m", "expatsim.cli", "demo"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith(BEGINNINGS):
                times.append(time.perf_counter() - begin)
    first, answer = times
    return first, answer, time.perf_counter() - begin


def _answers() -> list[str]:
    """Seconds of the comparison, of its page and of the decomposition."""
    command = [sys.executable, "-c", ANSWERS]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.split()


def _peak(*command: str) -> float:
    """Peak memory of a process in GB."""
    pid = os.posix_spawn(sys.executable, [sys.executable, *command], os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{command} failed")
    scale = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * scale / 1e9


def report() -> list[str]:
    """Lines for the results page."""
    help_time = sorted(_wall("-m", "expatsim.cli", "--help") for _ in range(7))
    with tempfile.TemporaryDirectory() as folder:
        first, answer, whole = map(sorted, zip(*(_demo(folder) for _ in range(3)), strict=True))
    comparison, page, swap = _answers()
    return [
        f"- `expatsim --help`: {help_time[0]:.2f} to {help_time[-1]:.2f} s.",
        (
            f"- `make demo` (100 draws), once installed: a first look after {first[0]:.1f} to "
            f"{first[-1]:.1f} s, the answer after {answer[0]:.0f} to {answer[-1]:.0f} s, all files "
            f"after {whole[0]:.0f} to {whole[-1]:.0f} s."
        ),
        f"- Three scenarios x 200 draws, saved with plots, without compilation: {comparison} s.",
        f"- The report of these: {page} s more.",
        f"- Why the cities differ, eight combinations x 200 draws: {swap} s.",
        f"- 1,000,000 agents x 120 months, whole process: peak {_peak('-c', MILLION):.2f} GB.",
    ]
