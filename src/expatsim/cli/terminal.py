"""Tables and lines of answers for the terminal; see :class:`expatsim.cli.grid.Grid`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from expatsim.cli.answers import NO_NAMES, level, years_in_words
from expatsim.cli.grid import Grid
from expatsim.cli.numbers import (
    PAIRED,
    RULES,
    difference,
    interval,
    number,
    of_draws,
    value,
)
from expatsim.cli.numbers import labels as labels_of
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES, SHARE
from expatsim.findings.summary import DIFFERENCE
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    FEWEST_PEOPLE,
    NOBODY,
    different_draws,
    name_of_range,
)
from expatsim.report import budget
from expatsim.report.language import MINUS, Language
from expatsim.text import labels

if TYPE_CHECKING:
    from expatsim.analysis.plan import Plan
    from expatsim.result import Result


def summary_table(result: Result, whole: bool = True) -> Grid:
    """Table of medians with their ranges; below each, paired differences with the baseline.

    Parameters
    ----------
    result : Result
        Of one scenario or several.
    whole : bool
        Whether titles stand above the columns; that of one scenario may have been told before.
    """
    frame = result.summary()
    titles, draws = labels(result.titles), result.dataset.sizes["draw"]
    names = list(titles)
    range_ = name_of_range(different_draws(result.dataset))
    caption = f"Median ({range_}). Shares in percent, their differences in points."
    if len(names) > 1:
        caption += f" {PAIRED} {RULES}"
    if (frame["draws"] < draws).any():
        caption += f" {NOBODY}: in no draw is there anybody to look at."
    table = Grid(caption=caption)
    table.add_column("")
    for title in titles.values():
        table.add_column(title if whole else "", justify="right")
    heading = ""
    for name, rows in frame.groupby("outcome", sort=False):
        outcome = OUTCOMES[str(name)]
        if outcome.heading and outcome.heading != heading:
            table.add_heading(f"{outcome.heading}, %")
        heading = outcome.heading
        by_name = rows.set_index("scenario")
        cells = [value(by_name.loc[n], outcome.is_share, draws) for n in names]
        indent, unit = ("  ", "") if heading else ("", ", %" if outcome.is_share else "")
        table.add_row(f"{indent}{outcome.row}{unit}", *cells)
        if len(names) > 1:
            differences = [
                difference(by_name.loc[n], share=outcome.is_share, draws=draws, prefix=DIFFERENCE)
                for n in names[1:]
            ]
            table.add_row(f"{indent}  difference", "", *differences, style="dim")
    return table


def _by_outcome(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Pairs of label and rows, for every outcome of a table."""
    for name, rows in frame.groupby("outcome", sort=False):
        yield OUTCOMES[str(name)].label, rows


def decomposition_table(frame: pd.DataFrame, one: str, other: str) -> Grid:
    """Table of the gap between two scenarios and its parts, in points.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.analysis.decompose.decompose`.
    one, other : str
        Titles of the two scenarios.

    Returns
    -------
    Grid
    """
    factors, draws = list(dict.fromkeys(frame["factor"])), int(frame["draws"].max())
    table = Grid(
        title=f"{other}, less {one}",
        caption=f"Points: mean over draws ({name_of_range(draws)}). The parts are Shapley shares "
        f"and add up to the gap. {RULES}",
    )
    table.add_column("")
    for factor in factors:
        table.add_column(factor, justify="right")
    for label, rows in _by_outcome(frame):
        by_factor = rows.set_index("factor")
        cells = [
            difference(by_factor.loc[f], share=True, draws=draws, middle="mean") for f in factors
        ]
        table.add_row(label, *cells)
    return table


def measures_table(
    frame: pd.DataFrame, one: str, other: str, names: Mapping[str, str] = NO_NAMES
) -> Grid:
    """Table of the levers of a package: share, effect alone, and effect lost without it.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.analysis.decompose.by_measure`.
    one, other : str
        Titles of the two scenarios.
    names : mapping of str to str
        Levers in words, by name.

    Returns
    -------
    Grid
    """
    table = Grid(
        title=f"{other}, less {one}",
        caption=f"Points: mean over draws ({name_of_range(frame['draws'].max())}). Shares add up "
        "to the package; what measures do alone need not: the interaction is the package less all "
        f"of them alone. How sure: of the share. {RULES}",
    )
    columns = ("share", "alone", "lost without it")
    for name in ("", *columns, "how sure, on what"):
        table.add_column(name, justify="right" if name else "left")
    for label, rows in _by_outcome(frame):
        table.add_heading(label)
        by_lever = rows.set_index(["lever", "effect"])
        for lever in dict.fromkeys(rows["lever"]):
            cells = []
            for effect in columns:
                has_effect = (lever, effect) in by_lever.index
                row = by_lever.loc[(lever, effect)] if has_effect else None
                cells.append(
                    "" if row is None else interval(row, ("low", "mean", "high"), True, True)
                )
            table.add_row(
                f"  {names.get(lever, lever)}", *cells, labels_of(by_lever.loc[(lever, "share")])
            )
        both = by_lever.loc[("package", "interaction")]
        cell = interval(both, ("low", "mean", "high"), True, True)
        table.add_row("  interaction", cell, "", "", labels_of(both))
    return table


def uncertainty_table(frame: pd.DataFrame, title: str) -> Grid:
    """Table of the total share of the variance by source.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.uncertainty`.
    title : str
        Title of the table.

    Returns
    -------
    Grid
    """
    from expatsim.analysis.uncertainty import GRADES, SOURCES

    table = Grid(
        title=f"Where the uncertainty comes from: {title}",
        caption="Percent of the variance that would stay if only this source were unknown (90 % "
        "interval of the estimate; more draws narrow it). Below: parameters by the evidence behind "
        "them. Empty: the outcome is the same in all draws, or there is nobody to look at."
        + "".join(f" Note: {note}." for note in frame.attrs.values()),
    )
    table.add_column("")
    for source, meaning in SOURCES.items():
        table.add_column(f"{source}\n{meaning}", justify="right")
    names = ("total_low", "total", "total_high")
    for label, rows in _by_outcome(frame):
        by_source = rows.set_index("source")
        unknown = rows["total"].isna().any()
        cells = {
            s: "" if unknown else interval(by_source.loc[s], names, True) for s in by_source.index
        }
        table.add_row(label, *(cells[s] for s in SOURCES))
        for source, grade in GRADES.items():
            table.add_row(f"  {grade}", cells[source], style="dim")
    return table


def responses_table(frame: pd.DataFrame, title: str) -> Grid:
    """Table of differences by level of a lever, or by years of delay.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.dose` or :func:`expatsim.timing`.
    title : str
        Title of the table.

    Returns
    -------
    Grid
    """
    name, draws = frame.columns[0], int(frame["draws"].max())
    table = Grid(
        title=title,
        caption=f"Differences, of shares in points: median ({name_of_range(draws)}). {RULES}",
    )
    for heading in (name, "", "how sure, on what"):
        table.add_column(heading, justify="right")
    for outcome, rows in frame.groupby("outcome", sort=False):
        x = OUTCOMES.get(str(outcome)) or QUANTITIES[str(outcome)]
        share = x.unit == SHARE
        table.add_section()
        table.add_heading(x.label)
        for _, row in rows.iterrows():
            numbers = interval(row, ("low", "median", "high"), share, True)
            numbers += of_draws(row["draws"], draws)
            table.add_row(level(row[name]), numbers, labels_of(row))
    return table


def lives_tables(tables: dict[str, pd.DataFrame], years: int) -> list[Grid]:
    """Three tables of changed lives: numbers, profile, and chains of events.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        From :func:`expatsim.lives`.
    years : int
        Years after which people are compared.

    Returns
    -------
    list of Grid
    """

    def table(title: str, *headings: str) -> Grid:
        made = Grid(title=title)
        for k, heading in enumerate(headings):
            made.add_column(heading, justify="right" if k else "left")
        return made

    numbers = table(
        f"Lives changed after {years_in_words(years)}",
        "draw",
        "people",
        "stay because of it",
        "leave",
    )
    for row in tables["numbers"].itertuples(index=False):
        numbers.add_row(*(f"{x:,}" for x in row))
    profile = table("Who they are, percent", "", "all", "stay because of it", "leave")
    profile.caption = f"too few: fewer than {FEWEST_PEOPLE} people"
    for row in tables["profile"].itertuples(index=False):
        cells = ["too few" if math.isnan(x) else number(100 * x) for x in row[1:]]
        profile.add_row(str(row[0]), *cells)
    none = "" if len(tables["chains"]) else "In these draws nobody stays or leaves because of it."
    chains = Grid(title="What came first", caption=none)
    for heading in ("ending", "people", "chain"):
        chains.add_column(heading, justify="right" if heading == "people" else "left")
    for row in tables["chains"].itertuples(index=False):
        chains.add_row(str(row.ending), f"{row.people:,}", str(row.chain))
    return [numbers, profile, chains]


def plan_table(plan: Plan, title: str, language: Language, whole: bool = True) -> Grid:
    """Table of the frontier of a plan: cost, gain and mix for every budget.

    Parameters
    ----------
    plan : Plan
        From :func:`expatsim.plan`.
    title : str
        Title of the scenario.
    language : Language
        In which it is written.
    whole : bool
        Whether all rows are shown; else those of the mean, and the others of most money.

    Returns
    -------
    Grid
    """
    table = Grid(
        title=budget.title(title, language),
        caption=budget.caption(plan.frontier, whole, language),
    )
    aims = {aim: language.say(text) for aim, text in budget.AIMS.items()}
    if not whole:
        table.add_column(language.say(budget.AIM))
    for heading in budget.headings(plan.draws, language):
        table.add_column(heading, justify="right")
    if whole:
        table.add_column(language.say(budget.MIX))
    texts = budget.mixes(plan.frontier, plan.unused, plan.levers, language)
    names = _letters(texts)
    shown = _shown(plan, whole).assign(mix=pd.Series(texts, plan.frontier.index))
    for aim, rows in shown.groupby("aim", sort=False):
        if whole:
            table.add_section()
            table.add_heading(aims[str(aim)])
        for _, x in rows.iterrows():
            cells = [c.replace(MINUS, "-") for c in budget.cells(x, language)]
            named = [*cells, names[x["mix"]]] if whole else [aims[str(aim)], *cells]
            table.add_row(*named)
    return table


def _shown(plan: Plan, whole: bool) -> pd.DataFrame:
    """Rows of the frontier that are shown."""
    frontier = plan.frontier
    most = frontier["budget"] == frontier["budget"].max()
    return frontier if whole else frontier[(frontier["aim"] == "expected") | most]


def _letters(mixes: Sequence[str]) -> dict[str, str]:
    """Letters of the mixes of a plan, by their text."""
    return {mix: chr(ord("A") + k) for k, mix in enumerate(dict.fromkeys(mixes))}


def plan_lines(plan: Plan, language: Language, whole: bool = True) -> list[str]:
    """Lines on a plan: its mixes, how well the surface predicts, and notes.

    Parameters
    ----------
    plan : Plan
        From :func:`expatsim.plan`.
    language : Language
        In which they are written.
    whole : bool
        Whether the mixes are told.
    """
    named = _letters(budget.mixes(plan.frontier, plan.unused, plan.levers, language))
    lines = [f"{letter}: {mix}" for mix, letter in named.items()] if whole else []
    lines += [
        budget.foretold(plan.mixes, plan.explained, language),
        *budget.notes(plan.cautions, language),
    ]
    return [line.replace(MINUS, "-") for line in lines]


def cost_lines(result: Result) -> list[str]:
    """Lines on costs in plain sentences; empty if no scenario has a cost.

    Parameters
    ----------
    result : Result
        A comparison.
    """
    from expatsim.findings.cost import omissions

    frame, ending = result.costs(), unmoved_lines(result)
    base, *others = result.scenarios
    titles = labels(result.titles)
    if frame.empty:
        return ending

    def euros(value: float) -> str:
        return "never" if math.isinf(value) else number(value)

    lines = []
    described = {s.name: s for s in others}
    for name, rows in frame.groupby("scenario", sort=False):
        lines.append(f"Cost of {titles[str(name)]}, euros above the first scenario:")
        for row in rows.itertuples():
            numbers = f"{euros(row.median)} ({euros(row.low)} to {euros(row.high)})"
            texts = [row.note] if math.isnan(row.median) else [numbers, row.note]
            line = f"  {row.label}: {'; '.join(filter(None, texts))}"
            if not math.isnan(row.probability_of_no_gain):
                line += f"; no gain in {row.probability_of_no_gain:.0%} of draws"
            if row.rests_on and row.note != ASSUMED_SIZES:
                line += f"; {row.rests_on}"
            lines.append(line)
        lines += [f"  note: {n}" for n in omissions(described[str(name)], base)]
    return lines + ending


def unmoved_lines(result: Result) -> list[str]:
    """Lines on costs that count for nothing; empty if there are none.

    Parameters
    ----------
    result : Result
        A comparison.
    """
    from expatsim.findings.cost import unmoved

    base, *others = result.scenarios
    titles = labels(result.titles)
    return [
        f"{titles[s.name]}: costs count for nothing where the lever is as in the first scenario: "
        f"{', '.join(levers)}"
        for s in others
        if (levers := unmoved(s, base))
    ]


def unknown_lines(result: Result) -> list[str]:
    """Lines on the biggest unknown of the main outcome and of each main difference.

    Parameters
    ----------
    result : Result
        Of one scenario or several; with too few draws there are no lines.
    """
    titles, registry = labels(result.titles), result.scenarios[0].registry
    first = result.scenarios[0].name
    lines = []
    for x in result.unknowns():
        meaning = registry[x.parameter].meaning if x.parameter in registry else ""
        what = OUTCOMES[x.outcome].label
        of = f"“{what}”" if x.scenario == first else f"{titles[x.scenario]}, difference in “{what}”"
        lines.append(
            f"Biggest unknown of {of}: {x.parameter} ({meaning}) carries {x.share:.0%} of the "
            f"variance{', and the calibration left it as put in' if x.informed is False else ''}."
        )
        if x.ask:
            lines.append(f"  A survey could settle it: {x.ask}")
    return lines
