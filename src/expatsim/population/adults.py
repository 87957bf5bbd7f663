"""One draw's population on the host: a table of adults, before it is laid out for the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.model import declare
from expatsim.model.chance import HostDraws
from expatsim.model.declare import ARRIVALS, DONORS, START, Field, Shape
from expatsim.model.packed import state_type
from expatsim.model.rules import ORDER, Order
from expatsim.model.state import HERE, People, State, outside_eu

# household ids: survey stock first, then candidates by month of arrival
STOCK_HOUSEHOLD = 1 << 30
CANDIDATES_A_MONTH = 1 << 19
FIRST_MONTH = 256  # months before the start that ids leave room for
# fixed attributes that donors hand on; the states that they do, rules declare
DONOR_PEOPLE = (
    "arrival_month",
    "birth_month",
    "child_birth_month",
    "head",
    "posted",
    "coupled",
    "single",
    "school_effect",
)
# what to do where a state that is to be given is not
REMEDY = {
    DONORS: "make the donors again (python -m expatsim.calibration.make_donors), or declare "
    f"another start for the survey stock, such as stock={START!r}",
    ARRIVALS: "give it in expatsim.population.arrivals, or declare a value or a function",
}


def candidate_household(month: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Id of the ``number``-th candidate household of a month, uint32."""
    month = np.asarray(month, np.int64) + FIRST_MONTH
    return (month * CANDIDATES_A_MONTH + number).astype(np.uint32)


class Adults(NamedTuple):
    """Adults of one draw; arrays of shape (adults,), slots in this order.

    ``id`` is twice the household id, plus one for the spouse of a survey respondent or the partner
    of an arriving worker. ``partner`` and ``head`` are slots, one's own if nobody else.
    ``contacts`` has shape (5, adults). ``people`` holds the fields of :class:`People` that remain;
    ``state`` all states
    that rules declare.
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


def initial_state(adults: Adults, order: Order = ORDER) -> State:
    """The state at the start: those who came before month zero are here, others wait."""
    kind = state_type(order)
    n = len(adults.id)
    values = {shape.name: np.zeros(n, _kept_as(shape)) for shape in kind.shapes}
    for name, column in values.items():
        column[:] = adults.state[name]
    values["status"][adults.people["arrival_month"] < 0] = HERE
    return kind(**values)


def _kept_as(shape: Shape) -> str:
    """Kind of NumPy's that is as short as a state allows."""
    if shape.kind != "whole":
        return {"flag": "bool", "real": "float32"}[shape.kind]
    sign = "int" if shape.low < 0 else "uint"
    return f"{sign}{next(n for n in (8, 16, 32) if shape.bits <= n)}"


def begin(
    fields: Iterable[Field],
    begins: Callable[[Field], Any],
    people: Mapping[str, np.ndarray],
    p: Mapping[str, float],
    draws: HostDraws,
    given: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """What some people start with, by state.

    Parameters
    ----------
    fields : iterable of Field
    begins : function
        From a field to what is declared of these people: a value, a function, or a name such as
        ``"donors"`` of where it is given.
    people : mapping of str to numpy.ndarray, shape (adults,)
        Fixed attributes.
    p : mapping of str to float
        Parameters of this draw.
    draws : HostDraws
        Of these people.
    given : mapping of str to numpy.ndarray, shape (adults,)
        States that do not follow from their declaration alone.

    Raises
    ------
    InputError
        If a state is declared to be given and is not.
    """
    known = declare.Adults(people, p, draws)
    n = len(people["arrival_month"])
    state: dict[str, np.ndarray] = {}
    for field in fields:
        what = begins(field)
        column = state[field.name] = np.empty(n, _kept_as(field.shape))
        if callable(what):
            column[:] = what(known)
        elif not isinstance(what, str):
            column[:] = what
        elif field.name in given:
            column[:] = given[field.name]
        else:
            raise InputError(
                f"state {field.name} is declared to start as {what} say, who say nothing of it: "
                + REMEDY[what]
            )
    return state


def people_of(adults: Adults, key1: np.ndarray, key2: np.ndarray, offset: int = 0) -> People:
    """Fixed attributes for the rules; slots are shifted by ``offset``."""
    return People(
        key1=key1,
        key2=key2,
        partner_slot=(adults.partner + offset).astype(np.int32),
        head_slot=(adults.head + offset).astype(np.int32),
        contacts=(adults.contacts + offset).astype(np.int32),
        non_eu=outside_eu(adults.origin),
        **adults.people,
    )
