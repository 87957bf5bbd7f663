"""The study's questions, put to the simulated population.

The study interviewed people more than six months and less than six years in the country, between
June 2008 and October 2009 (section 1.3). It found them through organisations that serve newcomers
and by snowball, and more than half were in their second year (section 1.4): the chance to be
interviewed may depend on that (``second_year_recruitment``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from expatsim.cities import roles
from expatsim.model.packed import Packed, field, status, unpack
from expatsim.model.state import HERE, NONE, OPEN, People, State

SHORTEST_STAY, LONGEST_STAY = 6, 72  # months, both exclusive


def eligible(status: np.ndarray, arrival_month: np.ndarray, month: int) -> np.ndarray:
    """Who could have been interviewed at the end of a month.

    Parameters
    ----------
    status, arrival_month : numpy.ndarray
    month : int
        Last month that was simulated.
    """
    stay = month + 1 - arrival_month.astype(int)
    return (status == HERE) & (stay > SHORTEST_STAY) & (stay < LONGEST_STAY)


def friends_group(friends: Any) -> Any:
    """Cells of Tabel 3.5: 0, 1, 2 to 5, 6 to 9, 10 to 20, more."""
    return np.digitize(friends, [1, 2, 6, 10, 21])


def term_group(contract_end: Any, arrival_month: Any) -> Any:
    """Cells of Tabel 2.2: expected total stay by contract, rounded to whole years."""
    months = np.asarray(contract_end, int) + 1 - arrival_month
    return np.where(contract_end == OPEN, 4, np.digitize(months, [18, 42, 66]))


def second_year(stay: Any) -> Any:
    """Between one and two years in the country (section 1.4)."""
    return (stay >= 12) & (stay < 24)


class Respondents(NamedTuple):
    """Those who could be interviewed in one month, of all draws; arrays of shape (persons,).

    Attributes
    ----------
    draw : int
    slot : int
        Within the draw.
    partner : bool
        Came with a worker.
    stay : int
        Whole months in the country.
    state : State
        ``contract_end`` is that of the household's worker, relative to the arrival month as the
        rest of the state is.
    arrival_month : int
    child_birth_month : int
    expats_known : int
        Contacts who are still here.
    month : int
        Of the interview.
    """

    draw: np.ndarray
    slot: np.ndarray
    partner: np.ndarray
    stay: np.ndarray
    state: State
    arrival_month: np.ndarray
    child_birth_month: np.ndarray
    expats_known: np.ndarray
    month: int


def interview(people: People, packed: Packed, month: int) -> Respondents:
    """Everybody who could be interviewed at the end of ``month``.

    Parameters
    ----------
    people, packed
        As in :class:`expatsim.model.engine.Batch`, on the host, shape (draws, slots).
    month : int
        Last month that was simulated.
    """
    slots = people.head.shape[1]
    stands = status(packed)
    at = np.flatnonzero(eligible(stands, people.arrival_month, month))
    state = unpack(packed.each(lambda x: np.asarray(x).ravel()[at]))
    # partners answer for the couple
    heads = np.asarray(people.head_slot).ravel()[at]
    contract = field(packed.each(lambda x: np.asarray(x).ravel()[heads]), "contract_end")
    arrival = np.asarray(people.arrival_month).ravel()[at].astype(int)
    # one's own slot stands for nobody
    contacts = np.asarray(people.contacts).reshape(len(people.contacts), -1)[:, at]
    known = ((stands.ravel()[contacts] == HERE) & (contacts != at)).sum(axis=0)
    return Respondents(
        draw=at // slots,
        slot=at % slots,
        partner=~np.asarray(people.head).ravel()[at],
        stay=month + 1 - arrival,
        state=state._replace(contract_end=contract),
        arrival_month=arrival,
        child_birth_month=np.asarray(people.child_birth_month).ravel()[at].astype(int),
        expats_known=known,
        month=month,
    )


class Question(NamedTuple):
    """A question, its answers, and who gave which (-1: not asked).

    Attributes
    ----------
    answers : tuple of str
    code : callable
        Respondents to the number of their answer.
    """

    answers: tuple[str, ...]
    code: Callable[[Respondents], np.ndarray]


def _yes_no(said: Callable[[Respondents], np.ndarray]) -> Question:
    return Question(("yes", "no"), lambda r: np.where(said(r), 0, 1))


def _asked(who: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.where(who, code, -1)


def at_school(r: Respondents) -> np.ndarray:
    """The youngest child is at school."""
    age = r.month - r.child_birth_month
    return (r.child_birth_month != NONE) & (age >= 48) & (age < 216)


def _met(place: int) -> Question:
    """Met a Dutch friend at this place, by number in ``state.PLACES``."""
    return _yes_no(lambda r: (r.state.friend_places & (1 << place)) > 0)


QUESTIONS: dict[str, Question] = {
    "wish": Question(("no", "maybe", "yes"), lambda r: r.state.wish),
    "dutch": Question(
        ("none", "a few words", "a little", "(almost) fluent"), lambda r: r.state.dutch
    ),
    "friends": Question(
        ("0", "1", "2-5", "6-9", "10-20", ">20"), lambda r: friends_group(r.state.friends)
    ),
    "contract": Question(
        ("0.5-1 yr", "2-3 yr", "4-5 yr", "6-7 yr", "no end date"),
        lambda r: _asked(
            r.state.contract_end != NONE, term_group(r.state.contract_end, r.arrival_month)
        ),
    ),
    "contract_by_wish": Question(
        tuple(f"{c}: {w}" for c in ("end date", "open") for w in ("no", "maybe", "yes")),
        lambda r: _asked(
            r.state.contract_end != NONE, 3 * (r.state.contract_end == OPEN) + r.state.wish
        ),
    ),
    "knows": Question(
        ("no service", "another service only", "the desk"),
        lambda r: np.where(r.state.knows_desk, 2, np.where(r.state.knows_service, 1, 0)),
    ),
    "desk": _yes_no(lambda r: r.state.knows_desk),
    "service": _yes_no(lambda r: r.state.knows_service),
    "used": _yes_no(lambda r: r.state.used_service),
    "used_if_known": Question(
        ("yes", "no"),
        lambda r: _asked(r.state.knows_service, np.where(r.state.used_service, 0, 1)),
    ),
    "welcome": _yes_no(lambda r: r.state.feels_welcome),
    "attractive": _yes_no(lambda r: r.state.finds_attractive),
    "volunteer_partners": Question(
        ("yes", "no"), lambda r: _asked(r.partner, np.where(r.state.volunteers, 0, 1))
    ),
    "volunteer_workers": Question(
        ("yes", "no"), lambda r: _asked(~r.partner, np.where(r.state.volunteers, 0, 1))
    ),
    "volunteers_with_school_child": _yes_no(lambda r: r.state.volunteers & at_school(r)),
    "two_dutch_friends": _yes_no(lambda r: r.state.friends >= 2),
    "more_expats_than_dutch": _yes_no(lambda r: r.expats_known > r.state.friends),
    "second_year": _yes_no(lambda r: second_year(r.stay)),
    "met_work": _met(0),
    "met_neighbourhood": _met(1),
    "met_school": _met(2),
    "met_sport": _met(3),
    "met_other_clubs": _met(4),
}


def weights(r: Respondents, city: str, recruitment: np.ndarray) -> np.ndarray:
    """Weight of each person in the study, adding to one in every draw.

    The study's mix of workers and partners, and its recruitment by length of stay.

    Parameters
    ----------
    r : Respondents
    city : str
    recruitment : numpy.ndarray, shape (draws,)
        Chance of somebody in the second year relative to others.
    """
    w = np.where(second_year(r.stay), recruitment[r.draw], 1.0)
    group = 2 * r.draw + r.partner
    total = np.bincount(group, w, 2 * len(recruitment))
    mix = np.tile(np.array(roles(city)) / sum(roles(city)), len(recruitment))
    return w * (mix / np.maximum(total, 1e-12))[group]


def tabulate(r: Respondents, weight: np.ndarray, question: Question, draws: int) -> np.ndarray:
    """Weighted counts of the answers to a question, shape (draws, answers)."""
    code = np.asarray(question.code(r), int)
    width = len(question.answers) + 1
    found = np.bincount(r.draw * width + code + 1, weight, draws * width)
    return found.reshape(draws, width)[:, 1:]
