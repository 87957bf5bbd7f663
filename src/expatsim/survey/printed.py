"""Printed answers to a question: counts, or words that stand for an interval of shares."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from expatsim.cities import rows
from expatsim.errors import InputError, nearest


class Observed(NamedTuple):
    """Observed answers to a question in a city.

    Attributes
    ----------
    source : str
        Name of the table, or ids of its rows.
    place : str
        Page, table or section of the report.
    counts : tuple of float
        Respondents by answer; empty where the report only has words.
    words : (float, float)
        Lowest and highest percent of those asked who gave the first answer, where the report only
        has words; else not a number.
    asked : int
        Respondents to whom the question was put.
    """

    source: str
    place: str
    counts: tuple[float, ...]
    words: tuple[float, float]
    asked: int

    @property
    def whole(self) -> range:
        """Whole numbers of respondents that the words can stand for.

        Examples
        --------
        >>> Observed("S41", "section 4.1", (), (20, 30), 10).whole
        range(2, 4)
        """
        low, high = self.words
        numbers = [k for k in range(self.asked + 1) if low <= 100 * k / self.asked <= high]
        return range(numbers[0], numbers[-1] + 1) if numbers else range(0)


Printed = Callable[[str, tuple[str, ...]], Observed | None]


def _of_counts(source: str, place: str, counts: tuple[float, ...]) -> Observed:
    """Observed answers of which all are counted."""
    return Observed(source, place, counts, (float("nan"),) * 2, round(sum(counts)))


def asked(n: object) -> int:
    """Respondents of a row: the number alone; the report may print a remark behind it.

    Parameters
    ----------
    n : object
        As the row has it.

    Examples
    --------
    >>> asked("15 (presumed)")
    15
    """
    return int(re.match(r"\d+", str(n))[0])  # type: ignore[index]


def by_answer(table: str, variable: str = ".*") -> Printed:
    """A reader of a table with a row for each answer, under the answer's own name.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.

    Returns
    -------
    callable
        To be used as :attr:`expatsim.survey.question.Question.printed`.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        printed = rows(city, table, variable).dropna(subset="value")
        if printed.empty:
            return None
        values = dict(zip(printed["category"], printed["value"], strict=True))
        unknown = [
            f"table {table}: no answer {a!r}{nearest(a, answers)}" for a in {*values} - {*answers}
        ]
        if unknown:
            raise InputError(unknown)
        return _of_counts(
            table, printed["place"].iloc[0], tuple(float(values.get(a, 0)) for a in answers)
        )

    return read


def in_order(table: str, *variables: str) -> Printed:
    """A reader of a table with a row for each answer, in order, under names of its own.

    Parameters
    ----------
    table : str
        Name of the table.
    *variables : str
        Regular expressions, as for :func:`expatsim.cities.rows`; the rows of the first come before
        those of the second. Without any, all rows of the table.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        parts = [rows(city, table, v).dropna(subset="value") for v in variables or (".*",)]
        if any(part.empty for part in parts):
            return None
        values = tuple(float(x) for part in parts for x in part["value"])
        return _of_counts(table, parts[0]["place"].iloc[0], values[: len(answers)])

    return read


def yes(table: str, variable: str = ".*", category: str = ".*") -> Printed:
    """A reader of one row: how many of those asked answered yes, or words for that number.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.
    category : str
        Regular expression that the row's whole category matches.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        printed = rows(city, table, variable)
        printed = printed[printed["category"].str.fullmatch(category)]
        if printed.empty:
            return None
        row = printed.iloc[0]
        people, value = asked(row["n"]), float(row["value"])
        counts = () if value != value else (value, people - value)
        words = (float(row["low"]), float(row["high"]))
        return Observed(row["id"], row["place"], counts, words, people)

    return read


def some_of(table: str, variable: str, category: str) -> Printed:
    """A reader of a table of which some rows mean yes, and the others no.

    Parameters
    ----------
    table, variable : str
        As for :func:`expatsim.cities.rows`.
    category : str
        Regular expression that the whole category of the rows that mean yes matches.
    """

    def read(city: str, answers: tuple[str, ...]) -> Observed | None:
        printed = rows(city, table, variable).dropna(subset="value")
        if printed.empty:
            return None
        agree = float(printed.loc[printed["category"].str.fullmatch(category), "value"].sum())
        counts = (agree, float(printed["value"].sum()) - agree)
        return _of_counts(table, printed["place"].iloc[0], counts)

    return read


def counts_of(city: str, *printed: Printed) -> tuple[Observed, ...] | None:
    """Observed answers to several questions of yes and no; ``None`` if one was not counted."""
    observed = [p(city, ("yes", "no")) for p in printed]
    return tuple(x for x in observed if x) if all(x and x.counts for x in observed) else None
