"""Runs of a batch in windows of months, each with only those who are here or come in it.

Most slots of a long projection belong to people who have left or have not come yet. A window has a
fixed number of slots and lasts as long as those who come find room; then those who have left are
put back, and the next one begins. The lives are those of
:func:`expatsim.model.engine.run_months`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int32

from expatsim.model import engine, rules
from expatsim.model.hazards import look_up, once
from expatsim.model.packed import Packed, nobody, status
from expatsim.model.state import HERE, LEFT, OPEN, WAITING, Array, People
from expatsim.runs.layout import slots_needed

# The first batch of a question has room in its windows for those of its first months and a margin:
# with more slots, every month takes longer; with fewer, windows are shorter, and there are more
FIRST_MONTHS, MARGIN = 20, 1.2
# status of two dummies: contacts outside the window point at one who has left or one who has not
# come
OTHERS = (LEFT, WAITING)
_SLOTS = ("partner_slot", "head_slot")
PERIOD = 60  # months for which rates have room are a multiple: few lengths are compiled


class Window(NamedTuple):
    """Who is in a window, and where.

    Attributes
    ----------
    inside : bool, shape (draws, slots)
        Whether a person is in the window.
    place : int32, shape (draws, slots)
        Flattened slot in the window; of those who are not in it, that of the dummy like them.
    rows : int32, shape (draws, slots of the window)
        Flattened slot outside of who is in each slot.
    people : int32, shape (draws, 1)
        Number of people; the dummies have the two slots that follow.
    """

    inside: Bool[Array, "draws slots"]
    place: Int32[Array, "draws slots"]
    rows: Int32[Array, "draws size"]
    people: Int32[Array, "draws 1"]


def run_windows(
    setup: engine.Batch, size: int = 0, order: rules.Order = rules.ORDER, largest: float = 1.0
) -> tuple[engine.Batch, int]:
    """Return a batch after all its months, and the slots of a window.

    Parameters
    ----------
    setup : engine.Batch
        As from :func:`expatsim.runs.layout.assemble`.
    size : int
        Slots of a window in an earlier batch; zero if there was none.
    order : sequence of (str, rule)
        As for :func:`expatsim.model.engine.run_months`.
    largest : float
        People of the largest draw, relative to those of the largest draw of this batch: a first
        ``size`` has room for them, too.

    Returns
    -------
    engine.Batch, int
        The batch with its new state and counts, on the host; the slots of a window, more than
        ``size`` if there were more people.
    """
    months = setup.rates.shape[0]
    everybody = setup.people.head.shape[1] + len(OTHERS)

    def slots_for(people: int) -> int:
        return slots_needed(min(int(MARGIN * people), everybody))

    size = size or slots_for(int(largest * _room(setup, 0, min(FIRST_MONTHS, months))))
    while True:
        end, needed = _advance(setup, 0, months, size, order)
        if needed <= size:
            return _on_host(end), size
        size = slots_for(needed)


def through(
    setup: engine.Batch, edges: Sequence[int], looks: Collection[int]
) -> Iterator[engine.Batch]:
    """Yield a batch, on the host, as it is before each of some months.

    Parameters
    ----------
    setup : engine.Batch
        As from :func:`expatsim.runs.layout.assemble`.
    edges : sequence of int
        Months in rising order, from the first to that after the last, between which windows have
        the same slots: as many as all need who are here or come.
    looks : collection of int
        Months before which the batch is yielded; they lie after the first of ``edges``.
    """
    now = setup
    for start, stop in pairwise(edges):
        size = slots_needed(_room(now, start, stop))
        for begin, end in pairwise([start, *(m for m in sorted(looks) if start < m < stop), stop]):
            now = _on_host(_advance(now, begin, end, size, rules.ORDER)[0])
            if end in looks:
                yield now


def _room(setup: engine.Batch, start: int, stop: int) -> int:
    """Return the slots that a draw needs for all who are here or come in some months."""
    now, arrival = status(setup.state.map(np.asarray)), np.asarray(setup.people.arrival_month)
    comes = (now == WAITING) & (arrival >= start) & (arrival < stop)
    return int(((now == HERE) | comes).sum(axis=1).max()) + len(OTHERS)


def _on_host(batch: engine.Batch) -> engine.Batch:
    return batch._replace(state=batch.state.map(np.asarray), counts=np.asarray(batch.counts))


def _advance(
    setup: engine.Batch, start: int, stop: int, size: int, order: rules.Order
) -> tuple[engine.Batch, int]:
    """Return a batch after some months, and the slots that its windows needed.

    If these are more than ``size``, the batch is not to be used.
    """
    needed = 0
    room = -len(setup.rates) % PERIOD
    padded = setup._replace(rates=_longer(setup.rates, room))
    if len(setup.counts):
        padded = padded._replace(counts=_longer(setup.counts, room))

    def months(state: Packed, counts: Array, faults: tuple[Array, ...]) -> Any:
        nonlocal needed
        batch = padded.people, state, padded.rates, padded.keys, counts
        ends = np.int32(start), np.int32(stop)
        *end, found, most = _loop(*batch, *ends, faults, size=size, order=order)
        needed = int(most)
        return *end, found if needed <= size else faults

    end = engine.run(padded, months, order)
    counts = np.asarray(end.counts)[: len(setup.counts)]
    return end._replace(rates=setup.rates, counts=counts), needed


def _longer(by_month: np.ndarray, months: int) -> np.ndarray:
    """An array with room for some months more, in which nobody lives."""
    return np.pad(by_month, [(0, months), (0, 0), (0, 0)])


def _through_months(
    people: People,
    state: Packed,
    rates: Array,
    keys: Array,
    counts: Array,
    start: Array,
    stop: Array,
    first_faults: tuple[Array, ...],
    size: int,
    order: rules.Order,
) -> tuple[Packed, Array, tuple[Array, ...], Array]:
    """As :func:`expatsim.model.engine.through_months`, in windows; and the slots they needed."""
    came = _came_before(people, rates.shape[0])

    def one_window(carry: Any) -> Any:
        month, state, counts, faults, needed = carry
        window, stop_here, people_in_it = _window(people, state, came, month, stop, size)
        some, inside = _taken(people, state, window, size, order)
        inside, counts, faults = engine.through_months(
            some, inside, rates, keys, counts, month, stop_here, faults, order
        )
        state = _put_back(state, inside, window)
        return stop_here, state, counts, faults, jnp.maximum(needed, people_in_it + len(OTHERS))

    def more(carry: Any) -> Array:
        month, *_, needed = carry
        return (month < stop) & (needed <= size)

    first = (start, state, counts, first_faults, np.int32(0))
    _, *end = jax.lax.while_loop(more, one_window, first)
    return tuple(end)


def _came_before(people: People, months: int) -> Array:
    """People who come before each month, int32, shape (draws, months + 1)."""
    arrival = people.arrival_month.astype("int32")
    draws = jnp.arange(arrival.shape[0])[:, None]
    bins = jnp.where((arrival >= 0) & (arrival < months), arrival + 1, months + 1)
    number = jnp.zeros((arrival.shape[0], months + 2), "int32").at[draws, bins].add(1)
    return jnp.cumsum(number[:, :-1], axis=1)


def _window(
    people: People, state: Packed, came: Array, month: Array, stop: Array, size: int
) -> tuple[Window, Array, Array]:
    """The window that begins with a month, the month after its last, and the most people in it."""
    now = status(state)
    here = (now == HERE).sum(axis=1, dtype="int32")
    at_end = here[:, None] + came - came[:, month][:, None]
    fits = (at_end <= size - len(OTHERS)).all(axis=0)  # for each month after the last
    last = jnp.clip(fits.sum(dtype="int32") - 1, month + 1, stop)
    arrival = people.arrival_month
    inside = (now == HERE) | ((now == WAITING) & (arrival >= month) & (arrival < last))
    ordinal = jnp.cumsum(inside, axis=1, dtype="int32")
    number = ordinal[:, -1:]
    draws, slots = inside.shape
    dummy = number + jnp.where(now == LEFT, np.int32(0), np.int32(1))
    offset = jnp.arange(draws, dtype="int32")[:, None] * np.int32(size)
    place = once(offset + jnp.where(inside, ordinal - 1, dummy))
    own = jnp.arange(draws * slots, dtype="int32")
    rows = jnp.zeros(draws * size, "int32")
    outside = np.int32(draws * size)  # is dropped
    rows = rows.at[jnp.where(inside, place, outside).reshape(-1)].set(own, mode="drop")
    window = Window(inside, place, once(rows.reshape(draws, size)), number)
    return window, last, at_end[:, last].max()


def _taken(
    people: People, state: Packed, window: Window, size: int, order: rules.Order
) -> tuple[People, Packed]:
    """People and state of a window: those in it, then the two dummies, then empty slots."""
    draws = window.rows.shape[0]
    slot = jnp.arange(size, dtype="int32")[None]
    own = jnp.arange(draws * size, dtype="int32").reshape(draws, size)
    filled = slot < window.people

    def taken(x: Array, empty: Any) -> Array:
        return jnp.where(filled, look_up(x, window.rows), empty)

    def slots_of(x: Array) -> Array:
        return jnp.where(filled, look_up(window.place, look_up(x, window.rows)), own)

    fields = people._asdict()
    contacts = jnp.stack([slots_of(x) for x in fields.pop("contacts")])
    columns = {
        name: slots_of(x)
        if name in _SLOTS
        else taken(x, x.dtype.type(OPEN if name == "arrival_month" else 0))
        for name, x in fields.items()
    }
    left, waiting = (nobody(x, order) for x in OTHERS)
    empty = [jnp.where(slot == window.people, a, b) for a, b in zip(left, waiting, strict=True)]
    inside = type(state)(*(taken(x, e) for x, e in zip(state, empty, strict=True)))
    return People(contacts=contacts, **columns), inside


def _put_back(state: Packed, inside: Packed, window: Window) -> Packed:
    """The state of everybody after a window."""
    pairs = zip(state, inside, strict=True)
    return type(state)(*(jnp.where(window.inside, look_up(y, window.place), x) for x, y in pairs))


_loop = engine.compiled(_through_months, static=["size", "order"], one_core=True)
