"""PDF files of pages, printed by a browser that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from expatsim.errors import InputError
from expatsim.files import undo

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")
SECONDS_TO_PRINT = 120
# browsers refuse to run as root otherwise; the page has no script
NO_SANDBOX = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def browser() -> str | None:
    """Path of an installed browser that can print to PDF; None if there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def required_browser() -> str:
    """Path of the browser to print with.

    Raises
    ------
    InputError
        If none is found.
    """
    path = browser()
    if path is None:
        raise InputError(f"--pdf: no browser found (looked for {', '.join(BROWSERS)})")
    return path


def print_to_pdf(page: Path, target: Path) -> None:
    """Print an HTML file to PDF.

    Parameters
    ----------
    page : pathlib.Path
        HTML file.
    target : pathlib.Path
        PDF file to write.

    Raises
    ------
    InputError
        If no browser is found, or it prints nothing.
    """
    path = required_browser()
    with tempfile.TemporaryDirectory() as profile:
        command = [
            path,
            "--headless",
            *NO_SANDBOX,
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={target.resolve()}",
            page.resolve().as_uri(),
        ]
        try:
            code = _exit_code(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"--pdf: {path} did not print: {error}") from error
    if code or not target.exists():
        raise InputError(f"--pdf: {path} printed nothing (exit code {code})")


def _exit_code(command: list[str]) -> int:
    """Exit code of a browser that is run, and stopped with this process."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        undo.append(child.kill)
        try:
            return child.wait(SECONDS_TO_PRINT)
        finally:
            child.kill()  # if it did not end by itself
            undo.remove(child.kill)
