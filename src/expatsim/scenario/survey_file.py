"""Rows of a city's ``survey.csv``, checked: each problem with its line, none in silence."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from expatsim.cities import COLUMNS, NUMBERS
from expatsim.errors import nearest
from expatsim.inputs.encoding import Problem, Unreadable, read_sheet
from expatsim.inputs.syntax import shown
from expatsim.observed import study_rows, table_names
from expatsim.survey.questionnaire import ITEMS
from expatsim.survey.sheet import Entry, entries

MOST_ROWS = 2_000  # the whole report has 507
LONGEST_CELL = 300  # letters
MOST_ASKED = 1_000_000  # people
MARKS = (",", ";", "\t")  # between cells; Dutch spreadsheets write ;
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
# variables that are read together, and so are given together
PAIRS = (
    ("women KM: family status", "women KM: children"),
    ("wish given contract WITH end date", "wish given contract WITHOUT end date"),
)
PERCENTS = "A2"  # the one table of the report with percentages of respondents only


class Row(NamedTuple):
    """A row of the file.

    Attributes
    ----------
    line : int
        On which it ends, from one.
    cells : dict
        Text by column; numbers, or ``None``, for ``value``, ``low`` and ``high``.
    """

    line: int
    cells: dict[str, Any]


def read_survey(path: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Rows of a city's survey, in the order of the report's tables, and the problems of the file.

    Parameters
    ----------
    path : pathlib.Path
        The CSV file: UTF-8, with commas, semicolons or tabs, and lines that begin with ``#`` as
        remarks. Decimals have a point or a comma.
    """
    try:
        text = read_sheet(path)
    except Unreadable as error:
        return [], [error.problem]
    try:
        rows, problems = _rows(text)
    except csv.Error as error:
        return [], [Problem(0, f"cannot be read as CSV: {error}; is a quote left open?")]
    at_fault = {problem.line for problem in problems}
    placed: list[tuple[tuple[int, int], Row]] = []
    declared, others = entries(), _others()
    broken = set()  # tables that lack a row, whose sums say nothing
    for row in rows:
        found = _place(row, declared, others)
        if row.line in at_fault or isinstance(found, Problem):
            broken.add(row.cells["table"])
        if isinstance(found, Problem):
            problems.append(found)
        elif row.line not in at_fault:
            placed.append((found, row))
    placed.sort(key=lambda pair: pair[0])
    for k, group in groupby(placed, key=lambda pair: pair[0][0]):
        if k < len(declared):
            whole = declared[k].table not in broken
            problems += _of_entry(declared[k], [row for _, row in group], whole)
    problems += _twice(rows)
    if not problems:
        problems += _together([row for _, row in placed])
    ordered = sorted(problems, key=lambda p: p.line)
    return [row.cells for _, row in placed], ordered


def _rows(text: str) -> tuple[list[Row], list[Problem]]:
    """Rows of the file with cells by column, and problems of the file as a table."""
    lines = [x if not x.lstrip(' "').startswith("#") else "" for x in text.splitlines()]
    if lines and lines[0].lower().startswith("sep="):
        lines[0] = ""
    header = next((x for x in lines if x.strip()), "")
    mark = max(MARKS, key=header.count)
    reader = csv.reader(lines, delimiter=mark, strict=True)
    names: list[str] = []
    rows: list[Row] = []
    problems: list[Problem] = []
    for cells in reader:
        line = reader.line_num
        values = [cell.strip() for cell in cells]
        if not any(values):
            continue
        if not names:
            names = [v.lower() for v in values]
            problems += [Problem(line, message) for message in _header(names)]
            if problems:
                return [], problems
            continue
        if len(rows) == MOST_ROWS:
            message = f"more than {MOST_ROWS:,} rows, so the rest was not read"
            return rows, [*problems, Problem(line, message)]
        if any(values[len(names) :]):
            message = (
                f"{len(values)} cells under {len(names)} columns; text with {mark!r} in quotes"
            )
            problems.append(Problem(line, message))
            continue
        values += [""] * (len(names) - len(values))
        row = Row(line, {c: values[names.index(c)] for c in COLUMNS})
        problems += _cells(row)
        rows.append(row)
    if not names:
        problems.append(Problem(0, f"has no header; its columns are {', '.join(COLUMNS)}"))
    return rows, problems


def _header(names: Sequence[str]) -> Iterator[str]:
    """Problems of the names of the columns."""
    if not {"table", "variable", "category"} & {*names} and len({*names} & {*ITEMS}) > 1:
        yield "has a row for each respondent; `expatsim city survey` makes tables of these answers"
        return
    for name in names:
        if name and name not in COLUMNS:
            hint = nearest(name, COLUMNS) or f"; columns are {', '.join(COLUMNS)}"
            yield f"unknown column {shown(name)!r}{hint}"
        if name and names.count(name) > 1 and name in COLUMNS:
            yield f"column {name} stands twice"
    missing = [c for c in COLUMNS if c not in names]
    if missing:
        yield f"lacks the columns {', '.join(missing)}"


def _cells(row: Row) -> Iterator[Problem]:
    """Problems of single cells; numbers take the place of their texts in the row."""
    line, cells = row
    for column in COLUMNS:
        if len(cells[column]) > LONGEST_CELL:
            yield Problem(line, f"{column}: too long, at most {LONGEST_CELL} letters")
    if not cells["place"]:
        yield Problem(line, "place is empty; say where the number comes from")
    n = re.fullmatch(r"(\d{1,9})(?: .*)?", cells["n"])
    if not n or not 1 <= int(n[1]) <= MOST_ASKED:
        what = f"{shown(cells['n'])!r} is not a whole number from 1" if cells["n"] else "is empty"
        yield Problem(line, f"n: {what}; give how many people were asked")
    for column in NUMBERS:
        text = cells[column]
        if not text:
            cells[column] = None
        elif _NUMBER.fullmatch(text):
            cells[column] = float(text.replace(",", "."))
        elif text.endswith("%"):
            yield Problem(line, f"{column}: {shown(text)!r}: give people, not percentages")
        else:
            yield Problem(line, f"{column}: {shown(text)!r} is not a number")


def _others() -> dict[str, set[str]]:
    """Variables of the report by table, also those that the model does not read."""
    rows = study_rows()
    return {str(table): set(part["variable"]) for table, part in rows.groupby("table")}


def _place(
    row: Row, declared: Sequence[Entry], others: dict[str, set[str]]
) -> tuple[int, int] | Problem:
    """Numbers of the variable and category of a row, in the order of the tables; or its problem."""
    line, cells = row
    table, variable, category = (cells[c] for c in ("table", "variable", "category"))
    tables = list(dict.fromkeys(e.table for e in declared))
    if table not in table_names():
        hint = nearest(table, table_names()) or f"; the model reads {', '.join(tables)}"
        return Problem(line, f"no table {shown(table)!r}{hint}")
    if table == PERCENTS:
        return Problem(line, f"{table} has percentages; give numbers of people, as in A2d and T13")
    for k, entry in enumerate(declared):
        if entry.matches(table, variable):
            name = entry.category(category)
            if name is None:
                hint = nearest(category, entry.categories)
                hint = hint or f"; they are {', '.join(entry.categories)}"
                return Problem(line, f"{table}: no category {shown(category)!r}{hint}")
            cells["category"] = name
            return k, entry.categories.index(name)
    if variable in others.get(table, ()):
        return len(declared), line  # of the report, and read by nothing
    names = [e.variable for e in declared if e.table == table]
    hint = nearest(variable, names) or (f"; it has {', '.join(names)}" if names else "")
    if not hint:
        hint = f"; tables that the model reads are {', '.join(tables)}"
    return Problem(line, f"{table}: no variable {shown(variable)!r}{hint}")


def _twice(rows: Sequence[Row]) -> Iterator[Problem]:
    """Problems of rows that stand twice, by their id or by what they count."""
    for columns in (("id",), ("table", "variable", "category")):
        lines: dict[tuple[str, ...], int] = {}
        for line, cells in rows:
            key = tuple(cells[c] for c in columns)
            first = lines.setdefault(key, line)
            if first != line and any(key):
                what = shown(", ".join(key), 100)
                yield Problem(line, f"{what} is given twice (first on line {first})")


def _of_entry(entry: Entry, rows: Sequence[Row], whole: bool) -> list[Problem]:
    """Problems of the rows of one variable, taken together; of sums only if it is ``whole``."""
    head = f"{entry.table}, {entry.variable}"
    problems: list[Problem] = []
    sizes = {asked(row): row.line for row in reversed(rows)}
    if len(sizes) > 1 and entry.sums != "grades":  # each grade is a question
        ns = " and ".join(f"{n:,}" for n in sorted(sizes))
        problems.append(Problem(rows[-1].line, f"{head}: n is {ns}; one question has one n"))
    for row in rows:
        problems += [Problem(row.line, f"{head}: {x}") for x in _of_number(entry, row)]
    if problems:
        return problems
    n, last = asked(rows[0]), max(row.line for row in rows)
    given = {row.cells["category"] for row in rows}
    lacking = [c for c in entry.categories if c not in given and c not in entry.optional]
    if entry.sums == "grades":
        lacking = [c for c in lacking if c in entry.categories[:10]]
        if lacking:
            what = f"lacks the grade of {', '.join(lacking)}"
            problems.append(Problem(last, f"table {entry.table} {what}"))
    elif whole and entry.sums in ("whole", "part"):
        total = sum(row.cells["value"] for row in rows)
        if total != n and (entry.sums == "whole" or total > n):
            at_most = "" if entry.sums == "whole" else "at most "
            hint = "; these are percentages: give people" if 99 <= total <= 101 else ""
            message = f"{head}: adds up to {total:,.15g}, and n is {at_most}{n:,}{hint}"
            problems.append(Problem(last, message))
        elif lacking and entry.sums == "whole":
            message = f"{head}: lacks {', '.join(lacking)}; write 0 where it is nobody"
            problems.append(Problem(last, message))
    return problems


def asked(row: Row) -> int:
    """People asked, of a row."""
    return int(row.cells["n"].split()[0])


def _of_number(entry: Entry, row: Row) -> Iterator[str]:
    """Problems of the number, or of the range, of one row."""
    value, low, high = (row.cells[c] for c in NUMBERS)
    category = row.cells["category"]
    if value is None and entry.sums == "yes":
        if low is None or high is None:
            yield "give value (people who say so), or low and high (percent of those asked)"
        elif not 0 <= low <= high <= 100:
            yield f"low and high are percents that rise, not {low:g} and {high:g}"
        return
    if value is None:
        yield f"{category}: value is empty"
    elif low is not None or high is not None:
        yield f"{category}: low and high are for answers that were not counted; leave them empty"
    elif entry.sums == "grades":
        if not 1 <= value <= 10:
            yield f"{category}: {value:g} is out of range (allowed: 1 to 10)"
    elif value < 0:
        yield f"{category}: {value:g} is less than nobody"
    elif value != int(value):
        yield f"{category}: {value:g} is not a number of people; give people, not percentages"
    elif entry.sums in ("yes", "several") and value > asked(row):
        yield f"{category}: {value:,.15g} is more than the {asked(row):,} asked"


def _together(rows: Sequence[Row]) -> Iterator[Problem]:
    """Problems of variables that contradict each other."""
    number: dict[tuple[str, str], Row] = {}
    for entry in entries():
        for row in rows:
            if entry.matches(row.cells["table"], row.cells["variable"]):
                number[entry.variable, row.cells["category"]] = row

    def at_most(part: tuple[str, str], whole: tuple[str, str]) -> Iterator[Problem]:
        a, b = number.get(part), number.get(whole)
        if a and b and None not in (a.cells["value"], b.cells["value"]):
            x, y = (row.cells["value"] for row in (a, b))
            if x > y:
                what = f"{part[0]} is {x:g}, more than {whole[0]}"
                yield Problem(a.line, f"{a.cells['table']}: {what} ({whole[1]}), {y:g}")

    service = ("knows 1+ city service", "yes")
    yield from at_most(("knows the Expat Desk", "yes"), service)
    yield from at_most(("has used 1+ service", "yes"), service)
    # the model's women workers have children only if they are married, as in the study
    yield from at_most(
        ("women KM: children", "1+ children"), ("women KM: family status", "married")
    )
    for one, other in PAIRS:
        a, b = ([r for (v, _), r in number.items() if v == variable] for variable in (one, other))
        if bool(a) != bool(b):
            there, lacking = (one, other) if a else (other, one)
            row = (a or b)[0]
            yield Problem(row.line, f"{row.cells['table']}: {there} needs {lacking} as well")
    none, some = number.get(("knows none of the city services", "yes")), number.get(service)
    if none and some and None not in (none.cells["value"], some.cells["value"]):
        total = none.cells["value"] + some.cells["value"]
        if total != asked(none) or asked(none) != asked(some):
            what = f"those who know none and those who know some add up to {total:g}"
            yield Problem(none.line, f"S41: {what}, and n is {asked(none):,}")
    for role in ("KM", "partner"):
        people = number.get(("role", role))
        if people and not people.cells["value"]:
            yield Problem(people.line, f"ROL: nobody is {role}; the model needs both")
