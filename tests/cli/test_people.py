"""Lines on numbers of people."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app

GROWS = "that follows from an inflow that is assumed or was typed in"


@pytest.mark.parametrize(("inflow", "grows"), [(60, True), (0, False)])
def test_growth_under_the_same_policy_is_explained(inflow: int, grows: bool, tmp_path) -> None:
    """A city that grows without a measure is no argument for doing nothing."""
    path = tmp_path / "small.yaml"
    path.write_text(
        f"title: Small\ncity: rotterdam\nyears: 3\npopulation: {{stock: 60, inflow: {inflow}}}\n"
    )
    done = CliRunner(env={"COLUMNS": "120"}).invoke(
        app, ["run", str(path), "--draws", "2", "--out", str(tmp_path / "r")]
    )
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert (GROWS in said) == grows
    assert ("Expats in the city go from 60 to " in said) == grows
