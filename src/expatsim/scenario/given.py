"""A scenario given as a dict of the keys of a file: the text of that file, and its name."""

from __future__ import annotations

import datetime
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from expatsim.errors import InputError
from expatsim.inputs.numbers import ambiguous
from expatsim.inputs.read import Document

UNNAMED = "scenario"  # one whose title has no letter
LONGEST_NAME = 60  # characters


def name_of(given: Mapping[str, Any]) -> str:
    """Return the name of a scenario that has no file: its title in small letters.

    Parameters
    ----------
    given : mapping
        Values by key.

    Examples
    --------
    >>> name_of({"title": "A café, in 2012"})
    'a-cafe-in-2012'
    """
    title = unicodedata.normalize("NFKD", str(given.get("title", "")))
    plain = "".join(c for c in title.lower() if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or UNNAMED


def text_of(given: Mapping[str, Any]) -> bytes:
    """Return the text of a file with these values, which says the same: JSON, which is YAML.

    Parameters
    ----------
    given : mapping
        Values by key, as in a scenario file.

    Raises
    ------
    InputError
        If a value is of a kind that no file has.
    """
    try:
        text = json.dumps(dict(given), default=_plain, ensure_ascii=False, indent=2)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        raise InputError(f"{name_of(given)}: {error}") from error


def _plain(value: Any) -> Any:
    """Return a value of NumPy, a path or a mapping as files have them."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()  # as YAML reads a date, which is refused with its month
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a scenario")


def without_lines(document: Document) -> None:
    """Leave out of a document what only a file has: lines, and doubts about how numbers are typed.

    Parameters
    ----------
    document : Document
        Read from :func:`text_of`.
    """
    document.lines.update(dict.fromkeys(document.lines, 0))
    doubtful = [p for p, x in document.written.items() if x.plain and ambiguous(x.text)]
    for place in doubtful:
        del document.written[place]
