"""Validation errors in words: what is wrong, what is allowed, the nearest valid name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expatsim.errors import nearest
from expatsim.levers import LEVERS
from expatsim.scenario.read import Problem, finite
from expatsim.scenario.schema import Change, Cost, Population, ScenarioFile

_ALLOWED: dict[str, list[str]] = {
    "": list(ScenarioFile.model_fields),
    "policy": list(LEVERS),
    "costs": list(LEVERS),
    "population": list(Population.model_fields),
    "changes": list(Change.model_fields),
}
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


def allowed_keys(path: tuple[str | int, ...]) -> list[str]:
    """Keys that may stand below a path."""
    words = [p for p in path if isinstance(p, str)]
    if words and words[-1] in LEVERS:
        return list(Cost.model_fields)
    return _ALLOWED.get(words[-1] if words else "", [])


def explain(error: Mapping[str, Any], lines: Mapping[tuple[str | int, ...], int]) -> Problem:
    """One pydantic error as a line and a sentence."""
    path = tuple(error["loc"])
    line = next((lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in lines), 0)
    key = ".".join(str(p + 1) if isinstance(p, int) else p for p in path)
    return Problem(line, _sentence(error, path, key))


def _sentence(error: Mapping[str, Any], path: tuple[str | int, ...], key: str) -> str:
    kind, context, given = error["type"], error.get("ctx", {}), error.get("input")
    shown = _shown(given)
    if kind == "extra_forbidden":
        allowed = allowed_keys(path[:-1])
        hint = nearest(str(path[-1]), allowed) or f"; allowed are {', '.join(allowed)}"
        return f"unknown key {key!r}{hint}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "finite_number" or not finite(given):
        return f"{key}: {shown} is not a finite number{_range(path)}"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"{key}: {shown} is out of range{_range(path)}"
    if kind in _KINDS:
        return f"{key}: must be {_KINDS[kind]}, not {shown}{_range(path)}"
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


def _range(path: tuple[str | int, ...]) -> str:
    """Allowed range of the number at a path, from the schema."""
    words = [p for p in path if isinstance(p, str)]
    if not words:
        return ""
    if words[-1] in LEVERS:
        lever = LEVERS[words[-1]]
        return f" (allowed: {lever.low:g} to {lever.high:g}, {lever.unit})"
    owners: dict[str, Any] = {"population": Population, "changes": Change}
    owner: Any = owners.get(words[-2] if len(words) > 1 else "", ScenarioFile)
    if len(words) > 1 and words[-2] in LEVERS:
        owner = Cost
    field = owner.model_fields.get(words[-1])
    if field is None:
        return ""
    bounds = {type(m).__name__: m for m in field.metadata}
    if "Ge" in bounds and "Le" in bounds:
        return f" (allowed: {bounds['Ge'].ge:,.15g} to {bounds['Le'].le:,.15g})"
    return ""
