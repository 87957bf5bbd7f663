"""The questionnaire on paper has every question, in both languages, and no personal one."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import html5lib
import pytest

from expatsim.report.questionnaire import codebook, empty_answers, page
from expatsim.scenario.respondents import PERSONAL, read_respondents
from expatsim.survey.questionnaire import ITEMS, WEIGHT


@pytest.mark.parametrize("languages", [("en",), ("nl",), ("nl", "en")])
def test_the_page_has_every_question(languages: tuple[str, ...]) -> None:
    text = page(languages)
    html5lib.HTMLParser(strict=True).parse(text)
    for code in languages:
        for item in ITEMS.values():
            assert f">{item.column}<" in text
            assert str(item.wording.in_language(code)).replace("'", "&#39;") in text
            for wording in item.codes.values():
                answer = wording.in_language(code).replace("'", "&#39;")
                assert f'<span class="box">{answer}</span>' in text
    assert text.count("<h1>") == len(languages)
    assert ("Schrijf nergens uw naam" in text) == ("nl" in languages)
    assert "size: A4" in text


def test_questions_refer_to_earlier_ones() -> None:
    columns = list(ITEMS)
    for item in ITEMS.values():
        for earlier, codes in item.asked.items():
            assert columns.index(earlier) < columns.index(item.column)
            assert set(codes) < set(ITEMS[earlier].codes)
    assert "Only if your answer to question 2 is: partner&#39;s job" in page(["en"])


def test_the_codebook_has_every_column() -> None:
    text = codebook()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))
    assert [row["column"] for row in rows] == [*ITEMS, WEIGHT]
    assert all(row["question_en"] and row["question_nl"] for row in rows)
    assert all(row["tables"] for row in rows[:-1])
    assert not [
        item.column
        for item in ITEMS.values()
        for pattern in PERSONAL.values()
        if re.search(pattern, item.column.replace("_", " ")) and item.column != "met_other_clubs"
    ]


def test_an_empty_file_of_answers_can_be_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text(empty_answers() + "7 t/m 11 maanden;eigen baan\r\n", encoding="utf-8")
    assert read_respondents(path).number == 1
