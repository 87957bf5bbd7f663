"""The questionnaire as a printable page, its codebook, and an empty file of answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from expatsim.report.language import LANGUAGES, N_, Language
from expatsim.report.template import environment, style
from expatsim.survey.crosstabs import CROSSTABS
from expatsim.survey.questionnaire import (
    HIGHEST_GRADE,
    ITEMS,
    LOWEST_GRADE,
    WEIGHT,
    Item,
    answers_of_asked,
    who_is_asked,
)

WEIGHTS = N_("how many people a respondent stands for (above zero; the column may be left out)")
GRADES = " ".join(str(k) for k in range(int(LOWEST_GRADE), int(HIGHEST_GRADE) + 1))


def page(languages: Sequence[str] = tuple(LANGUAGES)) -> str:
    """The questionnaire, one HTML page for paper of size A4.

    Parameters
    ----------
    languages : sequence of {"en", "nl"}
        Languages, one after the other; by default both.
    """
    template = environment("expatsim.report").get_template("questionnaire.html.j2")
    parts = [
        {"code": code, "say": Language(code).say, "questions": _questions(code)}
        for code in languages
    ]
    return template.render(parts=parts, style=style())


def _questions(language: str) -> list[dict[str, Any]]:
    """Questions in their order; items under one topic are one question with several lines."""
    questions: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    together = groupby(ITEMS.values(), lambda item: item.topic or item.column)
    for number, (_, group) in enumerate(together, start=1):
        items = list(group)
        first = items[0]
        numbers |= {item.column: number for item in items}
        questions.append(
            {
                "number": number,
                "text": (first.topic or first.wording).in_language(language),
                "asked": {numbers[c]: x for c, x in answers_of_asked(first, language).items()},
                "lines": [_line(item, language) for item in items],
            }
        )
    return questions


def _line(item: Item, language: str) -> dict[str, Any]:
    """Column, text and boxes of one item."""
    texts = [wording.in_language(language) for wording in item.codes.values()]
    return {
        "column": item.column,
        "text": item.wording.in_language(language) if item.topic else "",
        "boxes": texts or GRADES.split(),
    }


def codebook() -> str:
    """The codebook, a CSV file: a row for each column of a file of answers."""
    return _csv(_of_codebook())


def _of_codebook() -> Iterator[list[str]]:
    yield [
        "column",
        *(f"question_{code}" for code in LANGUAGES),
        *(f"answers_{code}" for code in LANGUAGES),
        *(f"asked_{code}" for code in LANGUAGES),
        "tables",
    ]
    for item in ITEMS.values():
        tables = dict.fromkeys(t.table for t in CROSSTABS if item.column in t.columns)
        yield [
            item.column,
            *(_question(item, code) for code in LANGUAGES),
            *(_answers(item, code) for code in LANGUAGES),
            *(who_is_asked(item, code) for code in LANGUAGES),
            " ".join(tables) or "T41",
        ]
    yield [WEIGHT, *(Language(code).say(WEIGHTS) for code in LANGUAGES), *[""] * 5]


def _question(item: Item, language: str) -> str:
    words = (item.topic, item.wording)
    return " ".join(w.in_language(language) for w in words if w)


def _answers(item: Item, language: str) -> str:
    if item.is_grade:
        return f"{LOWEST_GRADE:g} - {HIGHEST_GRADE:g}"
    return " | ".join(wording.in_language(language) for wording in item.codes.values())


def empty_answers() -> str:
    """The first row of a file of answers, a CSV file without respondents."""
    return _csv([list(ITEMS)])


def _csv(rows: Iterable[list[str]]) -> str:
    """A CSV file that spreadsheets read as UTF-8, with semicolons as Dutch ones expect."""
    file = io.StringIO()
    csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(rows)
    return "\ufeff" + file.getvalue()
