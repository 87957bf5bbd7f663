"""Groups of people that results are given for, and traits of those who are here at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from expatsim.model.packed import Packed, status, unpack
from expatsim.model.state import HERE, NONE, OPEN, State, outside_eu

if TYPE_CHECKING:
    from expatsim.population.adults import Adults

TWO_YEARS = 24  # months
SOME_DUTCH = 2  # level of Dutch: a little
SOME_FRIENDS = 2  # Dutch friends


@dataclass(frozen=True)
class Mark:
    """A mark: true or false of a person for the whole run. Groups are made of marks.

    Attributes
    ----------
    name : str
        Its name in the definitions of groups.
    of : callable
        Takes adults, returns whether it is true of each, shape (adults,).
    """

    name: str
    of: Callable[[Adults], np.ndarray]


@dataclass(frozen=True)
class Group:
    """A group of people that results are given for.

    Attributes
    ----------
    name : str
        Its name in datasets and tables.
    label : str
        Its name for readers.
    members : callable
        Takes booleans by name of mark, returns whether people with these marks belong to it.
    stock_only : bool
        Whether no newcomer can belong to it.
    """

    name: str
    label: str
    members: Callable[[Mapping[str, np.ndarray]], np.ndarray]
    stock_only: bool = False


@dataclass(frozen=True)
class Trait:
    """A trait by which people who are here at the end are counted.

    Attributes
    ----------
    name : str
        Its name in datasets and, as the name of an outcome, in tables.
    label : str
        Its name for readers.
    of : callable
        Takes the state of people, returns booleans of its shape.
    """

    name: str
    label: str
    of: Callable[[State], np.ndarray]


# contracts are those of workers at the start or at arrival
MARKS = (
    Mark("head", lambda a: a.people["head"]),
    Mark("female", lambda a: a.female),
    Mark("non-EU", lambda a: outside_eu(a.origin)),
    Mark("parent", lambda a: a.people["child_birth_month"] != NONE),
    Mark("posted", lambda a: a.people["posted"]),
    Mark("open contract", lambda a: a.state["contract_end"] == OPEN),
    Mark("two years", lambda a: a.people["arrival_month"] <= -TWO_YEARS),
    Mark("stock", lambda a: a.people["arrival_month"] < 0),
)
MARK = {mark.name: mark for mark in MARKS}
GROUPS = (
    Group("all", "everybody", lambda has: np.ones_like(has["head"])),
    Group("workers", "workers", lambda has: has["head"]),
    Group("partners", "partners of workers", lambda has: ~has["head"]),
    Group("women", "women", lambda has: has["female"]),
    Group("men", "men", lambda has: ~has["female"]),
    Group("EU", "from the EU", lambda has: ~has["non-EU"]),
    Group("non-EU", "from outside the EU", lambda has: has["non-EU"]),
    Group("with children", "with children", lambda has: has["parent"]),
    Group("without children", "without children", lambda has: ~has["parent"]),
    Group("posted", "posted by their company", lambda has: has["posted"]),
    Group("not posted", "not posted", lambda has: ~has["posted"]),
    Group(
        "fixed-term contract",
        "workers with a fixed-term contract",
        lambda has: has["head"] & ~has["open contract"],
    ),
    Group(
        "open-ended contract",
        "workers with an open-ended contract",
        lambda has: has["head"] & has["open contract"],
    ),
    Group(
        "less than two years",
        "here for less than two years at the start",
        lambda has: has["stock"] & ~has["two years"],
        stock_only=True,
    ),
    Group(
        "two years or longer",
        "here for two years or longer at the start",
        lambda has: has["stock"] & has["two years"],
        stock_only=True,
    ),
)
TRAITS = (
    Trait("wish", "Wish to stay longer", lambda state: state.wish == 2),
    Trait(
        "some_dutch",
        "Speak at least a little Dutch",
        lambda state: state.dutch >= SOME_DUTCH,
    ),
    Trait(
        "dutch_friends",
        "Two Dutch friends or more",
        lambda state: state.friends >= SOME_FRIENDS,
    ),
    Trait("welcome", "Feel welcome", lambda state: state.feels_welcome),
    Trait("knows_service", "Know a service for expats", lambda state: state.knows_service),
)
ALL = GROUPS[0].name
HERE_AT_END = "here"  # beside the traits: all who are here at the end
KINDS = 1 << len(MARKS)  # combinations of marks
_HAS = {mark.name: np.arange(KINDS) >> k & 1 == 1 for k, mark in enumerate(MARKS)}
MEMBERS = np.array([group.members(_HAS) for group in GROUPS]).astype(np.int32)  # (group, kind)


def kind_of(adults: Adults) -> np.ndarray:
    """Return the marks of every adult as bits, one number each, shape (adults,)."""
    kind = np.zeros(len(adults.people["arrival_month"]), np.int32)
    for k, mark in enumerate(MARKS):
        kind |= mark.of(adults).astype(np.int32) << k
    return kind


def traits_at_end(adults: Adults, packed: Packed) -> np.ndarray:
    """Return the number of people here by group, and of those with each trait.

    Parameters
    ----------
    adults : Adults
        Everybody of one draw who is here at the start or may come.
    packed : Packed
        State of the same draw, arrays of shape (slots,).

    Returns
    -------
    numpy.ndarray of int32, shape (1 + traits, groups)
        The first row has all who are here.
    """
    n = len(adults.id)
    here = status(packed)[:n] == HERE
    people = np.flatnonzero(here & adults.people["counted"])
    state = unpack(packed.map(lambda word: np.asarray(word)[people]))
    kind = kind_of(adults)[people]
    masks = [np.ones(len(people), bool), *(trait.of(state) for trait in TRAITS)]
    counts = np.array([np.bincount(kind[has], minlength=KINDS) for has in masks])
    return (counts @ MEMBERS.T).astype(np.int32)
