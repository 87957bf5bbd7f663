"""The summary as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from expatsim.analysis.summary import is_share

if TYPE_CHECKING:
    from rich.table import Table

    from expatsim.runs.result import Result


def _number(value: float, share: bool) -> str:
    return f"{100 * value:.0f} %" if share else f"{value:,.0f}"


def _interval(row: pd.Series, share: bool) -> str:
    scale, form = (100, "{:.0f}") if share else (1, "{:,.0f}")
    low, high = form.format(scale * row["low"]), form.format(scale * row["high"])
    return f"{_number(row['median'], share)}  ({low} to {high})"


def _difference(row: pd.Series, share: bool) -> str:
    scale, form = (100, "{:+.1f}") if share else (1, "{:+,.0f}")
    numbers = [form.format(scale * row[f"difference{k}"]) for k in ("", "_low", "_high")]
    return f"{numbers[0]}  ({numbers[1]} to {numbers[2]})"


def summary_table(result: Result) -> Table:
    """Medians with 90 % intervals; paired differences with the first scenario below each.

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table

    frame = result.summary()
    names = list(result.titles)
    table = Table(
        title="Median and 90 % interval; differences are draw by draw, in points for shares"
    )
    table.add_column("outcome")
    for name in names:
        table.add_column(result.titles[name], justify="right")
    for outcome, rows in frame.groupby("outcome", sort=False):
        share = is_share(str(outcome))
        by_name = rows.set_index("scenario")
        cells = [_interval(by_name.loc[n], share) for n in names]
        table.add_row(str(outcome), *cells, end_section=len(names) == 1)
        if len(names) > 1:
            differences = [_difference(by_name.loc[n], share) for n in names[1:]]
            label = "  difference with the first"
            table.add_row(label, "", *differences, style="dim", end_section=True)
    return table
