"""The engine: months as a compiled loop over whole populations, draws side by side.

One compiled function runs the months ``start`` to ``stop - 1``; both are run-time values, so that
stepping month by month (``ExpatModel``) and running ten years execute the same machine code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, UInt32

from expatsim.model import limits, rules
from expatsim.model.chance import MonthUniforms
from expatsim.model.compiled import keep_compiled
from expatsim.model.hazards import look_up, once
from expatsim.model.packed import Packed, repack, unpack
from expatsim.model.rates import split
from expatsim.model.state import HERE, LEFT, Array, Peers, People, State
from expatsim.processor import kind_of_processor

BLOCK = 128  # slots are padded to a multiple; counts of a block fit in eight bits
# Passes of XLA's compiler that we leave out:
CSE = "cse_barrier_expander"  # would remove the fences of `once`: same results, a third slower
SPLITTING = "cpu-parallel-task-assigner"  # would spread the work of one batch over the cores
# 512-bit vectors where the processor has them: a tenth faster, the same bits
WIDE = {"xla_cpu_prefer_vector_width": 512}
_FIELDS = 4  # eight-bit counters in a 32-bit word


class Batch(NamedTuple):
    """A batch of draws: everything that the compiled loop needs.

    Attributes
    ----------
    people : People
        Fixed attributes, shape (draws, slots); slots are a multiple of ``BLOCK``.
    state : Packed
        State at the end of the last month that was run, shape (draws, slots).
    rates : float32, shape (months, draws, rates)
        Monthly rates, as from :func:`expatsim.model.rates.stack`.
    keys : uint32, shape (draws, 4)
        As from :func:`expatsim.model.chance.run_keys`.
    counts : int32, shape (months, draws, indicators)
        People by indicator at the end of every month; zero in months that were not run. With no
        months at all nobody is counted, which takes less time: the calibration looks at people.
    """

    people: People
    state: Packed
    rates: Float32[Array, "months draws rates"]
    keys: UInt32[Array, "draws 4"]
    counts: Int32[Array, "months draws indicators"]


def look_at_others(people: People, state: State) -> Peers:
    """Other people as a person sees them: counts over five contacts, and the partner, last month.

    Every person shows one byte; those of six others are gathered and summed in one 32-bit word.
    """
    here = state.status == HERE
    shown = (
        (here & state.knows_desk).astype("int32")
        | ((here & state.knows_service).astype("int32") << 1)
        | ((state.status == LEFT).astype("int32") << 2)
        | (state.wish << 3)
        | (state.employed.astype("int32") << 5)
    ).astype("uint8")
    # bits 0 to 11: three counts of at most five contacts, four bits each; from 12: partner's byte
    word = look_up(shown, people.partner_slot).astype("int32") << 12
    for slots in people.contacts:
        byte = look_up(shown, slots).astype("int32")
        word = word + ((byte & 1) | ((byte & 2) << 3) | ((byte & 4) << 6))
    word = once(word)
    return Peers(
        know_desk=word & 15,
        know_service=(word >> 4) & 15,
        gone=(word >> 8) & 15,
        partner_wish=(word >> 15) & 3,
        partner_employed=people.coupled & ((word & (1 << 17)) > 0),
    )


def one_month(
    people: People, packed: Packed, row: Array, keys: Array, month: Array, order: rules.Order
) -> tuple[Packed, list[Array]]:
    """The state after one month: all rules applied in their order.

    The packed words are written after every rule that takes uniforms (the barrier): XLA would
    otherwise compute the same uniforms again for every field that depends on them.

    Returns
    -------
    Packed, list of array
        The new state, and the faults of each rule that is not the package's, as from
        :func:`expatsim.model.limits.faults`.
    """
    faults_by_rule = []
    state = unpack(packed)
    peers = look_at_others(people, state)
    uniforms = MonthUniforms((people.key1, people.key2), keys, month.astype("uint32"), set())
    rates = split(row, order)
    for name, rule in order:
        before = len(uniforms.used)
        rates_now = rates[name]
        own = (name, rule) not in rules.ORDER
        if own:
            after, faults = limits.checked_step(
                name, rule, state, people, peers, rates_now, uniforms, month
            )
            faults_by_rule.append(faults)
        else:
            after = rule.step(state, people, peers, rates_now, uniforms, month)
        packed = repack(after, state, packed)
        if own or len(uniforms.used) > before:
            packed = once(packed)
            state = unpack(packed)
        else:
            state = after
    return packed, faults_by_rule


def marks(
    people: People, state: State, month: Array, order: rules.Order = rules.ORDER
) -> dict[str, Array]:
    """Whether a person is counted, by indicator: bool, shape (draws, slots)."""
    here = (state.status == HERE) & people.counted
    marked = {}
    for name, x in rules.indicators(order).items():
        own = name not in rules.indicators()
        with limits.own_code(f"indicator {name}", x.of) if own else nullcontext():
            marked[name] = (people.counted if x.event else here) & x.of(state, people, month)
    return marked


def count(people: People, state: State, month: Array, order: rules.Order) -> Array:
    """Number of people for every indicator, int32, shape (draws, indicators).

    Four indicators share a 32-bit word, eight bits each, while a block of 128 people is added up.
    """
    bits = [x.astype("uint32") for x in marks(people, state, month, order).values()]
    draws, slots = bits[0].shape
    blocks = []
    for k in range(0, len(bits), _FIELDS):
        word = bits[k]
        for j, bit in enumerate(bits[k + 1 : k + _FIELDS], start=1):
            word = word | (bit << np.uint32(8 * j))
        blocks.append(word.reshape(draws, BLOCK, slots // BLOCK).sum(axis=1, dtype="uint32"))
    together = once(jnp.stack(blocks, axis=1))
    fields = [(together >> np.uint32(8 * j)) & np.uint32(0xFF) for j in range(_FIELDS)]
    sums = jnp.stack(fields, axis=2).sum(axis=3, dtype="int32")
    return sums.reshape(draws, -1)[:, : len(bits)]


def through_months(
    people: People,
    state: Packed,
    rates: Array,
    keys: Array,
    counts: Array,
    start: Array,
    stop: Array,
    first_faults: tuple[Array, ...],
    order: rules.Order,
) -> tuple[Packed, Array, tuple[Array, ...]]:
    """State and counts after the months ``start`` to ``stop - 1``.

    Parameters
    ----------
    people, state, rates, keys, counts
        As of :class:`Batch`; ``state`` and ``counts`` are consumed.
    start, stop : int
        Run-time values: no recompilation.
    first_faults : tuple of array of int32, shape (2, faults)
        For each rule that is not the package's, and each fault: the first month in which it
        occurred, and a value. Empty without such rules, which then cost nothing.
    order : sequence of (str, rule)
        Rules of a month; a compile-time value.

    Returns
    -------
    Packed, counts, first_faults
    """

    def body(month: Array, carry: tuple[Packed, Array, Array]) -> tuple[Packed, Array, Array]:
        state, counts, first_faults = carry
        row = jax.lax.dynamic_index_in_dim(rates, month, keepdims=False)
        state, faults = one_month(people, state, row, keys, month, order)
        if counts.shape[0]:
            people_by_indicator = count(people, unpack(state), month, order)
            counts = jax.lax.dynamic_update_index_in_dim(counts, people_by_indicator, month, 0)
        pairs = zip(first_faults, faults, strict=True)
        return state, counts, tuple(_first(old, new, month) for old, new in pairs)

    return jax.lax.fori_loop(start, stop, body, (state, counts, first_faults))


def _first(first_faults: Array, faults: Array, month: Array) -> Array:
    """First months and values of all faults up to this month, int32, shape (2, faults)."""
    fresh = (first_faults[0] == limits.NEVER) & (faults[0] > 0)
    now = jnp.stack([jnp.full_like(first_faults[0], month), faults[1]])
    return jnp.where(fresh, now, first_faults)


def compiled(function: Callable[..., Any], *, static: Sequence[str], one_core: bool) -> Any:
    """A function compiled as the loop is, which may write over its ``state`` and ``counts``.

    Parameters
    ----------
    function : callable
        With parameters named so.
    static : sequence of str
        Names of parameters whose values are compiled in.
    one_core : bool
        Whether to keep to the core of the calling thread: faster where several batches run side by
        side, since no work is handed out. Both give the same bits.
    """
    disabled = [CSE, SPLITTING] if one_core else [CSE]
    options: dict[str, Any] = {"xla_disable_hlo_passes": ",".join(disabled), **WIDE}
    return jax.jit(
        function,
        donate_argnames=("state", "counts"),
        static_argnames=tuple(static),
        compiler_options=options if kind_of_processor() == "cpu" else None,
    )


keep_compiled()
advance = compiled(through_months, static=["order"], one_core=False)
advance_on_one_core = compiled(through_months, static=["order"], one_core=True)


@contextmanager
def _own_settings() -> Iterator[None]:
    """Context with our own settings of JAX, since how we compile is part of the results."""
    with (
        jax.disable_jit(False),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
    ):
        yield


def _to_consume(x: Array) -> Array:
    """An array that the compiled loop may write over; what comes from the host it copies itself."""
    return x if isinstance(x, np.ndarray) else jnp.array(x)


def run_months(
    setup: Batch,
    start: int = 0,
    stop: int | None = None,
    *,
    one_core: bool = False,
    order: rules.Order = rules.ORDER,
) -> Batch:
    """A batch after some months have been run; ``setup`` is left as it was.

    Parameters
    ----------
    setup : Batch
        The prepared batch, or one that was run up to ``start``.
    start, stop : int
        First month and month after the last; all months by default.
    one_core : bool
        Keep to the core of the calling thread, for callers that run batches side by side.
    order : sequence of (str, rule)
        Rules of a month; ``setup.rates`` must be laid out for them.

    Returns
    -------
    Batch
        The same, with the new state and counts.

    Raises
    ------
    InputError
        If a rule that is not the package's breaks a limit of :mod:`expatsim.model.limits`.
    """
    end = np.int32(setup.rates.shape[0] if stop is None else stop)
    loop = advance_on_one_core if one_core else advance

    def months(state: Packed, counts: Array, faults: tuple[Array, ...]) -> Any:
        batch = setup.people, state, setup.rates, setup.keys, counts
        return loop(*batch, np.int32(start), end, faults, order=order)

    return run(setup, months, order)


def run(
    setup: Batch, loop: Callable[..., tuple[Packed, Array, tuple[Array, ...]]], order: rules.Order
) -> Batch:
    """A batch after a compiled loop; ``setup`` is left as it was.

    Parameters
    ----------
    setup : Batch
        The batch as it is before.
    loop : callable
        From state, counts and first faults to those after the loop; it may write over the former.
    order : sequence of (str, rule)
        As for :func:`run_months`.

    Returns
    -------
    Batch

    Raises
    ------
    InputError
        As :func:`run_months`.
    """
    own = [name for name, rule in order if (name, rule) not in rules.ORDER]
    faults = len(limits.faults_of(setup.state.shapes))
    no_faults = np.stack([np.full(faults, x, np.int32) for x in (limits.NEVER, 0)])
    with _own_settings():
        state, counts, first_faults = loop(
            setup.state.map(_to_consume), _to_consume(setup.counts), tuple(no_faults for _ in own)
        )
    if own:
        limits.raise_first_faults(own, np.stack([*map(np.asarray, first_faults)]), state.shapes)
    return setup._replace(state=state, counts=counts)


def empty_counts(months: int, draws: int, order: rules.Order = rules.ORDER) -> np.ndarray:
    """Zero counts, int32, shape (months, draws, indicators)."""
    return np.zeros((months, draws, len(rules.indicators(order))), np.int32)
