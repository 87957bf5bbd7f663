"""Checks of rules from outside the package, before a scenario with them runs."""

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
    """Problems of a rule that is to join others, one line each; empty if there are none.

    Parameters
    ----------
    rule : module or class
        The new rule, see :meth:`expatsim.scenario.scenario.Scenario.with_rule`.
    order : sequence of (str, rule)
        Names and rules of the processes that it joins.
    """
    missing = [part for part in PARTS if not hasattr(rule, part)]
    if missing:
        return [f"lacks {', '.join(missing)}"]
    if not hasattr(rule.Rates, "_fields"):
        return ["Rates is not a NamedTuple"]
    if type(rule).__hash__ is None:  # compiled rules are kept in a cache with the rule as key
        return ["cannot be hashed; give a class or a module"]
    return list(_lists(rule)) or _names(rule, order) or list(_numbers(rule, order))


def _lists(rule: Any) -> Iterator[str]:
    """Problems of declarations that are of a wrong type."""
    for name, kind in (("STATES", Field), ("INDICATORS", Indicator)):
        values = getattr(rule, name, ())
        if not isinstance(values, tuple) or not all(isinstance(x, kind) for x in values):
            yield f"{name} is not a tuple of {kind.__name__}s of expatsim.model.declare"
    for name in ("Parameters", "Levers"):
        cls = getattr(rule, name, None)
        if cls is not None and not (isinstance(cls, type) and issubclass(cls, declare.Numbers)):
            yield f"{name} is not a class of expatsim.model.declare.{name}"


def _names(rule: Any, order: rules.Order) -> list[str]:
    """Problems of names: those that others have, that are no identifiers, or that stand twice."""
    problems = []
    taken: tuple[tuple[str, list[str], Container[str]], ...] = (
        ("state", [f.name for f in getattr(rule, "STATES", ())], state_type(order)._fields),
        ("indicator", [x.name for x in getattr(rule, "INDICATORS", ())], rules.indicators(order)),
        ("parameter", _others(_own(rule, "Parameters"), registry(order)), registry(order)),
        ("lever", _others(_own(rule, "Levers"), levers(order)), levers(order)),
    )
    *_, (_, parameters, there), (_, of_levers, _) = taken
    both = [x for x in of_levers if x in parameters or x in there]
    both += [x for x in parameters if x in levers(order)]
    for name in both:  # they are columns of the same tables
        problems.append(f"{name!r} is a parameter and a lever; choose two names")
    for kind, names, others in taken:
        for name in names:
            if name in others:
                problems.append(f"{kind} {name!r} is there already; choose another name")
            elif not _is_name(name):
                problems.append(f"{kind} {name!r} is no name")
            elif names.count(name) > 1:
                problems.append(f"{kind} {name!r} stands twice")
    return problems


def _others(own: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """Names that a rule declares itself, without those that it inherits unchanged from others."""
    return [n for n, x in own.items() if n not in others or replace(others[n], **_owner(x)) != x]


def _is_name(name: str) -> bool:
    """Whether a name can be an attribute of the state, and is public."""
    return name.isidentifier() and not name.startswith("_")


def _owner(x: Any) -> dict[str, str]:
    """The field that differs in a declaration that was inherited: the rule of a parameter."""
    return {"rule": x.rule} if isinstance(x, Parameter) else {}


def _own(rule: Any, kind: str) -> dict[str, Any]:
    """Parameters or levers of a rule by name; ``kind`` is the name of their class."""
    return declared(getattr(rule, kind, None))


def _numbers(rule: Any, order: rules.Order) -> Iterator[str]:
    """Problems of ranges, priors, levels of 2009 and starting values."""
    for p in _own(rule, "Parameters").values():
        if not p.low < p.default < p.high or p.spread <= 0:
            yield f"parameter {p.name}: its prior needs low < median < high, and a spread above 0"
        if p.evidence not in EVIDENCE:
            yield f"parameter {p.name}: evidence is one of {', '.join(EVIDENCE)}"
    of_others = levers(order)
    for x in (x for n, x in _own(rule, "Levers").items() if n not in of_others):
        if not isinstance(x.level_2009, Level2009):
            yield f"lever {x.name}: no city knows it; give its level_2009 as a Level2009"
        elif not x.low <= x.level_2009.level <= x.high or not x.low < x.high:
            yield f"lever {x.name}: its level of 2009 is not within {x.low:g} to {x.high:g}"
    for field in getattr(rule, "STATES", ()):
        for key, value in (("start", field.start), ("stock", field.stock)):
            if (value == declare.START and key == "stock") or callable(value):
                continue
            if isinstance(value, str):
                yield (
                    f"state {field.name}: {value} know nothing of it; give {key} as a value or a "
                    "function"
                )
            elif field.shape.kind == "whole" and not field.shape.low <= value <= field.shape.high:
                low, high = field.shape.low, field.shape.high
                allowed = f"(allowed: {low} to {high})"
                yield f"state {field.name}: {key} {value} is out of range {allowed}"
