"""Speed of the engine on prepared populations, and the parts that take its time."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from expatsim.model import engine, rules
from expatsim.model.chance import Decision, MonthUniforms, run_keys
from expatsim.model.packed import unpack
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare, size_of
from expatsim.scenario import load

ROOT = Path(__file__).parents[1]
MONTHS = 120
REPEATS = 9  # of each measurement
DECISIONS = [d for d in Decision if d < 32]


def setup(agents: int, draws: int, slots: int | None = None, first: int = 0) -> engine.Batch:
    """A batch of populations of Rotterdam over ten years.

    Parameters
    ----------
    agents : int
        Adults of each draw, about.
    draws : int
        Number of draws.
    slots : int, optional
        Slots of each draw; by default as many as its people need.
    first : int
        Replicate of the first draw.
    """
    scenario = load(ROOT / "scenarios" / "rotterdam.yaml")
    scenario = scenario.resized(agents / size_of(scenario))
    scenario = dataclasses.replace(scenario, draws=draws)
    some = prepare(scenario, np.arange(first, first + draws))
    people = [people_of_draw(scenario, some, d) for d in range(draws)]
    keys = np.stack([run_keys(scenario.seed, int(r)) for r in some.replicates.chance])
    slots = slots or slots_needed(max(len(a.id) for a in people))
    return jax.tree.map(jnp.asarray, assemble(people, keys, some.rates, slots))


def seconds(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, float]:
    """Best and median time of some work in seconds, without the first call, which compiles."""
    jax.block_until_ready(work())
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(work())
        times.append(time.perf_counter() - begin)
    return min(times), statistics.median(times)


def agent_months(run: engine.Batch, months: int = MONTHS) -> int:
    """Slots times months; slots of people who wait or have left cost as much as others."""
    return int(np.prod(run.people.key1.shape)) * months


def lived(run: engine.Batch) -> float:
    """Share of the agent-months of people in the city (spouses of respondents not counted)."""
    return float(np.asarray(engine.run_months(run).counts)[:, :, 0].sum()) / agent_months(run)


def compiled(loop: Callable[..., Any], one_core: bool) -> Callable[..., Any]:
    """A loop, compiled as the engine's is."""
    disabled = [engine.CSE, engine.SPLITTING] if one_core else [engine.CSE]
    options = {"xla_disable_hlo_passes": ",".join(disabled), **engine.WIDE}
    return jax.jit(loop, compiler_options=options)


def only_uniforms(run: engine.Batch, one_core: bool) -> Callable[[], Any]:
    """A loop that only draws the random numbers of all decisions."""

    def body(month: Any, total: Any) -> Any:
        uniforms = MonthUniforms(
            (run.people.key1, run.people.key2), run.keys, month.astype("uint32"), set()
        )
        return total + sum(uniforms(d) for d in DECISIONS)

    start = jnp.zeros(run.people.key1.shape, jnp.float32)
    loop = compiled(lambda x, stop: jax.lax.fori_loop(0, stop, body, x), one_core)
    return lambda: loop(start, np.int32(MONTHS))


def uniforms_and_memory(
    run: engine.Batch, one_core: bool, others: bool = False
) -> Callable[[], Any]:
    """A loop that draws, reads all arrays of people and state, and writes all of the state.

    Parameters
    ----------
    run : engine.Batch
        The prepared batch.
    one_core : bool
        As for :func:`expatsim.model.engine.run_months`.
    others : bool
        Whether to look at five contacts and the partner too, as the rules need.
    """
    people, state = run.people, run.state

    def body(month: Any, carry: Any) -> Any:
        uniforms = MonthUniforms(
            (people.key1, people.key2), run.keys, month.astype("uint32"), set()
        )
        total = sum(uniforms(d) for d in DECISIONS)
        fields = [f for f in people._fields if f not in ("key1", "key2", "contacts")]
        read = sum(getattr(people, f).astype("int32") for f in fields) + people.contacts.sum(axis=0)
        if others:
            seen = engine.look_at_others(people, unpack(carry))
            read = read + sum(x.astype("int32") for x in seen)
        read = jax.lax.optimization_barrier(total.astype("int32") + read)
        return carry.map(lambda x: x + read.astype(x.dtype))

    loop = compiled(lambda x, stop: jax.lax.fori_loop(0, stop, body, x), one_core)
    return lambda: loop(state, np.int32(MONTHS))


def parts(run: engine.Batch) -> list[str]:
    """Table of what takes the time of the loop, on all cores and on one as questions run it."""
    silent = run._replace(counts=run.counts[:0])
    columns = []
    for one_core in (False, True):
        whole, uncounted, alone, roof, others = (
            seconds(work)[0]
            for work in (
                lambda one_core=one_core: engine.run_months(run, one_core=one_core),
                lambda one_core=one_core: engine.run_months(silent, one_core=one_core),
                only_uniforms(run, one_core),
                uniforms_and_memory(run, one_core),
                uniforms_and_memory(run, one_core, others=True),
            )
        )
        columns.append([x / whole for x in (alone, roof, others, whole - uncounted)])
    names = (
        f"random numbers ({len(DECISIONS)} a month), drawn alone",
        "roofline: the same loop with only random numbers and memory traffic",
        "the same, and the looks at five contacts and a partner",
        "counting everybody every month",
    )
    rows = [f"| {name} | {a:.0%} | {b:.0%} |" for name, a, b in zip(names, *columns, strict=True)]
    return ["| share of the loop's time | all cores | one core |", "|---|---|---|", *rows]


def report() -> list[str]:
    """Lines for the results page."""
    lines = ["| population | best, million agent-months/s | median | lived |", "|---|---|---|---|"]
    cases = {
        "1 draw x 35,000": (35_000, 1, 1),
        "64 draws x 5,000, eight side by side": (5_000, 8, 8),
        "1 draw x 1,000,000": (1_000_000, 1, 1),
    }
    for name, (agents, draws, batches) in cases.items():
        slots = slots_needed(agents + agents // 25)  # draws differ a little in size
        runs = [setup(agents, draws, slots, first=draws * b) for b in range(batches)]
        best, median = seconds(
            lambda runs=runs: [engine.run_months(run).counts for run in runs],
            5 if agents > 100_000 else REPEATS,
        )
        n = sum(agent_months(run) for run in runs) / 1e6
        lines.append(f"| {name} | {n / best:.1f} | {n / median:.1f} | {lived(runs[0]):.0%} |")
    run = setup(35_000, 1)
    lines += [
        "",
        *parts(run),
        "",
        f"Rules in the loop: {', '.join(name for name, _ in rules.ORDER)}.",
        "",
        *slopes(),
    ]
    return lines


def engine_of(agents: int, draws: int, slots: int) -> Callable[[], Any]:
    """Work that runs the engine on a prepared population."""
    run = setup(agents, draws, slots)
    return lambda: engine.run_months(run)


def slopes() -> list[str]:
    """Line on the growth of the cost with agents, months and draws, as exponents."""

    def exponent(sizes: list[int], times: list[float]) -> float:
        return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])

    agents = [16_384, 32_768, 65_536, 131_072]
    by_agents = [seconds(engine_of(n * 9 // 10, 1, n))[0] for n in agents]
    run = setup(32_000, 1)
    months = [15, 30, 60, 120]
    by_months = [seconds(lambda m=m: engine.run_months(run, 0, m))[0] for m in months]
    draws = [4, 8, 16, 32]
    by_draws = [seconds(engine_of(4_500, n, 5_120))[0] for n in draws]
    return [
        (
            "Cost grows as a power of size (1 is linear): "
            f"agents {exponent(agents, by_agents):.2f} (16,384 to 131,072), "
            f"months {exponent(months, by_months):.2f} (15 to 120), "
            f"draws {exponent(draws, by_draws):.2f} (4 to 32 of 5,120)."
        ),
    ]
