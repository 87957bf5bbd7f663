"""Validation errors in words: what is wrong, what is allowed, the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from expatsim.errors import first_of, nearest, nearest_name
from expatsim.levers import CITIES, LEVERS, NEWCOMERS
from expatsim.policy import PEOPLE as PEOPLE_A_YEAR
from expatsim.scenario.numbers import COUNTED, PEOPLE, SHARE, advice, ambiguous
from expatsim.scenario.read import Document, Place, Problem, finite
from expatsim.scenario.syntax import shown, unusual_space, with_colon
from expatsim.scenario.words import CITIES_OF_SURVEY, absent, city_meant, key_meant

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


_GROUPS = ("model_type", "model_attributes_type", "dict_type", "list_type")


def problems_of(
    path: Path, document: Document, root: type[BaseModel], more: Iterable[Problem] = ()
) -> list[str]:
    """All problems of a file, a line each; of very many the first twenty and how many more.

    Parameters
    ----------
    path : pathlib.Path
    document : Document
        What was read from it.
    root : pydantic model
        What the file should look like.
    more : iterable of Problem
        What else was found.
    """
    found: list[tuple[int, Any]] = [(p.line, p) for p in [*document.problems, *more]]
    if document.whole:
        try:
            root.model_validate(document.values)
        except ValidationError as error:
            found += [(_line(e, document), e) for e in error.errors()]
        found += [(p.line, p) for p in _doubts(document, root)]
    # only those that are told are put into words: a file may have a hundred thousand
    ordered = (x for _, x in sorted(found, key=lambda pair: pair[0]))
    words = (x if isinstance(x, Problem) else explain(x, document, root) for x in ordered)
    return first_of((with_place(path, problem) for problem in words), len(found))


def with_place(path: Path, problem: Problem) -> str:
    """A problem with its file and line."""
    where = f"{path}:{problem.line}" if problem.line else str(path)
    return f"{where}: {problem.message}"


def model_at(root: type[BaseModel], path: Place) -> type[BaseModel] | None:
    """The model whose keys stand below a path; positions in lists count for nothing."""
    model: type[BaseModel] | None = root
    for word in path:
        if isinstance(word, str) and model is not None:
            field = model.model_fields.get(word)
            model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, get_args(annotation)) if m), None)


def explain(error: Mapping[str, Any], document: Document, root: type[BaseModel]) -> Problem:
    """One pydantic error as a line and a sentence.

    Parameters
    ----------
    error : mapping
        One of ``ValidationError.errors()``.
    document : Document
    root : pydantic model
        What the file should look like.
    """
    path = tuple(error["loc"])
    return Problem(_line(error, document), _sentence(error, path, _dotted(path), document, root))


def _line(error: Mapping[str, Any], document: Document) -> int:
    path, lines = tuple(error["loc"]), document.lines
    if path in document.written and error["type"] in _GROUPS:
        return document.written[path].line  # what stands below the name of the group
    return next((lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in lines), 0)


def _doubts(document: Document, root: type[BaseModel]) -> Iterator[Problem]:
    """Numbers of euros and people that may stand for a thousand times as much."""
    for path, written in document.written.items():
        if not written.plain or "," in written.text or not ambiguous(written.text):
            continue  # a comma makes it no number, which is told anyway
        field = _field(path, root)
        if unit_of(path, root) in COUNTED and not (field and int in get_args(field.annotation)):
            what = f"{_dotted(path)}: {written.text} may stand for thousands"
            yield Problem(written.line, f"{what}; {advice(written.text)}")


def _dotted(path: Place) -> str:
    return shown(".".join(str(p + 1) if isinstance(p, int) else p for p in path), 80)


def _field(path: Place, root: type[BaseModel]) -> FieldInfo | None:
    model = model_at(root, path[:-1])
    return model.model_fields.get(str(path[-1])) if model and path else None


def unit_of(path: Place, root: type[BaseModel]) -> str:
    """What the number at a path counts, as its field or its lever says; empty if nothing does."""
    field = _field(path, root)
    extra = field.json_schema_extra if field else None
    if isinstance(extra, dict) and "unit" in extra:
        return str(extra["unit"])
    word = next((w for w in reversed(path) if isinstance(w, str)), "")
    if word == PEOPLE_A_YEAR:
        return PEOPLE
    return LEVERS[word].unit if word in LEVERS and path[0] != "costs" else ""


def _sentence(
    error: Mapping[str, Any], path: Place, key: str, document: Document, root: type[BaseModel]
) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    value = _shown(given)
    if kind == "extra_forbidden":
        return _unknown_key(path, key, root)
    if kind == "missing":
        return f"{key} is missing"
    if given is None and kind in _KINDS and kind not in _GROUPS:
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
        return f"{key}: {value} is not {_one_of(str(given), context['expected'])}"
    if kind == "string_pattern_mismatch":
        return _no_month(key, value)
    if kind == "string_too_short":
        return f"{key}: must not be empty"
    if kind in ("string_too_long", "too_long"):
        hint = _decimal_commas(path, given, document)
        return f"{key}: too long, at most {context['max_length']:,}{hint}"
    inner = given.values() if isinstance(given, dict) else ()
    advised = next((a for x in inner if isinstance(x, str) and (a := advice(x))), "")
    return f"{key}: {error['msg']}{advised and '; '}{advised}"


def _no_month(key: str, value: str) -> str:
    return f"{key}: {value} is not a month; write year and month, such as 2010-01"


def _is_month(path: Place, root: type[BaseModel]) -> bool:
    field = _field(path, root)
    return field is not None and "pattern" in str(field)


def _one_of(given: str, expected: str) -> str:
    allowed = expected.replace("'", "").replace(" or ", ", ").split(", ")
    words = f"one of {', '.join(allowed)}"
    if set(allowed) != set(CITIES):
        return f"{words}{nearest(given, allowed)}"
    meant = city_meant(given)
    hint = f"; did you mean {meant!r}?" if meant else nearest(given, allowed)
    return f"{words}{hint or f'; {CITIES_OF_SURVEY}'}"


def _unknown_key(path: Place, key: str, root: type[BaseModel]) -> str:
    """The key that is meant, the group that it belongs to, or that there is no such thing."""
    name = str(path[-1])
    if space := unusual_space(name):
        return f"unknown key {key!r}: {space}"
    model = model_at(root, path[:-1])
    allowed = list(model.model_fields) if model else []
    meant = key_meant(name)
    near = nearest_name(name, allowed)
    if meant in allowed:
        return f"unknown key {key!r}; did you mean {meant!r}?"
    elsewhere = _groups_with(meant or name, root)
    if elsewhere and not near:
        called = f"; {meant!r} belongs" if meant else "; it belongs"
        return f"unknown key {key!r}{called} {_where(elsewhere)}"
    lacking = absent(name)
    if near and not lacking:
        return f"unknown key {key!r}; did you mean {near!r}?"
    if lacking and (model is root or set(LEVERS) & set(allowed)):
        thing, closest = lacking
        what = f"; nearest is {closest}" if closest else ""
        return f"{key}: {thing} not in the model; what is: {', '.join(LEVERS)}{what}"
    return f"unknown key {key!r}; allowed are {', '.join(allowed)}"


def _groups_with(name: str, root: type[BaseModel]) -> list[str]:
    """Where a key may stand: groups of keys, of which lists come last, or ``""``, the file."""
    if name in root.model_fields:
        return [""]
    if "levers" in root.model_fields and name in LEVERS:
        return ["levers"]
    found: list[tuple[bool, str]] = []
    for group, field in root.model_fields.items():
        model = _model_in(field.annotation)
        many = any(get_origin(a) is list for a in (field.annotation, *get_args(field.annotation)))
        if model and name in model.model_fields:
            found.append((many, group))
        elif model and any(
            name in inner.model_fields
            for f in model.model_fields.values()
            if (inner := _model_in(f.annotation))
        ):
            found.append((True, f"a lever under {group}" if group == "costs" else group))
    return [group for _, group in sorted(found, key=lambda pair: pair[0])]


def _where(groups: list[str]) -> str:
    group = groups[0]
    return f"under {group}; indent it" if group else "at the beginning of a line, not indented"


def _hint(kind: str, path: Place, given: Any, document: Document, root: type[BaseModel]) -> str:
    """What to write instead of something of another kind."""
    written = document.written.get(path)
    if kind == "string_type" and isinstance(given, dict):
        return "; text with a colon goes in quotes"
    if kind in _GROUPS or written is None or not written.text:
        advised = with_colon(given) if isinstance(given, str) and kind != "list_type" else ""
        return f"; {advised}" if advised else ""
    if kind == "string_type":
        return f'; write "{shown(written.text)}", in quotes'
    advised = advice(written.text, unit_of(path, root), whole=kind.startswith("int"))
    quotes = "" if written.plain else ", without quotes"
    return f"; {advised}{quotes}" if advised else ""


def _decimal_commas(path: Place, given: Any, document: Document) -> str:
    """``[0,2, 0,8]`` is four numbers."""
    written = (document.written.get((*path, k)) for k in range(len(given or ())))
    numbers = isinstance(given, list) and all(w and w.text.isdigit() for w in written)
    return "; decimals have a point, 0.8" if numbers else ""


def _share(path: Place, given: Any, root: type[BaseModel]) -> str:
    """A share of more than one is percent, or people."""
    if unit_of(path, root) != SHARE or not isinstance(given, int | float) or given <= 1:
        return ""
    if given <= 100:
        return f"; {given:g} % is {given / 100:.6g}"
    if LEVERS[str(path[-1])].reaches == NEWCOMERS:
        return f"; for a number of people write {{{PEOPLE_A_YEAR}: {given:.15g}}}"
    return "; it is a share, not a number of people"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    return shown(repr(value), 40)


def _range(path: Place, root: type[BaseModel]) -> str:
    """Allowed range of the number at a path, from the schema."""
    if path and path[-1] in LEVERS and path[0] != "costs":
        lever = LEVERS[str(path[-1])]
        return f" (allowed: {lever.low:g} to {lever.high:g}, {lever.unit})"
    field = _field(path, root)
    if field is None:
        return ""
    bounds = {type(m).__name__: m for m in field.metadata}
    if "Ge" in bounds and "Le" in bounds:
        return f" (allowed: {bounds['Ge'].ge:,.16g} to {bounds['Le'].le:,.16g})"
    if "Gt" in bounds and "Le" in bounds:
        return f" (allowed: more than {bounds['Gt'].gt:,.16g}, to {bounds['Le'].le:,.16g})"
    return ""
