"""A question of the study, and what it needs to know of the person who answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from expatsim.cities import city as city_of
from expatsim.cities import city_names
from expatsim.survey.printed import Observed

# Who can be asked, column by column: states and fixed attributes under the names that donors have
# them by, each of shape (persons,). Months count from the month after the interview.
Persons = dict[str, np.ndarray]

YES_NO = {"yes": "yes", "no": "no"}


@dataclass(frozen=True)
class Question:
    """A question, its answers, who is asked, how a person answers, and what was observed.

    Attributes
    ----------
    name : str
        Its key, also in the names of simulated shares.
    title : str
        What it is about, in tables and in the list of targets.
    answers : mapping of str to str
        Answers in their order: in tables, and as readers see them (to be translated).
    answer : callable
        Persons to the numbers of their answers.
    printed : callable
        A city's name and the answers to what was observed there; ``None`` if nothing was.
    asked : callable, optional
        Persons to who is asked; by default everybody.
    part_of : str
        Question that asks the same in more detail: where that was answered, this adds nothing.
    label : str
        What it is about, for readers of pages (to be translated).
    """

    name: str
    title: str
    answers: Mapping[str, str]
    answer: Callable[[Persons], Any]
    printed: Callable[[str, tuple[str, ...]], Observed | None]
    asked: Callable[[Persons], np.ndarray] | None = None
    part_of: str = ""
    label: str = ""

    def code(self, persons: Persons) -> np.ndarray:
        """Number of each person's answer, -1 for those who are not asked, shape (persons,)."""
        answer = np.asarray(self.answer(persons), int)
        return answer if self.asked is None else np.where(self.asked(persons), answer, -1)

    def observed(self, city: str) -> Observed | None:
        """What the respondents of a city answered; ``None`` if that was not printed."""
        return self.printed(city, tuple(self.answers))

    def title_in(self, city: str) -> str:
        """Title with the name of the city; the study's first city is meant where none is named."""
        return self.title if city == city_names()[0] else f"{self.title}, {city_of(city).label}"


def answered(
    questions: Mapping[str, Question], names: Iterable[str], city: str
) -> list[tuple[Question, Observed]]:
    """Questions that were answered in a city, with what was observed.

    A question is left out where another of which it is part was answered.

    Parameters
    ----------
    questions : mapping of str to Question
        All that there are, by name.
    names : iterable of str
        Which are wanted, in this order.
    city : str
    """
    found = []
    for question in (questions[name] for name in names):
        whole = questions[question.part_of].observed(city) if question.part_of else None
        observed = question.observed(city) if whole is None else None
        if observed is not None:
            found.append((question, observed))
    return found
