"""PNG plots of a result: medians with 90 % intervals, the same colours everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.analysis.summary import INTERVAL
from expatsim.analysis.survival import share_staying

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from expatsim.runs.result import Result

# Okabe and Ito: told apart with any colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
NOTE = "Lines: medians. Bands: 90 % intervals over parameters ({parameters}), survey and chance."


def draw_all(result: Result, folder: Path) -> list[Path]:
    """Draw every plot into a folder; each file carries its provenance."""
    from matplotlib import pyplot as plt

    paths = []
    metadata = {
        "Title": "expatsim",
        "Description": json.dumps(result.provenance["scenarios"])[:5000],
    }
    for name, draw in PLOTS.items():
        figure = draw(result)
        note = NOTE.format(parameters=result.provenance["parameters"])
        figure.text(0.01, 0.01, note, fontsize=7.5, color="0.35")
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=150, metadata={**metadata, "Software": None})
        plt.close(figure)
        paths.append(path)
    return paths


def _figure(columns: int = 1, width: float = 8.0, height: float = 4.8) -> tuple[Figure, list[Axes]]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(
        1, columns, figsize=(width, height), sharey=True, layout="constrained"
    )
    axes = list(np.atleast_1d(axes))
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.9")
    figure.get_layout_engine().set(rect=(0, 0.04, 1, 0.96))  # type: ignore[union-attr, call-arg]
    return figure, axes


def _scenarios(result: Result) -> Iterator[tuple[str, str, str]]:
    for k, (name, title) in enumerate(result.titles.items()):
        yield name, title, COLOURS[k % len(COLOURS)]


def _band(ax: Axes, x: Any, values: np.ndarray, colour: str, label: str) -> None:
    """Median and interval of ``values`` (draws, points)."""
    low, median, high = np.quantile(values, INTERVAL, axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    ax.plot(x, median, color=colour, linewidth=2, label=label)


def _years(result: Result) -> np.ndarray:
    first = result.dataset["month"].to_numpy()[0]
    year, month = (int(part) for part in str(first).split("-"))
    return year + (month - 1 + np.arange(result.dataset.sizes["month"]) + 1) / 12


def _write_ticks(axis: Axis, *, share: bool = False) -> None:
    from expatsim.report.page.charts import write_ticks
    from expatsim.report.page.language import Language

    write_ticks(axis, Language("en"), share=share)


def _legend(figure: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=9)


def stock(result: Result) -> Figure:
    """People in the city, month by month."""
    figure, (ax,) = _figure()
    for name, title, colour in _scenarios(result):
        _band(
            ax, _years(result), result.dataset["here"].sel(scenario=name).to_numpy(), colour, title
        )
    ax.set_ylim(0, max(ax.get_ylim()[1], 1))
    ax.set_ylabel("people in the city")
    _write_ticks(ax.yaxis)
    _legend(figure, ax)
    return figure


def survival(result: Result) -> Figure:
    """Share still here, of those here at the start and of newcomers."""
    figure, axes = _figure(2, width=10)
    curves = share_staying(result.dataset).sel(group="all")
    for ax, way, words in zip(
        axes,
        ("stock", "newcomers"),
        ("Here at the start", "Newcomers"),
        strict=True,
    ):
        for name, title, colour in _scenarios(result):
            curve = curves.sel(scenario=name, way_in=way).to_numpy()
            x = np.concatenate([[0], curves["years"].to_numpy()])
            _band(ax, x, np.pad(curve, ((0, 0), (1, 0)), constant_values=1.0), colour, title)
        ax.set_title(words, loc="left", fontsize=10)
        ax.set_xlabel("years since the start" if way == "stock" else "years since arrival")
        ax.set_ylim(0, 1)
        ax.set_xlim(left=0)
        _write_ticks(ax.yaxis, share=True)
    axes[0].set_ylabel("still in the city")
    _legend(figure, axes[0])
    return figure


def _share_plot(result: Result, panels: dict[str, str], ylabel: str) -> Figure:
    figure, axes = _figure(len(panels), width=3.4 * len(panels) + 1)
    for ax, (indicator, words) in zip(axes, panels.items(), strict=True):
        for name, title, colour in _scenarios(result):
            some = result.dataset.sel(scenario=name)
            share = (some[indicator] / some["here"]).to_numpy()
            _band(ax, _years(result), share, colour, title)
        ax.set_title(words, loc="left", fontsize=10)
        ax.set_ylim(0, 1)
        _write_ticks(ax.yaxis, share=True)
    axes[0].set_ylabel(ylabel)
    _legend(figure, axes[0])
    return figure


def wish(result: Result) -> Figure:
    """Wish to stay longer."""
    panels = {"wish_yes": "Yes", "wish_maybe": "Maybe", "wish_no": "No"}
    return _share_plot(result, panels, "wish to stay longer, share of people here")


def awareness(result: Result) -> Figure:
    """Knowledge and use of the city's services, and feeling welcome."""
    panels = {
        "knows_desk": "Know the desk",
        "knows_service": "Know a service",
        "used_service": "Used a service",
        "feels_welcome": "Feel welcome",
    }
    return _share_plot(result, panels, "share of people here")


def reasons(result: Result) -> Figure:
    """Why people left, over the whole projection."""
    from expatsim.report.page.words import REASONS

    figure, (ax,) = _figure()
    names = list(result.titles)
    height = 0.8 / len(names)
    for k, (name, title, colour) in enumerate(_scenarios(result)):
        some = result.dataset.sel(scenario=name)
        left = some["left"].sum("month")
        for j, reason in enumerate(REASONS):
            low, median, high = np.quantile(some[reason].sum("month") / left, INTERVAL)
            y = j + (k - (len(names) - 1) / 2) * height
            ax.barh(y, median, height * 0.9, color=colour, label=title if j == 0 else None)
            ax.plot([low, high], [y, y], color="0.2", linewidth=1)
    ax.set_yticks(range(len(REASONS)), list(REASONS.values()))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.set_xlabel("share of those who left the city")
    _write_ticks(ax.xaxis, share=True)
    _legend(figure, ax)
    return figure


PLOTS: dict[str, Callable[[Result], Figure]] = {
    "stock": stock,
    "survival": survival,
    "wish": wish,
    "awareness": awareness,
    "reasons": reasons,
}
