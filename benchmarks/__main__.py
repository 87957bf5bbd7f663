"""Run all benchmarks and write ``benchmarks/results.md``."""

from __future__ import annotations

from benchmarks import against_mesa, engine, processes, sweeps
from benchmarks.machine import describe, keep_page

NOTE = """One run of a shared machine: take ratios, not seconds. An agent is a slot of the run;
those who have not arrived or have left cost the engine the same as those who are here (lived)."""


def main() -> None:
    """Measure, print and store the page of results."""
    lines = [
        "# Results of `make benchmarks`",
        "",
        describe(),
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
    keep_page(lines, "results.md")


if __name__ == "__main__":
    main()
