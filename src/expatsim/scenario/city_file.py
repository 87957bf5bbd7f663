"""Cities of users: checked content of a folder with ``city.yaml`` and ``survey.csv``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from expatsim import cities
from expatsim.cities import FILE, SURVEY, City
from expatsim.errors import InputError, first_of
from expatsim.inputs.encoding import Problem
from expatsim.inputs.load import Kind, load_checked
from expatsim.inputs.messages import with_place
from expatsim.inputs.read import Document
from expatsim.inputs.schema import Line, Strict
from expatsim.inputs.syntax import shown
from expatsim.model.declare import Prior, declared
from expatsim.model.levers import EACH_CITY, LEVERS, level_name
from expatsim.model.parameters import EVIDENCE, registry
from expatsim.model.rules import arrival
from expatsim.model.state import ORIGINS
from expatsim.observed import external
from expatsim.scenario.schema import MOST_PEOPLE, OWN_NAME, Month
from expatsim.scenario.survey_file import read_survey

SHEETS = (".csv", ".txt", ".tsv", ".xls", ".xlsx", ".ods")  # endings of what may be a survey
KIND = Kind("a city", "names", "`expatsim city new NAME` writes one")
LEAVES = "a link out of the folder; the files of a city lie in it"
ROUNDING = 1e-6  # of shares that add up to one
OF_ARRIVALS = declared(arrival.Parameters)
Choice = Annotated[str, Field(max_length=100)]


class _Names(Strict):
    """Names of the city for readers."""

    en: Line = Field(min_length=1, max_length=100, description="in English")
    nl: Line = Field(min_length=1, max_length=100, description="in Dutch")


class _Region(Strict):
    """Share of the country's foreign knowledge workers who live in the city's region."""

    row: Choice | None = Field(default=None, description="row of the external facts")
    percent: float | None = Field(default=None, gt=0, le=100, description="or the number itself")
    source: Line | None = Field(default=None, max_length=1000, description="of the number")


class _Level(Strict):
    """Where a lever stood in the city in 2009."""

    level: float = Field(description="the median of its prior, if it has one")
    evidence: Literal[EVIDENCE] = Field(description="as for parameters")  # type: ignore[valid-type]
    source: Line = Field(min_length=1, max_length=1000, description="where the level comes from")
    prior: Prior | None = Field(
        default=None, description="shape of the prior of a level that nobody measured"
    )
    spread: float | None = Field(default=None, gt=0, le=100, description="of the prior")
    low: float | None = Field(default=None, description="lowest value of the prior")
    high: float | None = Field(default=None, description="highest value of the prior")
    since: Month | None = Field(default=None, description="month from which it stood there")


_Levels: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "_Levels",
    __base__=Strict,
    __doc__="Levels of 2009 by lever.",
    **{
        name: (
            _Level | None,
            Field(default=None, description=f"{lever.meaning} ({lever.unit})"),
        )
        for name, lever in LEVERS.items()
        if lever.level_2009 == EACH_CITY
    },
)


class _AYear(Strict):
    """Workers who arrive in a year; nine in ten draws lie between the numbers."""

    low: float = Field(gt=0, le=MOST_PEOPLE, description="a low number")
    high: float = Field(gt=0, le=MOST_PEOPLE, description="a high number")
    source: Line = Field(min_length=1, max_length=1000, description="where they come from")


class _StillHere(Strict):
    """Share of earlier arrivals who are still here; nine in ten draws lie between the numbers."""

    low: float = Field(gt=0, le=1, description="a low share")
    high: float = Field(gt=0, le=1, description="a high share")
    source: Line = Field(min_length=1, max_length=1000, description="where they come from")


class _Origins(Strict):
    """Share of each origin group among arrivals."""

    shares: dict[Choice, Annotated[float, Field(ge=0, le=1)]] = Field(
        description=f"a share for each of {', '.join(ORIGINS)}; together 1"
    )
    source: Line = Field(min_length=1, max_length=1000, description="where they come from")


class _Known(_Level):
    """A parameter of arrivals that is known for the city, as a prior."""

    prior: Prior = Field(description="shape of the prior")
    spread: float = Field(gt=0, description="its standard deviation, on that shape's scale")
    low: float = Field(description="lowest value")
    high: float = Field(description="highest value")
    since: None = None


_Parameters: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "_Parameters",
    __base__=Strict,
    __doc__="Parameters of arrivals by name, in place of those of the calibration.",
    **{
        name: (_Known | None, Field(default=None, description=f"{p.meaning} ({p.unit})"))
        for name, p in OF_ARRIVALS.items()
    },
)


class _Arrivals(Strict):
    """What is known of the city's arrivals; national figures hold for the rest."""

    a_year: _AYear | None = Field(default=None, description="workers who arrive in a year")
    still_here: _StillHere | None = Field(
        default=None,
        description="share of the arrivals of the past six years who are still here at the start",
    )
    origins: _Origins | None = Field(default=None, description="where they come from")
    parameters: _Parameters | None = Field(default=None, description="their attributes")  # type: ignore[valid-type]


class _Still(Strict):
    """Something that is still of the study, a line in both languages."""

    en: Line = Field(min_length=1, max_length=300, description="in English")
    nl: Line = Field(min_length=1, max_length=300, description="in Dutch")


class CityFile(Strict):
    """Content of ``city.yaml``."""

    names: _Names = Field(description="what readers call the city")
    also_called: list[Choice] | None = Field(
        default=None, max_length=20, description="other names in files"
    )
    region: _Region | None = Field(
        default=None, description="share of the country's foreign knowledge workers"
    )
    donors: Choice = Field(
        description="packaged city whose people stand in for those of this one, and from which it "
        "borrows what is not said here"
    )
    levels_2009: _Levels | None = Field(  # type: ignore[valid-type]
        default=None, description="where levers stood in 2009, or in `year`"
    )
    year: int | None = Field(
        default=None, ge=2009, le=2100, description="year of its levels and arrivals, if not 2009"
    )
    survey_of: Choice | None = Field(
        default=None, description="city of the study whose tables hold; without survey.csv"
    )
    arrivals: _Arrivals | None = Field(default=None, description="what is known of arrivals")
    still_of_2009: list[_Still] | None = Field(
        default=None, description="what is still of the study, for readers"
    )
    order: int | None = Field(default=None, ge=1, description="place among packaged cities")
    households: int | None = Field(
        default=None, ge=200, le=100_000, description="in the history that a calibration simulates"
    )
    quick_households: int | None = Field(
        default=None, ge=1, description="only of a city of the study"
    )


def read_city(folder: Path) -> City:
    """The city that a folder describes.

    Parameters
    ----------
    folder : pathlib.Path
        With ``city.yaml``, and ``survey.csv`` unless all its tables are borrowed, or are those of
        a city of the study; its name is that of the city.

    Raises
    ------
    InputError
        With one line for every problem of its files.
    """
    problems = _of_folder(folder)
    values: dict[str, Any] = {}
    if not leaves(folder, FILE):
        try:
            values = read_content(folder / FILE)
        except InputError as error:
            problems += error.problems
    if not values.get("survey_of"):
        survey, wrong = _survey(folder)
        values, problems = {**values, "survey": survey}, [*problems, *wrong]
    elif os.path.lexists(folder / SURVEY):
        problems.append(f"{folder}: give either {SURVEY} or survey_of, not both")
    if problems:
        raise InputError(problems)
    return City.of(folder.resolve().name, values)


def _survey(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of the survey in a folder, none if there is no such file, and its problems."""
    path = folder / SURVEY
    if leaves(folder, SURVEY):
        return [], []
    if os.path.lexists(path):
        survey, wrong = read_survey(path)
        return survey, first_of((with_place(path, p) for p in wrong), len(wrong))
    if other := _sheet(folder):
        what = f"Save it as {SURVEY}, a CSV file; without that file all tables are borrowed"
        return [], [f"{folder / other}: is it the survey? {what}"]
    return [], []


def _of_folder(folder: Path) -> list[str]:
    """Problems of the name of a city's folder, and of what lies in it."""
    problems = []
    name = folder.resolve().name
    if not re.fullmatch(OWN_NAME, name):
        problems.append(
            f"{folder}: name the folder in small letters, digits and _, such as my_city"
        )
    taken = [lever for lever in LEVERS if level_name(name, lever) in registry()]
    if name in cities.packaged_names():
        of = "of the study" if name in cities.city_names() else "of the package"
        problems.append(f"{folder}: {name!r} is a city {of}; give yours another name")
    elif taken:
        problems.append(f"{folder}: {level_name(name, taken[0])} is a parameter; choose another")
    for file in (FILE, SURVEY):
        if leaves(folder, file):
            problems.append(f"{folder / file}: {LEAVES}")
    return problems


def leaves(folder: Path, file: str) -> bool:
    """Return whether a file in a folder is a link that leads out of it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.
    file : str
        Name of the file, which need not exist.
    """
    inside = os.path.realpath(folder)
    return os.path.dirname(os.path.realpath(folder / file)) != inside


def _sheet(folder: Path) -> str:
    """Name of a file in a folder that may be a survey under another name; empty without one."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    return next((n for n in names if n.lower().endswith(SHEETS) and not n.startswith(".")), "")


def read_content(path: Path) -> dict[str, Any]:
    """The checked content of a ``city.yaml``, of a user's city or of a packaged one.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    InputError
        With one line for every problem.
    """
    return load_checked(path, CityFile, KIND, _more)[1].values


def add_folder(folder: str | Path) -> City:
    """The city that a folder describes, registered under its name for the rest of the process.

    Parameters
    ----------
    folder : str or pathlib.Path
        With ``city.yaml`` and ``survey.csv``; its name is that of the city.

    Raises
    ------
    InputError
        As :func:`read_city`.
    """
    return cities.add(read_city(Path(folder)))


def city_folder(beside: Path, name: str) -> Path | None:
    """Folder of a city that lies beside a scenario; ``None`` if there is none.

    Parameters
    ----------
    beside : pathlib.Path
        Folder of the scenario, or any other.
    name : str
        Name of the city, whose folder is ``cities/NAME``, or ``NAME`` with its file.
    """
    if name in cities.packaged_names() or not re.fullmatch(OWN_NAME, name):
        return None
    folders = (Path("cities", name), Path(name))
    found = next((f for f in folders if os.path.isfile(beside / f / FILE)), None)
    # one that lacks its file is meant all the same, and that is what will be said
    return found or (folders[0] if os.path.isdir(beside / folders[0]) else None)


def _more(document: Document) -> Iterator[Problem]:
    """Problems that concern several keys, or the names of other things."""

    def line(*path: str) -> int:
        """Line of a path, or of the nearest group above it."""
        return next((n for k in range(len(path), -1, -1) if (n := document.lines.get(path[:k]))), 0)

    for key in ("donors", "survey_of"):
        other = document.values.get(key)
        if isinstance(other, str) and other not in cities.city_names():
            allowed = ", ".join(cities.city_names())
            yield Problem(line(key), f"{key}: {shown(other)!r} is not one of {allowed}")
    arrivals = document.values.get("arrivals")
    for path, message in _of_arrivals(arrivals) if isinstance(arrivals, dict) else ():
        yield Problem(line("arrivals", *path), f"arrivals.{'.'.join(path)}: {message}")
    region = document.values.get("region")
    if isinstance(region, dict):
        if ("row" in region) == ("percent" in region):
            yield Problem(line("region"), "region: give either row or percent")
        if "percent" in region and not region.get("source"):
            yield Problem(line("region"), "region: percent needs its source")
        if "row" in region and region["row"] not in set(external()["id"]):
            what = shown(str(region["row"]))
            yield Problem(line("region", "row"), f"region.row: no external fact {what!r}")
    levels = document.values.get("levels_2009")
    for lever, entry in levels.items() if isinstance(levels, dict) else ():
        if isinstance(entry, dict) and lever in LEVERS:
            for problem in _of_level(lever, entry):
                yield Problem(line("levels_2009", lever), f"levels_2009.{lever}: {problem}")


def _of_arrivals(arrivals: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and text of each problem of arrivals that no single key has."""
    origins, known = arrivals.get("origins"), arrivals.get("parameters")
    low: Any
    high: Any
    for key in ("a_year", "still_here"):
        between = arrivals.get(key)
        low, high = (between.get(k) if isinstance(between, dict) else None for k in ("low", "high"))
        if _numbers(low, high) and not low <= high:
            yield (key,), "low is above high"
    shares = origins.get("shares") if isinstance(origins, dict) else None
    if isinstance(shares, dict) and _numbers(*shares.values()):
        if set(shares) != set(ORIGINS):
            yield ("origins", "shares"), f"give a share for each of {', '.join(ORIGINS)}"
        elif abs(sum(shares.values()) - 1) > ROUNDING:
            yield ("origins", "shares"), f"they add up to {sum(shares.values()):g}, not to 1"
    for name, x in known.items() if isinstance(known, dict) else ():
        p = OF_ARRIVALS.get(name)
        keys = ("low", "level", "high")
        low, level, high = (x.get(k) if isinstance(x, dict) else None for k in keys)
        if p and _numbers(low, level, high) and not p.low <= low < level < high <= p.high:
            text = f"low, level and high must rise, within {p.low:g} to {p.high:g}"
            yield ("parameters", name), text


def _numbers(*values: Any) -> bool:
    """Whether all are numbers; the schema reports others."""
    return all(isinstance(x, int | float) and not isinstance(x, bool) for x in values)


def _of_level(lever: str, entry: dict[str, Any]) -> Iterator[str]:
    """Problems of the numbers of a level and its prior."""
    x = LEVERS[lever]
    keys = ("spread", "low", "high")
    numbers = {k: entry.get(k) for k in ("level", *keys)}
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in numbers.values() if v):
        return  # the schema reports numbers of another type
    level, given = numbers["level"], [k for k in keys if numbers[k] is not None]
    if level is not None and not x.low <= level <= x.high:
        yield f"{level:g} is out of range (allowed: {x.low:g} to {x.high:g}, {x.unit})"
    if entry.get("prior") is None:
        if given:
            yield f"{', '.join(given)} without prior"
        return
    if len(given) < len(keys):
        yield f"a prior needs {', '.join(k for k in keys if k not in given)}"
    elif level is not None and not x.low <= entry["low"] < level < entry["high"] <= x.high:
        yield f"low, level and high must rise, within {x.low:g} to {x.high:g}"
