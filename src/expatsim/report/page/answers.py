"""What a result answers, as plain values in the words of a language, for the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from expatsim.analysis import assumptions, cost, guards
from expatsim.analysis.summary import is_share, smallest
from expatsim.analysis.sureness import (
    ASSUMED_SIZES,
    CANNOT_TELL,
    FEWEST_DRAWS,
    FEWEST_PEOPLE,
    NO_DIFFERENCE,
    NOBODY,
    PRACTICALLY_NONE,
    TOO_FEW,
    TOO_FEW_DRAWS,
)
from expatsim.calibration.record import Calibration
from expatsim.parameters import registry
from expatsim.report.page import words
from expatsim.report.page.language import N_, Language, supported

if TYPE_CHECKING:
    from expatsim.runs.result import Result

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
                some = of_draws(int(row["difference_draws"]), draws, language)
                cell["difference"] = points(*triple, share, language) + some
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


# more years than all people of the largest scenario live in the city
MOST_YEARS = 1e9
COSTS = {
    "extra cost": N_("Extra cost over the whole period"),
    "extra expat-years": N_("Extra years lived in the city by expats"),
    "cost of an extra expat-year": N_("Cost of one extra year lived in the city"),
    "extra expat-years to break even": N_("Extra years lived in the city from which it pays"),
    "net benefit": N_("Worth of the extra years less the extra cost"),
    "extra people here after five years": N_("Extra expats in the city after five years"),
    "cost of an extra person here after five years": N_(
        "Cost of one extra expat in the city after five years"
    ),
}


NOTES = {
    cost.TOO_FEW_TO_DIVIDE: N_("too few people to divide by"),
    ASSUMED_SIZES: words.VERDICTS[ASSUMED_SIZES],
}


def cost_tables(result: Result, titles: dict[str, str], language: Language) -> list[dict[str, Any]]:
    """Costs of every scenario that has some."""
    frame = result.costs()
    if frame.empty:
        return []
    ends = ["low", "median", "high"]
    frame[ends] = [
        [supported(getattr(x, end), x.low, x.high) for end in ends] for x in frame.itertuples()
    ]
    described = {s.name: s for s in result.described()}
    base = next(iter(described.values()))

    def show(quantity: str, x: float) -> str:
        if np.isinf(x) or ("break even" in quantity and x > MOST_YEARS):
            return language.say(N_("never"))
        return (
            language.euros(x) if "cost" in quantity or "benefit" in quantity else language.number(x)
        )

    tables = []
    for name, rows in frame.groupby("scenario", sort=False):
        shown = []
        for x in rows.itertuples():
            low, middle, high = (show(x.quantity, v) for v in (x.low, x.median, x.high))
            chance, note = x.probability_of_no_gain, language.say(NOTES[x.note]) if x.note else ""
            if np.isnan(x.median):
                middle, note = note, ""
            shown.append(
                {
                    "name": language.say(COSTS[x.quantity]),
                    "value": middle,
                    "interval": ""
                    if np.isnan(x.median)
                    else low
                    if low == high
                    else language.range(low, high),
                    "note": note,
                    "no_gain": "" if np.isnan(chance) else language.percent(chance),
                }
            )
        missing, uncounted = cost.without_numbers(described[str(name)], base)
        tables.append(
            {
                "title": titles[str(name)],
                "rows": shown,
                "missing": [language.say(words.LEVER_NAMES[x]) for x in missing],
                "uncounted": [language.say(words.LEVER_NAMES[x]) for x in uncounted],
            }
        )
    return tables


def resting_on(
    described: list[dict[str, Any]],
    calibration: Calibration | None,
    source: str,
    language: Language,
) -> list[dict[str, Any]]:
    """The parameters behind all that differs, and which of them the data inform.

    Parameters
    ----------
    described : list of dict
        The scenarios.
    calibration : Calibration or None
        Behind the draws.
    source : str
        Of the draws.
    language : Language
    """

    def informed(name: str) -> str:
        if source == "prior":
            return N_("no")
        if calibration is None or not calibration.converged:
            return N_("not known")
        return N_("yes") if calibration.informs(name) else N_("no")

    rows = []
    for part in assumptions.parts(described):
        cells = [
            (
                words.parameter(name, language),
                language.say(words.EVIDENCE[registry()[name].evidence]),
                language.say(informed(name)),
            )
            for name in part.parameters
        ] or [
            (
                language.say(words.TYPED[part.what]),
                language.say(words.EVIDENCE["assumption"]),
                language.say(N_("no")),
            )
        ]
        for k, (meaning, evidence, answer) in enumerate(cells):
            rows.append(
                {
                    "part": language.say(words.PARTS[part.what]) if k == 0 else "",
                    "span": len(cells) if k == 0 else 0,
                    "meaning": meaning,
                    "evidence": evidence,
                    "informed": answer,
                }
            )
    return rows


def cautions(described: dict[str, Any], language: Language) -> list[str]:
    """A sentence for everything about a scenario that no data stand behind."""
    found = guards.cautions(described)
    lines = []
    if "horizon" in found:
        text = N_("It runs %(years)s years: beyond %(longest)s little of the survey is left.")
        lines.append(language.say(text, years=found["horizon"], longest=guards.LONGEST))
    for lever, (own, seen) in found.get("levers", {}).items():
        low, high = (words.level(lever, language, x) for x in seen)
        text = N_("%(lever)s: %(level)s, outside what either city did in 2009 (%(seen)s).")
        lines.append(
            language.say(
                text,
                lever=language.say(words.LEVER_NAMES[lever]),
                level=words.level(lever, language, own[1] if own[1] > seen[1] else own[0]),
                seen=low if low == high else language.range(low, high),
            )
        )
    if "stock" in found:
        stock, usual = map(language.number, found["stock"])
        text = N_("It starts with %(stock)s expats, far from the %(usual)s derived from the facts.")
        lines.append(language.say(text, stock=stock, usual=usual))
    if "inflow" in found:
        text = N_(
            "Each year %(own)s workers arrive: that was never seen. The facts of %(first)s to "
            "%(last)s give %(seen)s."
        )
        own, seen = (_between(ends, language) for ends in found["inflow"])
        first, last = guards.years_of_facts()
        lines.append(language.say(text, own=own, seen=seen, first=first, last=last))
    if "climate" in found:
        text = N_(
            "Economic climate of %(own)s: that was never seen. The crisis of 2009 is %(crisis)s, "
            "normal years are %(normal)s."
        )
        ends, (crisis, normal) = found["climate"]
        own, crisis, normal = (
            _between(x, language, 1) for x in (ends, (crisis, crisis), (normal, normal))
        )
        lines.append(language.say(text, own=own, crisis=crisis, normal=normal))
    if "start" in found:
        text = N_(
            "It starts in %(month)s, and the model is one of 2009: people, policy and city are "
            "those of the survey of 2008 and 2009, departures those of arrivals in %(first)s to "
            "%(last)s."
        )
        start, (first, last) = found["start"]
        lines.append(language.say(text, month=language.month(start, 0), first=first, last=last))
    if "idle" in found:
        dates = language.list([language.month(date, 0) for date in found["idle"]])
        lines.append(language.say(N_("A change that changes nothing: %(dates)s."), dates=dates))
    if "weights" in found:
        text = N_("National weights rest on two Indian respondents for three in ten permits.")
        lines.append(language.say(text))
    return lines


def _between(ends: guards.Range, language: Language, digits: int = 0) -> str:
    """A range in numbers, one number where its ends are one."""
    low, high = (language.number(x, 0 if x == int(x) else digits) for x in ends)
    return low if low == high else language.range(low, high)
