"""The chains are exact."""

from __future__ import annotations

import emcee
import numpy as np
import pytest

from expatsim.calibration import gaussian, sampler


def test_chains_are_exact_whatever_the_guess() -> None:
    """A wrong guess costs time and nothing else."""
    mean, spread = np.array([0.7, -0.4, 0.0]), np.array([0.6, 1.2, 0.9])

    def log_posterior(z: np.ndarray) -> np.ndarray:
        return -0.5 * (((z - mean) / spread) ** 2).sum(axis=1)

    guess = gaussian.Gaussian(np.zeros(3), np.linalg.cholesky(np.eye(3) + 0.3))
    chains = emcee.EnsembleSampler(8, 3, log_posterior, moves=sampler.moves(guess), vectorize=True)
    start = emcee.State(
        guess.sample(8, np.random.default_rng(1)),
        random_state=np.random.RandomState(np.random.MT19937(1)).get_state(),
    )
    chains.run_mcmc(start, 6000, skip_initial_state_check=True)
    z = chains.get_chain(discard=200, flat=True)
    assert z.mean(axis=0) == pytest.approx(mean, abs=0.05)
    assert z.std(axis=0) == pytest.approx(spread, rel=0.05)
