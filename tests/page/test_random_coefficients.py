"""Random coefficients: noise is held down, and what differs between draws is found."""

from __future__ import annotations

import numpy as np

from expatsim.page.random_coefficients import Products, estimate


def products(x: np.ndarray, y: np.ndarray) -> Products:
    """Products of rows by draw; ``x`` has shape (draws, rows, terms)."""
    inner = np.einsum("drt,dru->dtu", x, x)
    return Products(inner, np.einsum("drt,dr->dt", x, y), float((y**2).sum()), y.size)


def test_better_than_each_draw_alone() -> None:
    rng = np.random.default_rng(1)
    draws, rows, terms = 40, 15, 12
    mean = np.array([1.0, -0.5, 0.3] + [0.0] * 9)
    true = np.tile(mean, (draws, 1))
    true[:, :2] += rng.normal(0, 0.3, (draws, 2))  # only the first two vary
    x = rng.normal(size=(draws, rows, terms))
    y = np.einsum("drt,dt->dr", x, true) + rng.normal(0, 0.5, (draws, rows))
    kinds, blocks = np.repeat(np.arange(4), 3), np.repeat(np.arange(3), 2)
    found = estimate(products(x, y), kinds, blocks)
    alone = np.array([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(x, y, strict=True)])

    def error(of: np.ndarray) -> float:
        return float(np.sqrt(((of - true) ** 2).mean()))

    assert error(found) < 0.3 * error(alone)
    assert error(found) < 0.06
    for k in (0, 1):  # each draw's own, not the mean of all
        assert np.corrcoef(found[:, k], true[:, k])[0, 1] > 0.75
    assert np.ptp(found[:, 6:], axis=0).max() == 0  # the same in all draws, as asked


def test_no_effect_is_none() -> None:
    x = np.random.default_rng(2).normal(size=(5, 8, 3))
    found = estimate(products(x, np.zeros((5, 8))), np.zeros(3, int), np.arange(3))
    assert np.abs(found).max() < 1e-6
