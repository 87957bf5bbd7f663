"""Raking of person weights to margins, with a Bayesian bootstrap of the respondents.

Raking finds the weights closest to the given ones (in relative entropy) that meet all margins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from expatsim.population.margins import Margin
from expatsim.survey.question import Persons

TOLERANCE = 1e-7  # largest difference of a share from its margin
MOST_ROUNDS = 100  # Newton steps before raking gives up
BLOCK = 48  # rows of a block, see `_tilt`


def bootstrap_shares(
    margins: Sequence[Margin], rng: np.random.Generator | None
) -> list[np.ndarray]:
    """Shares of the cells of every margin, each of shape (cells,).

    Parameters
    ----------
    margins : sequence of Margin
        Printed tables of a city.
    rng : numpy.random.Generator or None
        Source of a Bayesian bootstrap of the respondents: Dirichlet with the counts, which has the
        printed shares as its mean. ``None`` gives the printed shares (the middle of an interval).
    """
    shares = []
    for margin in margins:
        if margin.interval is not None:
            low, high = margin.interval
            yes = (low + high) / 2 if rng is None else rng.uniform(low, high)
            shares.append(np.array([yes, 1 - yes]))
            continue
        weight = margin.counts.astype(float) if rng is None else rng.standard_gamma(margin.counts)
        shares.append(weight / weight.sum())
    return shares


def rake(
    persons: Persons,
    start: np.ndarray,
    margins: Sequence[Margin],
    shares: Sequence[np.ndarray],
) -> np.ndarray:
    """Weights closest to ``start`` that meet all shares.

    Parameters
    ----------
    persons : dict of str to numpy.ndarray, shape (persons,)
        Columns of the people who are weighted, such as donors.
    start : numpy.ndarray, shape (persons,)
        Weights before raking; those of zero stay zero.
    margins : sequence of Margin
        Tables to meet. A conditional table only moves weight among its members.
    shares : sequence of numpy.ndarray, shape (cells,)
        Share of each cell, from :func:`bootstrap_shares`.

    Returns
    -------
    numpy.ndarray, shape (persons,)
        Adds to one.

    Raises
    ------
    RuntimeError
        If no weights meet the margins within ``TOLERANCE``; names the worst margin.
    """
    weights = start.astype(float)
    codes = [np.asarray(margin.code(persons), np.intp) for margin in margins]
    for code, share in zip(codes, shares, strict=True):
        weights[(code >= 0) & (share[code] == 0)] = 0  # empty cells
    keep = np.flatnonzero(weights)
    columns = []
    for code, share in zip(codes, shares, strict=True):
        cells = code[keep]
        member = cells >= 0
        # the last cell with people follows from the others
        for cell in np.flatnonzero(share)[:-1]:
            columns.append((cells == cell) - share[cell] * member)
    result = np.zeros(len(start))
    result[keep] = _tilt(np.array(columns).T, np.log(weights[keep]))
    for margin, code, share in zip(margins, codes, shares, strict=True):
        now = np.bincount(code + 1, result, len(share) + 1)[1:]
        if not now.any():  # a conditional table without members, of a city that borrowed it
            continue
        error = float(np.abs(now / now.sum() - share).max())
        if not error < TOLERANCE:
            raise RuntimeError(f"raking did not meet {margin.name!r}: off by {error:.2g}")
    return result


def _tilt(matrix: np.ndarray, log_start: np.ndarray) -> np.ndarray:
    """Weights ``exp(log_start + matrix @ x)``, adding to one, under which all columns average zero.

    The limit of iterative proportional fitting, found by Newton steps on its convex dual: tens of
    milliseconds where cycling through thirty margins takes half a second.
    """
    # Blocks of rows are so small that the linear algebra library keeps to one thread: its other
    # threads would wait in a busy loop afterwards and halve the speed of the engine.
    people, columns = matrix.shape
    blocks = -(-people // BLOCK)
    rows = np.zeros((blocks * BLOCK, columns))
    rows[:people] = matrix
    rows = rows.reshape(blocks, BLOCK, columns)
    log_weights = np.full((blocks, BLOCK), -np.inf)
    log_weights.flat[:people] = log_start

    def weigh(x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value of the dual at ``x``, and the weights there."""
        exponent = log_weights + rows @ x
        top = exponent.max()
        w = np.exp(exponent - top)
        return top + float(np.log(w.sum())), w / w.sum()

    x = np.zeros(columns)
    value, w = weigh(x)
    single = rows.astype(np.float32)  # exact enough for the direction of a step
    for _ in range(MOST_ROUNDS):
        gradient = (w[:, None] @ rows).sum(axis=(0, 1))
        if np.abs(gradient).max() < TOLERANCE / 1000:
            break
        weighted = single * w[:, :, None].astype(np.float32)
        hessian = (weighted.swapaxes(1, 2) @ single).sum(axis=0, dtype=np.float64)
        ridge = 1e-12 * np.trace(hessian) * np.eye(columns)
        step = np.linalg.solve(hessian + ridge, -gradient)
        size = 1.0
        while True:  # shorten the step until the dual falls
            trial, w_trial = weigh(x + size * step)
            if trial <= value + 1e-4 * size * float(gradient @ step) or size < 1e-8:
                break
            size /= 2
        x, value, w = x + size * step, trial, w_trial
    return w.ravel()[:people]
