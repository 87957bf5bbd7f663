"""Where a result comes from: enough to repeat it."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

from expatsim.analysis.guards import warnings
from expatsim.calibration.posterior import record
from expatsim.scenario.model import Scenario

_LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "pandas", "xarray")


def git_commit() -> str:
    """Commit of the checkout that this package runs from, with ``+changes``; else ``unknown``."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        if not git("ls-files", str(Path(__file__).resolve())):
            return "unknown"
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def manifest(scenarios: list[Scenario]) -> dict[str, Any]:
    """Versions, platform, settings and scenario texts of a result."""
    return {
        "expatsim": importlib.metadata.version("expatsim"),
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "parameters": scenarios[0].parameters if scenarios else "unknown",
        "warnings": {s.name: warnings(s) for s in scenarios if warnings(s)},
        "posterior": record()["fingerprint"],
        "scenarios": [s.describe() for s in scenarios],
        "texts": {Path(p).name: text for s in scenarios for p, text in s.texts.items()},
    }
