"""Shapes and kinds of all arrays of a month are those that their types say."""

from __future__ import annotations

from typing import Any, NamedTuple, get_type_hints

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import jaxtyped

from expatsim.model import engine, rules
from expatsim.model.chance import MonthUniforms, run_keys
from expatsim.model.packed import unpack
from expatsim.model.rates import split
from expatsim.model.state import Flags, People, Real, State, Whole
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import small

KINDS = {"flag": Flags, "whole": Whole, "real": Real}


def wrong(values: NamedTuple | State) -> list[str]:
    """Fields that are not of their type; within ``jaxtyped`` all agree on draws and slots."""
    if isinstance(values, State):
        hints: dict[str, Any] = {s.name: KINDS[s.kind] for s in values.shapes}
    else:
        hints = get_type_hints(type(values))
    return [
        f"{name}: {hint.__name__}"
        for name, hint in hints.items()
        if hasattr(hint, "dims") and not isinstance(getattr(values, name), hint)
    ]


@pytest.fixture(scope="module")
def batch() -> engine.Batch:
    scenario = small("rotterdam", 0.05, 6)
    draws = prepare(scenario, np.arange(2))
    adults = [people_of_draw(scenario, draws, d) for d in range(2)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(2)])
    slots = max(slots_needed(len(a.id)) for a in adults)
    return assemble(adults, keys, draws.rates, slots)


def test_a_batch_is_of_its_types(batch: engine.Batch) -> None:
    with jaxtyped("context"):
        assert not wrong(batch)
        assert not wrong(batch.people)


def test_every_rule_gives_a_state_of_the_declared_types(batch: engine.Batch) -> None:
    people = People(*map(jnp.asarray, batch.people))
    state = unpack(batch.state.map(jnp.asarray))
    month = jnp.int32(0)
    uniforms = MonthUniforms((people.key1, people.key2), batch.keys, jnp.uint32(0), set())
    rates = split(jnp.asarray(batch.rates[0]), rules.ORDER)
    with jaxtyped("context"):
        assert not wrong(people)
        peers = engine.look_at_others(people, state)
        assert not wrong(peers)
        for name, rule in rules.ORDER:
            state = rule.step(state, people, peers, rates[name], uniforms, month)
            assert not wrong(state), name


def test_a_wrong_type_is_seen(batch: engine.Batch) -> None:
    """The check itself: another width, and an array that is transposed."""
    with jaxtyped("context"):
        assert wrong(batch.people._replace(head=batch.people.head.astype(np.int8)))
    with jaxtyped("context"):
        assert wrong(batch.people._replace(head_slot=batch.people.head_slot.T))
