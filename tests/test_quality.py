"""Style, types, import rules, and what must never be committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "src", "tests", "benchmarks", "gates", "tools", "reference"],
        ["ruff", "format", "--check", "src", "tests", "benchmarks", "gates", "tools", "reference"],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=" ".join,
)
def test_tools(command: list[str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_small() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path


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
