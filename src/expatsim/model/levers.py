"""The registry of policy levers: range, meaning, and level in 2009.

A lever changes rates, never agents. The rules that read a lever declare it
(:mod:`expatsim.model.declare`), and no other rule sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from expatsim.cities import city as city_of
from expatsim.cities.level import Level2009
from expatsim.model import rules
from expatsim.model.declare import (
    EACH_CITY,
    PLACES_PER_HUNDRED,
    SHARE_OF_NEWCOMERS,
    SHARE_OF_PARTNERS,
    SHARES_OF_ARRIVALS,
    Lever,
    declared,
)

__all__ = [
    "EACH_CITY",
    "LEVERS",
    "PLACES_PER_HUNDRED",
    "SHARES_OF_ARRIVALS",
    "SHARE_OF_NEWCOMERS",
    "SHARE_OF_PARTNERS",
    "Lever",
    "level_2009",
    "level_name",
    "lever_of_level",
    "levers",
    "own_levers",
    "policy_2009",
    "readers",
]


@cache
def levers(order: rules.Order = rules.ORDER) -> Mapping[str, Lever]:
    """All levers by name, in the order of their places."""
    read = [x for _, rule in order for x in declared(getattr(rule, "Levers", None)).values()]
    return {x.name: x for x in sorted(read, key=lambda x: x.place)}


LEVERS: Mapping[str, Lever] = levers()


def own_levers(order: rules.Order) -> tuple[Lever, ...]:
    """Levers of rules that are not the package's, in the order of their places."""
    return tuple(x for name, x in levers(order).items() if name not in LEVERS)


def readers(lever: str, order: rules.Order = rules.ORDER) -> list[str]:
    """Names of the rules that read a lever."""
    return [name for name, rule in order if lever in declared(getattr(rule, "Levers", None))]


def level_2009(lever: str | Lever, city: str) -> Level2009:
    """Level of a lever in a city in 2009, with its evidence.

    Parameters
    ----------
    lever : str or Lever
        A lever of the package by its name, or any lever.
    city : str
        Name of the city.

    Examples
    --------
    >>> level_2009("english_information", "rotterdam").level
    0.3
    """
    x = LEVERS[lever] if isinstance(lever, str) else lever
    return (
        x.level_2009 if isinstance(x.level_2009, Level2009) else city_of(city).levels_2009[x.name]
    )


def policy_2009(city: str) -> dict[str, float]:
    """Value of every lever of the package in 2009 in a city, by its name."""
    return {lever: float(level_2009(lever, city).level) for lever in LEVERS}


def level_name(city: str, lever: str) -> str:
    """Name of the parameter that holds a lever's uncertain level in 2009."""
    return f"{city}_{lever}"


def lever_of_level(name: str) -> Lever | None:
    """The lever of which a parameter of this name holds a city's level; ``None`` if it is none.

    Parameters
    ----------
    name : str
        Name of a parameter, see :func:`level_name`.

    Examples
    --------
    >>> lever_of_level("utrecht_desk_visibility").name
    'desk_visibility'
    """
    each = (x for x in LEVERS.values() if x.level_2009 == EACH_CITY)
    return next((x for x in each if name.removesuffix(f"_{x.name}") not in ("", name)), None)
