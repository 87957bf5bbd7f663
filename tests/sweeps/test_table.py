"""Tables of settings in every shape that people give: read, or refused in one line."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from expatsim.errors import InputError
from expatsim.inputs.schema import Bounds
from expatsim.sweeps.table import numbers_of, problems_of, read_table, table_of, with_years

ALLOWED = {"share": Bounds(0.0, 1.0, "share"), "start": Bounds(1900.0, 2100.0, "year")}
CELLS = {
    "text": ["0.25", " 0.5 "],
    "objects": [Decimal("0.25"), np.float32(0.5)],
    "categories": pd.Categorical([0.25, 0.5]),
    "texts of categories": pd.Categorical(["0.25", "5e-1"]),
    "missing allowed": pd.array([0.25, 0.5], dtype="Float64"),
    "half precision": np.array([0.25, 0.5], "float16"),
    "sparse": pd.arrays.SparseArray([0.25, 0.5]),
}


@pytest.mark.parametrize("kind", CELLS)
def test_numbers_of_any_type_are_numbers(kind: str) -> None:
    table = pd.DataFrame({"share": CELLS[kind]})
    assert problems_of(table, ALLOWED) == []
    assert numbers_of(table)["share"].tolist() == [0.25, 0.5]


def test_months_and_years_may_stand_together() -> None:
    days = with_years(pd.DataFrame({"start": pd.to_datetime(["2012-07-01", "2012-07-02"])}))[
        "start"
    ]
    assert days[0] == 2012.5
    assert isinstance(days[1], pd.Timestamp)  # no month: told as no number
    table = with_years(pd.DataFrame({"start": ["2012-07", "2013", 2014.5]}))
    assert problems_of(table, ALLOWED) == []
    assert numbers_of(table)["start"].tolist() == [2012.5, 2013.0, 2014.5]


NONE = {
    "true among numbers": ([True, 0.5], "must be numbers, not true and false"),
    "true or missing": (pd.array([True, None], dtype="boolean"), "must be numbers, not true and"),
    "complex": (np.array([0.5j, 0.5]), "'0.5j' in row 1 is no number"),
    "dates": (pd.to_datetime(["1970-01-01"]), "'1970-01-01 00:00:00' in row 1 is no number"),
    "decimal commas": (
        ["0,25"],
        "(allowed: 0 to 1, share); write 0.25",
    ),
    "percents": (["25%"], "'25%' in row 1 is no number (allowed: 0 to 1, share); 25 % is 0.25"),
    "nothing": ([0.5, None], "nothing stands in row 2 (allowed: 0 to 1, share)"),
    "infinite": ([np.inf], "'inf' in row 1 is out of range"),
    "arrays": ([np.array(0.5)], "'0.5' in row 1 is no number"),
    "other digits": (["\u0660.\u0663", "1_0"], "in row 1 is no number"),
}


@pytest.mark.parametrize("kind", NONE)
def test_what_is_no_number_is_told(kind: str) -> None:
    cells, said = NONE[kind]
    (problem,) = problems_of(pd.DataFrame({"share": cells}), ALLOWED)
    assert problem.startswith("share: ")
    assert said in problem


def test_an_index_that_is_an_input_is_not_lost(tmp_path) -> None:
    table = pd.DataFrame({"share": [0.5], "start": [2012.0]}).set_index("share")
    table.to_parquet(tmp_path / "rows.parquet")
    for given in (table, read_table(tmp_path / "rows.parquet")):
        said = ["share is the index of the table; make a column of it (reset_index)"]
        assert problems_of(given, ALLOWED) == said


def test_dicts_are_tables() -> None:
    rows = [{"share": 0.25}, {"share": 0.5}]
    assert table_of(rows).equals(table_of({"share": [0.25, 0.5]}))
    for wrong in (np.ones((2, 1)), pd.Series([0.5]), None, 3, [0.5]):
        with pytest.raises(InputError, match=r"^table: give a DataFrame, dicts, or a CSV or Par"):
            table_of(wrong)
    with pytest.raises(InputError, match=r"^table: If using all scalar values"):
        table_of({"share": 0.5})


FILES = {
    "a.csv": ("share,start\n0.5,2012\n", ""),
    "bom.csv": ("\ufeffshare,start\r\n0.5,2012\r\n", ""),
    # pandas alone would read share 0.1 here, and call 0.5 a label
    "longer.csv": (
        "share,start\n0.5,0.1,2012\n",
        "has 2 names of columns, and rows with more",
    ),
    "one-longer.csv": ("share,start\n0.5,2012\n0.5,2012,1\n", "cannot be read as CSV: "),
    "dutch.csv": ("share;start\n0,5;2012\n", "semicolons stand between its columns; write commas"),
    "excel.csv": ("sep=;\nshare;start\n0,5;2012\n", "semicolons stand between its columns"),
    "tabs.csv": ("share\tstart\n0.5\t2012\n", "tabs stand between its columns"),
    "twice.csv": ("share,share\n0.5,0.6\n", "column 'share' stands there twice"),
    "rows.json": ('[{"share": 0.5}]', "cannot be read as Parquet; a table is a file that ends in"),
    "empty.csv": ("", "cannot be read as CSV: "),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_as_they_say_or_not_at_all(name: str, tmp_path) -> None:
    text, said = FILES[name]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    if not said:
        assert read_table(path).to_dict("list") == {"share": [0.5], "start": [2012]}
        return
    with pytest.raises(InputError) as error:
        read_table(path)
    assert error.value.problems[0].startswith(f"{path}: {said}")
