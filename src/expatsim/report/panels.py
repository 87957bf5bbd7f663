"""The report's charts from a result: one for each scenario, on one scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.findings.summary import is_share
from expatsim.findings.sureness import NOBODY, TOO_FEW
from expatsim.findings.survival import share_staying
from expatsim.intervals import FIVE, quantiles
from expatsim.report import answers, charts, words
from expatsim.report.language import N_, Language
from expatsim.text import labels

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.findings.tables import Tables

MARKS = (1, 3, 5, 10)  # years
LONGEST = 90  # columns of a title beside a bar


def _difference_bars(frame: pd.DataFrame, labels: list[str]) -> list[charts.Bar]:
    """Bars in points from rows with differences."""
    columns = [
        "difference_low",
        "difference_low_50",
        "difference",
        "difference_high_50",
        "difference_high",
    ]
    found = []
    for label, (_, x) in zip(labels, frame.iterrows(), strict=True):
        low, a, middle, b, high = (100 * x[c] for c in columns)
        found.append(charts.Bar(label, low, high, middle, "", inner=(a, b)))
    return found


def _with_alt(
    bars: list[charts.Bar], what: str, language: Language, limits: tuple[float, float]
) -> charts.Chart:
    nobody = language.say(words.VERDICTS[NOBODY])
    values = [
        nobody
        if np.isnan(b.middle)
        else answers.points(b.low / 100, b.middle / 100, b.high / 100, True, language)
        for b in bars
    ]
    text = N_("%(what)s, in percentage points, with 90%% intervals: %(values)s.")
    listed = "; ".join(f"{b.label}: {v}" for b, v in zip(bars, values, strict=True))
    alt = language.say(text, what=what, values=listed)
    shown = [
        nobody if np.isnan(b.middle) else language.number(b.middle, 1, sign=True) for b in bars
    ]
    bars = [dataclasses.replace(b, text=text) for b, text in zip(bars, shown, strict=True)]
    return charts.intervals(
        bars, alt, language.say(N_("difference, in percentage points")), limits, language
    )


def headline_chart(
    main: pd.DataFrame, label: str, others: list[dict[str, Any]], language: Language
) -> charts.Chart:
    """The answer of every scenario on one scale."""
    rows = main.loc[[s["name"] for s in others]]
    short = labels({s["name"]: s["title"] for s in others}, LONGEST)
    bars = _difference_bars(rows, list(short.values()))
    what = language.say(words.OUTCOMES[label])
    return _with_alt(bars, what, language, charts.limits(bars))


def difference_charts(
    frame: pd.DataFrame, others: list[dict[str, Any]], language: Language
) -> list[dict[str, Any]]:
    """Differences of all shares: staying on one scale, the rest on another."""
    shares = frame[[is_share(o) for o in frame["outcome"]]]
    found = []
    for title, staying in ((N_("Staying"), True), (N_("Wish, welcome and services"), False)):
        by_name = {}
        for s in others:
            some = shares[
                (shares["scenario"] == s["name"])
                & shares["outcome"].str.startswith("still here").eq(staying)
            ]
            by_name[s["name"]] = _difference_bars(
                some, [language.say(words.OUTCOMES[o]) for o in some["outcome"]]
            )
        limits = charts.limits([b for bars in by_name.values() for b in bars])
        panels = [
            {
                "title": s["title"],
                "chart": _with_alt(by_name[s["name"]], s["title"], language, limits),
            }
            for s in others
        ]
        found.append({"title": language.say(title), "panels": panels})
    return found


def _panels(
    paths: dict[str, np.ndarray],
    titles: dict[str, str],
    x: np.ndarray,
    language: Language,
    *,
    share: bool,
    words_: tuple[str, str],
    marks: tuple[float, ...],
    when: Callable[[float], str],
) -> Iterator[dict[str, Any]]:
    """A band chart for each scenario, all on one scale, the first one's middle dashed in others."""
    shown = {name: quantiles(v, FIVE) for name, v in paths.items()}
    top = 1.0 if share else 1.08 * max(1.0, *(q[-1].max() for q in shown.values()))
    what, xlabel = words_
    show = language.percent if share else language.number
    first = next(iter(paths))
    for name, q in shown.items():
        base = None if name == first else (shown[first][2], f"– – {titles[first]}")
        at = [int(np.argmin(np.abs(x - m))) for m in marks]
        nobody = language.say(words.VERDICTS[NOBODY])
        alt = language.say(
            N_("%(what)s, “%(title)s”: %(values)s (median and 90%% interval)."),
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
        chart = charts.band(
            x, q, alt, language, xlabel=xlabel, top=top, share=share, base=base, marks=marks
        )
        yield {"title": titles[name], "chart": chart}


def stock(result: Tables, titles: dict[str, str], language: Language) -> Iterator[dict[str, Any]]:
    """People in the city, from those who are there at the start to the end of the last month."""
    described = {s["name"]: s for s in result.provenance["scenarios"]}
    start = next(iter(described.values()))["start"]
    year, month = (int(part) for part in start.split("-"))
    x = year + (month - 1 + np.arange(result.dataset.sizes["month"] + 1)) / 12
    here = {}
    for name in titles:
        path = result.dataset["here"].sel(scenario=name).to_numpy()
        here[name] = np.pad(path, ((0, 0), (1, 0)), constant_values=described[name]["stock"])

    def when(year: float) -> str:
        return language.month(start, max(0, round(12 * (year - x[0])) - 1))

    what = language.say(N_("Expats in the city"))
    labels = (what, language.say(N_("year")))
    return _panels(
        here, titles, x, language, share=False, words_=labels, marks=(x[0], x[-1]), when=when
    )


def staying(result: Tables, titles: dict[str, str], language: Language) -> Iterator[dict[str, Any]]:
    """Two rows of panels: newcomers, and those here at the start."""
    curves = share_staying(result.dataset).sel(group="all")
    x = np.concatenate([[0], curves["years"].to_numpy()])
    marks = tuple(float(m) for m in MARKS if m <= x[-1] + 1e-9)
    for way, what, xlabel in (
        ("newcomers", N_("Newcomers still in the city"), N_("years since arrival")),
        ("stock", N_("People here at the start, still in the city"), N_("years since the start")),
    ):
        paths = {}
        for name in titles:
            curve = curves.sel(scenario=name, way_in=way).to_numpy()
            paths[name] = np.pad(curve, ((0, 0), (1, 0)), constant_values=1.0)
        labels = (language.say(what), language.say(xlabel))
        panels = _panels(
            paths,
            titles,
            x,
            language,
            share=True,
            words_=labels,
            marks=marks,
            when=language.number,
        )
        yield {"title": labels[0], "panels": list(panels)}


def groups(
    effects: pd.DataFrame, scenario: dict[str, Any], label: str, language: Language
) -> dict[str, Any]:
    """Effects of a scenario by group: a chart, on one scale with those of others, and its rows."""
    whole = answers.groups(effects, list(effects["scenario"].unique()), label)
    whole = whole[~whole["verdict"].isin([TOO_FEW, NOBODY])]
    own = answers.groups(effects, [scenario["name"]], label)
    bars: dict[str, list[charts.Bar]] = {}
    for _, x in whole.iterrows():
        low, a, middle, b, high = (
            100 * x[c] for c in ("low_90", "low_50", "median", "high_50", "high_90")
        )
        group = language.say(words.GROUPS[x["group"]])
        text = language.number(middle, 1, sign=True)
        bar = charts.Bar(group, low, high, middle, text, inner=(a, b))
        bars.setdefault(x["scenario"], []).append(bar)
    mine = bars.get(scenario["name"], [])
    rows = answers.group_rows(own, language)
    alt = language.say(
        N_(
            "Differences by group for “%(title)s”, in points, with 50%% and 90%% intervals; the "
            "numbers are in the table below."
        ),
        title=scenario["title"],
    )
    xlabel = language.say(N_("difference, in percentage points"))
    every = [bar for some in bars.values() for bar in some]  # all scenarios on one scale
    chart = charts.intervals(mine, alt, xlabel, charts.limits(every), language) if mine else None
    return {"title": scenario["title"], "rows": rows, "chart": chart}
