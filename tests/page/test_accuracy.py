"""Errors of a page are those of the medians and interval ends that it shows."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.findings.outcomes import OUTCOMES as DECLARED
from expatsim.page import accuracy, mixes
from expatsim.page.mixes import OUTCOMES, Simulated
from made_up_surfaces import made_up

DRAWS, MIXES = 45, 6


@pytest.fixture(scope="module")
def surface():
    return made_up("rotterdam", DRAWS, 1, 0.05)


def simulated(surface, more: np.ndarray) -> Simulated:
    """Mixes that do what a surface says and so much more, shape (draws,)."""
    chosen = mixes.random_mixes(MIXES, [4])
    found = [surface.differences(*mix) for mix in zip(*chosen, strict=True)]
    outcomes = [surface.baseline + x + more[:, None] for x in found]
    return Simulated(
        np.tile(np.arange(DRAWS), MIXES),
        np.repeat(chosen.levels, DRAWS, axis=0),
        np.repeat(chosen.delay, DRAWS),
        np.concatenate(outcomes),
        surface.baseline,
    )


def test_a_constant_error_is_told_as_it_is(surface) -> None:
    found = accuracy.errors(surface, simulated(surface, np.full(DRAWS, 0.004)))
    for errors in found.values():
        assert errors.shape == (MIXES, len(OUTCOMES))
        np.testing.assert_allclose(errors, 0.004, atol=1e-9)
    told = accuracy.summary(found)
    assert told["checks"] == MIXES
    assert told["outcomes"]["wish"]["middle"] == pytest.approx([0.004, 0.004])
    assert told["all"] == {"middle": 1.0, "ends": 1.0}
    shares = {name for name in OUTCOMES if DECLARED[name].is_share}
    assert set(told["within"]["middle"]) == shares


def test_beyond_half_a_point_counts(surface) -> None:
    found = accuracy.errors(surface, simulated(surface, np.full(DRAWS, 0.006)))
    assert accuracy.summary(found)["all"] == {"middle": 0.0, "ends": 0.0}
    wide = accuracy.errors(surface, simulated(surface, np.linspace(-0.1, 0.1, DRAWS)))
    assert np.median(wide["ends"]) > 0.03  # intervals that are too narrow are no good ones


def test_labels(surface) -> None:
    same = simulated(surface, np.zeros(DRAWS))
    assert accuracy.agreement(surface, surface, same, same) == {"sure": 1.0, "rests": 1.0}
    other = simulated(surface, np.full(DRAWS, 0.5))  # everything clearly up
    assert accuracy.agreement(surface, surface, other, same)["sure"] < 0.8
