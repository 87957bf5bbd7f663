"""Interviews of the simulated population, with the questions of the study.

The study interviewed people more than six months and less than six years in the country, between
June 2008 and October 2009 (section 1.3). It recruited them through organisations that serve
newcomers and by snowball, and more than half were in their second year (section 1.4): the chance to
be interviewed may depend on that (``second_year_recruitment``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from expatsim.cities import roles
from expatsim.model.declare import DONORS
from expatsim.model.packed import Packed, field, status, unpack
from expatsim.model.rules import fields
from expatsim.model.state import HERE, NONE, OPEN, People
from expatsim.survey.question import Persons, Question
from expatsim.survey.questions import second_year

SHORTEST_STAY = 6  # months in the country; respondents have more
LONGEST_STAY = 72  # months in the country; respondents have fewer


def eligible(status: np.ndarray, arrival_month: np.ndarray, month: int) -> np.ndarray:
    """Whether a person could have been interviewed at the end of a month.

    Parameters
    ----------
    status : numpy.ndarray of int
        ``WAITING``, ``HERE`` or ``LEFT``, any shape.
    arrival_month : numpy.ndarray of int
        Month of arrival, in months since the start of the run; same shape.
    month : int
        Last month that was simulated.

    Returns
    -------
    numpy.ndarray of bool
        Shape of ``status``.
    """
    stay = month + 1 - arrival_month.astype(int)
    return (status == HERE) & (stay > SHORTEST_STAY) & (stay < LONGEST_STAY)


def since(months: np.ndarray, month: int) -> np.ndarray:
    """Months counted from the one after ``month``; ``OPEN`` and ``NONE`` stay as they are.

    Examples
    --------
    >>> since(np.array([84, 90, OPEN]), 85).tolist()
    [-2, 4, 32767]
    """
    months = np.asarray(months, int)
    return np.where((months == NONE) | (months == OPEN), months, months - month - 1)


class Respondents(NamedTuple):
    """People who could be interviewed in one month, of all draws; arrays of shape (persons,).

    Attributes
    ----------
    draw : numpy.ndarray of int
        Number of the draw that a person belongs to, from 0.
    slot : numpy.ndarray of int
        Slot of the person within the draw.
    persons : dict of str to numpy.ndarray
        Columns that donors have too, and ``expats_known``, contacts who are still here.
        ``contract_end`` is that of the household's worker.
    """

    draw: np.ndarray
    slot: np.ndarray
    persons: Persons


def interview(people: People, packed: Packed, month: int) -> Respondents:
    """People who could be interviewed at the end of ``month``, with what their answers need.

    Parameters
    ----------
    people : People
        Fixed attributes, on the host, shape (draws, slots).
    packed : Packed
        State at the end of the month, on the host, shape (draws, slots).
    month : int
        Last month that was simulated.
    """
    slots = people.head.shape[1]
    statuses = status(packed)
    at = np.flatnonzero(eligible(statuses, people.arrival_month, month))
    state = unpack(packed.map(lambda x: np.asarray(x).ravel()[at]))
    # partners answer for the couple
    heads = np.asarray(people.head_slot).ravel()[at]
    contract = field(packed.map(lambda x: np.asarray(x).ravel()[heads]), "contract_end")
    # one's own slot means nobody
    contacts = np.asarray(people.contacts).reshape(len(people.contacts), -1)[:, at]
    expats = ((statuses.ravel()[contacts] == HERE) & (contacts != at)).sum(axis=0)
    persons = {f.name: getattr(state, f.name) for f in fields() if f.stock == DONORS}
    persons["head"] = np.asarray(people.head).ravel()[at]
    persons["expats_known"] = expats
    persons["contract_end"] = since(contract, month)
    for name in ("arrival_month", "child_birth_month"):
        persons[name] = since(np.asarray(getattr(people, name)).ravel()[at], month)
    return Respondents(draw=at // slots, slot=at % slots, persons=persons)


def weights(r: Respondents, city: str, recruitment: np.ndarray) -> np.ndarray:
    """Weight of each person in the study, shape (persons,); a draw's weights add to one.

    They give every draw the study's mix of workers and partners, and its recruitment by length of
    stay.

    Parameters
    ----------
    r : Respondents
        People who could be interviewed, from :func:`interview`.
    city : str
        Name of the city, whose respondents give the mix.
    recruitment : numpy.ndarray, shape (draws,)
        Chance of somebody in the second year to be interviewed, relative to others.
    """
    w = np.where(second_year(r.persons), recruitment[r.draw], 1.0)
    group = 2 * r.draw + ~r.persons["head"]
    total = np.bincount(group, w, 2 * len(recruitment))
    mix = np.tile(np.array(roles(city)) / sum(roles(city)), len(recruitment))
    return w * (mix / np.maximum(total, 1e-12))[group]


def tabulate(r: Respondents, weight: np.ndarray, question: Question, draws: int) -> np.ndarray:
    """Weighted counts of the answers to a question, shape (draws, answers).

    Parameters
    ----------
    r : Respondents
        People who could be interviewed, from :func:`interview`.
    weight : numpy.ndarray, shape (persons,)
        Weight of each person, from :func:`weights`.
    question : Question
        The question that they answer.
    draws : int
        Number of draws.
    """
    code = question.code(r.persons)
    width = len(question.answers) + 1
    # column 0 collects those who are not asked
    counts = np.bincount(r.draw * width + code + 1, weight, draws * width)
    return counts.reshape(draws, width)[:, 1:]
