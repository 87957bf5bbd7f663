"""Charts of a page by scenario; those of a kind share their scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.summary import DIFFERENCE
from expatsim.findings.sureness import NOBODY, TOO_FEW
from expatsim.intervals import COLUMNS
from expatsim.report import answers, charts, words
from expatsim.report.language import N_, Language
from expatsim.runs.tallies import NEWCOMERS, STOCK
from expatsim.scenario.scenario import Scenario
from expatsim.text import labels

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.report.facts import Facts, Paths

MARKS = (1, 3, 5, 10)  # years
LONGEST = 90  # columns of a title beside a bar


def _difference_bars(
    frame: pd.DataFrame, labels: list[str], prefix: str = DIFFERENCE
) -> list[charts.Bar]:
    """Bars, in points, of rows with differences of shares."""
    bars = []
    for label, (_, x) in zip(labels, frame.iterrows(), strict=True):
        low, a, middle, b, high = (100 * x[f"{prefix}{name}"] for name in COLUMNS)
        bars.append(charts.Bar(label, low, high, middle, "", inner=(a, b)))
    return bars


def _size(bar: charts.Bar, language: Language) -> str:
    """The middle of a bar in points, with the digits that its interval supports."""
    return answers.in_points(bar.middle / 100, (bar.high - bar.low) / 100, language)


def _with_alt(
    bars: list[charts.Bar],
    what: str,
    language: Language,
    limits: tuple[float, float],
    rough: bool = False,
) -> charts.Chart:
    nobody = language.say(words.VERDICTS[NOBODY])
    values = [
        nobody
        if np.isnan(b.middle)
        else answers.points(b.low / 100, b.middle / 100, b.high / 100, True, language)
        for b in bars
    ]
    text = N_("%(what)s, in percentage points, with 90%% intervals: %(values)s.")
    if rough:
        text = N_("%(what)s, in percentage points, roughly: %(values)s.")
    listed = "; ".join(f"{b.label}: {v}" for b, v in zip(bars, values, strict=True))
    alt = language.say(text, what=what, values=listed)
    texts = [nobody if np.isnan(b.middle) else _size(b, language) for b in bars]
    bars = [dataclasses.replace(b, text=text) for b, text in zip(bars, texts, strict=True)]
    return charts.intervals(
        bars, alt, language.say(N_("difference, in percentage points")), limits, language
    )


def headline_chart(facts: Facts, others: Sequence[Scenario], language: Language) -> charts.Chart:
    """Chart of the headline difference of every scenario with the baseline."""
    rows = facts.headlines().loc[[s.name for s in others]]
    short = labels({s.name: s.title for s in others}, LONGEST)
    bars = _difference_bars(rows, list(short.values()))
    what = language.say(facts.headline.label)
    return _with_alt(bars, what, language, charts.limits(bars), facts.few)


def difference_charts(
    frame: pd.DataFrame, others: Sequence[Scenario], language: Language, rough: bool = False
) -> Iterator[dict[str, Any]]:
    """Two rows of charts with differences of shares: staying, and all others.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.summary`.
    others : sequence of Scenario
        All but the baseline.
    language : Language
        In which they are written.
    rough : bool
        Whether there are too few draws to speak of an interval.
    """
    for title, staying in ((N_("Staying"), True), (N_("Wish, welcome and services"), False)):
        names = [o.name for o in OUTCOMES.values() if o.is_share and bool(o.way_in) == staying]
        by_name = {}
        for s in others:
            some = frame[frame["outcome"].isin(names) & (frame["scenario"] == s.name)]
            by_name[s.name] = _difference_bars(
                some, [language.say(OUTCOMES[name].label) for name in some["outcome"]]
            )
        limits = charts.limits([b for bars in by_name.values() for b in bars])
        panels = [
            {
                "title": s.title,
                "chart": _with_alt(by_name[s.name], s.title, language, limits, rough),
            }
            for s in others
        ]
        yield {"title": language.say(title), "panels": panels}


def _lines(
    paths: Paths,
    titles: dict[str, str],
    language: Language,
    *,
    share: bool,
    labels: tuple[str, str],
    marks: tuple[float, ...],
    when: Callable[[float], str],
    rough: bool = False,
) -> charts.Chart:
    """One chart of a path for every scenario; its alternative text has their numbers."""
    x, by_name = paths.x, paths.quantiles
    top = 1.0 if share else 1.08 * max(1.0, *(np.nanmax(q) for q in by_name.values()))
    what, xlabel = labels
    show = language.percent if share else language.number
    nobody = language.say(words.VERDICTS[NOBODY])
    at = [int(np.argmin(np.abs(x - m))) for m in marks]
    text = N_("%(what)s, “%(title)s”: %(values)s (median and 90%% interval).")
    if rough:
        text = N_("%(what)s, “%(title)s”, roughly: %(values)s.")
    alts = [
        language.say(
            text,
            what=what,
            title=titles[name],
            values="; ".join(
                f"{when(x[k])}: {nobody}"
                if np.isnan(q[2, k])
                else f"{when(x[k])}: {show(q[2, k])} "
                f"({language.range(show(q[0, k]), show(q[4, k]))})"
                for k in at
            ),
        )
        for name, q in by_name.items()
    ]
    named = {titles[name]: q for name, q in by_name.items()}
    return charts.lines(
        x, named, " ".join(alts), language, xlabel=xlabel, top=top, share=share, marks=marks
    )


def stock(
    paths: Paths, start: str, titles: dict[str, str], language: Language, rough: bool = False
) -> dict[str, Any]:
    """Chart of people in the city, from the start to the end of the last month.

    Parameters
    ----------
    paths : Paths
        People in the city over time.
    start : str
        First month, such as ``"2010-01"``.
    titles : dict of str to str
        Titles of the scenarios by name, no two the same.
    language : Language
        In which it is written.
    rough : bool
        As for :func:`difference_charts`.
    """
    x = paths.x

    def when(year: float) -> str:
        return language.month(start, max(0, round(12 * (year - x[0])) - 1))

    what = language.say(PEOPLE)
    labels = (what, language.say(N_("year")))
    chart = _lines(
        paths,
        titles,
        language,
        share=False,
        labels=labels,
        marks=(x[0], x[-1]),
        when=when,
        rough=rough,
    )
    return {"title": what, "chart": chart}


PEOPLE = N_("Expats in the city")
STAYING = {
    NEWCOMERS: (N_("Newcomers still in the city"), N_("years since arrival")),
    STOCK: (N_("People here at the start, still in the city"), N_("years since the start")),
}


def staying(
    by_way_in: Mapping[str, Paths],
    titles: dict[str, str],
    language: Language,
    rough: bool = False,
) -> Iterator[dict[str, Any]]:
    """Charts of newcomers, and of people here at the start, still in the city.

    Parameters
    ----------
    by_way_in : mapping of str to Paths
        Shares still in the city over time.
    titles, language
        As for :func:`stock`.
    rough : bool
        As for :func:`difference_charts`.
    """
    for way_in, paths in by_way_in.items():
        what, xlabel = STAYING[way_in]
        labels = (language.say(what), language.say(xlabel))
        chart = _lines(
            paths,
            titles,
            language,
            share=True,
            labels=labels,
            marks=tuple(float(m) for m in MARKS if m <= paths.x[-1] + 1e-9),
            when=language.number,
            rough=rough,
        )
        yield {"title": labels[0], "chart": chart}


def _alike(rows: pd.DataFrame, smallest: float, language: Language) -> str:
    """A sentence if no group differs from another by more than is worth naming; else empty."""
    low, high = rows["median"].min(), rows["median"].max()
    if len(rows) < 2 or not high - low <= smallest:
        return ""
    text = N_(
        "The difference is practically the same in all groups: between %(low)s and %(high)s "
        "percentage points in the middle draw."
    )
    low_text, high_text = (language.number(100 * x, 1, sign=True) for x in (low, high))
    return language.say(text, low=low_text, high=high_text)


def groups(facts: Facts, scenario: Scenario, language: Language) -> dict[str, Any]:
    """Chart and table rows of a scenario's effects by group; all scenarios share the scale."""
    every = facts.groups()
    large = every[~every["verdict"].isin([TOO_FEW, NOBODY])]
    bars: dict[str, list[charts.Bar]] = {}
    for name, rows in large.groupby("scenario", sort=False):
        named = [answers.group_name(group, language) for group in rows["group"]]
        bars[str(name)] = [
            dataclasses.replace(bar, text=_size(bar, language))
            for bar in _difference_bars(rows, named, prefix="")
        ]
    mine = bars.get(scenario.name, [])
    alt = language.say(
        N_(
            "Differences by group for “%(title)s”, in points (thick line: %(half)s, thin line: "
            "%(most)s); the numbers are in the table below."
        ),
        title=scenario.title,
        **words.names_of_ranges(facts.different, language)._asdict(),
    )
    xlabel = language.say(N_("difference, in percentage points"))
    limits = charts.limits([bar for some in bars.values() for bar in some])
    return {
        "title": scenario.title,
        "alike": _alike(large[large["scenario"] == scenario.name], facts.smallest, language),
        "rows": answers.group_rows(every[every["scenario"] == scenario.name], language),
        "chart": charts.intervals(mine, alt, xlabel, limits, language) if mine else None,
    }
