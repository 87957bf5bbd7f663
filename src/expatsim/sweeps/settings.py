"""Content of a sweep file: a scenario, inputs that vary, the design, and the outcomes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from expatsim.errors import InputError, nearest, nearest_name
from expatsim.findings.outcomes import possible
from expatsim.inputs import schema
from expatsim.inputs.encoding import Problem
from expatsim.inputs.keys import no_lever
from expatsim.inputs.load import Kind, load_checked
from expatsim.inputs.messages import with_place
from expatsim.inputs.names import find, hint, is_bare, name_of
from expatsim.inputs.read import Document
from expatsim.inputs.schema import SAID, Bounds, BoundsByName, Groups, Line
from expatsim.inputs.syntax import as_words, shown
from expatsim.model.levers import LEVERS, Lever
from expatsim.model.parameters import Parameter, registry
from expatsim.scenario import Scenario, load
from expatsim.scenario.loading import too_many
from expatsim.shipped import SCENARIOS, SWEEPS

MOST_RUNS = 1_000_000
Range = Annotated[list[float], Field(min_length=2, max_length=2)]
LONGEST_NAME = 100  # characters
Name = Annotated[str, Field(max_length=LONGEST_NAME)]


def _names(given: Any) -> Any:
    """Return the entry ``vary`` before its types are checked: a word, or a list of names."""
    if given is None:
        return "none"
    if isinstance(given, str) and given not in ("all", "none"):
        near = nearest_name(given, ("all", "none")) if given not in registry() else None
        advice = f"did you mean {near!r}?" if near else f"write a list, [{shown(given)}]"
        raise PydanticCustomError(SAID, "{advice}", {"advice": advice})
    entries = given if isinstance(given, list) else [given]
    wrong = [x for x in entries if not isinstance(x, str) or len(x) > LONGEST_NAME]
    if wrong:
        what = "write all, none, or a list of names of parameters, not {given}"
        raise PydanticCustomError(SAID, what, {"given": as_words(wrong[0])})
    return given


def _bounds(x: Lever | Parameter) -> Bounds:
    return Bounds(x.low, x.high, x.unit)


def _of_lever(name: str) -> Bounds | None:
    return _bounds(LEVERS[name]) if name in LEVERS else None


def _of_parameter(name: str) -> Bounds | None:
    return _bounds(registry()[name]) if name in registry() else None


class Uncertainties(Groups):
    """Parameters that nobody decides: which vary, and over what."""

    source: Literal["posterior", "prior", "posterior+prior"] = Field(
        default="posterior", description="where distributions and the values of all others are from"
    )
    vary: Annotated[Literal["all", "none"] | list[Name], BeforeValidator(_names)] = Field(
        default="none", description="all, none, or names of parameters"
    )
    ranges: Annotated[dict[str, Range], BoundsByName(_of_parameter)] = Field(
        default_factory=dict, description="parameters that vary evenly between two values instead"
    )


class SweepFile(Groups):
    """A sweep: many settings of one scenario."""

    title: Line = Field(min_length=1, max_length=200, description="one line that names the sweep")
    scenario: str = Field(
        min_length=1,
        max_length=200,
        description="a scenario, by the name of its file from this file's folder on, or of a "
        "shipped one",
    )
    uncertainties: Uncertainties = Field(
        default=Uncertainties(), description="parameters that nobody decides"
    )
    levers: Annotated[dict[str, Range], BoundsByName(_of_lever)] = Field(
        default_factory=dict, description="levers that vary evenly between two levels"
    )
    design: Literal["sobol", "morris", "latin", "grid", "one_at_a_time"] = Field(
        default="sobol", description="how settings are chosen"
    )
    samples: int = Field(
        default=64,
        ge=2,
        le=MOST_RUNS,
        description="base samples (sobol: a power of two), trajectories (morris), settings "
        "(latin), or levels of each input (grid)",
    )
    replicates: int = Field(default=1, ge=1, le=10_000, description="runs of each setting")
    luck: Literal["common", "independent"] = Field(
        default="common",
        description="common: all settings have the same people and luck, for differences; "
        "independent: each setting its own (each base sample of sobol, each trajectory of morris), "
        "for spread; not for one_at_a_time",
    )
    outcomes: list[Name] = Field(
        default_factory=list, description="names of outcomes; all that the length allows if empty"
    )
    people: float = Field(default=1.0, gt=0, le=10, description="factor for numbers of people")
    years: int | None = Field(default=None, ge=1, le=30, description="at most the scenario's")
    seed: int = Field(default=1, ge=0, le=2**53, description="random seed")


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A checked sweep.

    Attributes
    ----------
    name : str
        Name of the file without ending.
    file : SweepFile
        Content of the file.
    scenario : Scenario
        Its scenario with the sweep's size, length and seed.
    whole : Scenario
        Its scenario as in the scenario file.
    """

    name: str
    file: SweepFile
    scenario: Scenario
    whole: Scenario

    @property
    def inputs(self) -> dict[str, str]:
        """Everything that varies: name to ``"uncertainty"`` or ``"lever"``."""
        return dict.fromkeys(self.parameters, "uncertainty") | dict.fromkeys(
            self.file.levers, "lever"
        )

    @property
    def parameters(self) -> list[str]:
        """Parameters that vary, in the registry's order."""
        chosen = self.file.uncertainties.vary
        parameters = self.scenario.registry
        names = set(parameters) if chosen == "all" else set(() if chosen == "none" else chosen)
        names |= set(self.file.uncertainties.ranges)
        return [p for p in parameters if p in names]

    @property
    def outcomes(self) -> list[str]:
        """Outcomes that are kept."""
        return list(self.file.outcomes) or [o.name for o in possible(self.scenario.months)]

    @property
    def number_of_settings(self) -> int:
        """Number of settings of the design, without making them."""
        inputs, n = len(self.inputs), self.file.samples
        return {
            "sobol": n * (inputs + 2),
            "morris": n * (inputs + 1),
            "latin": n,
            "grid": n ** min(inputs, 64),
            "one_at_a_time": 2 * inputs + 1,
        }[self.file.design]

    def describe(self) -> dict[str, Any]:
        """Return everything that decides the results, as plain values."""
        return {"sweep": self.file.model_dump(), "scenario": self.scenario.describe()}


def load_sweep(
    path: str | Path, change: Callable[[Scenario], Scenario] = lambda scenario: scenario
) -> Sweep:
    """Return the sweep of a file, after a check.

    Parameters
    ----------
    path : str or pathlib.Path
        A sweep file (YAML), or the name of a shipped one.
    change : function
        Takes the scenario, returns the one to use: it may add a rule of your own, whose parameters
        and levers the file may then vary.

    Returns
    -------
    Sweep
        For :func:`expatsim.sweep`.

    Raises
    ------
    InputError
        With one line for every problem.
    """
    name = str(path)
    path = find("", name, SWEEPS)
    if is_bare(name) and not os.path.lexists(path):
        raise InputError(f"no sweep {shown(name)!r}{hint('', name, shipped=SWEEPS)}")
    file, document = load_checked(path, SweepFile, Kind("a sweep file", "title"))
    line = document.lines.get(("scenario",), 0)
    scenario_path = find(path.parent, file.scenario, SCENARIOS)
    if not os.path.isfile(scenario_path):
        hinted = hint(path.parent, file.scenario, path, SCENARIOS)
        raise InputError(f"{path}:{line}: scenario: {scenario_path}: no such file{hinted}")
    try:
        scenario = change(load(scenario_path))
    except InputError as error:
        raise InputError([f"{path}:{line}: scenario: {p}" for p in error.problems]) from error
    months = scenario.months if file.years is None else min(12 * file.years, scenario.months)
    sized = dataclasses.replace(scenario.resized(file.people, months), seed=file.seed)
    checked = Sweep(name_of(path), file, sized, scenario)
    problems = _conflicts(checked, document)
    if problems:
        raise InputError([with_place(path, p) for p in sorted(problems)])
    return checked


Lines = Callable[..., int]


def _conflicts(sweep: Sweep, document: Document) -> list[Problem]:
    """Return problems that only several keys together show."""

    def line_of(*place: str | int) -> int:
        return document.lines.get(place, document.lines.get(place[:-1], 0))

    problems = [*_vary_problems(sweep, line_of), *_range_problems(sweep, line_of)]
    problems += [*_outcome_problems(sweep, line_of), *_design_problems(sweep, line_of)]
    if not problems and not sweep.inputs:
        problems.append(Problem(1, "nothing varies: give uncertainties or levers"))
    if not problems:
        runs = sweep.number_of_settings * sweep.file.replicates
        if runs > MOST_RUNS:
            message = f"samples: {runs:,} runs in all (at most {MOST_RUNS:,})"
            problems.append(Problem(line_of("samples"), message))
    return problems


def _vary_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the list of parameters that vary."""
    parameters, ranges = sweep.scenario.registry, sweep.file.uncertainties.ranges
    vary = sweep.file.uncertainties.vary
    listed = vary if isinstance(vary, list) else []
    for k, name in enumerate(listed):
        line = line_of("uncertainties", "vary", k)
        if name in listed[:k]:
            yield Problem(line, f"vary: {name!r} stands here twice")
        elif name in ranges:
            yield Problem(line, f"vary: {name!r} is in ranges too; give one of the two")
        elif name not in parameters:
            yield Problem(line, f"vary: no parameter {name!r}{nearest(name, parameters)}")


def _range_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of ranges of parameters and of levers."""
    parameters, levers = sweep.scenario.registry, sweep.scenario.levers
    for name, ends in sweep.file.uncertainties.ranges.items():
        line = line_of("uncertainties", "ranges", name)
        if name in parameters:
            yield from _range(f"ranges.{name}", ends, _bounds(parameters[name]), line)
        else:
            yield Problem(line, f"ranges: no parameter {name!r}{nearest(name, parameters)}")
    for name, ends in sweep.file.levers.items():
        line = line_of("levers", name)
        if name in levers:
            yield from _range(f"levers.{name}", ends, _bounds(levers[name]), line)
        else:
            yield Problem(line, f"levers: {no_lever(name)}")


def _outcome_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the list of outcomes."""
    names = sweep.file.outcomes
    allowed = [outcome.name for outcome in possible(sweep.scenario.months)]
    for k, name in enumerate(names):
        if name in names[:k]:
            yield Problem(line_of("outcomes", k), f"outcomes: {name!r} stands here twice")
        elif name not in allowed:
            hint = nearest(name, allowed) or f"; outcomes are {', '.join(allowed)}"
            yield Problem(line_of("outcomes", k), f"outcomes: no outcome {name!r}{hint}")


def _design_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the size, the design and its chance."""
    file = sweep.file
    if excess := too_many(sweep.scenario):
        yield Problem(line_of("people"), f"people: {excess}")
    if file.design == "sobol" and file.samples & (file.samples - 1):
        message = f"samples: {file.samples} is not a power of two (sobol)"
        yield Problem(line_of("samples"), message)
    if file.design == "one_at_a_time" and file.luck == "independent":
        message = (
            "luck: independent would make chance of every swing of one_at_a_time, which compares "
            "runs one by one; give common (and replicates, for the mean over chance)"
        )
        yield Problem(line_of("luck"), message)


def _range(name: str, ends: list[float], bounds: Bounds, line: int) -> list[Problem]:
    if not bounds.low <= ends[0] < ends[1] <= bounds.high:
        shown = f"{ends[0]:g} to {ends[1]:g}"
        allowed = f"(allowed: two rising values within {bounds})"
        return [Problem(line, f"{name}: {shown} is out of range {allowed}")]
    return []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of sweep files."""
    return schema.json_schema(SweepFile, "expatsim sweep")
