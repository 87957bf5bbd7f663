"""Answers of respondents: a file with one row each is checked and read.

Messages name columns of the codebook, rows and places, and never repeat what stands in a cell or
in a heading that is not of the codebook: it may be about a person.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from expatsim.errors import InputError, first_of, nearest
from expatsim.inputs.encoding import Unreadable, read_sheet
from expatsim.survey.crosstabs import MISSING, NOT_ASKED, effective_size, matches
from expatsim.survey.questionnaire import (
    HIGHEST_GRADE,
    INTERVIEWED,
    ITEMS,
    LOWEST_GRADE,
    WEIGHT,
    YES_NO,
    Item,
)

LARGEST_FILE = 10_000_000  # bytes
MOST_RESPONDENTS = 20_000
MOST_COLUMNS = 200
LONGEST_CELL = 100  # letters; no answer of the codebook is longer
LARGEST_WEIGHT = 1e6
NEEDED = "role"  # without it nothing is known of workers and partners
# what stands for an answer that was not given; in both languages
NO_ANSWER = {
    *("", "-", "na", "n/a", "nan", "missing", "no answer", "don't know", "do not know"),
    *("nvt", "n.v.t.", "geen antwoord", "weet niet", "weet ik niet", "onbekend"),
}
SHORT = {"yes": ("y", "j", "1", "true", "waar"), "no": ("n", "0", "false", "onwaar")}
# headings of columns about persons, in both languages, and what they look like
PERSONAL = {
    "an e-mail address": r"\bmail|e[- ]?mail",
    "a telephone number": r"phone|telefo|mobiel|mobile|\btel\b",
    "a citizen service number or a passport": r"\bbsn\b|burgerservice|sofi|passport|paspoort",
    "a date of birth": r"birth|geboorte|\bdob\b",
    "a postcode": r"post_?code|postal|\bzip",
    "an IP address": r"\bip\b|ip_?ad",
    "an address": r"adres|address|straat|street|huisnummer|woonplaats",
    "a name": r"naam|\bname|name\b|surname|initial|voorletter",
    "a person's number": r"\bid\b|respondent|participant|deelnemer",
    "free text": r"remark|opmerking|comment|toelichting|\btext\b|\btekst\b|\bopen\b|anders|other",
}


@dataclass(frozen=True)
class Respondents:
    """Answers of the respondents of a city, checked.

    Attributes
    ----------
    codes : dict of str to numpy.ndarray of int, shape (respondents,)
        Numbers of the answers by column, see :func:`expatsim.survey.crosstabs.tabulate`.
    grades : dict of str to numpy.ndarray of float, shape (respondents,)
        Grades by column, not a number where none was given.
    weight : numpy.ndarray or None
        Weights, ``None`` without any.
    notes : list of str
        What was left out, for users.
    """

    codes: dict[str, np.ndarray]
    grades: dict[str, np.ndarray]
    weight: np.ndarray | None
    notes: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Respondents who belong to the study."""
        return len(self.codes[NEEDED])

    @property
    def effective(self) -> float:
        """Respondents with equal weights that would tell as much."""
        return float(self.number if self.weight is None else effective_size(self.weight))


def read_respondents(path: Path) -> Respondents:
    """The answers in a file, as spreadsheets write it: commas, semicolons or tabs.

    Parameters
    ----------
    path : pathlib.Path
        CSV file with the columns of the codebook, in any order, and one row for each respondent.

    Raises
    ------
    InputError
        With one line for each problem. None repeats what stands in the file.
    """
    try:
        text = read_sheet(path, LARGEST_FILE)
    except Unreadable as error:
        line, message = error.problem
        raise InputError(f"{path}:{line}: {message}" if line else f"{path}: {message}") from error
    try:
        sheet = _sheet(text)
        problems = [*_of_headings(sheet)] or [*_of_rows(sheet)]
    except csv.Error:
        raise InputError(f"{path}: is not a CSV file that can be read") from None
    values, wrong = ({}, []) if problems else _values(sheet)
    problems += wrong
    if not problems:
        respondents = _respondents(values)
        problems = [*_contradictions(respondents, sheet)]
    if problems:
        lines = (f"{path}: {problem}" for problem in problems)
        raise InputError(first_of(lines, len(problems)))
    return _of_the_study(respondents)


class _Sheet(NamedTuple):
    """Cells of a file: headings, and rows with their numbers as a spreadsheet counts them."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]
    too_many: bool


def _plain(text: str) -> str:
    """A text for comparison: small letters, single spaces, one kind of dash and apostrophe."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[\u2010-\u2015\u2212]", "-", text)
    return " ".join(re.sub("[\u2018\u2019\u02bc`´]", "'", text).split())


def _sheet(text: str) -> _Sheet:
    """Cells of a text; the separator is the one under which most headings are of the codebook."""
    first, _, rest = text.partition("\n")
    skipped = 0
    if re.fullmatch(r'"?sep=.?"?\s*', first):  # a line of Excel about itself
        text, skipped = rest, 1
    headings = text.partition("\n")[0]

    def known(separator: str) -> int:
        cells = next(csv.reader([headings], delimiter=separator), [])
        return sum(_column(cell) in (*ITEMS, WEIGHT) for cell in cells)

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=known))
    rows: list[tuple[int, list[str]]] = []
    names: list[str] = next(reader, [])
    too_many = False
    for number, cells in enumerate(reader, start=2 + skipped):
        if not any(cell.strip() for cell in cells):
            continue  # an empty row, as spreadsheets leave below the others
        if len(rows) == MOST_RESPONDENTS:
            too_many = True
            break
        rows.append((number, cells))
    # empty columns, as they leave beside the others
    while names and not names[-1].strip() and not any(_filled(c, len(names)) for _, c in rows):
        names.pop()
    return _Sheet([_column(name) for name in names], rows, too_many)


def _filled(cells: list[str], place: int) -> bool:
    """Whether a row has something at a place, counted from one."""
    return len(cells) >= place and bool(cells[place - 1].strip())


def _column(heading: str) -> str:
    return _plain(heading).replace(" ", "_").replace("-", "_")


def _of_headings(sheet: _Sheet) -> Iterator[str]:
    """Problems of the headings: personal and unknown columns, columns twice or not there."""
    headings, known = sheet.headings, (*ITEMS, WEIGHT)
    if len(headings) > MOST_COLUMNS:
        yield f"{len(headings):,} columns; such a file has at most {MOST_COLUMNS}"
        return
    if not any(heading in known for heading in headings):
        yield "the first row has no column of the codebook; see expatsim city questionnaire"
        return
    for number, heading in enumerate(headings, start=1):
        if heading in known:
            if heading in headings[: number - 1]:
                yield f"column {number}: {heading} is there twice"
            continue
        words = heading.replace("_", " ")
        kind = next((k for k, p in PERSONAL.items() if re.search(p, words)), None)
        if kind:
            yield f"column {number} looks like {kind}; take it out of the file"
        else:
            hint = nearest(heading, known)
            yield f"column {number} is not in the codebook{hint or '; take it out of the file'}"
    if NEEDED not in headings:
        yield f"the column {NEEDED} is missing"


def _of_rows(sheet: _Sheet) -> Iterator[str]:
    """Problems of the number of rows, and of rows as a whole."""
    if sheet.too_many:
        yield f"more than {MOST_RESPONDENTS:,} rows; a row is one respondent"
    if not sheet.rows:
        yield "no respondents"
    for number, cells in sheet.rows:
        if len(cells) > len(sheet.headings) and any(
            c.strip() for c in cells[len(sheet.headings) :]
        ):
            yield f"row {number}: more cells than columns (is a separator in an answer?)"


def _meanings(item: Item) -> dict[str, int]:
    """Numbers of the answers of an item, by every text that means them."""
    found: dict[str, int] = {}
    for k, (code, wording) in enumerate(item.codes.items()):
        short = SHORT[code] if item.codes is YES_NO else ()
        found |= {_plain(text): k for text in (code, *wording, *short)}
    return found


def _values(sheet: _Sheet) -> tuple[dict[str, list[float]], list[str]]:
    """Numbers of all cells by column, and the problems of those that are none."""
    values: dict[str, list[float]] = {}
    problems: list[tuple[int, int, str]] = []
    for place, column in enumerate(sheet.headings):
        meanings = _meanings(ITEMS[column]) if column in ITEMS else {}
        values[column] = []
        for number, cells in sheet.rows:
            cell = cells[place] if place < len(cells) else ""
            value, problem = _value(column, _plain(cell[: LONGEST_CELL + 1]), meanings)
            values[column].append(value)
            if problem:
                problems.append((number, place, f"row {number}: {column}: {problem}"))
    return values, [message for _, _, message in sorted(problems)]


def _value(column: str, cell: str, meanings: dict[str, int]) -> tuple[float, str]:
    """Number that a cell stands for, and its problem; the problem does not repeat the cell."""
    if column == WEIGHT:
        weight = _number(cell)
        good = weight is not None and 0 < weight <= LARGEST_WEIGHT
        return (weight or 0, "") if good else (0, "a weight is a number above zero")
    if cell in NO_ANSWER and cell not in meanings:
        return (MISSING if meanings else np.nan), ""
    if not meanings:
        grade = _number(cell)
        good = grade is not None and LOWEST_GRADE <= grade <= HIGHEST_GRADE
        return (grade or 0, "") if good else (0, "a grade is a number from 1 to 10")
    if cell in meanings:
        return meanings[cell], ""
    if column == "friends" and (friends := _friends(cell)) is not None:
        return friends, ""
    return MISSING, f"not an answer of the codebook{_allowed(ITEMS[column], cell)}"


def _number(cell: str) -> float | None:
    """A number with a decimal point or comma; ``None`` for anything else."""
    return float(cell.replace(",", ".")) if re.fullmatch(r"\d{1,12}([.,]\d{1,12})?", cell) else None


def _friends(cell: str) -> int | None:
    """Number of the answer for a whole number of friends; ``None`` for anything else."""
    if not re.fullmatch(r"\d{1,4}", cell):
        return None
    return int(np.digitize(int(cell), [1, 2, 6, 10, 21]))


def _allowed(item: Item, cell: str) -> str:
    """The answer that is meant if there is one, else all answers of an item."""
    texts = [text for wording in item.codes.values() for text in wording]
    hint = nearest(cell, texts)
    if hint:
        return hint
    both = (" / ".join(dict.fromkeys(wording)) for wording in item.codes.values())
    return f" (answers: {', '.join(both)})"


def _respondents(values: dict[str, list[float]]) -> Respondents:
    """All respondents of the file; answers of those who are not asked do not count."""
    codes = {c: np.array(x, int) for c, x in values.items() if c in ITEMS and ITEMS[c].codes}
    grades = {c: np.array(x, float) for c, x in values.items() if c in ITEMS and not ITEMS[c].codes}
    weight = np.array(values[WEIGHT]) if WEIGHT in values else None
    notes = []
    for column in [c for c in ITEMS if c in codes]:  # in the order in which they are asked
        for earlier in ITEMS[column].asked:
            if earlier not in codes:
                continue
            asked = matches(codes, {earlier: ITEMS[column].asked[earlier]})
            unknown = codes[earlier] == MISSING
            ignored = int((~asked & (codes[column] != MISSING)).sum())
            codes[column] = np.where(asked, codes[column], np.where(unknown, MISSING, NOT_ASKED))
            if ignored:
                notes.append(
                    f"{column}: {ignored} answers of people who are not asked do not count"
                )
    return Respondents(codes, grades, weight, notes)


def _contradictions(respondents: Respondents, sheet: _Sheet) -> Iterator[str]:
    """Answers of one respondent that cannot both be true."""
    codes = respondents.codes
    if "family" in codes:
        alone = matches(codes, {NEEDED: ("partner",), "family": ("single",)})
        for k in np.flatnonzero(alone):
            yield f"row {sheet.rows[k][0]}: family: came with a partner, and is single"


def _of_the_study(respondents: Respondents) -> Respondents:
    """Those who could have been in the study: longer than six months and under six years here."""
    codes = respondents.codes
    if "stay" not in codes:
        return respondents
    inside = matches(codes, {"stay": INTERVIEWED}) | (codes["stay"] == MISSING)
    out = int((~inside).sum())
    notes = list(respondents.notes)
    if out:
        notes.append(
            f"{out} respondents do not count: up to six months, or six years or longer, in the "
            "country (as in the study)"
        )
    if not inside.any():
        raise InputError("no respondent has been in the country between six months and six years")
    return Respondents(
        {c: x[inside] for c, x in codes.items()},
        {c: x[inside] for c, x in respondents.grades.items()},
        None if respondents.weight is None else respondents.weight[inside],
        notes,
    )
