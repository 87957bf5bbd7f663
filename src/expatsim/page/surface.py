"""Response surfaces in every draw: what any mix of measures changes, without simulating it.

In each draw the change of an outcome, as a logarithm of odds for shares and of a ratio for numbers,
is a polynomial of where the levers stand and of the years that the mix waits, with coefficients of
its own in every draw; those of products of two levers are the same in all draws. Coefficients of
all draws are estimated together (:func:`fit`), so that what is noise in one draw is held to what
all draws say. Where no lever is moved the change is exactly zero.

The ten grades and health care in English act through two numbers only: their sum, and the grade for
nightlife. That is so in the model (:func:`expatsim.model.rules.welcome.quality`), not an
approximation.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from expatsim.findings.outcomes import OUTCOMES as DECLARED
from expatsim.model.declare import declared
from expatsim.model.levers import LEVERS
from expatsim.model.rules.welcome import Grades
from expatsim.page.mixes import DELAYS, OUTCOMES, Simulated
from expatsim.page.random_coefficients import Products, estimate
from expatsim.runs.batches import cores
from expatsim.runs.prepare import Replicates
from expatsim.scenario.scenario import Scenario

QUALITY, NIGHTLIFE = "quality", "nightlife"  # axes of several levers, and of one of them once more
HEALTH, HEALTH_PARAMETER = "healthcare_english", "health_english"  # its weight among the grades
POWERS = (1, 2, 3)  # of the place on an axis
WAITS = (0, 1, 2)  # powers of the delay by which each of these is multiplied
PAIR_WAITS = (0, 1)  # and by which the product of two moves is
CERTAIN = 1e-4  # shares are kept so far from zero and one
LARGEST, SMALLEST = 2**15 - 1, 1e-300  # stored step, and size of one


@cache
def axes() -> dict[str, tuple[str, ...]]:
    """Return the axes of the surface by name, each with the levers whose sum it is."""
    grades = tuple(declared(Grades))
    alone = {name: (name,) for name in LEVERS if name not in grades}
    return {**alone, QUALITY: grades, NIGHTLIFE: (NIGHTLIFE,)}


@cache
def members() -> np.ndarray:
    """Return whether a lever is part of an axis, over the reach of the axis; (levers, axes)."""
    columns = []
    for levers in axes().values():
        reach = sum(max(abs(LEVERS[x].low), abs(LEVERS[x].high)) for x in levers if x != HEALTH)
        columns.append([(name in levers) / reach for name in LEVERS])
    return np.array(columns).T


class Frame(NamedTuple):
    """What a place on the axes depends on in every draw.

    Attributes
    ----------
    levels : numpy.ndarray, shape (draws, levers)
        Levels in the baseline: where nobody measured that of 2009, each draw has its own.
    weights : numpy.ndarray, shape (draws, levers)
        Weight of a lever on its axis: one, but for health care in English.
    """

    levels: np.ndarray
    weights: np.ndarray


def frame_of(base: Scenario) -> Frame:
    """Return the frame of a baseline's draws.

    Parameters
    ----------
    base : Scenario
        From :func:`expatsim.page.mixes.baseline`; its levels do not change over time.
    """
    parameters = Replicates.together(np.arange(base.draws)).values(base)
    levels = base.levels(parameters)
    columns = [np.broadcast_to(levels[name][0], base.draws) for name in LEVERS]
    weights = np.ones((base.draws, len(LEVERS)))
    weights[:, list(LEVERS).index(HEALTH)] = parameters[HEALTH_PARAMETER]
    return Frame(np.stack(columns, axis=1), weights)


def features(
    frame: Frame, draw: np.ndarray, levels: np.ndarray, delay: np.ndarray | float
) -> np.ndarray:
    """Return the terms of the polynomials, all of them zero where no lever is moved.

    Parameters
    ----------
    frame : Frame
        Levels and weights of all draws.
    draw : numpy.ndarray of int, shape (rows,)
        Draw of each row.
    levels : numpy.ndarray, shape (rows, levers)
        Levels of the mix; not a number where a lever is not moved.
    delay : numpy.ndarray, shape (rows,), or float
        Years that the mix waits.

    Returns
    -------
    numpy.ndarray, shape (rows, terms)
        Powers of the place on each axis less that of the baseline, each times powers of the delay;
        then products of the moves on two axes, times such powers.
    """
    before, weights = frame.levels[draw], frame.weights[draw]
    start = (weights * before) @ members()
    place = (weights * np.where(np.isnan(levels), before, levels)) @ members()
    wait = np.broadcast_to(np.asarray(delay, float) / DELAYS[-1], draw.shape)
    columns = [
        (place[:, a] ** k - start[:, a] ** k) * wait**w
        for a in range(start.shape[1])
        for k in POWERS
        for w in WAITS
    ]
    change = place - start
    pairs = combinations(range(start.shape[1]), 2)
    columns += [change[:, a] * change[:, b] * wait**w for a, b in pairs for w in PAIR_WAITS]
    return np.stack(columns, axis=1)


def shares() -> np.ndarray:
    """Return whether each outcome is a share, in the order of the surface."""
    return np.array([DECLARED[name].is_share for name in OUTCOMES])


def changes_of(outcomes: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return outcomes as changes from the baseline: logarithms of odds ratios, or of ratios.

    Parameters
    ----------
    outcomes, baseline : numpy.ndarray, shape (rows, outcomes)
        In the order of :data:`expatsim.page.mixes.OUTCOMES`.
    """

    def scale(x: np.ndarray) -> np.ndarray:
        share = np.clip(x, CERTAIN, 1 - CERTAIN)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(shares(), np.log(share) - np.log1p(-share), np.log(x))

    return scale(outcomes) - scale(baseline)


def differences_of(changes: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Return differences from the baseline: the inverse of :func:`changes_of`, less the baseline.

    Parameters
    ----------
    changes, baseline : numpy.ndarray, shape (rows, outcomes)
        In the order of :data:`expatsim.page.mixes.OUTCOMES`.
    """
    more = np.expm1(changes)
    share = np.where(shares(), baseline, 0.0)
    return baseline * np.where(shares(), 1 - baseline, 1.0) * more / (1 + share * more)


def fit(simulated: Simulated, frame: Frame) -> np.ndarray:
    """Return coefficients in every draw, of shape (outcomes, terms, draws).

    Parameters
    ----------
    simulated : Simulated
        Mixes in every draw.
    frame : Frame
        Of the same draws.
    """
    x = features(frame, simulated.draw, simulated.levels, simulated.delay)
    y = changes_of(simulated.outcomes, simulated.baseline[simulated.draw])
    size = np.sqrt((x**2).mean(axis=0))
    size = np.where(size > 0, size, 1.0)  # of a move that no mix makes
    x = x / size
    rows = [simulated.draw == d for d in range(len(frame.levels))]
    inner = np.array([x[some].T @ x[some] for some in rows])
    kinds, blocks = _kinds_and_blocks(x.shape[1])

    def of_outcome(changes: np.ndarray) -> np.ndarray:
        outer = np.array([x[some].T @ changes[some] for some in rows])
        data = Products(inner, outer, float(changes @ changes), len(changes))
        return estimate(data, kinds, blocks) / size

    # matrices are small: several threads at one of them would wait for each other
    with threadpool_limits(1), ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(of_outcome, y.T))
    return np.transpose(np.array(found), (0, 2, 1))


def _kinds_and_blocks(terms: int) -> tuple[np.ndarray, np.ndarray]:
    """Kind of each term: its powers, or a pair; and the axis of each that varies over draws."""
    kind, axis = len(POWERS) * len(WAITS), len(axes())
    pairs = (terms - kind * axis) // len(PAIR_WAITS)
    of_pairs = kind + np.tile(np.arange(len(PAIR_WAITS)), pairs)
    kinds = np.concatenate([np.tile(np.arange(kind), axis), of_pairs])
    return kinds, np.repeat(np.arange(axis), kind)


class Surface(NamedTuple):
    """Response surfaces of a city in every draw, as they are stored.

    Attributes
    ----------
    frame : Frame
        Levels in the baseline, and weights, of every draw.
    baseline : numpy.ndarray, shape (draws, outcomes)
        Outcomes where nothing is moved, as simulated.
    scale : numpy.ndarray, shape (outcomes, terms of one axis)
        Size of one step of a coefficient.
    steps : numpy.ndarray of int16, shape (outcomes, terms of one axis, draws)
        Coefficients of the terms of one axis, in these steps.
    pairs : numpy.ndarray, shape (outcomes, terms of two axes)
        Coefficients of the terms of two axes, the same in every draw.
    """

    frame: Frame
    baseline: np.ndarray
    scale: np.ndarray
    steps: np.ndarray
    pairs: np.ndarray

    def differences(self, levels: np.ndarray, delay: float) -> np.ndarray:
        """Return differences from the baseline, of shape (draws, outcomes).

        Parameters
        ----------
        levels : numpy.ndarray, shape (levers,)
            Level of each lever; not a number where it is not moved.
        delay : float
            Years after the start from which they hold.
        """
        draws = np.arange(len(self.baseline))
        x = features(self.frame, draws, np.tile(levels, (len(draws), 1)), delay)
        single = self.scale.shape[1]
        changes = np.einsum("dt,otd->do", x[:, :single], self.steps * self.scale[:, :, None])
        return differences_of(changes + x[:, single:] @ self.pairs.T, self.baseline)


def surface_of(base: Scenario, simulated: Simulated) -> Surface:
    """Return the surfaces that are fitted to simulated mixes.

    Parameters
    ----------
    base : Scenario
        The baseline of the mixes.
    simulated : Simulated
        Mixes in every draw of it.
    """
    frame = frame_of(base)
    found = fit(simulated, frame)
    single = len(axes()) * len(POWERS) * len(WAITS)
    own, pairs = found[:, :single], found[:, single:, 0]
    scale = np.maximum(np.abs(own).max(axis=2) / LARGEST, SMALLEST)
    steps = np.round(own / scale[:, :, None]).astype(np.int16)
    return Surface(frame, simulated.baseline, scale, steps, pairs)
