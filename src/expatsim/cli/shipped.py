"""Commands for scenarios that come with the package: ``scenarios`` and ``new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from expatsim.text import visible


def scenarios() -> None:
    """List the shipped scenarios, a line each; commands take their names as they take files."""
    from expatsim.cli.grid import Grid, show
    from expatsim.inputs.names import names_in
    from expatsim.scenario import load
    from expatsim.shipped import SCENARIOS

    grid = Grid()
    for heading in ("name", "title"):
        grid.add_column(heading)
    for name in names_in(SCENARIOS):
        grid.add_row(name, load(SCENARIOS / name).title)
    show(grid)


def new(
    name: Annotated[Path, typer.Argument(help="Name of the scenario, such as my-plan.")],
    based_on: Annotated[
        str | None,
        typer.Option(
            help="Scenario from which it differs, one of 2025 for a plan of now; by default "
            "that of the study's first city in 2009."
        ),
    ] = None,
) -> None:
    """Write the file NAME.yaml, a scenario with every lever as a remark; it replaces nothing."""
    from expatsim.scenario.template import write_scenario

    path = write_scenario(name, based_on)
    print(
        visible(f"{path}: written; say there what your plan changes, then: expatsim check {name}")
    )
