"""The population of one draw as a table of adults, before it is laid out for the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.model import declare
from expatsim.model.chance import HostUniforms
from expatsim.model.declare import ARRIVALS, DONORS, START, Field, Shape
from expatsim.model.limits import own_code
from expatsim.model.packed import state_type
from expatsim.model.rules import ORDER, Order, fields
from expatsim.model.state import HERE, People, State

# household ids: survey stock first, then candidates by month of arrival
STOCK_HOUSEHOLD = 1 << 30  # id of the stock's first household
CANDIDATES_A_MONTH = 1 << 19  # ids of each month of arrival
FIRST_MONTH = 256  # months before the start for which there are ids
# fixed attributes that people of the stock have from their donors; rules declare such states
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
# advice where a state is declared to come from somewhere and does not, by that place
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
    """Adults of one draw in the order of their slots; arrays of shape (adults,).

    Attributes
    ----------
    id : numpy.ndarray of uint32
        Twice the household id, plus one for the spouse of a survey respondent or the partner of an
        arriving worker.
    female : numpy.ndarray of bool
        Whether a woman.
    origin, family : numpy.ndarray of int
        Numbers in ``ORIGINS`` and ``FAMILIES`` of :mod:`expatsim.model.state`.
    partner, head : numpy.ndarray of int
        Slots of the partner and of the household's head; one's own if there is nobody else.
    contacts : numpy.ndarray of int, shape (5, adults)
        Slots of other expats; one's own means nobody.
    people : dict of str to numpy.ndarray
        The other fields of :class:`expatsim.model.state.People`.
    state : dict of str to numpy.ndarray
        First values of all states that rules declare.
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
    """State of one draw at the start: those who came before month zero are here, others wait."""
    kind = state_type(order)
    n = len(adults.id)
    values = {shape.name: np.zeros(n, _kept_as(shape)) for shape in kind.shapes}
    for name, column in values.items():
        column[:] = adults.state[name]
    values["status"][adults.people["arrival_month"] < 0] = HERE
    return kind(**values)


def _kept_as(shape: Shape) -> str:
    """The shortest NumPy type that holds a state."""
    if shape.kind != "whole":
        return {"flag": "bool", "real": "float32"}[shape.kind]
    sign = "int" if shape.low < 0 else "uint"
    return f"{sign}{next(n for n in (8, 16, 32) if shape.bits <= n)}"


def begin(
    states: Iterable[Field],
    begins: Callable[[Field], Any],
    people: Mapping[str, np.ndarray],
    p: Mapping[str, float],
    uniforms: HostUniforms,
    given: Mapping[str, np.ndarray],
    calendar: int = 0,
) -> dict[str, np.ndarray]:
    """First values of states for some people, by state.

    Parameters
    ----------
    states : iterable of Field
        States to begin.
    begins : function
        From a field to its declared first value for these people: a constant, a function of
        :class:`expatsim.model.declare.Entrants`, or the name, such as ``"donors"``, of the place
        from which it comes in ``given``.
    people : mapping of str to numpy.ndarray, shape (adults,)
        Fixed attributes.
    p : mapping of str to float
        Parameters of this draw.
    uniforms : HostUniforms
        Uniforms of these people.
    given : mapping of str to numpy.ndarray, shape (adults,)
        First values that do not follow from a declaration alone.
    calendar : int
        Calendar month of month zero, see :class:`expatsim.model.declare.Entrants`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (adults,)
        By state, in the shortest type that holds it.

    Raises
    ------
    InputError
        If a state is declared to come from ``given`` and is not there.
    """
    adults = declare.Entrants(people, p, uniforms, calendar)
    n = len(people["arrival_month"])
    state: dict[str, np.ndarray] = {}
    for field in states:
        start = begins(field)
        column = state[field.name] = np.empty(n, _kept_as(field.shape))
        if callable(start):
            own = field not in fields()
            column[:] = _own(field, start, adults, n) if own else start(adults)
        elif not isinstance(start, str):
            column[:] = start
        elif field.name in given:
            column[:] = given[field.name]
        else:
            raise InputError(
                f"state {field.name} is declared to start as {start} say, who say nothing of it: "
                + REMEDY[start]
            )
    return state


def _own(field: Field, start: declare.Begin, adults: declare.Entrants, n: int) -> np.ndarray:
    """First values of a state of a user's own rule, which must be within its range."""
    what, shape = f"state {field.name}: first values", field.shape
    low, high = (-np.inf, np.inf) if shape.kind == "real" else (shape.low, shape.high)
    with own_code(what, start):
        values = np.broadcast_to(np.asarray(start(adults)), n)
        inside = (values >= low) & (values <= high) & np.isfinite(values)
        if shape.kind != "real":  # a part of a whole number would be cut off
            inside &= values == np.floor(values)
    if not inside.all():
        found, kind = values[~inside][0], "" if shape.kind == "real" else "whole numbers from "
        raise InputError(f"{what} became {found:g} (allowed: {kind}{low:,} to {high:,})")
    return values


def people_of(adults: Adults, key1: np.ndarray, key2: np.ndarray, offset: int = 0) -> People:
    """Fixed attributes of one draw for the rules; all slots are raised by ``offset``."""
    return People(
        key1=key1,
        key2=key2,
        partner_slot=(adults.partner + offset).astype(np.int32),
        head_slot=(adults.head + offset).astype(np.int32),
        contacts=(adults.contacts + offset).astype(np.int32),
        origin=adults.origin.astype(np.int8),
        **adults.people,
    )
