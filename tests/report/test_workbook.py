"""Workbooks and CSV files open without a question, and hold the numbers of the tables."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pytest

import expatsim as xs
from expatsim.errors import InputError
from expatsim.files import from_spreadsheet
from expatsim.report.workbook import COLUMNS, LONGEST_TEXT, SHEETS, workbook

TABLES = ("summary", "effects", "costs", "parameters_behind")
NASTY = '=HYPERLINK("http://x","y")\x1b'


@pytest.fixture(scope="module")
def book(result, tmp_path_factory):
    path = result.to_excel(tmp_path_factory.mktemp("x") / "t.xlsx", command="expatsim compare a b")
    return openpyxl.load_workbook(path)


def rows_of(sheet) -> pd.DataFrame:
    heading, *rows = sheet.iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=heading)


def test_a_sheet_for_each_table(result, book) -> None:
    assert book.sheetnames == list(SHEETS)
    for name in TABLES:
        table, sheet = getattr(result, name)(), rows_of(book[name])
        assert list(sheet.columns) == list(table.columns)
        for column in table:
            if pd.api.types.is_numeric_dtype(table[column]):
                stored = sheet[column].replace({"∞": np.inf, "−∞": -np.inf}).astype(float)
                assert np.allclose(stored, table[column], rtol=1e-12, equal_nan=True), column
            else:
                assert sheet[column].fillna("").tolist() == table[column].fillna("").tolist()
    survival = rows_of(book["survival"])
    assert set(survival["years"]) == set(range(1, result.scenarios[0].months // 12 + 1))


def test_every_sheet_and_column_is_explained(book) -> None:
    notes = dict(row for row in book["notes"].iter_rows(values_only=True) if row[0])
    assert notes["Command"] == "expatsim compare a b"
    assert xs.__version__ in notes["Version"]
    for name in SHEETS:
        assert notes[name] == SHEETS[name]
        if name != "notes":
            for column in rows_of(book[name]).columns:
                assert notes[column] == COLUMNS[column]
    assert "ever been measured" in notes["Measures"]
    assert "Over de rode loper" in notes["Observed tables"]


def test_looks(book) -> None:
    for name in list(SHEETS)[1:]:
        sheet = book[name]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(cell.font.b for cell in sheet[1])
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
        assert all(9 <= width <= 61 for width in widths)


def test_numbers_have_the_format_of_their_unit(book) -> None:
    def formats(name: str, outcome: str, column: str) -> set[str]:
        sheet = book[name]
        heading = [cell.value for cell in sheet[1]]
        k, which = heading.index(column), heading.index("outcome")
        rows = [r for r in sheet.iter_rows(min_row=2) if r[which].value == outcome]
        return {row[k].number_format for row in rows if row[k].value is not None}

    assert formats("summary", "newcomers_5", "median") == {"0.0%"}
    assert formats("summary", "newcomers_5", "difference_median") == {"+0.0%;-0.0%;0.0%"}
    assert formats("summary", "people", "median") == {"#,##0"}
    assert formats("effects", "welcome", "baseline") == {"0.0%"}
    assert formats("effects", "welcome", "median") == {"+0.0%;-0.0%;0.0%"}
    assert formats("costs", "extra_cost", "median") == {'"€" #,##0'}
    assert formats("costs", "extra_expat_years", "median") == {"#,##0"}


def test_no_cell_is_a_formula(result, tmp_path) -> None:
    """Whatever a title, a description or the name of a file begins with."""
    names = ["=1+1", "-2", "@3"][: len(result.scenarios)]
    scenarios = [
        dataclasses.replace(s, name=name, title=NASTY, description="@x" * 40_000)
        for s, name in zip(result.scenarios, names, strict=True)
    ]
    dataset = result.dataset.assign_coords(scenario=names)
    result = xs.Result(dataset, scenarios, result.provenance)
    path = result.to_excel(tmp_path / "nasty.XLSX", command="+1")
    book = openpyxl.load_workbook(path)
    assert {cell.data_type for s in book for row in s.iter_rows() for cell in row} <= set("snb")
    assert set(rows_of(book["summary"])["scenario"]) == set(names)
    cell = book["summary"]["A2"]
    assert cell.quotePrefix  # it stays a text if somebody edits it
    notes = [row for row in book["notes"].iter_rows(values_only=True) if row[0] == "-2"]
    assert notes[0][1].startswith('=HYPERLINK("http://x","y")\\x1b')
    assert len(notes[0][1]) == LONGEST_TEXT
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            text = parts.read(name)
            tags = {
                element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()
            }
            assert not tags & {"f", "hyperlink", "externalReference"}, name


def test_same_result_same_bytes(result) -> None:
    first, second = (workbook(result, {"summary": result.summary()}) for _ in range(2))
    assert first == second
    assert openpyxl.load_workbook(io.BytesIO(first)).sheetnames == ["notes", "summary", "sources"]


def test_no_file_is_replaced_by_accident(result, tmp_path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("mine")
    with pytest.raises(InputError, match="already there"):
        result.to_excel(path)
    assert path.read_text() == "mine"
    result.to_excel(path, force=True)
    assert openpyxl.load_workbook(path).sheetnames
    with pytest.raises(InputError, match=r"ends in \.xlsx"):
        result.to_excel(tmp_path / "a.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_csv_for_a_dutch_excel(result, tmp_path) -> None:
    folder = result.save(tmp_path / "r", plots=False, excel=True, csv="nl")
    assert (folder / "tables.xlsx").exists()
    raw = (folder / "summary.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfscenario;outcome;label;unit;low;")
    for name in TABLES:
        stored = pd.read_csv(folder / f"{name}.csv", sep=";", decimal=",", encoding="utf-8-sig")
        table = getattr(result, name)()
        for column in table:
            if pd.api.types.is_numeric_dtype(table[column]):
                assert np.allclose(stored[column], table[column], equal_nan=True), column
        assert from_spreadsheet(stored)["outcome"].tolist() == table["outcome"].tolist()
    assert xs.open_result(folder).dataset.identical(result.dataset)
    with pytest.raises(InputError, match="not one of en, nl"):
        result.save(tmp_path / "other", csv="de")
    assert not (tmp_path / "other").exists()
