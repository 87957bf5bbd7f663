"""A city is a folder of data: no module names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from expatsim import cities
from helpers import ROOT

PACKAGE = ROOT / "src" / "expatsim"
NAMES = [n for c in cities.cities() for n in (c.name, *c.names.values(), c.name.replace("_", "-"))]
CITY = re.compile("|".join(map(re.escape, NAMES)), re.IGNORECASE)
STUDY = "Over de rode loper"  # its title goes on with the names of both cities
# a sentence about the study for people, and a file of the shipped scenarios
SENTENCES = {"cli/commands.py", "mesa_model.py"}


def words(path: Path) -> list[str]:
    """Names and texts of a module, docstrings apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found.append(node.value)
        for field in ("id", "attr", "name", "arg"):
            if isinstance(value := getattr(node, field, None), str):
                found.append(value)
    return found


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_no_module_names_a_city(path: Path) -> None:
    """But for the title of the study, which is as it was printed."""
    if str(path.relative_to(PACKAGE)) in SENTENCES:
        return
    named = [word for word in words(path) if CITY.search(word)]
    assert all(STUDY in word for word in named), named


def test_no_template_names_a_city() -> None:
    """But for the title of the study, which is as it was printed."""
    for path in PACKAGE.rglob("*.j2"):
        lines = path.read_text(encoding="utf-8").splitlines()
        named = [line for line in lines if CITY.search(line)]
        assert all(STUDY in line for line in named), path


def test_those_that_may_still_do() -> None:
    for name in SENTENCES:
        assert any(CITY.search(word) for word in words(PACKAGE / name)), name
