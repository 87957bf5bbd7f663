"""What several tests need: small scenarios, and one draw run by the engine or by plain Mesa."""

from __future__ import annotations

import dataclasses
import io
import os
from pathlib import Path

import numpy as np
from reference.plain_mesa import PlainExpats
from rich.console import Console

from expatsim.calibration.settings import Households, Settings
from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.packed import unpack
from expatsim.model.rates import city_quality
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario import Scenario, load

ROOT = Path(__file__).parents[1]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
# environment of a process that leaves nothing compiled to others (see conftest.py): how it compiles
# is what is tested, or it is killed, or its files may not grow and would be cut
ALONE = {
    **os.environ,
    "JAX_ENABLE_COMPILATION_CACHE": "false",
    "PYTHONDONTWRITEBYTECODE": "1",
}
# a whole calibration in seconds
QUICK = Settings(
    households=Households(rotterdam=400, den_haag=200),
    pilot=200,
    luck=16,
    walkers=2,
    tune=24,
    burn=4,
    steps=50,
    draws=50,
)


def small(name: str, people: float = 0.1, months: int = 120, **settings: object) -> Scenario:
    """A shipped scenario with a tenth of its people."""
    scenario = load(ROOT / "scenarios" / f"{name}.yaml").resized(people, months)
    return dataclasses.replace(scenario, **settings)


def printed(thing: object, columns: int = 200, **settings: bool) -> str:
    """What Rich prints of a table in a terminal of so many columns."""
    console = Console(file=io.StringIO(), width=columns, **settings)
    console.print(thing)
    return console.file.getvalue()


def lives(scenario: Scenario, replicate: int = 0, adults=None):
    """Run one draw; the population and everybody's state at the end."""
    draws = prepare(scenario, np.array([replicate]))
    adults = adults or people_of_draw(scenario, draws, 0)
    keys = run_keys(scenario.seed, replicate)[None]
    run = engine.run_months(assemble([adults], keys, draws.rates, slots_needed(len(adults.id))))
    state = unpack(run.state.of_draw(0, len(adults.id)))
    return adults, state, np.asarray(run.counts)[:, 0]


def plain_lives(scenario: Scenario, replicate: int = 0) -> PlainExpats:
    """The same draw in the plain Mesa model."""
    draws = prepare(scenario, np.array([replicate]))
    model = PlainExpats(
        people_of_draw(scenario, draws, 0),
        run_keys(scenario.seed, replicate),
        {k: float(v[0]) for k, v in draws.parameters.items()},
        {k: np.broadcast_to(v, (scenario.months, 1))[:, 0] for k, v in draws.policy.items()},
        scenario.climate,
        city_quality(scenario.city),
    )
    for _ in range(scenario.months):
        model.step()
    return model
