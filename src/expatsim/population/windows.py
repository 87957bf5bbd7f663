"""Run a batch in windows of months, each with only those who are here or come in it.

Most slots of a long projection belong to people who have left or have not come yet. The same lives
as :func:`expatsim.engine.run` gives, bit for bit.
"""

from __future__ import annotations

import numpy as np

from expatsim import engine
from expatsim.packing import Packed
from expatsim.population.layout import slots_needed
from expatsim.state import HERE, LEFT, OPEN, WAITING, People

WINDOW = 30  # months; shorter ones leave more out and rearrange more often
# two slots stand for all others: somebody who has left, and somebody who has not come
OTHERS = (LEFT, WAITING)
_SLOTS = ("partner_slot", "head_slot", "contacts")


MARGIN = (
    1.15  # draws differ in size: later windows and batches should rarely need another compiled one
)


def run(setup: engine.Run, size: int = 0) -> tuple[engine.Run, int]:
    """Run all months.

    Parameters
    ----------
    setup : engine.Run
        On the host, as from :func:`expatsim.population.layout.assemble`.
    size : int
        Slots of a window in an earlier batch: at least so many are used again, because every size
        is compiled.

    Returns
    -------
    engine.Run, int
        With the new state and counts, on the host; and the slots of a window.
    """
    months = setup.rates.shape[0]
    state = [np.array(x) for x in setup.state]
    counts = np.array(setup.counts)
    for start in range(0, months, WINDOW):
        stop = min(start + WINDOW, months)
        rows = _kept(setup.people, state[1], start, stop)
        most = max(map(len, rows)) + len(OTHERS)
        if most > size:
            size = min(slots_needed(int(MARGIN * most)), setup.people.head.shape[1])
        if size >= setup.people.head.shape[1]:
            part = engine.run(setup._replace(state=Packed(*state)), start, stop)
            state = [np.array(x) for x in part.state]
        else:
            people, inside = _gathered(setup.people, state, rows, size)
            part = engine.run(setup._replace(people=people, state=inside), start, stop)
            for whole, some in zip(state, part.state, strict=True):
                found = np.asarray(some)
                for d, row in enumerate(rows):
                    whole[d, row] = found[d, : len(row)]
        counts[start:stop] = np.asarray(part.counts)[start:stop]
    return setup._replace(state=Packed(*state), counts=counts), size


def _kept(people: People, stay: np.ndarray, start: int, stop: int) -> list[np.ndarray]:
    """Slots of each draw that are needed in a window."""
    status = stay & np.uint32(3)  # the lowest bits, see packing.WORDS
    comes = (people.arrival_month >= start) & (people.arrival_month < stop)
    keep = (status == HERE) | ((status == WAITING) & comes)
    return [np.flatnonzero(row) for row in keep]


def _gathered(
    people: People, state: list[np.ndarray], rows: list[np.ndarray], size: int
) -> tuple[People, Packed]:
    """The kept slots of every draw, then one who has left, one who has not come, and nobody."""
    draws, slots = people.head.shape
    own = np.arange(draws * size, dtype=np.int32).reshape(draws, size)
    fields = {}
    for name, column in people._asdict().items():
        if name == "contacts":
            fields[name] = np.repeat(own[None], len(column), axis=0)
        elif name in _SLOTS:
            fields[name] = own.copy()
        else:
            fields[name] = np.zeros((draws, size), column.dtype)
    fields["arrival_month"][:] = OPEN
    words = [np.zeros((draws, size), x.dtype) for x in state]
    words[Packed._fields.index("leave_month")][:] = OPEN
    for d, row in enumerate(rows):
        n = len(row)
        status = state[1][d] & np.uint32(3)
        place = np.where(status == LEFT, n, n + 1).astype(np.int32)
        place[row] = np.arange(n, dtype=np.int32)
        place += d * size
        for name, column in people._asdict().items():
            some = column[..., d, row]
            fields[name][..., d, :n] = place[some - d * slots] if name in _SLOTS else some
        for word, column in zip(words, state, strict=True):
            word[d, :n] = column[d, row]
        words[1][d, n : n + len(OTHERS)] = OTHERS
    return People(**fields), Packed(*words)
