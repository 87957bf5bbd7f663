"""The API reference, written from docstrings: ``python -m tools.make_api``.

A test fails when ``docs/api.md`` is out of date.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import griffe
import griffe2md

ROOT = Path(__file__).parents[1]
# paths of what users import, by section of the page
PARTS: dict[str, tuple[str, ...]] = {
    "Scenarios and projections": (
        "expatsim.scenario.load",
        "expatsim.scenario.check",
        "expatsim.projections.run",
        "expatsim.projections.compare",
        "expatsim.scenario.scenario.Scenario",
        "expatsim.result.Result",
        "expatsim.result.outcomes",
        "expatsim.result.open_result",
        "expatsim.errors.InputError",
    ),
    "Questions that need more runs": (
        "expatsim.analysis.decompose.decompose",
        "expatsim.analysis.dose.dose",
        "expatsim.analysis.timing.timing",
        "expatsim.analysis.lives.lives",
        "expatsim.analysis.uncertainty.uncertainty",
        "expatsim.analysis.plan.plan",
        "expatsim.analysis.information.information",
        "expatsim.analysis.hindcast.hindcast",
        "expatsim.analysis.hindcast.Hindcast",
        "expatsim.analysis.power_scaling.power_scaling",
        "expatsim.analysis.tipping_points.tipping_points",
    ),
    "Sweeps and sensitivity": (
        "expatsim.sweeps.evaluation.evaluate",
        "expatsim.sweeps.load_sweep",
        "expatsim.sweeps.sweep",
        "expatsim.sweeps.open_runs",
        "expatsim.sweeps.store.Store",
        "expatsim.sweeps.sensitivity.indices",
        "expatsim.sweeps.discovery.discover",
        "expatsim.analysis.robustness.robustness",
    ),
    "Mesa": ("expatsim.mesa_model.ExpatModel", "expatsim.mesa_agent.Expat"),
    "The study's tables": ("expatsim.observed.tables", "expatsim.observed.table"),
    "Parameters and calibration": (
        "expatsim.model.parameters.registry",
        "expatsim.posterior.sample",
        "expatsim.posterior.inference.inference_data",
        "expatsim.posterior.record.Calibration",
        "expatsim.calibration.settings.Settings",
        "expatsim.calibration.run.run_calibration",
        "expatsim.calibration.update.update",
        "expatsim.calibration.update.Update",
        "expatsim.calibration.update.write_update",
    ),
    "Rules of your own": (
        "expatsim.scenario.read_rule",
        "expatsim.model.state.People",
        "expatsim.model.state.State",
        "expatsim.model.state.Peers",
        "expatsim.model.hazards.odds",
        "expatsim.model.hazards.monthly",
        "expatsim.model.hazards.happens",
        "expatsim.model.hazards.pick",
        "expatsim.model.hazards.select",
        "expatsim.executors.open_executor",
    ),
}
INTRODUCTION = """Written from the docstrings by `make documents`. Names of `expatsim` are loaded
when first used: `import expatsim as xs`, then `xs.run`, `xs.sweep` and so on. The rest is imported
from where each entry says."""
CONFIG: Any = {
    **griffe2md.default_config,
    "docstring_style": "numpy",
    "docstring_section_style": "list",
    "heading_level": 3,
    "show_submodules": False,
    "show_root_full_path": False,
    "show_root_members_full_path": False,
    "show_object_full_path": False,
    "show_if_no_docstring": False,
    "summary": False,
    "show_bases": False,
    "filters": ["!^_"],
}


def text() -> str:
    """The whole page, as Markdown."""
    loader = griffe.GriffeLoader(docstring_parser="numpy", search_paths=[str(ROOT / "src")])
    package = loader.load("expatsim", submodules=True)
    loader.resolve_aliases()
    lines = [
        "# API reference",
        "",
        INTRODUCTION,
    ]
    for title, names in PARTS.items():
        lines += ["", f"## {title}", ""]
        for name in names:
            member = package[name.removeprefix("expatsim.")]
            target = member.final_target if member.is_alias else member
            lines += [_plain(griffe2md.render_object_docs(target, CONFIG, format_md=True)), ""]
            lines += [f"Import: `{_import(name)}`", ""]
    page = "\n".join(lines).rstrip() + "\n"
    # signatures over several lines, as everywhere in the repository
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "docs/api.md", "-"]
    done = subprocess.run(
        command, cwd=ROOT, input=page, capture_output=True, check=True, encoding="utf-8"
    )
    return done.stdout


def _import(name: str) -> str:
    """Code that a user writes to import something."""
    import expatsim

    module, _, thing = name.rpartition(".")
    return f"xs.{thing}" if thing in expatsim.__all__ else f"from {module} import {thing}"


def _plain(page: str) -> str:
    """A page without dead links, HTML and Sphinx roles."""
    page = re.sub(r"\[([^\[\]]+)\]\(#[^)]*\)", r"\1", page)
    page = re.sub(r"<code>(?:\((.*?)\)|(.*?))</code>", r"*\1\2*", page)
    page = re.sub(r" –[ \t]*$", "", page, flags=re.MULTILINE)
    page = re.sub(r"\\\[?(\*\*.+?\*\*)\\\]?", r"\1", page)
    page = re.sub(r":(?:func|class|meth|mod|attr):`~?([^`]+)`", r"`\1`", page)
    return page.strip()


if __name__ == "__main__":
    (ROOT / "docs" / "api.md").write_text(text(), encoding="utf-8")
