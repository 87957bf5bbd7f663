"""Figures that neither follow nor change the user's matplotlib settings; texts without markup."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from expatsim.text import fold

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# fonts for letters that matplotlib's own lacks; those that are installed are used
FALLBACKS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Noto Sans JP",
    "Source Han Sans",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Nirmala UI",
    "Leelawadee UI",
    "Noto Emoji",
    "Noto Sans Symbols 2",
    "Segoe UI Emoji",
    "Segoe UI Symbol",
    "Apple Symbols",
    "Symbola",
    "Arial Unicode MS",
)
TEXTS: Any = {
    "text.parse_math": False,  # a dollar sign in a title is a dollar sign
    "text.usetex": False,
    "axes.formatter.use_mathtext": False,
}
NOT_OURS = ("backend", "backend_fallback", "interactive", "toolbar")  # the user's window


@cache
def _fonts() -> list[str]:
    """Names of the fonts to draw with, in order of preference."""
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in installed)]


@contextmanager
def drawing(settings: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Context, or decorator, in which matplotlib has our settings instead of the user's.

    A letter that no installed font has becomes a box, without a warning.

    Parameters
    ----------
    settings : mapping, optional
        Further settings of matplotlib.
    """
    import matplotlib

    ours: dict[Any, Any] = {
        **{k: v for k, v in matplotlib.rcParamsDefault.items() if k not in NOT_OURS},
        **TEXTS,
        "font.family": _fonts(),
        **(settings or {}),
    }
    with matplotlib.rc_context(ours), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty figure and its axes, which stand beside each other and share their scale.

    Parameters
    ----------
    width, height : float
        Inches.
    columns : int
        Number of axes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, sharey=True, squeeze=False)[0])


@lru_cache(maxsize=4096)  # measuring takes ten milliseconds, and labels stay the same
def inches(line: str, size: float) -> float:
    """Width of a line of text at a font size in points, in inches."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), line, size=size).get_extents().width) / 72 if line else 0.0


def fold_within(text: str, columns: int, most: float, size: float) -> list[str]:
    """Lines of a text, none wider than ``most`` inches.

    Parameters
    ----------
    text : str
        Words on one line.
    columns : int
        Longest line in letters; shorter lines are tried until they fit.
    most : float
        Widest line, in inches.
    size : float
        Font size in points.
    """
    lines = fold(text, columns)
    while columns > 8 and max(inches(line, size) for line in lines) > most:
        columns = 3 * columns // 4
        lines = fold(text, columns)
    return lines
