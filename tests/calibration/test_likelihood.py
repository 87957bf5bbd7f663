"""The scale of the parameters, and the likelihood of the targets."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.calibration import likelihood, study
from expatsim.calibration.targets import targets
from expatsim.model import parameters
from study_values import SMALL, values


def test_scores_are_the_prior() -> None:
    z = np.random.default_rng(0).standard_normal((4000, len(likelihood.names())))
    drawn = likelihood.from_scores(z)
    for name, p in parameters.registry().items():
        expected = p.quantile(np.array([0.25, 0.5, 0.75]))
        width = p.quantile(np.array([0.95]))[0] - p.quantile(np.array([0.05]))[0]
        found = np.quantile(drawn[name], [0.25, 0.5, 0.75])
        assert np.abs(found - expected).max() < 0.05 * width, name


def test_a_target_that_is_off_counts_for_nothing() -> None:
    p = values(3)
    shown = study.simulate_study(p, 5, SMALL)
    whole = likelihood.log_likelihood(shown, p, targets())
    part = likelihood.log_likelihood(shown, p, targets()[1:])
    first = targets()[0].log_likelihood(targets()[0].predicted(shown), p["design_effect"])
    assert whole == pytest.approx(part + first)
    wanted = likelihood.questions(targets()[:1])
    assert wanted == {"rotterdam.wish"}
    of_stays = {"gone.non_eu", "gone.eu", "gone.all", "hazard", "calendar", "jobless"}
    assert set(study.simulate_study(p, 5, SMALL, questions=wanted)) == {*wanted, *of_stays}
