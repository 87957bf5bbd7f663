"""What may stand in a scenario file: keys, types and ranges, with the words that explain them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from expatsim.levers import LEVERS

MOST_AGENTS = 5_000_000
City = Literal["rotterdam", "den_haag"]
Month = Annotated[str, Field(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$", examples=["2010-01"])]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _lever_field(low: float, high: float, text: str) -> Any:
    return (float | None, Field(default=None, ge=low, le=high, description=text))


Policy: type[BaseModel] = create_model(
    "Policy",
    __base__=_Strict,
    __doc__="Levers that differ from the baseline; all others stay as they are.",
    **{
        name: _lever_field(x.low, x.high, f"{x.meaning} ({x.unit}, {x.low:g} to {x.high:g})")
        for name, x in LEVERS.items()
    },
)


class Cost(_Strict):
    """What a lever costs, in euros of one year; there are no defaults."""

    per_year: float | None = Field(default=None, ge=0, le=1e9, description="euros a year")
    per_participant: float | None = Field(
        default=None, ge=0, le=1e6, description="euros for each person reached"
    )


Costs: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "Costs",
    __base__=_Strict,
    __doc__="Costs by lever.",
    **{
        name: (Cost | None, Field(default=None, description=x.meaning))
        for name, x in LEVERS.items()
    },
)


class Population(_Strict):
    """How many people there are and come, and whom they resemble."""

    stock: int | None = Field(
        default=None, ge=1, le=1_000_000, description="people in the city at the start"
    )
    inflow: float | None = Field(
        default=None, ge=0, le=1_000_000, description="workers who arrive in a year"
    )
    weights: Literal["survey", "national"] | None = Field(
        default=None,
        description="survey: as the respondents of the report; national: sex ratio and origins of "
        "all permits",
    )


class Change(_Strict):
    """From this month on, something is different."""

    date: Month = Field(description="year and month, such as 2012-07")
    policy: Policy | None = Field(default=None, description="levers that change")  # type: ignore[valid-type]
    climate: float | None = Field(
        default=None, ge=-3, le=3, description="economic climate: 0 normal, -1 the crisis of 2009"
    )
    inflow: float | None = Field(
        default=None, ge=0, le=1_000_000, description="workers who arrive in a year"
    )
    note: str | None = Field(default=None, max_length=2000, description="why")


class ScenarioFile(_Strict):
    """A scenario: a short difference from a city's 2009 policy or from another scenario."""

    title: str = Field(min_length=1, max_length=200, description="one line that names the scenario")
    description: str | None = Field(default=None, max_length=20_000, description="what and why")
    title_nl: str | None = Field(
        default=None, min_length=1, max_length=200, description="the title in Dutch, for reports"
    )
    description_nl: str | None = Field(
        default=None, max_length=20_000, description="the description in Dutch, for reports"
    )
    author: str | None = Field(default=None, max_length=200, description="who wrote it")
    city: City | None = Field(default=None, description="the city whose 2009 policy is the start")
    based_on: str | None = Field(
        default=None, min_length=1, max_length=200, description="another scenario beside this file"
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
    changes: list[Change] | None = Field(
        default=None, max_length=500, description="dated changes, the earliest first"
    )
    costs: Costs | None = Field(default=None, description="costs of levers, if known")  # type: ignore[valid-type]
    value_per_expat_year: float | None = Field(
        default=None, gt=0, le=1e9, description="what a year lived in the city is worth, in euros"
    )
    population: Population | None = Field(default=None, description="numbers of people")
    seed: int | None = Field(default=None, ge=0, le=2**53, description="random seed")
    draws: int | None = Field(
        default=None, ge=2, le=10_000, description="number of draws behind the intervals"
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema of scenario files, for editors: names are completed, ranges shown."""
    schema = ScenarioFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "expatsim scenario"
    return schema
