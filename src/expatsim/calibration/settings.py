"""Settings of a calibration: how much to simulate, how long to sample, which targets to use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, create_model

from expatsim.calibration.study import Size
from expatsim.calibration.targets import Target, targets
from expatsim.cities import cities
from expatsim.errors import nearest
from expatsim.inputs.encoding import Problem
from expatsim.inputs.load import Kind, load_checked
from expatsim.inputs.read import Document
from expatsim.inputs.schema import Groups, Line
from expatsim.inputs.syntax import shown

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
    steps: int = Field(default=3600, ge=50, le=1_000_000, description="steps kept of each chain")
    draws: int = Field(default=1000, ge=50, le=100_000, description="draws of the posterior kept")
    without: list[Annotated[str, Field(max_length=100)]] = Field(
        default_factory=list, description="targets to leave out, by name"
    )

    @property
    def size(self) -> Size:
        """Size of the simulated study."""
        return dict(self.households.model_dump())  # type: ignore[attr-defined]

    def targets(self) -> tuple[Target, ...]:
        """Targets that the file does not leave out."""
        return tuple(t for t in targets() if t.name not in self.without)


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
    return load_checked(path, Settings, Kind("a calibration file", "seed"), _across_keys)[0]


def _across_keys(document: Document) -> Iterator[Problem]:
    """Problems of the whole file that no single key shows."""
    if document.whole and not document.values:
        yield Problem(0, "says nothing; write what differs, such as `seed: 1`, or give no file")
    names = [t.name for t in targets()]
    without = document.values.get("without")
    left_out = without if isinstance(without, list) else []
    for k, name in enumerate(left_out):
        if isinstance(name, str) and name not in names:
            line = document.lines.get(("without", k), 0)
            hint = nearest(name, names) or f"; targets are {', '.join(names)}"
            yield Problem(line, f"without: no target {shown(name)!r}{hint}")
    if set(names) <= {n for n in left_out if isinstance(n, str)}:
        yield Problem(document.lines.get(("without",), 0), "without: no target is left")
