"""What somebody got wrong where the reader of YAML stumbled, in words of the file, not of YAML."""

from __future__ import annotations

import re
from typing import Any

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ENTRY = re.compile(
    r"^(?P<indent>[ ]*)(?:- +)*(?P<key>[^\s'\"#{\[-][^:#]*?) *:(?: +(?P<value>.*))?$"
)
_STRANGE_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]")
_QUOTED = re.compile(r"""(['"]).*\1\s*(?:#.*)?$""")
_NO_BEGINNING = "&*!|>%@`,]}"
_INDENTATION = (
    "the indentation does not fit the lines above: "
    "keys of one group begin in the same column, and a group stands deeper than its name"
)


def what_is_wrong(text: str, error: Any, what: str) -> tuple[int, str]:
    """The line of a mistake, from one, and a sentence that says what to write.

    Parameters
    ----------
    text : str
        The whole file.
    error : ruamel.yaml.error.MarkedYAMLError
    what : str
        What such a file is, such as ``"a scenario"``.
    """
    lines = _BREAK.split(text)
    begun = error.context_mark.line if error.context_mark else 0
    at = error.problem_mark.line if error.problem_mark else begun
    at = min(at, len(lines) - 1)
    line, message = (
        _by_spaces(lines, begun, at, str(error.problem))
        or _by_end(lines, begun, at, f"{error.context} {error.problem}")
        or _by_line(lines, at, str(error.problem))
        or (at, f"{what} is a list of `key: value` lines, and this is none: {_cut(lines[at])!r}")
    )
    return line + 1, message


def _by_spaces(lines: list[str], begun: int, at: int, problem: str) -> tuple[int, str] | None:
    """Tabs, and spaces that are none to the reader."""
    for k in range(begun, at + 1):
        blank = lines[k][: len(lines[k]) - len(lines[k].lstrip())]
        if "\t" in blank and lines[k].strip():
            return k, "indent with spaces, not tabs"
    if "'\\t'" in problem:
        return at, "a tab stands here; use spaces, not tabs"
    told = ((k, unusual_space(lines[k])) for k in sorted({begun, max(at - 1, 0), at}))
    return next(((k, message) for k, message in told if message), None)


def unusual_space(text: str) -> str:
    """What to say of a space that is none to the reader; empty if there is none."""
    found = _STRANGE_SPACES.search(text)
    where = f"an unusual space ({ascii(found[0])[1:-1]}) stands here" if found else ""
    return where and f"{where}; use ordinary spaces"


def _by_end(lines: list[str], begun: int, at: int, said: str) -> tuple[int, str] | None:
    """Brackets and quotes that begin and do not end."""
    if "quoted scalar" in said and "escape" not in said and "hexadecimal" not in said:
        double = "; text that begins with ' goes in double quotes" if "'" in lines[begun] else ""
        return begun, f"the quote that begins here does not end{double}"
    if "quoted scalar" in said:
        return at, "a \\ in double quotes begins a special character; use single quotes"
    if "flow" in said or not lines[at].strip():
        for k in range(at, -1, -1):
            for mark, end in ("{}", "[]"):
                if lines[k].count(mark) > lines[k].count(end):
                    return (
                        k,
                        f"the {mark} here has no {end}; text that begins with it goes in quotes",
                    )
    if "another document" in said:
        return at, "a second text begins here (---); one file holds one"
    return None


def _by_line(lines: list[str], at: int, problem: str) -> tuple[int, str] | None:
    """A colon too many or too few, a mark at the beginning of a text, and indentation."""
    before = next((k for k in range(at - 1, -1, -1) if _said(lines[k])), None)
    here = _ENTRY.match(lines[at])
    value = (here["value"] or "").strip() if here else ""
    if value[:1] in ("'", '"') and "<scalar>" in problem:
        return at, f"{_key(here)}: text goes on after its closing quote; use the other quotes"
    if value[:1] and (value[0] in _NO_BEGINNING or value[0] in "[{"):
        return at, f"{_key(here)}: text that begins with {value[0]} goes in quotes"
    if before is not None and _lacks_colon(lines[before]):
        return before, _no_colon(lines[before])
    if "could not find expected ':'" in problem:
        k = at if _said(lines[at]) and not here else before
        if k is not None and not _ENTRY.match(lines[k]):
            return k, _no_colon(lines[k])
    if value and (re.search(r":(\s|$)", value)) and not _QUOTED.match(value):
        quoted = value.replace('"', "'")
        return at, (
            f'{_key(here)}: text with a colon goes in quotes: {_key(here)}: "{_cut(quoted)}"'
        )
    if "mapping values" in problem or "block" in problem or "document start" in problem:
        return at, _INDENTATION
    if lines[at].strip()[:1] in tuple(_NO_BEGINNING):
        return at, f"text that begins with {lines[at].strip()[0]} goes in quotes"
    return None


def _said(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _lacks_colon(line: str) -> bool:
    """Whether a line is meant to be ``key: value``, and is none."""
    stripped = line.strip()
    goes_on = re.search(r"[|>][-+]?$|[,{\[]$", stripped)
    return not (goes_on or stripped[0] in "-{}[]'\"%" or _ENTRY.match(line))


def _no_colon(line: str) -> str:
    return f"no colon: {advice}" if (advice := with_colon(line)) else "no colon in this line"


def with_colon(line: str) -> str:
    """Advice on a line that lacks the colon of ``key: value``, or the space after it."""
    words = line.strip().removeprefix("- ").split(None, 1)
    if not words:
        return ""
    key, _, glued = words[0].partition(":")
    if glued:
        return f"write a space after the colon, `{_cut(key)}: {_cut(glued)}`"
    rest = f" {_cut(words[1])}" if len(words) > 1 else ""
    return f"write `{_cut(key)}:{rest}`"


def _key(match: re.Match[str] | None) -> str:
    return _cut(match["key"]) if match else ""


def shown(text: str, most: int = 60) -> str:
    """The text, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _cut(text: str) -> str:
    return shown(" ".join(text.split()))
