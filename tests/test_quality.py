"""Style, types, import rules, and what must never be committed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from helpers import ROOT

BIN = Path(sys.executable).parent


HOOKS = {
    hook["id"]: hook["entry"].split()
    for repo in YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")["repos"]
    for hook in repo["hooks"]
}


@pytest.mark.parametrize("command", HOOKS.values(), ids=" ".join)
def test_tools(command: list[str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_are_of_the_environment() -> None:
    """All tools are run, and none is fetched from anywhere."""
    assert set(HOOKS) == {"ruff", "ruff-format", "mypy", "lint-imports", "codespell"}
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "://" not in text
    assert text.count("language: system") == len(HOOKS)


# tests of several modules at once, by what they are about
ACROSS = {
    "test_docstrings",
    "test_extremes",
    "test_other_programs",
    "test_quality",
    "test_stored",
    "test_wheel",
    "test_worlds",
    "cities/test_no_city_in_code",
    "cities/test_own_city",
    "cities/test_today",
    "docs",
    "gates",
    "inputs/test_habits",
    "model/test_new_process",
    "model/test_registries",
    "model/test_shapes",
    "population/test_population",
    "runs/test_sizes",
    "scenario/test_inheritance",
    "scenario/test_library",
}


def test_tests_lie_as_the_modules_do() -> None:
    """``runs/test_layout.py``, or ``test_layout_WHAT.py``, tests ``runs/layout.py``."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        place = path.relative_to(ROOT / "tests").with_suffix("").as_posix()
        if place in ACROSS or place.split("/")[0] in ACROSS:
            continue
        folder = ROOT / "src" / "expatsim" / path.parent.relative_to(ROOT / "tests")
        modules = [folder.name, *(p.stem for p in [*folder.glob("*.py"), *folder.glob("*/")])]
        words = path.stem.removeprefix("test_").split("_")
        assert any("_".join(words[:k]) in modules for k in range(len(words), 0, -1)), place


def test_who_cites_finds_the_same_everywhere() -> None:
    """The version, the license and what it is about, in every file that says them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    codemeta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    assert citation["version"] == codemeta["version"] == project["version"]
    assert citation["license"] == project["license"] == codemeta["license"].rsplit("/", 1)[-1]
    assert citation["keywords"] == codemeta["keywords"] == project["keywords"]
    assert citation["authors"] == project["authors"]
    assert [a["name"] for a in codemeta["author"]] == [a["name"] for a in project["authors"]]
    assert codemeta["description"] == project["description"]
    needed = [re.split(r"[>=<\[]", line)[0] for line in project["dependencies"]]
    assert codemeta["softwareRequirements"] == needed
    (study,) = citation["references"]
    assert codemeta["referencePublication"]["name"] == study["title"]


def test_changelog_fragments() -> None:
    """Each is named ``WHAT.TYPE.md``, with a type that towncrier knows, and says something."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    types = {x["directory"] for x in settings["tool"]["towncrier"]["type"]}
    for path in (ROOT / "changelog.d").iterdir():
        if path.name not in (".gitignore", "template.jinja"):
            what, kind, *ending = path.name.split(".")
            assert (kind in types, ending, bool(what)) == (True, ["md"], True), path.name
            assert path.read_text(encoding="utf-8").strip(), path.name


def lines_of(function: ast.FunctionDef, source: list[str]) -> int:
    """Lines of code, without docstring, comments and empty lines."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    without = range(first.lineno, (first.end_lineno or 0) + 1) if documented else ()
    every = range(function.lineno, (function.end_lineno or 0) + 1)
    return sum(bool(source[k - 1].split("#")[0].strip()) for k in every if k not in without)


@pytest.mark.parametrize("folder", ["src", "gates", "tools", "benchmarks", "reference"])
def test_functions_are_short(folder: str) -> None:
    """Sixty lines at most; a file may be as long as its subject."""
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert lines_of(node, text.splitlines()) <= 60, f"{path}: {node.name}"


def test_examples_are_run() -> None:
    """No example of a docstring is left out of ``pytest src``."""
    for path in (ROOT / "src").rglob("*.py"):
        assert "doctest: +SKIP" not in path.read_text(encoding="utf-8"), path


def test_no_addresses_in_the_lock_file() -> None:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"(#.*|[A-Za-z0-9._-]+==[0-9A-Za-z.+]+|)", line), line


def test_start_up_needs_no_heavy_library() -> None:
    code = (
        "import sys, expatsim, expatsim.cli.commands;"
        "heavy = 'jax pandas mesa xarray pydantic starlette uvicorn'.split();"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
