"""How many runs a sweep has, how long they take here, and how large the store becomes."""

from __future__ import annotations

from typing import NamedTuple

from expatsim.runs.batches import cores
from expatsim.runs.prepare import size_of
from expatsim.sweeps.settings import Sweep

# measured on two cores of a shared machine, 4,700 to 48,000 people; others differ twofold
MONTHS_A_SECOND = 25e6  # agent-months for each core; half of them are left out by windows of months
OVERHEAD = 0.014  # seconds for each run on one core, whatever its size
START = 4.0  # seconds to load and to compile
BYTES = 10  # for each number in the store


class Estimate(NamedTuple):
    """Runs, people of one, seconds here, and bytes of the store."""

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
    """Before anything is run."""
    people = size_of(sweep.scenario)
    runs = sweep.number_of_settings * sweep.file.replicates
    seconds = people * sweep.scenario.months / MONTHS_A_SECOND / 2 + OVERHEAD
    columns = 3 + len(sweep.inputs) + len(sweep.outcomes)
    return Estimate(runs, people, START + runs * seconds / cores(), runs * columns * BYTES)
