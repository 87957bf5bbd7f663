"""The processes of a month, one module each, in the order of the places that they declare.

A module of this folder with a ``PLACE`` is a rule; :mod:`expatsim.model.declare` shows what a rule
declares. ``ORDER`` is the one list that engine, registries, documents and
tests use, unless a scenario brings rules of its own. Rules are pure array functions: they know
nothing of files, scenarios or Mesa.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from expatsim.model.declare import Field, Indicator, Rule

# a name and a module, or anything else that is a rule
Order = tuple[tuple[str, Rule], ...]


def _modules_with_a_place() -> Order:
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules: list[tuple[str, Any]] = [(n, import_module(f"{__name__}.{n}")) for n in names]
    rules = [(name, module) for name, module in modules if hasattr(module, "PLACE")]
    return tuple(sorted(rules, key=lambda rule: rule[1].PLACE))


ORDER: Order = _modules_with_a_place()


@cache
def fields(order: Order = ORDER) -> tuple[Field, ...]:
    """All states of people, in the order in which rules declare them."""
    return tuple(x for _, rule in order for x in getattr(rule, "STATES", ()))


@cache
def indicators(order: Order = ORDER) -> dict[str, Indicator]:
    """All indicators by name, in the order in which rules declare them."""
    return {x.name: x for _, rule in order for x in getattr(rule, "INDICATORS", ())}
