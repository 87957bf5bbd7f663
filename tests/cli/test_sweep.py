"""Commands of sweeps."""

from __future__ import annotations

from typer.testing import CliRunner

from expatsim.cli.commands import app
from sweep_files import file


def test_command_line(tmp_path) -> None:
    runner = CliRunner()
    path, out = file(tmp_path, "sobol", 4), tmp_path / "runs"
    ran = runner.invoke(app, ["sweep", str(path), "--out", str(out), "--workers", "2"])
    assert ran.exit_code == 0, ran.output
    assert "20 of 20 runs of “A small sweep” are done" in ran.output
    seen = runner.invoke(app, ["sensitivity", str(out), "--outcome", "welcome"])
    assert seen.exit_code == 0, seen.output
    assert (out / "sensitivity.html").exists()
    assert (out / "indices.csv").exists()
    assert "A small sweep" in runner.invoke(app, ["runs", "list", str(tmp_path)]).output
    assert "lever: english_information" in runner.invoke(app, ["runs", "show", str(out)]).output
    for ending in ("csv", "parquet", "nc"):
        target = tmp_path / f"runs.{ending}"
        assert runner.invoke(app, ["runs", "export", str(out), str(target)]).exit_code == 0
        assert target.stat().st_size > 500
