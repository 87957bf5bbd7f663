"""What a file seems to be that is not what was asked for: by its lines or keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from expatsim.errors import nearest_name
from expatsim.inputs.aliases import absent, key_meant
from expatsim.inputs.syntax import shown

A_TEXT, A_JSON = "a text", "a JSON file"
_LINES = (  # the beginning of the first line that is not empty
    (re.compile(r"<!doctype html|<html|<head|<body", re.I), "a web page (HTML)"),
    (re.compile(r"<[?!a-z]", re.I), "a file with tags (XML or HTML)"),
    (re.compile(r"#!|\$ |expatsim "), "commands for a terminal"),
    (re.compile(r"import \w|from [\w.]+ import|def \w+\("), "a Python file"),
    (re.compile(r"\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d"), "a log"),
    (re.compile(r"(from|to|van|aan|subject|onderwerp|received): .*", re.I), "a mail"),
    (re.compile(r"[{[]\s*[\"{[]"), A_JSON),
    (re.compile(r"\[[\w. -]+\]\s*$"), "settings of another program (INI)"),
    (re.compile(r"\|.*\|\s*$"), "a table of a text (Markdown)"),
)
_TOP = re.compile(r"^[\"']?([^\W\d][\w-]*)[\"']?\s*:(?:\s|$)")
_ENTRY = re.compile(r"[\s-]*[^\W\d][\w-]*\s*:(?:\s|$)")
_WORD = re.compile(r"""[\s"'{\[,-]*([^\W\d][\w-]*)["']?\s*(:?)""")
_KEY = re.compile(r"""[{,]\s*["']?([^\W\d][\w-]*)["']?\s*:""")
MOST_LINES = 1000  # that are looked at


class Other(NamedTuple):
    """Another kind of files of the package.

    Attributes
    ----------
    what : str
        Its name, with its article.
    command : str
        What takes it.
    names : str
        Keys that such a file has at the beginning of a line, and the other kinds have not.
    """

    what: str
    command: str
    names: str

    @property
    def keys(self) -> set[str]:
        """The keys, one by one."""
        return set(self.names.split())


OTHERS = (
    Other(
        "a scenario",
        "expatsim check",
        "city based_on policy policy_from climate changes costs population start title_nl "
        "description_nl value_per_expat_year",
    ),
    Other(
        "a sweep file",
        "expatsim sweep",
        "scenario others uncertainties levers design table samples second_order replicates "
        "outcomes groups series",
    ),
    Other(
        "a calibration file",
        "expatsim calibrate",
        "pilot rounds walkers tune burn steps without priors targets cities",
    ),
    Other(
        "a city",
        "expatsim city check",
        "names also_called region donors levels_2009 survey_of arrivals",
    ),
)


def kind_of_text(text: str) -> str:
    r"""What a text seems to be, with its article.

    Parameters
    ----------
    text : str
        Text that is not of the kind that was asked for.

    Examples
    --------
    >>> kind_of_text("name;value\nmentors;0,5\n")
    'a table (CSV)'
    >>> kind_of_text("Beste collega,\n")
    'a text'
    """
    lines = [line for line in text.splitlines()[:MOST_LINES] if line.strip()]
    first = lines[0].strip() if lines else ""
    for mark, kind in _LINES:
        if mark.match(first):
            return kind
    for comma in "" if any(map(_ENTRY.match, lines)) else ";\t,":
        cells = {line.count(comma) for line in lines}
        if len(lines) > 1 and len(cells) == 1 and cells != {0}:
            return "a table (CSV)"
    return A_TEXT


def another_kind(
    text: str, what: str, looks: str, top: Collection[str], keys: Collection[str]
) -> str:
    """What a text is instead of the kind that was asked for, in a sentence; empty if it is that.

    Parameters
    ----------
    text : str
        Content of a file that has problems.
    what, looks : str
        Name of the kind with its article, and what such a file looks like.
    top : collection of str
        Keys that such a file has at the beginning of a line.
    keys : collection of str
        Keys that it may have at any place.
    """
    lines = [line for line in text.splitlines()[:MOST_LINES] if line.strip()]
    own = [line for line in lines if not line.strip().startswith("#")]
    written = {match[1] for line in own if (match := _TOP.match(line))}
    known = written & set(top)
    of_kind = next((other.keys for other in OTHERS if other.what == what), set())
    for other in OTHERS:
        mine = written & (other.keys - set(top))
        if other.what != what and len(mine) > 1 and not written & of_kind:
            named = ", ".join(sorted(mine))
            return f"seems to be {other.what}, not {what} ({named}): `{other.command}` takes it"
    kind = kind_of_text(text)
    if (
        known
        or not own
        or own[0].startswith("- ")
        or (kind in (A_TEXT, A_JSON) and _is_meant(own, [*top, *keys]))
    ):
        return ""
    return f"seems to be {kind}, not {what} ({shown(own[0].strip())!r}); {looks}"


def _is_meant(lines: Sequence[str], keys: Collection[str]) -> bool:
    """Whether a line begins with a key, or all do with a word and a colon."""
    if all(map(_ENTRY.match, lines)):
        return True
    words = {match[1]: bool(match[2]) for line in lines if (match := _WORD.match(line))}
    words |= {key: True for line in lines for key in _KEY.findall(line)}
    return any(
        word in keys
        or key_meant(word, keys) in keys
        or (colon and bool(nearest_name(word, keys) or absent(word)))
        for word, colon in words.items()
    )
