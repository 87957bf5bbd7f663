"""Linear regression in many draws at once, whose coefficients differ from draw to draw.

The usual mixed model: coefficients are normal around a mean that all draws share, with a covariance
over draws; the means of terms of a kind are normal around zero. Variances and covariances are
estimated by expectation and maximisation, coefficients are their means given the data. With few
rows in a draw its coefficients stay near those of all; with many they follow its own rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ROUNDS = 40  # at most
CHANGE = 1e-3  # of the residual variance, below which there is no further round
TINY = 1e-12  # variance, beside that of the data


class Products(NamedTuple):
    """What the rows of each draw come down to.

    Attributes
    ----------
    inner : numpy.ndarray, shape (draws, terms, terms)
        Products of terms, summed over rows.
    outer : numpy.ndarray, shape (draws, terms)
        Products of terms and the response.
    square : float
        Squares of the response, over all rows.
    rows : int
        Number of rows.
    """

    inner: np.ndarray
    outer: np.ndarray
    square: float
    rows: int


def estimate(data: Products, kinds: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Return the coefficients of every draw, shape (draws, terms).

    Parameters
    ----------
    data : Products
        From the rows of every draw; terms should have a mean square near one.
    kinds : numpy.ndarray of int, shape (terms,)
        Terms of one kind, numbered from zero on, have means of one size.
    blocks : numpy.ndarray of int, shape (varying,)
        For the first terms, those that vary over draws: terms of one block may vary together.

    Examples
    --------
    >>> inner = np.full((2, 1, 1), 50.0)
    >>> data = Products(inner, np.array([[50.0], [100.0]]), 251.0, 100)
    >>> estimate(data, np.array([0]), np.array([0])).round(1).tolist()
    [[1.0], [2.0]]
    """
    inner, outer, square, rows = data
    draws, terms = outer.shape
    n = len(blocks)
    across, own = inner[:, :, :n], inner[:, :n, :n]
    together = np.equal.outer(blocks, blocks)
    floor = TINY + TINY * square / rows
    residual = 0.5 * square / rows + floor
    spread = np.eye(n) * residual / terms
    size = np.full(kinds.max() + 1, 2 * residual / terms)
    for _ in range(ROUNDS):
        # deviations of the draws given the means, and means with the deviations integrated out
        within = np.linalg.inv(own / residual + np.linalg.inv(spread + floor * np.eye(n)))
        shrunk = across @ within / residual
        weight = (inner - shrunk @ np.swapaxes(across, 1, 2)) / residual
        pull = (outer - np.einsum("dtk,dk->dt", shrunk, outer[:, :n])) / residual
        error = np.linalg.inv(weight.sum(axis=0) + np.diag(1 / size[kinds]))
        mean = error @ pull.sum(axis=0)
        left = outer[:, :n] - np.einsum("dtk,t->dk", across, mean)
        deviation = np.einsum("dij,dj->di", within, left) / residual
        coefficients = np.tile(mean, (draws, 1))
        coefficients[:, :n] += deviation
        squares = mean**2 + np.diag(error)
        size = np.bincount(kinds, squares) / np.bincount(kinds) + floor
        spread = np.where(together, (deviation.T @ deviation + within.sum(axis=0)) / draws, 0.0)
        fitted = np.einsum("di,dij,dj->", coefficients, inner, coefficients)
        unsure = np.sum(within * own) + np.sum(error * inner.sum(axis=0))
        left_over = square - 2 * np.sum(coefficients * outer) + fitted + unsure
        before, residual = residual, max(float(left_over) / rows, floor)
        if abs(residual / before - 1) < CHANGE:
            break
    return coefficients
