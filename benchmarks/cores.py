"""Threads and processes on some of the cores of this machine: ``benchmarks/cores.md``.

``python -m benchmarks.cores``: some minutes, on Linux, on a machine with many cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.engine import ROOT
from benchmarks.machine import describe, keep_page

FEWEST = 4  # cores; two are measured by `benchmarks.processes`
DRAWS = 200
PROGRAM = """
import os, sys, time
from contextlib import nullcontext
if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
    import expatsim as xs
    from expatsim.executors import may_start_processes
    from expatsim.runs import batches
    batches.MANY_CORES = 1
    names = ("rotterdam", "den-haag", "rotterdam-all-recommendations")
    xs.compare(names, draws=8)
    for context in (nullcontext, may_start_processes):
        with context():
            begin = time.perf_counter()
            xs.compare(names, draws=int(sys.argv[2]), seed=7)
            print(time.perf_counter() - begin)
"""


def _seconds(cores: int) -> tuple[float, float]:
    """Seconds of a comparison by threads and by processes, on some cores."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")  # a file, since processes begin by importing it
        program.write_text(PROGRAM)
        command = [sys.executable, str(program), str(cores), str(DRAWS)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    threads, processes = map(float, done.stdout.split())
    return threads, processes


def main() -> None:
    """Measure, print and store the page of results."""
    every = len(os.sched_getaffinity(0))
    numbers = [n for n in (FEWEST, 2 * FEWEST, 4 * FEWEST) if n < every] + [every]
    rows = [(n, *_seconds(n)) for n in numbers]
    keep_page(
        [
            "# Results of `python -m benchmarks.cores`",
            "",
            describe(),
            "",
            f"Three scenarios x {DRAWS} draws and what they rest on, once compiled, in seconds:",
            "",
            "| cores that may be used | threads | processes |",
            "|---|---|---|",
            *(f"| {n} | {threads:.0f} | {processes:.0f} |" for n, threads, processes in rows),
        ],
        "cores.md",
    )


if __name__ == "__main__":
    main()
