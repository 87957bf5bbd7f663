"""The simulated study: shares that the interviews and the departure statistics would show.

All parameter vectors have the same candidates and the same luck (common random numbers), so that
their results differ by the parameters and not by chance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from expatsim.calibration.history import (
    FIRST_INTERVIEW,
    LAST_INTERVIEW,
    MONTHS,
    follow,
    prepare_history,
)
from expatsim.cities import City, cities, city_names
from expatsim.model.chance import run_keys
from expatsim.model.packed import Packed, unpack
from expatsim.model.state import ELSEWHERE_IN_THE_NETHERLANDS, People
from expatsim.survey.interview import interview, tabulate, weights
from expatsim.survey.questions import QUESTIONS

# Every fourth month of the interviews: a desk that opened at the end of 2008 is closed in two
INTERVIEWS = tuple(range(FIRST_INTERVIEW, LAST_INTERVIEW + 1, 4))
YEARS = 6  # of stay, for the hazard of leaving

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
        ``city.question``: shares of the answers; ``departure``: shares gone from the country after
        five years of those from outside the EU and from the EU; ``hazard``: share of those present
        at its start who leave in each of six years of stay. Both are of the cities of the study:
        facts of the whole country are compared with them.
    """
    draws = len(next(iter(parameters.values())))
    replicates = [0] * draws if replicates is None else replicates
    shares: Shares = {}
    stays = np.zeros((draws, 2, 2, MONTHS))
    for number, city in enumerate(size):
        keys = np.stack([run_keys(seed, 2 * r + number) for r in replicates])
        setup, _ = prepare_history(city, parameters, size[city], keys)
        people, states = setup.people, follow(setup, INTERVIEWS)
        recruitment = np.asarray(parameters["second_year_recruitment"])
        names = [q for q in QUESTIONS if questions is None or f"{city}.{q}" in questions]
        for name, share in interviews(people, states, city, recruitment, names).items():
            shares[f"{city}.{name}"] = share
        if city in city_names():
            stays += departures(people, states[-1])
    return shares | leaving(stays)


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


def departures(people: People, packed: Packed) -> np.ndarray:
    """Numbers of workers still followed after each month of stay, and of those who leave then.

    Returns
    -------
    numpy.ndarray, shape (draws, 2, 2, months)
        Second axis: outside the EU, EU. Third axis: followed, left the country.
    """
    state = unpack(packed)
    draws = people.head.shape[0]
    # padded slots never arrive
    heads = people.head & (people.arrival_month < MONTHS)
    draw, slot = np.nonzero(heads)
    arrival = people.arrival_month[draw, slot].astype(int)
    leave = np.asarray(state.leave_month)[draw, slot].astype(int)
    stay = np.minimum(leave, MONTHS - 1) - arrival
    abroad = np.asarray(state.destination)[draw, slot] != ELSEWHERE_IN_THE_NETHERLANDS
    group = 2 * draw + ~people.non_eu[draw, slot]
    code = group * MONTHS + stay
    shape = (draws, 2, MONTHS)
    ended = np.bincount(code, minlength=np.prod(shape)).reshape(shape)
    followed = ended[..., ::-1].cumsum(axis=-1)[..., ::-1]
    left = np.bincount(code, (leave < MONTHS) & abroad, np.prod(shape)).reshape(shape)
    return np.stack([followed, left], axis=2)


def leaving(stays: Any) -> Shares:
    """Product-limit shares gone after five years by group, and yearly hazards of both together."""
    followed, left = stays[:, :, 0], stays[:, :, 1]
    staying = np.cumprod(1 - left / np.maximum(followed, 1), axis=-1)
    both = np.cumprod(1 - left.sum(axis=1) / np.maximum(followed.sum(axis=1), 1), axis=-1)
    years = np.concatenate([np.ones((len(both), 1)), both[:, 11 : 12 * YEARS : 12]], axis=1)
    return {"departure": 1 - staying[:, :, 59], "hazard": 1 - years[:, 1:] / years[:, :-1]}


def log_ratio(shares: np.ndarray) -> np.ndarray:
    """Log-shares of answers that add to one, log-odds of other shares; shape of ``shares``.

    Examples
    --------
    >>> log_ratio(np.array([[0.25, 0.75]])).round(2).tolist()
    [[-1.39, -0.29]]
    """
    p = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.log(p) if np.allclose(shares.sum(axis=-1), 1) else np.log(p / (1 - p))


def correct(study: Shares, shift: Mapping[str, np.ndarray]) -> Shares:
    """The study without the error that the luck of one seed makes in each share.

    Parameters
    ----------
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares by entry, from :func:`simulate_study`.
    shift : mapping of str to numpy.ndarray, shape (answers,)
        Errors by entry on the scale of :func:`log_ratio`, from :func:`luck`; they are subtracted.
    """
    result = {}
    for name, shares in study.items():
        x = log_ratio(shares) - shift[name]
        if np.allclose(shares.sum(axis=-1), 1):
            x = np.exp(x - x.max(axis=-1, keepdims=True))
            result[name] = x / x.sum(axis=-1, keepdims=True)
        else:
            result[name] = 1 / (1 + np.exp(-x))
    return result


def luck(
    parameters: Mapping[str, np.ndarray], seed: int, size: Size, replicates: int, batch: int
) -> Shares:
    """Monte-Carlo error of replicate 0 in each share, at one parameter vector.

    A control variate: the simulated study of replicate 0 less the mean of many replicates. Nearby
    parameter vectors with the same luck have similar errors, so that subtracting this one removes
    most of the noise.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (1,)
        The parameter vector, values by parameter.
    seed : int
        Random seed of the candidates and of their luck.
    size : mapping of str to int
        Households that arrive in the 94 months of the history, by city.
    replicates : int
        Replicates of the mean, rounded up to whole batches.
    batch : int
        Draws side by side.

    Returns
    -------
    dict of str to numpy.ndarray, shape (answers,)
        Errors by entry, on the scale of :func:`log_ratio`.
    """
    same = {k: np.repeat(v, batch) for k, v in parameters.items()}
    one = simulate_study(same, seed, size)
    studies = [
        simulate_study(same, seed, size, range(1 + start, 1 + start + batch))
        for start in range(0, replicates, batch)
    ]
    return {
        name: log_ratio(shares[:1])[0]
        - log_ratio(np.concatenate([s[name] for s in studies]).mean(axis=0, keepdims=True))[0]
        for name, shares in one.items()
    }
