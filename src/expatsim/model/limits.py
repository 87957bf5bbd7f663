"""Checks of the state that a scenario's own rule returns, and the errors that name its faults.

State is packed into a few bits a field (:mod:`expatsim.model.packed`): a value that does not fit
would run over into its neighbours. The package's rules keep within bounds by themselves. A rule
that a scenario brings along is checked: kinds and shapes while it is compiled, values month by
month in the compiled loop, which records the first month of every fault; the error follows the
loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError, of_own_code
from expatsim.model.chance import Decision, MonthUniforms
from expatsim.model.declare import Shape
from expatsim.model.state import (
    DESTINATIONS,
    HERE,
    LEFT,
    NONE,
    OPEN,
    REASONS,
    Array,
    Peers,
    People,
    State,
    UnknownFieldError,
)

LEAVING = ("status", "leave_month", "leave_reason", "destination")
_NAMES_OF_VALUES = {OPEN: "OPEN", NONE: "NONE"}
NEVER = np.iinfo(np.int32).max  # the month of a fault that did not occur


def ranges(shapes: tuple[Shape, ...]) -> dict[str, tuple[int, int]]:
    """Lowest and highest value of every state that is a whole number, by its name."""
    return {s.name: (s.low, s.high) for s in shapes if s.kind == "whole"}


@cache
def faults_of(shapes: tuple[Shape, ...]) -> dict[str, str]:
    """Faults that a month can have, by key, and their texts with a gap for the value at fault."""
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


@contextmanager
def own_code(what: str, function: Callable[..., Any]) -> Iterator[None]:
    """Context in which a function of a user's own rule runs: its errors are told in one line.

    Parameters
    ----------
    what : str
        Rule and function, for error messages.
    function : callable
        The function, for the line of its file.

    Raises
    ------
    InputError
        If the function raises anything.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # it is not our code: it may raise anything
        code = getattr(function, "__code__", None)
        told = of_own_code(error, code.co_filename if code else "")
        raise InputError(f"{what}: {told}") from error


class OwnUniforms(NamedTuple):
    """The uniforms that a scenario's own rule may draw: those of decisions that nobody else uses.

    Attributes
    ----------
    rule : str
        Name of the rule, for error messages.
    uniforms : MonthUniforms
        All uniforms of the month.
    """

    rule: str
    uniforms: MonthUniforms

    def __call__(self, decision: int) -> Array:
        """Uniforms of a decision, as of :class:`expatsim.model.chance.MonthUniforms`."""
        use = f"use {Decision.OWN_1.name} to {Decision.OWN_4.name}, each once"
        try:
            chosen = Decision(decision)
        except ValueError:
            raise InputError(f"rule {self.rule}: no decision {decision!r}; {use}") from None
        if chosen < Decision.SEX:
            raise InputError(f"rule {self.rule}: decision {chosen.name} is the package's; {use}")
        if chosen in self.uniforms.used:
            raise InputError(
                f"rule {self.rule}: decision {chosen.name} is already drawn in this month; {use}"
            )
        return self.uniforms(chosen)


def checked_step(
    name: str,
    rule: Any,
    state: State,
    people: People,
    peers: Peers,
    rates: Any,
    uniforms: MonthUniforms,
    month: Array,
) -> tuple[State, Array]:
    """The state after the step of a scenario's own rule, and the faults of that step.

    Parameters
    ----------
    name : str
        Name of the rule, for error messages.
    rule : module or class
        The rule itself.
    state, people, peers, rates, uniforms, month
        As for :meth:`expatsim.model.declare.Rule.step`.

    Returns
    -------
    State, array of int32, shape (2, faults)
        The new state, in the kinds of the old; and for every fault, in the order of
        :func:`faults_of`, whether it occurred and a value that shows it.

    Raises
    ------
    InputError
        If the rule raises an error, or returns anything but a state with arrays of the right kinds
        and shapes.
    """
    try:
        with own_code(f"rule {name}: step", rule.step):
            after = rule.step(state, people, peers, rates, OwnUniforms(name, uniforms), month)
    except UnknownFieldError as error:
        raise InputError([f"rule {name}: {text}" for text in error.problems]) from error
    after = conform(name, after, state)
    return after, faults(state, after, month)


def conform(name: str, after: Any, before: State) -> State:
    """The state that a rule returned: whole numbers as int32, floats as float32.

    Parameters
    ----------
    name : str
        Name of the rule, for error messages.
    after : State
        What the rule returned; arrays of shape (draws, slots).
    before : State
        The state before the rule, whose kinds and shapes must be met.

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


def faults(before: State, after: State, month: Array) -> Array:
    """Faults of a new state, found by NumPy on the host and by JAX in the engine.

    Parameters
    ----------
    before, after : State
        State before and after the rule; arrays of shape (draws, slots).
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
    occurrences: dict[str, tuple[Array, Array]] = {}

    def record(fault: str, bad: Array, value: Array | None = None) -> None:
        shown = np.int32(0)
        if value is not None:  # the largest; the smallest would do as well
            shown = value.astype("int32").max(where=bad, initial=-NEVER - 1)
        occurrences[fault] = (bad.any(), shown)

    for field in changed:
        value, old = getattr(after, field), getattr(before, field)
        record(f"{field} of others", ~here & (value != old))
        if field in whole:
            low, high = whole[field]
            record(field, (value < low) | (value > high), value)
        elif field in reals:
            record(field, ~(abs(value) < np.float32(np.inf)))
    if set(LEAVING) & set(changed):
        leaves, stays = here & (after.status == LEFT), here & (after.status == HERE)
        reason, destination = after.leave_reason, after.destination
        record("waiting", here & ~leaves & ~stays)
        left_at = after.leave_month
        record("leave_month of leavers", leaves & (left_at != month), left_at)
        record("leave_month of stayers", stays & (left_at != OPEN), left_at)
        record("leave_reason of leavers", leaves & (reason == 0), reason)
        record("destination of leavers", leaves & (destination == 0), destination)
    absent = (np.bool_(False), np.int32(0))
    keys = faults_of(before.shapes)
    rows = zip(*(occurrences.get(fault, absent) for fault in keys), strict=True)
    stack = np.stack if isinstance(before.status, np.ndarray) else _jax_stack
    return stack([stack([x.astype("int32") for x in row]) for row in rows])


def raise_first_faults(
    rules: Sequence[str], first_faults: np.ndarray, shapes: tuple[Shape, ...]
) -> None:
    """Raise an error for the faults of the earliest month that has any; else return.

    Parameters
    ----------
    rules : sequence of str
        Names of the scenario's own rules, in their order.
    first_faults : numpy.ndarray of int32, shape (rules, 2, faults)
        For every fault the first month in which it occurred, ``NEVER`` if it did not, and a value
        of that month.
    shapes : tuple of Shape
        Names, kinds and ranges of the states.

    Raises
    ------
    InputError
        One line for each fault of the first rule in the first month: what comes later may only
        follow from it.
    """
    months = first_faults[:, 0]
    first = months.min()
    if first == NEVER:
        return
    k = int(np.flatnonzero((months == first).any(axis=1))[0])
    when = f"in month {first + 1} of the run"
    raise InputError(
        [
            f"rule {rules[k]}: {when}, {text.format(_shown(value))}"
            for text, month, value in zip(faults_of(shapes).values(), *first_faults[k], strict=True)
            if month == first
        ]
    )


def _shown(value: Array) -> str:
    """A value at fault as the error shows it: by its name in rules if it has one."""
    return _NAMES_OF_VALUES.get(int(value), f"{value:,}")


def _changed(before: State, after: State) -> list[str]:
    """Names of the fields whose arrays a rule replaced."""
    return [f for f in before._fields if getattr(after, f) is not getattr(before, f)]


# by the kind of a state: NumPy's letter and the name of what its arrays are
_KINDS = {"flag": ("b", "bool"), "real": ("f", "float32"), "whole": ("i", "int32")}


def _is_of(kind: str, dtype: Any) -> bool:
    if kind == "f":  # JAX's short floats are of no kind that NumPy knows
        return dtype.kind == "f" or "float" in dtype.name
    return dtype.kind in ("iu" if kind == "i" else kind)


def _whole(value: Array) -> Array:
    """Whole numbers as int32; one that is too large for it is cut to one outside every range."""
    info = np.iinfo(value.dtype)
    low, high = max(info.min, -NEVER - 1), min(info.max, NEVER)
    return value.clip(low, high).astype("int32")


def _float(value: Array) -> Array:
    return value.astype("float32")


def _jax_stack(parts: Sequence[Array]) -> Array:
    import jax.numpy as jnp

    return jnp.stack(parts)
