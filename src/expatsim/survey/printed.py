"""What was printed of the answers to a question: counts, or words that stand for an interval."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from expatsim.cities import rows
from expatsim.errors import InputError, nearest


class Observed(NamedTuple):
    """Answers to a question in a city.

    Attributes
    ----------
    source : str
        Table, or ids of rows.
    place : str
        In the report.
    counts : tuple of float
        Respondents by answer; empty where there are only words.
    words : (float, float)
        Percent of those asked who gave the first answer, where there are only words.
    asked : int
        Respondents.
    """

    source: str
    place: str
    counts: tuple[float, ...]
    words: tuple[float, float]
    asked: int

    @property
    def whole(self) -> range:
        """Whole numbers of respondents that the words can stand for."""
        low, high = self.words
        found = [k for k in range(self.asked + 1) if low <= 100 * k / self.asked <= high]
        return range(found[0], found[-1] + 1) if found else range(0)


Printed = Callable[[str, tuple[str, ...]], Observed | None]


def _of_counts(source: str, place: str, counts: tuple[float, ...]) -> Observed:
    return Observed(source, place, counts, (float("nan"),) * 2, round(sum(counts)))


def by_answer(table: str, variable: str = ".*") -> Printed:
    """A table with a row for each answer.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.

    Returns
    -------
    callable
        For :attr:`expatsim.survey.question.Question.printed`.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        found = rows(city, table, variable).dropna(subset="value")
        if found.empty:
            return None
        values = dict(zip(found["category"], found["value"], strict=True))
        unknown = [
            f"table {table}: no answer {a!r}{nearest(a, answers)}" for a in {*values} - {*answers}
        ]
        if unknown:
            raise InputError(unknown)
        return _of_counts(
            table, found["place"].iloc[0], tuple(float(values.get(a, 0)) for a in answers)
        )

    return read


def in_order(table: str, *variables: str) -> Printed:
    """Tables with a row for each answer, in the order of the answers, under words of their own.

    Parameters
    ----------
    table : str
    *variables : str
        As for :func:`expatsim.cities.rows`; each one's rows come before the next one's.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        found = [rows(city, table, v).dropna(subset="value") for v in variables or (".*",)]
        if any(part.empty for part in found):
            return None
        values = tuple(float(x) for part in found for x in part["value"])
        return _of_counts(table, found[0]["place"].iloc[0], values[: len(answers)])

    return read


def yes(table: str, variable: str = ".*", category: str = ".*") -> Printed:
    """One row: how many of those asked said yes, or words for that.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.
    category : str
        Regular expression that the row's whole category matches.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        found = rows(city, table, variable)
        found = found[found["category"].str.fullmatch(category)]
        if found.empty:
            return None
        row = found.iloc[0]
        # without what the report says beside the number
        asked = int(re.match(r"\d+", str(row["n"]))[0])  # type: ignore[index]
        value = float(row["value"])
        counts = () if value != value else (value, asked - value)
        words = (float(row["low"]), float(row["high"]))
        return Observed(row["id"], row["place"], counts, words, asked)

    return read


def some_of(table: str, variable: str, category: str) -> Printed:
    """A table of which some rows mean yes, and the others no.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.
    category : str
        Regular expression that the whole category of those rows matches.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        found = rows(city, table, variable).dropna(subset="value")
        if found.empty:
            return None
        agree = float(found.loc[found["category"].str.fullmatch(category), "value"].sum())
        counts = (agree, float(found["value"].sum()) - agree)
        return _of_counts(table, found["place"].iloc[0], counts)

    return read


def counts_of(city: str, *printed: Printed) -> tuple[Observed, ...] | None:
    """What was observed of several questions of yes and no; ``None`` if one was not counted."""
    found = [p(city, ("yes", "no")) for p in printed]
    return tuple(x for x in found if x) if all(x and x.counts for x in found) else None
