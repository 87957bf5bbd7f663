"""Files of a city from anybody: every mistake one clear line, and no harm."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from expatsim.errors import MOST_PROBLEMS, InputError
from expatsim.scenario import load
from expatsim.scenario.city_file import read_city
from expatsim.scenario.survey_file import MOST_ROWS
from expatsim.survey.sheet import entries, entry_of
from helpers import ROOT

TEMPLATE = ROOT / "tests" / "cities" / "eindhoven"

HEADER = "id,table,n,variable,category,value,low,high,place\n"
FRIENDS = ("0", "1", "2-5", "6-9", "10-20", ">20")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a city."""
    return Path(shutil.copytree(TEMPLATE, tmp_path / "eindhoven"))


def friends(counts: tuple[object, ...], n: object = 60) -> str:
    """Rows of Tabel 3.5."""
    pairs = zip(FRIENDS, counts, strict=False)
    return "".join(
        f"F-{k},T35,{n},number of Dutch friends,{c},{x},,,made up\n"
        for k, (c, x) in enumerate(pairs)
    )


def problems(folder: Path, survey: str | bytes | None = None) -> list[str]:
    """All problems of a folder, with other content of its survey."""
    if survey is not None:
        data = survey.encode() if isinstance(survey, str) else survey
        (folder / "survey.csv").write_bytes(data)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(InputError) as caught:
        read_city(folder)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert all("\n" not in line and len(line) < 600 for line in caught.value.problems)
    return caught.value.problems


ROWS = {
    "adds up": (friends((1, 2, 3, 4, 5, 6)), "adds up to 21, and n is 60"),
    "percent": (friends((10, 20, 30, 20, 10, 10)), "these are percentages: give people"),
    "percent sign": (friends(("10%", 2, 3, 4, 5, 6)), ":2: value: '10%': give people, not percent"),
    "two n": (
        friends((10, 10, 10)) + friends((10, 10, 10, 10, 10, 10), 61)[130:],
        "n is 60 and 61; one question has one n",
    ),
    "negative": (friends((-1, 11, 10, 20, 10, 10)), ":2: T35, number of Dutch friends: 0: -1"),
    "fraction": (friends((0.5, 9.5, 10, 20, 10, 10)), "0.5 is not a number of people"),
    "lacks": (friends((20, 20, 20)), "lacks 6-9, 10-20, >20; write 0 where it is nobody"),
    "table": (friends((10,) * 6).replace("T35", "T53"), "no table 'T53'; the model reads ROL, SEX"),
    "variable": (
        friends((10,) * 6).replace("Dutch friends", "Duch frends"),
        "no variable 'number of Duch frends'; did you mean 'number of Dutch friends'?",
    ),
    "category": (
        friends((10,) * 6).replace("2-5", "2-6"),
        ":4: T35: no category '2-6'; they are 0, 1, 2-5",
    ),
    "twice": (friends((10,) * 6) * 2, "is given twice (first on line 2)"),
    "not a number": (friends(("nan",) * 6), ":2: value: 'nan' is not a number"),
    "infinite": (friends(("1e999",) * 6), ":2: value: '1e999' is not a number"),
    "nobody asked": (friends((0,) * 6, 0), ":2: n: '0' is not a whole number from 1"),
    "no n": (friends((10,) * 6, ""), ":2: n: is empty; give how many people were asked"),
    "cells": ("a,ROL,60,role,KM,40,,,here, there\n", ":2: 10 cells under 9 columns"),
    "quote": ('a,ROL,60,"role,KM,40,,,here\n', "cannot be read as CSV"),
    "grade": ("a,T41,60,rating 1-10,safety,76,,,x\n", "76 is out of range (allowed: 1 to 10)"),
    "percents of the report": ("a,A2,60,sex,Man,39,,,x\n", "A2 has percentages; give numbers of"),
    "more than asked": (
        "a,JOB,20,partner currently has job,yes,30,,,x\n",
        "yes: 30 is more than the 20 asked",
    ),
    "no range": ("a,JOB,20,partner currently has job,yes,,60,40,x\n", "percents that rise, not 60"),
    "one alone": (
        "a,FAM,9,women KM: children,1+ children,3,,,x\n",
        "women KM: children needs women KM: family status as well",
    ),
    "services": (
        "a,S41,9,knows the Expat Desk,yes,6,,,x\nb,S41,9,knows 1+ city service,yes,3,,,x\n",
        ":2: S41: knows the Expat Desk is 6, more than knows 1+ city service (yes), 3",
    ),
    "long": (f"a,ROL,60,role,KM,40,,,{'x' * 400}\n", "place: too long, at most 300 letters"),
    "only workers": (
        "a,ROL,60,role,KM,60,,,x\nb,ROL,60,role,partner,0,,,x\n",
        ":3: ROL: nobody is partner; the model needs both",
    ),
}


@pytest.mark.parametrize(("rows", "said"), ROWS.values(), ids=ROWS)
def test_a_survey_with_a_mistake(folder: Path, rows: str, said: str) -> None:
    found = problems(folder, HEADER + rows)
    assert any(said in line for line in found), found
    if said.startswith(":"):  # that of the row says it all
        assert not [line for line in found if "adds up" in line], found


HEADERS = {
    "unknown": (HEADER.replace("place", "place,note"), ":1: unknown column 'note'; columns are"),
    "misspelt": (HEADER.replace("value", "values"), "column 'values'; did you mean 'value'?"),
    "twice": (HEADER.replace("place", "place,n"), ":1: column n stands twice"),
    "none": ("# nothing\n", "has no header; its columns are id, table"),
    "UTF-16": (HEADER.encode("utf-16"), "saved as UTF-16; save the file as UTF-8 (in a spreads"),
    "Windows": ((HEADER + "é").encode("cp1252"), "UTF-8 (in a spreadsheet: Save As, CSV UTF-8)"),
    "answers": ("role,wish\n" + "worker,yes\n" * 9, ":1: has a row for each respondent; `expatsim"),
    "binary": (b"PK\x03\x04\0\0", "not a text file (in a spreadsheet: Save As, CSV UTF-8)"),
    "huge": (HEADER + "#" * 1_000_000, "bytes; such a file has at most 1,000,000"),
    "a million rows": (HEADER + ",,,,,,,,\n" * 1_000_000, "such a file has at most 1,000,000"),
    "rows": (HEADER + "a,T,1,v,c,1,,,x\n" * (MOST_ROWS + 9), f"more than {MOST_ROWS:,} rows"),
}


@pytest.mark.parametrize(("content", "said"), HEADERS.values(), ids=HEADERS)
def test_a_survey_that_cannot_be_read(folder: Path, content: str | bytes, said: str) -> None:
    found = problems(folder, content)
    assert len(found) <= MOST_PROBLEMS + 1
    assert any(said in line for line in found) or said.startswith("more than"), found


def test_spreadsheets_are_read(folder: Path) -> None:
    """A Dutch spreadsheet's semicolons, decimal commas, byte-order mark and empty rows."""
    plain = read_city(folder).content["survey"]
    rows = (folder / "survey.csv").read_text().replace(",", ";").replace(".", ",").splitlines()
    for text in ("\r\n".join(["sep=;", *rows, ";;;;;;;;", "# a remark"]), "\n\n".join(rows)):
        (folder / "survey.csv").write_text(text, encoding="utf-8-sig", newline="")
        assert read_city(folder).content["survey"] == plain


def test_rows_may_come_in_any_order(folder: Path) -> None:
    plain = read_city(folder).content["survey"]
    header, *rows = (folder / "survey.csv").read_text().splitlines()
    (folder / "survey.csv").write_text("\n".join([header, *rows[::-1]]))
    assert read_city(folder).content["survey"] == plain


def test_no_survey_is_borrowed_and_another_name_is_asked_about(folder: Path) -> None:
    (folder / "survey.csv").rename(folder / "enquete.xlsx")
    (line,) = problems(folder)
    assert "enquete.xlsx: is it the survey? Save it as survey.csv" in line
    (folder / "enquete.xlsx").unlink()
    assert read_city(folder).content["survey"] == []


BOMB = "a: &a [x]\n" + "".join(f"b{k}: &b{k} [*a, *a, *a, *a]\n" for k in range(30))
YAMLS: dict[str, tuple[Callable[[str], str], str]] = {
    "bomb": (lambda _: BOMB, "anchors and aliases (& and *) are not allowed"),
    "code": (lambda y: y + "x: !!python/object/apply:os.system [ls]\n", "is not allowed"),
    "deep": (lambda y: y + "x: " + "[" * 40 + "]" * 40, "nested too deeply"),
    "key": (lambda y: y.replace("donors", "donor"), "did you mean 'donors'?"),
    "many names": (lambda y: y.replace("[ehv]", f"[{', '.join('abc' * 20)}]"), "at most 20"),
    "nothing": (lambda _: "", "the file is empty"),
}


@pytest.mark.parametrize(("change", "said"), YAMLS.values(), ids=YAMLS)
def test_a_description_with_a_mistake(
    folder: Path, change: Callable[[str], str], said: str
) -> None:
    path = folder / "city.yaml"
    path.write_text(change(path.read_text()))
    found = problems(folder)
    assert any(said in line for line in found), found


@pytest.mark.parametrize("file", ["city.yaml", "survey.csv"])
def test_links_that_leave_the_folder(folder: Path, file: str) -> None:
    shutil.move(folder / file, folder.parent / "secret")
    (folder / file).symlink_to("../secret")
    (line,) = problems(folder)
    assert f"{file}: a link out of the folder; the files of a city lie in it" in line
    (folder / file).unlink()
    os.mkfifo(folder / file)
    assert any(f"{file}: not a file" in line for line in problems(folder))


@pytest.mark.parametrize("name", ["Eindhoven", "mijn stad", "a" * 41, "1", "rotterdam"])
def test_names(folder: Path, name: str) -> None:
    assert len(problems(folder.rename(folder.with_name(name)))) == 1


def test_a_scenario_finds_cities_beside_it(folder: Path) -> None:
    beside = folder.parent
    for where in ("cities/eindhoven", "eindhoven"):
        (beside / "cities").mkdir(exist_ok=True)
        folder = folder.rename(beside / where)
        for key in ("city: eindhoven", "city: rotterdam\npolicy_from: eindhoven"):
            (beside / "x.yaml").write_text(f"title: t\n{key}\n")
            assert load(beside / "x.yaml").policy_city == "eindhoven"
    (beside / "x.yaml").write_text("title: t\ncity: eindhovn\n")
    with pytest.raises(InputError, match="'eindhovn' is not one of rotterdam, den_haag"):
        load(beside / "x.yaml")


def test_every_declared_row_is_read() -> None:
    """Each variable is one that the report has, or that a reader of a question takes."""
    for entry in entries():
        assert entry_of(entry.table, entry.variable) is entry
        assert all(entry.category(c) == c for c in entry.categories)
    assert len({(e.table, e.variable) for e in entries()}) == len(entries())
