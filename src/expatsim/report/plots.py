"""PNG plots of a result: medians with bands; a scenario looks the same in all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim.drawing import drawing, inches, new_figure
from expatsim.findings.sureness import different_draws, name_of_range
from expatsim.findings.survival import share_by_reason, share_staying
from expatsim.intervals import quantiles
from expatsim.model import rules
from expatsim.model.rules.departure import LEFT_FOR
from expatsim.runs.groups import ALL
from expatsim.runs.tallies import NEWCOMERS, STOCK
from expatsim.text import fold, labels, shorten, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from expatsim.findings.tables import Tables

# of Okabe and Ito, for any colour vision; then others, which differ in their lines as well
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#595959"),
    *("#332288", "#882255", "#117733", "#B8A000", "#44AA99", "#661100", "#AA4499", "#6699CC"),
)
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (2, 3)))
HATCHES = ("", "///", "...", "xxx", "ooo")
PER_LINE = 8  # scenarios with one kind of line
LABEL = 44  # columns of a line of the legend; two lines at most
PANEL = 40  # columns of the title of a panel
NOTE = (
    "Lines: medians. Bands: {bands}; draws differ in parameters ({parameters}), survey and chance."
)
SHORT, MOST_MONTHS = 24, 4  # a run of fewer months has months on its axis, and as many at most
LONG = ("description", "description_nl", "own_rules")  # not in the metadata of a picture


class Look(NamedTuple):
    """Style of a scenario in plots.

    Attributes
    ----------
    colour : str
        Of lines, bands and bars.
    line : str or tuple
        Line style of matplotlib.
    hatch : str
        Pattern of bars.
    shade : float
        Opacity of bands.
    """

    colour: str
    line: Any
    hatch: str
    shade: float


def look(k: int, of: int = 1) -> Look:
    """Style of scenario ``k`` among ``of`` scenarios; the first eighty styles all differ."""
    kind = k // PER_LINE % len(LINES)
    return Look(COLOURS[k % len(COLOURS)], LINES[kind], HATCHES[kind], 0.6 / max(4, of))


def plot_all(result: Tables, folder: Path) -> list[Path]:
    """Paths of the plots of a result, which are drawn into a folder.

    Parameters
    ----------
    result : Tables
        The result.
    folder : pathlib.Path
        An existing folder; each file has the scenarios in its metadata.
    """
    paths = []
    scenarios = [
        {k: v for k, v in s.items() if k not in LONG} for s in result.provenance["scenarios"]
    ]
    metadata = {"Title": "expatsim", "Description": json.dumps(scenarios), "Software": None}
    source = shorten(visible(result.provenance["parameters"]), 60)
    bands = name_of_range(different_draws(result.dataset))
    note = NOTE.format(bands=bands, parameters=source)
    with drawing():
        for name, draw in PLOTS.items():
            figure = draw(result)
            figure.text(0.01, 0.01, note, fontsize=7.5, color="0.35")
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=150, metadata=metadata)
            paths.append(path)
    return paths


def _figure(columns: int = 1, width: float = 8.0, height: float = 4.8) -> tuple[Figure, list[Axes]]:
    figure, axes = new_figure(width, height, columns)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.9")
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))  # type: ignore[union-attr, call-arg]
    return figure, axes


def _scenarios(result: Tables) -> Iterator[tuple[str, Look]]:
    for k, name in enumerate(result.titles):
        yield name, look(k, len(result.titles))


def _band(ax: Axes, x: Any, values: np.ndarray, how: Look) -> None:
    """Draw median and interval of ``values``, shape (draws, points); missing draws do not count."""
    low, median, high = quantiles(values)
    if len(x) == 1:  # neither a line nor a band
        ends = [median - low, high - median]
        ax.errorbar(x, median, ends, color=how.colour, fmt="o", capsize=4, label="scenario")
        return
    ax.fill_between(x, low, high, color=how.colour, alpha=how.shade, linewidth=0)
    ax.plot(x, median, color=how.colour, linestyle=how.line, linewidth=2, label="scenario")


def _years(result: Tables) -> np.ndarray:
    first = result.dataset["month"].to_numpy()[0]
    year, month = (int(part) for part in str(first).split("-"))
    return year + (month - 1 + np.arange(result.dataset.sizes["month"]) + 1) / 12


def _over_years(ax: Axes, result: Tables, values: np.ndarray, how: Look) -> None:
    """Draw median and interval of values by month of the calendar, shape (draws, months)."""
    from expatsim.report.charts import whole_numbers

    years, months = _years(result), result.dataset["month"].values
    _band(ax, years, values, how)
    if len(months) < SHORT:
        every = -(-len(months) // MOST_MONTHS)
        ax.set_xticks(years[::every], months[::every])
    else:
        ax.xaxis.set_major_locator(whole_numbers())


def _write_ticks(axis: Axis, *, share: bool = False) -> None:
    from expatsim.report.charts import write_ticks
    from expatsim.report.language import Language

    write_ticks(axis, Language("en"), share=share)


def _legend(figure: Figure, ax: Axes, result: Tables) -> None:
    """Write the titles of the scenarios above the axes; the figure grows with them."""
    words = ["\n".join(fold(t, LABEL)) for t in labels(result.titles, 2 * LABEL).values()]
    wide, high = figure.get_size_inches()
    longest = max(inches(line, 9) for text in words for line in text.split("\n"))
    columns = 2 if longest + 0.6 < wide / 2 else 1
    lines = sum(1 + text.count("\n") for text in words) / columns
    figure.set_size_inches(wide, high + 0.17 * max(0.0, lines - 2))
    handles = ax.get_legend_handles_labels()[0]
    legend = figure.legend(
        handles,
        ["scenario"] * len(handles),
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        fontsize=9,
    )
    for label, text in zip(legend.get_texts(), words, strict=True):
        label.set_text(text)  # matplotlib drops labels that begin with an underscore


@drawing()
def stock(result: Tables) -> Figure:
    """Plot of people in the city, month by month."""
    figure, (ax,) = _figure()
    for name, how in _scenarios(result):
        _over_years(ax, result, result.dataset["here"].sel(scenario=name).to_numpy(), how)
    ax.set_ylim(0, max(ax.get_ylim()[1], 1))
    ax.set_ylabel("people in the city")
    _write_ticks(ax.yaxis)
    _legend(figure, ax, result)
    return figure


@drawing()
def survival(result: Tables) -> Figure:
    """Plot of the share still here, of people here at the start and of newcomers."""
    figure, axes = _figure(2, width=10)
    curves = share_staying(result.dataset).sel(group=ALL)
    titles = {STOCK: "Here at the start", NEWCOMERS: "Newcomers"}
    for ax, (way, title) in zip(axes, titles.items(), strict=True):
        for name, how in _scenarios(result):
            curve = curves.sel(scenario=name, way_in=way).to_numpy()
            x = np.concatenate([[0], curves["years"].to_numpy()])
            _band(ax, x, np.pad(curve, ((0, 0), (1, 0)), constant_values=1.0), how)
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_xlabel("years since the start" if way == STOCK else "years since arrival")
        ax.set_ylim(0, 1)
        ax.set_xlim(left=0)
        _write_ticks(ax.yaxis, share=True)
    axes[0].set_ylabel("still in the city")
    _legend(figure, axes[0], result)
    return figure


def _share_plot(result: Tables, indicators: Sequence[str]) -> Figure:
    """Plot of the people whom some indicators count, as shares of people here."""
    figure, axes = _figure(len(indicators), width=3.4 * len(indicators) + 1)
    for ax, indicator in zip(axes, indicators, strict=True):
        for name, how in _scenarios(result):
            some = result.dataset.sel(scenario=name)
            share = (some[indicator] / some["here"].where(some["here"] > 0)).to_numpy()
            _over_years(ax, result, share, how)
        title = "\n".join(fold(rules.indicators()[indicator].meaning, PANEL))
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_ylim(0, 1)
        _write_ticks(ax.yaxis, share=True)
    axes[0].set_ylabel("share of people here")
    _legend(figure, axes[0], result)
    return figure


@drawing()
def wish(result: Tables) -> Figure:
    """Plot of the wish to stay longer."""
    return _share_plot(result, ("wish_yes", "wish_maybe", "wish_no"))


@drawing()
def awareness(result: Tables) -> Figure:
    """Plot of knowledge and use of the city's services, and of feeling welcome."""
    return _share_plot(result, ("knows_desk", "knows_service", "used_service", "feels_welcome"))


@drawing()
def reasons(result: Tables) -> Figure:
    """Plot of the reasons for leaving, over the whole projection."""
    names = list(result.titles)
    figure, (ax,) = _figure(height=max(4.8, 0.8 + 0.14 * len(names) * len(LEFT_FOR)))
    height = 0.8 / len(names)
    for k, (name, how) in enumerate(_scenarios(result)):
        some = result.dataset.sel(scenario=name)
        for j, reason in enumerate(LEFT_FOR):
            share = share_by_reason(some, reason)
            low, median, high = np.nan_to_num(quantiles(share))  # nobody left: an empty bar
            y = j + (k - (len(names) - 1) / 2) * height
            ax.barh(
                y,
                median,
                height * 0.9,
                color=how.colour,
                hatch=how.hatch,
                edgecolor="white" if how.hatch else None,
                linewidth=0,
                label="scenario" if j == 0 else None,
            )
            ax.plot([low, high], [y, y], color="0.2", linewidth=1)
    ax.set_yticks(range(len(LEFT_FOR)), list(LEFT_FOR.values()))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel("share of those who left the city")
    _write_ticks(ax.xaxis, share=True)
    _legend(figure, ax, result)
    return figure


PLOTS: dict[str, Callable[[Tables], Figure]] = {
    "stock": stock,
    "survival": survival,
    "wish": wish,
    "awareness": awareness,
    "reasons": reasons,
}
