"""A table of settings that somebody made: read from a file or from memory, and checked."""

from __future__ import annotations

import csv
import os
import re
import warnings
from collections.abc import Container, Iterator, Mapping
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from expatsim.errors import InputError, first_of, nearest
from expatsim.inputs.numbers import SHARE, advice
from expatsim.inputs.schema import Bounds
from expatsim.inputs.syntax import shown
from expatsim.runs.times import START

# as CSV files and programs write numbers; Python also takes 1_000 and digits of other scripts
_NUMBER = re.compile(r"[+-]?(?:([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf)", re.I)

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(-01([ T]00:00:00)?)?")  # or its first day


def table_of(given: Any) -> pd.DataFrame:
    """Return the table that somebody gave: as it is, of a file, or of dicts.

    Parameters
    ----------
    given : pandas.DataFrame, str, pathlib.Path, mapping or sequence of mappings
        A table, a file of one, values by column, or a dict for each row.

    Raises
    ------
    InputError
        If it is none of these, or the file cannot be read.
    """
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, str | Path):
        return read_table(given)
    rows = isinstance(given, list | tuple) and all(isinstance(x, Mapping) for x in given)
    if not rows and not isinstance(given, Mapping):
        what = f"not {type(given).__name__}"
        raise InputError(f"table: give a DataFrame, dicts, or a CSV or Parquet file, {what}")
    try:
        return pd.DataFrame(given)
    except (TypeError, ValueError) as error:
        raise InputError(f"table: {' '.join(str(error).split())}") from error


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
    kind = "CSV" if path.suffix.lower() == ".csv" else "Parquet"
    try:
        return _read_csv(path) if kind == "CSV" else pd.read_parquet(path)
    except InputError:
        raise
    except Exception as error:  # a parser may raise anything on a damaged file
        what = " ".join(str(error).split())[:120]
        other = path.suffix.lower() not in (".csv", ".parquet")
        advice = "; a table is a file that ends in .csv or .parquet" if other else ""
        raise InputError(f"{path}: cannot be read as {kind}{advice}: {what}") from error


def _read_csv(path: Path) -> pd.DataFrame:
    """Return the table of a CSV file; every row must have as many values as there are names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = next((x for x in file if x.strip()), "")
    names = next(csv.reader([line]), [])
    for mark, what in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and mark in line:
            advice = "write commas between columns, and points in numbers"
            raise InputError(f"{path}: {what} stand between its columns; {advice}")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise InputError(f"{path}: column {shown(name)!r} stands there twice")
    with warnings.catch_warnings():
        # pandas would take the first column of longer rows for their labels, or drop the last
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(path, index_col=False)
        except pd.errors.ParserWarning as error:
            what = f"has {len(names)} names of columns, and rows with more values"
            raise InputError(f"{path}: {what}") from error


def with_years(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose months of start, as ``2012-07`` or its first day, are years: 2012.5.

    Parameters
    ----------
    table : pandas.DataFrame
        As somebody gave it; what is no month stays as it is.
    """
    if list(table.columns).count(START) != 1:
        return table

    def year(given: Any) -> Any:
        date = _MONTH.fullmatch(str(given))
        return int(date[1]) + (int(date[2]) - 1) / 12 if date else given

    return table.assign(**{START: [year(x) for x in table[START]]})


def numbers_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of a table, one block of them; missing where something else stands.

    Parameters
    ----------
    table : pandas.DataFrame
        As somebody gave it, with columns of any type.
    """
    block = [_numbers(table.iloc[:, k]) for k in range(len(table.columns))]
    values = np.column_stack(block) if block else np.empty((len(table), 0))
    return pd.DataFrame(values, columns=list(table.columns))


def problems_of(
    table: pd.DataFrame, allowed: Mapping[str, Bounds], whole: Container[str] = ()
) -> list[str]:
    """Return problems of a table of settings, one sentence each; after twenty their number.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each setting, as somebody gave it.
    allowed : mapping of str to Bounds
        Ranges of everything that a column may be.
    whole : container of str
        Those of them that are whole numbers.
    """
    problems = list(_problems(table, allowed))
    for name in (str(x) for x in table if not problems and x in whole):
        if (_numbers(table[name]) % 1).any():
            problems.append(f"{name}: must be whole numbers of {allowed[name].unit}")
    return first_of(problems, len(problems))


def _problems(table: pd.DataFrame, allowed: Mapping[str, Bounds]) -> Iterator[str]:
    for name in table.index.names:
        if isinstance(name, str) and name in allowed:
            yield f"{name} is the index of the table; make a column of it (reset_index)"
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


def _numbers(column: pd.Series) -> np.ndarray:
    """Return the numbers of a column, NaN where true, false or something else stands."""
    kind = pd.api.types
    if kind.is_bool_dtype(column) or kind.is_complex_dtype(column):
        return np.full(len(column), np.nan)
    if kind.is_numeric_dtype(column):
        return column.to_numpy(float, na_value=np.nan)
    return np.array([_number(x) for x in column], float)


def _number(given: Any) -> float:
    """Return the number that a cell holds or spells, else NaN."""
    if isinstance(given, Real | Decimal) and not isinstance(given, bool):
        return float(given)
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return float(given)
    return np.nan


def _values(name: str, column: pd.Series, bounds: Bounds) -> Iterator[str]:
    """Yield the first value of a column that is no number or out of range."""
    numbers = _numbers(column)
    bad = np.flatnonzero(~((numbers >= bounds.low) & (numbers <= bounds.high)))
    if not len(bad):
        return
    given = column.iloc[bad[0]]
    if isinstance(given, bool | np.bool_):
        yield f"{name}: must be numbers, not true and false"
        return
    hint = advice(given, SHARE if bounds.high <= 1 else "") if isinstance(given, str) else ""
    what = "is no number" if np.isnan(numbers[bad[0]]) else "is out of range"
    also = f"; {len(bad):,} rows are not allowed" if len(bad) > 1 else ""
    allowed = f"(allowed: {bounds}){f'; {hint}' if hint else ''}{also}"
    is_missing = given is None or given is pd.NA or given != given
    cell = "nothing stands" if is_missing else repr(shown(str(given)))
    yield f"{name}: {cell} in row {bad[0] + 1:,}{'' if is_missing else f' {what}'} {allowed}"
