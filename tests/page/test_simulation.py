"""The full answer is that of the command line; a simulation that nobody waits for ends."""

from __future__ import annotations

import pandas as pd
import pytest

import expatsim as xs
from expatsim.page.plan import Plan, moved
from expatsim.page.simulation import ROUGH, Simulator
from expatsim.page.worker import Superseded
from live_page import FEW, write


def plan_of(draws: int) -> Plan:
    plan = Plan.start("rotterdam", draws)
    plan = Plan.of({**plan.document, "population": dict(FEW), "years": 6})
    cost = {"move": "cost", "lever": "mentor_projects", "cost": "per_participant", "euros": 300}
    lever = {"move": "lever", "lever": "mentor_projects", "level": 0.6, "from": "2011-01"}
    return moved(moved(plan, lever), cost)


def test_the_full_answer_is_that_of_compare(tmp_path) -> None:
    """Of the files that a reader downloads: draw by draw, and what differences rest on."""
    plan, simulator = plan_of(52), Simulator()
    # another plan of the same city before it, so that baseline and people are kept
    other = moved(plan, {"move": "lever", "lever": "dutch_practice", "level": 30})
    assert len(list(simulator.answers(other))) == 3
    rough, whole, full = simulator.answers(plan)
    assert rough.dataset.sizes["draw"] == ROUGH
    command = xs.compare(write(plan, tmp_path))
    assert full.dataset.identical(command.dataset)
    assert full.prior.identical(command.prior)
    assert whole.dataset is full.dataset
    assert whole.prior is None
    for table in ("summary", "effects", "costs"):
        mine, theirs = getattr(full, table)(), getattr(command, table)()
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    assert full.provenance.keys() == command.provenance.keys()
    first = command.dataset.isel(draw=slice(ROUGH))
    assert rough.dataset["here"].equals(first["here"])
    (again,) = simulator.answers(plan)
    assert again is full


def test_a_baseline_alone_has_no_differences() -> None:
    plan = moved(plan_of(4), {"move": "lever as before", "lever": "mentor_projects"})
    (result,) = Simulator().answers(plan)
    assert [s.name for s in result.scenarios] == ["baseline"]


def test_a_simulation_that_nobody_waits_for_ends() -> None:
    plan, simulator = plan_of(40), Simulator()
    steps: list[int] = []

    def stop(done: int, of: int) -> None:
        steps.append(done)
        if done > ROUGH:
            raise Superseded

    with pytest.raises(Superseded):
        list(simulator.answers(plan, stop))
    assert max(steps) < 30
    *_, whole = simulator.answers(plan)
    assert whole.dataset.sizes["draw"] == 40
