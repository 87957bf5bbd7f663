"""Numbers and captions of the terminal's tables; the numbers are those of the English page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    CLEAR,
    FEWEST_DRAWS,
    FEWEST_PEOPLE,
    LIKELY,
    NOBODY,
    TOO_FEW,
)
from expatsim.report.language import MINUS, Language

RULES = (
    f"How sure the model is: clear: the sign holds in {100 * CLEAR:g} % of draws, likely: in "
    f"{100 * LIKELY:g} %, and the middle one is worth naming (half a point unless you set it), "
    "else the model is undecided; practically no difference: nine in ten are smaller than that. A "
    f"verdict needs {FEWEST_DRAWS} draws with {FEWEST_PEOPLE} people to look at. Below it, what "
    "the difference rests on: measured, partly measured or assumption only, by how far it narrowed "
    "or moved from the prior to the posterior."
)
PAIRED = (
    "Differences with the first scenario are taken draw by draw; their median is not the "
    "difference of the medians."
)


def number(x: float, digits: int = 0, sign: bool = False) -> str:
    """A number as on the English page, with an ASCII minus.

    Examples
    --------
    >>> number(-1234.5, 1)
    '-1,234.5'
    """
    return Language("en").number(x, digits, sign).replace(MINUS, "-")


def interval(
    row: Mapping[str, Any] | pd.Series, names: tuple[str, str, str], share: bool, sign: bool = False
) -> str:
    """A number with its interval, such as ``45 (34–53)``, or ``nobody`` if it is missing.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row of a table.
    names : (str, str, str)
        Columns of the low end, the middle and the high end.
    share : bool
        Whether these are shares, printed in percent or points.
    sign : bool
        Whether it is a difference, printed with its sign.

    Examples
    --------
    >>> row = {"low": 0.34, "median": 0.45, "high": 0.53}
    >>> interval(row, ("low", "median", "high"), share=True)
    '45 (34–53)'
    """
    if math.isnan(row[names[1]]):
        return NOBODY
    digits = 1 if share and sign else 0
    low, middle, high = (number(row[n] * (100 if share else 1), digits, sign) for n in names)
    return f"{middle} ({low} to {high})" if sign else f"{middle} ({low}–{high})"


def of_draws(some: float, draws: int) -> str:
    """A line such as ``in 7 of 10 draws`` if some draws have nobody to look at; else empty."""
    return f"\nin {some:.0f} of {draws} draws" if 0 < some < draws else ""


def value(row: Mapping[str, Any] | pd.Series, share: bool, draws: int) -> str:
    """An outcome with its interval, and remarks on draws and people."""
    numbers = interval(row, ("low", "median", "high"), share)
    few = row["draws"] > 0 and row["people"] < FEWEST_PEOPLE
    return numbers + of_draws(row["draws"], draws) + (f"\n{TOO_FEW}" if few else "")


def difference(
    row: Mapping[str, Any] | pd.Series,
    *,
    share: bool,
    draws: int,
    prefix: str = "",
    middle: str = "median",
) -> str:
    """A difference with its interval, its draws if some lack it, and its two labels.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row of a table with the columns of :func:`expatsim.findings.labels.columns`.
    share : bool
        Whether it is a difference of shares, printed in points.
    draws : int
        Draws of the run.
    prefix : str
        Beginning of the names of columns.
    middle : {"median", "mean"}
        The column that is printed before the interval.
    """
    low, centre, high, draws_column = (
        f"{prefix}{name}" for name in ("low", middle, "high", "draws")
    )
    numbers = interval(row, (low, centre, high), share, True)
    if numbers == NOBODY:
        return numbers
    return f"{numbers}{of_draws(row[draws_column], draws)}\n{labels(row)}"


def labels(row: Mapping[str, Any] | pd.Series) -> str:
    """How sure the model is of a difference, and below it what the difference rests on.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row of a table with the columns of :func:`expatsim.findings.labels.columns`.
    """
    if row["verdict"] == ASSUMED_SIZES:  # it says both
        return ASSUMED_SIZES
    return "\n".join(x for x in (row["verdict"], row["rests_on"]) if x and not pd.isna(x))
