"""The map of the code is true: what it names exists, and no room is missing."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from helpers import ROOT

PACKAGE = ROOT / "src" / "expatsim"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TREE = re.findall(r"^([\w.]+/|\w+\.py)  +(\S.*)$", TEXT, re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GLOSSARY = ROOT / "docs" / "glossary.md"


def names(text: str) -> list[str]:
    """Paths in backticks: modules, and folders with their slash."""
    return re.findall(r"`((?:[\w.]+/)*(?:[\w.]+/|\w+\.py))`", text)


@pytest.mark.parametrize("name", sorted({name for name, _ in TREE} | set(names(TEXT))))
def test_what_is_named_exists(name: str) -> None:
    assert (PACKAGE / name).exists() or (ROOT / name).exists()


def test_every_room_is_on_the_map() -> None:
    rooms = {p.parent.name + "/" for p in PACKAGE.glob("*/__init__.py")}
    rooms |= {p.name for p in PACKAGE.glob("*.py") if p.name != "__init__.py"}
    assert rooms <= {name for name, _ in TREE}
    folders = {p.name + "/" for p in ROOT.iterdir() if p.is_dir() and any(p.glob("*.*"))}
    folders = {f for f in folders if f[0] not in "._"} - {"src/", "results/", "build/", "dist/"}
    assert folders <= {name for name, _ in TREE}


def test_the_map_is_in_the_order_of_the_layers() -> None:
    """Nothing on the map imports what stands above it."""
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    layers = re.split(r"^layers =\n", text, flags=re.MULTILINE)[1].split("\n[")[0]
    heights = {
        name: height
        for height, line in enumerate(layers.strip().splitlines())
        for name in re.findall(r"expatsim\.(\w+)", line)
    }
    inside = [name.removesuffix("/").removesuffix(".py") for name, _ in TREE]
    on_the_map = list(dict.fromkeys(n for n in inside if n in heights))
    assert [heights[n] for n in on_the_map] == sorted(heights[n] for n in on_the_map)
    assert set(on_the_map) == set(heights)
    rooms = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    rooms |= {p.stem for p in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(heights) == rooms, "a room without a layer may import anything"


def test_every_room_but_the_mesa_face_is_kept_from_mesa() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    listed = contracts["importlinter:contract:mesa"]["source_modules"].split()
    rooms = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    rooms |= {p.stem for p in PACKAGE.glob("*.py")} - {
        "__init__",
        "mesa_agent",
        "mesa_model",
        "mesa_view",
    }
    assert sorted(listed) == sorted(f"expatsim.{room}" for room in rooms)


def test_glossary() -> None:
    """In order, each word once, and every place in the code exists."""
    text = GLOSSARY.read_text(encoding="utf-8")
    words = re.findall(r"^\*\*(.+?)\*\* \S", text, re.MULTILINE)
    assert words == sorted(set(words))
    assert len(words) == text.count("\n\n") - 1  # an entry is one paragraph
    for name in names(text):
        assert (PACKAGE / name).exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_paths_in_pages_exist(page: Path) -> None:
    """Full ones; files of tests; and modules, with their folder or without."""
    text = page.read_text(encoding="utf-8")
    parts = "src|tests|tools|gates|docs|reference|benchmarks"
    for name in re.findall(rf"`((?:{parts})/[\w./-]+)`", text):
        assert (ROOT / name).exists() or "NAME" in name, name
    for name in re.findall(r"`((?:\w+/)*\w+\.py)`", text):
        found = (ROOT / name).exists() or (PACKAGE / name).exists()
        assert found or any(PACKAGE.rglob(name)), name
