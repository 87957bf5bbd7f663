"""What every checked file has in common: strict groups of keys, and what a schema says of values.

A schema is a pydantic model. What pydantic has no word for, such as the unit of a number, stands in
the metadata of its fields, and mistakes are explained from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

SAID = "said"  # kind of an error whose message is for people already


@dataclass(frozen=True)
class Bounds:
    """What the number of a field may be.

    Attributes
    ----------
    low, high : float
    unit : str
    headcount : str
        How a number of people is said instead of a share; empty if it is none of people.
    """

    low: float
    high: float
    unit: str
    headcount: str = ""

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}, {self.unit}"


@dataclass(frozen=True)
class BoundsByName:
    """What the numbers of a group may be whose keys are names of something.

    Attributes
    ----------
    find : callable
        Takes a name; gives its :class:`Bounds`, or None if there is nothing of that name.
    """

    find: Callable[[str], Bounds | None]


@dataclass(frozen=True)
class Choice:
    """What people write instead of one of a few words.

    Attributes
    ----------
    meant : callable
        Takes what they wrote; gives the word that is meant, or None.
    advice : str
        For those who mean none of them.
    """

    meant: Callable[[str], str | None]
    advice: str


def metadata(field: FieldInfo) -> Iterator[Any]:
    """Yield what a field says of its values beside their types, that of ``X | None`` too."""
    yield from field.metadata
    yield from _within(field.annotation)


def _within(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _within(inner)


class Strict(BaseModel):
    """A group of keys: none that is unknown, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Groups(Strict):
    """A file, or a group of its keys, in which an empty group or list says nothing."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {k: x for k, x in given.items() if x is not None or not cls._is_group(k)}

    @classmethod
    def _is_group(cls, key: str) -> bool:
        field = cls.model_fields.get(key)
        return field is not None and (
            field.default_factory is not None or isinstance(field.default, BaseModel)
        )


def _visible(text: str) -> str:
    if text and not any(c.isprintable() and not c.isspace() for c in text):
        raise PydanticCustomError(SAID, "must not be empty")
    return text


Line = Annotated[str, AfterValidator(_visible)]


def json_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of files, for editors: names are completed, ranges shown."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return schema
