"""Targets of the calibration: one small object for each observed table.

Every target has its observed numbers (from the packaged tables), the shares of the simulated study
that they are compared with, and the likelihood of the numbers under these shares. Leave a target
out of the list for :func:`expatsim.calibration.likelihood.log_likelihood` to switch it off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from scipy.special import gammaln, log_ndtr, logsumexp

from expatsim.calibration.study import GONE_AFTER, Shares
from expatsim.cities import city as city_of
from expatsim.cities import city_names, roles
from expatsim.observed import external
from expatsim.survey.printed import Observed
from expatsim.survey.question import Question, answered
from expatsim.survey.questions import QUESTIONS


def log_dirichlet_multinomial(n: np.ndarray, shares: np.ndarray, design_effect: Any) -> np.ndarray:
    """Log-probability of counts whose variance is ``design_effect`` times the multinomial's.

    Parameters
    ----------
    n : numpy.ndarray, shape (..., answers)
        Observed counts.
    shares : numpy.ndarray, shape (draws, answers)
        Expected shares of the answers, adding to one.
    design_effect : numpy.ndarray, shape (draws,)
        Between 1 and the number of respondents.

    Returns
    -------
    numpy.ndarray, shape (draws,)
    """
    total = n.sum(axis=-1)
    a = concentration(total, design_effect)
    alpha = np.maximum(shares * a[:, None], 1e-9)
    return (
        gammaln(total + 1)
        - gammaln(n + 1).sum(axis=-1)
        + gammaln(a)
        - gammaln(total + a)
        + (gammaln(n + alpha) - gammaln(alpha)).sum(axis=-1)
    )


def concentration(total: Any, design_effect: Any) -> np.ndarray:
    """Sum of the Dirichlet's parameters under which counts have the given design effect.

    Parameters
    ----------
    total : float
        Respondents.
    design_effect : float or numpy.ndarray
        Variance of the counts relative to multinomial ones, between 1 and ``total``.

    Examples
    --------
    >>> float(concentration(101, 2.0))
    99.0
    """
    effect = np.clip(np.asarray(design_effect, float), 1 + 1e-6, 0.9 * total)
    return (total - effect) / (effect - 1)


@dataclass(frozen=True)
class Counts:
    """Counted answers to one question: Dirichlet-multinomial.

    Attributes
    ----------
    name, source : str
        Name in tables and settings; table or rows of the report.
    share : str
        Name of the simulated study's entry, ``city.question``.
    answers : tuple of str
        Names of the answers, in the order of the simulated shares.
    observed : tuple of float
        Respondents by answer.
    """

    name: str
    source: str
    share: str
    answers: tuple[str, ...]
    observed: tuple[float, ...]

    def predicted(self, study: Shares) -> np.ndarray:
        """Expected shares, shape (draws, answers)."""
        return study[self.share]

    def log_likelihood(self, predicted: np.ndarray, design_effect: np.ndarray) -> np.ndarray:
        """Log-likelihood of the observed numbers, shape (draws,)."""
        return log_dirichlet_multinomial(np.array(self.observed), predicted, design_effect)

    def replicate(
        self, predicted: np.ndarray, design_effect: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Random counts of a study of the same size, shape (draws, answers)."""
        return _counts(sum(self.observed), predicted, design_effect, rng)

    def with_observed(self, values: np.ndarray) -> Counts:
        """The same target with other observed numbers, as for a recovery study."""
        return replace(self, observed=tuple(float(v) for v in values))

    def cells(self) -> list[tuple[str, float, float]]:
        """Answer, and the lowest and highest observed count."""
        return [(a, n, n) for a, n in zip(self.answers, self.observed, strict=True)]


@dataclass(frozen=True)
class Interval:
    """An answer that the report gives in words, read as an interval of counts.

    Attributes
    ----------
    name, source : str
        Name in tables and settings; rows of the report.
    shares : dict of str to float
        Respondents asked, by entry of the simulated study; its first answer is the one in words.
    low, high : int
        Lowest and highest number of respondents who gave the answer, both included.
    """

    name: str
    source: str
    shares: Mapping[str, float]
    low: int
    high: int

    @property
    def total(self) -> int:
        """Respondents asked."""
        return round(sum(self.shares.values()))

    def predicted(self, study: Shares) -> np.ndarray:
        """Expected shares of yes and no, shape (draws, 2)."""
        yes = sum(n * study[s][:, 0] for s, n in self.shares.items()) / self.total
        return np.stack([yes, 1 - yes], axis=1)

    def log_likelihood(self, predicted: np.ndarray, design_effect: np.ndarray) -> np.ndarray:
        """Log-likelihood of the observed numbers, shape (draws,)."""
        by_count = [
            log_dirichlet_multinomial(np.array([k, self.total - k]), predicted, design_effect)
            for k in range(self.low, self.high + 1)
        ]
        return logsumexp(by_count, axis=0)

    def replicate(
        self, predicted: np.ndarray, design_effect: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Respondents who say yes in a study of the same size, shape (draws, 1)."""
        return _counts(self.total, predicted, design_effect, rng)[:, :1]

    def with_observed(self, values: np.ndarray) -> Interval:
        """The same target around another count; the interval keeps its width where it fits."""
        width = self.high - self.low
        low = int(np.clip(round(float(values[0]) - width / 2), 0, self.total - width))
        return replace(self, low=low, high=low + width)

    def cells(self) -> list[tuple[str, float, float]]:
        """Answer, and the lowest and highest observed count."""
        return [("yes", self.low, self.high)]


@dataclass(frozen=True)
class Fact:
    """A published share with an error that covers the differences between its sources.

    Attributes
    ----------
    name, source : str
        Name in tables and settings; ids of the external facts.
    share : str
        Name of the simulated study's entry, such as ``gone.eu``.
    column : int
        Column of the entry.
    observed, error : float
        Published share, and its standard deviation.
    """

    name: str
    source: str
    share: str
    column: int
    observed: float
    error: float

    def predicted(self, study: Shares) -> np.ndarray:
        """Expected share, shape (draws, 1)."""
        return study[self.share][:, self.column : self.column + 1]

    def log_likelihood(self, predicted: np.ndarray, design_effect: np.ndarray) -> np.ndarray:
        """Log-likelihood of the observed numbers, shape (draws,)."""
        z = (predicted[:, 0] - self.observed) / self.error
        return -0.5 * z**2 - np.log(self.error * np.sqrt(2 * np.pi))

    def replicate(
        self, predicted: np.ndarray, design_effect: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Random share of another source, shape (draws, 1)."""
        return predicted + self.error * rng.standard_normal(predicted.shape)

    def with_observed(self, values: np.ndarray) -> Fact:
        """The same target with another published share."""
        return replace(self, observed=float(values[0]))

    def cells(self) -> list[tuple[str, float, float]]:
        """Share, as a lowest and highest observed value."""
        return [("share", self.observed, self.observed)]


@dataclass(frozen=True)
class Peak:
    """The hazard of leaving is highest in one of some years of stay.

    Attributes
    ----------
    name, source : str
        Name in tables and settings; ids of the external facts.
    years : tuple of int
        Years of stay in which the peak is, counted from 1.
    error : float
        Standard deviation of a source's difference of yearly hazards.
    observed : bool
        Whether the sources see the peak in those years.
    """

    name: str
    source: str
    years: tuple[int, ...]
    error: float
    observed: bool = True

    def predicted(self, study: Shares) -> np.ndarray:
        """Highest hazard in those years less the highest outside them, shape (draws, 1)."""
        hazard = study["hazard"]
        inside = np.isin(np.arange(hazard.shape[1]) + 1, self.years)
        return (hazard[:, inside].max(axis=1) - hazard[:, ~inside].max(axis=1))[:, None]

    def log_likelihood(self, predicted: np.ndarray, design_effect: np.ndarray) -> np.ndarray:
        """Log-likelihood of the observed numbers, shape (draws,)."""
        return log_ndtr((1 if self.observed else -1) * predicted[:, 0] / self.error)

    def replicate(
        self, predicted: np.ndarray, design_effect: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """1 where another source would see the peak there, shape (draws, 1)."""
        peaks = predicted + self.error * rng.standard_normal(predicted.shape) > 0
        return peaks.astype(float)

    def with_observed(self, values: np.ndarray) -> Peak:
        """The same target, with its peak observed or not."""
        return replace(self, observed=bool(values[0] > 0.5))

    def cells(self) -> list[tuple[str, float, float]]:
        """One cell: 1 if the peak is observed in the years, else 0."""
        return [("seen", float(self.observed), float(self.observed))]


Target = Counts | Interval | Fact | Peak

# errors of published departures from ours, beside those between sources; assumptions
ALL_MOTIVES = 0.05  # students and family are among those of EXT-27; those with a job leave later
OTHER_SPELLS = 0.1  # a contract that ended is a spell without work here, and seldom one in EXT-39


def _counts(
    total: float, shares: np.ndarray, design_effect: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Random counts of the Dirichlet-multinomial distribution, shape (draws, answers)."""
    alpha = shares * concentration(total, design_effect)[:, None]
    gamma = rng.standard_gamma(np.maximum(alpha, 1e-9)) + 1e-300
    return rng.multinomial(round(total), gamma / gamma.sum(axis=1, keepdims=True)).astype(float)


def of_question(question: Question, observed: Observed, city: str) -> Counts | Interval:
    """The target of a question that respondents of a city answered.

    Parameters
    ----------
    question : Question
        The question, which simulated people answer too.
    observed : Observed
        Its observed answers in the city.
    city : str
        Name of the city.
    """
    name, share = question.title_in(city), f"{city}.{question.name}"
    counts, whole = observed.counts, observed.whole
    if not counts and len(whole) == 1:  # the words leave one number
        counts = (float(whole[0]), float(observed.asked - whole[0]))
    if counts:
        return Counts(name, observed.source, share, tuple(question.answers), counts)
    return Interval(name, observed.source, {share: float(observed.asked)}, whole[0], whole[-1])


def city_targets(city: str) -> tuple[Target, ...]:
    """Targets of a city that is not of the study: the answers of its own respondents.

    Parameters
    ----------
    city : str
        Name of the city; one whose tables are those of the study has none of its own.
    """
    if city_of(city).has_tables_of_the_study:
        return ()
    aims = [q.name for q in QUESTIONS.values() if q.calibration == "target"]
    return tuple(of_question(*pair, city) for pair in answered(QUESTIONS, aims, city))


@cache
def targets() -> tuple[Target, ...]:
    """All targets, with the numbers of the report and of the external facts."""
    first, *_ = city_names()
    aims = [q for q in QUESTIONS.values() if q.calibration == "target"]
    by_city = [
        of_question(*pair, city)
        for city in city_names()
        for pair in answered(QUESTIONS, [q.name for q in aims if not q.together], city)
    ]
    together = [
        Interval(
            question.title,
            observed.source,
            {f"{city}.{question.name}": float(sum(roles(city))) for city in city_names()},
            observed.whole[0],
            observed.whole[-1],
        )
        for question, observed in answered(QUESTIONS, [q.name for q in aims if q.together], first)
    ]
    return (*by_city, *together, *departure_targets())


def departure_targets() -> tuple[Target, ...]:
    """Targets of what is published about departures of labour migrants from the country."""
    from pandas import to_numeric

    facts = external().set_index("id")

    def between(*ids: str, more: float = 0.0, above: float = 0.0) -> tuple[float, float]:
        """Middle of the published shares, and an error that reaches the farthest of them.

        The error is at least two points: the sources are about the whole country and later cohorts.
        ``more`` is a further error, of another population than ours; ``above`` what the highest
        share leaves out.
        """
        rows = facts.loc[list(ids), ["value", "low", "high"]].apply(to_numeric, errors="coerce")
        shares = rows.to_numpy() / 100
        low, high = np.nanmin(shares), np.nanmax(shares) + above
        return float(low + high) / 2, float(np.hypot(max((high - low) / 2, 0.02), more))

    def gone(name: str, sources: str, group: str, months: int, *published: float) -> Fact:
        return Fact(name, sources, f"gone.{group}", GONE_AFTER.index(months), *published)

    five, two, fifteen = 60, 24, 180  # months
    came_back = float(facts.loc["EXT-31", "value"]) / 100  # absent is not "ever left"
    return (
        gone(
            "gone after five years, outside the EU",
            "EXT-01 EXT-03",
            "non_eu",
            five,
            *between("EXT-01", "EXT-03"),
        ),
        gone(
            "gone after five years, EU", "EXT-02 EXT-04", "eu", five, *between("EXT-02", "EXT-04")
        ),
        gone("gone after two years, EU", "EXT-27", "eu", two, *between("EXT-27", more=ALL_MOTIVES)),
        gone(
            "gone after fifteen years, outside the EU",
            "EXT-34 EXT-31",
            "non_eu",
            fifteen,
            *between("EXT-34", above=came_back),
        ),
        Fact(
            "left, of workers without a job",
            "EXT-39",
            "jobless",
            0,
            *between("EXT-39", more=OTHER_SPELLS),
        ),
        Peak("hazard peaks in year two or three", "EXT-05 EXT-06", (2, 3), 0.02),
    )
