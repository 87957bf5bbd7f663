"""The guess."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.calibration import gaussian
from expatsim.calibration.targets import targets


def test_the_guess_is_exact_where_everything_is_linear_and_normal() -> None:
    """One published share that moves with one parameter: the posterior is known."""
    rng = np.random.default_rng(2)
    z = rng.standard_normal((3000, 4))
    fact = next(t for t in targets() if t.name.startswith("gone after five years, outside"))
    slope, odds = 0.3, np.log(0.69 / 0.31)
    predicted = 1 / (1 + np.exp(-(odds + 0.2 + slope * z[:, :1])))
    guess = gaussian.fit([fact], [predicted], z, 1.5, np.zeros(4))
    # on the scale of log-odds the published share has this error
    error = fact.error / (0.69 * 0.31)
    variance = 1 / (1 + (slope / error) ** 2)
    mean = -variance * slope * 0.2 / error**2
    assert guess.mean == pytest.approx([mean, 0, 0, 0], abs=0.03)
    found = np.diag(guess.root @ guess.root.T)
    assert found[0] == pytest.approx(gaussian.SAFETY * variance, rel=0.05)
    assert found[1:] == pytest.approx(1, abs=0.02)
