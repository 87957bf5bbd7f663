"""Content of a sweep file: scenarios, inputs that vary, the design, and the outcomes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
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
from expatsim.model.rules import indicators
from expatsim.posterior import PLUS_PRIOR, digest_of
from expatsim.runs import times
from expatsim.runs.prepare import SURROUNDINGS
from expatsim.scenario import Scenario, load
from expatsim.scenario.loading import too_many
from expatsim.scenario.rule_file import RuleLike, read_rules
from expatsim.scenario.scenario import steps
from expatsim.scenario.schema import MOST_PEOPLE
from expatsim.shipped import SCENARIOS, SWEEPS
from expatsim.sweeps import columns
from expatsim.sweeps.table import numbers_of, problems_of, read_table, with_years

MOST_RUNS = 1_000_000
LEAST_OF_FAST = 65  # points of a curve: SALib wants more than four times the harmonics squared
FILE = "file"  # the design whose settings are the rows of a table
AROUND = (*SURROUNDINGS, times.START)  # no parameters: they have ranges, and no distribution
BOUNDS = dict(
    zip(
        AROUND,
        (
            Bounds(-3.0, 3.0, "0 normal, -1 the crisis of 2009"),
            Bounds(0.0, float(MOST_PEOPLE), "workers who arrive in a year"),
            Bounds(*times.YEARS, "year; 2012.5 is July 2012"),
        ),
        strict=True,
    )
)
DELAYED = Bounds(0.0, float(times.LONGEST), "months")
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


def _delays(levers: Iterable[str]) -> dict[str, Bounds]:
    """Bounds of the delay of the whole policy, and of the delays of levers, by name."""
    return dict.fromkeys([times.DELAY, *map(times.delay_of, levers)], DELAYED)


def _of_lever(name: str) -> Bounds | None:
    return _bounds(LEVERS[name]) if name in LEVERS else _delays(LEVERS).get(name)


def _of_parameter(name: str) -> Bounds | None:
    return _bounds(registry()[name]) if name in registry() else BOUNDS.get(name)


class Uncertainties(Groups):
    """Parameters that nobody decides: which vary, and over what."""

    source: str = Field(
        default="posterior",
        min_length=1,
        max_length=200,
        description="where distributions and the values of all others are from: posterior, prior, "
        "posterior+prior, or a CSV or Parquet file of draws, from this file's folder on",
    )
    vary: Annotated[Literal["all", "none"] | list[Name], BeforeValidator(_names)] = Field(
        default="none", description="all, none, or names of parameters"
    )
    ranges: Annotated[dict[str, Range], BoundsByName(_of_parameter)] = Field(
        default_factory=dict,
        description="parameters that vary evenly between two values instead; also climate and "
        "inflow, which then hold from the start on, and start, the year of the first month",
    )


class SweepFile(Groups):
    """A sweep: many settings of a scenario, or of several."""

    title: Line = Field(min_length=1, max_length=200, description="one line that names the sweep")
    scenario: str = Field(
        min_length=1,
        max_length=200,
        description="a scenario, by the name of its file from this file's folder on, or of a "
        "shipped one",
    )
    others: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list,
        description="further scenarios, each run under all the same settings, found in the same "
        "way",
    )
    uncertainties: Uncertainties = Field(
        default=Uncertainties(), description="parameters that nobody decides"
    )
    levers: Annotated[dict[str, Range], BoundsByName(_of_lever)] = Field(
        default_factory=dict,
        description="levers that vary evenly between two levels; also delay, the months by which "
        "the policy comes later, and LEVER_delay, those of one lever",
    )
    design: Literal["sobol", "fast", "morris", "latin", "grid", "one_at_a_time", "file"] = Field(
        default="sobol", description="how settings are chosen"
    )
    table: str = Field(
        default="",
        max_length=200,
        description="for design file: a CSV or Parquet file with a row for each setting and a "
        "column for each parameter or lever, from this file's folder on",
    )
    samples: int = Field(
        default=64,
        ge=2,
        le=MOST_RUNS,
        description="base samples (sobol: a power of two), points of a curve (fast: 65 or more), "
        "trajectories (morris), settings (latin), or levels of each input (grid)",
    )
    second_order: bool = Field(
        default=False, description="for design sobol: also shares of pairs of inputs"
    )
    replicates: int = Field(default=1, ge=1, le=10_000, description="runs of each setting")
    luck: Literal["common", "independent"] = Field(
        default="common",
        description="common: all settings have the same people and luck, for differences; "
        "independent: each setting its own (each base sample of sobol, each trajectory of morris), "
        "for spread; not for one_at_a_time and fast",
    )
    outcomes: list[Name] = Field(
        default_factory=list, description="names of outcomes; all that the length allows if empty"
    )
    groups: list[Name] = Field(
        default_factory=list, description="groups of people for whom shares are kept as well"
    )
    series: list[Name] = Field(
        default_factory=list, description="indicators that are kept for every month"
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
    scenarios : list of Scenario
        Its scenarios with the sweep's size, length and seed.
    wholes : list of Scenario
        Its scenarios as in their files.
    source : str
        Source of the parameters, for :func:`expatsim.posterior.read_draws`.
    table : pandas.DataFrame, optional
        For design ``file``: a row for each setting.
    """

    name: str
    file: SweepFile
    scenarios: list[Scenario]
    wholes: list[Scenario]
    source: str
    table: pd.DataFrame | None = dataclasses.field(default=None, compare=False)

    @property
    def scenario(self) -> Scenario:
        """The first of its scenarios."""
        return self.scenarios[0]

    @property
    def registry(self) -> dict[str, Parameter]:
        """All parameters of its scenarios, by name."""
        return {name: p for s in self.scenarios for name, p in s.registry.items()}

    @property
    def levers(self) -> dict[str, Lever]:
        """All levers of its scenarios, by name."""
        return {name: x for s in self.scenarios for name, x in s.levers.items()}

    @property
    def bounds(self) -> dict[str, Bounds]:
        """Ranges of all that may be in ``levers``: levels, and delays in months."""
        return _delays(self.levers) | {name: _bounds(x) for name, x in self.levers.items()}

    @property
    def inputs(self) -> dict[str, str]:
        """Everything that varies: name to ``"uncertainty"`` or ``"lever"``."""
        if self.table is not None:
            return {x: "lever" if x in self.bounds else "uncertainty" for x in self.table}
        return dict.fromkeys(self.parameters, "uncertainty") | dict.fromkeys(
            self.file.levers, "lever"
        )

    @property
    def parameters(self) -> list[str]:
        """Parameters that vary in the registry's order, then climate, inflow and start."""
        chosen, everything = self.file.uncertainties.vary, [*self.registry, *AROUND]
        if self.table is not None:
            return [x for x in everything if x in self.table]
        names = set(self.registry) if chosen == "all" else set(() if chosen == "none" else chosen)
        names |= set(self.file.uncertainties.ranges)
        return [p for p in everything if p in names]

    @property
    def ends(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest of what the sweep holds instead of its scenarios, by name."""
        if self.table is not None:
            return {
                x: (float(self.table[x].min()), float(self.table[x].max()))
                for x in self.table
                if x in self.bounds or x in AROUND
            }
        given = self.file.uncertainties.ranges
        around = {x: given[x] for x in AROUND if x in given}
        return {x: (ends[0], ends[1]) for x, ends in (around | self.file.levers).items()}

    @property
    def outcomes(self) -> list[str]:
        """Columns of outcomes that are kept, see :mod:`expatsim.sweeps.columns`."""
        file, scenario = self.file, self.scenario
        names = list(file.outcomes) or [o.name for o in possible(scenario.months)]
        return columns.columns(names, file.groups, file.series, scenario)

    @property
    def number_of_settings(self) -> int:
        """Number of settings of the design, without making them."""
        inputs, n = len(self.inputs), self.file.samples
        return {
            "sobol": n * block_of_sobol(inputs, self.file.second_order),
            "fast": n * (inputs + 1),
            "morris": n * (inputs + 1),
            "latin": n,
            "grid": n ** min(inputs, 64),
            "one_at_a_time": 2 * inputs + 1,
            FILE: 0 if self.table is None else len(self.table),
        }[self.file.design]

    @property
    def number_of_runs(self) -> int:
        """Number of runs: settings, times replicates, times scenarios."""
        return self.number_of_settings * self.file.replicates * len(self.scenarios)

    def describe(self) -> dict[str, Any]:
        """Return everything that decides the results, as plain values."""
        return {
            "sweep": self.file.model_dump(),
            "scenarios": [scenario.describe() for scenario in self.scenarios],
        }


def block_of_sobol(inputs: int, second_order: bool) -> int:
    """Return the number of settings of a base sample of Sobol."""
    return 2 * inputs + 2 if second_order else inputs + 2


def load_sweep(
    path: str | Path,
    change: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    rules: RuleLike | Iterable[RuleLike] = (),
) -> Sweep:
    """Return the sweep of a file, after a check.

    Parameters
    ----------
    path : str or pathlib.Path
        A sweep file (YAML), or the name of a shipped one.
    change : function
        Takes a scenario, returns the one to use: it may add a rule of your own, whose parameters
        and levers the file may then vary.
    rules : str, pathlib.Path, module or an iterable of them, optional
        Rules of your own that all its scenarios have, as for :func:`expatsim.load`; the file may
        vary their parameters and levers.

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
    own: list[Any] = [rule for _, rule in read_rules(rules)]
    path = find("", name, SWEEPS)
    if is_bare(name) and not os.path.lexists(path):
        raise InputError(f"no sweep {shown(name)!r}{hint('', name, shipped=SWEEPS)}")
    file, document = load_checked(path, SweepFile, Kind("a sweep file", "title"))
    places = [("scenario",), *(("others", k) for k in range(len(file.others)))]
    scenarios = [
        change(_scenario(path, name, str(place[0]), document.lines.get(place, 0), own))
        for name, place in zip([file.scenario, *file.others], places, strict=True)
    ]
    table, source = None, file.uncertainties.source
    if os.path.isfile(path.parent / source.removesuffix(PLUS_PRIOR)):
        source = str(path.parent / source)
    if file.design == FILE and file.table:
        table = read_table(path.parent / file.table)
    return check_sweep(path, file, document, scenarios, source, table)


def _scenario(path: Path, name: str, key: str, line: int, rules: list[Any]) -> Scenario:
    """Return a scenario that a sweep file names."""
    found = find(path.parent, name, SCENARIOS)
    if not os.path.isfile(found):
        hinted = hint(path.parent, name, path, SCENARIOS)
        raise InputError(f"{path}:{line}: {key}: {found}: no such file{hinted}")
    try:
        return load(found, rules)
    except InputError as error:
        raise InputError([f"{path}:{line}: {key}: {p}" for p in error.problems]) from error


def check_sweep(
    path: Path,
    file: SweepFile,
    document: Document,
    scenarios: Sequence[Scenario],
    source: str,
    table: pd.DataFrame | None,
) -> Sweep:
    """Return a sweep of scenarios that are loaded, after a check of all that goes together.

    Parameters
    ----------
    path : pathlib.Path
        The file, as lines name it.
    file : SweepFile
        Its content.
    document : Document
        For the line of each key.
    scenarios : sequence of Scenario
        As in their files.
    source : str
        Source of the parameters.
    table : pandas.DataFrame, optional
        For design ``file``: a row for each setting, as somebody gave it.

    Raises
    ------
    InputError
        With one line for every problem.
    """
    months = scenarios[0].months if file.years is None else 12 * file.years
    sized = [
        dataclasses.replace(s.resized(file.people, min(months, s.months)), seed=file.seed)
        for s in scenarios
    ]
    table = None if table is None else with_years(table)
    numbers = None if table is None else numbers_of(table)
    checked = Sweep(name_of(path), file, sized, list(scenarios), source, numbers)
    problems = _conflicts(checked, document, table)
    if problems:
        raise InputError([with_place(path, p) for p in sorted(problems)])
    return checked


Lines = Callable[..., int]


def _conflicts(sweep: Sweep, document: Document, table: pd.DataFrame | None) -> list[Problem]:
    """Return problems that only several keys together show, or the table as it was given."""

    def line_of(*place: str | int) -> int:
        return document.lines.get(place, document.lines.get(place[:-1], 0))

    problems = [*_scenario_problems(sweep, line_of), *_source_problems(sweep, line_of)]
    problems += [*_vary_problems(sweep, line_of), *_range_problems(sweep, line_of)]
    problems += [*_table_problems(sweep, document, table)]
    problems += [*_outcome_problems(sweep, line_of), *_design_problems(sweep, line_of)]
    problems += [*_time_problems(sweep, line_of)]
    if not problems and not sweep.inputs:
        problems.append(Problem(1, "nothing varies: give uncertainties or levers"))
    if not problems:
        if excess := too_many(_largest(sweep)):
            problems.append(Problem(line_of("people"), f"people: {excess}"))
        runs, key = sweep.number_of_runs, "samples" if sweep.table is None else "table"
        if runs > MOST_RUNS:
            message = f"{key}: {runs:,} runs in all (at most {MOST_RUNS:,})"
            problems.append(Problem(line_of(key), message))
    return problems


def _largest(sweep: Sweep) -> Scenario:
    """Return the scenario with most people, at the sweep's highest inflow and climate."""
    first = max(sweep.scenarios, key=lambda s: s.stock + s.inflow.sum() / 12)
    climate, inflow = first.climate, first.inflow
    if times.START in sweep.ends:  # a draw may live in any part of the paths
        climate, inflow = (np.full(first.months, x.max()) for x in (climate, inflow))
    if "climate" in sweep.ends:
        climate = np.full(first.months, sweep.ends["climate"][1])
    if "inflow" in sweep.ends:
        inflow = np.full(first.months, sweep.ends["inflow"][1] * first.people)
    return dataclasses.replace(first, climate=climate, inflow=inflow)


def _scenario_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of scenarios that cannot be in one sweep."""
    first, names = sweep.wholes[0], [s.name for s in sweep.wholes]
    if sweep.file.years and 12 * sweep.file.years > first.months:
        runs = f"{first.name} runs {first.months // 12}"
        yield Problem(line_of("years"), f"years: {sweep.file.years} are too many, since {runs}")
    for k, other in enumerate(sweep.wholes[1:]):
        line = line_of("others", k)
        if other.name in names[: k + 1]:
            yield Problem(line, f"others: {other.name!r} stands here twice; names must differ")
        elif (other.start, other.months) != (first.start, first.months):
            yield Problem(
                line,
                f"others: {other.name} starts {other.start} and runs {other.months // 12} years, "
                f"but {first.name} starts {first.start} and runs {first.months // 12}",
            )


def _source_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the file of draws."""
    try:
        digest_of(sweep.source)
    except InputError as error:
        for problem in error.problems:
            yield Problem(line_of("uncertainties", "source"), f"uncertainties.source: {problem}")


def _table_problems(
    sweep: Sweep, document: Document, table: pd.DataFrame | None
) -> Iterator[Problem]:
    """Yield problems of design ``file``: of its table, and of keys that go with other designs."""
    file, line = sweep.file, document.lines.get(("table",), 0)
    if file.design != FILE:
        if file.table:
            yield Problem(line, "table: is for design: file only")
        return
    if table is None:
        yield Problem(
            document.lines.get(("design",), 0), "design: file needs a table; give table: NAME.csv"
        )
        return
    for key in ("samples", "levers"):
        if (key,) in document.lines:
            yield Problem(document.lines[(key,)], f"{key}: is in the table; leave it out")
    for key in ("vary", "ranges"):
        if ("uncertainties", key) in document.lines:
            place = document.lines["uncertainties", key]
            yield Problem(place, f"uncertainties.{key}: is in the table; leave it out")
    allowed = {name: _bounds(x) for name, x in sweep.registry.items()} | sweep.bounds
    for problem in problems_of(table, allowed | BOUNDS, whole=_delays(sweep.levers)):
        yield Problem(line, f"table: {problem}")


def _vary_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the list of parameters that vary."""
    parameters, ranges = sweep.registry, sweep.file.uncertainties.ranges
    vary = sweep.file.uncertainties.vary
    listed = vary if isinstance(vary, list) else []
    for k, name in enumerate(listed):
        line = line_of("uncertainties", "vary", k)
        if name in listed[:k]:
            yield Problem(line, f"vary: {name!r} stands here twice")
        elif name in ranges:
            yield Problem(line, f"vary: {name!r} is in ranges too; give one of the two")
        elif name in AROUND:
            yield Problem(line, f"vary: {name!r} has no distribution; give it a range in ranges")
        elif name in sweep.bounds:
            yield Problem(line, f"vary: {name!r} is no parameter; give it a range in levers")
        elif name not in parameters:
            yield Problem(line, f"vary: no parameter {name!r}{nearest(name, parameters)}")


def _range_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of ranges of parameters and of levers."""
    levers = sweep.bounds
    parameters = BOUNDS | {name: _bounds(p) for name, p in sweep.registry.items()}
    for name, ends in sweep.file.uncertainties.ranges.items():
        line = line_of("uncertainties", "ranges", name)
        if name in parameters:
            yield from _range(f"ranges.{name}", ends, parameters[name], line)
        elif name in levers:
            yield Problem(line, f"ranges: {name!r} is no parameter; it belongs under levers")
        else:
            yield Problem(line, f"ranges: no parameter {name!r}{nearest(name, parameters)}")
    for name, ends in sweep.file.levers.items():
        line = line_of("levers", name)
        if name in levers:
            yield from _range(f"levers.{name}", ends, levers[name], line)
        elif name in parameters:
            what = "is no lever; it belongs under uncertainties, in ranges"
            yield Problem(line, f"levers: {name!r} {what}")
        elif near := nearest(name, _delays(sweep.levers)) if times.DELAY in name else "":
            yield Problem(line, f"levers: no delay {name!r}{near}")
        else:
            yield Problem(line, f"levers: {no_lever(name)}")


def _outcome_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the lists of outcomes, groups and series."""
    file = sweep.file
    possible_names = [outcome.name for outcome in possible(sweep.scenario.months)]
    for key, names, allowed in (
        ("outcomes", file.outcomes, possible_names),
        ("groups", file.groups, list(columns.GROUP)),
        ("series", file.series, list(indicators(sweep.scenario.rules))),
    ):
        for k, name in enumerate(names):
            if name in names[:k]:
                yield Problem(line_of(key, k), f"{key}: {name!r} stands here twice")
            elif name not in allowed:
                what = {"outcomes": "outcome", "groups": "group", "series": "indicator"}[key]
                hint = nearest(name, allowed) or f"; {what}s are {', '.join(allowed)}"
                yield Problem(line_of(key, k), f"{key}: no {what} {name!r}{hint}")


def _time_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of names of times and outcomes, and of runs that start in different months."""
    known = {**sweep.registry, **sweep.levers}
    outcomes = (outcome.name for outcome in possible(sweep.scenario.months))
    others = dict.fromkeys((*AROUND, *_delays(sweep.levers), *outcomes))
    for name in (x for x in others if x in known):
        what = f"{name!r} means something else in sweeps"
        yield Problem(0, f"{what}; give what your rule calls so another name")
    if times.START not in sweep.inputs:
        return
    if sweep.file.series:
        what = "series: runs that start in different months have no months in common"
        yield Problem(line_of("series"), what)
    for whole in sweep.wholes:
        months = [month for path in whole.policy.values() for month, _ in path.steps]
        months += [month for path in (whole.climate, whole.inflow) for month, _ in steps(path)]
        if max(months) >= sweep.scenario.months:
            what = f"{whole.name} changes after its end, where a later start comes; leave it out"
            yield Problem(line_of("years"), f"years: {what}")


def _design_problems(sweep: Sweep, line_of: Lines) -> Iterator[Problem]:
    """Yield problems of the design and its chance."""
    file = sweep.file
    if file.design == "sobol" and file.samples & (file.samples - 1):
        message = f"samples: {file.samples} is not a power of two (sobol)"
        yield Problem(line_of("samples"), message)
    if file.design == "fast" and file.samples < LEAST_OF_FAST:
        message = f"samples: {file.samples} are too few for fast (at least {LEAST_OF_FAST})"
        yield Problem(line_of("samples"), message)
    if file.second_order and file.design != "sobol":
        yield Problem(line_of("second_order"), "second_order: is for design: sobol only")
    if file.design == "fast" and file.luck == "independent":
        message = "luck: independent would add its own signal to the curves of fast; give common"
        yield Problem(line_of("luck"), message)
    if file.design == "one_at_a_time" and file.luck == "independent":
        message = (
            "luck: independent would make chance of every swing of one_at_a_time, which compares "
            "runs one by one; give common (and replicates, for the mean over chance)"
        )
        yield Problem(line_of("luck"), message)


def _range(name: str, ends: list[float], bounds: Bounds, line: int) -> list[Problem]:
    """Return the problem of a range, if it has one; times are in whole months."""
    of = name.partition(".")[2]
    shown = f"{ends[0]:.10g} to {ends[1]:.10g}"
    if not bounds.low <= ends[0] < ends[1] <= bounds.high:
        allowed = f"(allowed: two rising values within {bounds})"
        return [Problem(line, f"{name}: {shown} is out of range {allowed}")]
    if of == times.START and round(12 * ends[0]) == round(12 * ends[1]):
        return [Problem(line, f"{name}: {shown} is a single month ({bounds.unit})")]
    if bounds is DELAYED and any(x % 1 for x in ends):
        return [Problem(line, f"{name}: must be whole months, not {shown}")]
    return []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of sweep files."""
    return schema.json_schema(SweepFile, "expatsim sweep")
