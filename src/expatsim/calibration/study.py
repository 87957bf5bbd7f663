"""The simulated study: shares that the interviews and the departure statistics would show.

All parameter vectors have the same candidates and the same luck (common random numbers), so that
their results differ by the parameters and not by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from expatsim.calibration.history import (
    AFTER,
    FIRST_INTERVIEW,
    LAST_INTERVIEW,
    LATER,
    MONTHS,
    follow,
    history_rates,
    prepare_history,
)
from expatsim.cities import City, cities, city_names
from expatsim.model.chance import run_keys
from expatsim.model.packed import Packed, unpack
from expatsim.model.state import CONTRACT_ENDED, ELSEWHERE_IN_THE_NETHERLANDS, People, outside_eu
from expatsim.runs.windows import through
from expatsim.survey.interview import interview, tabulate, weights
from expatsim.survey.questions import QUESTIONS

# Every fourth month of the interviews: a desk that opened at the end of 2008 is closed in two
INTERVIEWS = tuple(range(FIRST_INTERVIEW, LAST_INTERVIEW + 1, 4))
YEARS = 6  # of stay, for the hazard of leaving
# months of stay after which those gone from the country are counted
GONE_AFTER = (12, 24, 36, 48, 60, 84, 120, 180)
LONGEST = MONTHS + AFTER  # months that anybody is followed

Shares = dict[str, np.ndarray]  # shares of the answers by entry, shape (draws, answers)


# households that arrive in the 94 months of the history, by city that is simulated: more of them
# mean less noise and more time
Size = Mapping[str, int]


def size_of_own(city: City) -> int:
    """Households in the history of a city that is not of the study: as in the largest that is.

    Parameters
    ----------
    city : City
        A city; that of the study has a size of its own.
    """
    return city.households or max(c.households for c in cities())


def simulate_study(
    parameters: Mapping[str, np.ndarray],
    seed: int,
    size: Size,
    replicates: Sequence[int] | None = None,
    questions: Collection[str] | None = None,
) -> Shares:
    """Shares of the simulated study for several parameter vectors side by side.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    seed : int
        Random seed of the candidates and of their luck.
    size : mapping of str to int
        Households that arrive in the 94 months of the history, by city; only these cities are
        simulated.
    replicates : sequence of int, optional
        Replicate whose luck each draw has; by default 0 for all.
    questions : collection of str, optional
        Entries ``city.question`` to simulate; by default all.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws, answers)
        ``city.question``: shares of the answers; ``gone.non_eu``, ``gone.eu`` and ``gone.all``:
        shares of workers gone from the country after each of ``GONE_AFTER``; ``hazard``: share of
        those present at its start who leave in each of six years of stay; ``calendar``: shares who
        leave in the calendar year of arrival and in the next; ``jobless``: of workers who lost a
        job or contract, the share who left before they had another. All but the answers are of the
        cities of the study: facts of the whole country are compared with them.
    """
    draws = len(next(iter(parameters.values())))
    replicates = [0] * draws if replicates is None else replicates
    of_the_study = [city for city in size if city in city_names()]
    # the smaller city: it takes less time
    followed_on = min(of_the_study, key=lambda city: size[city], default="")

    shares: Shares = {}
    stays = np.zeros((draws, 2, 2, LONGEST))
    jobless = np.zeros((draws, 2))
    for number, city in enumerate(size):
        keys = np.stack([run_keys(seed, 2 * r + number) for r in replicates])
        names = [q for q in QUESTIONS if questions is None or f"{city}.{q}" in questions]
        answers, of_stays, of_jobless = simulate_city(
            city, parameters, size[city], keys, names, city == followed_on
        )
        shares |= answers
        if city in of_the_study:
            stays += of_stays
            jobless += of_jobless
    lost = np.maximum(jobless.sum(axis=1, keepdims=True), 1)  # none without a city of the study
    return shares | leaving(stays) | {"jobless": jobless / lost}


def simulate_city(
    city: str,
    parameters: Mapping[str, np.ndarray],
    households: int,
    keys: np.ndarray,
    names: Collection[str],
    followed_on: bool,
) -> tuple[Shares, np.ndarray, np.ndarray]:
    """One city of the simulated study.

    Parameters
    ----------
    city : str
        Name of the city.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    households : int
        Households that arrive in the 94 months of the history.
    keys : numpy.ndarray of uint32, shape (draws, 4)
        As from :func:`expatsim.model.chance.run_keys`.
    names : collection of str
        Questions that are asked.
    followed_on : bool
        Whether people are followed after the interviews, to see who stays long.

    Returns
    -------
    shares : dict of str to numpy.ndarray, shape (draws, answers)
        Shares of the answers by ``city.question``.
    stays : numpy.ndarray, shape (draws, 2, 2, LONGEST)
        From :func:`departures`.
    jobless : numpy.ndarray, shape (draws, 2)
        From :func:`without_job`.
    """
    setup, _ = prepare_history(city, parameters, households, keys)
    people, states = setup.people, follow(setup, INTERVIEWS)
    recruitment = np.asarray(parameters["second_year_recruitment"])
    answers = interviews(people, states, city, recruitment, names)
    end, months = states[-1], MONTHS
    jobless = without_job(people, end)
    if followed_on:
        later = setup._replace(state=end, rates=history_rates(city, parameters, LONGEST))
        (last,) = through(later, LATER, (LONGEST,))
        end, months = last.state, LONGEST
    shares = {f"{city}.{name}": share for name, share in answers.items()}
    return shares, departures(people, end, months), jobless


def interviews(
    people: People, states: list[Packed], city: str, recruitment: np.ndarray, names: Collection[str]
) -> Shares:
    """Shares of the answers to the questions with some names, all interview months together.

    Half a respondent is spread over the answers of each question, so that none is impossible.
    """
    draws = len(recruitment)
    questions = {name: QUESTIONS[name] for name in names}
    counts = {name: np.zeros((draws, len(q.answers))) for name, q in questions.items()}
    respondents = np.zeros(draws)  # in a month, on average
    for month, packed in zip(INTERVIEWS, states, strict=True):
        r = interview(people, packed, month)
        weight = weights(r, city, recruitment)
        respondents += np.bincount(r.draw, minlength=draws) / len(INTERVIEWS)
        for name, question in questions.items():
            counts[name] += tabulate(r, weight, question, draws) / len(INTERVIEWS)
    result = {}
    for name, count in counts.items():
        count = count * respondents[:, None] + 0.5 / count.shape[1]
        result[name] = count / count.sum(axis=1, keepdims=True)
    return result


def departures(people: People, packed: Packed, months: int) -> np.ndarray:
    """Numbers of workers still followed after each month of stay, and of those who leave then.

    Parameters
    ----------
    people : People
        Everybody who came, each array of shape (draws, slots).
    packed : Packed
        Their state at the end.
    months : int
        Months from January 2002 to the end.

    Returns
    -------
    numpy.ndarray, shape (draws, 2, 2, LONGEST)
        Second axis: outside the EU, EU. Third axis: followed, left the country.
    """
    state = unpack(packed)
    draws = people.head.shape[0]
    # padded slots never arrive
    heads = people.head & (people.arrival_month < MONTHS)
    draw, slot = np.nonzero(heads)
    arrival = people.arrival_month[draw, slot].astype(int)
    leave = np.asarray(state.leave_month)[draw, slot].astype(int)
    stay = np.minimum(leave, months - 1) - arrival
    abroad = np.asarray(state.destination)[draw, slot] != ELSEWHERE_IN_THE_NETHERLANDS
    group = 2 * draw + ~outside_eu(people.origin[draw, slot])
    code = group * LONGEST + stay
    shape = (draws, 2, LONGEST)
    ended = np.bincount(code, minlength=np.prod(shape)).reshape(shape)
    followed = ended[..., ::-1].cumsum(axis=-1)[..., ::-1]
    left = np.bincount(code, (leave < months) & abroad, np.prod(shape)).reshape(shape)
    return np.stack([followed, left], axis=2)


def without_job(people: People, packed: Packed) -> np.ndarray:
    """Numbers of workers who left without a job, and of those who found another one first.

    Those who lost it again, or still search at the end, are in neither.

    Returns
    -------
    numpy.ndarray, shape (draws, 2)
    """
    state = unpack(packed)
    left = people.head & (np.asarray(state.leave_reason) == CONTRACT_ENDED)
    found = people.head & np.asarray(state.rehired)
    return np.stack([left.sum(axis=1), found.sum(axis=1)], axis=1).astype(float) + 0.5


def leaving(stays: np.ndarray) -> Shares:
    """Product-limit shares gone from the country by group, and yearly hazards of all together.

    Parameters
    ----------
    stays : numpy.ndarray, shape (draws, 2, 2, LONGEST)
        From :func:`departures`.
    """

    def staying(followed: np.ndarray, left: np.ndarray) -> np.ndarray:
        return np.cumprod(1 - left / np.maximum(followed, 1), axis=-1)

    groups = staying(stays[:, :, 0], stays[:, :, 1])
    everybody = staying(stays[:, :, 0].sum(axis=1), stays[:, :, 1].sum(axis=1))
    return of_curves(groups, everybody)


def of_curves(groups: np.ndarray, everybody: np.ndarray) -> Shares:
    """Entries of the study about departures, from shares still here after each month of stay.

    Parameters
    ----------
    groups : numpy.ndarray, shape (draws, 2, months)
        Second axis: outside the EU, EU.
    everybody : numpy.ndarray, shape (draws, months)
        Of both together.
    """
    at = np.array(GONE_AFTER) - 1
    years = np.concatenate(
        [np.ones((len(everybody), 1)), everybody[:, 11 : 12 * YEARS : 12]], axis=1
    )
    return {
        "gone.non_eu": 1 - groups[:, 0, at],
        "gone.eu": 1 - groups[:, 1, at],
        "gone.all": 1 - everybody[:, at],
        "hazard": 1 - years[:, 1:] / years[:, :-1],
        "calendar": by_calendar_year(everybody),
    }


def by_calendar_year(staying: np.ndarray) -> np.ndarray:
    """Shares who leave in the calendar year of arrival and in the next; arrivals are spread evenly.

    Parameters
    ----------
    staying : numpy.ndarray, shape (draws, months)
        Shares still here after each month of stay.

    Returns
    -------
    numpy.ndarray, shape (draws, 2)
    """
    # who arrives in December has one month of that year, who arrives in January twelve; summed
    # month by month, so that a draw's sum does not depend on its neighbours
    first, second = (1 - sum(staying[:, 12 * y + k] for k in range(12)) / 12 for y in (0, 1))
    return np.stack([first, second - first], axis=1)


def log_ratio(shares: np.ndarray) -> np.ndarray:
    """Log-shares of answers that add to one, log-odds of other shares; shape of ``shares``.

    Examples
    --------
    >>> log_ratio(np.array([[0.25, 0.75]])).round(2).tolist()
    [[-1.39, -0.29]]
    """
    p = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.log(p) if _add_to_one(shares) else np.log(p / (1 - p))


def _add_to_one(shares: np.ndarray) -> bool:
    """Whether they are shares of answers; faster than ``np.allclose``, asked in every step."""
    return bool((np.abs(shares.sum(axis=-1) - 1) <= 1e-5).all())


def correct(study: Shares, shift: Mapping[str, np.ndarray]) -> Shares:
    """The study without the error that the luck of one seed makes in each share.

    Parameters
    ----------
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares by entry, from :func:`simulate_study`.
    shift : mapping of str to numpy.ndarray, shape (answers,)
        Errors by entry on the scale of :func:`log_ratio`, from
        :func:`expatsim.calibration.likelihood.luck`; they are subtracted.
    """
    result = {}
    for name, shares in study.items():
        x = log_ratio(shares) - shift[name]
        if _add_to_one(shares):
            x = np.exp(x - x.max(axis=-1, keepdims=True))
            result[name] = x / x.sum(axis=-1, keepdims=True)
        else:
            result[name] = 1 / (1 + np.exp(-x))
    return result
