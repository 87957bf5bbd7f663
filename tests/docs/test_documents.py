"""The tutorial works as it is written, and the API reference is that of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_api_reference_is_up_to_date() -> None:
    from tools.make_api import text

    assert (ROOT / "docs" / "api.md").read_text(encoding="utf-8") == text()


def test_everything_public_is_in_the_reference() -> None:
    import expatsim as xs

    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in xs.__all__:
        assert f"Import: `xs.{name}`" in page, name


def test_tutorial(tmp_path: Path) -> None:
    """Follow it in an empty folder: files as shown, commands and Python as written."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    for language, text in re.findall(r"```(yaml|console|python)\n(.*?)```", page, re.DOTALL):
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", text)
            assert name, text
            (tmp_path / name[1]).write_text(text, encoding="utf-8")
            continue
        commands = [["-c", text]]
        if language == "console":
            words = [line.split() for line in text.splitlines()]
            assert all(w[0] == "expatsim" for w in words)
            commands = [["-m", "expatsim.cli", *w[1:]] for w in words]
        for command in commands:
            done = subprocess.run(
                [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "sobol.png").stat().st_size > 10_000
    assert (tmp_path / "results" / "drivers" / "sensitivity.html").exists()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert link.startswith("https:") or (path.parent / link).exists(), link
