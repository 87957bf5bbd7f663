"""Settings of a calibration: how much to simulate, how long to sample, which priors and targets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, PrivateAttr, ValidationError, create_model, model_serializer

from expatsim.calibration.changes import (
    Priors,
    TargetChange,
    problems,
    targets_with,
)
from expatsim.calibration.study import Size, size_of_own
from expatsim.calibration.targets import Target, city_targets, targets
from expatsim.cities import City, cities
from expatsim.errors import InputError, nearest
from expatsim.inputs.encoding import Problem
from expatsim.inputs.load import Kind, load_checked
from expatsim.inputs.read import Document
from expatsim.inputs.schema import Groups, Line
from expatsim.inputs.syntax import shown
from expatsim.model.declare import Parameter
from expatsim.model.parameters import levels_of_2009, with_priors
from expatsim.scenario.city_file import add_folder

SECONDS_A_HOUSEHOLD = 6e-6  # of a simulated study, on one core

Households: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "Households",
    __base__=Groups,
    __doc__="Households that arrive in the 94 months of the history: noise against time.",
    **{
        city.name: (
            int,
            Field(default=city.households, ge=200, le=100_000, description=f"in {city.label}"),
        )
        for city in cities()
    },
)


class Settings(Groups):
    """A calibration file; every key has a default."""

    title: Line = Field(default="calibration", min_length=1, max_length=200, description="a name")
    seed: int = Field(default=1, ge=0, le=2**53, description="random seed")
    households: Households = Field(  # type: ignore[valid-type]
        default=Households(), description="size of the simulated study"
    )
    pilot: int = Field(
        default=1200, ge=200, le=100_000, description="simulations of each round of the first guess"
    )
    rounds: int = Field(default=2, ge=1, le=10, description="rounds of the first guess")
    luck: int = Field(
        default=320, ge=16, le=10_000, description="simulations that take the seed's luck out"
    )
    walkers: int = Field(default=8, ge=2, le=64, description="chains side by side")
    tune: int = Field(default=300, ge=20, le=100_000, description="steps that refine the guess")
    burn: int = Field(default=100, ge=0, le=100_000, description="steps thrown away after that")
    steps: int = Field(default=5500, ge=50, le=1_000_000, description="steps kept of each chain")
    draws: int = Field(
        default=1000,
        ge=50,
        le=100_000,
        description="draws of the posterior kept, the same number of each chain",
    )
    without: list[Annotated[str, Field(max_length=100)]] = Field(
        default_factory=list, description="targets to leave out, by name"
    )

    priors: Priors = Field(  # type: ignore[valid-type]
        default=Priors(), description="priors that differ from those of the package, by parameter"
    )
    targets: list[TargetChange] = Field(
        default_factory=list, description="targets that are added or replaced"
    )

    cities: list[Annotated[str, Field(max_length=500)]] = Field(
        default_factory=list,
        max_length=10,
        description="folders of cities whose own tables are targets too, from this file on",
    )
    _own: tuple[City, ...] = PrivateAttr(default=())

    @model_serializer(mode="wrap")
    def _plain(self, plain: Any) -> dict[str, Any]:
        """Plain values; without changes of priors, targets and cities where there are none.

        Cities are named with a hash of what their folders hold, so that a calibration is not gone
        on with after it changed.
        """
        values = {**plain(self), "cities": {c.name: _digest(c) for c in self._own}}
        return {k: x for k, x in values.items() if x or k not in ("priors", "targets", "cities")}

    def with_cities(self, own: tuple[City, ...]) -> Settings:
        """The same settings, with cities that are not of the study.

        Parameters
        ----------
        own : tuple of City
            Registered cities, whose tables become targets.
        """
        copy = self.model_copy()
        copy._own = own
        return copy

    @property
    def size(self) -> Size:
        """Size of the simulated study."""
        of_the_study = self.households.model_dump()  # type: ignore[attr-defined]
        return {**of_the_study, **{c.name: size_of_own(c) for c in self._own}}

    @property
    def seconds(self) -> float:
        """Seconds that the calibration takes on one core, about; more for more households."""
        steps = self.tune + self.burn + self.steps
        simulations = self.rounds * (self.pilot + self.luck) + self.walkers * steps
        return simulations * sum(self.size.values()) * SECONDS_A_HOUSEHOLD

    def changed_priors(self) -> dict[str, dict[str, Any]]:
        """Medians, spreads and sources of the priors that differ, by parameter."""
        return dict(self.priors.model_dump())  # type: ignore[attr-defined]

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by name, with the priors of this calibration."""
        levels = {p.name: p for p in levels_of_2009(self._own)}
        return with_priors(self.changed_priors()) | levels

    def chosen_targets(self) -> tuple[Target, ...]:
        """Targets of the package and of the file that the file does not leave out."""
        every = targets_with(self.targets, targets())
        every += tuple(t for city in self._own for t in city_targets(city.name))
        return tuple(t for t in every if t.name not in self.without)


def load_settings(path: Path) -> Settings:
    """Settings of a calibration file that was read and checked.

    Parameters
    ----------
    path : pathlib.Path
        The YAML file.

    Raises
    ------
    InputError
        With one line for every problem.
    """
    own: list[City] = []

    def more(document: Document) -> Iterator[Problem]:
        yield from _add_cities(document, path.parent, own)
        yield from _across_keys(document, own)

    settings = load_checked(path, Settings, Kind("a calibration file", "seed"), more)[0]
    return settings.with_cities(tuple(own))


def _digest(city: City) -> str:
    """Hash of what a city's folder holds."""
    text = json.dumps(city.content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _add_cities(document: Document, beside: Path, own: list[City]) -> Iterator[Problem]:
    """Problems of the folders of cities; those without any are put into ``own``."""
    for k, name in enumerate(_entries(document, "cities")):
        line = document.lines.get(("cities", k), 0)
        if not isinstance(name, str):
            continue
        if not (beside / name).is_dir():
            yield Problem(line, f"cities: no folder {shown(name)!r}")
            continue
        try:
            city = add_folder(beside / name)
        except InputError as error:
            yield from (Problem(line, f"cities: {problem}") for problem in error.problems)
            continue
        if city in own:
            yield Problem(line, f"cities: {city.name} is given twice")
        elif not city_targets(city.name):
            yield Problem(line, f"cities: {city.name} has no answers to questions of the study")
        own.append(city)


def _across_keys(document: Document, own: Sequence[City]) -> Iterator[Problem]:
    """Problems of the whole file that no single key shows."""
    if document.whole and not document.values:
        yield Problem(0, "says nothing; write what differs, such as `seed: 1`, or give no file")
    every = (*targets(), *(t for city in own for t in city_targets(city.name)))
    names = [t.name for t in every]
    without = document.values.get("without")
    left_out = without if isinstance(without, list) else []
    for k, name in enumerate(left_out):
        line = document.lines.get(("without", k), 0)
        if isinstance(name, str) and name in left_out[:k]:
            yield Problem(line, f"without: {shown(name)!r} is given twice")
        elif isinstance(name, str) and name not in names:
            hint = nearest(name, names) or "; their names are in docs/calibration.md"
            yield Problem(line, f"without: no target {shown(name)!r}{hint}")
    added = _entries(document, "targets")
    if set(names) <= {n for n in left_out if isinstance(n, str)} and not added:
        yield Problem(document.lines.get(("without",), 0), "without: no target is left")
    yield from _empty_changes(document)
    of_cities = {t.name for city in own for t in city_targets(city.name)}
    yield from _across_targets(document, {n for n in left_out if isinstance(n, str)}, of_cities)


def _entries(document: Document, key: str) -> list[Any]:
    """Entries of a list of the file; empty if there is none."""
    entries = document.values.get(key)
    return entries if isinstance(entries, list) else []


def _empty_changes(document: Document) -> Iterator[Problem]:
    """Problems of priors of which nothing is changed."""
    priors = document.values.get("priors")
    for name, change in (priors if isinstance(priors, dict) else {}).items():
        if change is None or (isinstance(change, dict) and not {"median", "spread"} & set(change)):
            line = document.lines.get(("priors", name), 0)
            yield Problem(line, f"priors.{shown(name)}: give `median`, `spread` or both")


def _across_targets(
    document: Document, left_out: set[str], of_cities: set[str]
) -> Iterator[Problem]:
    """Problems of added and replaced targets whose keys are of the right types."""
    known = {t.name: t for t in targets()}
    seen: set[str] = set()
    for k, entry in enumerate(_entries(document, "targets")):
        try:
            change = TargetChange.model_validate(entry)
        except ValidationError:  # reported key by key
            continue
        for key, message in problems(change, known):
            lines = document.lines
            line = lines.get(("targets", k, key), lines.get(("targets", k), 0))
            yield Problem(line, f"targets.{k + 1}.{key}: {message}")
        twice = "is given twice" if change.name in seen else ""
        twice = twice or ("is left out by `without`" if change.name in left_out else "")
        twice = twice or ("is the name of a city's own target" if change.name in of_cities else "")
        if twice:
            line = document.lines.get(("targets", k, "name"), 0)
            yield Problem(line, f"targets.{k + 1}.name: {shown(change.name)!r} {twice}")
        seen.add(change.name)
