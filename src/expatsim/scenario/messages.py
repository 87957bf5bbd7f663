"""Validation errors in words: what is wrong, what is allowed, the nearest valid name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel

from expatsim.errors import nearest
from expatsim.levers import LEVERS
from expatsim.scenario.read import Problem, finite

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


def model_at(root: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
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


def explain(
    error: Mapping[str, Any],
    lines: Mapping[tuple[str | int, ...], int],
    root: type[BaseModel],
) -> Problem:
    """One pydantic error as a line and a sentence.

    Parameters
    ----------
    error : mapping
        One of ``ValidationError.errors()``.
    lines : mapping
        Lines of keys, see :class:`expatsim.scenario.read.Document`.
    root : pydantic model
        What the file should look like.
    """
    path = tuple(error["loc"])
    line = next((lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in lines), 0)
    key = ".".join(str(p + 1) if isinstance(p, int) else p for p in path)
    return Problem(line, _sentence(error, path, key, root))


def _sentence(
    error: Mapping[str, Any], path: tuple[str | int, ...], key: str, root: type[BaseModel]
) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    shown = _shown(given)
    if kind == "extra_forbidden":
        model = model_at(root, path[:-1])
        allowed = list(model.model_fields) if model else []
        hint = nearest(str(path[-1]), allowed) or f"; allowed are {', '.join(allowed)}"
        return f"unknown key {key!r}{hint}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "finite_number" or not finite(given):
        return f"{key}: {shown} is not a finite number{_range(path, root)}"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"{key}: {shown} is out of range{_range(path, root)}"
    if kind in _KINDS:
        return f"{key}: must be {_KINDS[kind]}, not {shown}{_range(path, root)}"
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"{key}: {shown} is not one of {', '.join(allowed)}{nearest(str(given), allowed)}"
    if kind == "string_pattern_mismatch":
        return f"{key}: {shown} is not a month; write year and month, such as 2010-01"
    if kind == "string_too_short":
        return f"{key}: must not be empty"
    if kind in ("string_too_long", "too_long"):
        return f"{key}: too long, at most {context['max_length']:,}"
    return f"{key}: {error['msg']}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _range(path: tuple[str | int, ...], root: type[BaseModel]) -> str:
    """Allowed range of the number at a path, from the schema."""
    if path and path[-1] in LEVERS and path[0] != "costs":
        lever = LEVERS[str(path[-1])]
        return f" (allowed: {lever.low:g} to {lever.high:g}, {lever.unit})"
    model = model_at(root, path[:-1])
    field = model.model_fields.get(str(path[-1])) if model and path else None
    if field is None:
        return ""
    bounds = {type(m).__name__: m for m in field.metadata}
    if "Ge" in bounds and "Le" in bounds:
        return f" (allowed: {bounds['Ge'].ge:,.15g} to {bounds['Le'].le:,.15g})"
    return ""
