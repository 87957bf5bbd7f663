"""Processes that are not in the package: how a result keeps them, and how they come back.

A result keeps a rule's text, what it declares, and where it can be imported from. Nothing is
imported when a result is opened, and no text is ever run: only who runs the scenario again needs
the rule itself, and it must then be the same, word for word.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from expatsim.cities import Level2009
from expatsim.errors import InputError
from expatsim.model import declare
from expatsim.model.declare import Lever, Parameter, declared


@dataclass(frozen=True)
class StoredRule:
    """A rule of a stored scenario, known by its text.

    Attributes
    ----------
    name : str
    place : str
        ``module`` or ``module:name`` of what it is; empty if it has no place.
    source : str
        Its text.
    declared : mapping
        Its parameters and levers as plain values.
    """

    name: str
    place: str
    source: str
    declared: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def Parameters(self) -> type[declare.Parameters]:  # noqa: N802  # as rules have it
        """What it declares, as rules do."""
        said = {p["name"]: Parameter(**p) for p in self.declared.get("parameters", ())}
        return type("Parameters", (declare.Parameters,), said)

    @cached_property
    def Levers(self) -> type[declare.Levers]:  # noqa: N802  # as rules have it
        """What it declares, as rules do."""
        said = {
            x["name"]: Lever(
                **x | {"level_2009": Level2009(**x["level_2009"]), "through": tuple(x["through"])}
            )
            for x in self.declared.get("levers", ())
        }
        return type("Levers", (declare.Levers,), said)

    def rule(self) -> Any:
        """Return the rule itself.

        Raises
        ------
        InputError
            If there is no such rule, or it is another one now.
        """
        module, _, inside = self.place.partition(":")
        where = f"{module}.{inside}".rstrip(".")
        if not module:
            raise InputError(f"{self._problem()}: it is an object without a name in a module")
        try:
            rule = import_module(module)
            for part in filter(None, inside.split(".")):
                rule = getattr(rule, part)
        except (ImportError, AttributeError) as error:
            raise InputError(f"{self._problem()}: no {where} here ({error})") from error
        if source_of(rule) != self.source:
            raise InputError(f"{self._problem()}: {where} is not what it was then")
        return rule

    def _problem(self) -> str:
        return f"rule {self.name}: the stored scenario can be shown, but not run"


def name_of(rule: Any) -> str:
    """Return the name of a rule, which is a module, a class or an object of one."""
    if isinstance(rule, StoredRule):
        return rule.name
    return str(getattr(rule, "__name__", type(rule).__name__)).rpartition(".")[2]


def place_of(rule: Any) -> str:
    """Return where a rule can be imported from, as :class:`StoredRule` has it."""
    if isinstance(rule, StoredRule):
        return rule.place
    if inspect.ismodule(rule):
        return rule.__name__
    inside = getattr(rule, "__qualname__", "")  # objects have none
    return "" if not inside or "<" in inside else f"{rule.__module__}:{inside}"


def source_of(rule: Any) -> str:
    """Return the text of a rule, or what Python calls it where no text is kept."""
    if isinstance(rule, StoredRule):
        return rule.source
    try:
        return inspect.getsource(rule)
    except (OSError, TypeError):
        return repr(rule)


def describe(after: str, rule: Any) -> dict[str, Any]:
    """Return a rule, and the process that it follows, as plain values."""
    parameters = declared(getattr(rule, "Parameters", None)).values()
    levers = declared(getattr(rule, "Levers", None)).values()
    return {
        "after": after,
        "place": place_of(rule),
        "source": source_of(rule),
        "declared": {
            "parameters": [asdict(p) for p in parameters],
            "levers": [
                {**asdict(x), "through": list(x.through)}
                for x in levers
                if isinstance(x.level_2009, Level2009)
            ],
        },
    }


def from_description(name: str, said: Mapping[str, Any]) -> tuple[str, StoredRule]:
    """Return the process that a rule follows, and the rule: undo :func:`describe`."""
    rule = StoredRule(name, said["place"], said["source"], said.get("declared", {}))
    return said["after"], rule


def itself(rule: Any) -> Any:
    """Return a rule that can run: a stored one is looked for, see :meth:`StoredRule.rule`."""
    return rule.rule() if isinstance(rule, StoredRule) else rule
