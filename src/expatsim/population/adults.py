"""One draw's population on the host: a table of adults, before it is laid out for the engine."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.packed import BOOLEAN
from expatsim.model.state import HERE, NONE, OPEN, WAITING, People, State

# household ids: survey stock first, then candidates by month of arrival
STOCK_HOUSEHOLD = 1 << 30
CANDIDATES_A_MONTH = 1 << 19
FIRST_MONTH = 256  # months before the start that ids leave room for


def candidate_household(month: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Id of the ``number``-th candidate household of a month, uint32."""
    month = np.asarray(month, np.int64) + FIRST_MONTH
    return (month * CANDIDATES_A_MONTH + number).astype(np.uint32)


class Adults(NamedTuple):
    """Adults of one draw; arrays of shape (adults,), slots in this order.

    ``id`` is twice the household id, plus one for the spouse of a survey respondent or the partner
    of an arriving worker. ``partner`` and ``head`` are slots, one's own if nobody else.
    ``contacts`` has shape (5, adults). ``people`` holds the fields of :class:`People` that remain;
    ``state`` the fields of :class:`State` that do not start at zero.
    """

    id: np.ndarray
    female: np.ndarray
    origin: np.ndarray
    family: np.ndarray
    partner: np.ndarray
    head: np.ndarray
    contacts: np.ndarray
    people: dict[str, np.ndarray]
    state: dict[str, np.ndarray]


def initial_state(adults: Adults) -> State:
    """Full state at the start: here if arrived before month zero, else waiting."""
    n = len(adults.id)
    kinds: dict[str, Any] = {
        "contract_end": np.int16,
        "propensity": np.float32,
        "leave_month": np.int16,
    }
    kinds |= dict.fromkeys(BOOLEAN, bool)
    values = {f: np.zeros(n, kinds.get(f, np.uint8)) for f in State._fields}
    values["leave_month"][:] = OPEN
    values["contract_end"][:] = NONE
    for name, column in adults.state.items():
        values[name][:] = column
    arrival = adults.people["arrival_month"]
    values["status"] = np.where(arrival < 0, HERE, WAITING).astype(np.uint8)
    return State(**values)


def people_of(adults: Adults, key1: np.ndarray, key2: np.ndarray, offset: int = 0) -> People:
    """Fixed attributes for the rules; slots are shifted by ``offset``."""
    return People(
        key1=key1,
        key2=key2,
        partner_slot=(adults.partner + offset).astype(np.int32),
        head_slot=(adults.head + offset).astype(np.int32),
        contacts=(adults.contacts + offset).astype(np.int32),
        non_eu=adults.origin <= 4,
        **adults.people,
    )
