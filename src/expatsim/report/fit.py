"""How well the model reproduces the observed tables, by the calibration that was used."""

from __future__ import annotations

from typing import Any

import pandas as pd

from expatsim.report import charts
from expatsim.report.language import N_, Language

TARGETS = {
    "wish to stay": N_("Wish to stay"),
    "Dutch level": N_("Dutch"),
    "Dutch friends": N_("Dutch friends"),
    "contract term": N_("Contract"),
    "knows a service": N_("Knows"),
    "used a service, if known": N_("Used a service they know"),
    "feels welcome": N_("Feels welcome"),
    "partners volunteer": N_("Partners volunteer"),
    "workers volunteer": N_("Workers volunteer"),
    "knows the desk, The Hague": N_("Knows the desk, The Hague"),
    "feels welcome, The Hague": N_("Feels welcome, The Hague"),
    "in the second year of the stay": N_("In the second year of the stay"),
    "gone after five years, outside the EU": N_("Gone after five years, from outside the EU"),
    "gone after five years, EU": N_("Gone after five years, from the EU"),
}
CELLS = {
    "no": N_("no"),
    "maybe": N_("maybe"),
    "yes": N_("yes"),
    "none": N_("none"),
    "a few words": N_("a few words"),
    "a little": N_("a little"),
    "(almost) fluent": N_("(almost) fluent"),
    "0": "0",
    "1": "1",
    "2-5": "2–5",
    "6-9": "6–9",
    "10-20": "10–20",
    ">20": N_("more than 20"),
    "0.5-1 yr": N_("up to a year"),
    "2-3 yr": N_("2 to 3 years"),
    "4-5 yr": N_("4 to 5 years"),
    "6-7 yr": N_("6 to 7 years"),
    "no end date": N_("no end date"),
    "no service": N_("no service"),
    "another service only": N_("another service only"),
    "the desk": N_("the expat desk"),
    "share": "",
}
FIRST = ("wish to stay", "Dutch level", "Dutch friends", "contract term")


def with_words(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells that there are words for: targets of one's own are left out."""
    if cells.empty:
        return cells
    known = cells["target"].isin(TARGETS) & cells["cell"].isin(CELLS)
    return cells[known].reset_index(drop=True)


def _label(x: Any, language: Language) -> str:
    target = language.say(TARGETS[x.target])
    cell = language.say(CELLS[x.cell]) if CELLS[x.cell] else ""
    only = x.cell == "yes" and x.target not in FIRST
    return target if only or not cell else f"{target}: {cell}"


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells without those that follow from another (the "no" beside a "yes")."""
    two = frame.groupby("target")["cell"].transform(lambda c: set(c) <= {"yes", "no"})
    return frame[~(two & (frame["cell"] == "no"))]


def rows(frame: pd.DataFrame, language: Language) -> list[dict[str, str]]:
    """The table beside the pictures."""

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
        for x in _shown(frame).itertuples()
    ]


def pictures(cells: pd.DataFrame, language: Language) -> list[charts.Chart]:
    """Observed marks on simulated intervals, two charts on one scale."""
    frame = _shown(cells)
    first = frame["target"].isin(FIRST)
    found = []
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
        xlabel = language.say(N_("share of those asked; orange: observed"))
        found.append(charts.intervals(bars, alt, xlabel, (0, 1), language, share=True, wrap=34))
    return found
