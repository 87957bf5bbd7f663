"""``expatsim report``."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from helpers import ROOT


def test_command_line(tmp_path) -> None:
    runner = CliRunner()
    files = [str(ROOT / "scenarios" / f"{x}.yaml") for x in ("rotterdam", "rotterdam-visible-desk")]
    out = tmp_path / "r" / "report.html"
    command = ["report", *files, "--draws", "2", "--lang", "nl", "--out", str(out)]
    done = runner.invoke(app, command)
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    assert "expatsim report" in text
    assert "--draws 2" in text
    again = runner.invoke(app, command)
    assert isinstance(again.exception, InputError)
    assert "already there" in str(again.exception)


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (["--lang", "de"], "--lang: 'de' is not one of en, nl"),
        (["--why"], "--why: needs a scenario of each city"),
    ],
)
def test_mistakes_are_named(extra, says, tmp_path) -> None:
    files = [str(ROOT / "scenarios" / "rotterdam.yaml")]
    out = ["--out", str(tmp_path / "x.html")]
    done = CliRunner().invoke(app, ["report", *files, *out, *extra])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)
    assert not list(tmp_path.iterdir())
