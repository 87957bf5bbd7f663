"""Cities: each one a folder of data, ``city.yaml``, and no code.

What the report prints of a city's expats is in :mod:`expatsim.observed`; a folder says what is no
row of a table: names, and where levers stood in 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from expatsim.errors import InputError, nearest

FILE = "city.yaml"


@dataclass(frozen=True)
class Level2009:
    """Where a lever stood in a city in 2009.

    Attributes
    ----------
    level : float
        The median of its prior, if it has one.
    evidence, source : str
        As for parameters.
    prior : str
        Shape of the prior of a level that nobody measured, as for parameters; empty if the level
        is known.
    spread, low, high : float
        Of the prior.
    """

    level: float
    evidence: str
    source: str
    prior: str = ""
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class City:
    """A city of the simulation.

    Attributes
    ----------
    name : str
        Its key in files, and the name of its folder.
    order : int
        Place among the cities of the study; their chance depends on it.
    names : mapping of str to str
        Name for readers by language, ``"en"`` and ``"nl"``.
    levels_2009 : mapping of str to Level2009
        By lever, those whose level each city says.
    """

    name: str
    order: int
    names: Mapping[str, str]
    levels_2009: Mapping[str, Level2009]

    @property
    def label(self) -> str:
        """Name in English."""
        return self.names["en"]


def _read(folder: Traversable) -> City:
    """The city of a folder."""
    from ruamel.yaml import YAML

    text = folder.joinpath(FILE).read_text(encoding="utf-8")
    said: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    levels = {name: Level2009(**level) for name, level in said.pop("levels_2009").items()}
    return City(name=folder.name, levels_2009=levels, **said)


@cache
def cities() -> tuple[City, ...]:
    """The packaged cities, those of the study, in their order."""
    folders = (f for f in resources.files(__package__).iterdir() if f.joinpath(FILE).is_file())
    return tuple(sorted(map(_read, folders), key=lambda city: city.order))


def city_names() -> tuple[str, ...]:
    """Names of the packaged cities, in their order."""
    return tuple(c.name for c in cities())


def city(name: str) -> City:
    """A city by its name.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    known = {c.name: c for c in cities()}
    if name not in known:
        raise InputError(f"no city {name!r}{nearest(name, known)}")
    return known[name]
