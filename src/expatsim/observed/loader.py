"""The packaged tables as tidy pandas frames."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from expatsim.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd


@cache
def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    with resources.files(__package__).joinpath(name).open("rb") as file:
        frame = pd.read_csv(file, keep_default_na=False, dtype=str)
    for column in ("value", "low", "high"):
        if column in frame and name == "report.csv":
            frame[column] = pd.to_numeric(frame[column])
    if "derived" in frame:
        frame["derived"] = frame["derived"] == "yes"
    return frame


def study_rows() -> pd.DataFrame:
    """All 507 rows taken from the report, one number or stated interval a row.

    Returns
    -------
    pandas.DataFrame
        Columns ``id``, ``table``, ``city`` (rotterdam, den_haag, both, netherlands or a comparison
        group), ``n`` (respondents asked, as printed), ``variable``, ``category``, ``value``
        (number in the unit of ``kind``), ``low`` and ``high`` (reading of a stated interval such as
        "about half", same unit), ``words`` (as stated), ``kind`` (count, percent, mean, ...),
        ``derived`` (recovered from other numbers), ``place`` and ``use``.
    """
    return _read("report.csv").copy()


def external() -> pd.DataFrame:
    """The external facts used for calibration, as priors or as inputs, with their source."""
    return _read("external.csv").copy()


def inconsistencies() -> pd.DataFrame:
    """Contradictions within the report, one a row, with the tables they touch and our remedy."""
    return _read("inconsistencies.csv").copy()


def tables() -> pd.DataFrame:
    """Name, title, place in the report and number of rows of every table, one a row.

    Examples
    --------
    >>> overview = tables().set_index("table")
    >>> overview.loc["T35", "place"], int(overview.loc["T35", "rows"])
    ('Tabel 3.5', 6)
    """
    frame = _read("tables.csv").copy()
    sizes = study_rows().groupby("table").size()
    frame["rows"] = frame["table"].map(sizes).astype(int)
    return frame


def table_names() -> list[str]:
    """Names of all tables, in the order of the report, then ``"EXT"``."""
    return [*_read("tables.csv")["table"], "EXT"]


def table(name: str) -> pd.DataFrame:
    """Rows of one table, with the columns of :func:`study_rows`.

    Parameters
    ----------
    name : str
        Name of the table in capital or small letters: ``"T35"`` is Tabel 3.5, ``"EXT"`` the
        external facts (with columns of their own).

    Raises
    ------
    InputError
        If there is no table of this name; the nearest name is suggested.

    Examples
    --------
    >>> rows = table("T23").head(3)
    >>> dict(zip(rows["category"], rows["value"].tolist(), strict=True))
    {'yes': 37.0, 'maybe': 28.0, 'no': 10.0}
    """
    names = table_names()
    by_lower_case = {n.lower(): n for n in names}
    if name.lower() not in by_lower_case:
        raise InputError(
            f"no table {name!r}{nearest(name, names)}; `expatsim tables` lists all names"
        )
    key = by_lower_case[name.lower()]
    if key == "EXT":
        return external()
    rows = study_rows()
    return rows[rows["table"] == key].reset_index(drop=True)


def counts(name: str, city: str, variable: str | None = None) -> dict[str, float]:
    """Values by category of the rows of one table and city, in printed order.

    Parameters
    ----------
    name : str
        Table name, for example ``"T35"``.
    city : str
        ``"rotterdam"`` or ``"den_haag"``.
    variable : str, optional
        Only rows of this variable; by default all.

    Examples
    --------
    >>> counts("T23", "rotterdam")
    {'yes': 37.0, 'maybe': 28.0, 'no': 10.0}
    """
    rows = table(name)
    rows = rows[(rows["city"] == city) & rows["value"].notna()]
    if variable is not None:
        rows = rows[rows["variable"] == variable]
    return dict(zip(rows["category"], rows["value"], strict=True))
