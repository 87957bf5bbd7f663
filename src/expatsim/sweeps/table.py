"""A table of settings that somebody made: read from a file or from memory, and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from expatsim.errors import InputError, first_of, nearest
from expatsim.inputs.schema import Bounds
from expatsim.inputs.syntax import shown
from expatsim.runs.times import START


def read_table(path: str | Path) -> pd.DataFrame:
    """Return the table of a CSV or Parquet file, as it stands there.

    Parameters
    ----------
    path : str or pathlib.Path
        The ending says which: ``.csv``, or else Parquet.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be read.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise InputError(f"{path}: no such file; a table is a CSV or Parquet file")
    try:
        return pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except Exception as error:  # a parser may raise anything on a damaged file
        what = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read as CSV or Parquet: {what}") from error


def with_years(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose months of start, such as ``2012-07``, are years: 2012.5.

    Parameters
    ----------
    table : pandas.DataFrame
        As somebody gave it; what is no month stays as it is.
    """
    if list(table.columns).count(START) != 1:
        return table

    def year(given: Any) -> Any:
        date = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", str(given))
        return int(date[1]) + (int(date[2]) - 1) / 12 if date else given

    return table.assign(**{START: [year(x) for x in table[START]]})


def problems_of(
    table: pd.DataFrame, allowed: Mapping[str, Bounds], whole: Container[str] = ()
) -> list[str]:
    """Return problems of a table of settings, one sentence each; after twenty their number.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each setting.
    allowed : mapping of str to Bounds
        Ranges of everything that a column may be.
    whole : container of str
        Those of them that are whole numbers.
    """
    problems = list(_problems(table, allowed))
    for name in (str(x) for x in table if not problems and x in whole):
        if (table[name].to_numpy(float) % 1).any():
            problems.append(f"{name}: must be whole numbers of {allowed[name].unit}")
    return first_of(problems, len(problems))


def _problems(table: pd.DataFrame, allowed: Mapping[str, Bounds]) -> Iterator[str]:
    if table.empty:
        yield "no rows" if len(table.columns) else "no columns"
        return
    names = [str(name) for name in table.columns]
    for k, name in enumerate(names):
        if name in names[:k]:
            yield f"column {shown(name)!r} stands there twice"
        elif name not in allowed:
            yield f"column {shown(name)!r} is no parameter or lever{nearest(name, allowed)}"
        else:
            yield from _values(name, table.iloc[:, k], allowed[name])


def _values(name: str, column: pd.Series, bounds: Bounds) -> Iterator[str]:
    """Yield the first value of a column that is no number or out of range."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    if column.dtype == bool:
        yield f"{name}: must be numbers, not true and false"
        return
    bad = np.flatnonzero(~((numbers >= bounds.low) & (numbers <= bounds.high)))
    if not len(bad):
        return
    given = column.iloc[bad[0]]
    what = "is no number" if np.isnan(numbers[bad[0]]) else "is out of range"
    also = f"; {len(bad):,} rows are not allowed" if len(bad) > 1 else ""
    yield f"{name}: {shown(str(given))!r} in row {bad[0] + 1:,} {what} (allowed: {bounds}){also}"
