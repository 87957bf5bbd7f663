"""The engine on a GPU beside all cores of the same machine: ``benchmarks/gpu.md``.

``python -m benchmarks.gpu``: some minutes, on a machine with a GPU that JAX knows (``pip install
"jax[cuda13]"``). Nothing else needs to be changed: JAX takes the GPU where there is one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import MONTHS, ROOT
from benchmarks.machine import describe, keep_page

# agents of a draw, and draws side by side
CASES = ((35_000, 1), (5_000, 64), (1_000_000, 1), (10_000_000, 1))
COMPARED = (1_000_000, 1)  # whose people are compared one by one
DRAWS = 200
PLATFORMS = {"cuda": "GPU", "cpu": "all cores"}
PROGRAM = """
import json, sys, time
if __name__ == "__main__":
    import jax
    import numpy as np
    import expatsim as xs
    from benchmarks.engine import agent_months, seconds, setup
    from expatsim.executors import may_start_processes
    from expatsim.model import engine
    cases, compared, draws, file = json.loads(sys.argv[1])
    rates = []
    for case in cases:
        run = setup(*case)
        best, _ = seconds(lambda: engine.run_months(run).counts, 3)
        rates.append(agent_months(run) / best / 1e6)
        if case == compared:
            end = engine.run_months(run)
            words = zip(end.state._fields, map(np.asarray, end.state), strict=True)
            np.savez(file, counts=np.asarray(end.counts), **dict(words))
    names = ("rotterdam", "den-haag", "rotterdam-all-recommendations")
    three = [f"scenarios/{name}.yaml" for name in names]
    with may_start_processes():
        xs.compare(three, draws=16)
        begin = time.perf_counter()
        result = xs.compare(three, draws=draws, seed=7)
        took = time.perf_counter() - begin
    table = result.summary().to_csv(index=False)
    print(json.dumps([jax.devices()[0].device_kind, jax.__version__, rates, took, table]))
"""


def _on(platform: str, folder: Path) -> list[Any]:
    """What the program measures on a platform of JAX."""
    program = folder / "program.py"  # a file, since processes begin by importing it
    program.write_text(PROGRAM)
    given = json.dumps([CASES, COMPARED, DRAWS, str(folder / f"{platform}.npz")])
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(program), given],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": platform, "PYTHONPATH": path},
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def _others(folder: Path) -> dict[str, float]:
    """What differs between platforms: lives, real numbers, the largest of them, and counts."""
    one, other = (dict(np.load(folder / f"{platform}.npz")) for platform in PLATFORMS)
    counts = one.pop("counts") != other.pop("counts")
    real = [name for name, x in one.items() if x.dtype.kind == "f"]
    lives = [one[name] != other[name] for name in one if name not in real]
    apart = [np.abs(one[name] - other[name]) for name in real]
    return {
        "people": np.logical_or.reduce(lives).sum(),
        "everybody": lives[0].size,
        "real": np.logical_or.reduce([x > 0 for x in apart]).sum(),
        "largest": max(float(x.max()) for x in apart),
        "counts": counts.sum(),
    }


def main() -> None:
    """Measure, print and store the page of results."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gpu, cpu = (_on(platform, folder) for platform in PLATFORMS)
        differ = _others(folder)
    lines = [
        "# Results of `python -m benchmarks.gpu`",
        "",
        f"{gpu[0]}, JAX {gpu[1]}; beside it {describe()}",
        "",
        f"Million agent-months a second, {MONTHS} months:",
        "",
        "| population | GPU | all cores | ratio |",
        "|---|---|---|---|",
    ]
    for (agents, draws), a, b in zip(CASES, gpu[2], cpu[2], strict=True):
        label = f"{draws} draw{'s' if draws > 1 else ''} x {agents:,}"
        lines.append(f"| {label} | {a:,.0f} | {b:,.0f} | {a / b:.0f} |")
    same = "the same" if gpu[4] == cpu[4] else "not the same"
    lines += [
        "",
        (
            f"- Of {differ['everybody']:,} people {differ['people']:,} are elsewhere in life after "
            f"{MONTHS} months on the GPU than on the cores, and {differ['counts']:,} counts of all "
            f"months differ. The propensity to stay of {differ['real']:,} differs, by at most "
            f"{differ['largest']:.0e}."
        ),
        (
            f"- Three scenarios x {DRAWS} draws, once compiled: {gpu[3]:.0f} s with the GPU, "
            f"{cpu[3]:.0f} s with all cores. The summary is {same}, letter for letter."
        ),
    ]
    keep_page(lines, "gpu.md")


if __name__ == "__main__":
    main()
