"""Layout of the populations of several draws in slots, side by side, for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from expatsim.model import engine
from expatsim.model.chance import agent_keys
from expatsim.model.packed import pack, state_type
from expatsim.model.rules import ORDER, Order
from expatsim.model.state import OPEN, People
from expatsim.population.adults import Adults, initial_state, people_of

# Few sizes mean few compilations: those of few people are powers of two, from the fewest on
FEWEST, FEW = 256, 2048
EVERYBODY = 1 << 14  # up to here, slots of everybody are a power of two; beyond, that costs time


def slots_needed(adults: int) -> int:
    """Return the slots for some adults: rounded up to one of eight sizes between powers of two.

    Parameters
    ----------
    adults : int
        Adults of one draw.

    Examples
    --------
    >>> slots_needed(700), slots_needed(100_000)
    (1024, 106496)
    """
    return _rounded_up(max(adults, FEWEST), FEW, 8)


def slots_of_everybody(adults: int) -> int:
    """Return the slots for a whole population that is run in windows of months.

    They are coarser than :func:`slots_needed`, since windows are compiled for each number of slots
    outside and inside, and slots outside cost the months little.

    Parameters
    ----------
    adults : int
        Adults of one draw.

    Examples
    --------
    >>> slots_of_everybody(700), slots_of_everybody(9_000), slots_of_everybody(100_000)
    (2048, 16384, 114688)
    """
    return _rounded_up(max(adults, FEW), EVERYBODY, 4)


def _rounded_up(n: int, few: int, sizes: int) -> int:
    """The power of two that holds ``n`` if it is few, else one of some sizes between powers."""
    power = 1 << int(n - 1).bit_length()
    step = power if power <= few else power // (2 * sizes)
    return -(-n // step) * step


def assemble(
    populations: Sequence[Adults],
    keys: np.ndarray,
    rates: np.ndarray,
    slots: int,
    order: Order = ORDER,
) -> engine.Batch:
    """Return a batch of draws that is ready to run.

    Parameters
    ----------
    populations : sequence of Adults
        The people of each draw.
    keys : numpy.ndarray of uint32, shape (draws, 4)
        Keys of the random numbers, from :func:`expatsim.model.chance.run_keys`.
    rates : numpy.ndarray of float32, shape (months, draws, rates)
        Rates of all rules, from :func:`expatsim.runs.prepare.prepare`.
    slots : int
        A multiple of ``engine.BLOCK``, at least the size of the largest population.
    order : sequence of (str, rule)
        Rules that the batch will run with.
    """
    draws = len(populations)
    people, states = [], []
    for d, adults in enumerate(populations):
        key1, key2 = agent_keys(keys[d], adults.id)
        people.append(_padded(people_of(adults, key1, key2, d * slots), slots, d * slots))
        states.append(_padded(initial_state(adults, order), slots, 0))
    fixed = People(*map(_side_by_side, zip(*people, strict=True)))
    fixed = fixed._replace(contacts=np.moveaxis(fixed.contacts, 0, 1))
    state = state_type(order)(*map(_side_by_side, zip(*states, strict=True)))
    return engine.Batch(
        people=fixed,
        state=pack(state),
        rates=rates,
        keys=keys,
        counts=engine.empty_counts(rates.shape[0], draws, order),
    )


def _side_by_side(columns: tuple[np.ndarray, ...]) -> np.ndarray:
    """The columns of all draws as one array, without a copy if there is one draw."""
    return columns[0][None] if len(columns) == 1 else np.stack(columns)


def _padded(columns: Any, slots: int, offset: int) -> Any:
    """Return columns filled up with slots that nobody ever takes."""
    out = {}
    for name, column in zip(columns._fields, columns, strict=True):
        n = column.shape[-1]
        padded = np.zeros((*column.shape[:-1], slots), column.dtype)
        padded[..., :n] = column
        if name in ("arrival_month", "leave_month"):
            padded[n:] = OPEN
        if name in ("partner_slot", "head_slot", "contacts"):
            padded[..., n:] = np.arange(n, slots) + offset
        out[name] = padded
    return type(columns)(**out)
