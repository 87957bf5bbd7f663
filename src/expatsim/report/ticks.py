"""Labels of an axis: as many digits as tell its ticks apart, whatever its range."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.ticker import Formatter

MOST_DIGITS = 15  # of a floating-point number
PLAIN = (1e-4, 1e15)  # beyond these the largest tick is written as a power of ten


def exact_digits(values: Sequence[float], show: Callable[[float, int], str]) -> int:
    """Decimals that write ticks as what they are: within a thousandth of the smallest step.

    Parameters
    ----------
    values : sequence of float
    show : callable
        Writes a number with so many decimals, as Python reads it.
    """
    steps = np.diff(np.unique(np.asarray(values, float)))
    room = 1e-3 * steps.min() if len(steps) else 1e-6 * max(map(abs, values), default=0)
    for digits in range(MOST_DIGITS):
        if all(abs(float(show(x, digits)) - x) <= room for x in values):
            return digits
    return MOST_DIGITS


class Labels(Formatter):
    """Writes the ticks of an axis.

    Parameters
    ----------
    show : callable
        A number in the words of a language, with so many decimals.
    scale : float
        What ticks are multiplied by before ``show`` does it again: 100 for percentages.
    """

    def __init__(self, show: Callable[[float, int], str], scale: float = 1.0) -> None:
        self.show, self.scale = show, scale

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """A label for every tick."""
        shown = [self.scale * x for x in values]
        largest = max(map(abs, shown), default=0.0)
        if largest and not PLAIN[0] <= largest < PLAIN[1]:
            digits = exact_digits(shown, lambda x, d: f"{x:.{d}e}")
            return [f"{x:.{digits}e}" for x in shown]
        digits = exact_digits(shown, lambda x, d: f"{x:.{d}f}")
        return [self.show(x, digits) for x in values]

    def __call__(self, x: float, pos: int | None = None) -> str:
        """One tick by itself, as a cursor shows it."""
        return self.format_ticks([x])[0]
