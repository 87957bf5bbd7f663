"""The surrogate follows simulations and knows its error; short chains find a known posterior."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.calibration import surrogate
from expatsim.calibration.short_run import short_run
from expatsim.calibration.surrogate import log_ratios, shares_of

N, SCORES = 600, 20
NOISE = 0.2  # luck of a simulation, standard deviation of a log-ratio


def made(z: np.ndarray, noise: float, seed: int = 1) -> dict[str, np.ndarray]:
    """Shares of three answers that bend with the scores."""
    y = np.stack([0.8 * z[:, 0] - 0.5 * z[:, 1] + 0.4 * z[:, 0] * z[:, 1], 0.3 * z[:, 2] ** 2], 1)
    return {"q": shares_of(y + noise * np.random.default_rng(seed).standard_normal(y.shape))}


def test_log_ratios_and_shares_are_inverse() -> None:
    p = np.random.default_rng(3).dirichlet(np.ones(4), size=5)
    assert shares_of(log_ratios(p)) == pytest.approx(p)


def test_it_averages_luck_out_and_finds_what_bends() -> None:
    z = np.random.default_rng(0).standard_normal((N, SCORES))
    luck = surrogate.luck_of(made(z, NOISE, 1), made(z, NOISE, 2))
    assert np.diag(luck["q"]) == pytest.approx(NOISE**2, rel=0.2)
    model = surrogate.fit(z, made(z, NOISE), luck)
    new = np.random.default_rng(9).standard_normal((200, SCORES))
    missed = log_ratios(model.predict(new)["q"]) - log_ratios(made(new, 0.0)["q"])
    assert np.sqrt((missed**2).mean()) < NOISE
    assert {0, 1, 2} <= set(model.models["q"].curved[:5]) | {2}
    error = model.models["q"].error
    assert np.sqrt(np.diag(error @ error.T)).max() < NOISE  # the luck is not taken for error


def test_what_it_cannot_follow_is_its_error() -> None:
    z = np.random.default_rng(0).standard_normal((N, SCORES))
    shares = {"q": shares_of(np.sin(6 * z[:, :1]))}
    model = surrogate.fit(z, shares, {"q": np.zeros((1, 1))})
    assert abs(model.models["q"].error[0, 0]) == pytest.approx(np.sqrt(0.5), rel=0.25)
    assert model.models["q"].explained < 0.2
    deviations = np.random.default_rng(1).standard_normal((N, model.deviations))
    spread = log_ratios(model.predict(z, deviations)["q"]) - log_ratios(model.predict(z)["q"])
    assert spread.std() == pytest.approx(abs(model.models["q"].error[0, 0]), rel=0.1)


def test_short_chains_find_a_known_posterior() -> None:
    """A normal likelihood of two of thirty scores, one of them far from the prior."""
    centre, spread = np.array([3.0, -0.5]), np.array([0.2, 0.5])

    def log_likelihood(x: np.ndarray) -> np.ndarray:
        return -0.5 * (((x[:, :2] - centre) / spread) ** 2).sum(axis=1)

    chains = short_run(log_likelihood, 30, [1])
    assert chains.rhat < 1.02
    assert chains.effective > 1000
    x = chains.draws(4000, np.random.default_rng(1))
    variance = 1 / (1 + 1 / spread**2)
    assert x[:, :2].mean(axis=0) == pytest.approx(variance * centre / spread**2, abs=0.05)
    assert x[:, :2].std(axis=0) == pytest.approx(np.sqrt(variance), rel=0.06)
    assert np.abs(x[:, 2:].mean(axis=0)).max() < 0.1
    assert x[:, 2:].std(axis=0) == pytest.approx(1, abs=0.07)
