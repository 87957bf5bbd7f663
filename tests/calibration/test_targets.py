"""Targets are the printed numbers; their likelihoods are probabilities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from expatsim.calibration.targets import (
    Counts,
    Fact,
    Interval,
    Peak,
    concentration,
    log_dirichlet_multinomial,
    targets,
)

BY_NAME = {t.name: t for t in targets()}


def test_observed_numbers_are_those_of_the_report() -> None:
    counted = {t.name: t.observed for t in targets() if isinstance(t, Counts)}
    assert counted == {
        "wish to stay": (10, 28, 37),
        "Dutch level": (2, 33, 34, 6),
        "Dutch friends": (3, 32, 24, 9, 6, 1),
        "contract term": (5, 24, 13, 2, 31),
        "knows a service": (10, 3, 2),
        "used a service, if known": (3, 2),
        "feels welcome": (5, 10),
        "partners volunteer": (18, 5),
        "workers volunteer": (10, 42),
        "knows the desk, The Hague": (10, 10),
    }
    welcome = BY_NAME["feels welcome, The Hague"]
    assert (welcome.low, welcome.high, welcome.total) == (12, 13, 20)
    duration = BY_NAME["in the second year of the stay"]
    assert (duration.low, duration.high, duration.total) == (53, 78, 105)  # more than half
    facts = [t for t in targets() if isinstance(t, Fact)]
    outside, inside, two_years, fifteen_years, jobless = facts
    assert abs(two_years.observed - 0.442) <= two_years.error
    assert (fifteen_years.observed, jobless.observed) == pytest.approx((0.8725, 0.45))
    assert outside.observed == pytest.approx(0.69)
    assert inside.observed == pytest.approx((0.575 + 0.62) / 2)
    # both sources within one error of the middle
    assert abs(outside.observed - 0.696) <= outside.error
    assert abs(inside.observed - 0.575) <= inside.error
    assert BY_NAME["hazard peaks in year two or three"].years == (2, 3)


def outcomes(total: int, cells: int) -> np.ndarray:
    return np.array(
        [n for n in itertools.product(range(total + 1), repeat=cells) if sum(n) == total]
    )


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=4),
    st.integers(3, 9),
    st.floats(1.01, 2.5),
)
def test_counts_have_probabilities_that_add_to_one(weights, total: int, effect: float) -> None:
    p = np.array([weights]) / sum(weights)
    every = outcomes(total, p.shape[1])
    logs = [log_dirichlet_multinomial(n, p, np.array([effect]))[0] for n in every]
    assert np.exp(logs).sum() == pytest.approx(1)


def test_design_effect_one_is_a_simple_random_sample() -> None:
    p, n = np.array([[0.2, 0.5, 0.3]]), np.array([10, 28, 37])
    exact = multinomial.logpmf(n, 75, p[0])
    ours = log_dirichlet_multinomial(n, p, np.array([1.0]))[0]
    assert ours == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("effect", [1.2, 1.5, 3.0])
def test_replicated_studies_have_the_stated_variance(effect: float) -> None:
    target = BY_NAME["wish to stay"]
    p = np.tile([[0.15, 0.35, 0.5]], (40_000, 1))
    shown = target.replicate(p, np.full(len(p), effect), np.random.default_rng(1))
    assert (shown.sum(axis=1) == 75).all()
    assert shown.mean(axis=0) == pytest.approx(75 * p[0], rel=0.02)
    expected = effect * 75 * p[0] * (1 - p[0])
    assert shown.var(axis=0) == pytest.approx(expected, rel=0.05)


def test_an_interval_is_the_sum_of_its_counts() -> None:
    target = BY_NAME["feels welcome, The Hague"]
    p = np.array([[0.6, 0.4]])
    effect = np.array([1.5])
    each = [
        np.exp(log_dirichlet_multinomial(np.array([k, 20 - k]), p, effect)[0]) for k in (12, 13)
    ]
    assert np.exp(target.log_likelihood(p, effect)[0]) == pytest.approx(sum(each))


def test_a_peak_is_seen_where_it_is() -> None:
    target = BY_NAME["hazard peaks in year two or three"]
    hazards = np.array([[0.1, 0.2, 0.3, 0.2, 0.1, 0.1], [0.4, 0.2, 0.3, 0.2, 0.1, 0.1]])
    predicted = target.predicted({"hazard": hazards})
    assert predicted[:, 0] == pytest.approx([0.1, -0.1])
    there, elsewhere = target.log_likelihood(predicted, np.ones(2))
    assert there > np.log(0.99)
    assert elsewhere < -10


@pytest.mark.parametrize("target", targets(), ids=lambda t: t.name)
def test_the_truth_is_more_likely_than_something_else(target) -> None:
    """Averaged over studies of the truth, as the likelihood of every target must be."""
    rng = np.random.default_rng(7)
    cells = len(target.cells())
    if isinstance(target, Peak):
        truth, other = np.array([[0.05]]), np.array([[-0.05]])
    elif isinstance(target, Fact):
        truth, other = np.array([[0.6]]), np.array([[0.7]])
    else:
        width = 2 if isinstance(target, Interval) else cells
        truth = rng.dirichlet(np.full(width, 5.0))[None]
        other = np.roll(truth, 1, axis=1)
    effect = np.array([1.5])
    gain = []
    for _ in range(200):
        again = target.with_observed(target.replicate(truth, effect, rng)[0])
        gain.append(again.log_likelihood(truth, effect) - again.log_likelihood(other, effect))
    assert np.mean(gain) > 0


def test_concentration_reaches_from_simple_samples_to_clusters() -> None:
    assert concentration(75, 1.0) > 1e6
    assert 0 < concentration(5, 4.0) < 1
    assert concentration(5, 50.0) > 0  # never beyond the number of respondents
