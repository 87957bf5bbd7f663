"""The questions of the study, each declared once.

The simulated interviews, the margins that the stock is raked to, the calibration's targets, the
held-out patterns and the pages that show them are made from these declarations. Margins are raked
in the order in which questions are declared: another order moves the last bits of weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from expatsim.model.state import DUTCH_LEVELS, NONE, OPEN, WISHES, at_school
from expatsim.survey.printed import Observed, Printed, by_answer, counts_of, some_of, yes
from expatsim.survey.question import YES_NO, Persons, Question

CONTRACTS = ("end date", "open")
TERMS = {  # expected total stay by contract, in whole years
    "0.5-1 yr": "up to a year",
    "2-3 yr": "2 to 3 years",
    "4-5 yr": "4 to 5 years",
    "6-7 yr": "6 to 7 years",
}
CONTRACTS_PRINTED = by_answer("T22")
KNOWS_DESK = yes("S41", r"knows the \w+ Desk")
KNOWS_SERVICE = yes("S41", r"knows 1\+ city service.*")
KNOWS_NONE = yes("S41", "knows none of the city services")
USED_SERVICE = yes("S41", r"has used 1\+ service")


def stay(x: Persons) -> np.ndarray:
    """Whole months in the country, shape (persons,)."""
    return -x["arrival_month"].astype(int)


def second_year(x: Persons) -> np.ndarray:
    """Whether between one and two years in the country (section 1.4), shape (persons,)."""
    return (stay(x) >= 12) & (stay(x) < 24)


def friends_group(x: Persons) -> np.ndarray:
    """Number of Dutch friends in the cells of Tabel 3.5, 0 to 5: 0, 1, 2-5, 6-9, 10-20, more."""
    return np.digitize(x["friends"], [1, 2, 6, 10, 21])


def term_group(x: Persons) -> np.ndarray:
    """Expected total stay by contract in the cells of Tabel 2.2, 0 to 4; rounded to years."""
    months = x["contract_end"].astype(int) + 1 - x["arrival_month"]
    return np.where(x["contract_end"] == OPEN, 4, np.digitize(months, [18, 42, 66]))


def _workers(x: Persons) -> np.ndarray:
    return x["head"]


def _partners(x: Persons) -> np.ndarray:
    return ~x["head"]


def _with_contract(x: Persons) -> np.ndarray:
    return x["contract_end"] != NONE


def _with_end(x: Persons) -> np.ndarray:
    return x["contract_end"] != OPEN


def _aware(x: Persons) -> np.ndarray:
    return x["knows_service"]


def yes_no(
    name: str, title: str, source: str | Callable[[Persons], Any], printed: Printed, **more: Any
) -> Question:
    """A question to answer with yes or no.

    Parameters
    ----------
    name, title, printed
        As of :class:`~expatsim.survey.question.Question`.
    source : str or callable
        Whether a person answers yes: name of a column, or a function of persons.
    **more
        Further attributes of the question.
    """

    def answer(x: Persons) -> np.ndarray:
        return np.where(x[source] if isinstance(source, str) else source(x), 0, 1)

    return Question(name, title, YES_NO, answer, printed, **more)


def _met(place: int, name: str, category: str) -> Question:
    """Whether a Dutch friend was met at a place, by its number in ``state.MEETING_PLACES``."""
    return yes_no(
        f"met_{name}",
        f"met Dutch friends: {category}",
        lambda x: (x["friend_places"] & (1 << place)) > 0,
        yes("T36", category=category),
        calibration="held out",
    )


def _contract_by_wish(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Wish of respondents with an end date, then of those without."""
    dated, open_ = (
        by_answer("FN12", f"wish given contract {which} end date")(city, WISHES)
        for which in ("WITH", "WITHOUT")
    )
    if dated is None or open_ is None:
        return None
    return dated._replace(counts=dated.counts + open_.counts, asked=dated.asked + open_.asked)


def _with_end_date(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Contracts with an end date: all rows of the table of contracts but the last."""
    observed = CONTRACTS_PRINTED(city, (*answers, "no end date"))
    if observed is None:
        return None
    counts = observed.counts[: len(answers)]
    return observed._replace(counts=counts, asked=round(sum(counts)))


def _knows(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Awareness in three cells: those who know the desk are among those who know a service."""
    observed = counts_of(city, KNOWS_DESK, KNOWS_NONE, KNOWS_SERVICE)
    if observed is None:
        return None
    desk, none, any_service = (x.counts[0] for x in observed)
    source = " ".join(x.source for x in observed)
    return observed[0]._replace(source=source, counts=(none, any_service - desk, desk))


def _used_if_known(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Use by those who know a service: those who used one are among them."""
    observed = counts_of(city, USED_SERVICE, KNOWS_SERVICE)
    if observed is None:
        return None
    used, aware = (x.counts[0] for x in observed)
    return observed[0]._replace(counts=(used, aware - used), asked=round(aware))


def _never(city: str, answers: tuple[str, ...]) -> None:
    """``None``: the report has no answers to the question."""
    return


_ALL = (
    Question(
        "wish",
        "wish to stay",
        {wish: wish for wish in WISHES},
        lambda x: x["wish"],
        by_answer("T23"),
        label="Wish to stay",
        calibration="target",
        headline=True,
    ),
    yes_no(
        "second_year",
        "in the second year of the stay",
        second_year,
        yes("DUR", "time in NL so far 1-2 years"),
        label="In the second year of the stay",
        margin="DUR one to two years here (more than half)",
        calibration="target",
        together=True,
    ),
    yes_no(
        "attractive",
        "attractive for expats",
        "finds_attractive",
        some_of("T42d", ".*", "(strongly )?agree"),
        margin="T42d attractive",
        calibration="held out",
    ),
    Question(
        "contract_by_wish",
        "wish by contract",
        {a: a for a in (f"{contract}: {wish}" for contract in CONTRACTS for wish in WISHES)},
        lambda x: len(WISHES) * (x["contract_end"] == OPEN) + x["wish"],
        _contract_by_wish,
        asked=_with_contract,
        margin="FN12 contract by wish",
    ),
    Question(
        "term",
        "term of contracts with an end date",
        TERMS,
        term_group,
        _with_end_date,
        asked=_with_end,
        margin="T22 contract with an end date",  # the open half is in the wish by contract
    ),
    Question(
        "friends",
        "Dutch friends",
        {"0": "0", "1": "1", "2-5": "2–5", "6-9": "6–9", "10-20": "10–20", ">20": "more than 20"},
        friends_group,
        by_answer("T35"),
        label="Dutch friends",
        margin="T35 Dutch friends",
        calibration="target",
        headline=True,
    ),
    Question(
        "dutch",
        "Dutch level",
        {level: level for level in (*DUTCH_LEVELS[:-1], "(almost) fluent")},
        lambda x: x["dutch"],
        by_answer("S32", r"spoken Dutch \(self-report\)"),
        label="Dutch",
        margin="S32 Dutch level",
        calibration="target",
        headline=True,
    ),
    Question(
        "contract",
        "contract term",
        {**TERMS, "no end date": "no end date"},
        term_group,
        CONTRACTS_PRINTED,
        asked=_with_contract,
        label="Contract",
        calibration="target",
        headline=True,
    ),
    yes_no(
        "volunteer_partners",
        "partners volunteer",
        "volunteers",
        yes("S31", "currently volunteer given partner"),
        asked=_partners,
        label="Partners volunteer",
        margin="S31 partners volunteer",
        calibration="target",
    ),
    yes_no(
        "volunteer_workers",
        "workers volunteer",
        "volunteers",
        yes("S31", "currently volunteer given KM.*"),
        asked=_workers,
        label="Workers volunteer",
        margin="S31 workers volunteer",
        calibration="target",
    ),
    Question(
        "knows",
        "knows a service",
        {
            "no service": "no service",
            "another service only": "another service only",
            "the desk": "the expat desk",
        },
        lambda x: np.where(x["knows_desk"], 2, np.where(x["knows_service"], 1, 0)),
        _knows,
        label="Knows",
        margin="S41 knows",
        calibration="target",
    ),
    yes_no(
        "desk",
        "knows the desk",
        "knows_desk",
        KNOWS_DESK,
        part_of="knows",
        label="Knows the desk",
        margin="S41 knows the desk",
        calibration="target",
    ),
    yes_no(
        "service",
        "knows any service",
        "knows_service",
        KNOWS_SERVICE,
        part_of="knows",
        calibration="held out",
    ),
    yes_no(
        "used",
        "has used a service",
        "used_service",
        USED_SERVICE,
        part_of="used_if_known",
        calibration="held out",
    ),
    yes_no(
        "used_if_known",
        "used a service, if known",
        "used_service",
        _used_if_known,
        asked=_aware,
        label="Used a service they know",
        margin="S41 used a service, of those who know one",
        calibration="target",
    ),
    yes_no(
        "welcome",
        "feels welcome",
        "feels_welcome",
        yes("S41", "expat policy makes me feel welcome"),
        label="Feels welcome",
        margin="S41 feels welcome",
        calibration="target",
    ),
    yes_no(
        "volunteers_with_school_child",
        "volunteers at a school (simulated: volunteers with a child at school)",
        lambda x: x["volunteers"] & at_school(x["child_birth_month"], -1),
        yes("T33", r"currently volunteer at \(multiple\)", "school"),
        calibration="held out",
    ),
    yes_no(
        "two_dutch_friends",
        "local people in the core network (proxy: two Dutch friends or more)",
        lambda x: x["friends"] >= 2,
        some_of("S22", "core-network orientation.*", ".*local.*"),
        calibration="held out",
    ),
    yes_no(
        "more_expats_than_dutch",
        "more expats here than Dutch friends",
        lambda x: x["expats_known"] > x["friends"],
        _never,
    ),
    _met(0, "work", "work"),
    _met(1, "neighbourhood", "neighbourhood"),
    _met(2, "school", "children school"),
    _met(3, "sport", "sports club"),
    _met(4, "other_clubs", "other club"),
)
QUESTIONS = {question.name: question for question in _ALL}
