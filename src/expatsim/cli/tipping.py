"""What would have to be true: lines, table and picture of tipping points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim.cli.grid import Grid
from expatsim.drawing import drawing
from expatsim.report import tipping
from expatsim.report.charts import SETTINGS
from expatsim.report.language import MINUS, Language
from expatsim.report.words import parameters_of
from expatsim.text import labels

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.model.parameters import Parameter
    from expatsim.scenario.scenario import Scenario

ENGLISH = Language("en")
CAPTION = (
    "The assumption is the one that the difference goes along with most closely; the difference is "
    "the mean over draws of all else. In brackets: 90 % intervals; that of a value is of chance, "
    "since few draws are run at each. Range: the central 98 % of what we assume. Chance: that the "
    "assumption is on the side where the row is true."
)


def _titles(compared: Sequence[Scenario]) -> dict[str, str]:
    return labels({s.name: s.title for s in compared})


def tipping_lines(points: pd.DataFrame, compared: Sequence[Scenario]) -> list[str]:
    """A sentence or two for each scenario: what would have to be true.

    Parameters
    ----------
    points : pandas.DataFrame
        From :func:`expatsim.tipping_points`.
    compared : sequence of Scenario
        The scenarios that were compared with the baseline.
    """
    titles, parameters = _titles(compared), parameters_of(compared)
    return [
        tipping.sentence(row, titles[row["scenario"]], parameters, ENGLISH).replace(MINUS, "-")
        for row in tipping.first(points)
    ]


def tipping_table(points: pd.DataFrame, compared: Sequence[Scenario]) -> Grid:
    """Table of what would have to be true, by scenario and outcome.

    Parameters
    ----------
    points, compared
        As for :func:`tipping_lines`.
    """
    titles, parameters = _titles(compared), parameters_of(compared)
    table = Grid(title="What would have to be true", caption=CAPTION)
    table.add_column("")
    for heading in ("true if it is", "we assume", "chance", "posterior", "chance "):
        table.add_column(heading, justify="right")
    for (name, _), rows in points.groupby(["scenario", "outcome"], sort=False):
        records = rows.to_dict("records")
        by = _behind(records[0], parameters)
        title = f"{titles[str(name)]}: " if len(titles) > 1 else ""
        table.add_heading(f"{title}{records[0]['label']}{by}")
        for record in records:
            texts = tipping.cells(record, ENGLISH)
            table.add_row(
                "  " + texts.pop("turn"), *(x.replace(MINUS, "-") for x in texts.values())
            )
    return table


def _behind(record: Mapping[str, object], parameters: Mapping[str, Parameter]) -> str:
    """The assumption that carries an answer, if there is one."""
    name = str(record["parameter"])
    return f", by {tipping.assumption(parameters[name], ENGLISH)}" if name in parameters else ""


def save_picture(
    tables: Mapping[str, pd.DataFrame], compared: Sequence[Scenario], path: Path
) -> None:
    """Draw the picture of all answers into a PNG file.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        From :func:`expatsim.tipping_points`.
    compared : sequence of Scenario
        The scenarios that were compared with the baseline.
    path : pathlib.Path
        The file.
    """
    with drawing(SETTINGS):
        figure = tipping.picture(tables, _titles(compared), parameters_of(compared), ENGLISH)
        figure.supxlabel(tipping.READING, fontsize=8, x=0.01, ha="left")
        figure.savefig(path, dpi=150, metadata={"Software": None})
