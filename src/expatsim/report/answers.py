"""Outcomes and their differences in the words of a language: sentences, cells and rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from expatsim.findings.summary import is_share, smallest
from expatsim.findings.sureness import (
    CANNOT_TELL,
    FEWEST_DRAWS,
    FEWEST_PEOPLE,
    NO_DIFFERENCE,
    NOBODY,
    PRACTICALLY_NONE,
    TOO_FEW,
    TOO_FEW_DRAWS,
)
from expatsim.report import words
from expatsim.report.language import N_, Language

# the answer that comes first: the first of these that the projection is long enough for
HEADLINES = tuple(
    f"still here, of {whom}: after {years}"
    for years in ("5 years", "3 years", "1 year")
    for whom in ("newcomers since arrival", "those here at the start")
)


def headline_outcome(frame: pd.DataFrame) -> str:
    """Label of the outcome that the summary begins with; one that there is somebody to ask for."""
    some = frame.groupby("outcome", sort=False)["draws"].min()
    known = [str(label) for label in some.index[some > 0]]
    return next((label for label in HEADLINES if label in known), known[0])


def value(row: pd.Series, language: Language, draws: int) -> str:
    """``45% (34% to 53%)`` or ``31,200 (25,000 to 40,100)``; and in how many draws, if not all."""
    if not row["draws"]:
        return language.say(words.VERDICTS[NOBODY])
    show = language.percent if is_share(row["outcome"]) else language.number
    numbers = f"{show(row['median'])} ({language.range(show(row['low']), show(row['high']))})"
    few = row["people"] < FEWEST_PEOPLE
    remark = f", {language.say(words.VERDICTS[TOO_FEW])}" if few else ""
    return numbers + of_draws(int(row["draws"]), draws, language) + remark


def of_draws(some: int, draws: int, language: Language) -> str:
    """`` in 7 of 10 draws`` where not all have somebody to look at."""
    if not 0 < some < draws:
        return ""
    text = N_(", in %(some)s of %(draws)s draws")
    return language.say(text, some=language.number(some), draws=language.number(draws))


def points(low: float, middle: float, high: float, share: bool, language: Language) -> str:
    """A difference with its interval: in points for shares."""
    scale, digits = (100, 1) if share else (1, 0)
    a, b, c = (language.number(scale * x, digits, sign=True) for x in (low, middle, high))
    return f"{b} ({language.range(a, c)})"


# what comes before any question of more or fewer
_NO_VERDICT = {
    CANNOT_TELL: N_(
        "The data cannot tell whether this differs from “%(base)s”: the difference lies "
        "between %(low)s and %(high)s of every 100 (90%% interval)."
    ),
    NO_DIFFERENCE: N_("No difference with “%(base)s”: it is exactly the same in every draw."),
    PRACTICALLY_NONE: N_(
        "Practically no difference with “%(base)s”: in the middle draw less than %(smallest)s of "
        "every 100 (90%% interval %(low)s to %(high)s)."
    ),
    TOO_FEW: N_(
        "Too few people to say whether this differs from “%(base)s”: fewer than %(people)s in the "
        "middle draw."
    ),
    TOO_FEW_DRAWS: N_(
        "Too few draws to say how sure a difference with “%(base)s” is (%(draws)s are needed): "
        "the middle one is %(middle)s of every 100 (90%% interval %(low)s to %(high)s)."
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


def headline(row: pd.Series, base: str, language: Language) -> str:
    """One sentence: how much more or fewer, and how sure; the outcome is a share."""
    low, middle, high = (
        language.number(100 * row[c], 1, sign=True)
        for c in ("difference_low", "difference", "difference_high")
    )
    text = _NO_VERDICT.get(row["verdict"])
    return language.say(
        text or _VERDICT[row["verdict"], bool(row["probability_higher"] > 0.5)],
        what=language.say(words.OUTCOMES[row["outcome"]]),
        base=base,
        size=language.number(abs(100 * row["difference"]), 1),
        low=low,
        middle=middle,
        high=high,
        smallest=language.number(200 * smallest(row["outcome"]), 1),
        people=FEWEST_PEOPLE,
        draws=FEWEST_DRAWS,
    )


def summary_rows(
    frame: pd.DataFrame, names: list[str], language: Language, draws: int
) -> list[dict[str, Any]]:
    """Every outcome: a cell for each scenario with value, difference and verdict."""
    rows = []
    for outcome, some in frame.groupby("outcome", sort=False):
        by_name = some.set_index("scenario")
        share = is_share(str(outcome))
        cells = []
        for k, name in enumerate(names):
            row = by_name.loc[name]
            cell = {
                "value": value(row, language, draws),
                "difference": "",
                "verdict": "",
                "key": "",
            }
            if k and row["verdict"] != NOBODY:
                triple = (row["difference_low"], row["difference"], row["difference_high"])
                known = of_draws(int(row["difference_draws"]), draws, language)
                cell["difference"] = points(*triple, share, language) + known
                cell["verdict"] = language.say(words.VERDICTS[row["verdict"]])
                cell["key"] = row["verdict"]
            cells.append(cell)
        name = language.say(words.OUTCOMES[str(outcome)])
        rows.append({"name": name, "share": share, "cells": cells})
    return rows


def groups(effects: pd.DataFrame, scenarios: list[str], outcome: str) -> pd.DataFrame:
    """Effects by group of some scenarios on the headline outcome."""
    years = outcome.rpartition("after ")[2]
    whose = "newcomers" if "newcomers" in outcome else "those here at the start"
    some = effects[
        effects["scenario"].isin(scenarios)
        & (effects["outcome"] == f"{whose} still here after {years}")
    ]
    return some[some["group"] != "all"]


def group_rows(some: pd.DataFrame, language: Language) -> list[dict[str, Any]]:
    """A row for each group; a group that is too small has no numbers."""
    rows = []
    for _, x in some.iterrows():
        few = x["verdict"] in (TOO_FEW, NOBODY)
        rows.append(
            {
                "name": language.say(words.GROUPS[x["group"]]),
                "base": "" if few else language.percent(x["baseline"]),
                "difference": ""
                if few
                else points(x["low_90"], x["median"], x["high_90"], True, language),
                "verdict": language.say(words.VERDICTS[x["verdict"]]),
                "key": x["verdict"],
            }
        )
    return rows
