"""Arguments of functions: numbers and lists of names, told in one line where they are wrong.

Keys of files have their checks in :mod:`expatsim.inputs`; these are for what comes from Python,
where a number may be NumPy's, and a text would pass for a list of its letters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from expatsim.errors import InputError

LONGEST = 60  # characters of a wrong argument that a message shows


def whole_number(name: str, given: Any, low: int, high: int, *, unit: str = "") -> int:
    """Return a whole number within its range.

    Parameters
    ----------
    name : str
        The argument, as the caller wrote it.
    given : int or numpy.integer
        Its value.
    low, high : int
        Lowest and highest that are allowed.
    unit : str
        Its unit, for the message.

    Raises
    ------
    InputError
        If it is no whole number, or out of range.

    Examples
    --------
    >>> whole_number("draws", 100, 2, 10_000)
    100
    """
    allowed = f"(allowed: {low:,} to {high:,}{f' {unit}' if unit else ''})"
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise InputError(f"{name}: must be a whole number, not {_shown(given)} {allowed}")
    value = int(given)
    if not low <= value <= high:
        raise InputError(f"{name}: {value} is out of range {allowed}")
    return value


def number(
    name: str, given: Any, low: float, high: float = math.inf, *, more: bool = False, unit: str = ""
) -> float:
    """Return a finite number within its range.

    Parameters
    ----------
    name : str
        The argument, as the caller wrote it.
    given : float or numpy.floating
        Its value.
    low, high : float
        Lowest and highest that are allowed.
    more : bool
        Whether it must be more than ``low``.
    unit : str
        Its unit, for the message.

    Raises
    ------
    InputError
        If it is no finite number, or out of range.

    Examples
    --------
    >>> number("smallest", 0.005, 0, 1)
    0.005
    """
    ends = f"more than {low:g}" if more else f"{low:g}" if high < math.inf else f"{low:g} or more"
    to = f"{',' if more else ''} to {high:g}" if high < math.inf else ""
    allowed = f"(allowed: {ends}{to}{f' {unit}' if unit else ''})" if low > -math.inf else ""
    if isinstance(given, bool) or not isinstance(given, Real):
        raise InputError(f"{name}: must be a number, not {_shown(given)} {allowed}".rstrip())
    value = float(given)
    inside = low < value <= high if more else low <= value <= high
    if not math.isfinite(value) and not allowed:
        raise InputError(f"{name}: must be a finite number, not {value:g}")
    if not inside or not math.isfinite(value):
        raise InputError(f"{name}: {value:g} is out of range {allowed}")
    return value


def names(name: str, given: Iterable[str]) -> list[str]:
    """Return a list of names; a text alone is one name, and not its letters.

    Parameters
    ----------
    name : str
        The argument, as the caller wrote it.
    given : iterable of str
        Its value.

    Raises
    ------
    InputError
        If it is no list of texts.

    Examples
    --------
    >>> names("outcomes", "welcome")
    ['welcome']
    """
    if isinstance(given, str):
        return [given]
    listed = list(given) if isinstance(given, Iterable) else [given]
    wrong = [x for x in listed if not isinstance(x, str)]
    if wrong:
        raise InputError(f"{name}: give a list of names, not {_shown(wrong[0])}")
    return listed


def _shown(given: Any) -> str:
    """A wrong argument in one short line."""
    text = " ".join(repr(given).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
