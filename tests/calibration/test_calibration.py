"""The simulated study, the guess, the sampler and its checkpoints."""

from __future__ import annotations

import numpy as np

from expatsim.calibration import likelihood, study
from expatsim.calibration.targets import targets
from expatsim.model import parameters
from expatsim.model.declare import declared
from study_values import SMALL, values


def test_what_is_declared_of_the_interview_is_read() -> None:
    read = set()

    class Recorded(dict):
        def __getitem__(self, name: str) -> np.ndarray:
            read.add(name)
            return super().__getitem__(name)

    p = Recorded(values(2))
    likelihood.log_likelihood(study.simulate_study(p, 5, SMALL), p, targets())
    assert set(declared(parameters.Interview)) <= read
    assert read <= set(parameters.registry())
