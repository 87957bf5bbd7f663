"""Scenarios and sweeps that come with the package, with their schemas and expected results.

Their home is the root of the repository. A build copies both folders beside this module (see
``setup.py``); in a checkout, and where the package is installed as editable, they are read there.
"""

from __future__ import annotations

from pathlib import Path

_BESIDE = Path(__file__).resolve().parent
_HOME = _BESIDE if (_BESIDE / "scenarios").is_dir() else _BESIDE.parents[2]

SCENARIOS = _HOME / "scenarios"
SWEEPS = _HOME / "sweeps"
