"""The printed margins and cross-tabs of each city, as targets for raking.

A margin is a question of the study that names one, with its observed answers in a city.
Conditional tables (family status of men, wish by contract) only concern their own members.
Tabel 3.6 (meeting places) is not among them: several answers could be given, so its bootstrap would
contradict that of Tabel 3.5, and it is kept for validation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from expatsim.cities import City, roles
from expatsim.cities import city as city_of
from expatsim.cities.level import WIDENING
from expatsim.observed import table
from expatsim.population.arrivals import origin_shares
from expatsim.survey.background import BACKGROUND
from expatsim.survey.printed import Observed
from expatsim.survey.question import Persons, Question, answered
from expatsim.survey.questions import QUESTIONS


class Margin(NamedTuple):
    """One printed table as a target for raking.

    Attributes
    ----------
    name : str
        Table and subject.
    cells : tuple of str
        Names of the cells, the answers of the question.
    counts : numpy.ndarray, shape (cells,)
        Respondents in each cell; zero where ``interval`` takes their place.
    code : callable
        From persons to cell numbers, -1 for those who do not belong to the table.
    interval : (float, float) or None
        Lowest and highest share of the first cell, where the report only has words.
    borrowed : bool
        Whether it is that of another city; ``counts`` are then fewer and ``interval`` is wider.
    """

    name: str
    cells: tuple[str, ...]
    counts: np.ndarray
    code: Callable[[Persons], np.ndarray]
    interval: tuple[float, float] | None = None
    borrowed: bool = False

    def widened(self) -> Margin:
        """The margin as a city borrows it, by :data:`expatsim.cities.level.WIDENING`.

        It counts as if fewer people had been asked, so that shares spread wider by that factor.
        """
        if self.interval is None:
            return self._replace(counts=self.counts / WIDENING**2, borrowed=True)
        middle, half = sum(self.interval) / 2, np.ptp(self.interval) / 2 * WIDENING
        ends = (max(0.0, float(middle - half)), min(1.0, float(middle + half)))
        return self._replace(interval=ends, borrowed=True)


def _margin(question: Question, observed: Observed) -> Margin:
    """The margin of a question with its observed answers."""
    name, cells = question.margin or question.title, tuple(question.answers)
    low, high = observed.words
    if question.together and not observed.counts:
        return Margin(name, cells, np.zeros(2), question.code, (low / 100, high / 100))
    counts = observed.counts
    if not counts:  # words: the only whole number that they can stand for, else their middle
        whole, n = observed.whole, observed.asked
        yes = float(whole[0]) if len(whole) == 1 else (low + high) / 200 * n
        counts = (yes, n - yes)
    return Margin(name, cells, np.array(counts), question.code)


def survey_margins(city: str) -> list[Margin]:
    """Margins of a city's respondents, one for each observed table with attributes of agents.

    Parameters
    ----------
    city : str
        Name of the city. Tables that were not observed there have no margin in a city of the
        study; another city borrows them from that of its donors.
    """
    questions = BACKGROUND | QUESTIONS
    raked = [name for name, question in questions.items() if question.margin]
    own = {q.name: _margin(q, observed) for q, observed in answered(questions, raked, city)}
    of_the_city = city_of(city)
    if of_the_city.of_the_study:
        return list(own.values())
    known = {q.subject for q in questions.values() if q.observed(city) is not None}
    lent = {
        q.name: _margin(q, observed).widened()
        for q, observed in answered(questions, raked, of_the_city.donors)
        if q.subject not in known
    }
    if "contract_by_wish" not in own:  # wishes or contracts alone come before joint ones of others
        for name, detail in (("wish", "contract_by_wish"), ("contract", "term")):
            if observed := questions[name].observed(city):
                own[name] = _margin(questions[name], observed)
                lent.pop("contract_by_wish", None)
                own.pop(detail, None)
    if "role" in lent:
        lent["role"] = _with_roles(lent["role"], roles(city))
    margins = [(own | lent)[name] for name in questions if name in own | lent]
    return [m for m in margins if m.interval or m.counts.sum() > 0]


def _with_roles(margin: Margin, people: tuple[int, int]) -> Margin:
    """The margin of sex and role with other numbers of workers and partners."""
    cells = margin.counts.reshape(2, 2)  # men and women, by role
    role_mix = np.array(people) / sum(people) * cells.sum()
    return margin._replace(counts=(cells / cells.sum(axis=0) * role_mix).ravel())


def national_margins(city: str) -> list[Margin]:
    """Margins as of :func:`survey_margins`, with the national sex ratio of workers and origins.

    The sample has 46 % women among workers where permits have 25 % (NAT-007), and hardly any
    Indians, who hold 29 % of permits (T11, EXT-20). The role mix stays that of the study.
    """
    women = (
        float(table("NAT").set_index("id").loc["NAT-007", ["low", "high"]].astype(float).mean())
        / 100
    )
    replaced = []
    for margin in survey_margins(city):
        if margin.name.startswith("SEX"):
            partners = margin.counts[[1, 3]]
            workers = margin.counts[[0, 2]].sum() * np.array([1 - women, women])
            cells = np.array([workers[0], partners[0], workers[1], partners[1]])
            margin = margin._replace(name="NAT sex by role", counts=cells)
        elif margin.name.startswith("T13"):
            n = margin.counts.sum()
            margin = margin._replace(name="EXT-20 origin groups", counts=n * origin_shares())
        replaced.append(margin)
    return replaced


def population_margins(city: str, weights: str) -> tuple[Margin, ...]:
    """Margins of a city under the scenario's setting ``weights``, ``"survey"`` or ``"national"``.

    Examples
    --------
    >>> {m.name: len(m.cells) for m in population_margins("rotterdam", "survey")}["A2d age"]
    5
    """
    return _margins(city_of(city), weights)


@cache
def _margins(city: City, weights: str) -> tuple[Margin, ...]:
    name = city.name
    return tuple(survey_margins(name) if weights == "survey" else national_margins(name))
