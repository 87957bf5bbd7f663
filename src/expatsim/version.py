"""The version of the package, from ``pyproject.toml``, its only home."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """Return the version of the installed package; ``"unknown"`` where it never was installed."""
    try:
        return installed("expatsim")
    except PackageNotFoundError:
        return "unknown"
