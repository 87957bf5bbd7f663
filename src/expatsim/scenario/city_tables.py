"""A city's ``survey.csv``, written from the answers of its respondents."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from expatsim.cities import COLUMNS, FILE, SURVEY
from expatsim.errors import InputError
from expatsim.files import claim
from expatsim.inputs.encoding import read_text
from expatsim.inputs.messages import with_place
from expatsim.scenario.city_file import LEAVES, leaves
from expatsim.scenario.respondents import Respondents
from expatsim.scenario.survey_file import read_survey
from expatsim.survey.crosstabs import Tabulated, tabulate

LONGEST_PLACE = 200  # letters
FORMULA = tuple("=+-@'")  # a spreadsheet would run what begins with these


def write_tables(
    folder: Path, respondents: Respondents, place: str, replace: bool = False
) -> Tabulated:
    """The tables of some respondents, written into the folder of their city.

    Tables that the answers say nothing about stay as they are. Answers themselves are not kept.

    Parameters
    ----------
    folder : pathlib.Path
        The city's folder, with its ``city.yaml``.
    respondents : Respondents
        From :func:`expatsim.scenario.respondents.read_respondents`.
    place : str
        Where the numbers come from, for the column ``place``.
    replace : bool
        Whether tables that the city has already are replaced.

    Raises
    ------
    InputError
        If there is no such folder, or tables are there already. Nothing is written then.
    """
    if not (folder / FILE).is_file():
        raise InputError(f"{folder}: no folder of a city ({FILE} is not in it)")
    if not place.strip() or len(place) > LONGEST_PLACE or place.lstrip().startswith(FORMULA):
        raise InputError(
            f"--source: give one to {LONGEST_PLACE} letters, not beginning with {' '.join(FORMULA)}"
        )
    made = tabulate(respondents.codes, respondents.grades, respondents.weight)
    if leaves(folder, SURVEY):  # it would be read there, and written there
        raise InputError(f"{folder / SURVEY}: {LEAVES}")
    old, remarks = _rows(folder / SURVEY)
    new = {str(row["table"]) for row in made.rows}
    there = [t for t in dict.fromkeys(row["table"] for row in old) if t in new]
    if there and not replace:
        raise InputError(
            f"{folder / SURVEY}: has the tables {', '.join(there)}; give --replace to replace them"
        )
    kept: list[dict[str, object]] = [{**row} for row in old if row["table"] not in new]
    number: dict[str, int] = {}
    for row in made.rows:
        table = str(row["table"])
        number[table] = number.get(table, 0) + 1
        kept.append({**row, "id": f"{table}-{number[table]:03d}", "place": place.strip()})
    with claim(folder / SURVEY) as work:
        with (work / SURVEY).open("w", encoding="utf-8", newline="") as file:
            file.write("".join(f"{line}\n" for line in remarks))
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        _checked(work / SURVEY, folder / SURVEY)
        work.publish([SURVEY])
    return made


def _checked(path: Path, shown: Path) -> list[dict[str, Any]]:
    """Rows of a survey, which has no problems."""
    rows, problems = read_survey(path)
    if problems:
        raise InputError(with_place(shown, problem) for problem in problems)
    return rows


def _rows(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows that a city has already, as they are to be written, and its remarks."""
    if not path.exists():
        return [], []
    rows = [
        {c: f"{x:.15g}" if isinstance(x, float) else x or "" for c, x in row.items()}
        for row in _checked(path, path)
    ]
    return rows, [x for x in read_text(path).splitlines() if x.startswith("#")]
