"""Style, types, import rules, and what must never be committed."""

from __future__ import annotations

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


def test_changelog_fragments() -> None:
    """Each is named ``WHAT.TYPE.md``, with a type that towncrier knows, and says something."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    types = {x["directory"] for x in settings["tool"]["towncrier"]["type"]}
    for path in (ROOT / "changelog.d").iterdir():
        if path.name not in (".gitignore", "template.jinja"):
            what, kind, *ending = path.name.split(".")
            assert (kind in types, ending, bool(what)) == (True, ["md"], True), path.name
            assert path.read_text(encoding="utf-8").strip(), path.name


def test_files_are_small() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path


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
        "heavy = 'jax pandas mesa xarray pydantic'.split();"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
