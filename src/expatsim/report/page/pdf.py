"""Print a page to PDF with a browser that is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from expatsim.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")
SECONDS_TO_PRINT = 120


def browser() -> str | None:
    """A browser that can print to PDF, if one is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def required_browser() -> str:
    """The browser to print with.

    Raises
    ------
    InputError
        If none is found.
    """
    found = browser()
    if found is None:
        raise InputError(f"--pdf: no browser found (looked for {', '.join(BROWSERS)})")
    return found


def print_to_pdf(page: Path, target: Path) -> None:
    """Print an HTML file to PDF with a browser that is installed.

    Raises
    ------
    InputError
        If no browser is found, or it prints nothing.
    """
    found = required_browser()
    with tempfile.TemporaryDirectory() as profile:
        command = [
            found,
            "--headless",
            "--no-sandbox",  # browsers refuse to run as root otherwise; the page has no script
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={target.resolve()}",
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS_TO_PRINT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"--pdf: {found} did not print: {error}") from error
    if done.returncode or not target.exists():
        raise InputError(f"--pdf: {found} printed nothing (exit code {done.returncode})")
