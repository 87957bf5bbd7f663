"""Figures that no setting of the user changes, and that change none: never pyplot, texts as is."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from expatsim.text import fold

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# with letters that matplotlib's own font lacks; those that are installed are used
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
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in known)]


@contextmanager
def drawing(settings: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Draw with our settings, whatever the user's are; these are back afterwards.

    Also a decorator. A letter that no installed font has becomes a box, without a warning.

    Parameters
    ----------
    settings : mapping, optional
        More settings of matplotlib.
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
    """An empty figure, in inches, with axes beside each other on one scale."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, sharey=True, squeeze=False)[0])


def inches(line: str, size: float) -> float:
    """How wide a line of text is drawn at a font size."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), line, size=size).get_extents().width) / 72 if line else 0.0


def fold_within(text: str, columns: int, most: float, size: float) -> list[str]:
    """A text as lines of so many columns at most, or fewer, none wider than ``most`` inches."""
    lines = fold(text, columns)
    while columns > 8 and max(inches(line, size) for line in lines) > most:
        columns = 3 * columns // 4
        lines = fold(text, columns)
    return lines
