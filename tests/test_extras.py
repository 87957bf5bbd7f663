"""Packages of extras: declared where they are asked for, and needed by nothing else."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from re import match

import pytest

from expatsim.errors import InputError
from expatsim.extras import EXTRAS, require
from helpers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(requirements: list[str]) -> set[str]:
    """Names of packages, as the index writes them."""
    names = (match(r"[\w.-]+", text) for text in requirements)
    return {name[0].lower().replace("_", "-").replace(".", "-") for name in names if name}


INSTALLED = packages_distributions()  # reading them takes a tenth of a second


def packages_of(module: str) -> set[str]:
    """The packages that bring a module."""
    return plain(INSTALLED.get(module, []))


def test_extras_are_those_of_the_project() -> None:
    for extra, modules in EXTRAS.items():
        brought = {name for module in modules for name in packages_of(module)}
        assert brought == plain(PROJECT["optional-dependencies"][extra])


def test_every_import_is_of_a_package_that_is_asked_for() -> None:
    """Core packages anywhere; those of extras never before they are asked for."""
    core = plain(PROJECT["dependencies"]) | {"pydantic-core"}  # a part of pydantic
    extra = {module for modules in EXTRAS.values() for module in modules} | {
        "distributed",
        "solara",
    }
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        checked = [n for n in ast.walk(tree) if isinstance(n, ast.If)]
        typing = {id(n) for x in checked if "TYPE_CHECKING" in ast.unparse(x.test)
                  for n in ast.walk(x)}  # fmt: skip
        first = {id(n) for n in tree.body}
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for top in {name.partition(".")[0] for name in names}:
                if top in sys.stdlib_module_names or top == "expatsim" or id(node) in typing:
                    continue
                if top not in extra:
                    assert packages_of(top) & core, f"{path}: {top}"
                elif not path.name.startswith("mesa_"):
                    assert id(node) not in first, f"{path}: {top}"


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    require("research", "a sweep")
    monkeypatch.setitem(sys.modules, "emcee", None)
    require("mesa", "ExpatModel")
    with pytest.raises(InputError, match=r"^a sweep needs .*'expatsim\[research\]'$"):
        require("research", "a sweep")
