"""Speed of the engine and of the plain Mesa model with the same rules, on the same people."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.engine import ROOT, agent_months, seconds, setup
from expatsim.model import engine


def report() -> list[str]:
    """Lines for the results page: agent-months a second of both, and their ratio."""
    from reference.plain_mesa import PlainExpats

    from expatsim.model.chance import run_keys
    from expatsim.model.rates import city_quality
    from expatsim.runs.prepare import people_of_draw, prepare
    from expatsim.scenario import load

    scenario = load(ROOT / "scenarios" / "rotterdam.yaml").resized(0.2, 60)
    draws = prepare(scenario, np.arange(1))
    adults = people_of_draw(scenario, draws, 0)
    plain = PlainExpats(
        adults,
        run_keys(scenario.seed, 0),
        {k: float(v[0]) for k, v in draws.parameters.items()},
        {k: np.broadcast_to(v, (scenario.months, 1))[:, 0] for k, v in draws.policy.items()},
        scenario.climate,
        city_quality(scenario.city),
    )
    begin = time.perf_counter()
    for _ in range(scenario.months):
        plain.step()
    mesa_speed = len(adults.id) * scenario.months / (time.perf_counter() - begin)
    run = setup(35_000, 1)
    ours = agent_months(run) / seconds(lambda: engine.run_months(run))[0]
    return [
        (
            f"Plain Mesa ({len(adults.id):,} adults, {scenario.months} months): "
            f"{mesa_speed / 1e6:.3f} million agent-months/s."
        ),
        f"Engine (35,000): {ours / 1e6:.1f} million. Ratio: {ours / mesa_speed:.0f}.",
    ]
