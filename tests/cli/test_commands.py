"""Commands: files and streams, and what is said of words that are not understood."""

from __future__ import annotations

import codecs
import resource
import signal
import subprocess
import sys

import openpyxl
import pytest
from typer.testing import CliRunner

from expatsim import cli
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.page import saved
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


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("check -", "no scenario '-': standard input is not read; save it as a file"),
        ("check .", ".: a folder, not a file"),
        ("check plam.yaml", "plam.yaml: no such file; did you mean 'plan.yaml'?"),
        ("check x.yaml", "x.yaml: no such file"),  # what is alike is the ending only
        ("runs list nothing", "nothing: no such folder"),
        ("runs list plan.yaml", "plan.yaml: not a folder"),
        ("runs show nothing", "nothing: no such folder"),
        ("page --scenarios nothing", "--scenarios: nothing: no such folder"),
        ("page --scenarios plan.yaml", "--scenarios: plan.yaml: is a file; give a folder"),
        ("page --out plan.yaml", "--out: plan.yaml: is a file; give a folder"),
        ("information rotterdam --people 0", "--people: 0 is out of range (allowed: 1 to"),
    ],
)
def test_what_is_not_there(typed, says, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text("title: x\ncity: rotterdam\n")
    with pytest.raises(InputError) as error:
        CliRunner().invoke(app, typed.split(), catch_exceptions=False)
    assert str(error.value).startswith(says)
    assert ("did you mean" in str(error.value)) == ("did you mean" in says)


def test_a_terminal_without_the_letters() -> None:
    """Signs of the program are typed otherwise; letters of a user are not lost."""
    codecs.register_error("plain", cli.plainly)
    said = "“Café” – \N{EURO SIGN}\N{NO-BREAK SPACE}1.000 日"
    assert said.encode("ascii", "plain") == b'"Caf\\xe9" - EUR 1.000 \\u65e5'
    for sign, typed in cli.PLAIN.items():
        assert len(sign) == 1
        assert typed.isascii()


def test_a_page_on_a_full_disk_is_named(tmp_path, monkeypatch) -> None:
    """Whatever the file system refuses, and with nothing left."""

    def page(*_: object) -> str:
        return "x" * 100_000

    monkeypatch.setattr(saved, "page", page)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(InputError, match=r"p\.html: cannot be written: File too large"):
            saved.write(tmp_path / "p.html")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("years", "asked"), [(3, ("newcomers_3", 3)), (10, ("newcomers_5", 5))])
def test_a_short_scenario_is_asked_what_it_has(years, asked, tmp_path, monkeypatch) -> None:
    """Nobody who gave no years is told that these are out of range."""
    got: list[object] = []

    def take(*_: object, **given: object) -> None:
        got.append(given.get("outcome", given.get("years")))
        raise InputError("enough")

    monkeypatch.setattr("expatsim.analysis.information.information", take)
    monkeypatch.setattr("expatsim.analysis.lives.lives", take)
    file = tmp_path / "s.yaml"
    file.write_text(f"title: x\ncity: rotterdam\nyears: {years}\n")
    other = tmp_path / "other.yaml"
    other.write_text("title: y\nbased_on: s\n")
    for command in (["information", str(file)], ["lives", str(file), str(other)]):
        CliRunner().invoke(app, command)
    assert got == list(asked)
