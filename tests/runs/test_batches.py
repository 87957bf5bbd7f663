"""Minimally different worlds, and the same bits whatever the batch, the threads or the face."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import xarray as xr

from expatsim import executors
from expatsim.runs import batches
from expatsim.runs.batches import KeptPeople, same_people, simulate, simulate_together
from expatsim.runs.prepare import Replicates
from helpers import ALONE, ROOT, small


def test_batches_do_not_matter() -> None:
    scenario = small("rotterdam", 0.05, 60, draws=5)
    first = simulate(scenario, batch=1)
    for batch in (2, 3, 5, 8):
        assert simulate(scenario, batch=batch).identical(first)


def test_batches_at_once_do_not_matter() -> None:
    scenario = small("rotterdam", 0.05, 60, draws=12)
    first = simulate(scenario, batch=1, threads=1)
    for threads in (2, 5):
        assert simulate(scenario, batch=1, threads=threads).identical(first)


def test_processes_do_not_matter(monkeypatch) -> None:
    """Commands start them for long work where there are many cores; all draws are reported."""
    scenarios = [small(name, 0.05, 36, draws=6) for name in ("rotterdam", "den-haag")]
    alone = simulate_together(scenarios)
    monkeypatch.setattr(batches, "SECONDS", 1.0)
    monkeypatch.setattr(batches, "PART", 2000)
    for module in (batches, executors):
        monkeypatch.setattr(module, "cores", lambda: 2)
    pools = []
    whole = executors.ProcessPoolExecutor
    monkeypatch.setattr(
        executors, "ProcessPoolExecutor", lambda *a: pools.append(a[0]) or whole(*a)
    )
    done: Counter[str] = Counter()

    def run() -> list[xr.Dataset]:
        return simulate_together(scenarios, lambda name, draws: done.update({name: draws}))

    with executors.may_start_processes():
        assert all(map(xr.Dataset.identical, run(), alone))
        assert not pools  # two cores are not many
        monkeypatch.setattr(batches, "MANY_CORES", 2)
        assert all(map(xr.Dataset.identical, run(), alone))
        assert pools == [2]
    run()
    assert pools == [2]  # a script is not run again without being asked
    assert done == {s.name: 3 * 6 for s in scenarios}


def test_scenarios_run_together_are_as_if_alone() -> None:
    """Shared people are the people that each would have, also where climates differ."""
    base = small("rotterdam", 0.1, 48, draws=3)
    crisis = dataclasses.replace(base, climate=np.full(48, -1.0))
    others = [base, small("den-haag", 0.1, 48, draws=3), crisis]
    others.append(small("rotterdam-all-recommendations", 0.1, 48, draws=3))
    assert same_people(base, others[3])
    assert not same_people(base, crisis)
    for scenario, together in zip(others, simulate_together(others), strict=True):
        assert simulate(scenario).identical(together)


PROGRAM = """
import dataclasses, hashlib, os, sys
if sys.argv[1] == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from expatsim.runs.batches import simulate
from expatsim.scenario import load
scenario = load("scenarios/rotterdam.yaml").resized(0.3, 48)
data = simulate(dataclasses.replace(scenario, draws=3))
print(hashlib.sha256(b"".join(data[v].values.tobytes() for v in sorted(data))).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux to choose a core")
def test_threads_do_not_matter() -> None:
    def digest(cores: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, cores],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=ALONE,
        ).stdout.strip()

    one = digest("1")
    assert len(one) == hashlib.sha256().digest_size * 2
    assert one == digest("all")


def test_kept_people_do_not_matter() -> None:
    """Other scenarios of the same people, other draws, then other people: all as if alone."""
    base = small("rotterdam", 0.05, 48)
    plan = small("rotterdam-all-recommendations", 0.05, 48)
    crisis = dataclasses.replace(base, climate=np.full(48, -1.0))
    kept = KeptPeople()
    for scenario, draws in ((base, 5), (plan, 5), (plan, 7), (crisis, 4), (base, 3)):
        chosen = Replicates.together(np.arange(draws))
        (found,) = simulate_together([scenario], replicates=chosen, kept=kept)
        assert found.identical(simulate(scenario, replicates=chosen))
        assert len(kept.group.people) >= draws
    assert len(kept.group.people) == 3
