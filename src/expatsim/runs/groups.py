"""Groups of people that results are told for, and what those who are here at the end are like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from expatsim.model.packed import Packed, unpack
from expatsim.model.state import HERE, NONE, OPEN

if TYPE_CHECKING:
    from expatsim.population.adults import Adults

TWO_YEARS = 24  # months
MARKS = ("head", "female", "non-EU", "parent", "posted", "open contract", "two years", "stock")
KINDS = 1 << len(MARKS)  # combinations of marks
_HAS = {m: np.arange(KINDS) >> k & 1 == 1 for k, m in enumerate(MARKS)}
# kinds that belong to a group; contracts are those of workers at the start or at arrival
_GROUPS = {
    "all": np.ones(KINDS, bool),
    "workers": _HAS["head"],
    "partners": ~_HAS["head"],
    "women": _HAS["female"],
    "men": ~_HAS["female"],
    "EU": ~_HAS["non-EU"],
    "non-EU": _HAS["non-EU"],
    "with children": _HAS["parent"],
    "without children": ~_HAS["parent"],
    "posted": _HAS["posted"],
    "not posted": ~_HAS["posted"],
    "fixed-term contract": _HAS["head"] & ~_HAS["open contract"],
    "open-ended contract": _HAS["head"] & _HAS["open contract"],
    "here for less than two years at the start": _HAS["stock"] & ~_HAS["two years"],
    "here for two years or longer at the start": _HAS["stock"] & _HAS["two years"],
}
GROUPS = tuple(_GROUPS)
STOCK_ONLY = tuple(g for g in GROUPS if g.endswith("at the start"))  # no newcomer belongs to them
MEMBERS = np.array(list(_GROUPS.values())).astype(np.int32)  # (group, kind)
# what people at the end are counted for
TRAITS = ("here", "wish_yes", "some_dutch", "dutch_friends", "feels_welcome", "knows_service")
SOME_DUTCH, SOME_FRIENDS = 2, 2  # at least a little Dutch; two friends


def kind_of(adults: Adults) -> np.ndarray:
    """Marks of every adult as bits, shape (adults,)."""
    people, arrival = adults.people, adults.people["arrival_month"]
    marks = (
        people["head"],
        adults.female,
        adults.origin <= 4,
        people["child_birth_month"] != NONE,
        people["posted"],
        adults.state["contract_end"] == OPEN,
        arrival <= -TWO_YEARS,
        arrival < 0,
    )
    kind = np.zeros(len(arrival), np.int32)
    for k, mark in enumerate(marks):
        kind |= mark.astype(np.int32) << k
    return kind


def standing(adults: Adults, packed: Packed) -> np.ndarray:
    """People of each group who are here, and those of them with each trait.

    Parameters
    ----------
    adults : Adults
    packed : Packed
        State of one draw, arrays of shape (slots,).

    Returns
    -------
    numpy.ndarray of int32, shape (trait, group)
    """
    n = len(adults.id)
    status = packed.stay[:n] & np.uint32(3)  # the lowest bits, see WORDS
    who = np.flatnonzero((status == HERE) & adults.people["counted"])
    state = unpack(Packed(*(np.asarray(word)[who] for word in packed)))
    kind = kind_of(adults)[who]
    having = (
        np.ones(len(who), bool),
        state.wish == 2,
        state.dutch >= SOME_DUTCH,
        state.friends >= SOME_FRIENDS,
        state.feels_welcome,
        state.knows_service,
    )
    counts = np.array([np.bincount(kind[has], minlength=KINDS) for has in having])
    return (counts @ MEMBERS.T).astype(np.int32)
