"""Fit of the calibrated model to the observed tables: charts and a table."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import pandas as pd

from expatsim.cities import City, cities
from expatsim.report import charts
from expatsim.report.language import N_, Language
from expatsim.survey.question import Question
from expatsim.survey.questions import QUESTIONS

FACTS = {  # targets that are no question of the study
    "gone after five years, outside the EU": N_("Gone after five years, from outside the EU"),
    "gone after five years, EU": N_("Gone after five years, from the EU"),
    "gone after two years, EU": N_("Gone after two years, from the EU"),
    "gone after fifteen years, outside the EU": N_("Gone after 15 years, from outside the EU"),
    "left, of workers without a job": N_("Left, of workers without a job"),
}
FIRST = tuple(question.title for question in QUESTIONS.values() if question.headline)


@cache
def _questions() -> dict[str, tuple[Question, City]]:
    """Question and city by name of the target, for questions with a label."""
    return {
        q.title_in(city.name): (q, city) for q in QUESTIONS.values() if q.label for city in cities()
    }


def with_words(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells that have labels; targets from outside the package have none and are left out.

    Parameters
    ----------
    cells : pandas.DataFrame
        From :func:`expatsim.report.facts.observed_and_simulated`.
    """
    if cells.empty:
        return cells
    named = {(target, "share") for target in FACTS}
    named |= {(target, a) for target, (q, _) in _questions().items() for a in q.answers}
    has_words = [x in named for x in zip(cells["target"], cells["cell"], strict=True)]
    return cells[has_words].reset_index(drop=True)


def _label(x: Any, language: Language) -> str:
    if x.target in FACTS:
        return language.say(FACTS[x.target])
    question, city = _questions()[x.target]
    target = language.say(question.label)
    if x.target != question.title:  # it names the city
        target = f"{target}, {city.name_in(language.code)}"
    only = x.cell == "yes" and x.target not in FIRST
    return target if only else f"{target}: {language.say(question.answers[x.cell])}"


def _informative(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells without those that follow from another, such as the "no" beside a "yes"."""
    two = frame.groupby("target")["cell"].transform(lambda c: set(c) <= {"yes", "no"})
    return frame[~(two & (frame["cell"] == "no"))]


def rows(frame: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    """Rows of the table of observed and simulated shares."""

    def interval(low: float, high: float) -> str:
        a, b = language.percent(low), language.percent(high)
        return a if a == b else language.range(a, b)

    return [
        {
            "name": _label(x, language),
            "asked": language.number(x.asked) if x.asked > 1 else "",
            "observed": interval(x.observed_low, x.observed_high),
            "simulated": language.percent(x.median),
            "interval": interval(x.low, x.high),
            "inside": language.say(N_("yes") if x.inside_90 else N_("no")),
        }
        for x in _informative(frame).itertuples()
    ]


def sentence(cells: pd.DataFrame, language: Language) -> str:
    """How many observed shares lie inside the intervals of the model, and which do not.

    Parameters
    ----------
    cells : pandas.DataFrame
        From :func:`with_words`.
    language : Language
        In which it is written.
    """
    frame = _informative(cells)
    outside = [_label(x, language) for x in frame.itertuples() if not x.inside_90]
    said = {"inside": len(frame) - len(outside), "n": len(frame)}
    if not outside:
        text = N_("All %(n)s observed shares lie inside the 90%% interval of the calibrated model.")
        return language.say(text, **said)
    text = N_(
        "%(inside)s of %(n)s observed shares lie inside the 90%% interval of the calibrated model; "
        "outside: %(outside)s."
    )
    return language.say(text, outside=language.list(outside), **said)


def pictures(cells: pd.DataFrame, language: Language) -> list[charts.Chart]:
    """Two charts on one scale: observed shares as marks on simulated intervals."""
    frame = _informative(cells)
    first = frame["target"].isin(FIRST)
    result = []
    for part in (frame[first], frame[~first]):
        if part.empty:
            continue
        bars = [
            charts.Bar(
                _label(x, language),
                x.low,
                x.high,
                x.median,
                language.percent((x.observed_low + x.observed_high) / 2),
                mark=(x.observed_low, x.observed_high),
            )
            for x in part.itertuples()
        ]
        alt = language.say(
            N_(
                "Observed shares and what the calibrated model gives in studies of the same size; "
                "the numbers are in the table below."
            )
        )
        result.append(picture(tuple(bars), alt, language))
    return result


@lru_cache(maxsize=16)  # all reports of one calibration have the same
def picture(bars: tuple[charts.Bar, ...], alt: str, language: Language) -> charts.Chart:
    """One chart of observed shares on simulated intervals."""
    xlabel = language.say(N_("share of those asked; orange: observed"))
    return charts.intervals(bars, alt, xlabel, (0, 1), language, share=True, wrap=34)
