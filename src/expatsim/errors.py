"""Errors for users: what is wrong and where, what is allowed, and the nearest valid name."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable

from expatsim.text import visible

LONGEST_NAME = 60  # letters; a longer name is no typing mistake
LONGEST_MESSAGE = 200  # characters of an error of a user's own code
MOST_PROBLEMS = 20  # printed of one file; nobody reads more at once
ALIKE = 0.7  # similarity of names, from 0 to 1, from which one is suggested


class InputError(ValueError):
    """Input of a user that cannot be used; shown as one line for each problem.

    Parameters
    ----------
    problems : str or iterable of str
        One line each; characters that would steer a terminal are written out.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        given = [problems] if isinstance(problems, str) else problems
        self.problems = [visible(problem) for problem in given]
        super().__init__("\n".join(self.problems))


def of_own_code(error: BaseException, file: str) -> str:
    """Return where an error of a user's own code arose, its kind and message, in one line.

    Parameters
    ----------
    error : BaseException
        What the code raised.
    file : str
        Name of its file, as Python has it.

    Examples
    --------
    >>> try:
    ...     exec(compile("x = 1 / 0", "mine.py", "exec"))
    ... except ZeroDivisionError as error:
    ...     of_own_code(error, "mine.py")
    'line 1: ZeroDivisionError: division by zero'
    """
    said, line = " ".join(str(error).split()), 0
    for frame in traceback.extract_tb(error.__traceback__):
        line = frame.lineno or 0 if frame.filename == file else line
    if isinstance(error, SyntaxError) and error.filename == file:
        said, line = error.msg, error.lineno or 0
    where = f"line {line}: " if line else ""
    return f"{where}{type(error).__name__}: {said}"[:LONGEST_MESSAGE]


def first_of(lines: Iterable[str], count: int) -> list[str]:
    """The first twenty lines, and a last one with the number of others.

    Parameters
    ----------
    lines : iterable of str
        Made one by one, so that only those that are returned cost time.
    count : int
        Number of all lines.
    """
    first = [line for line, _ in zip(lines, range(MOST_PROBLEMS), strict=False)]
    return first if count <= len(first) else [*first, f"and {count - len(first):,} more"]


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the allowed name that is meant, or an empty text.

    Parameters
    ----------
    name : str
        As the user wrote it.
    allowed : iterable of str
        Valid names.

    Examples
    --------
    >>> nearest("roterdam", ["rotterdam", "den_haag"])
    "; did you mean 'rotterdam'?"
    """
    match = nearest_name(name, allowed)
    return f"; did you mean {match!r}?" if match else ""


def nearest_name(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that is similar to ``name``, or the only one that contains it; else None.

    Parameters are those of :func:`nearest`.
    """
    wanted = str(name).lower()
    if not 0 < len(wanted) <= LONGEST_NAME:
        return None
    lowered = {a.lower(): a for a in allowed}
    match = difflib.get_close_matches(wanted, lowered, n=1, cutoff=ALIKE)
    if not match and len(wanted) > 3:
        holding = [a for a in lowered if wanted in a]
        match = holding if len(holding) == 1 else []
    return lowered[match[0]] if match else None
