"""Notebooks run from start to end, with a few draws (``make notebooks`` runs them whole)."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from helpers import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
QUICK = {
    "01-first-projection": {"draws": 4, "people": 0.05},
    "02-rotterdam-versus-the-hague": {"draws": 4, "people": 0.05},
    "03-sensitivity-sweep": {"samples": 4, "people": 0.02},
    "04-what-the-calibration-learned": {"draws": 200},
    "05-write-your-own-rule": {"draws": 4, "people": 0.05},
    "06-looking-back": {"draws": 4, "people": 0.02},
    "07-bayesian-workflow": {
        "draws": 16,
        "steps": 50,
        "pilot": 200,
        "households": 200,
        "chains": 2,
        "calibrations": ("with",),
    },
}

# more than half a minute each; `make notebooks` runs them whole
SLOW = {"06-looking-back", "07-bayesian-workflow"}


def quick(path: Path) -> nbformat.NotebookNode:
    """A notebook with small numbers after the cell that is tagged ``parameters``."""
    notebook = jupytext.read(path)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    (settings,) = [c for c in code if "parameters" in c.metadata.get("tags", [])]
    small = QUICK[path.stem]
    for name in small:  # it is one of the notebook's settings
        assert re.search(rf"^{name} = ", settings.source, re.MULTILINE)
    settings.source += "\n" + "\n".join(f"{k} = {v!r}" for k, v in small.items())
    return notebook


def test_every_notebook_is_run() -> None:
    assert [p.stem for p in NOTEBOOKS] == list(QUICK)


RUN = [
    pytest.param(p, marks=[pytest.mark.slow] if p.stem in SLOW else [], id=p.stem)
    for p in NOTEBOOKS
]


@pytest.mark.parametrize("path", RUN)
def test_notebook(path: Path) -> None:
    notebook = quick(path)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    ).execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert pictures, "no plot"
    complaints = [o.text for o in outputs if o.get("name") == "stderr"]
    assert not complaints, complaints


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert link.startswith("https:") or (path.parent / link).exists(), link


def test_own_rule_is_short() -> None:
    """A researcher adds a process in fewer than forty lines."""
    notebook = jupytext.read(ROOT / "notebooks" / "05-write-your-own-rule.md")
    (rule,) = [c.source for c in notebook.cells if "class LanguageCafe" in c.source]
    assert len(rule.splitlines()) < 40
