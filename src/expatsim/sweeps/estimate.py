"""Estimate of a sweep before it runs: number of runs, time on this machine, size of the store."""

from __future__ import annotations

from typing import NamedTuple

from expatsim.runs.batches import cores
from expatsim.runs.prepare import size_of
from expatsim.sweeps.settings import Sweep

# measured on two cores of a shared machine, 4,700 to 48,000 people; others differ twofold
MONTHS_A_SECOND = 25e6  # agent-months for each core; windows of months leave out half of them
OVERHEAD = 0.014  # seconds for each run on one core, whatever its size
START = 4.0  # seconds to load and to compile
BYTES = 10  # for each number in the store


class Estimate(NamedTuple):
    """Size of a sweep.

    Attributes
    ----------
    runs : int
        Number of runs.
    people : int
        Adults of one run.
    seconds : float
        Time on this machine.
    size : int
        Bytes of the store.
    """

    runs: int
    people: int
    seconds: float
    size: int

    def __str__(self) -> str:
        minutes = self.seconds / 60
        time = f"{self.seconds:.0f} seconds" if minutes < 2 else f"{minutes:.0f} minutes"
        time = time if minutes < 120 else f"{minutes / 60:.0f} hours"
        return (
            f"{self.runs:,} runs of about {self.people:,} people: about {time} on this machine, "
            f"{self.size / 1e6:.1f} MB"
        )


def estimate(sweep: Sweep) -> Estimate:
    """Return the size of a sweep, without running any of it."""
    people = max(size_of(scenario) for scenario in sweep.scenarios)
    runs = sweep.number_of_runs
    seconds = people * sweep.scenario.months / MONTHS_A_SECOND / 2 + OVERHEAD
    columns = 3 + len(sweep.inputs) + len(sweep.outcomes)
    return Estimate(runs, people, START + runs * seconds / cores(), runs * columns * BYTES)
