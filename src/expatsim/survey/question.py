"""A question of the study, and the columns of people from which they answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from expatsim.cities import city as city_of
from expatsim.cities import city_names
from expatsim.survey.printed import Observed

# People who can be interviewed, column by column: states and fixed attributes under the names that
# they have in the files of donors, each of shape (persons,). Months count from the month after the
# interview.
Persons = dict[str, np.ndarray]

YES_NO = {"yes": "yes", "no": "no"}


@dataclass(frozen=True)
class Question:
    """A question: its answers, the people asked, how they answer, and the observed answers.

    Attributes
    ----------
    name : str
        Its key, also in the names of simulated shares.
    title : str
        Its subject, in tables and in the list of targets.
    answers : mapping of str to str
        Answers in their order: as tables name them, to the text for readers (to be translated).
    answer : callable
        From persons to the number of each one's answer, from 0, shape (persons,).
    printed : callable
        From a city's name and the answers to the observed answers; ``None`` if there are none.
    asked : callable, optional
        From persons to whether each one is asked, shape (persons,); by default everybody is.
    part_of : str
        Name of a question that asks the same in more detail: where that was answered, this one
        adds nothing. Empty without such a question.
    label : str
        Its subject, for readers of pages (to be translated).
    margin : str
        Title of the margin to which the simulated stock is raked; empty where it is not.
    calibration : {"", "target", "held out"}
        Whether the calibration aims at the answers, or is checked against them.
    together : bool
        Whether the answers are printed for the respondents of all cities together.
    headline : bool
        Whether the answers are among the first that a page of the fit shows.
    """

    name: str
    title: str
    answers: Mapping[str, str]
    answer: Callable[[Persons], Any]
    printed: Callable[[str, tuple[str, ...]], Observed | None]
    asked: Callable[[Persons], np.ndarray] | None = None
    part_of: str = ""
    label: str = ""
    margin: str = ""
    calibration: Literal["", "target", "held out"] = ""
    together: bool = False
    headline: bool = False

    @property
    def subject(self) -> str:
        """Name of the question of which it is part, or its own: questions that share answers."""
        return self.part_of or self.name

    def code(self, persons: Persons) -> np.ndarray:
        """Number of each person's answer, -1 for those who are not asked, shape (persons,)."""
        answer = np.asarray(self.answer(persons), int)
        return answer if self.asked is None else np.where(self.asked(persons), answer, -1)

    def observed(self, city: str) -> Observed | None:
        """Answers of the respondents of a city; ``None`` if they were not printed."""
        return self.printed(city, tuple(self.answers))

    def title_in(self, city: str) -> str:
        """Title with the name of the city, except for the study's first city."""
        return self.title if city == city_names()[0] else f"{self.title}, {city_of(city).label}"


def answered(
    questions: Mapping[str, Question], names: Iterable[str], city: str
) -> list[tuple[Question, Observed]]:
    """Questions that were answered in a city, each with its observed answers.

    A question is left out where another of which it is part was answered.

    Parameters
    ----------
    questions : mapping of str to Question
        All questions by name.
    names : iterable of str
        Names of the questions to return, in this order.
    city : str
        Name of the city.
    """
    pairs = []
    for question in (questions[name] for name in names):
        whole = questions[question.part_of].observed(city) if question.part_of else None
        observed = question.observed(city) if whole is None else None
        if observed is not None:
            pairs.append((question, observed))
    return pairs
