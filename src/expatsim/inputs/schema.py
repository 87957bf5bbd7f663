"""Parts that the schemas of all checked files share: strict groups of keys, and metadata of values.

A schema is a pydantic model. Facts that pydantic has no place for, such as the unit of a number,
stand in the metadata of its fields; messages are made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

SAID = "said"  # type of an error whose message is for people already


@dataclass(frozen=True)
class Bounds:
    """Allowed range of a number.

    Attributes
    ----------
    low, high : float
        Lowest and highest value, in ``unit``.
    unit : str
        Unit of the number, as messages name it.
    headcount : str
        Key with which a number of people is given instead of a share; empty if there is none.
    """

    low: float
    high: float
    unit: str
    headcount: str = ""

    def __str__(self) -> str:
        low, high = (f"{x:,.0f}" if abs(x) >= 1e6 else f"{x:g}" for x in (self.low, self.high))
        return f"{low} to {high}, {self.unit}"


@dataclass(frozen=True)
class BoundsByName:
    """Allowed ranges of the numbers in a group whose keys are names, such as levers.

    Attributes
    ----------
    find : callable
        From a name to its :class:`Bounds`, or None if the name is unknown.
    """

    find: Callable[[str], Bounds | None]


@dataclass(frozen=True)
class Choice:
    """Other words for a value that must be one of a few words.

    Attributes
    ----------
    meant : callable
        From a written word to the allowed word that is meant, or None.
    advice : str
        Message where no allowed word is meant.
    """

    meant: Callable[[str], str | None]
    advice: str


def metadata(field: FieldInfo) -> Iterator[Any]:
    """Metadata of a field, and of the types inside its annotation (as in ``X | None``)."""
    yield from field.metadata
    yield from _within(field.annotation)


def _within(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _within(inner)


class Strict(BaseModel):
    """A group of keys that refuses unknown keys and values of other types."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Groups(Strict):
    """A file, or a group of its keys, in which an empty group or list means its default."""

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
    """Return the JSON Schema of a kind of files, with which editors complete names and show ranges.

    Parameters
    ----------
    model : pydantic model
        Schema of the files.
    title : str
        Title of the JSON Schema.
    """
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return schema
