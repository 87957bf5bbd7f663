"""The fit is that of the posterior in use."""

from __future__ import annotations

import numpy as np
import pandas as pd

from expatsim.posterior.record import calibration_of
from expatsim.report import fit
from expatsim.report.facts import observed_and_simulated
from helpers import ROOT


def test_fit_is_that_of_the_shipped_posterior() -> None:
    shipped = pd.read_csv(ROOT / "calibration" / "posterior" / "targets.csv")
    packaged = pd.read_csv(ROOT / "src" / "expatsim" / "posterior" / "shipped" / "targets.csv")
    assert packaged.equals(shipped)
    shown = fit.with_words(observed_and_simulated(calibration_of("posterior").fit))
    assert (shown[["low", "median", "high"]].to_numpy() <= 1).all()
    assert np.allclose(
        shown.loc[shown["target"] == "wish to stay", "observed_low"], np.array([10, 28, 37]) / 75
    )
