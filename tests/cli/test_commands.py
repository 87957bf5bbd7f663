"""``expatsim run --excel --csv nl``."""

from __future__ import annotations

import openpyxl
from typer.testing import CliRunner

from expatsim.cli.commands import app
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
