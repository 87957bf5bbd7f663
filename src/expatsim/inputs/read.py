"""Read a YAML file into plain values, with the line of every key and what was written there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from expatsim.inputs.encoding import Problem, Unreadable, read_text
from expatsim.inputs.syntax import first_line, shown, what_is_wrong, with_colon

DEEPEST = 20
MOST_VALUES = 25_000  # keys and values; five hundred changes of everything have fewer
LONGEST_NUMBER = 100  # digits
_NUMBER = re.compile(r"^(?:€|eur|euros?)?\s*[+-]?\d[\d.,]*$", re.I)  # and what a comma cut off it
_DASH = re.compile(r"^[-\u2010-\u2015\u2022\u2212]\s*([^\W\d].*)$")  # an entry without its space
_TAIL = re.compile(r"^(?:\d+(?:\.\d+)?\s*%?|-+)$")
Place = tuple[str | int, ...]


class Written(NamedTuple):
    """What stands in the file for a value: its text, its line, and whether it has no quotes."""

    text: str
    line: int
    plain: bool


class Document(NamedTuple):
    """Content of a file.

    Attributes
    ----------
    values : dict
    lines : dict
        Path of keys and list positions to line, from one.
    text : str
    problems : list of Problem
    written : dict
        Path of a single value to what was written there.
    whole : bool
        False if the file could not be read to its end; what is missing may then stand there.
    rest : Problem or None
        Where the reading ended, if the file is so long that the rest was not read.
    """

    values: dict[str, Any]
    lines: dict[Place, int]
    text: str
    problems: list[Problem]
    written: dict[Place, Written]
    whole: bool
    rest: Problem | None = None


def read_yaml(path: Path, what: str, first: str, groups: Mapping[str, str]) -> Document:
    """Read a file; everything that is wrong with it as YAML is in ``problems``.

    Parameters
    ----------
    path : pathlib.Path
    what, first : str
        What such a file is and how it begins, for the advice in messages.
    groups : mapping of str to str
        Keys that have others below them, and with what each of these begins.
    """
    try:
        text = read_text(path)
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
        # what was read before the mistake is told with it: the mistake may have its cause there
        last = Problem(*what_is_wrong(text, error, what, groups))
        told = any(p.line == last.line for p in reader.problems)
        return _unread(text, *reader.problems, *(() if told else (last,)))
    except (YAMLError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        return _unread(text, Problem(0, f"cannot be read: {said}"))
    if not isinstance(root, dict):
        return _unread(text, *reader.problems, *([reader.rest] if reader.rest else []))
    whole = reader.rest is None
    return Document(root, reader.lines, text, reader.problems, reader.written, whole, reader.rest)


def _unread(text: str, *problems: Problem) -> Document:
    return Document({}, {}, text, list(problems), {}, False)


class _Enough(Exception):  # noqa: N818 - it ends the reading, and is no error of the program
    """What follows is not worth reading; has the last problem."""


class _Reader:
    """Turns YAML's events into values and collects lines and problems."""

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
        """The value of the whole file, ``None`` if it is not a group of keys."""
        from ruamel.yaml import events as kinds

        self.events = (e for e in events if not isinstance(e, kinds.StreamStartEvent))
        if isinstance(next(self.events), kinds.StreamEndEvent):
            self.tell(0, f"the file is empty; {what} needs `{first}:`")
            return None
        root = next(self.events)
        value = self.value(root, ())
        if self.rest:
            return value
        next(self.events)  # the end of the document
        after = next(self.events)
        if not isinstance(after, kinds.StreamEndEvent):
            line = after.start_mark.line + 1
            self.tell(line, f"a second text begins here (---); one file holds {what}, no more")
        elif not isinstance(root, kinds.MappingStartEvent):
            if value is None and not self.problems:
                self.tell(0, f"the file is empty; {what} needs `{first}:`")
                return None
            line = root.start_mark.line + 1
            advice = ""
            if isinstance(value, str):
                advice = f"; {with_colon(first_line(self.text, value, line))}"
            message = f"{what} is a list of `key: value` lines, beginning with `{first}:`{advice}"
            self.tell(line, message)
        return value

    def tell(self, line: int, message: str) -> None:
        """Keep a problem."""
        self.problems.append(Problem(line, message))

    def value(self, event: Any, path: Place) -> Any:
        """The value that begins with an event; what belongs to it is taken from the events."""
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
            self.tell(line, f"{message}, and text that begins so in quotes")
        if isinstance(event, kinds.MappingStartEvent):
            self._no_tag(event, line, "map")
            return self._mapping(path, bool(event.flow_style))
        if isinstance(event, kinds.SequenceStartEvent):
            self._no_tag(event, line, "seq")
            return self._sequence(path)
        return None if isinstance(event, kinds.AliasEvent) else self._scalar(event, line, path)

    def _no_tag(self, event: Any, line: int, usual: str) -> None:
        if event.tag and str(event.tag) != f"tag:yaml.org,2002:{usual}":
            self.tell(line, _about_tag(event.tag))

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
                self.tell(line, "a key must be a plain word")
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
                self.tell(line, f"{name} is given twice (first on line {first})")
                self.value(following, (*path, f"{key} again"))  # it too is read to its end
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
        """Join ``{a: 150,000}``, which YAML takes for ``a: 150`` and a key ``000`` of nothing."""
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
            text = text.replace("\a", "")  # the reader's own marks of where lines were folded
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
        """JSON writes a character beyond the first 65,536 as two halves: join them."""
        if not any("\ud800" <= c <= "\udfff" for c in text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self.tell(line, f"{shown(repr(text)[1:-1])}: \\u stands for half a character here")
            return ""


def _number(text: str, tag: str) -> int | float | str:
    """The number that a text stands for; the text itself if there is no such number."""
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
    """False for NaN and infinity."""
    return not isinstance(value, float) or math.isfinite(value)
