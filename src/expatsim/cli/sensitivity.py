"""Table of sensitivity indices for the terminal."""

from __future__ import annotations

import pandas as pd

from expatsim.cli.grid import Grid
from expatsim.sweeps.columns import label
from expatsim.sweeps.page import MEANING, MOST_SHOWN, cell, pairs, ranked, thresholds, too_few

FEW = 10  # inputs shown below an answer


def sensitivity_table(table: pd.DataFrame, outcome: str, most: int | None = None) -> Grid:
    """Table of the indices of an outcome.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`expatsim.sweeps.sensitivity.indices`, of the whole sweep.
    outcome : str
        Name of the outcome.
    most : int, optional
        Inputs that are shown, without pairs of them.
    """
    wide = ranked(table, outcome).head(most or MOST_SHOWN)
    some = table[(table["outcome"] == outcome) & (table["other"] == "")]
    rows = some.set_index(["input", "index"])
    words = [
        *(f"{i}: {MEANING[i]}" for i in wide.columns),
        thresholds(table, outcome),
        too_few(table, outcome),
    ]
    grid = Grid(
        title=f"{outcome}: {label(outcome)}",
        caption="; ".join(w for w in words if w) + " (90 % interval).",
    )
    grid.add_column("")
    for index in wide.columns:
        grid.add_column(index, justify="right")
    for name in wide.index:
        grid.add_row(name, *(cell(rows.loc[(name, index)], index) for index in wide.columns))
    for pair in [] if most else pairs(table, outcome):
        grid.add_row(f"S2: {pair['pair']}", *[""] * (len(wide.columns) - 1), pair["cell"])
    return grid
