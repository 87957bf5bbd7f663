"""What would have to be true: sentences, cells and pictures of tipping points, in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, isclose, isinf, isnan, log10
from typing import TYPE_CHECKING, Any

from expatsim.drawing import drawing
from expatsim.findings import turns
from expatsim.findings.cost import EUROS, QUANTITIES
from expatsim.findings.outcomes import EXPAT_YEARS, OUTCOMES, SHARE
from expatsim.findings.summary import HEADLINES
from expatsim.findings.sureness import NO_DIFFERENCE, NOBODY
from expatsim.report import charts, words
from expatsim.report.language import MISSING, N_, Language
from expatsim.text import fold, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from expatsim.model.parameters import Parameter
    from expatsim.scenario.scenario import Scenario

TURNS = {
    turns.ZERO: N_("any difference"),
    turns.NAMED: N_("worth naming: %(size)s"),
    turns.PAYS: N_("break-even"),
}
SIDES = {
    turns.ABOVE: N_("above %(value)s"),
    turns.BELOW: N_("below %(value)s"),
    turns.EVERYWHERE: N_("everywhere in its range"),
    turns.NOWHERE: N_("nowhere in its range"),
}
NOTES = {
    turns.NOT_CARRIED: N_("no single assumption carries it"),
    turns.NOT_MONOTONE: N_("it does not only rise or only fall with the assumption"),
    NOBODY: words.VERDICTS[NOBODY],
    NO_DIFFERENCE: words.VERDICTS[NO_DIFFERENCE],
}
HOW = {  # by kind of turn and direction
    (turns.ZERO, 1): N_("raises “%(outcome)s”"),
    (turns.ZERO, -1): N_("lowers “%(outcome)s”"),
    (turns.NAMED, 1): N_("raises “%(outcome)s” by %(size)s or more"),
    (turns.NAMED, -1): N_("lowers “%(outcome)s” by %(size)s or more"),
    (turns.PAYS, 1): N_("pays for itself"),
}
IF = {
    turns.ABOVE: N_(
        "“%(title)s” %(does)s only if %(assumption)s is above %(value)s; we assume %(usual)s."
    ),
    turns.BELOW: N_(
        "“%(title)s” %(does)s only if %(assumption)s is below %(value)s; we assume %(usual)s."
    ),
    turns.EVERYWHERE: N_(
        "“%(title)s” %(does)s whatever %(assumption)s is, within what we hold possible; we assume "
        "%(usual)s."
    ),
    turns.NOWHERE: N_(
        "“%(title)s” %(does)s at no value of %(assumption)s that we hold possible; we assume "
        "%(usual)s."
    ),
}
READING = N_(
    "Line: mean difference at each value of the assumption; band: nine in ten draws. Solid: no "
    "difference; dashed: worth naming. Marks: where the answer turns. Below: how probable we hold "
    "each value."
)
COLUMNS = 3  # panels beside each other in a picture


def size(outcome: str, at: float, language: Language) -> str:
    """A size of a difference, without its sign, such as ``half a point``."""
    unit = OUTCOMES[outcome].unit if outcome in OUTCOMES else EUROS
    if unit == SHARE:
        if isclose(abs(at), 0.005):
            return language.say(N_("half a point"))
        points = 100 * abs(at)
        return language.say(
            N_("%(points)s percentage points"), points=_number(points, points, language)
        )
    say = N_("%(n)s expat-years") if unit == EXPAT_YEARS else N_("%(n)s people")
    return language.say(say, n=language.number(abs(at)))


def _number(x: float, width: float, language: Language) -> str:
    """A number with two digits of a width."""
    if isinf(x) or isnan(x):
        return MISSING
    digits = 1 - floor(log10(width)) if width > 0 else 2
    return language.number(x, max(0, min(6, digits)))


def cells(row: Mapping[str, Any], language: Language) -> dict[str, str]:
    """Cells of a tipping point.

    Parameters
    ----------
    row : mapping
        A row of ``points`` from :func:`expatsim.tipping_points`.
    language : Language
        In which they are written.

    Returns
    -------
    dict of str to str
        ``turn``; ``holds``, with the interval of the estimate; ``prior`` and ``posterior``, median
        and 90 % interval, each with ``_chance`` that the answer holds. Empty where unknown.
    """
    if not isinstance(row["turn"], str):
        empty = dict.fromkeys(("prior", "prior_chance", "posterior", "posterior_chance"), "")
        return {"turn": "", "holds": language.say(NOTES[row["note"]]), **empty}
    width = row["prior_high"] - row["prior_low"]

    def show(x: float) -> str:
        return _number(x, width, language)

    how_large = size(row["outcome"], row["at"], language)
    found = {"turn": language.say(TURNS[row["turn"]], size=how_large)}
    holds = language.say(SIDES[row["holds"]], value=show(row["value"]))
    if not isnan(row["value"]):
        low, high = (
            language.say(N_("outside its range")) if isinf(x) else show(x)
            for x in (row["low"], row["high"])
        )
        holds += f" ({language.range(low, high)})"
    note = language.say(NOTES[row["note"]]) if row["note"] else ""
    found["holds"] = f"{holds}; {note}" if note else holds
    for kind in ("prior", "posterior"):
        middle, low, high = (row[f"{kind}_{x}"] for x in ("median", "low", "high"))
        chance = row[f"{kind}_probability"]
        interval = language.range(show(low), show(high))
        found[kind] = "" if isnan(middle) else f"{show(middle)} ({interval})"
        found[f"{kind}_chance"] = "" if isnan(chance) else language.percent(chance)
    return found


def sentence(
    row: Mapping[str, Any], title: str, parameters: Mapping[str, Parameter], language: Language
) -> str:
    """What would have to be true, as a colleague would say it.

    Parameters
    ----------
    row : mapping
        A row of ``points`` from :func:`expatsim.tipping_points`.
    title : str
        Title of its scenario.
    parameters : mapping of str to Parameter
        All parameters by name.
    language : Language
        In which it is written.
    """
    outcome = language.say(_label(row["outcome"]))
    if not isinstance(row["turn"], str):
        text = N_("“%(title)s”, “%(outcome)s”: %(note)s.")
        note = language.say(NOTES[row["note"]])
        return language.say(text, title=title, outcome=outcome, note=note)
    how = HOW[row["turn"], int(row["direction"])]
    does = language.say(how, outcome=outcome, size=size(row["outcome"], row["at"], language))
    return language.say(
        IF[row["holds"]],
        title=title,
        does=does,
        assumption=assumption(parameters[row["parameter"]], language),
        value=_number(row["value"], row["prior_high"] - row["prior_low"], language),
        usual=cells(row, language)["prior"],
    )


def assumption(parameter: Parameter, language: Language) -> str:
    """Name of an assumption, with its meaning."""
    return f"{parameter.name} (“{words.parameter(parameter, language)}”)"


def first(points: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows that come first for each scenario: the headline worth naming, and break-even."""
    found = []
    for _, rows in points.groupby("scenario", sort=False):
        by_outcome = {x: some.to_dict("records") for x, some in rows.groupby("outcome", sort=False)}
        carried = [x for x in HEADLINES if x in by_outcome] or list(by_outcome)
        found.append(by_outcome[carried[0]][-1])
        found += [x[-1] for name, x in by_outcome.items() if name in QUANTITIES]
    return found


def _label(outcome: str) -> str:
    return OUTCOMES[outcome].label if outcome in OUTCOMES else QUANTITIES[outcome].label


def picture(
    tables: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str],
    parameters: Mapping[str, Parameter],
    language: Language,
) -> Figure:
    """One picture of all answers: the difference by the assumption that carries it.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        From :func:`expatsim.tipping_points`.
    titles : mapping of str to str
        Title of each scenario.
    parameters : mapping of str to Parameter
        All parameters by name.
    language : Language
        In which it is written.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each answer, with the prior below it.
    """
    from matplotlib.figure import Figure

    panels = _panels(tables)
    nothing = language.say(NOTES[turns.NOT_CARRIED])
    across = min(COLUMNS, len(panels)) or 1
    down = -(-len(panels) // across)
    with drawing(charts.SETTINGS):
        figure = Figure(figsize=(charts.WIDTH * across, 3.7 * down), layout="constrained")
        if not panels:
            figure.text(0.5, 0.5, nothing, ha="center")
            return figure
        heights = [3.0, 1.0] * down
        grid = figure.add_gridspec(len(heights), across, height_ratios=heights)
        for k, (curve, points) in enumerate(panels):
            row, column = divmod(k, across)
            above = figure.add_subplot(grid[2 * row, column])
            below = figure.add_subplot(grid[2 * row + 1, column], sharex=above)
            title = titles[str(curve["scenario"].iloc[0])] if len(titles) > 1 else ""
            _panel(above, below, curve, points, title, parameters, language)
        return figure


def pictures(
    tables: Mapping[str, pd.DataFrame],
    titles: Mapping[str, str],
    parameters: Mapping[str, Parameter],
    language: Language,
) -> list[charts.Chart]:
    """The panels of :func:`picture`, each for a page of its own size.

    Parameters
    ----------
    tables, titles, parameters, language
        As for :func:`picture`.
    """
    made = []
    for curve, points in _panels(tables):
        some = {"points": points, "curves": curve}
        title = titles[str(curve["scenario"].iloc[0])]
        alt = " ".join(sentence(x, title, parameters, language) for x in points.to_dict("records"))
        with drawing(charts.SETTINGS):
            made.append(charts.as_chart(picture(some, titles, parameters, language), alt))
    return made


def of_page(
    tables: Mapping[str, pd.DataFrame] | None, scenarios: Sequence[Scenario], language: Language
) -> dict[str, Any] | None:
    """What a page says of tipping points; ``None`` if it was not asked.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame, optional
        From :func:`expatsim.tipping_points`.
    scenarios : sequence of Scenario
        Those of the page, the baseline first, with titles in its language.
    language : Language
        In which it is written.

    Returns
    -------
    dict or None
        ``sentences``, ``rows``, ``pictures`` and ``reading``, how to read these.
    """
    if tables is None:
        return None
    titles, parameters = {s.name: s.title for s in scenarios[1:]}, words.parameters_of(scenarios)
    rows = []
    for (name, outcome), some in tables["points"].groupby(["scenario", "outcome"], sort=False):
        for k, record in enumerate(some.to_dict("records")):
            known = record["parameter"] in parameters
            by = assumption(parameters[record["parameter"]], language) if known else MISSING
            answer = {"title": titles[str(name)], "outcome": language.say(_label(str(outcome)))}
            span = {"span": len(some) if k == 0 else 0, "assumption": by}
            rows.append({**answer, **span, **cells(record, language)})
    return {
        "sentences": [
            sentence(row, titles[row["scenario"]], parameters, language)
            for row in first(tables["points"])
        ],
        "rows": rows,
        "pictures": pictures(tables, titles, parameters, language),
        "reading": language.say(READING),
    }


def _panels(tables: Mapping[str, pd.DataFrame]) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Curve and tipping points of each answer that an assumption carries."""
    curves, points = tables["curves"], tables["points"]
    if curves.empty:
        return []
    by_answer = points.groupby(["scenario", "outcome"], sort=False)
    return [
        (curve, by_answer.get_group(key))
        for key, curve in curves.groupby(["scenario", "outcome"], sort=False)
    ]


def _panel(
    above: Axes,
    below: Axes,
    curve: pd.DataFrame,
    points: pd.DataFrame,
    title: str,
    parameters: Mapping[str, Parameter],
    language: Language,
) -> None:
    """Draw the difference by the assumption, and below it the prior of the assumption."""
    outcome, x = str(curve["outcome"].iloc[0]), curve["value"].to_numpy()
    scale = 100 if outcome in OUTCOMES and OUTCOMES[outcome].is_share else 1
    low, mean, high = (scale * curve[c].to_numpy() for c in ("low", "mean", "high"))
    above.fill_between(x, low, high, color=charts.BLUE, alpha=0.18, linewidth=0)
    above.plot(x, mean, color=charts.BLUE, linewidth=2)
    density = curve["density"].to_numpy()
    below.fill_between(x, density, color=charts.GREY, alpha=0.35, linewidth=0)
    for _, row in points.iterrows():
        at = scale * row["at"]
        named = row["turn"] == turns.NAMED
        above.axhline(at, color=charts.GREY, linewidth=1, linestyle=(0, (4, 2)) if named else "-")
        if isnan(row["value"]):
            continue
        for ax in (above, below):
            ax.axvline(row["value"], color=charts.ORANGE, linewidth=1, linestyle=(0, (1, 1.2)))
        above.plot(row["value"], at, "D" if named else "o", color=charts.ORANGE, markersize=6)
    above.set_xlim(x[0], x[-1])
    below.set_ylim(bottom=0)
    below.set_yticks([])
    above.tick_params(labelbottom=False)
    label = language.say(_label(outcome))
    lines = ([shorten(title, 56)] if title else []) + fold(label, 56)
    above.set_title("\n".join(lines), loc="left", fontsize=9)
    euros, points_ = N_("euros"), N_("difference, in percentage points")
    unit = (
        points_ if scale == 100 else euros if outcome in QUANTITIES else N_("difference in number")
    )
    above.set_ylabel("\n".join(fold(language.say(unit), charts.UP)))
    below.set_ylabel(language.say(N_("assumed")))
    what = assumption(parameters[str(curve["parameter"].iloc[0])], language)
    below.set_xlabel("\n".join(fold(what, charts.ACROSS)))
    charts.write_ticks(above.yaxis, language)
    charts.write_ticks(below.xaxis, language)
