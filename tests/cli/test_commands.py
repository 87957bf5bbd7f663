"""``expatsim run --excel --csv nl``."""

from __future__ import annotations

import subprocess
import sys

import openpyxl
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.result import open_result
from helpers import ROOT


def test_command_line(tmp_path) -> None:
    file, out = str(ROOT / "scenarios" / "rotterdam.yaml"), tmp_path / "r"
    done = CliRunner().invoke(
        app, ["run", file, "--draws", "2", "--excel", "--csv", "nl", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert (out / "summary.csv").read_text("utf-8-sig").startswith("scenario;outcome;")
    notes = dict(openpyxl.load_workbook(out / "tables.xlsx")["notes"].iter_rows(values_only=True))
    assert notes["Command"] == f"expatsim run {file} --draws 2"


def test_nobody_who_reads_to_the_end(tmp_path) -> None:
    """The answer comes before the files are written, which are written nevertheless."""
    out = tmp_path / "r"
    command = [sys.executable, "-m", "expatsim.cli", "run", "rotterdam", "--draws", "2"]
    with subprocess.Popen(
        [*command, "--out", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == 0, said
    assert open_result(out).dataset.sizes["draw"] == 2
