"""What would have to be true: lines, table and picture of tipping points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim.cli.grid import Grid
from expatsim.cli.short import ROWS, that_fit
from expatsim.drawing import drawing
from expatsim.findings import turns
from expatsim.findings.outcomes import OUTCOMES
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
MOST_SENTENCES = 2
SHORT_CAPTION = (
    "Where the difference is worth naming. In brackets the assumption that carries it, and 90 % "
    "intervals; chance: that the assumption, as we hold it, is there. Every turn, and what the "
    "assumptions are: --all."
)
CAPTION = (
    "The assumption is the one that the difference goes along with most closely; the difference is "
    "the mean over draws of all else. In brackets: 90 % intervals; that of a value is of chance, "
    "since few draws are run at each. Range: the central 98 % of what we assume. Chance: that the "
    "assumption is on the side where the row is true."
)


def _titles(compared: Sequence[Scenario]) -> dict[str, str]:
    return labels({s.name: s.title for s in compared})


def tipping_answer(points: pd.DataFrame, compared: Sequence[Scenario]) -> str:
    """What would have to be true, in sentences; of several scenarios the most probable ones.

    Parameters
    ----------
    points : pandas.DataFrame
        From :func:`expatsim.tipping_points`.
    compared : sequence of Scenario
        The scenarios that were compared with the baseline.
    """
    titles, parameters = _titles(compared), parameters_of(compared)
    rows = tipping.first(points)
    said = [_how_many(rows)] if len(titles) > 1 else []
    likeliest = sorted(rows, key=_chance, reverse=True) if len(titles) > 1 else rows
    said += [
        tipping.sentence(row, titles[row["scenario"]], parameters, ENGLISH).replace(MINUS, "-")
        for row in likeliest[:MOST_SENTENCES]
    ]
    return " ".join(said)


def _chance(row: Mapping[str, Any]) -> float:
    """Chance that an answer holds, to order answers by."""
    sides = {turns.EVERYWHERE: 1.0, turns.NOWHERE: 0.0}
    sure = sides.get(row["holds"])
    chance = row["prior_probability"] if sure is None else sure
    return -1.0 if isnan(chance) else chance


def _how_many(rows: Sequence[Mapping[str, Any]]) -> str:
    """Of how many scenarios an answer holds somewhere, nowhere, or cannot be told."""
    rows = [row for row in rows if row["outcome"] in OUTCOMES]
    carried = [row for row in rows if isinstance(row["turn"], str)]
    can = sum(row["holds"] != turns.NOWHERE for row in carried)
    said = (
        f"{can} of {len(rows)} can change “{OUTCOMES[rows[0]['outcome']].label}” by so much that "
        "it is worth naming, at some value of the assumption that carries it"
    )
    rest = len(rows) - len(carried)
    return said + (f"; for {rest} no single assumption carries it." if rest else ".")


def short_table(points: pd.DataFrame, compared: Sequence[Scenario]) -> Grid:
    """Table of where answers are worth naming: by outcome, or by scenario if there are several.

    Parameters
    ----------
    points, compared
        As for :func:`tipping_answer`.
    """
    titles = _titles(compared)
    first = tipping.first(points)
    if len(titles) > 1:
        rows = sorted(first, key=_chance, reverse=True)
        texts = [titles[row["scenario"]] for row in rows]
    else:
        last = [x.to_dict("records")[-1] for _, x in points.groupby("outcome", sort=False)]
        names = [row["outcome"] for row in first]
        rows = first + [row for row in last if row["outcome"] not in names]
        texts = [row["label"].removesuffix(", at the end") for row in rows]
    texts = [
        f"{text} ({row['parameter']})" if isinstance(row["turn"], str) else text
        for text, row in zip(texts, rows, strict=True)
    ]
    fit = that_fit(texts, ROWS)
    left = f" {len(rows) - fit} more: --all." if len(rows) > fit else ""
    table = Grid(caption=f"{SHORT_CAPTION}{left}")
    if len(titles) > 1:
        table.title = f"{rows[0]['label']}: worth naming"
    table.add_column("")
    for heading in ("true if it is", "we assume", "chance"):
        table.add_column(heading, justify="right")
    for text, row in list(zip(texts, rows, strict=True))[:fit]:
        cell = tipping.cells(row, ENGLISH)
        shown = (cell["holds"], cell["prior"], cell["prior_chance"])
        table.add_row(text, *(x.replace(MINUS, "-") for x in shown))
    return table


def tipping_table(points: pd.DataFrame, compared: Sequence[Scenario]) -> Grid:
    """Table of what would have to be true, by scenario and outcome.

    Parameters
    ----------
    points, compared
        As for :func:`tipping_answer`.
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
