"""Sentences for validation errors: what is wrong, what is allowed, the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from expatsim.errors import first_of, nearest
from expatsim.inputs.encoding import Problem
from expatsim.inputs.keys import model_at, unknown_key
from expatsim.inputs.numbers import COUNTED, PEOPLE, SHARE, advice, ambiguous
from expatsim.inputs.read import Document, Place, finite
from expatsim.inputs.schema import SAID, Bounds, BoundsByName, Choice, metadata
from expatsim.inputs.syntax import (
    as_words,
    first_line,
    shown,
    with_colon,
)

_KINDS = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "model_type": "indented `key: value` lines",
    "model_attributes_type": "indented `key: value` lines",
    "dict_type": "indented `key: value` lines",
    "list_type": "a list, each entry beginning with `-`",
}


_PAIR = "such as [0.3, 1.0]"
_GROUPS = ("model_type", "model_attributes_type", "dict_type", "list_type")


def problems_of(
    path: Path, document: Document, root: type[BaseModel], more: Iterable[Problem] = ()
) -> list[str]:
    """All problems of a file, one line each; after the first twenty only their number.

    Parameters
    ----------
    path : pathlib.Path
        The file, as lines name it.
    document : Document
        Content of the file.
    root : pydantic model
        What the file should look like.
    more : iterable of Problem
        Problems beside those of the model and of the reader.
    """
    problems: list[tuple[int, Any]] = [(p.line, p) for p in [*document.problems, *more]]
    if document.whole or document.rest:
        try:
            root.model_validate(document.values)
        except ValidationError as error:
            # a missing key may stand in the part that was not read
            errors = (e for e in error.errors() if document.whole or e["type"] != "missing")
            problems += [(_line(e, document), e) for e in errors]
        problems += [(p.line, p) for p in _doubts(document, root)]
    # sentences are made only for problems that are printed: a file may have a hundred thousand
    ordered = (x for _, x in sorted(problems, key=lambda pair: pair[0]))
    words = (x if isinstance(x, Problem) else explain(x, document, root) for x in ordered)
    lines = first_of((with_place(path, problem) for problem in words), len(problems))
    if document.rest is None:
        return lines
    if len(lines) < len(problems):  # the last line says how many more there are
        return [*lines[:-1], f"{lines[-1]}; {document.rest.message}"]
    return [*lines, with_place(path, document.rest)]


def with_place(path: Path, problem: Problem) -> str:
    """One line with file, line number and message."""
    where = f"{path}:{problem.line}" if problem.line else str(path)
    return f"{where}: {problem.message}"


def explain(error: Mapping[str, Any], document: Document, root: type[BaseModel]) -> Problem:
    """One pydantic error as a line and a sentence.

    Parameters
    ----------
    error : mapping
        One of ``ValidationError.errors()``.
    document : Document
        The file, for the line of the error and the text that stands there.
    root : pydantic model
        What the file should look like.
    """
    path = tuple(error["loc"])
    return Problem(_line(error, document), _sentence(error, path, _dotted(path), document, root))


def _line(error: Mapping[str, Any], document: Document) -> int:
    path, lines = tuple(error["loc"]), document.lines
    if path in document.written and document.written[path].text and error["type"] in _GROUPS:
        return document.written[path].line  # what stands below the name of the group
    return next((lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in lines), 0)


def _doubts(document: Document, root: type[BaseModel]) -> Iterator[Problem]:
    """Problems of numbers of euros and people that may mean a thousand times as much."""
    for path, written in document.written.items():
        if not written.plain or "," in written.text or not ambiguous(written.text):
            continue  # with a comma it is no number, which is an error of its own
        field = _field(path, root)
        if unit_of(path, root) in COUNTED and not (field and int in get_args(field.annotation)):
            what = f"{_dotted(path)}: {written.text} may stand for thousands"
            instead = advice(written.text, unit_of(path, root))
            yield Problem(written.line, f"{what}; {instead}")


def _dotted(path: Place) -> str:
    return shown(".".join(str(p + 1) if isinstance(p, int) else p for p in path), 80)


def _field(path: Place, root: type[BaseModel]) -> FieldInfo | None:
    model = model_at(root, path[:-1])
    return model.model_fields.get(str(path[-1])) if model and path else None


def bounds_at(path: Place, root: type[BaseModel]) -> Bounds | None:
    """Bounds of the number at a path, from its schema; None if there are none."""
    while path and isinstance(path[-1], int):  # one of several values
        path = path[:-1]
    field = _field(path, root)
    if field:
        return next((x for x in metadata(field) if isinstance(x, Bounds)), None)
    group = _field(path[:-1], root) if len(path) > 1 else None
    named = (x for x in metadata(group) if isinstance(x, BoundsByName)) if group else ()
    return next((x.find(str(path[-1])) for x in named), None)


def unit_of(path: Place, root: type[BaseModel]) -> str:
    """Unit of the number at a path, from its schema; empty if there is none."""
    field = _field(path, root)
    extra = field.json_schema_extra if field else None
    if isinstance(extra, dict) and "unit" in extra:
        return str(extra["unit"])
    above = bounds_at(path[:-1], root)
    if above and above.headcount == path[-1]:
        return PEOPLE
    bounds = bounds_at(path, root)
    if bounds is None:
        return ""
    return SHARE if bounds.high <= 1 else bounds.unit  # percents can be meant by both


def _is_pair(path: Place, root: type[BaseModel]) -> bool:
    """Whether two values are wanted at a path: the range of a lever or of a parameter."""
    field = _field(path[:-1], root) if len(path) > 1 else None
    return field is not None and get_origin(field.annotation) is dict


def _sentence(
    error: Mapping[str, Any], path: Place, key: str, document: Document, root: type[BaseModel]
) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    value = as_words(given)
    if kind == "extra_forbidden":
        return unknown_key(path, key, document, root)
    if kind == "missing":
        return f"{key} is missing"
    if kind == SAID:
        return _own_message(key, given, error["msg"], unit_of(path, root))
    if kind in (*_GROUPS, "too_short", "too_long") and _is_pair(path, root):
        what = f"{key} is empty" if given is None else key
        instead = f", not {value}" if given is not None and not isinstance(given, list) else ""
        hint = _decimal_commas(path, given, document)
        return f"{what}{';' if given is None else ':'} give two values, {_PAIR}{instead}{hint}"
    if given is None and kind in _KINDS:
        return f"{key} is empty{_range(path, root)}"
    if kind == "string_type" and _is_month(path, root):
        return _no_month(key, value)
    if kind == "finite_number" or not finite(given):
        return f"{key}: {value} is not a finite number{_range(path, root)}"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"{key}: {value} is out of range{_range(path, root)}{_share(path, given, root)}"
    if kind in _KINDS:
        hint = _hint(kind, path, given, document, root)
        return f"{key}: must be {_KINDS[kind]}, not {value}{_range(path, root)}{hint}"
    if kind == "literal_error":
        return f"{key}: {value} is not {_one_of(str(given), context['expected'], path, root)}"
    if kind == "string_pattern_mismatch":
        return _no_month(key, value)
    if kind == "string_too_short":
        return f"{key}: must not be empty"
    if kind in ("string_too_long", "too_long"):
        hint = _decimal_commas(path, given, document)
        return f"{key}: too long, at most {context['max_length']:,}{hint}"
    return f"{key}: {value} cannot stand here"


def _own_message(key: str, given: Any, message: str, unit: str) -> str:
    """Message of a check of our own, with the correct form of a number inside a group."""
    inner = given.values() if isinstance(given, dict) else ()
    instead = next((a for x in inner if isinstance(x, str) and (a := advice(x, unit))), "")
    return f"{key}: {message}{instead and '; '}{instead}"


def _no_month(key: str, value: str) -> str:
    return f"{key}: {value} is not a month; write year and month, such as 2010-01"


def _is_month(path: Place, root: type[BaseModel]) -> bool:
    field = _field(path, root)
    return field is not None and "pattern" in str(field)


def _one_of(given: str, expected: str, path: Place, root: type[BaseModel]) -> str:
    allowed = expected.replace("'", "").replace(" or ", ", ").split(", ")
    words = f"one of {', '.join(allowed)}"
    field = _field(path, root)
    choice = next((x for x in metadata(field) if isinstance(x, Choice)), None) if field else None
    if choice is None:
        return f"{words}{nearest(given, allowed)}"
    meant = choice.meant(given)
    hint = f"; did you mean {meant!r}?" if meant else nearest(given, allowed)
    return f"{words}{hint or f'; {choice.advice}'}"


def _hint(kind: str, path: Place, given: Any, document: Document, root: type[BaseModel]) -> str:
    """Advice on what to write instead of a value of a wrong type; empty if there is none."""
    written = document.written.get(path)
    if kind == "list_type" and isinstance(given, str) and given and not model_at(root, path):
        return f"; write [{shown(given)}]"
    if kind == "string_type" and isinstance(given, dict):
        return "; text with a colon goes in quotes"
    if kind in _GROUPS or written is None or not written.text:
        instead = ""
        if isinstance(given, str) and written and kind != "list_type":
            instead = with_colon(first_line(document.text, given, written.line))
        return f"; {instead}" if instead else ""
    if kind == "string_type":
        return f'; write "{shown(written.text)}", in quotes'
    instead = advice(written.text, unit_of(path, root), whole=kind.startswith("int"))
    quotes = "" if written.plain else ", without quotes"
    return f"; {instead}{quotes}" if instead else ""


def _decimal_commas(path: Place, given: Any, document: Document) -> str:
    """Advice on decimal commas in a list, since ``[0,2, 0,8]`` is four numbers; else empty."""
    entries = range(len(given)) if isinstance(given, list) else ()
    written = [document.written.get((*path, k)) for k in entries]
    numbers = len(written) > 1 and all(w and w.text.isdigit() for w in written)
    return "; decimals have a point, 0.8" if numbers else ""


def _share(path: Place, given: Any, root: type[BaseModel]) -> str:
    """Advice on a share above 1, which is meant as percent or as people; else empty."""
    if unit_of(path, root) != SHARE or not isinstance(given, int | float) or given <= 1:
        return ""
    if given <= 100:
        return f"; {given:g} % is {given / 100:.6g}"
    bounds = bounds_at(path, root)
    if bounds and bounds.headcount:
        return f"; for a number of people write {{{bounds.headcount}: {given:.15g}}}"
    return "; it is a share, not a number of people"


def _range(path: Place, root: type[BaseModel]) -> str:
    """Allowed range of the number at a path, in brackets; empty if the schema has none."""
    stated = bounds_at(path, root)
    if stated:
        return f" (allowed: {stated})"
    field = _field(path, root)
    if field is None:
        return ""
    bounds = {type(m).__name__: m for m in field.metadata}
    if "Ge" in bounds and "Le" in bounds:
        return f" (allowed: {bounds['Ge'].ge:,.16g} to {bounds['Le'].le:,.16g})"
    if "Gt" in bounds and "Le" in bounds:
        return f" (allowed: more than {bounds['Gt'].gt:,.16g}, to {bounds['Le'].le:,.16g})"
    return ""
