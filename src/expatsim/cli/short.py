"""Tables that fit on one screen, under the sentence that answers; all else is in the CSV files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from expatsim.cli.answers import DELAYED, NO_NAMES, level, main_outcome, parts_of, responses_of
from expatsim.cli.grid import Grid
from expatsim.cli.numbers import interval, number
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.summary import DIFFERENCE
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    PRACTICALLY_NONE,
    TOO_FEW_DRAWS,
    UNDECIDED,
    name_of_range,
)
from expatsim.text import fold

NARROWEST = 21  # columns of the first column beside the widest numbers and labels
ROWS = 14  # of a table: with the answer and the lines below it, thirty lines
MOST_COSTS = 3  # scenarios whose costs are told
# outcomes of a short comparison, after the one that comes first
OTHERS = ("people", "welcome", "wish", "some_dutch", "knows_service", "dutch_friends")
MIDDLE = (f"{DIFFERENCE}low", f"{DIFFERENCE}median", f"{DIFFERENCE}high")
_SHORT = {UNDECIDED: "undecided", PRACTICALLY_NONE: "practically none"}
MORE = "All outcomes: --all, and as CSV with --out."


def _grid(caption: str, *headings: str) -> Grid:
    """A table whose second to last columns hold numbers or labels."""
    table = Grid(caption=caption)
    for k, heading in enumerate(headings):
        table.add_column(heading, justify="right" if 0 < k < len(headings) - 2 else "left")
    return table


def _range_of(frame: pd.DataFrame) -> str:
    """What the ranges of a table are called; parameter vectors may be fewer than the draws."""
    few = (frame["verdict"] == TOO_FEW_DRAWS).any()
    return name_of_range(0 if few else frame["draws"].max())


def _caption(frame: pd.DataFrame, middle: str = "Median") -> str:
    """What the numbers of differences are."""
    range_ = _range_of(frame)
    return f"{middle} ({range_}), shares in points; the labels: docs/analysis.md."


def that_fit(texts: Sequence[str], room: int, columns: int = NARROWEST) -> int:
    """How many texts of a first column fit in so many lines; at least one.

    Parameters
    ----------
    texts : sequence of str
        The texts, one for each row.
    room : int
        Lines.
    columns : int
        Width to which they are folded.
    """
    lines = np.cumsum([len(fold(text, columns)) for text in texts])
    return max(1, int((lines <= room).sum()))


def _sure(row: Mapping[str, Any] | pd.Series, prefix: str = "") -> tuple[str, str]:
    """How sure the model is and what a difference rests on, each short enough for a column."""
    verdict, basis = (str(row.get(f"{prefix}{x}", "nan")) for x in ("verdict", "rests_on"))
    if verdict == "nan":  # of euros
        return "", ""
    return _SHORT.get(verdict, verdict), basis


def comparison(frame: pd.DataFrame, main: str, titles: Mapping[str, str], room: int = ROWS) -> Grid:
    """Differences of every scenario from the first one, in the outcomes that come first.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.summary`, of two scenarios or more.
    main : str
        Name of the outcome that comes first.
    titles : mapping of str to str
        Title by name, the baseline first.
    room : int
        Rows that the table may have.

    Returns
    -------
    Grid
        With few scenarios, several outcomes below each; with many, the first outcome of each.
    """
    names = list(titles)[1:]
    most = max(1, room // len(names) - 2)
    there = [x for x in OTHERS if x in set(frame["outcome"]) and x != main]
    shown = [main, *there][:most]
    by_name = frame.set_index(["scenario", "outcome"])
    what = "scenario" if most == 1 else "outcome"
    table = _grid(_caption(frame), what, "difference", "how sure", "rests on")
    if most == 1:
        table.title = OUTCOMES[main].label
        order = by_name.xs(main, level="outcome").loc[names, f"{DIFFERENCE}median"]
        names = list(order.sort_values(ascending=False, kind="stable").index)
    if len(names) > room:
        table.caption = f"{table.caption} {len(names) - room} more: --all."
    for name in names[:room]:
        if most > 1:
            table.add_heading(titles[name])
        for outcome in shown:
            x, row = OUTCOMES[outcome], by_name.loc[(name, outcome)]
            if row["verdict"] == ASSUMED_SIZES and outcome != main:  # no finding
                continue
            label = x.label.removesuffix(", at the end") if most > 1 else titles[name]
            table.add_row(label, interval(row, MIDDLE, x.is_share, True), *_sure(row))
    return table


def first_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the outcomes that come first, in their order.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with columns ``outcome`` and ``draws``.
    """
    names = list(dict.fromkeys([main_outcome(frame), *OTHERS]))
    some = frame[frame["outcome"].isin(names)]
    return some.sort_values("outcome", key=lambda x: x.map(names.index), kind="stable")


def costs(
    frame: pd.DataFrame, titles: Mapping[str, str], notes: Mapping[str, Sequence[str]]
) -> list[str]:
    """A line for each scenario with costs: what it costs, and what an extra expat-year costs.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.costs`.
    titles : mapping of str to str
        Title by name.
    notes : mapping of str to sequence of str
        What is not counted, by name.
    """
    if frame.empty:
        return []
    lines = ["Euros above the first scenario, and for an extra year lived in the city:"]
    by_scenario = list(frame.groupby("scenario", sort=False))
    for name, rows in by_scenario[:MOST_COSTS]:
        row = rows.set_index("outcome")
        extra, year = row.loc["extra_cost"], row.loc["cost_per_expat_year"]
        low, middle, high = (_euros(year[x]) for x in ("low", "median", "high"))
        text = year["note"] if math.isnan(year["median"]) else f"{middle} ({low} to {high})"
        lines.append(f"  {titles[str(name)]}: {_euros(extra['median'])}; {text}")
        lines += [f"    note: {note}" for note in notes.get(str(name), ())]
    if (more := len(by_scenario) - MOST_COSTS) > 0:
        lines.append(f"  {more} more: --all")
    return lines


def _euros(value: float) -> str:
    return "never" if math.isinf(value) else number(value)


def parts(
    frame: pd.DataFrame, outcome: str, names: Mapping[str, str] = NO_NAMES, room: int = ROWS
) -> Grid:
    """Parts of a gap in one outcome, the largest first, and the whole gap.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.decompose`.
    outcome : str
        Name of the outcome.
    names : mapping of str to str
        Levers in words, by name.
    room : int
        Lines that the table may have.
    """
    whole, some = parts_of(frame, outcome, names)
    fit = that_fit(some["part"], room - 1)
    left = len(some) - fit
    more = f"{left} smaller parts, and all outcomes: --all; CSV: --out." if left else MORE
    table = _grid(
        f"{_caption(frame, 'Mean')} The parts add up. {more}", "", "share", "how sure", "rests on"
    )
    table.title = OUTCOMES[outcome].label
    for _, row in [*some.head(fit).iterrows(), ("", whole)]:
        numbers = interval(row, ("low", "mean", "high"), OUTCOMES[outcome].is_share, True)
        table.add_row(row["part"], numbers, *_sure(row))
    return table


def levels(frame: pd.DataFrame, outcome: str) -> Grid:
    """Differences in one outcome by level of a lever.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.dose`.
    outcome : str
        Name of the outcome.
    """
    name = str(frame.columns[0])
    table = _grid(f"{_caption(frame)} {MORE}", name, "difference", "how sure", "rests on")
    table.title = OUTCOMES[outcome].label
    rows = responses_of(frame, outcome)
    step = -(-len(rows) // ROWS)  # with many levels every second or third, up to the highest
    for _, row in rows.iloc[::-1].iloc[::step].iloc[::-1].iterrows():
        numbers = interval(row, ("low", "median", "high"), OUTCOMES[outcome].is_share, True)
        table.add_row(level(row["at"]), numbers, *_sure(row))
    return table


def delays(frame: pd.DataFrame) -> Grid:
    """What a policy gains by years of delay, and what the delay changes.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.timing`.
    """
    shown = [x for x in DELAYED if x in set(frame["outcome"])]
    range_ = _range_of(frame)
    table = _grid(
        f"Middle draw, and what the delay changes ({range_}). How sure: of that. {MORE}",
        "years", "gained", "by the delay", "how sure", "rests on",
    )  # fmt: skip
    labels = frame.drop_duplicates("outcome").set_index("outcome")["label"]
    scales = {x: 1 if x in OUTCOMES else 1000 for x in shown}
    change = ["delay_low", "delay_median", "delay_high"]
    most = max(2, (ROWS + 2) // len(shown) - 1)
    for outcome in shown:
        scale = scales[outcome]
        table.add_heading(labels[outcome] + (", thousand euros" if scale > 1 else ""))
        rows = responses_of(frame, outcome)
        if len(rows) > most:
            rows = pd.concat([rows.head(most - 1), rows.tail(1)])
        for _, row in rows.iterrows():
            cells: Sequence[str] = ("", "", "")
            if not pd.isna(row.get("delay_draws")):
                low, middle, high = row[change] / scale
                text = interval({"l": low, "m": middle, "h": high}, ("l", "m", "h"), False, True)
                cells = (number(middle, sign=True) if low == high else text, *_sure(row, "delay_"))
            gained = number(row["median"] / scale, sign=True)
            table.add_row(f"{row['at']:g} later", gained, *cells)
    return table


def sources(frame: pd.DataFrame, outcome: str) -> Grid:
    """Share of every source in the variance of one outcome, and of parameters by evidence.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.uncertainty`.
    outcome : str
        Name of the outcome.
    """
    from expatsim.analysis.uncertainty import GRADES, SOURCES

    table = Grid(
        title=OUTCOMES[outcome].label,
        caption="Percent of the variance that would stay if only this were unknown (90 % interval "
        f"of the estimate). {MORE}" + "".join(f" Note: {n}." for n in frame.attrs.values()),
    )
    table.add_column("")
    table.add_column("stays", justify="right")
    rows = frame[frame["outcome"] == outcome].set_index("source")
    words = {
        **{s: f"{s}: {what}" for s, what in SOURCES.items()},
        **{s: f"  parameters, evidence: {grade}" for s, grade in GRADES.items()},
    }
    for source, text in words.items():
        row = rows.loc[source]
        cell = "" if pd.isna(row["total"]) else interval(
            row, ("total_low", "total", "total_high"), True
        )  # fmt: skip
        table.add_row(text, cell)
    return table
