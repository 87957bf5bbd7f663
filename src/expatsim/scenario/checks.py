"""What is wrong with a rule that a scenario is to bring along, before it runs."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import Any

from expatsim.cities import Level2009
from expatsim.model import declare, rules
from expatsim.model.declare import EVIDENCE, Field, Indicator, Parameter, declared
from expatsim.model.levers import levers
from expatsim.model.packed import state_type
from expatsim.model.parameters import registry

PARTS = ("Rates", "rates", "step")


def problems(rule: Any, order: rules.Order) -> list[str]:
    """What is wrong with a rule that is to join others, a line each; empty if nothing is.

    Parameters
    ----------
    rule : module or class
    order : sequence of (str, rule)
        Those that are there.
    """
    missing = [part for part in PARTS if not hasattr(rule, part)]
    if missing:
        return [f"lacks {', '.join(missing)}"]
    if not hasattr(rule.Rates, "_fields"):
        return ["Rates is not a NamedTuple"]
    if type(rule).__hash__ is None:  # rules are compiled, and kept by what they are
        return ["cannot be hashed; give a class or a module"]
    return [*_lists(rule), *(_names(rule, order) or _numbers(rule, order))]


def _lists(rule: Any) -> Iterator[str]:
    for name, kind in (("STATES", Field), ("INDICATORS", Indicator)):
        said = getattr(rule, name, ())
        if not isinstance(said, tuple) or not all(isinstance(x, kind) for x in said):
            yield f"{name} is not a tuple of {kind.__name__}s of expatsim.model.declare"
    for name in ("Parameters", "Levers"):
        cls = getattr(rule, name, None)
        if cls is not None and not (isinstance(cls, type) and issubclass(cls, declare.Numbers)):
            yield f"{name} is not a class of expatsim.model.declare.{name}"


def _names(rule: Any, order: rules.Order) -> list[str]:
    """Names that stand for something else already."""
    if list(_lists(rule)):
        return []
    found = []
    taken: tuple[tuple[str, list[str], Container[str]], ...] = (
        ("state", [f.name for f in getattr(rule, "STATES", ())], state_type(order)._fields),
        ("indicator", [x.name for x in getattr(rule, "INDICATORS", ())], rules.indicators(order)),
        ("parameter", _others(_own(rule, "Parameters"), registry(order)), registry(order)),
        ("lever", _others(_own(rule, "Levers"), levers(order)), levers(order)),
    )
    for kind, names, known in taken:
        for name in names:
            if name in known:
                found.append(f"{kind} {name!r} is there already; choose another name")
            elif not _is_name(name):
                found.append(f"{kind} {name!r} is no name")
            elif names.count(name) > 1:
                found.append(f"{kind} {name!r} stands twice")
    return found


def _others(own: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Names under which a rule does not share what others declare."""
    return [n for n, x in own.items() if n not in known or replace(known[n], **_owner(x)) != x]


def _is_name(name: str) -> bool:
    return name.isidentifier() and not name.startswith("_")


def _owner(x: Any) -> dict[str, str]:
    return {"rule": x.rule} if isinstance(x, Parameter) else {}


def _own(rule: Any, kind: str) -> dict[str, Any]:
    return declared(getattr(rule, kind, None))


def _numbers(rule: Any, order: rules.Order) -> Iterator[str]:
    """Ranges and starts that cannot be."""
    if list(_lists(rule)):
        return
    for p in _own(rule, "Parameters").values():
        if not p.low < p.default < p.high or p.spread <= 0:
            yield f"parameter {p.name}: its prior needs low < median < high, and a spread above 0"
        if p.evidence not in EVIDENCE:
            yield f"parameter {p.name}: evidence is one of {', '.join(EVIDENCE)}"
    there = levers(order)
    for x in (x for n, x in _own(rule, "Levers").items() if n not in there):
        if not isinstance(x.level_2009, Level2009):
            yield f"lever {x.name}: no city knows it; give its level_2009 as a Level2009"
        elif not x.low <= x.level_2009.level <= x.high or not x.low < x.high:
            yield f"lever {x.name}: its level of 2009 is not within {x.low:g} to {x.high:g}"
    for field in getattr(rule, "STATES", ()):
        for key, said in (("start", field.start), ("stock", field.stock)):
            if (said == declare.START and key == "stock") or callable(said):
                continue
            if isinstance(said, str):
                yield (
                    f"state {field.name}: {said} know nothing of it; give {key} as a value or a "
                    "function"
                )
            elif field.shape.kind == "whole" and not field.shape.low <= said <= field.shape.high:
                low, high = field.shape.low, field.shape.high
                yield f"state {field.name}: {key} {said} is out of range (allowed: {low} to {high})"
