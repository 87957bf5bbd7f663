"""Errors made for people: what, where, what is allowed, and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from expatsim.text import visible

LONGEST_NAME = 60  # a longer one is no slip of the pen
MOST_PROBLEMS = 20  # told of one file; nobody reads more at once
ALIKE = 0.7


class InputError(ValueError):
    """Something the user wrote cannot be used. One line for each problem, never a traceback.

    Parameters
    ----------
    problems : str or iterable of str
        One line each; characters that a terminal would obey are shown, not sent.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        given = [problems] if isinstance(problems, str) else problems
        self.problems = [visible(problem) for problem in given]
        super().__init__("\n".join(self.problems))


def first_of(lines: Iterable[str], count: int) -> list[str]:
    """The first twenty lines, and how many more there are of ``count``."""
    told = [line for line, _ in zip(lines, range(MOST_PROBLEMS), strict=False)]
    return told if count <= len(told) else [*told, f"and {count - len(told):,} more"]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the allowed name closest to ``name``, else nothing."""
    match = nearest_name(name, allowed)
    return f"; did you mean {match!r}?" if match else ""


def nearest_name(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that is meant: alike, or the only one that holds what was written."""
    asked = str(name).lower()
    if not 0 < len(asked) <= LONGEST_NAME:
        return None
    lowered = {a.lower(): a for a in allowed}
    match = difflib.get_close_matches(asked, lowered, n=1, cutoff=ALIKE)
    if not match and len(asked) > 3:
        holding = [a for a in lowered if asked in a]
        match = holding if len(holding) == 1 else []
    return lowered[match[0]] if match else None
