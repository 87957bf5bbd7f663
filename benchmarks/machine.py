"""Description of this machine, and pages of results."""

from __future__ import annotations

import platform
from pathlib import Path

from expatsim.runs.batches import cores


def describe() -> str:
    """Line with processor, cores and version of Python."""
    return f"{_processor()}, {cores()} cores, Python {platform.python_version()}."


def keep_page(lines: list[str], name: str) -> None:
    """Print a page of results and store it in this folder."""
    text = "\n".join(lines) + "\n"
    print(text)
    (Path(__file__).parent / name).write_text(text, encoding="utf-8")


def _processor() -> str:
    """Name of the processor, where the system has it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in text.splitlines() if "model name" in x), "")
