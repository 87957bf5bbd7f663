"""Mistakes of YAML syntax, explained in terms of the file and not of the YAML grammar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from expatsim.inputs.aliases import ALIASES
from expatsim.inputs.encoding import BREAK

_ENTRY = re.compile(
    r"^(?P<indent>[ ]*)(?:- +)*(?P<key>[^\s'\"#{\[-][^:#]*?) *:(?: +(?P<value>.*))?$"
)
_STRANGE_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]")
_QUOTED = re.compile(r"""(['"]).*\1\s*(?:#.*)?$""")
_NO_BEGINNING = "&*!|>%@`,]}"
_PAIR = re.compile(r"^(?P<key>[^\s:=;\uff1a]+)\s*(?P<mark>[:=;\uff1a]?)(?P<gap>\s*)(?P<rest>.*)$")
_BLOCK = re.compile(r"^\s*(?:- +)*(?P<key>[^:#]+?) *: *(?P<mark>[|>])[-+\d]*\s*(?:#.*)?$")
_IN_QUOTES = re.compile(r""""[^"]*"|'[^']*'""")
_TWO_PAIRS = re.compile(  # between braces, where something else than a comma parts them
    r"^\s*(?P<key>\w+):\s+(?P<value>[-+]?\d[^\s;]*|[^;]*(?=;))\s*;?\s*(?P<other>\w+)\s*:\s"
)
_COLON_INSIDE = re.compile(r"^\s*(?P<key>\w+):\s+(?P<value>[^\s].*:(?:\s.*)?)$")
_INDENTATION = (
    "the indentation does not fit the lines above: "
    "keys of one group begin in the same column, and a group stands deeper than its name"
)


def what_is_wrong(text: str, error: Any, what: str, groups: Mapping[str, str]) -> tuple[int, str]:
    """The line of a mistake, from one, and a sentence that says what to write.

    Parameters
    ----------
    text : str
        The whole file.
    error : ruamel.yaml.error.MarkedYAMLError
        What the parser raised.
    what : str
        Name of the kind of file with its article, such as ``"a scenario"``.
    groups : mapping of str to str
        Keys that have others below them, see :func:`expatsim.inputs.keys.groups_of`.
    """
    lines = BREAK.split(text)
    start = error.context_mark.line if error.context_mark else 0
    at = error.problem_mark.line if error.problem_mark else start
    at = min(at, len(lines) - 1)
    line, message = (
        _by_spaces(lines, start, at, str(error.problem))
        or _by_braces(lines[at], at)
        or _by_group(lines[at], at, groups)
        or _by_end(lines, start, at, f"{error.context} {error.problem}")
        or _by_line(lines, at, str(error.problem))
        or (at, f"{what} is a list of `key: value` lines, and this is none: {_cut(lines[at])!r}")
    )
    return line + 1, message


def _by_spaces(lines: list[str], start: int, at: int, problem: str) -> tuple[int, str] | None:
    """Line and message for tabs, and for spaces that YAML does not take as such; None without."""
    for k in range(start, at + 1):
        blank = lines[k][: len(lines[k]) - len(lines[k].lstrip())]
        if "\t" in blank and lines[k].strip():
            return k, "indent with spaces, not tabs"
    if "'\\t'" in problem:
        return at, "a tab stands here; use spaces, not tabs"
    messages = ((k, unusual_space(lines[k])) for k in sorted({start, max(at - 1, 0), at}))
    return next(((k, message) for k, message in messages if message), None)


def unusual_space(text: str) -> str:
    """Message for a space that YAML does not take as one; empty if there is none."""
    space = _STRANGE_SPACES.search(text)
    where = f"an unusual space ({ascii(space[0])[1:-1]}) stands here" if space else ""
    return where and f"{where}; use ordinary spaces"


def _by_end(lines: list[str], start: int, at: int, problem: str) -> tuple[int, str] | None:
    """Line and message for brackets and quotes that do not end; None if all end."""
    if "quoted scalar" in problem and "escape" not in problem and "hexadecimal" not in problem:
        double = "; text that begins with ' goes in double quotes" if "'" in lines[start] else ""
        return start, f"the quote that begins here does not end{double}"
    if "quoted scalar" in problem:
        return at, "a \\ in double quotes begins a special character; use single quotes"
    if "flow" in problem or not lines[at].strip():
        for k in range(at, -1, -1):
            bare = re.sub(r"(^|\s)#.*$", "", lines[k])
            for mark, end in ("{}", "[]"):
                if bare.count(mark) <= bare.count(end):
                    continue
                if lines[k].count(mark) <= lines[k].count(end):
                    return k, f"the {end} stands after a #, which begins a comment; put it before"
                advice = "text that begins with it goes in quotes"
                return k, f"the {mark} here has no {end}; {advice}"
    if "another document" in problem:
        return at, "a second text begins here (---); one file holds one"
    return None


def _by_line(lines: list[str], at: int, problem: str) -> tuple[int, str] | None:
    """Line and message for colons, marks at the beginning of a text and indentation; else None."""
    before = next((k for k in range(at - 1, -1, -1) if _has_content(lines[k])), None)
    entry = _ENTRY.match(lines[at])
    value = (entry["value"] or "").strip() if entry else ""
    if value[:1] in ("'", '"') and "<scalar>" in problem:
        return at, f"{_key(entry)}: text goes on after its closing quote; use the other quotes"
    if value[:1] and (value[0] in _NO_BEGINNING or value[0] in "[{"):
        return at, f"{_key(entry)}: text that begins with {value[0]} goes in quotes"
    if value[:2] in ("- ", "? ", "-", "?"):
        return at, f"{_key(entry)}: text that begins with {value[0]} goes in quotes"
    if block := _unindented(lines, before if entry or before is None else at):
        return block
    if before is not None and _lacks_colon(lines[before]):
        return before, _no_colon(lines[before])
    if "could not find expected ':'" in problem:
        k = at if _has_content(lines[at]) and not entry else before
        if k is not None and not _ENTRY.match(lines[k]):
            return k, _no_colon(lines[k])
    if value and (re.search(r":(\s|$)", value)) and not _QUOTED.match(value):
        quoted = value.replace('"', "'")
        return at, (
            f'{_key(entry)}: text with a colon goes in quotes: {_key(entry)}: "{_cut(quoted)}"'
        )
    if "mapping values" in problem or "block" in problem or "document start" in problem:
        first = next(k for k in range(at + 1) if k == at or _has_content(lines[k]))
        if first < at and lines[first][0] == " " and lines[at][:1] != " ":
            return first, "a space stands before the first key; begin it in the first column"
        return at, _INDENTATION
    if lines[at].strip()[:1] in tuple(_NO_BEGINNING):
        return at, f"text that begins with {lines[at].strip()[0]} goes in quotes"
    return None


def _by_braces(line: str, at: int) -> tuple[int, str] | None:
    """Line and message for keys between braces without a comma, or a colon in a text there."""
    if "{" not in line:
        return None
    for part in re.split(r"[{},\[\]]", _IN_QUOTES.sub("''", line.partition("{")[2])):
        two = _TWO_PAIRS.match(part)
        if two and (";" in part or two["other"] in ALIASES):
            pair = f"{two['key']}: {two['value'].strip()}, {two['other']}: ..."
            return at, f"between braces a comma goes before the next key: {{{_cut(pair)}}}"
        if text := _COLON_INSIDE.match(part):
            value = _cut(text["value"].strip())
            key = text["key"]
            return at, f'{key}: text with a colon goes in quotes: {key}: "{value}"'
    return None


def _by_group(line: str, at: int, groups: Mapping[str, str]) -> tuple[int, str] | None:
    """Line and message for keys on the same line as their group; None if there are none."""
    entry = _ENTRY.match(line)
    if not entry or entry["key"] not in groups or not entry["value"]:
        return None
    key, begin = entry["key"], groups[entry["key"]]
    value = entry["value"].strip().removeprefix("- ")
    if value[0] in "{['\"" or not re.match(r"[\w ]+:(\s|$)", value):
        return None
    for mark, end in ("{}", "[]"):
        value = value.removesuffix(end) if value.count(end) > value.count(mark) else value
    keys = re.split(r",\s+(?=\w+:\s)", value)
    first, *others = [f"`{_cut(k)}`" for k in keys]
    below = ", ".join([f"`{begin}{first[1:]}", *others])
    return at, f"{key}: what belongs to it stands indented on the lines below, {below}"


def _unindented(lines: list[str], at: int | None) -> tuple[int, str] | None:
    """Line and message for text that is not indented below ``description: |``; else None."""
    first = None
    while at is not None and at >= 0:
        if _has_content(lines[at]):
            if message := block_of_text(lines[at]):
                if first is None or _depth(lines[first]) > _depth(lines[at]):
                    return None
                return first, message
            if _ENTRY.match(lines[at]):
                return None
            first = at
        at -= 1
    return None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def block_of_text(line: str) -> str:
    """Message for unindented text after a line like ``description: |``; empty for other lines."""
    block = _BLOCK.match(line)
    return f"{_cut(block['key'])}: indent the text below the {block['mark']}" if block else ""


def first_line(text: str, value: str, line: int) -> str:
    """The part of a text value that stands on its own first line.

    Parameters
    ----------
    text : str
        The whole file.
    value : str
        The value as it was read, with its lines joined.
    line : int
        Line on which it begins, from one.
    """
    lines = BREAK.split(text)
    alone = lines[line - 1].strip().removeprefix("- ") if line <= len(lines) else ""
    return alone if alone and value.startswith(alone) else value


def _has_content(line: str) -> bool:
    """Whether a line holds more than a comment."""
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _lacks_colon(line: str) -> bool:
    """Whether a line is meant as ``key: value`` and lacks the colon."""
    stripped = line.strip()
    entry = stripped.removeprefix("- ")
    if entry != stripped and not re.match(r"\w+\s*[=;\uff1a\s]\s*\S", entry):
        return False  # a word of a list
    goes_on = re.search(r"[|>][-+]?$|[,{\[]$", stripped)
    return not (goes_on or entry[0] in "-{}[]'\"%" or _ENTRY.match(line))


def _no_colon(line: str) -> str:
    return f"no colon: {advice}" if (advice := with_colon(line)) else "no colon in this line"


def with_colon(line: str) -> str:
    """Advice on a line that lacks the colon of ``key: value``, or the space after it."""
    pair = _PAIR.match(line.strip().removeprefix("- "))
    if not pair:
        return ""
    key, rest = _cut(pair["key"]), _cut(pair["rest"])
    if pair["mark"] == ":" and rest and not pair["gap"]:
        return f"write a space after the colon, `{key}: {rest}`"
    return f"write `{key}: {rest}`" if rest else f"write `{key}:`"


def _key(match: re.Match[str] | None) -> str:
    return _cut(match["key"]) if match else ""


def shown(text: str, most: int = 60) -> str:
    """A text, cut to ``most`` letters if it is longer."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _cut(text: str) -> str:
    return shown(" ".join(text.split()))


def as_words(value: object) -> str:
    """A short name of a value for messages."""
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else shown(repr(value), 40)
