"""Unknown keys: the nearest known key, and the group in which a key may stand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from expatsim.cities import city_names
from expatsim.errors import nearest, nearest_name
from expatsim.inputs.aliases import Absent, absent, city_meant, key_meant, plain
from expatsim.inputs.encoding import BREAK
from expatsim.inputs.read import Document, Place
from expatsim.inputs.syntax import block_of_text, shown, unusual_space
from expatsim.model.levers import LEVERS


def model_at(root: type[BaseModel], path: Place) -> type[BaseModel] | None:
    """The model of the group at a path, or None; positions in lists are ignored."""
    model: type[BaseModel] | None = root
    for word in path:
        if isinstance(word, str) and model is not None:
            field = model.model_fields.get(word)
            model = model_in(field.annotation) if field else None
    return model


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The first pydantic model inside a type annotation, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(model_in, get_args(annotation)) if m), None)


def _has(kind: type, annotation: Any) -> bool:
    """Whether a field may be a list or a mapping."""
    return get_origin(annotation) is kind or any(_has(kind, a) for a in get_args(annotation))


def keys_of(root: type[BaseModel]) -> set[str]:
    """Keys of a model and of all models in it."""
    inner = [m for field in root.model_fields.values() if (m := model_in(field.annotation))]
    return set(root.model_fields).union(*map(keys_of, inner))


def groups_of(root: type[BaseModel]) -> dict[str, str]:
    """Keys of a model that have others below them; for each, ``"- "`` if these are a list."""
    groups: dict[str, str] = {}
    for key, field in root.model_fields.items():
        model = model_in(field.annotation)
        if model or _has(dict, field.annotation):
            groups[key] = "- " if _has(list, field.annotation) and model else ""
        if model:
            groups.update(groups_of(model))
    return groups


def unknown_key(path: Place, key: str, document: Document, root: type[BaseModel]) -> str:
    """Message for an unknown key: the key that is meant, its group, or that there is none.

    Parameters
    ----------
    path : tuple
        Where the key stands.
    key : str
        The path with dots.
    document : Document
        The file, for the lines above the key and the groups beside it.
    root : pydantic model
        What the file should look like.
    """
    name = str(path[-1])
    if space := unusual_space(name):
        return f"unknown key {key!r}: {space}"
    above = BREAK.split(document.text)[: document.lines.get(path, 1) - 1]
    if above and (message := block_of_text(above[-1])):
        return f"unknown key {key!r}; {message}"
    model = model_at(root, path[:-1])
    allowed = list(model.model_fields) if model else []
    meant = key_meant(name, allowed) or (plain(name) if plain(name) != name else None)
    if meant is None and set(city_names()) <= set(allowed):
        meant = city_meant(name)
    near = nearest_name(name, allowed)
    if meant in allowed:
        return f"unknown key {key!r}; did you mean {meant!r}?"
    elsewhere = _opened(path, meant or name, document, root) or _groups_with(meant or name, root)
    if elsewhere and not near:
        called = f"; {meant!r} belongs" if meant else "; it belongs"
        return f"unknown key {key!r}{called} {_where(elsewhere)}"
    lacking = absent(name)
    if near and not lacking:
        return f"unknown key {key!r}; did you mean {near!r}?"
    if lacking:
        return f"{key}: {not_in_the_model(lacking)}"
    return f"unknown key {key!r}; allowed are {_listed(allowed)}"


def not_in_the_model(thing: Absent) -> str:
    """Message for something that the model lacks: why, and what is nearest or what there is."""
    what = f"{thing.subject} not in the model ({thing.why})"
    if thing.nearest:
        return f"{what}; nearest is {thing.nearest}"
    return f"{what}; what is: {_listed(LEVERS)}"


def _listed(names: Collection[str]) -> str:
    """Names in one line; of many levers that are grades only the last."""
    grades = [x for x in names if x in LEVERS and LEVERS[x].unit == "grade points"]
    if len(grades) < 3:
        return ", ".join(names)
    others = (x for x in names if x not in grades)
    return f"{', '.join(others)}, and grades such as {grades[-1]}"


def no_lever(name: str) -> str:
    """Message for an unknown lever, with the lever that may be meant."""
    meant, lacking = key_meant(name, LEVERS), absent(name)
    if lacking and meant not in LEVERS:
        return not_in_the_model(lacking)
    hint = f"; did you mean {meant!r}?" if meant in LEVERS else nearest(name, LEVERS)
    return f"no lever {shown(name)!r}{hint or '; levers are ' + _listed(LEVERS)}"


def _opened(path: Place, name: str, document: Document, root: type[BaseModel]) -> list[str]:
    """The last empty group above a key to which the key may belong, as a list of at most one."""
    beside: Any = document.values
    for word in path[:-1]:
        beside = beside[word]
    line = document.lines.get(path, 0)
    empty = [k for k, x in beside.items() if x is None]
    above = [k for k in empty if document.lines.get((*path[:-1], k), line) < line]
    models = ((k, model_at(root, (*path[:-1], k))) for k in reversed(above))
    return next(([k] for k, model in models if model and name in model.model_fields), [])


def _groups_with(name: str, root: type[BaseModel]) -> list[str]:
    """Groups in which a key may stand, lists last; ``""`` is the file itself."""
    if name in root.model_fields:
        return [""]
    if "levers" in root.model_fields and name in LEVERS:
        return ["levers"]
    groups: list[tuple[bool, str]] = []
    for group, field in root.model_fields.items():
        model = model_in(field.annotation)
        many = _has(list, field.annotation)
        if model and name in model.model_fields:
            groups.append((many, group))
        elif model and any(
            name in inner.model_fields
            for f in model.model_fields.values()
            if (inner := model_in(f.annotation))
        ):
            groups.append((True, f"a lever under {group}" if group == "costs" else group))
    return [group for _, group in sorted(groups, key=lambda pair: pair[0])]


def _where(groups: list[str]) -> str:
    """Advice on where to write a key that belongs to the first of some groups."""
    group = groups[0]
    return f"under {group}; indent it" if group else "at the beginning of a line, not indented"
