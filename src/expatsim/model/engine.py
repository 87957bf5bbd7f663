"""The engine: months as a compiled loop over whole populations, draws side by side.

One compiled function runs months ``start`` to ``stop``; both are run-time values, so that stepping
month by month (``ExpatModel``) and running ten years execute the same machine code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, UInt32

from expatsim.errors import InputError
from expatsim.model import limits, rules
from expatsim.model.chance import MonthDraws
from expatsim.model.hazards import look_up, once
from expatsim.model.packed import Packed, repack, unpack
from expatsim.model.rates import split
from expatsim.model.state import HERE, LEFT, Array, Peers, People, State

BLOCK = 128  # slots are padded to a multiple; counts of a block fit in eight bits
# passes of the compiler that are left out. Without the first XLA keeps `once` as a fence (results
# are the same, a third slower otherwise); without the second it does not spread work over cores
CSE, SPLITTING = "cse_barrier_expander", "cpu-parallel-task-assigner"
# whole vectors where the processor has them: a tenth faster, the same bits
WIDE = {"xla_cpu_prefer_vector_width": 512}
_FIELDS = 4  # eight-bit counters in a 32-bit word


class Batch(NamedTuple):
    """A batch of draws: everything that the compiled loop needs.

    Attributes
    ----------
    people : People
    state : Packed
    rates : float32, shape (months, draws, rates)
    keys : uint32, shape (draws, 4)
        As from :func:`expatsim.model.chance.run_keys`.
    counts : int32, shape (months, draws, indicators)
    """

    people: People
    state: Packed
    rates: Float32[Array, "months draws rates"]
    keys: UInt32[Array, "draws 4"]
    counts: Int32[Array, "months draws indicators"]


def look_at_others(people: People, state: State) -> Peers:
    """What everybody sees of last month: one byte shown by each, gathered from six others."""
    here = state.status == HERE
    shown = (
        (here & state.knows_desk).astype("int32")
        | ((here & state.knows_service).astype("int32") << 1)
        | ((state.status == LEFT).astype("int32") << 2)
        | (state.wish << 3)
        | (state.employed.astype("int32") << 5)
    ).astype("uint8")
    # one word: three counts of at most five contacts, and the partner's byte
    seen = look_up(shown, people.partner_slot).astype("int32") << 12
    for slots in people.contacts:
        byte = look_up(shown, slots).astype("int32")
        seen = seen + ((byte & 1) | ((byte & 2) << 3) | ((byte & 4) << 6))
    seen = once(seen)
    return Peers(
        know_desk=seen & 15,
        know_service=(seen >> 4) & 15,
        gone=(seen >> 8) & 15,
        partner_wish=(seen >> 15) & 3,
        partner_employed=people.coupled & ((seen & (1 << 17)) > 0),
    )


def one_month(
    people: People, packed: Packed, row: Any, keys: Any, month: Any, order: rules.Order
) -> tuple[Packed, list[Any]]:
    """All rules of one month, in their order.

    The packed words are written after every rule that draws (the barrier): XLA would otherwise
    compute the same draws again for every field that depends on them.

    Returns
    -------
    Packed, list of array
        The new state, and what each rule that is not the package's did wrong; see
        :func:`expatsim.model.limits.faults`.
    """
    noted = []
    state = unpack(packed)
    peers = look_at_others(people, state)
    draws = MonthDraws((people.key1, people.key2), keys, month.astype("uint32"), set())
    rates = split(row, order)
    for name, rule in order:
        drawn = len(draws.used)
        given = (state, people, peers, rates[name], draws, month)
        own = (name, rule) not in rules.ORDER
        if own:
            after, faults = limits.watched_step(name, rule, *given)
            noted.append(faults)
        else:
            after = rule.step(*given)
        packed = repack(after, state, packed)
        if own or len(draws.used) > drawn:
            packed = once(packed)
            state = unpack(packed)
        else:
            state = after
    return packed, noted


def marks(
    people: People, state: State, month: Any, order: rules.Order = rules.ORDER
) -> dict[str, Any]:
    """Who is counted by every indicator, bool, shape (draws, slots)."""
    here = (state.status == HERE) & people.counted
    return {
        name: (people.counted if x.event else here) & x.of(state, people, month)
        for name, x in rules.indicators(order).items()
    }


def count(people: People, state: State, month: Any, order: rules.Order) -> Any:
    """Number of people for every indicator, int32, shape (draws, indicators).

    Four indicators share a 32-bit word, eight bits each, while a block of 128 people is added up.
    """
    bits = [x.astype("uint32") for x in marks(people, state, month, order).values()]
    draws, slots = bits[0].shape
    sums = []
    for k in range(0, len(bits), _FIELDS):
        word = bits[k]
        for j, bit in enumerate(bits[k + 1 : k + _FIELDS], start=1):
            word = word | (bit << np.uint32(8 * j))
        blocks = word.reshape(draws, BLOCK, slots // BLOCK).sum(axis=1, dtype="uint32")
        for j in range(len(bits[k : k + _FIELDS])):
            field = (blocks >> np.uint32(8 * j)) & np.uint32(0xFF)
            sums.append(field.sum(axis=1, dtype="int32"))
    return jnp.stack(sums, axis=1)


def _advance(
    people: People,
    state: Packed,
    rates: Any,
    keys: Any,
    counts: Any,
    start: Any,
    stop: Any,
    noted: tuple[Any, ...],
    order: rules.Order,
) -> tuple[Packed, Any, tuple[Any, ...]]:
    """Run the months ``start`` to ``stop - 1``.

    Parameters
    ----------
    people, state, rates, keys, counts
        As in :class:`Batch`; ``state`` and ``counts`` are consumed.
    start, stop : int
        Run-time values: no recompilation.
    noted : tuple of array of int32, shape (2, faults)
        For each rule that is not the package's, and each fault: the first month in which it
        occurred, and a value. Empty without such rules: they cost those who have none nothing.
    order : sequence of (str, rule)
        Compiled for each.

    Returns
    -------
    Packed, counts, noted
    """

    def body(month: Any, carry: tuple[Packed, Any, Any]) -> tuple[Packed, Any, Any]:
        state, counts, noted = carry
        row = jax.lax.dynamic_index_in_dim(rates, month, keepdims=False)
        state, faults = one_month(people, state, row, keys, month, order)
        counted = count(people, unpack(state), month, order)
        counts = jax.lax.dynamic_update_index_in_dim(counts, counted, month, 0)
        noted = tuple(_first(old, new, month) for old, new in zip(noted, faults, strict=True))
        return state, counts, noted

    return jax.lax.fori_loop(start, stop, body, (state, counts, noted))


def _first(noted: Any, faults: Any, month: Any) -> Any:
    """What was noted so far, and the month and value of faults that occur for the first time."""
    fresh = (noted[0] == limits.NEVER) & (faults[0] > 0)
    return jnp.where(fresh, jnp.stack([jnp.full_like(noted[0], month), faults[1]]), noted)


def _kind_of_processor() -> str:
    try:
        return jax.default_backend()
    except (RuntimeError, AssertionError) as error:  # the latter without a word
        chosen = os.environ.get("JAX_PLATFORMS", "")
        raise InputError(
            f"JAX finds no processor of the kind that is asked for (JAX_PLATFORMS={chosen}): "
            "leave the setting out, or say cpu"
        ) from error


def _compiled(*disabled: str) -> Any:
    options: dict[str, Any] = {"xla_disable_hlo_passes": ",".join(disabled), **WIDE}
    return jax.jit(
        _advance,
        donate_argnums=(1, 4),
        static_argnames="order",
        compiler_options=options if _kind_of_processor() == "cpu" else None,
    )


# one batch on all cores; and one on the core of the calling thread, for several at once, which
# wastes no time on handing out work. The same bits.
advance = _compiled(CSE)
advance_on_one_core = _compiled(CSE, SPLITTING)


@contextmanager
def _own_settings() -> Iterator[None]:
    """Whatever the settings of JAX that others chose: how we compile is part of the results."""
    with (
        jax.disable_jit(False),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        yield


def run(
    setup: Batch,
    start: int = 0,
    stop: int | None = None,
    *,
    one_core: bool = False,
    order: rules.Order = rules.ORDER,
) -> Batch:
    """Run a prepared batch of draws; ``setup`` is left as it was.

    Parameters
    ----------
    setup : Batch
    start, stop : int
        First month and month after the last; all months by default.
    one_core : bool
        Keep to the core of the calling thread, for callers that run batches side by side.
    order : sequence of (str, rule)
        Rules of a month; ``setup.rates`` must be laid out for them.

    Returns
    -------
    Batch
        With the new state and counts.

    Raises
    ------
    InputError
        If a rule that is not the package's did what no rule may; see :mod:`expatsim.model.limits`.
    """
    months = setup.rates.shape[0]
    own = [name for name, rule in order if (name, rule) not in rules.ORDER]
    faults = len(limits.faults_of(setup.state.shapes))
    nothing = np.stack([np.full(faults, x, np.int32) for x in (limits.NEVER, 0)])
    with _own_settings():
        fresh = setup.state.each(jnp.array)
        state, counts, noted = (advance_on_one_core if one_core else advance)(
            setup.people,
            fresh,
            setup.rates,
            setup.keys,
            jnp.array(setup.counts),
            np.int32(start),
            np.int32(months if stop is None else stop),
            tuple(nothing for _ in own),
            order=order,
        )
    if own:
        limits.tell(own, np.stack([np.asarray(x) for x in noted]), state.shapes)
    return setup._replace(state=state, counts=counts)


def empty_counts(months: int, draws: int, order: rules.Order = rules.ORDER) -> np.ndarray:
    """Zero counts, int32, shape (months, draws, indicators)."""
    return np.zeros((months, draws, len(rules.indicators(order))), np.int32)
