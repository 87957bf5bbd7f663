"""How sure an effect is: the probability of its sign, in words from fixed rules."""

from __future__ import annotations

import numpy as np

# probability of the sign from which an effect is called so; below, both signs are possible
CLEAR, LIKELY = 0.975, 0.8
CANNOT_TELL, TOO_FEW = "the data cannot tell", "too few people"


def probability_higher(difference: np.ndarray) -> float:
    """Share of draws above zero, those at zero counted half."""
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def verdict(difference: np.ndarray) -> str:
    """``"clear"``, ``"likely"`` or ``"the data cannot tell"``, from the probability of the sign."""
    higher = probability_higher(difference)
    sure = max(higher, 1 - higher)
    return "clear" if sure >= CLEAR else "likely" if sure >= LIKELY else CANNOT_TELL
