"""What a rule of somebody's own may make of people, and what is said when it makes something else.

State is packed into a few bits a field (:mod:`expatsim.model.packed`): a value that does not fit
would run over into its neighbours. The package's rules keep within bounds by themselves. A rule
that a scenario brings along is watched: what can be seen when it is compiled (kinds and shapes) is
told then, the rest is noted month by month in the compiled loop and told after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.model.chance import Decision
from expatsim.model.declare import Shape
from expatsim.model.state import (
    DESTINATIONS,
    HERE,
    LEFT,
    NONE,
    OPEN,
    REASONS,
    State,
    UnknownFieldError,
)

LEAVING = ("status", "leave_month", "leave_reason", "destination")
_WORDS = {OPEN: "OPEN", NONE: "NONE"}
NEVER = np.iinfo(np.int32).max


def ranges(shapes: tuple[Shape, ...]) -> dict[str, tuple[int, int]]:
    """Least and most of every state that is a whole number."""
    return {s.name: (s.low, s.high) for s in shapes if s.kind == "whole"}


@cache
def faults_of(shapes: tuple[Shape, ...]) -> dict[str, str]:
    """What can be wrong in a month, and how it reads; a value is filled in where there is one."""
    whole = ranges(shapes)
    return {
        **{
            f: f"{f} became {{}} (allowed: {low:,} to {high:,})" for f, (low, high) in whole.items()
        },
        **{s.name: f"{s.name} became infinite or not a number" for s in shapes if s.kind == "real"},
        **{
            f"{s.name} of others": f"{s.name} changed for somebody who is not here "
            "(allowed: only where state.status == HERE)"
            for s in shapes
        },
        "waiting": "status sent somebody who is here back to wait (allowed: HERE or LEFT)",
        "leave_month of leavers": "somebody left, but leave_month became {} (allowed: the month)",
        "leave_month of stayers": "leave_month became {} for somebody who stays (allowed: OPEN)",
        "leave_reason of leavers": "somebody left with leave_reason {} (allowed: "
        f"1 to {len(REASONS) - 1})",
        "destination of leavers": "somebody left with destination {} (allowed: "
        f"1 to {len(DESTINATIONS) - 1})",
    }


class Watched(NamedTuple):
    """The draws that a rule of somebody's own may make: none that another rule makes.

    Attributes
    ----------
    rule : str
    draws : MonthDraws
    """

    rule: str
    draws: Any

    def __call__(self, decision: int) -> Any:
        """Uniforms of a decision; see :class:`expatsim.model.chance.MonthDraws`."""
        use = f"use {Decision.OWN_1.name} to {Decision.OWN_4.name}, each once"
        try:
            chosen = Decision(decision)
        except ValueError:
            raise InputError(f"rule {self.rule}: no decision {decision!r}; {use}") from None
        if chosen < Decision.SEX:
            raise InputError(f"rule {self.rule}: decision {chosen.name} is the package's; {use}")
        if chosen in self.draws.used:
            raise InputError(
                f"rule {self.rule}: decision {chosen.name} is already drawn in this month; {use}"
            )
        return self.draws(chosen)


def watched_step(
    name: str,
    rule: Any,
    state: State,
    people: Any,
    peers: Any,
    rates: Any,
    draws: Any,
    month: Any,
) -> tuple[State, Any]:
    """Let a rule of somebody's own do its step.

    Returns
    -------
    State, array of int32, shape (2, faults)
        The new state, in the kinds of the old; and for every fault whether it occurred, and a
        value that shows it.

    Raises
    ------
    InputError
        If the rule gives back anything but a state with arrays of the right kinds and shapes.
    """
    try:
        after = rule.step(state, people, peers, rates, Watched(name, draws), month)
    except UnknownFieldError as error:
        raise InputError([f"rule {name}: {text}" for text in error.problems]) from error
    after = conform(name, after, state)
    return after, faults(state, after, month)


def conform(name: str, after: Any, before: State) -> State:
    """The state that a rule gave back: whole numbers as int32, floats as float32.

    Raises
    ------
    InputError
        If it is no state, or a field has another kind or shape.
    """
    if not isinstance(after, State):
        raise InputError(
            f"rule {name}: step gave back {type(after).__name__}, not a State "
            "(end it with: return state._replace(...))"
        )
    problems = []
    same = {}
    kinds = {s.name: _KINDS[s.kind] for s in before.shapes}
    for field in _changed(before, after):
        value, old = getattr(after, field), getattr(before, field)
        kind, wanted = kinds[field]
        if not hasattr(value, "dtype") or value.shape != old.shape:
            what = f"shape {value.shape}" if hasattr(value, "dtype") else type(value).__name__
            problems.append(f"{field} became {what}, not one value for each person")
        elif not _is_of(kind, value.dtype):
            problems.append(f"{field} became {value.dtype}, not {wanted}")
        else:
            same[field] = {"b": lambda x: x, "i": _whole, "f": _float}[kind](value)
    if problems:
        raise InputError([f"rule {name}: {text}" for text in problems])
    return after._replace(**same)


def faults(before: State, after: State, month: Any) -> Any:
    """What is wrong with a new state; NumPy on the host, JAX in the engine.

    Parameters
    ----------
    before, after : State
        Arrays of shape (draws, slots).
    month : int
        Months since the start.

    Returns
    -------
    array of int32, shape (2, faults)
        In the order of :func:`faults_of`: whether it occurred, and a value that shows it.
    """
    changed = _changed(before, after)
    here = before.status == HERE
    whole = ranges(before.shapes)
    reals = {s.name for s in before.shapes if s.kind == "real"}
    found: dict[str, tuple[Any, Any]] = {}

    def note(fault: str, bad: Any, value: Any = None) -> None:
        shown = np.int32(0)
        if value is not None:  # the largest; the smallest would do as well
            shown = value.astype("int32").max(where=bad, initial=-NEVER - 1)
        found[fault] = (bad.any(), shown)

    for field in changed:
        value, old = getattr(after, field), getattr(before, field)
        note(f"{field} of others", ~here & (value != old))
        if field in whole:
            low, high = whole[field]
            note(field, (value < low) | (value > high), value)
        elif field in reals:
            note(field, ~(abs(value) < np.float32(np.inf)))
    if set(LEAVING) & set(changed):
        leaves, stays = here & (after.status == LEFT), here & (after.status == HERE)
        reason, destination = after.leave_reason, after.destination
        note("waiting", here & ~leaves & ~stays)
        left_at = after.leave_month
        note("leave_month of leavers", leaves & (left_at != month), left_at)
        note("leave_month of stayers", stays & (left_at != OPEN), left_at)
        note("leave_reason of leavers", leaves & (reason == 0), reason)
        note("destination of leavers", leaves & (destination == 0), destination)
    nothing = (np.bool_(False), np.int32(0))
    rows = zip(*(found.get(fault, nothing) for fault in faults_of(before.shapes)), strict=True)
    stack = np.stack if isinstance(before.status, np.ndarray) else _jax_stack
    return stack([stack([x.astype("int32") for x in row]) for row in rows])


def tell(rules: Sequence[str], noted: np.ndarray, shapes: tuple[Shape, ...]) -> None:
    """Raise the faults that occurred first, if any did.

    Parameters
    ----------
    rules : sequence of str
        Rules of somebody's own, in their order.
    noted : numpy.ndarray of int32, shape (rules, 2, faults)
        For every fault the first month in which it occurred, ``NEVER`` if it did not, and a value.
    shapes : tuple of Shape
        Of the states.

    Raises
    ------
    InputError
        One line for each fault of the first rule in the first month: what comes later may only
        follow from it.
    """
    months = noted[:, 0]
    first = months.min()
    if first == NEVER:
        return
    k = int(np.flatnonzero((months == first).any(axis=1))[0])
    when = f"in month {first + 1} of the run"
    raise InputError(
        [
            f"rule {rules[k]}: {when}, {text.format(_WORDS.get(int(value), f'{value:,}'))}"
            for text, month, value in zip(faults_of(shapes).values(), *noted[k], strict=True)
            if month == first
        ]
    )


def _changed(before: State, after: State) -> list[str]:
    return [f for f in before._fields if getattr(after, f) is not getattr(before, f)]


# by the kind of a state: NumPy's letter and the name of what its arrays are
_KINDS = {"flag": ("b", "bool"), "real": ("f", "float32"), "whole": ("i", "int32")}


def _is_of(kind: str, dtype: Any) -> bool:
    if kind == "f":  # JAX's short floats are of no kind that NumPy knows
        return dtype.kind == "f" or "float" in dtype.name
    return dtype.kind in ("iu" if kind == "i" else kind)


def _whole(value: Any) -> Any:
    """As int32, the widest that fits: a larger number stays out of every range."""
    info = np.iinfo(value.dtype)
    low, high = max(info.min, -NEVER - 1), min(info.max, NEVER)
    return value.clip(low, high).astype("int32")


def _float(value: Any) -> Any:
    return value.astype("float32")


def _jax_stack(parts: Sequence[Any]) -> Any:
    import jax.numpy as jnp

    return jnp.stack(parts)
