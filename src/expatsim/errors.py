"""Errors made for people: what, where, what is allowed, and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Something the user wrote cannot be used. One line for each problem, never a traceback.

    Parameters
    ----------
    problems : str or iterable of str
        One line each.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the allowed name closest to ``name``, else nothing."""
    lowered = {a.lower(): a for a in allowed}
    match = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.6)
    return f"; did you mean {lowered[match[0]]!r}?" if match else ""
