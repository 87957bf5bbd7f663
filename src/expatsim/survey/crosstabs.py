"""The study's tables from answers of respondents, in the rows that a city's ``survey.csv`` has.

A crosstab takes the respondents who answered all of its items together, so that what the study
prints jointly (the wish by contract, the role by sex) is counted jointly. Weighted respondents are
rounded to whole ones cell by cell; all numbers of a crosstab come from the same cells, and so they
add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from expatsim.survey.questionnaire import GRADES, ITEMS, Where, grade_column

FEWEST = 10  # respondents of a group; smaller ones are withheld
MISSING = -1  # code of an answer that was not given
NOT_ASKED = -2  # code where somebody is not asked

EVERYBODY: Where = {}
Codes = Mapping[str, np.ndarray]  # by column, numbers of the answers, shape (respondents,)


@dataclass(frozen=True)
class Row:
    """One number of a table: how many of a group gave an answer.

    Attributes
    ----------
    variable, category : str
        As the table names them.
    answer : mapping
        By column, the codes that count.
    group : mapping
        By column, the codes of those of whom it is a part; empty for all of the crosstab.
    """

    variable: str
    category: str
    answer: Where
    group: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Crosstab:
    """Rows of a table that come from the same respondents.

    Attributes
    ----------
    table, title : str
        Name of the study's table, and what these rows of it are about.
    columns : tuple of str
        Items that a respondent must have answered.
    rows : tuple of Row
        Its numbers, in printed order.
    given : mapping
        By column, the codes of the respondents whom it is about; empty for all.
    """

    table: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    given: Where = field(default_factory=dict)


class Tabulated(NamedTuple):
    """Tables of respondents.

    Attributes
    ----------
    rows : list of dict
        Rows with the columns of a city's ``survey.csv``, but for ``id`` and ``place``.
    made : dict of str to int
        Respondents by title of the crosstabs that are in ``rows``.
    withheld : list of str
        Titles of those that are left out, since a group is too small.
    """

    rows: list[dict[str, object]]
    made: dict[str, int]
    withheld: list[str]


def _answers(table: str, title: str, variable: str, column: str) -> Crosstab:
    """A crosstab with a row for each answer to an item."""
    rows = tuple(Row(variable, code, {column: (code,)}) for code in ITEMS[column].codes)
    return Crosstab(table, title, (column,), rows)


def _yes(
    table: str,
    title: str,
    variable: str,
    column: str,
    category: str = "yes",
    given: Where = EVERYBODY,
) -> Crosstab:
    """A crosstab with one row: how many said yes."""
    row = Row(variable, category, {column: ("yes",)})
    return Crosstab(table, title, (*given, column), (row,), given)


_MEN: Where = {"sex": ("man",)}
_WORKING_WOMEN: Where = {"sex": ("woman",), "role": ("worker",)}
_PARTNER_WOMEN: Where = {"sex": ("woman",), "role": ("partner",)}
_ROLES = {"own job (KM)": "worker", "partner": "partner"}
_MARRIED, _WITH_PARTNER, _SINGLE = ITEMS["family"].codes
_NO_SERVICE, _OTHER_SERVICE, _DESK = ITEMS["knows"].codes
_DATED, _OPEN = tuple(ITEMS["contract"].codes)[:-1], tuple(ITEMS["contract"].codes)[-1:]
_PLACES = {
    "met_work": "work",
    "met_neighbourhood": "neighbourhood",
    "met_school": "children school",
    "met_sport": "sports club",
    "met_other_clubs": "other club",
}


def _family(variable: str, given: Where) -> Crosstab:
    """Family status of a group; ``variable`` is how the table names it."""
    names = ("married", "cohabiting" if "role" in given else "partner not married", "single")
    rows = tuple(
        Row(f"{variable}: family status", name, {"family": (code,)})
        for name, code in zip(names, ITEMS["family"].codes, strict=True)
    )
    title = f"family status of {variable.replace('KM', 'workers')}"
    return Crosstab("FAM", title, (*given, "family"), rows, given)


def _children(variable: str, given: Where) -> Crosstab:
    title = f"children of {variable}"
    return _yes("FAM", title, f"{variable}: children", "children", "1+ children", given)


def _family_and_children() -> Crosstab:
    """Women with a job of their own, by family and children together."""
    variable = "women KM: family and parenthood"
    cells = {
        "married with children": ((_MARRIED,), ("yes",)),
        "married without children": ((_MARRIED,), ("no",)),
        "partner, not married, without children": ((_WITH_PARTNER,), ("no",)),
        "single without children": ((_SINGLE,), ("no",)),
        "not married with children": ((_WITH_PARTNER, _SINGLE), ("yes",)),
    }
    rows = tuple(
        Row(variable, name, {"family": family, "children": children})
        for name, (family, children) in cells.items()
    )
    columns = (*_WORKING_WOMEN, "family", "children")
    return Crosstab("FAM", "family and children of women workers", columns, rows, _WORKING_WOMEN)


def _services() -> Crosstab:
    """Services that respondents know and have used; those who used one are among those who know."""
    used: Where = {"knows": (_OTHER_SERVICE, _DESK), "used": ("yes",)}
    rows = (
        Row("knows the Expat Desk", "yes", {"knows": (_DESK,)}),
        Row("knows none of the city services", "yes", {"knows": (_NO_SERVICE,)}),
        Row("knows 1+ city service", "yes", {"knows": (_OTHER_SERVICE, _DESK)}),
        Row("has used 1+ service", "yes", used),
    )
    return Crosstab("S41", "knowledge and use of services", ("knows", "used"), rows)


def _roles_by_sex() -> Crosstab:
    rows = tuple(
        Row(f"{name} by role", category, {"sex": (sex,), "role": (role,)}, {"sex": (sex,)})
        for sex, name in (("woman", "women"), ("man", "men"))
        for category, role in _ROLES.items()
    )
    return Crosstab("SEX", "role by sex", ("sex", "role"), rows)


def _wish_by_contract() -> Crosstab:
    rows = tuple(
        Row(
            f"wish given contract {which} end date",
            wish,
            {"contract": terms, "wish": (wish,)},
            {"contract": terms},
        )
        for which, terms in (("WITH", _DATED), ("WITHOUT", _OPEN))
        for wish in ITEMS["wish"].codes
    )
    return Crosstab("FN12", "wish by contract", ("contract", "wish"), rows)


CROSSTABS = (
    Crosstab(
        "ROL",
        "role",
        ("role",),
        (Row("role", "KM", {"role": ("worker",)}), Row("role", "partner", {"role": ("partner",)})),
    ),
    _roles_by_sex(),
    _family("men", _MEN),
    _children("men", _MEN),
    _family_and_children(),
    _family("women partners", _PARTNER_WOMEN),
    _children("women partners", _PARTNER_WOMEN),
    _answers("A2d", "age", "age", "age"),
    _answers("T13", "origin", "origin group", "origin"),
    _yes(
        "JOB",
        "partners with a job",
        "partner currently has job",
        "employed",
        given={"role": ("partner",)},
    ),
    _yes("MOT", "posted by a company", "came as company posting (own or partner)", "posted"),
    Crosstab(
        "DUR",
        "time in the Netherlands so far",
        ("stay",),
        (Row("time in NL so far 1-2 years", "yes", {"stay": ("1 to 2 years",)}),),
    ),
    _answers("T22", "contract", "expected total stay in NL by contract", "contract"),
    _answers("T23", "wish to stay", "wish to stay longer", "wish"),
    _wish_by_contract(),
    _yes(
        "S31",
        "voluntary work of partners",
        "currently volunteer given partner",
        "volunteers",
        given={"role": ("partner",)},
    ),
    _yes(
        "S31",
        "voluntary work of workers",
        "currently volunteer given KM",
        "volunteers",
        given={"role": ("worker",)},
    ),
    Crosstab(
        "T33",
        "voluntary work at a school",
        ("volunteers", "volunteers_at_school"),
        (
            Row(
                "currently volunteer at (multiple)",
                "school",
                {"volunteers_at_school": ("yes",)},
            ),
        ),
    ),
    _answers("S32", "Dutch level", "spoken Dutch (self-report)", "dutch"),
    _answers("T35", "Dutch friends", "number of Dutch friends", "friends"),
    Crosstab(
        "T36",
        "where Dutch friends were met",
        ("friends", *_PLACES),
        tuple(
            Row("where Dutch friends were met (multiple)", category, {column: ("yes",)})
            for column, category in _PLACES.items()
        ),
        ITEMS["met_work"].asked,
    ),
    _services(),
    _yes("S41", "feels welcome", "expat policy makes me feel welcome", "welcome", "agree"),
    _answers("T42d", "attractive for expats", "city is attractive for expats", "attractive"),
)


def matches(codes: Codes, where: Where) -> np.ndarray:
    """Whether each respondent gave one of some answers, to every item named.

    Parameters
    ----------
    codes : mapping of str to numpy.ndarray
        Numbers of the answers by column.
    where : mapping
        By column, the codes that count.
    """
    found = np.ones(len(next(iter(codes.values()))), bool)
    for column, wanted in where.items():
        names = list(ITEMS[column].codes)
        found &= np.isin(codes[column], [names.index(code) for code in wanted])
    return found


def effective_size(weight: np.ndarray) -> float:
    """Respondents with equal weights that would tell as much (Kish).

    Parameters
    ----------
    weight : numpy.ndarray, shape (respondents,)
        Weights, above zero.

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 2.0])).round(2)
    np.float64(2.67)
    """
    return weight.sum() ** 2 / (weight**2).sum()


def whole_numbers(cells: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in the ratio of some weights, which add to a total (largest remainders).

    Parameters
    ----------
    cells : numpy.ndarray, shape (cells,)
        Sums of weights.
    total : int
        What the numbers add to.

    Examples
    --------
    >>> whole_numbers(np.array([1.0, 1.0, 2.5]), 9).tolist()
    [2, 2, 5]
    """
    exact = cells * total / cells.sum()
    whole = np.floor(exact + 1e-9).astype(int)
    for k in np.argsort(whole - exact, kind="stable")[: total - whole.sum()]:
        whole[k] += 1
    return whole


Part = tuple[list[dict[str, object]], int]  # rows, and the respondents whom they are about


def _crosstab(tab: Crosstab, codes: Codes, weight: np.ndarray) -> Part | None:
    """Rows of a crosstab; ``None`` if a group is too small."""
    inside = matches(codes, tab.given)
    for column in tab.columns:
        inside &= codes[column] != MISSING
    groups = {str(row.group): row.group for row in tab.rows}.values()
    if any((inside & matches(codes, group)).sum() < FEWEST for group in groups):
        return None
    answers = np.stack([codes[c][inside] for c in tab.columns], axis=1)
    cells, cell = np.unique(answers, axis=0, return_inverse=True)
    weights = weight[inside]
    total = max(round(effective_size(weights)), 1)
    numbers = whole_numbers(np.bincount(cell.ravel(), weights), total)
    of_cells = dict(zip(tab.columns, cells.T, strict=True))
    rows: list[dict[str, object]] = []
    for row in tab.rows:
        group = matches(of_cells, row.group)
        value = numbers[group & matches(of_cells, row.answer)].sum()
        rows.append(_row(tab.table, int(numbers[group].sum()), row.variable, row.category, value))
    return rows, int(inside.sum())


def _row(table: str, n: int, variable: str, category: str, value: float) -> dict[str, object]:
    return {
        "table": table,
        "n": n,
        "variable": variable,
        "category": category,
        "value": value,
        "low": "",
        "high": "",
    }


def _grade(category: str, grades: Mapping[str, np.ndarray], weight: np.ndarray) -> Part | None:
    """The row of a grade, with its mean; ``None`` if too few gave one."""
    values = grades[grade_column(category)]
    given = ~np.isnan(values)
    if given.sum() < FEWEST:
        return None
    mean = np.average(values[given], weights=weight[given])
    n = max(round(effective_size(weight[given])), 1)
    row = _row("T41", n, "rating 1-10", category, round(float(mean), 2))
    return [row], int(given.sum())


def tabulate(
    codes: Codes, grades: Mapping[str, np.ndarray], weight: np.ndarray | None = None
) -> Tabulated:
    """Tables of all items that were asked, but for groups under ten respondents.

    Parameters
    ----------
    codes : mapping of str to numpy.ndarray of int
        Numbers of the answers by column, ``MISSING`` or ``NOT_ASKED``; shape (respondents,).
        Columns that a file lacks are not there.
    grades : mapping of str to numpy.ndarray of float
        Grades by column, not a number where none was given.
    weight : numpy.ndarray, optional
        Weights of the respondents, above zero; by default all are equal.
    """
    weight = np.ones(len(next(iter(codes.values())))) if weight is None else weight
    rows: list[dict[str, object]] = []
    made: dict[str, int] = {}
    withheld: list[str] = []

    def add(title: str, part: Part | None) -> None:
        if part is None:
            withheld.append(title)
        else:
            rows.extend(part[0])
            made[title] = part[1]

    for tab in _asked(CROSSTABS, codes):
        add(f"{tab.table} ({tab.title})", _crosstab(tab, codes, weight))
    for category in GRADES:
        if grade_column(category) in grades:
            add(f"T41 (grade for {category})", _grade(category, grades, weight))
    return Tabulated(rows, made, withheld)


def _asked(tabs: Iterable[Crosstab], codes: Codes) -> list[Crosstab]:
    """Crosstabs of which all items were asked."""
    return [tab for tab in tabs if all(c in codes for c in (*tab.columns, *tab.given))]
