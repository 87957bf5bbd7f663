"""An Excel workbook of a result: a sheet of notes, and a sheet for each of its tables."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.files import runs_in_spreadsheet
from expatsim.findings.cost import EUROS, QUANTITIES
from expatsim.findings.outcomes import EXPAT_YEARS, OUTCOMES, PEOPLE, SHARE
from expatsim.findings.sureness import FEWEST_DRAWS, different_draws
from expatsim.observed import external
from expatsim.report import words
from expatsim.report.caveats import sentences_of
from expatsim.report.language import Language
from expatsim.scenario.guards import cautions
from expatsim.text import visible

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from expatsim.findings.tables import Tables

# the same result gives the same bytes: Excel asks for a time, and gets none that means anything
NO_TIME = datetime(2000, 1, 1)
LONGEST_TEXT = 32_767  # characters that Excel allows in a cell
MOST_ROWS = 1_048_576  # that Excel allows in a sheet
NARROWEST, WIDEST = 9, 60  # columns, in characters
BEYOND = "∞"  # Excel has no number for it

# formats of numbers by unit; the reader's own Excel puts in its points and commas
_FORMATS = {
    SHARE: "0.0%",
    PEOPLE: "#,##0",
    EXPAT_YEARS: "#,##0",
    EUROS: '"€" #,##0',
    "factor": "0.000",
    "years": "0.0",
    "": "General",  # of numbers that each have a unit of their own
}
_DIFFERENCES = {SHARE: "+0.0%;-0.0%;0.0%", PEOPLE: "+#,##0;-#,##0;0"}
_UNITS = {
    "probability_higher": SHARE,
    "probability_of_no_gain": SHARE,
    "carries": SHARE,
    "ratio": "factor",
    "variance_reduction": PEOPLE,
    "years": "years",
    "value": "",
    **dict.fromkeys(("draws", "difference_draws", "people", "respondents"), PEOPLE),
}
_INTERVAL = {
    "low": "lower end of the range that holds nine in ten draws",
    "low_50": "lower end of the range that holds half of the draws",
    "median": "middle draw: half of the draws are below it",
    "high_50": "upper end of the range that holds half of the draws",
    "high": "upper end of the range that holds nine in ten draws",
}
_VALUES = {"baseline", *_INTERVAL, *(f"difference_{name}" for name in _INTERVAL)}
COLUMNS = {
    "scenario": "name of the scenario; its title is above",
    "outcome": "name of the outcome in files and in Python",
    "label": "the outcome in words",
    "group": "people the row is about; all is everybody",
    "way_in": "newcomers, or the stock: those here at the start",
    "years": "years since arrival, or since the start; the sheet has whole years",
    "baseline": "middle draw of the first scenario",
    **_INTERVAL,
    "draws": "draws in which there is anybody to look at",
    "people": "people that a share rests on, in the middle draw",
    "respondents": "respondents of the survey that a group rests on",
    **{
        f"difference_{name}": f"difference from the first scenario, draw by draw: {text}"
        for name, text in _INTERVAL.items()
    },
    "difference_draws": "draws in which both scenarios have anybody to look at",
    "probability_higher": "share of the draws in which it is higher than in the first scenario",
    "probability_of_no_gain": "share of the draws in which nothing is gained",
    "verdict": "how sure the model is under its assumptions; it says nothing of what was measured",
    "rests_on": "what the difference rests on: measured, partly measured, or assumption only",
    "note": "why there is no number",
    "variance_reduction": "how much the same luck in both scenarios narrows the difference",
    "part": "part of the scenario that differs",
    "parameter": "a parameter behind the difference",
    "carries": "share of the variance of the difference that goes with the parameter",
    "informed": "whether the data inform the parameter",
    "ratio": "spread of the parameter after the calibration, over that before",
    "id": "number of the fact in docs/odd.md",
    "subject": "what the fact is about",
    "period": "time that it is about",
    "value": "the number, as published",
    "unit": "unit of the numbers; a share is between 0 and 1",
    "how_known": "how it was read",
    "source": "where it was published",
}
SHEETS = {
    "notes": "what this is, cautions, and what the columns mean",
    "summary": "the outcomes of every scenario, and their differences from the first",
    "effects": "differences from the first scenario, by group of people",
    "costs": "extra cost over the first scenario, and for each person and year gained",
    "parameters_behind": "the parameters that the differences rest on",
    "survival": "share still in the city, by years",
    "sources": "published facts that the model was calibrated on or starts from",
}


class _Formats(NamedTuple):
    """Formats of cells of a workbook."""

    text: Format
    quoted: Format  # a text that would run if somebody edited it
    wrapped: Format
    heading: Format
    numbers: Mapping[str, Format]


def workbook(result: Tables, tables: Mapping[str, pd.DataFrame], command: str = "") -> bytes:
    """Return an Excel workbook of a result.

    Texts of users are texts whatever they begin with: no cell has a formula. Numbers are numbers,
    with formats for shares (one decimal), people and euros; ``∞`` stands for infinity.

    Parameters
    ----------
    result : Tables
        The result, for notes and cautions.
    tables : mapping of str to pandas.DataFrame
        Tables by name, one for each sheet; names of :data:`SHEETS`.
    command : str
        Command line that made the result, for the notes.

    Returns
    -------
    bytes
        Content of an ``.xlsx`` file; the same for the same result.

    Raises
    ------
    InputError
        If a table has more rows than a sheet can have.
    """
    from xlsxwriter import Workbook

    target = io.BytesIO()
    book = Workbook(target, {"in_memory": True})
    book.set_properties({"title": visible(_title(result)), "created": NO_TIME})
    formats = _formats(book)
    sheets = {**tables, "sources": _sources()}
    _write_notes(book.add_worksheet("notes"), result, sheets, command, formats)
    for name, frame in sheets.items():
        if len(frame) >= MOST_ROWS:
            raise InputError(f"{name}: {len(frame):,} rows are more than a sheet of Excel can have")
        _write_table(book.add_worksheet(name), frame, formats)
    book.close()
    return target.getvalue()


def _title(result: Tables) -> str:
    return " – ".join(result.titles.values())


def _sources() -> pd.DataFrame:
    """Published facts; a value that is a number is one, others are texts such as ``over 60``."""
    import pandas as pd

    facts = external()[["id", "subject", "period", "value", "unit", "how_known", "source"]]
    numbers = pd.to_numeric(facts["value"], errors="coerce").astype(object)
    return facts.assign(value=numbers.where(numbers.notna(), facts["value"]))


def _formats(book: Workbook) -> _Formats:
    text = {"valign": "top"}
    numbers = {*_FORMATS.values(), *_DIFFERENCES.values()}
    return _Formats(
        text=book.add_format(text),
        quoted=book.add_format({**text, "quote_prefix": True}),
        wrapped=book.add_format({**text, "text_wrap": True}),
        heading=book.add_format({**text, "bold": True, "bottom": 1}),
        numbers={form: book.add_format({**text, "num_format": form}) for form in numbers},
    )


def _write_table(sheet: Worksheet, frame: pd.DataFrame, formats: _Formats) -> None:
    """Write a table: a frozen heading with a filter, formats by row and column, fitting widths."""
    columns = [str(column) for column in frame.columns]
    units, differences = _units(frame), "baseline" in columns
    for k, column in enumerate(columns):
        sheet.write_string(0, k, column, formats.heading)
        values = frame[column].tolist()
        for row, (value, unit) in enumerate(zip(values, units, strict=True), start=1):
            _write(sheet, row, k, value, _number_format(column, unit, differences), formats)
        texts = [len(value) for value in values if isinstance(value, str)]
        width = max([NARROWEST, len(column) + 3, *texts])  # a filter's button has three
        sheet.set_column(k, k, min(width, WIDEST))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _units(frame: pd.DataFrame) -> list[str]:
    """Unit of the values of each row; a table without outcomes is one of shares."""
    if "outcome" not in frame:
        return [SHARE] * len(frame)
    units = {name: x.unit for name, x in OUTCOMES.items()}
    units |= {name: x.unit for name, x in QUANTITIES.items()}
    return [units[name] for name in frame["outcome"]]


def _number_format(column: str, unit: str, differences: bool) -> str:
    """Format of the numbers of a column, in a row whose values have this unit.

    Parameters
    ----------
    column : str
        Name of the column.
    unit : str
        Unit of the values of the row.
    differences : bool
        Whether all intervals of the table are those of differences.
    """
    if column not in _VALUES:
        return _FORMATS[_UNITS.get(column, PEOPLE)]
    if column.startswith("difference_") or (differences and column in _INTERVAL):
        return _DIFFERENCES.get(unit, _DIFFERENCES[PEOPLE])
    return _FORMATS[unit]


def _write(
    sheet: Worksheet, row: int, column: int, value: Any, form: str, formats: _Formats
) -> None:
    """Write a value into a cell as what it is; a missing one leaves the cell empty."""
    if value is None or value != value:
        return
    if isinstance(value, str):
        text = visible(value)[:LONGEST_TEXT]
        kind = formats.quoted if runs_in_spreadsheet(text) else formats.text
        sheet.write_string(row, column, text, kind)
    elif isinstance(value, bool | np.bool_):
        sheet.write_boolean(row, column, bool(value), formats.text)
    elif np.isinf(value):
        sheet.write_string(row, column, BEYOND if value > 0 else f"−{BEYOND}", formats.text)
    else:
        sheet.write_number(row, column, float(value), formats.numbers[form])


def _write_notes(
    sheet: Worksheet,
    result: Tables,
    tables: Mapping[str, pd.DataFrame],
    command: str,
    formats: _Formats,
) -> None:
    """Write the first sheet: two columns, a name and a text that is folded."""
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    row = 0
    for heading, lines in _notes(result, tables, command):
        sheet.write_string(row, 0, heading, formats.heading)
        sheet.write_string(row, 1, "", formats.heading)
        for name, text in lines:
            row += 1
            for column, content in enumerate((name, text)):
                shown = visible(content)[:LONGEST_TEXT]
                kind = formats.quoted if runs_in_spreadsheet(shown) else formats.wrapped
                sheet.write_string(row, column, shown, kind)
        row += 2
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


Lines = list[tuple[str, str]]


def _notes(
    result: Tables, tables: Mapping[str, pd.DataFrame], command: str
) -> Iterator[tuple[str, Lines]]:
    """Headings of the notes, each with its lines."""
    provenance, base = result.provenance, result.scenarios[0]
    yield (
        "expatsim",
        [
            ("What this is", "A projection by simulation, not a forecast."),
            ("Version", f"{provenance['expatsim']}, commit {provenance['git_commit']}"),
            *([("Command", command)] if command else []),
            ("Period", f"{base.start}, {base.months // 12} years"),
            ("Draws and seed", f"{result.dataset.sizes['draw']} draws, seed {base.seed}"),
            ("Parameters", result.source),
        ],
    )
    yield (
        "Scenarios",
        [
            (s.name, f"{s.title}. {s.description}".strip() if s.description else s.title)
            for s in result.scenarios
        ],
    )
    yield "Cautions", list(_cautions(result))
    yield "Sheets", [(name, SHEETS[name]) for name in ("notes", *tables)]
    columns = dict.fromkeys(str(c) for frame in tables.values() for c in frame.columns)
    yield "Columns", [(name, COLUMNS[name]) for name in columns]
    yield (
        "Numbers",
        [
            ("Shares", "of 100 %; a difference of shares is one of percentage points"),
            (BEYOND, "infinite, such as a cost for each person gained where nobody is gained"),
            ("Every draw and month", "not here, but in indicators.parquet and result.nc"),
        ],
    )
    yield (
        "Sources",
        [
            ("Observed tables", words.SOURCE_OF_TABLES),
            ("Published facts", "sheet sources"),
        ],
    )


def _cautions(result: Tables) -> Iterator[tuple[str, str]]:
    """What a reader must know before using a number, with what it is about."""
    english = Language("en")
    if result.calibration and result.calibration.doubt():
        yield "Do not use the numbers", str(result.calibration.doubt())
    if (different := different_draws(result.dataset)) < FEWEST_DRAWS:
        draws = result.dataset.sizes["draw"]
        yield "Draws", words.number_of_draws(draws, different, english)
    respondents = words.respondents(english)
    yield "Measures", english.say(words.NEVER_MEASURED, respondents=respondents)
    yield "Labels", english.say(words.TWO_LABELS)
    for scenario in result.scenarios:
        for sentence in sentences_of(cautions(scenario), english, scenario.levers):
            yield scenario.name, sentence
    for line in result.notes():
        yield "Assumptions", line.strip()
