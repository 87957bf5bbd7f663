"""Docstrings: every parameter and attribute that is named is described, and none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import griffe
import pytest
from tools.make_api import PARTS

from helpers import ROOT

PACKAGE = "expatsim"
LISTS = ("parameters", "attributes")  # kinds of sections with an entry for each name


@cache
def package() -> griffe.Module:
    found = griffe.load(PACKAGE, search_paths=[str(ROOT / "src")], docstring_parser="numpy")
    assert isinstance(found, griffe.Module)
    return found


def members(parent: griffe.Object) -> Iterator[griffe.Object]:
    """Public modules, classes and functions, whatever they are in."""
    for name, member in parent.members.items():
        if member.is_alias or name.startswith("_"):
            continue
        yield member
        yield from members(member)


DESCRIBED = sorted(x.path for x in members(package()) if x.docstring and not x.is_attribute)


def entries(thing: griffe.Object) -> dict[str, str]:
    """Description of every name that a docstring lists; names may share one."""
    assert thing.docstring
    sections = [s for s in thing.docstring.parsed if s.kind.value in LISTS]
    return {
        name.strip(" *"): item.description
        for section in sections
        for item in section.value
        for name in item.name.split(",")
    }


@pytest.mark.parametrize("folder", sorted({p.split(".")[1] for p in DESCRIBED if "." in p}))
def test_every_entry_says_something(folder: str) -> None:
    empty = [
        f"{path}: {name}"
        for path in DESCRIBED
        if path.split(".")[1:2] == [folder]
        for name, text in entries(package()[path.partition(".")[2]]).items()
        if not text.strip()
    ]
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("path", [p for paths in PARTS.values() for p in paths])
def test_every_parameter_of_the_reference_is_described(path: str) -> None:
    thing = package()[path.partition(".")[2]]
    if not isinstance(thing, griffe.Function):
        return
    wanted = {p.name for p in thing.parameters} - {"self", "cls"}
    assert wanted <= set(entries(thing)), path


@pytest.mark.parametrize("folder", sorted({p.split(".")[1] for p in DESCRIBED if "." in p}))
def test_no_parameter_is_described_that_is_none(folder: str) -> None:
    gone = [
        f"{path}: {name}"
        for path in DESCRIBED
        if path.split(".")[1:2] == [folder]
        for thing in [package()[path.partition(".")[2]]]
        if isinstance(thing, griffe.Function)
        for section in thing.docstring.parsed
        if section.kind.value == "parameters"
        for item in section.value
        for name in map(str.strip, item.name.split(","))
        if name.strip("*") not in {p.name.strip("*") for p in thing.parameters}
    ]
    assert not gone, "\n".join(gone)
