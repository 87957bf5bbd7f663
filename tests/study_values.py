"""Small simulated studies for tests."""

from __future__ import annotations

import numpy as np

from expatsim.model import parameters

SMALL = {"rotterdam": 400, "den_haag": 200}


def values(draws: int, seed: int = 3) -> dict[str, np.ndarray]:
    return parameters.sample_prior(seed, np.arange(draws))
