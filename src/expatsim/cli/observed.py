"""Tables of the study in the terminal."""

from __future__ import annotations

import pandas as pd

from expatsim import observed
from expatsim.cli.grid import Grid, show


def list_tables() -> None:
    """Print every table with its title, place and number of rows."""
    grid = Grid()
    for heading in ("table", "title", "place", "rows"):
        grid.add_column(heading, justify="right" if heading == "rows" else "left")
    for row in observed.tables().itertuples():
        grid.add_row(str(row.table), str(row.title), str(row.place), str(row.rows))
    grid.add_row(
        "EXT",
        "External facts for calibration, priors and inputs",
        "several",
        str(len(observed.external())),
    )
    show(grid)


def print_table(name: str) -> None:
    """Print one table; derived numbers are marked, known inconsistencies follow."""
    rows = observed.table(name)
    if "table" not in rows:
        grid = Grid(title="External facts")
        for column in ("id", "subject", "population", "period", "value", "unit", "use", "source"):
            grid.add_column(column)
            rows[column] = rows[column].astype(str)
        for row in rows.itertuples():
            grid.add_row(
                row.id,
                row.subject,
                row.population,
                row.period,
                row.value,
                row.unit,
                row.use,
                row.source,
            )
        show(grid)
        return
    about = observed.tables().set_index("table").loc[rows["table"].iloc[0]]
    grid = Grid(title=f"{rows['table'].iloc[0]}: {about['title']} ({about['place']})")
    for heading in ("id", "city", "N", "variable", "category", "value", "kind", "use"):
        grid.add_column(heading, justify="right" if heading in ("N", "value") else "left")
    for row in rows.itertuples():
        value = (
            ""
            if pd.isna(row.value)
            else f"{row.value:g}"
            if row.value < 1e6
            else f"{row.value:.0f}"
        )
        value = value if not row.words else f"{value} {row.words}".strip()
        kind = f"{row.kind} (derived)" if row.derived else row.kind
        grid.add_row(row.id, row.city, row.n, row.variable, row.category, value, kind, row.use)
    show(grid)
    wrong = observed.inconsistencies()
    touched = wrong[[about.name in t.split() for t in wrong["tables"]]]
    for row in touched.itertuples():
        show(f"Known inconsistency ({row.id}): {row.what} {row.handling}")
