"""Runs of a batch in windows of months, each with only those who are here or come in it.

Most slots of a long projection belong to people who have left or have not come yet. The lives are
those of :func:`expatsim.model.engine.run_months`, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise

import numpy as np

from expatsim.model import engine, rules
from expatsim.model.packed import Packed, nobody, status
from expatsim.model.state import HERE, LEFT, OPEN, WAITING, People
from expatsim.runs.layout import slots_needed

WINDOW = 30  # months; shorter windows leave out more people, and rearrange them more often
# factor on the slots, for draws and later windows with more people: a new size takes a second to
# compile, a tenth more slots a few milliseconds a draw
MARGIN = 1.3
# status of two dummies: contacts outside the window point at one who has left or one who has not
# come
OTHERS = (LEFT, WAITING)
_SLOTS = ("partner_slot", "head_slot", "contacts")


def run_windows(
    setup: engine.Batch, size: int = 0, order: rules.Order = rules.ORDER
) -> tuple[engine.Batch, int]:
    """Return a batch after all its months, and the slots of a window.

    Parameters
    ----------
    setup : engine.Batch
        On the host, as from :func:`expatsim.runs.layout.assemble`.
    size : int
        Slots of a window in an earlier batch; zero if there was none.
    order : sequence of (str, rule)
        As for :func:`expatsim.model.engine.run_months`.

    Returns
    -------
    engine.Batch, int
        The batch with its new state and counts, on the host; the slots of a window, more than
        ``size`` if there were more people.
    """
    months = setup.rates.shape[0]
    largest = size

    def slots_for(people: int) -> int:
        nonlocal largest
        if people > largest:
            largest = slots_needed(int(MARGIN * people))
        return largest

    edges = [*range(0, months, WINDOW), months]
    (end,) = through(setup, edges, (months,), slots_for, order)
    return end, largest


def through(
    setup: engine.Batch,
    edges: Sequence[int],
    looks: Collection[int],
    slots_for: Callable[[int], int] = slots_needed,
    order: rules.Order = rules.ORDER,
) -> Iterator[engine.Batch]:
    """Yield a batch, on the host, as it is before each of some months.

    Parameters
    ----------
    setup : engine.Batch
        On the host, as from :func:`expatsim.runs.layout.assemble`.
    edges : sequence of int
        First months of the windows in rising order, then the month after the last.
    looks : collection of int
        Months before which the batch is yielded; they lie after the first of ``edges``.
    slots_for : callable
        From the most people of a draw in a window to the slots of the window.
    order : sequence of (str, rule)
        As for :func:`expatsim.model.engine.run_months`.
    """
    state = setup.state.map(np.array)
    counts = np.array(setup.counts)
    for start, stop in pairwise(edges):
        rows = _kept(setup.people, status(state), start, stop)
        size = slots_for(max(map(len, rows)) + len(OTHERS))
        people, inside = _gathered(setup.people, state, rows, size, order)
        window = setup._replace(people=people, state=inside)
        for now, end in pairwise([start, *(m for m in sorted(looks) if start < m < stop), stop]):
            window = engine.run_months(window, now, end, one_core=True, order=order)
            for outer, inner in zip(state, window.state, strict=True):
                columns = np.asarray(inner)
                for d, row in enumerate(rows):
                    outer[d, row] = columns[d, : len(row)]
            counts[now:end] = np.asarray(window.counts)[now:end]
            if end in looks:
                yield setup._replace(state=state.map(np.copy), counts=counts.copy())


def _kept(people: People, status: np.ndarray, start: int, stop: int) -> list[np.ndarray]:
    """Return the slots of each draw that are needed in a window."""
    comes = (people.arrival_month >= start) & (people.arrival_month < stop)
    keep = (status == HERE) | ((status == WAITING) & comes)
    return [np.flatnonzero(row) for row in keep]


def _gathered(
    people: People, state: Packed, rows: list[np.ndarray], size: int, order: rules.Order
) -> tuple[People, Packed]:
    """Return the kept slots of every draw, then the two dummies, then empty slots."""
    draws, slots = people.head.shape
    own = np.arange(draws * size, dtype=np.int32).reshape(draws, size)
    columns = people._asdict()
    fields = {
        name: np.empty((*column.shape[:-1], size), column.dtype) for name, column in columns.items()
    }
    inside = state.map(lambda x: np.empty((draws, size), x.dtype))
    left = status(state) == LEFT
    others = [nobody(x, order) for x in OTHERS]
    for d, row in enumerate(rows):
        n = len(row)
        place = np.where(left[d], np.int32(n), np.int32(n + 1))
        place[row] = np.arange(n, dtype=np.int32)
        place += np.int32(d * size)
        for name, column in columns.items():
            some = fields[name][..., d, :]
            if name in _SLOTS:
                some[..., :n] = place[column[..., d, :].take(row, axis=-1) - np.int32(d * slots)]
                some[..., n:] = own[d, n:]
            else:
                column[d].take(row, out=some[:n], mode="clip")
                some[n:] = OPEN if name == "arrival_month" else 0
        for column, word, *other in zip(state, inside, *others, strict=True):
            column[d].take(row, out=word[d, :n], mode="clip")
            word[d, n:] = other[-1]
            word[d, n : n + len(OTHERS)] = other
    return People(**fields), inside
