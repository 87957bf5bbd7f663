"""SVG charts of the page; intervals are always shown, and charts of a kind share their scale."""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.drawing import drawing, fold_within, new_figure
from expatsim.files import CSV_FORMATS, for_spreadsheet
from expatsim.report.language import N_, Language
from expatsim.text import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

# can be told apart with any colour vision
BLUE = "#0072B2"
ORANGE = "#B34700"
GREY = "#595959"
INK = "#1a1a1a"  # of texts
WIDTH = 4.6  # inches; text is drawn for a column of this width
NARROW = 3.5  # inches, of charts of which three stand in a row
LEGEND = 46  # columns of a title below such a chart
ACROSS = 50  # letters in a line below the horizontal axis
UP = 32  # letters in a line beside the vertical axis
MOST_LINES = 3  # of a label; the alternative text of the picture has all of it
_QUANTILES = (
    N_("low, of nine in ten draws"),
    N_("low, of half of the draws"),
    N_("middle draw"),
    N_("high, of half of the draws"),
    N_("high, of nine in ten draws"),
)
# of scenarios beside the first; with more, the colours come again with other dashes
COLOURS = (ORANGE, "#00714F", "#8C3A79", INK)
DASHES: tuple[Any, ...] = ((0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
SETTINGS: Any = {
    "svg.hashsalt": "expatsim",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Chart:
    """A picture for an ``img`` element.

    Attributes
    ----------
    src : str
        Data address that holds the whole picture.
    alt : str
        Alternative text.
    figures : str
        Data address of the numbers that are drawn, as CSV; empty if there are none.
    """

    src: str
    alt: str
    figures: str = ""


@dataclass(frozen=True)
class Bar:
    """One row of an interval chart.

    Attributes
    ----------
    label : str
        Text to the left of it.
    low, high : float
        Ends of the 90 % interval.
    middle : float
        Median.
    text : str
        Number to the right of it.
    inner : (float, float), optional
        Ends of the 50 % interval.
    mark : (float, float), optional
        Ends of an observed range, which are equal for a single value.
    """

    label: str
    low: float
    high: float
    middle: float
    text: str
    inner: tuple[float, float] | None = None
    mark: tuple[float, float] | None = None


_HASTY: ContextVar[bool] = ContextVar("hasty", default=False)
_MOST_LAYOUTS = 256
_layouts: dict[Hashable, list[Bbox]] = {}  # places of the axes by what they depend on


@contextmanager
def hasty() -> Iterator[None]:
    """Context in which charts have no file of their numbers, and take over the layout of another.

    That is the last one with texts of the same length. To find room for texts takes longer than to
    draw. A digit may be wider than another one, so that this is for pictures that are soon
    replaced.
    """
    token = _HASTY.set(True)
    try:
        yield
    finally:
        _HASTY.reset(token)


def _new(width: float, height: float) -> tuple[Figure, Axes]:
    figure, (ax,) = new_figure(width, height)
    return figure, ax


def as_chart(figure: Figure, alt: str, figures: str = "", like: Hashable = None) -> Chart:
    """The picture of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    alt : str
        Alternative text.
    figures : str
        Data address of the numbers that it shows, from :func:`as_csv`.
    like : hashable, optional
        What the places of its axes depend on, for :func:`hasty`.
    """
    places = _layouts.get(like) if _HASTY.get() else None
    if places:
        figure.set_layout_engine(None)
        for ax, place in zip(figure.axes, places, strict=True):
            ax.set_position(place)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    if like is not None and places is None:
        while len(_layouts) >= _MOST_LAYOUTS:
            del _layouts[next(iter(_layouts))]
        _layouts[like] = [ax.get_position() for ax in figure.axes]
    code = base64.b64encode(buffer.getvalue()).decode()
    return Chart(f"data:image/svg+xml;base64,{code}", alt, figures)


def as_csv(columns: Mapping[str, Sequence[Any] | np.ndarray], language: Language) -> str:
    """Data address of a CSV file, as a spreadsheet in this language opens it; empty in haste.

    Parameters
    ----------
    columns : mapping of str to sequence
        Columns by heading.
    language : Language
        Decides on separators.
    """
    if _HASTY.get():
        return ""
    import pandas as pd

    form = dict(CSV_FORMATS[language.code])
    encoding = form.pop("encoding")
    text = for_spreadsheet(pd.DataFrame(columns)).to_csv(index=False, **form)
    code = base64.b64encode(text.encode(encoding)).decode()
    return f"data:text/csv;charset=utf-8;base64,{code}"


def _interval_columns(quantiles: Sequence[Any] | np.ndarray, language: Language) -> dict[str, Any]:
    """Columns of numbers at :data:`expatsim.intervals.FIVE`, by heading."""
    return {language.say(name): x for name, x in zip(_QUANTILES, quantiles, strict=True)}


def _bars_as_csv(bars: Sequence[Bar], language: Language) -> str:
    """The numbers of a chart of intervals, with what was observed where that is drawn."""
    nothing = (np.nan, np.nan)
    numbers = [(b.low, *(b.inner or nothing), b.high) for b in bars]
    low, a, b, high = zip(*numbers, strict=True)
    middle = [bar.middle for bar in bars]
    columns: dict[str, Any] = {language.say(N_("what")): [bar.label for bar in bars]}
    columns |= _interval_columns([low, a, middle, b, high], language)
    if any(bar.mark for bar in bars):
        marks = [bar.mark or nothing for bar in bars]
        columns[language.say(N_("observed, from"))] = [mark[0] for mark in marks]
        columns[language.say(N_("observed, to"))] = [mark[1] for mark in marks]
    return as_csv({name: x for name, x in columns.items() if not _missing(x)}, language)


def _missing(column: Sequence[Any]) -> bool:
    """Whether a column has nothing but missing numbers."""
    return all(isinstance(x, float) and np.isnan(x) for x in column)


def intervals(
    bars: Sequence[Bar],
    alt: str,
    xlabel: str,
    ends: tuple[float, float],
    language: Language,
    *,
    share: bool = False,
    wrap: int = 30,
) -> Chart:
    """Chart with a row for each bar: thin line for 90 %, thick line for 50 %, dot for the median.

    Parameters
    ----------
    bars : sequence of Bar
        Rows from top to bottom.
    alt : str
        Alternative text.
    xlabel : str
        Text below the axis.
    ends : (float, float)
        Ends of the axis.
    language : Language
        In which ticks are written.
    share : bool
        Whether values are shares, with an axis in percent; differences have a line at zero.
    wrap : int
        Letters in a line of a label.
    """
    with drawing(SETTINGS):
        labels = [
            fold_within(shorten(b.label, MOST_LINES * wrap), wrap, 0.58 * WIDTH, 9) for b in bars
        ]
        row = max(0.27, 0.16 * max(map(len, labels)) + 0.06)
        figure, ax = _new(WIDTH, 0.55 + row * len(bars))
        rows = np.arange(len(bars))
        inner = np.array([bar.inner or (np.nan, np.nan) for bar in bars])
        ax.hlines(rows, [b.low for b in bars], [b.high for b in bars], color=BLUE, linewidth=1.6)
        ax.hlines(rows, inner[:, 0], inner[:, 1], color=BLUE, linewidth=5)
        middles = [bar.middle for bar in bars]
        ax.plot(middles, rows, "o", color="white", markeredgecolor=BLUE, markersize=6)
        for y, bar in enumerate(bars):
            if bar.mark:
                low, high = bar.mark
                if low == high:
                    ax.plot(low, y, "D", color=ORANGE, markersize=5, zorder=4)
                else:
                    ax.plot([low, high], [y, y], color=ORANGE, linewidth=3, zorder=4)
            ax.annotate(
                bar.text, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=8.5
            )
        ax.set_xlim(ends)
        ax.set_ylim(len(bars) - 0.4, -0.6)
        ax.set_yticks(range(len(bars)), ["\n".join(lines) for lines in labels])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
        if not share:
            ax.axvline(0, color=GREY, linewidth=1)
        write_ticks(ax.xaxis, language, share=share)
        # its end below that of the axes: there is room to the left, below the labels of the rows
        ax.set_xlabel(textwrap.fill(xlabel, ACROSS), loc="right")
        longest = max((len(bar.text) for bar in bars), default=0)
        like = ("intervals", str(labels), longest, xlabel, share, language.code)
        return as_chart(figure, alt, _bars_as_csv(bars, language), like)


def limits(bars: Sequence[Bar]) -> tuple[float, float]:
    """Ends of an axis that holds zero and the intervals of some bars, with some room."""
    low, high = (
        float(find([0.0, *ends]))
        for find, ends in ((np.nanmin, [b.low for b in bars]), (np.nanmax, [b.high for b in bars]))
    )
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _bands(ax: Axes, x: np.ndarray, quantiles: np.ndarray) -> None:
    """Draw 50 and 90 % intervals from five quantiles."""
    for (low, high), alpha in (((0, 4), 0.18), ((1, 3), 0.25)):
        ax.fill_between(x, quantiles[low], quantiles[high], color=BLUE, alpha=alpha, lw=0)


def write_ticks(axis: Axis, language: Language, *, share: bool = False) -> None:
    """Label an axis with numbers, or percentages (``share``), of just enough digits."""
    from expatsim.report.ticks import Labels

    axis.set_major_formatter(Labels(language.percent, 100) if share else Labels(language.number))


def _name_axes(ax: Axes, across: str, up: str) -> None:
    """Label both axes, in lines that are not cut off."""
    ax.set_xlabel(textwrap.fill(across, ACROSS))
    ax.set_ylabel(textwrap.fill(up, UP))


def lines(
    x: np.ndarray,
    paths: Mapping[str, np.ndarray],
    alt: str,
    language: Language,
    *,
    xlabel: str,
    top: float,
    share: bool,
    marks: Sequence[float] = (),
) -> Chart:
    """Chart of paths over time: a line for each median, and bands for the first one's 50 and 90 %.

    Parameters
    ----------
    x : numpy.ndarray, shape (points,)
        Years.
    paths : mapping of str to numpy.ndarray, shape (5, points)
        At 5, 25, 50, 75 and 95 %, by title; the first one's is the baseline.
    alt : str
        Alternative text.
    language : Language
        In which numbers are written.
    xlabel : str
        Text below the horizontal axis.
    top : float
        End of the vertical axis, which begins at zero.
    share : bool
        Whether values are shares, written in percent.
    marks : sequence of float
        Years at which the baseline's value is written.
    """
    first, *others = paths
    with drawing(SETTINGS):
        figure, ax = _new(NARROW, 2.3 + 0.17 * len(paths))
        _bands(ax, x, paths[first])
        ax.plot(x, paths[first][2], color=BLUE, linewidth=2, label=_in_legend(first))
        for k, title in enumerate(others):
            ax.plot(
                x,
                paths[title][2],
                color=COLOURS[k % len(COLOURS)],
                linestyle=DASHES[(k + k // len(COLOURS)) % len(DASHES)],
                linewidth=1.6,
                label=_in_legend(title),
            )
        _write_values(ax, x, paths[first][2], marks, language.percent if share else language.number)
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(0, top)
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
        ax.xaxis.set_major_locator(whole_numbers())
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
        write_ticks(ax.yaxis, language, share=share)
        ax.set_xlabel(textwrap.fill(xlabel, ACROSS))
        if others:
            figure.legend(loc="outside lower left", frameon=False, fontsize=8, handlelength=2.6)
        # the vertical axis of shares always has the same numbers
        like = ("lines", *paths, xlabel, len(x), language.code) if share else None
        return as_chart(figure, alt, _paths_as_csv(x, paths, xlabel, language), like)


def _in_legend(title: str) -> str:
    """A title in at most two lines that fit below a narrow chart."""
    return "\n".join(fold_within(shorten(title, 2 * LEGEND), LEGEND, NARROW - 0.7, 8)[:2])


def _write_values(
    ax: Axes, x: np.ndarray, y: np.ndarray, marks: Sequence[float], show: Callable[[float], str]
) -> None:
    """Write the values of a line at some points, where the line does not run."""
    for mark in marks:
        k = int(np.argmin(np.abs(x - mark)))
        if np.isnan(y[k]):  # no draw has anybody to look at
            continue
        ax.plot(x[k], y[k], "o", color="white", markeredgecolor=BLUE, markersize=5)
        right = k == len(x) - 1
        below = not right and y[k + 1] > y[k]
        ax.annotate(
            show(y[k]),
            (x[k], y[k]),
            xytext=(-4 if right else 4, -13 if below else 7),
            ha="right" if right else "left",
            textcoords="offset points",
            fontsize=9,
        )


def _paths_as_csv(
    x: np.ndarray, paths: Mapping[str, np.ndarray], xlabel: str, language: Language
) -> str:
    """The numbers of paths over time, one below the other."""
    titles = [title for title in paths for _ in x]
    columns: dict[str, Any] = {
        language.say(N_("scenario")): titles,
        xlabel: np.tile(x, len(paths)).round(4),
    }
    columns |= _interval_columns(np.concatenate(list(paths.values()), axis=1), language)
    return as_csv(columns, language)


def whole_numbers() -> Any:
    """Locator of ticks at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True, nbins=6, min_n_ticks=1)


def _largest(values: np.ndarray) -> float:
    """The largest number, at least zero; missing ones do not count."""
    return float(np.nanmax([0.0, *values]))


def labelled_points(
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    alt: str,
    labels: tuple[str, str],
    language: Language,
) -> Chart:
    """Chart of points with their names beside them; both axes begin at zero.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (points,)
        Coordinates.
    names : sequence of str
        Texts beside the points.
    alt : str
        Alternative text.
    labels : (str, str)
        Texts of the horizontal and the vertical axis.
    language : Language
        In which ticks are written.
    """
    with drawing(SETTINGS):
        figure, ax = _new(WIDTH, 3.4)
        ax.plot(x, y, "o", color=BLUE, markersize=5)
        for a, b, name in zip(x, y, names, strict=True):
            ax.annotate(name, (a, b), xytext=(5, 3), textcoords="offset points", fontsize=7.5)
        ax.set_xlim(0, 1.35 * _largest(x) or 1)
        ax.set_ylim(0, 1.1 * _largest(y) or 1)
        write_ticks(ax.xaxis, language)
        write_ticks(ax.yaxis, language)
        _name_axes(ax, *labels)
        ax.grid(color="0.9")
        ax.set_axisbelow(True)
        columns: dict[str, Any] = {
            language.say(N_("what")): list(names),
            labels[0]: x,
            labels[1]: y,
        }
        return as_chart(figure, alt, as_csv(columns, language))


def box(
    x: np.ndarray,
    y: np.ndarray,
    inside: np.ndarray,
    bounds: tuple[tuple[float, float], tuple[float, float]],
    alt: str,
    labels: tuple[str, str, str, str],
    language: Language,
) -> Chart:
    """Chart of points of two kinds, and a box.

    Parameters
    ----------
    x, y : numpy.ndarray, shape (points,)
        Coordinates.
    inside : numpy.ndarray of bool, shape (points,)
        Points of the first kind.
    bounds : ((float, float), (float, float))
        Ends of the box in ``x`` and in ``y``, infinite where it is open.
    alt : str
        Alternative text.
    labels : (str, str, str, str)
        Texts of the two axes, of the points of the first kind and of the others.
    language : Language
        In which ticks are written.
    """
    with drawing(SETTINGS):
        figure, ax = _new(WIDTH, 3.6)
        ax.plot(x[~inside], y[~inside], ".", color="0.75", markersize=3, label=labels[3])
        ax.plot(x[inside], y[inside], "x", color=ORANGE, markersize=3.5, label=labels[2])
        whole = (ax.get_xlim(), ax.get_ylim())
        (left, right), (low, high) = (
            np.clip(ends, *limit) for ends, limit in zip(bounds, whole, strict=True)
        )
        ax.fill_between([left, right], low, high, color=BLUE, alpha=0.12, linewidth=0)
        ax.plot([left, right, right, left, left], [low, low, high, high, low], color=BLUE)
        ax.set_xlim(whole[0])
        ax.set_ylim(whole[1])
        write_ticks(ax.xaxis, language)
        write_ticks(ax.yaxis, language)
        _name_axes(ax, *labels[:2])
        figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=7.5)
        kinds = np.where(inside, labels[2], labels[3])
        columns: dict[str, Any] = {language.say(N_("what")): kinds, labels[0]: x, labels[1]: y}
        return as_chart(figure, alt, as_csv(columns, language))


def response(
    x: np.ndarray, quantiles: np.ndarray, alt: str, labels: tuple[str, str], language: Language
) -> Chart:
    """Chart of an outcome by the level of an input: median, and bands for 50 and 90 %.

    Parameters
    ----------
    x : numpy.ndarray, shape (points,)
        Levels.
    quantiles : numpy.ndarray, shape (5, points)
        At 5, 25, 50, 75 and 95 %.
    alt : str
        Alternative text.
    labels : (str, str)
        Texts of the horizontal and the vertical axis.
    language : Language
        In which ticks are written.
    """
    with drawing(SETTINGS):
        figure, ax = _new(WIDTH, 2.9)
        _bands(ax, x, quantiles)
        ax.plot(x, quantiles[2], "o-", color=BLUE, linewidth=2, markersize=4)
        write_ticks(ax.xaxis, language)
        write_ticks(ax.yaxis, language)
        _name_axes(ax, *labels)
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
        columns = {labels[0]: x, **_interval_columns(quantiles, language)}
        return as_chart(figure, alt, as_csv(columns, language))
