"""Tables of the value of information: parameters, and questions of a survey."""

from __future__ import annotations

import pandas as pd

from expatsim.cli.grid import Grid
from expatsim.cli.numbers import number

MOST = 12  # rows shown
CAPTION = (
    "Percent of the variance that would go (90 % interval over draws, cross-validated; an interval "
    "that reaches zero: nothing that these draws can show)."
)


def _cell(row: pd.Series) -> str:
    """Percent of the variance that would go, with its interval."""
    share, low, high = (number(100 * row[name]) for name in ("value", "low", "high"))
    return f"{share} ({low} to {high})"


def parameters_table(frame: pd.DataFrame, title: str) -> Grid:
    """Table of the parameters whose exact value would take away most variance."""
    table = Grid(title=f"Worth knowing, {title}", caption=CAPTION)
    table.add_column("parameter")
    table.add_column("goes if it were known", justify="right")
    for _, row in frame.head(MOST).iterrows():
        table.add_row(row["parameter"], _cell(row))
    return table


def questions_table(frame: pd.DataFrame, title: str) -> Grid:
    """Table of the questions that would take away most variance, by number of people asked."""
    people = list(dict.fromkeys(frame["people"]))
    table = Grid(title=f"Worth asking, {title}", caption=CAPTION)
    table.add_column("city")
    table.add_column("question")
    for n in people:
        table.add_column(f"{n:,} more people", justify="right")
    for (city, question), rows in list(frame.groupby(["city", "question"], sort=False))[:MOST]:
        by_people = rows.set_index("people")
        table.add_row(str(city), str(question), *(_cell(by_people.loc[n]) for n in people))
    return table
