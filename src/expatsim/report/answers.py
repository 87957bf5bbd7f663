"""Sentences, cells and rows for outcomes and their differences, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from expatsim.findings.basis import ASSUMPTION, MEASURED, PARTLY, UNKNOWN
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.summary import DIFFERENCE
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    FEWEST_DRAWS,
    FEWEST_PEOPLE,
    NO_DIFFERENCE,
    NOBODY,
    PRACTICALLY_NONE,
    SMALLEST_SHARE,
    TOO_FEW,
    TOO_FEW_DRAWS,
    UNDECIDED,
)
from expatsim.findings.unknowns import Unknown
from expatsim.report import words
from expatsim.report.language import N_, Language
from expatsim.runs.groups import GROUPS
from expatsim.scenario import Scenario

WIDE = 0.1  # of an interval of a share: a tenth of a point means nothing then


def value(row: pd.Series, language: Language, draws: int) -> str:
    """``45% (34% to 53%)`` or ``31,200 (25,000 to 40,100)``, with remarks on draws and people.

    Parameters
    ----------
    row : pandas.Series
        A row of :meth:`expatsim.result.Result.summary`.
    language : Language
        In which numbers and remarks are written.
    draws : int
        Draws of the run.
    """
    if not row["draws"]:
        return language.say(words.VERDICTS[NOBODY])
    show = language.percent if OUTCOMES[row["outcome"]].is_share else language.number
    numbers = f"{show(row['median'])} ({language.range(show(row['low']), show(row['high']))})"
    few = row["people"] < FEWEST_PEOPLE
    remark = f", {language.say(words.VERDICTS[TOO_FEW])}" if few else ""
    return numbers + of_draws(int(row["draws"]), draws, language) + remark


def of_draws(some: int, draws: int, language: Language) -> str:
    """``, in 7 of 10 draws`` where some draws have nobody to look at; else empty."""
    if not 0 < some < draws:
        return ""
    text = N_(", in %(some)s of %(draws)s draws")
    return language.say(text, some=language.number(some), draws=language.number(draws))


def points(low: float, middle: float, high: float, share: bool, language: Language) -> str:
    """A difference with its interval, such as ``+1.2 (−0.3 to +2.8)``; points for shares.

    Parameters
    ----------
    low, middle, high : float
        Ends of the interval and the middle draw; shares as fractions.
    share : bool
        Whether it is a difference of shares.
    language : Language
        In which numbers are written.

    Examples
    --------
    >>> points(-0.003, 0.012, 0.028, True, Language("en"))
    '+1.2 (−0.3 to +2.8)'
    """
    if share:
        a, b, c = (in_points(x, high - low, language) for x in (low, middle, high))
    else:
        a, b, c = (language.number(x, sign=True) for x in (low, middle, high))
    return f"{b} ({language.range(a, c)})"


def in_points(x: float, width: float, language: Language) -> str:
    """A difference of shares in percentage points; one whose interval is wide has no decimals.

    Parameters
    ----------
    x : float
        The difference, as a fraction.
    width : float
        Width of its 90 % interval.
    language : Language
        In which it is written.

    Examples
    --------
    >>> in_points(0.278, 0.25, Language("en")), in_points(0.012, 0.03, Language("en"))
    ('+28', '+1.2')
    """
    return language.number(100 * x, 0 if width >= WIDE else 1, sign=True)


def triple(row: pd.Series, prefix: str = "") -> tuple[float, float, float]:
    """Low end, median and high end of a row of a table."""
    return row[f"{prefix}low"], row[f"{prefix}median"], row[f"{prefix}high"]


_GROUPS = {group.name: group.label for group in GROUPS}
# sentences where it cannot be said whether there are more or fewer
_NO_VERDICT = {
    UNDECIDED: N_(
        "The model is undecided whether this differs from “%(base)s”: the difference lies "
        "between %(low)s and %(high)s of every 100 (90%% interval)."
    ),
    NO_DIFFERENCE: N_("No difference with “%(base)s”: it is exactly the same in every draw."),
    PRACTICALLY_NONE: N_(
        "Practically no difference with “%(base)s”: nine in ten draws are within %(smallest)s of "
        "every 100 (90%% interval %(low)s to %(high)s)."
    ),
    TOO_FEW: N_(
        "Too few people to say whether this differs from “%(base)s”: fewer than %(people)s in the "
        "middle draw."
    ),
    TOO_FEW_DRAWS: N_(
        "Too few draws to say how sure a difference with “%(base)s” is (%(draws)s different ones "
        "are needed): the middle one is %(middle)s of every 100, and most of these draws lie "
        "between %(low)s and %(high)s."
    ),
    NOBODY: N_("In no draw is there anybody to compare with “%(base)s”."),
}
_VERDICT = {
    ("clear", True): N_(
        "Clearly more than in “%(base)s”: about %(size)s more of every 100 (90%% interval "
        "%(low)s to %(high)s)."
    ),
    ("clear", False): N_(
        "Clearly fewer than in “%(base)s”: about %(size)s fewer of every 100 (90%% "
        "interval %(low)s to %(high)s)."
    ),
    ("likely", True): N_(
        "Likely more than in “%(base)s”, but not certainly: about %(size)s more of every "
        "100 (90%% interval %(low)s to %(high)s)."
    ),
    ("likely", False): N_(
        "Likely fewer than in “%(base)s”, but not certainly: about %(size)s fewer of every "
        "100 (90%% interval %(low)s to %(high)s)."
    ),
}

# all of them, for a page that fills in the numbers itself
HEADLINES = _NO_VERDICT | {
    f"{verdict} {'more' if more else 'fewer'}": text for (verdict, more), text in _VERDICT.items()
}


def headline(
    row: pd.Series, base: str, language: Language, smallest: float = SMALLEST_SHARE
) -> str:
    """A sentence on the difference of a share with the baseline, and how sure it is.

    Parameters
    ----------
    row : pandas.Series
        A row of :meth:`expatsim.result.Result.summary`.
    base : str
        Title of the baseline.
    language : Language
        In which the sentence is written.
    smallest : float
        The smallest difference that is worth naming, as a share.
    """
    outcome, numbers = OUTCOMES[row["outcome"]], triple(row, DIFFERENCE)
    low, middle, high = (language.number(100 * x, 1, sign=True) for x in numbers)
    text = _NO_VERDICT.get(row["verdict"])
    return language.say(
        text or _VERDICT[row["verdict"], bool(row["probability_higher"] > 0.5)],
        what=language.say(outcome.label),
        base=base,
        size=language.number(abs(100 * numbers[1]), 1),
        low=low,
        middle=middle,
        high=high,
        smallest=language.number(100 * smallest, 1),
        people=FEWEST_PEOPLE,
        draws=FEWEST_DRAWS,
    )


def summary_rows(
    frame: pd.DataFrame, names: list[str], language: Language, draws: int
) -> list[dict[str, Any]]:
    """Rows of the table of outcomes, with value, difference and its two labels for each scenario.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.summary`.
    names : list of str
        Scenarios in the order of the columns, the baseline first.
    language : Language
        In which cells are written.
    draws : int
        Draws of the run.
    """
    rows = []
    for outcome_name, some in frame.groupby("outcome", sort=False):
        by_name = some.set_index("scenario")
        outcome = OUTCOMES[str(outcome_name)]
        share = outcome.is_share
        cells = []
        for k, name in enumerate(names):
            row = by_name.loc[name]
            show = language.percent if share else language.number
            cell = {
                "value": value(row, language, draws),
                "middle": show(row["median"]),
                "difference": "",
                **_labels("", "", language),
            }
            if k and row["verdict"] != NOBODY:
                remark = of_draws(int(row["difference_draws"]), draws, language)
                cell["difference"] = points(*triple(row, DIFFERENCE), share, language) + remark
                cell |= _labels(row["verdict"], row["rests_on"], language)
            cells.append(cell)
        rows.append({"outcome": outcome.name, "name": language.say(outcome.label), "cells": cells})
    return rows


def _labels(verdict: str, rests_on: str, language: Language) -> dict[str, str]:
    """The two labels of a difference for a cell: their words, and their keys."""
    both = verdict != ASSUMED_SIZES  # which says both
    return {
        "verdict": language.say(words.VERDICTS[verdict]) if verdict else "",
        "key": verdict,
        "basis": language.say(words.BASIS[rests_on]) if rests_on and both else "",
        "basis_key": rests_on if both else "",
    }


_ABOUT_BASIS = {
    MEASURED: N_("the calibration settled most of this answer"),
    PARTLY: N_("the calibration settled a part of this answer; the rest was assumed beforehand"),
    ASSUMPTION: N_("this answer is as it was assumed beforehand; no measurement has changed it"),
    UNKNOWN: N_("whether any measurement changed this answer was not found out"),
}


def labels(row: pd.Series, language: Language) -> dict[str, str]:
    """How sure the model is of a difference and what it rests on, with a remark on the latter.

    Parameters
    ----------
    row : pandas.Series
        A row with the columns of :func:`expatsim.findings.labels.columns`.
    language : Language
        In which it is written.
    """
    texts = _labels(row["verdict"], row["rests_on"], language)
    about = _ABOUT_BASIS.get(texts["basis_key"])
    return {**texts, "about": language.say(about) if about else ""}


def unknown(
    x: Unknown, scenarios: Sequence[Scenario], titles: Mapping[str, str], language: Language
) -> dict[str, str]:
    """The biggest unknown of an answer as a sentence, and the question that would settle it.

    Parameters
    ----------
    x : Unknown
        From :func:`expatsim.findings.unknowns.biggest`.
    scenarios : sequence of Scenario
        The baseline first.
    titles : mapping of str to str
        Titles of the scenarios in the language, by name.
    language : Language
        In which it is written.
    """
    parameter = words.parameters_of(scenarios)[x.parameter]
    own = x.scenario == scenarios[0].name
    text = (
        N_(
            "%(share)s of what is uncertain about “%(outcome)s” is one number, about "
            "%(process)s: “%(meaning)s”."
        )
        if own
        else N_(
            "%(share)s of what is uncertain about the difference of “%(title)s” is one number, "
            "about %(process)s: “%(meaning)s”."
        )
    )
    return {
        "sentence": language.say(
            text,
            share=language.percent(x.share),
            outcome=language.say(OUTCOMES[x.outcome].label),
            title=titles[x.scenario],
            process=language.say(words.PROCESSES.get(parameter.rule, parameter.rule)),
            meaning=words.parameter(parameter, language),
        ),
        "known": language.say(_known(x.informed, parameter.evidence)),
        "ask": words.question(parameter, language),
    }


_KNOWN = {
    True: N_("The calibration narrowed it down, and it still counts for most."),
    False: N_("The calibration left it as it was put in, after literature or figures of others."),
    None: N_("What is known of it cannot be said."),
}
_ASSUMED = N_("Nobody has measured it: it is an assumption.")


def _known(informed: bool | None, evidence: str) -> str:
    """What is known of a parameter, by whether the calibration informed it and its evidence."""
    return _ASSUMED if informed is False and evidence == "assumption" else _KNOWN[informed]


def group_name(name: str, language: Language) -> str:
    """Label of a group of people."""
    return language.say(_GROUPS[name])


def group_rows(some: pd.DataFrame, language: Language) -> list[dict[str, Any]]:
    """Rows of the table of groups; a group that is too small has no numbers."""
    rows = []
    for _, x in some.iterrows():
        few = x["verdict"] in (TOO_FEW, NOBODY)
        rows.append(
            {
                "name": group_name(x["group"], language),
                "base": "" if few else language.percent(x["baseline"]),
                "difference": "" if few else points(*triple(x), True, language),
                **_labels(x["verdict"], x["rests_on"], language),
            }
        )
    return rows
