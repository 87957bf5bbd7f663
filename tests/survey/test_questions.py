"""Every question of the study is declared once, and whatever uses it finds it there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from expatsim import cities
from expatsim.errors import InputError
from expatsim.model.state import NONE, OPEN
from expatsim.population.donors import donors
from expatsim.survey import printed
from expatsim.survey.background import BACKGROUND
from expatsim.survey.interview import since
from expatsim.survey.question import answered
from expatsim.survey.questions import QUESTIONS

EVERY = BACKGROUND | QUESTIONS


def test_names_are_those_of_questions() -> None:
    assert not set(BACKGROUND) & set(QUESTIONS)
    margins = [q.margin for q in EVERY.values() if q.margin]
    assert len(set(margins)) == len(margins)
    assert {q.part_of for q in EVERY.values()} - {""} <= set(EVERY)
    titles = [q.title for q in EVERY.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("city", cities.city_names())
@pytest.mark.parametrize("name", sorted(set(EVERY) - {"more_expats_than_dutch"}))
def test_donors_answer_what_the_study_printed(name: str, city: str) -> None:
    persons = donors(city)
    question = EVERY[name]
    code = question.code(persons)[persons["weight"] > 0]
    assert code.min() >= -1
    assert code.max() < len(question.answers)
    observed = question.observed(city)
    if observed is None:
        return
    assert observed.source
    assert observed.place
    if observed.counts:
        assert len(observed.counts) == len(question.answers)
        assert sum(observed.counts) == pytest.approx(observed.asked)
    else:
        low, high = observed.words
        assert low <= 100 * observed.whole[0] / observed.asked
        assert 100 * observed.whole[-1] / observed.asked <= high


def test_a_question_is_left_out_where_its_whole_was_answered() -> None:
    first, second = cities.city_names()
    names = [
        [q.name for q, _ in answered(QUESTIONS, ("knows", "desk"), c)] for c in (first, second)
    ]
    assert names == [["knows"], ["desk"]]


def test_an_answer_that_nobody_can_give_is_told(monkeypatch) -> None:
    rows = pd.DataFrame({"category": ["no", "mayb"], "value": [1.0, 2.0], "place": "here"})
    monkeypatch.setattr(printed, "rows", lambda *_: rows)
    with pytest.raises(InputError, match=r"table T23: no answer 'mayb'.*maybe"):
        QUESTIONS["wish"].observed("rotterdam")


def test_answers_that_were_not_printed_are_nobodys(monkeypatch) -> None:
    rows = pd.DataFrame({"category": ["yes", "no"], "value": [3.0, 2.0], "place": "here"})
    monkeypatch.setattr(printed, "rows", lambda *_: rows)
    observed = QUESTIONS["wish"].observed("rotterdam")
    assert observed.counts == (2, 0, 3)
    assert observed.asked == 5


def test_months_count_from_the_interview() -> None:
    months = np.array([84, 86, NONE, OPEN], np.int16)
    assert since(months, 85).tolist() == [-2, 0, NONE, OPEN]
