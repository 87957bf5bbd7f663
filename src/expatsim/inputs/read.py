"""Plain values of a YAML file, with the line of every key and the text that stands there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from expatsim.inputs.encoding import Problem, Unreadable, decode, read_text
from expatsim.inputs.syntax import first_line, shown, what_is_wrong, with_colon

DEEPEST = 20  # levels of keys and lists inside each other
MOST_VALUES = 25_000  # keys and values; five hundred changes of everything have fewer
LONGEST_NUMBER = 100  # digits
_NUMBER = re.compile(r"^(?:€|eur|euros?)?\s*[+-]?\d[\d.,]*$", re.I)  # the part before a comma
_DASH = re.compile(r"^[-\u2010-\u2015\u2022\u2212]\s*([^\W\d].*)$")  # an entry without its space
_TAIL = re.compile(r"^(?:\d+(?:\.\d+)?\s*%?|-+)$")  # the part after it
Place = tuple[str | int, ...]


class Written(NamedTuple):
    """A single value as it stands in the file.

    Attributes
    ----------
    text : str
        Its text, without quotes.
    line : int
        Line on which it begins, from one.
    plain : bool
        Whether it has no quotes.
    """

    text: str
    line: int
    plain: bool


class Document(NamedTuple):
    """Content of a file.

    Attributes
    ----------
    values : dict
        Numbers, texts, lists and mappings by key; empty if the file cannot be read.
    lines : dict
        Line, from one, by path (keys and positions in lists).
    text : str
        The whole file.
    problems : list of Problem
        What is wrong with the file as YAML.
    written : dict
        :class:`Written` by path, for single values.
    whole : bool
        False if the file was not read to its end; keys that are missing may then stand there.
    rest : Problem or None
        Where reading stopped, if the file is too long.
    """

    values: dict[str, Any]
    lines: dict[Place, int]
    text: str
    problems: list[Problem]
    written: dict[Place, Written]
    whole: bool
    rest: Problem | None = None


def read_yaml(
    path: Path, what: str, first: str, groups: Mapping[str, str], data: bytes | None = None
) -> Document:
    """Content of a file; ``problems`` holds all that is wrong with it as YAML.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    what, first : str
        Name of the kind of file with its article, and the key with which it begins, for messages.
    groups : mapping of str to str
        Keys that have others below them, see :func:`expatsim.inputs.keys.groups_of`.
    data : bytes, optional
        Content, where it is not on the disk; the path is then only its name.
    """
    try:
        text = read_text(path) if data is None else decode(data)
    except Unreadable as error:
        return _unread("", error.problem)
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    reader = _Reader(yaml.resolver, text)
    try:
        root = reader.document(yaml.parse(text), what, first)
    except _Enough as enough:
        return _unread(text, *reader.problems, *enough.args)
    except MarkedYAMLError as error:
        # problems before the mistake are reported with it: they may be its cause
        last = Problem(*what_is_wrong(text, error, what, groups))
        reported = any(p.line == last.line for p in reader.problems)
        return _unread(text, *reader.problems, *(() if reported else (last,)))
    except (YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        return _unread(text, Problem(0, f"cannot be read: {reason}"))
    if not isinstance(root, dict):
        return _unread(text, *reader.problems, *([reader.rest] if reader.rest else []))
    whole = reader.rest is None
    return Document(root, reader.lines, text, reader.problems, reader.written, whole, reader.rest)


def _unread(text: str, *problems: Problem) -> Document:
    """Document of a file that cannot be read, without values."""
    return Document({}, {}, text, list(problems), {}, False)


class _Enough(Exception):  # noqa: N818 - it ends the reading, and is no error of the program
    """The rest of a file is not worth reading; its argument is the last problem."""


class _Reader:
    """Values, lines and problems of a file, collected from the events of the YAML parser."""

    def __init__(self, resolver: Any, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self.written: dict[Place, Written] = {}
        self.problems: list[Problem] = []
        self.resolver = resolver
        self.text = text
        self.rest: Problem | None = None
        self.count = 0
        self.events: Iterator[Any] = iter(())

    def document(self, events: Iterator[Any], what: str, first: str) -> Any:
        """The value of the whole file; ``None`` if it is empty."""
        from ruamel.yaml import events as kinds

        self.events = (e for e in events if not isinstance(e, kinds.StreamStartEvent))
        if isinstance(next(self.events), kinds.StreamEndEvent):
            self.report(0, f"the file is empty; {what} needs `{first}:`")
            return None
        root = next(self.events)
        value = self.value(root, ())
        if self.rest:
            return value
        next(self.events)  # the end of the document
        after = next(self.events)
        if not isinstance(after, kinds.StreamEndEvent):
            line = after.start_mark.line + 1
            self.report(line, f"a second text begins here (---); one file holds {what}, no more")
        elif not isinstance(root, kinds.MappingStartEvent):
            if value is None and not self.problems:
                self.report(0, f"the file is empty; {what} needs `{first}:`")
                return None
            line = root.start_mark.line + 1
            advice = ""
            if isinstance(value, str):
                advice = f"; {with_colon(first_line(self.text, value, line))}"
            message = f"{what} is a list of `key: value` lines, beginning with `{first}:`{advice}"
            self.report(line, message)
        return value

    def report(self, line: int, message: str) -> None:
        """Add a problem to those of the file, unless it is the last one again."""
        if self.problems[-1:] != [Problem(line, message)]:
            self.problems.append(Problem(line, message))

    def value(self, event: Any, path: Place) -> Any:
        """The value that begins with an event; its further events are consumed."""
        from ruamel.yaml import events as kinds

        line = event.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.count += 1
        if self.count > MOST_VALUES:
            message = f"more than {MOST_VALUES:,} keys and values, so the rest was not read"
            self.rest = Problem(line, message)
            return None
        if len(path) > DEEPEST:
            raise _Enough(Problem(line, "nested too deeply"))
        if getattr(event, "anchor", None):
            message = "anchors and aliases (& and *) are not allowed; write the value out"
            self.report(line, f"{message}, and text that begins so in quotes")
        if isinstance(event, kinds.MappingStartEvent):
            self._no_tag(event, line, "map")
            return self._mapping(path, bool(event.flow_style))
        if isinstance(event, kinds.SequenceStartEvent):
            self._no_tag(event, line, "seq")
            return self._sequence(path)
        return None if isinstance(event, kinds.AliasEvent) else self._scalar(event, line, path)

    def _no_tag(self, event: Any, line: int, usual: str) -> None:
        if event.tag and str(event.tag) != f"tag:yaml.org,2002:{usual}":
            self.report(line, _about_tag(event.tag))

    def _sequence(self, path: Place) -> list[Any]:
        from ruamel.yaml.events import SequenceEndEvent

        result: list[Any] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            value = self.value(event, (*path, len(result)))
            if self.rest is None or value is not None:
                result.append(value)
            if self.rest:
                break
        return result

    def _mapping(self, path: Place, flow: bool) -> dict[str, Any]:
        from ruamel.yaml import events as kinds

        result: dict[str, Any] = {}
        before: str | None = None
        for event in self.events:
            if isinstance(event, kinds.MappingEndEvent):
                break
            line = event.start_mark.line + 1
            if not isinstance(event, kinds.ScalarEvent):
                raise _Enough(Problem(line, "a key must be a plain word"))
            if event.anchor or event.tag:
                self.report(line, "a key must be a plain word")
            key = self._whole_characters(str(event.value), line)
            if dash := _DASH.match(key):
                entry = f"`- {shown(dash[1])}: ...`"
                raise _Enough(Problem(line, f"an entry begins with `- `, with a space: {entry}"))
            following = next(self.events)
            if flow and before is not None and self._cut(event, following, (*path, before)):
                result[before] = self.written[(*path, before)].text
                continue
            if key in result:
                name = shown(".".join(map(str, (*path, key))))
                first = self.lines[(*path, key)]
                self.report(line, f"{name} is given twice (first on line {first})")
                self.value(following, (*path, f"{key} again"))  # its events must be consumed too
                if self.rest:
                    break
                continue
            self.lines[(*path, key)] = line
            value = self.value(following, (*path, key))
            if self.rest is None or value is not None:
                result[key] = value
            if self.rest:
                break
            before = key
        return result

    def _cut(self, key: Any, following: Any, before: Place) -> bool:
        """Whether a key is the end of a number with a comma, which is then joined.

        YAML reads ``{a: 150,000}`` as ``a: 150`` and an empty key ``000``.
        """
        number = self.written.get(before)
        cut = key.style is None and not getattr(following, "value", "x") and _TAIL.match(key.value)
        if number is None or not (cut and number.plain and _NUMBER.match(number.text)):
            return False
        self.written[before] = number._replace(text=f"{number.text},{key.value}")
        return True

    def _scalar(self, event: Any, line: int, path: Place) -> Any:
        from ruamel.yaml.nodes import ScalarNode

        text = str(event.value)
        if event.style == ">":
            text = text.replace("\a", "")  # with which the parser marks folded lines
        plain = event.style is None
        self.written[path] = Written(text, line, plain)
        if not plain or event.tag:
            self._no_tag(event, line, "str")
            return self._whole_characters(text or str(event.tag or ""), line)
        tag = str(self.resolver.resolve(ScalarNode, text, event.implicit)).rpartition(":")[2]
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        return _number(text, tag) if tag in ("int", "float") else text

    def _whole_characters(self, text: str, line: int) -> str:
        """A text with halves of characters joined: JSON writes those above U+FFFF as two."""
        if not any("\ud800" <= c <= "\udfff" for c in text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.report(line, f"{shown(repr(text)[1:-1])}: \\u stands for half a character here")
            return ""


def _number(text: str, tag: str) -> int | float | str:
    """The number that a text stands for; the text itself if it is too long or no number."""
    digits = text.lower().replace("_", "")
    try:
        if len(digits) > LONGEST_NUMBER:
            return text
        if tag == "int":
            return int(digits, 0) if digits.startswith(("0x", "0o")) else int(digits)
        return float(digits.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text


def _about_tag(tag: Any) -> str:
    name = shown(str(tag).rpartition(":")[2])
    return f"tag {name!r} is not allowed; text that begins with ! goes in quotes"


def finite(value: Any) -> bool:
    """Whether a value is no NaN or infinity; True for all that is not a number."""
    return not isinstance(value, float) or math.isfinite(value)
