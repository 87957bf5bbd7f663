"""Files of answers for tests: simulated people fill in the questionnaire."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from expatsim.model.state import NONE, at_school
from expatsim.survey.background import BACKGROUND
from expatsim.survey.question import Persons
from expatsim.survey.questionnaire import GRADES, ITEMS, grade_column
from expatsim.survey.questions import QUESTIONS, stay


def numbers(persons: Persons) -> dict[str, np.ndarray]:
    """Numbers of the answers of simulated people to all items but grades, by column."""
    x = persons
    every = BACKGROUND | QUESTIONS

    def yes(condition: np.ndarray) -> np.ndarray:
        return np.where(condition, 0, 1)

    found = {c: every[c].answer(x) for c in ITEMS if c in every and ITEMS[c].codes}
    return found | {
        "stay": np.digitize(stay(x), [7, 12, 24, 72]),
        "role": yes(x["head"]),
        "sex": np.where(x["female"], 1, 0),
        "family": np.asarray(x["family"]),
        "children": yes(x["child_birth_month"] != NONE),
        "employed": yes(x["employed"]),
        "posted": yes(x["posted"]),
        "volunteers": yes(x["volunteers"]),
        "volunteers_at_school": yes(x["volunteers"] & at_school(x["child_birth_month"], -1)),
        "attractive": np.where(x["finds_attractive"], 1, 3),
    }


def rows(persons: Persons, language: str = "en") -> list[dict[str, str]]:
    """What simulated people write down, one row each; those who are not asked leave it empty."""
    found = numbers(persons)
    texts = {
        c: [wording.in_language(language) for wording in ITEMS[c].codes.values()] for c in found
    }
    result = []
    for k in range(len(persons["head"])):
        row = {c: texts[c][int(found[c][k])] for c in found}
        given = {c: list(ITEMS[c].codes)[int(found[c][k])] for c in found}
        for column in found:
            asked = ITEMS[column].asked
            if any(given[earlier] not in codes for earlier, codes in asked.items()):
                row[column] = ""
        result.append({**row, **{grade_column(g): "7" for g in GRADES}})
    return result


def write(path: Path, answers: list[dict[str, str]], delimiter: str = ",", bom: str = "") -> Path:
    """A CSV file of answers."""
    columns = list(dict.fromkeys(column for row in answers for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(bom)
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(answers)
    return path


def chosen(persons: Persons, some: np.ndarray) -> Persons:
    """Some of the people."""
    return {name: column[some] for name, column in persons.items()}
