"""The report's tables in the terminal."""

from __future__ import annotations

import pandas as pd

from expatsim import observed
from expatsim.cli.grid import Grid, show


def list_tables() -> None:
    """Print every table with its title, place and number of rows."""
    shown = Grid()
    for heading in ("table", "title", "place", "rows"):
        shown.add_column(heading, justify="right" if heading == "rows" else "left")
    for row in observed.tables().itertuples():
        shown.add_row(str(row.table), str(row.title), str(row.place), str(row.rows))
    shown.add_row(
        "EXT",
        "External facts for calibration, priors and inputs",
        "several",
        str(len(observed.external())),
    )
    show(shown)


def print_table(name: str) -> None:
    """Print one table; derived numbers are marked, known inconsistencies follow."""
    rows = observed.table(name)
    if "table" not in rows:
        shown = Grid(title="External facts")
        for column in ("id", "subject", "population", "period", "value", "unit", "use", "source"):
            shown.add_column(column)
            rows[column] = rows[column].astype(str)
        for row in rows.itertuples():
            shown.add_row(
                row.id,
                row.subject,
                row.population,
                row.period,
                row.value,
                row.unit,
                row.use,
                row.source,
            )
        show(shown)
        return
    known = observed.tables().set_index("table").loc[rows["table"].iloc[0]]
    shown = Grid(title=f"{rows['table'].iloc[0]}: {known['title']} ({known['place']})")
    for heading in ("id", "city", "N", "variable", "category", "value", "kind", "use"):
        shown.add_column(heading, justify="right" if heading in ("N", "value") else "left")
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
        shown.add_row(row.id, row.city, row.n, row.variable, row.category, value, kind, row.use)
    show(shown)
    wrong = observed.inconsistencies()
    touched = wrong[[known.name in t.split() for t in wrong["tables"]]]
    for row in touched.itertuples():
        show(f"Known inconsistency ({row.id}): {row.what} {row.handling}")
