"""Files of answers: what is wrong is said by row, and nothing of a person is repeated."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from expatsim.errors import InputError
from expatsim.scenario.respondents import PERSONAL, read_respondents
from expatsim.survey.crosstabs import MISSING, NOT_ASKED
from expatsim.survey.questionnaire import ITEMS

HEAD = "role,wish,friends,knows,used,grade_safety"
MORE = "more than 20 / meer dan 20"
SECRET = "Jan Jansen jan@example.org 0612345678 123456782"


def read(tmp_path: Path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "answers.csv"
    path.write_bytes(text.encode(encoding))
    return read_respondents(path)


def problems(tmp_path: Path, text: str, encoding: str = "utf-8") -> list[str]:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, encoding)
    return [p.removeprefix(f"{tmp_path / 'answers.csv'}: ") for p in caught.value.problems]


def test_answers_in_both_languages_and_by_code(tmp_path: Path) -> None:
    rows = "worker,yes,2-5,the desk,ja,7", 'Eigen  baan,Misschien,7,geen,,"6,5"'
    found = read(tmp_path, "\n".join([HEAD, *rows, "partner,,>20,none,,8.5"]))
    assert found.codes["role"].tolist() == [0, 0, 1]
    assert found.codes["wish"].tolist() == [2, 1, MISSING]
    assert found.codes["friends"].tolist() == [2, 3, 5]
    assert found.codes["used"].tolist() == [0, NOT_ASKED, NOT_ASKED]
    assert found.grades["grade_safety"].tolist() == [7, 6.5, 8.5]
    assert found.weight is None


@pytest.mark.parametrize("start", ["", "sep=;\r\n"])
def test_a_file_of_dutch_excel(tmp_path: Path, start: str) -> None:
    head, *rows = "Role;Wish;grade safety;Weight;;", "eigen baan;ja;7,5;0,5;;", "partner;nee;;1,5;;"
    body = "\r\n;;;;;\r\n".join([head, *rows, ""])
    found = read(tmp_path, start + body, "utf-8-sig")
    assert found.codes["wish"].tolist() == [2, 0]
    assert found.grades["grade_safety"][0] == 7.5
    assert np.isnan(found.grades["grade_safety"][1])
    assert found.weight.tolist() == [0.5, 1.5]


def test_all_problems_at_once_by_row(tmp_path: Path) -> None:
    rows = "worker,yess,1,none,,11,1", "partner,no,minus,none,,x,-2", "worker,no,1,none,,7,"
    said = problems(tmp_path, "\n".join([f"{HEAD},weight", *rows]))
    friends = "0, 1, 2 to 5 / 2 t/m 5, 6 to 9 / 6 t/m 9, 10 to 20 / 10 t/m 20"
    assert said == [
        "row 2: wish: not an answer of the codebook; did you mean 'yes'?",
        "row 2: grade_safety: a grade is a number from 1 to 10",
        f"row 3: friends: not an answer of the codebook (answers: {friends}, {MORE})",
        "row 3: grade_safety: a grade is a number from 1 to 10",
        "row 3: weight: a weight is a number above zero",
        "row 4: weight: a weight is a number above zero",
    ]


HEADINGS = {
    "Naam": "a name",
    "E-mail": "an e-mail address",
    "telefoonnummer": "a telephone number",
    "Straat en huisnummer": "an address",
    "BSN": "a citizen service number or a passport",
    "geboortedatum": "a date of birth",
    "Postcode": "a postcode",
    "IP address": "an IP address",
    "Respondent ID": "a person's number",
    "Opmerkingen": "free text",
    "First name": "a name",
    "date of birth": "a date of birth",
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_personal_columns_are_refused_and_not_repeated(tmp_path: Path, heading: str) -> None:
    said = problems(tmp_path, f"role,{heading}\nworker,{SECRET}\n")
    assert said == [f"column 2 looks like {HEADINGS[heading]}; take it out of the file"]
    assert set(HEADINGS.values()) == set(PERSONAL)


@pytest.mark.parametrize(
    "text",
    [
        f"role,{SECRET}\nworker,1\n",
        f"role,wish\nworker,{SECRET}\n",
        f"role,friends\nworker,{SECRET}\n",
        f"role,weight\nworker,{SECRET}\n",
        f"role,grade_safety\nworker,{SECRET}\n",
        f"role\n{SECRET}\n",
        f"{SECRET},wish\nworker,yes\n",
        f"{SECRET}\n{SECRET}\n",
        f"role,wish\nworker,yes,{SECRET}\n",
        f'role,wish\nworker,"{SECRET}\n',
        f"role,wish\nworker,yes {SECRET}" + "x" * 200_000 + "\n",
    ],
)
def test_nothing_of_a_person_is_in_a_message(tmp_path: Path, text: str) -> None:
    said = "\n".join(problems(tmp_path, text))
    for part in SECRET.split():
        assert part not in said


def test_files_that_are_none(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == [
        "the first row has no column of the codebook; see expatsim city questionnaire"
    ]
    assert problems(tmp_path, "wish\nyes\n") == ["the column role is missing"]
    assert problems(tmp_path, "role,wish,role\nworker,yes,worker\n") == [
        "column 3: role is there twice"
    ]
    assert problems(tmp_path, "role,wissh\n") == [
        "column 2 is not in the codebook; did you mean 'wish'?"
    ]
    assert problems(tmp_path, "role\n\n") == ["no respondents"]
    assert problems(tmp_path, "role\nworker\n", "utf-16") == [
        "saved as UTF-16; save the file as UTF-8 (in a spreadsheet: Save As, CSV UTF-8)"
    ]
    assert problems(tmp_path, "role\n" + "worker\n" * 20_001) == [
        "more than 20,000 rows; a row is one respondent"
    ]
    assert "at most 10,000,000" in problems(tmp_path, "role\n" + "worker,\n" * 1_300_000)[0]
    assert problems(tmp_path, "role" + ",x" * 300)[0].startswith("301 columns")
    with pytest.raises(InputError, match="no such file"):
        read_respondents(tmp_path / "nothing.csv")


def test_answers_that_cannot_both_be_true(tmp_path: Path) -> None:
    said = problems(tmp_path, "role,family\nworker,single\npartner,alleenstaand\n")
    assert said == ["row 3: family: came with a partner, and is single"]


def test_who_is_not_of_the_study_or_not_asked_does_not_count(tmp_path: Path) -> None:
    rows = "worker,1 tot 2 jaar,yes", "partner,tot en met 6 maanden,no", "partner,,no"
    found = read(tmp_path, "\n".join(["role,stay,employed", *rows]))
    assert found.number == 2
    assert found.codes["employed"].tolist() == [NOT_ASKED, 1]
    assert len(found.notes) == 2
    assert all(re.search(r"\b1 (answers|respondents)", note) for note in found.notes)
    with pytest.raises(InputError, match="no respondent has been in the country"):
        read(tmp_path, "role,stay\nworker,6 years or longer\n")


def test_every_text_of_an_item_means_one_answer() -> None:
    from expatsim.scenario.respondents import SHORT, _meanings

    for item in ITEMS.values():
        short = sum(map(len, SHORT.values())) if set(item.codes) == set(SHORT) else 0
        texts = {t.casefold() for code, w in item.codes.items() for t in (code, *w)}
        found = _meanings(item)
        assert len(found) <= len(texts) + short
        for k, (code, wording) in enumerate(item.codes.items()):
            for text in (code, *wording):
                assert found[text.casefold()] == k, (item.column, text)
