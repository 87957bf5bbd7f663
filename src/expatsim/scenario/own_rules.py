"""Rules from outside the package, as a stored result keeps them.

A result keeps a rule's text, what it declares, and where it can be imported from. Nothing is
imported when a result is opened, and no stored text is ever run. To run the scenario again the rule
itself must be there, with the same text: importable, or read from its file.
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
from expatsim.scenario import rule_file
from expatsim.scenario.rule_file import ENDING, FileRule


@dataclass(frozen=True)
class StoredRule:
    """A rule of a stored scenario.

    Attributes
    ----------
    name : str
        Name of the process.
    place : str
        Where it can be imported from: ``module`` or ``module:name``; ``name.py`` if it was read
        from a file; empty if it is an object without a name in a module.
    source : str
        Its Python source.
    declared : mapping
        Its parameters and levers as plain values.
    """

    name: str
    place: str
    source: str
    declared: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def Parameters(self) -> type[declare.Parameters]:  # noqa: N802  # as rules have it
        """Class of the parameters that it declares."""
        parameters = {p["name"]: Parameter(**p) for p in self.declared.get("parameters", ())}
        return type("Parameters", (declare.Parameters,), parameters)

    @cached_property
    def Levers(self) -> type[declare.Levers]:  # noqa: N802  # as rules have it
        """Class of the levers that it declares."""
        levers = {
            x["name"]: Lever(
                **x | {"level_2009": Level2009(**x["level_2009"]), "through": tuple(x["through"])}
            )
            for x in self.declared.get("levers", ())
        }
        return type("Levers", (declare.Levers,), levers)

    def rule(self) -> Any:
        """Return the rule, imported from its place; or that of its text, if its file was read.

        Raises
        ------
        InputError
            If it cannot be imported or was not read, or its source has changed since the result
            was stored.
        """
        if self.place.endswith(ENDING):
            if known := rule_file.known_rule(self.name, self.source):
                return known
            raise InputError(
                f"{self._problem()}: read {self.place} first, with the text that it had then "
                "(expatsim.read_rule)"
            )
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
    """Return the place from which a rule can be imported; see :class:`StoredRule`."""
    if isinstance(rule, StoredRule):
        return rule.place
    if isinstance(rule, FileRule):
        return f"{rule_file.name_of(rule)}{ENDING}"
    if inspect.ismodule(rule):
        return rule.__name__
    inside = getattr(rule, "__qualname__", "")  # objects have none
    return "" if not inside or "<" in inside else f"{rule.__module__}:{inside}"


def source_of(rule: Any) -> str:
    """Return the source of a rule, or its ``repr`` where Python keeps no source."""
    if isinstance(rule, StoredRule):
        return rule.source
    if isinstance(rule, FileRule):
        return rule_file.text_of(rule)
    try:
        return inspect.getsource(rule)
    except (OSError, TypeError):
        return repr(rule)


def describe(after: str, rule: Any) -> dict[str, Any]:
    """Return a rule as plain values.

    Parameters
    ----------
    after : str
        Name of the process that it follows.
    rule : module, class or StoredRule
        With what it declares.
    """
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


def from_description(name: str, description: Mapping[str, Any]) -> tuple[str, StoredRule]:
    """Return the process that a rule follows, and the rule: the inverse of :func:`describe`.

    Parameters
    ----------
    name : str
        Name of the rule.
    description : mapping
        From :func:`describe`.
    """
    rule = StoredRule(
        name, description["place"], description["source"], description.get("declared", {})
    )
    return description["after"], rule


def itself(rule: Any) -> Any:
    """Return a rule that can run; a stored one is imported, see :meth:`StoredRule.rule`."""
    return rule.rule() if isinstance(rule, StoredRule) else rule
