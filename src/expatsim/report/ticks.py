"""Labels of an axis, with just enough digits for its ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.ticker import Formatter

MOST_DIGITS = 15  # significant ones of a floating-point number
PLAIN = (1e-4, 1e15)  # beyond these the largest tick is written as a power of ten


def exact_digits(values: Sequence[float], show: Callable[[float, int], str]) -> int:
    """Fewest decimals that write ticks to a thousandth of the smallest step between them.

    Parameters
    ----------
    values : sequence of float
        The ticks.
    show : callable
        From a number and decimals to a text that Python reads as a number.

    Examples
    --------
    >>> exact_digits([0.25, 0.5, 0.75], lambda x, digits: f"{x:.{digits}f}")
    2
    """
    steps = np.diff(np.unique(np.asarray(values, float)))
    room = 1e-3 * steps.min() if len(steps) else 1e-6 * max(map(abs, values), default=0)
    for digits in range(MOST_DIGITS):
        if all(abs(float(show(x, digits)) - x) <= room for x in values):
            return digits
    return MOST_DIGITS


class Labels(Formatter):
    """Formatter of the ticks of an axis.

    Parameters
    ----------
    show : callable
        From a number and decimals to a text in a language.
    scale : float
        Factor that ``show`` applies to ticks, for counting digits: 100 for percentages.
    """

    def __init__(self, show: Callable[[float, int], str], scale: float = 1.0) -> None:
        self.show, self.scale = show, scale

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Labels of the ticks."""
        scaled = [self.scale * x for x in values]
        largest = max(map(abs, scaled), default=0.0)
        if largest and not PLAIN[0] <= largest < PLAIN[1]:
            digits = exact_digits(scaled, lambda x, d: f"{x:.{d}e}")
            return [f"{x:.{digits}e}" for x in scaled]
        digits = exact_digits(scaled, lambda x, d: f"{x:.{d}f}")
        return [self.show(x, digits) for x in values]

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Label of a single number, as a cursor shows it."""
        return self.format_ticks([x])[0]
