"""Run all benchmarks and write ``benchmarks/results.md``."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks import against_mesa, engine, processes, sweeps

NOTE = """One run of a shared machine: take ratios, not seconds. An agent is a slot of the run;
those who have not arrived or have left cost the engine the same as those who are here (lived)."""


def processor() -> str:
    """Name of the processor, where the system tells."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in text.splitlines() if "model name" in x), "")


def main() -> None:
    """Measure, print and keep."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = [
        "# Results of `make benchmarks`",
        "",
        f"{processor()}, {cores} cores, Python {platform.python_version()}.",
        NOTE,
        "",
        "## Engine",
        "",
        *engine.report(),
        "",
        "## Against plain Mesa",
        "",
        *against_mesa.report(),
        "",
        "## Whole processes",
        "",
        *processes.report(),
        "",
        "## Sweeps",
        "",
        *sweeps.report(),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    (Path(__file__).parent / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
