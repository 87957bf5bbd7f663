"""Texts of users in CSV files: a spreadsheet must not run them as formulas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MARK = "'"  # what Excel and LibreOffice themselves write before a text
# as it stands, after spaces, or with marks before it, so that restore() can tell
_FORMULA = re.compile(r"['\s]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as it can stand in a CSV file that somebody opens in a spreadsheet.

    A text that a spreadsheet would run, because it begins with ``=``, ``+``, ``-`` or ``@``, gets
    an apostrophe before it. Everything else stays as it is, numbers below zero too.

    See Also
    --------
    restore : the other way round
    """
    return _changed(frame, lambda text: MARK + text if _FORMULA.match(text) else text)


def restore(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its texts as they were before :func:`safe`."""

    def without(text: str) -> str:
        return text[1:] if text.startswith(MARK) and _FORMULA.match(text[1:]) else text

    return _changed(frame, without)


def _changed(frame: pd.DataFrame, change: Any) -> pd.DataFrame:
    from pandas.api.types import is_numeric_dtype

    def cell(value: Any) -> Any:
        return change(value) if isinstance(value, str) else value

    texts = [c for c in frame.columns if not is_numeric_dtype(frame[c])]
    return frame.assign(**{c: frame[c].map(cell) for c in texts}).rename(columns=cell)
