"""Schema of scenario files: keys, types and ranges, with their explanations."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError, PydanticKnownError

from expatsim.cities import packaged_names
from expatsim.inputs import schema
from expatsim.inputs.aliases import cities_of_survey, city_meant
from expatsim.inputs.numbers import EUROS
from expatsim.inputs.numbers import PEOPLE as COUNT
from expatsim.inputs.schema import SAID, Bounds, Choice, Line, Strict
from expatsim.inputs.syntax import as_words
from expatsim.model.levers import LEVERS, SHARES_OF_ARRIVALS, Lever
from expatsim.model.policy import ADD, AS_IN_2009, AT_LEAST, PEOPLE

M = TypeVar("M", bound=BaseModel)
MOST_AGENTS = 5_000_000  # of a whole projection, with partners
MOST_PEOPLE = 1_000_000  # in the city at the start, or who come in a year
MOST_CHANGES = 500
# units of numbers that may be thousands, see expatsim.inputs.numbers
_EUROS: JsonDict = {"unit": EUROS}
_PEOPLE: JsonDict = {"unit": COUNT}
OWN_NAME = r"[a-z][a-z0-9_]{0,39}"  # of a city that is not of the study, and of its folder
PATH = "[/\\\\]"  # a character that paths have, and names of cities have not


def _city(value: Any) -> str:
    """The value itself if it is a packaged city or the path of a folder; else an error."""
    if not isinstance(value, str) or not (value in packaged_names() or re.search(PATH, value)):
        raise PydanticKnownError(
            "literal_error", {"expected": " or ".join(map(repr, packaged_names()))}
        )
    return value


City = Annotated[
    str,
    PlainValidator(_city),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(packaged_names())},
                {"type": "string", "pattern": PATH, "examples": ["./cities/my_city"]},
                {"type": "string", "pattern": f"^{OWN_NAME}$"},  # of a folder beside the file
            ]
        }
    ),
    Choice(city_meant, cities_of_survey()),
]
Month = Annotated[str, Field(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$", examples=["2010-01"])]


def _number(value: Any, low: float, high: float) -> float:
    """The value itself if it is a number within a range; else an error of pydantic's."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticKnownError("float_type")
    if not math.isfinite(value):
        raise PydanticKnownError("finite_number")
    if value < low:
        raise PydanticKnownError("greater_than_equal", {"ge": low})
    if value > high:
        raise PydanticKnownError("less_than_equal", {"le": high})
    return value


def relative_to(lever: Lever) -> dict[str, tuple[float, float]]:
    """Changes that may be given instead of a level (``add``, ``at_least`` ...), with their ranges.

    Parameters
    ----------
    lever : Lever
        The lever that changes.

    Examples
    --------
    >>> relative_to(LEVERS["english_information"])
    {'add': (-1, 1), 'at_least': (0.0, 1.0)}
    """
    width = lever.high - lever.low
    ranges = {ADD: (-width, width), AT_LEAST: (float(lever.low), float(lever.high))}
    of_arrivals = lever.reaches in SHARES_OF_ARRIVALS
    return {**ranges, PEOPLE: (0.0, float(MOST_PEOPLE))} if of_arrivals else ranges


def _level(lever: Lever, value: Any) -> Any:
    """The level or change of a lever in a file, if it is allowed; else an error.

    See :func:`expatsim.model.policy.level_of_entry`.
    """
    if value is None:
        raise PydanticCustomError(
            SAID, "is empty; write a level, or leave the line out for what is there"
        )
    if isinstance(value, str):
        if value.strip().lower() == AS_IN_2009:
            return AS_IN_2009
        if re.match("(as|zoals) in ", value.strip().lower()):
            said = "{given} is no level; write `{as_then}`, or a number (allowed: {low} to {high})"
            ends = {"low": f"{lever.low:g}", "high": f"{lever.high:g}"}
            words = {"given": as_words(value), "as_then": AS_IN_2009}
            raise PydanticCustomError(SAID, said, {**words, **ends})
        raise PydanticKnownError("float_type")
    if not isinstance(value, dict):
        return _number(value, lever.low, lever.high)
    allowed = relative_to(lever)
    if len(value) != 1 or not set(value) <= set(allowed):
        given = f"{{{', '.join(map(str, value))[:60]}}}" if value else "an empty group"
        raise PydanticCustomError(
            SAID,
            "write a number, `as in 2009`, or one of {allowed}, not {given}",
            {
                "allowed": ", ".join(f"{{{how}: ...}}" for how in allowed),
                "given": given,
            },
        )
    ((how, x),) = value.items()
    low, high = allowed[how]
    try:
        return {how: _number(x, low, high)}
    except PydanticKnownError as error:
        number = isinstance(x, int | float) and not isinstance(x, bool)
        text = f"{x:,.15g}" if number else as_words(x)
        what = "is out of range" if error.type.endswith("_equal") else "is not a number"
        value = f"{how}: {text} {what}" if x is not None else f"{how} is empty"
        raise PydanticCustomError(
            SAID,
            "{said} (allowed: {low} to {high})",
            {"said": value, "low": f"{low:,.15g}", "high": f"{high:,.15g}"},
        ) from error


def _lever_field(lever: Lever) -> Any:
    text = f"{lever.meaning} ({lever.unit}, {lever.low:g} to {lever.high:g})"
    options: list[dict[str, Any]] = [
        {"type": "number", "minimum": lever.low, "maximum": lever.high},
        {"const": AS_IN_2009},
    ]
    options += [
        {
            "type": "object",
            "properties": {how: {"type": "number", "minimum": low, "maximum": high}},
            "required": [how],
            "additionalProperties": False,
        }
        for how, (low, high) in relative_to(lever).items()
    ]
    headcount = PEOPLE if lever.reaches in SHARES_OF_ARRIVALS else ""
    kind = Annotated[
        Any,
        PlainValidator(partial(_level, lever)),
        WithJsonSchema({"anyOf": options}),
        Bounds(lever.low, lever.high, lever.unit, headcount),
    ]
    return (kind, Field(default=None, description=text))


def _policy(levers: Mapping[str, Lever], base: type[BaseModel] = Strict) -> type[BaseModel]:
    """The model of a group of levers: those of ``base``, then these."""
    return create_model(
        "Policy",
        __base__=base,
        __doc__="Levers that differ from the baseline; all others stay as they are.",
        **{name: _lever_field(x) for name, x in levers.items()},
    )


Policy = _policy(LEVERS)


class Cost(Strict):
    """What a lever costs, in euros of one year; there are no defaults."""

    per_year: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        description="euros a year as soon as the lever is moved, whatever its level (an office)",
        json_schema_extra=_EUROS,
    )
    per_unit: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        description="euros a year for each unit of the lever (an event a year, a place per 100 "
        "expats, a grade point; a share from nothing to all)",
        json_schema_extra=_EUROS,
    )
    per_participant: float | None = Field(
        default=None,
        ge=0,
        le=1e6,
        description="euros for each person reached",
        json_schema_extra=_EUROS,
    )
    up_to: float | None = Field(
        default=None,
        description="the highest level that a plan may use; the highest seen in 2009 by default",
    )


def _within(lever: Lever, cost: Cost) -> Cost:
    if cost.up_to is not None and not lever.low <= cost.up_to <= lever.high:
        raise PydanticCustomError(
            SAID,
            "up_to: {x} is out of range (allowed: {low} to {high}, {unit})",
            {
                "x": f"{cost.up_to:g}",
                "low": f"{lever.low:g}",
                "high": f"{lever.high:g}",
                "unit": lever.unit,
            },
        )
    return cost


def _costs(levers: Mapping[str, Lever], base: type[BaseModel] = Strict) -> type[BaseModel]:
    """The model of the costs of levers: those of ``base``, then these."""
    return create_model(  # type: ignore[call-overload]
        "Costs",
        __base__=base,
        __doc__="Costs by lever.",
        **{
            name: (
                Annotated[Cost, AfterValidator(partial(_within, x))] | None,
                Field(default=None, description=x.meaning),
            )
            for name, x in levers.items()
        },
    )


Costs = _costs(LEVERS)


class Population(Strict):
    """How many people there are and come, and whom they resemble."""

    stock: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PEOPLE,
        description="people in the city at the start",
        json_schema_extra=_PEOPLE,
    )
    inflow: float | None = Field(
        default=None,
        ge=0,
        le=MOST_PEOPLE,
        description="workers who arrive in a year",
        json_schema_extra=_PEOPLE,
    )
    weights: Literal["survey", "national"] | None = Field(
        default=None,
        description="survey: as the respondents of the report; national: sex ratio and origins of "
        "all permits",
    )


class Change(Strict):
    """From this month on, something is different."""

    date: Month = Field(description="year and month, such as 2012-07")
    policy: Policy | None = Field(default=None, description="levers that change")  # type: ignore[valid-type]
    climate: float | None = Field(
        default=None, ge=-3, le=3, description="economic climate: 0 normal, -1 the crisis of 2009"
    )
    inflow: float | None = Field(
        default=None,
        ge=0,
        le=MOST_PEOPLE,
        description="workers who arrive in a year",
        json_schema_extra=_PEOPLE,
    )
    note: str | None = Field(default=None, max_length=2000, description="why")


def _not_too_many(changes: list[Change]) -> list[Change]:
    # a limit of pydantic's own would hide all problems inside the list
    if len(changes) > MOST_CHANGES:
        raise PydanticCustomError(SAID, "too long, at most {most}", {"most": MOST_CHANGES})
    return changes


Changes = Annotated[
    list[Change], AfterValidator(_not_too_many), Field(json_schema_extra={"maxItems": MOST_CHANGES})
]


class ScenarioFile(Strict):
    """A scenario: a short difference from a city's 2009 policy or from another scenario."""

    title: Line = Field(
        min_length=1, max_length=200, description="one line that names the scenario"
    )
    description: str | None = Field(default=None, max_length=20_000, description="what and why")
    title_nl: Line | None = Field(
        default=None, min_length=1, max_length=200, description="the title in Dutch, for reports"
    )
    description_nl: str | None = Field(
        default=None, max_length=20_000, description="the description in Dutch, for reports"
    )
    author: str | None = Field(default=None, max_length=200, description="who wrote it")
    city: City | None = Field(default=None, description="the city whose 2009 policy is the start")
    based_on: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="another scenario, by the name of its file from this file's folder on, or of a "
        "shipped one",
    )
    start: Month | None = Field(default=None, description="first month, such as 2010-01")
    years: int | None = Field(default=None, ge=1, le=30, description="length of the projection")
    policy_from: City | None = Field(
        default=None, description="take over the 2009 policy of this city first"
    )
    policy: Policy | None = Field(default=None, description="levers that differ from the start on")  # type: ignore[valid-type]
    climate: float | None = Field(
        default=None, ge=-3, le=3, description="economic climate from the start: 0 normal"
    )
    changes: Changes | None = Field(default=None, description="dated changes, the earliest first")
    costs: Costs | None = Field(default=None, description="costs of levers, if known")  # type: ignore[valid-type]
    value_per_expat_year: float | None = Field(
        default=None,
        gt=0,
        le=1e9,
        description="what a year lived in the city is worth, in euros",
        json_schema_extra=_EUROS,
    )
    population: Population | None = Field(default=None, description="numbers of people")
    seed: int | None = Field(default=None, ge=0, le=2**53, description="random seed")
    draws: int | None = Field(
        default=None, ge=2, le=10_000, description="number of draws behind the intervals"
    )


@cache
def scenario_file(own: tuple[Lever, ...] = ()) -> type[ScenarioFile]:
    """The model of scenario files, with the levers of rules that are not the package's.

    Parameters
    ----------
    own : tuple of Lever
        These levers; with none it is :class:`ScenarioFile`.
    """
    if not own:
        return ScenarioFile
    levers = {x.name: x for x in own}
    policy, costs = _policy(levers, Policy), _costs(levers, Costs)
    change = _with(Change, policy=policy | None)
    changes = Annotated[
        list[change],  # type: ignore[valid-type]
        AfterValidator(_not_too_many),
        Field(json_schema_extra={"maxItems": MOST_CHANGES}),
    ]
    return _with(ScenarioFile, policy=policy | None, changes=changes | None, costs=costs | None)


def _with(model: type[M], **types: Any) -> type[M]:
    """The model with other types of some fields, which keep what is said of them."""
    fields = {
        name: (kind, Field(default=None, description=model.model_fields[name].description))
        for name, kind in types.items()
    }
    return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **fields)  # type: ignore[call-overload]


def json_schema(own: tuple[Lever, ...] = ()) -> dict[str, Any]:
    """Return the JSON Schema of scenario files.

    Parameters
    ----------
    own : tuple of Lever
        Levers of rules that are not the package's.
    """
    return schema.json_schema(scenario_file(own), "expatsim scenario")
