"""``expatsim run --excel --csv nl``."""

from __future__ import annotations

import subprocess
import sys

import openpyxl
import pytest
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


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("run rotterdam --draws 1.000", "1.000 may stand for thousands"),
        ("compare rotterdam --draws 8,5", "must be a whole number, not '8,5'"),
        ("run rotterdam --seed 2.010", "2.010 may stand for thousands"),
        ("demo --draws 50.000", "50.000 may stand for thousands"),
        ("dose rotterdam mentor_projects --levels 6.0", "not '6.0'; write 6"),
        ("information rotterdam --people 100 --people 1.000", "1.000 may stand for thousands"),
        ("lives rotterdam den-haag --years vijf", "must be a whole number, not 'vijf'"),
        ("timing rotterdam den-haag --delay 1,5", "must be a whole number, not '1,5'"),
        ("page --draws 1.000", "1.000 may stand for thousands"),
        ("page --draws 20000", "20,000 is out of range (allowed: 2 to 10,000)"),
        ("report rotterdam den-haag --smallest 0,5", "not '0,5'; write 0.5"),
        ("compare rotterdam den-haag --smallest 101", "101 is out of range (allowed: 0 to 100)"),
        ("compare rotterdam den-haag --smallest nan", "nan is out of range (allowed: 0 to 100)"),
        ("page --port 8.080", "8.080 may stand for thousands"),
        ("tipping-points rotterdam den-haag --worth 0,5", "not '0,5'; write 0.5"),
        ("city update x --seed 1.000", "1.000 may stand for thousands"),
    ],
)
def test_numbers_are_not_guessed(typed, says) -> None:
    """1.000 is a thousand to Dutch readers, and was one draw."""
    found = CliRunner().invoke(app, typed.split(), env={"COLUMNS": "200"})
    assert found.exit_code == 2
    assert says in found.output


def test_a_lever_in_other_words_is_told_its_name() -> None:
    found = CliRunner().invoke(app, ["dose", "rotterdam", "mentors"])
    assert "did you mean 'mentor_projects'?" in str(found.exception)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("report rotterdam --out plan.pdf", "plan.pdf: a report is HTML (a PDF comes beside it"),
        ("page --save plan.docx", "plan.docx: a page is HTML; give a name that ends in .html"),
        ("decompose rotterdam den-haag --out t.xlsx", "t.xlsx: a table is CSV; give a name that"),
        ("timing rotterdam den-haag --out t.pdf", "t.pdf: a table is CSV"),
    ],
)
def test_no_file_has_the_ending_of_another_kind(typed, says, tmp_path, monkeypatch) -> None:
    """Word, Excel and readers of PDF would say that it is damaged."""
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, typed.split())
    assert found.exit_code != 0
    assert says in str(found.exception)
    assert not list(tmp_path.iterdir())
