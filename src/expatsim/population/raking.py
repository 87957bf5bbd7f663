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
BLOCK = 48  # rows of a block of people
FARTHEST = 30  # largest tilt, in logarithms of weights, from which another search may begin


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


class Raking:
    """People who are weighted to meet the same tables again and again, with other shares.

    Parameters
    ----------
    persons : dict of str to numpy.ndarray, shape (persons,)
        Columns of the people who are weighted, such as donors.
    start : numpy.ndarray, shape (persons,)
        Weights before raking; those of zero stay zero.
    margins : sequence of Margin
        Tables to meet. A conditional table only moves weight among its members.
    """

    def __init__(self, persons: Persons, start: np.ndarray, margins: Sequence[Margin]) -> None:
        self._start = start.astype(float)
        self._margins = margins
        self._codes = [np.asarray(margin.code(persons), np.intp) for margin in margins]
        self._problems: dict[tuple[bool, ...], _Problem] = {}

    def weights(self, shares: Sequence[np.ndarray]) -> np.ndarray:
        """Weights closest to those at the start that meet all shares.

        They depend on these shares alone, and not on what was asked before.

        Parameters
        ----------
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
        problem = self._problem([share > 0 for share in shares])
        result = np.zeros(len(self._start))
        result[problem.keep] = problem.weights(shares)
        for margin, code, share in zip(self._margins, self._codes, shares, strict=True):
            now = np.bincount(code + 1, result, len(share) + 1)[1:]
            if not now.any():  # a conditional table without members, of a city that borrowed it
                continue
            error = float(np.abs(now / now.sum() - share).max())
            if not error < TOLERANCE:
                raise RuntimeError(f"raking did not meet {margin.name!r}: off by {error:.2g}")
        return result

    def _problem(self, taken: list[np.ndarray]) -> _Problem:
        """The tables, of whose cells only some are taken."""
        key = tuple(np.concatenate(taken).tolist())
        if key not in self._problems:
            problem = _Problem(self._start, self._codes, taken)
            printed = bootstrap_shares(self._margins, None)
            if all(np.array_equal(p > 0, t) for p, t in zip(printed, taken, strict=True)):
                problem.begin_at(printed)
            self._problems[key] = problem
        return self._problems[key]


class _Problem:
    """Newton's method on the convex dual of raking, whose limit is that of proportional fitting.

    Milliseconds where cycling through thirty margins takes half a second.

    Parameters
    ----------
    start : numpy.ndarray, shape (persons,)
        Weights before raking.
    codes : list of numpy.ndarray of int, shape (persons,)
        Cell of each person by margin, -1 for nobody's.
    taken : list of numpy.ndarray of bool, shape (cells,)
        Whether anybody is in a cell, by margin.
    """

    def __init__(self, start: np.ndarray, codes: list[np.ndarray], taken: list[np.ndarray]) -> None:
        empty = [(code >= 0) & ~some[code] for code, some in zip(codes, taken, strict=True)]
        self.keep = np.flatnonzero((start != 0) & ~np.any(empty, axis=0))
        # the last cell with people follows from the others
        self._cells = [np.flatnonzero(some)[:-1] for some in taken]
        hits, members = [], []
        for code, cells in zip(codes, self._cells, strict=True):
            mine = code[self.keep]
            hits += [mine == cell for cell in cells]
            members += [mine >= 0] * len(cells)
        # Blocks of rows are so small that the linear algebra library keeps to one thread: its other
        # threads would wait in a busy loop afterwards and halve the speed of the engine.
        blocks = -(-len(self.keep) // BLOCK)
        self._hits, self._members = (
            np.zeros((blocks * BLOCK, len(hits))).reshape(blocks, BLOCK, -1) for _ in range(2)
        )
        for block, columns in ((self._hits, hits), (self._members, members)):
            block.reshape(blocks * BLOCK, -1)[: len(self.keep)] = np.array(columns).T
        self._log_weights = np.full((blocks, BLOCK), -np.inf)
        self._log_weights.flat[: len(self.keep)] = np.log(start[self.keep])
        self._begin = np.zeros(len(hits))

    def begin_at(self, shares: Sequence[np.ndarray]) -> None:
        """Begin searches at the solution for some shares: others of their kind are near."""
        x, weights = self._solve(self._rows(shares), self._begin)
        if np.isfinite(weights).all() and np.abs(x).max(initial=0) < FARTHEST:
            self._begin = x

    def weights(self, shares: Sequence[np.ndarray]) -> np.ndarray:
        """Weights under which all columns average zero, adding to one, of those who are kept."""
        return self._solve(self._rows(shares), self._begin)[1].ravel()[: len(self.keep)]

    def _rows(self, shares: Sequence[np.ndarray]) -> np.ndarray:
        """What each person adds to the gap between a cell and its share, by blocks of people."""
        chosen = [share[cells] for share, cells in zip(shares, self._cells, strict=True)]
        return self._hits - self._members * np.concatenate(chosen)

    def _solve(self, rows: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tilt at which all columns average zero, searched from ``x`` on; the weights there."""

        def weigh(x: np.ndarray) -> tuple[float, np.ndarray]:
            """Value of the dual at ``x``, and the weights there."""
            exponent = self._log_weights + rows @ x
            top = exponent.max()
            w = np.exp(exponent - top)
            return top + float(np.log(w.sum())), w / w.sum()

        value, w = weigh(x)
        single = rows.astype(np.float32)  # exact enough for the direction of a step
        for _ in range(MOST_ROUNDS):
            gradient = (w[:, None] @ rows).sum(axis=(0, 1))
            if np.abs(gradient).max(initial=0) < TOLERANCE / 1000:
                break
            weighted = single * w[:, :, None].astype(np.float32)
            hessian = (weighted.swapaxes(1, 2) @ single).sum(axis=0, dtype=np.float64)
            ridge = 1e-12 * np.trace(hessian) * np.eye(len(x))
            step = np.linalg.solve(hessian + ridge, -gradient)
            size = 1.0
            while True:  # shorten the step until the dual falls
                trial, w_trial = weigh(x + size * step)
                if trial <= value + 1e-4 * size * float(gradient @ step) or size < 1e-8:
                    break
                size /= 2
            x, value, w = x + size * step, trial, w_trial
        return x, w
