"""The best mix of measures under a budget: a response surface for every draw, and an optimiser.

Simulating every mix that an optimiser asks for would take hours. A few dozen mixes are simulated
instead, with the same draws; in each draw a surface is fitted through their gains, and differential
evolution searches on the surfaces. What it finds is simulated again, with draws that no surface has
seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from expatsim.analysis.measures import OFF_BELOW, Measure, columns_of, cost_of, levels_of
from expatsim.intervals import quantiles
from expatsim.posterior import number_of_draws
from expatsim.scenario.scenario import Scenario

CAUTIOUS = 0.2  # quantile of the gain over draws that a cautious plan maximises
ON = 2 / 3  # share of the mixes in which a lever is used
SPARE = 1.6  # simulated mixes for every coefficient of a surface
LEAST = 24
RIDGE = 1e-3
FOR_CAUTION = 100  # draws below which a percentile of the gain is mostly noise
FEWEST = 40  # draws for a 90 % interval and a mean that are worth naming
ATTEMPTS, CROWD = 3, 30  # searches, and mixes for each lever in one


def mixes(options: Sequence[Measure], seed: int) -> np.ndarray:
    """Mixes to simulate: a Latin hypercube of levels, every lever used in two of three.

    Returns
    -------
    numpy.ndarray, shape (mixes, levers)
    """
    from scipy.stats import qmc

    n = max(LEAST, int(np.ceil(SPARE * _features(np.zeros((1, len(options))), options).shape[1])))
    design = qmc.LatinHypercube(2 * len(options), rng=np.random.default_rng(seed)).random(n)
    used = design[:, : len(options)] < ON
    level = OFF_BELOW + (1 - OFF_BELOW) * design[:, len(options) :]
    (grows,) = columns_of(options, "grows")
    return levels_of(np.where(used, np.where(grows, level, 1.0), 0.0), options)


def _features(mix: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """For each lever: used or not, and its level; and both of every pair used."""
    low, high, grows = columns_of(options, "low", "high", "grows")
    x = (mix - low) / (high - low)
    used = (x > 0).astype(float)
    pairs = [used[..., i] * used[..., j] for i, j in combinations(range(len(options)), 2)]
    # the level of what is only on or off says nothing more
    return np.concatenate([used, x[..., grows], *(p[..., None] for p in pairs)], axis=-1)


class Surface(NamedTuple):
    """Gain of a mix in every draw.

    Attributes
    ----------
    options : sequence of Measure
    coefficients : numpy.ndarray, shape (features, draws)
    explained : float
        Share of the variance of the mean gain that the surfaces foretell for mixes left out one at
        a time.
    """

    options: Sequence[Measure]
    coefficients: np.ndarray
    explained: float

    def __call__(self, mix: np.ndarray) -> np.ndarray:
        """Gain in every draw, shape (mixes, draws)."""
        return _features(mix, self.options) @ self.coefficients


def fit(mix: np.ndarray, gain: np.ndarray, options: Sequence[Measure]) -> Surface:
    """Fit a surface in every draw; no measure, no gain.

    Parameters
    ----------
    mix : numpy.ndarray, shape (mixes, levers)
    gain : numpy.ndarray, shape (mixes, draws)
    """
    x = _features(mix, options)
    inner = x.T @ x
    inverse = np.linalg.inv(inner + RIDGE * np.trace(inner) / len(inner) * np.eye(len(inner)))
    coefficients = inverse @ x.T @ gain
    # leaving one mix out needs no second fit: residuals divided by one less the leverage
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    mean = gain.mean(axis=1)
    residual = (mean - x @ coefficients.mean(axis=1)) / np.maximum(1 - leverage, 1e-6)
    variance = float(((mean - mean.mean()) ** 2).mean())
    explained = 1 - float((residual**2).mean()) / variance if variance > 0 else 0.0
    return Surface(options, coefficients, explained)


def expected(gain: np.ndarray) -> np.ndarray:
    """Mean over draws."""
    return gain.mean(axis=-1)


def cautious(gain: np.ndarray) -> np.ndarray:
    """The gain that four of five draws exceed."""
    return quantiles(gain, (CAUTIOUS,), axis=-1)[0]


@dataclass(frozen=True)
class Gain:
    """What a plan may have more of than the baseline.

    Attributes
    ----------
    outcome : str
        A name of :data:`expatsim.findings.outcomes.OUTCOMES`.
    label : str
        For readers.
    """

    outcome: str
    label: str


GAINS = {
    "years": Gain("expat_years", "extra expat-years"),
    "people": Gain("people", "extra people here at the end"),
}
AIMS = {"expected": expected, "cautious": cautious}


def best(surface: Surface, budget: float, aim: str, seed: int) -> np.ndarray:
    """The best mix on the surfaces for a budget; by differential evolution (SciPy).

    Parameters
    ----------
    surface : Surface
    budget : float
        Euros over the whole period.
    aim : {"expected", "cautious"}
    seed : int

    Returns
    -------
    numpy.ndarray, shape (levers,)
        Nothing above the lowest levels if no mix within the budget gains anything.
    """
    from scipy.optimize import differential_evolution

    options, score = surface.options, AIMS[aim]
    worst = float(np.abs(surface.coefficients).sum(axis=0).mean())

    def loss(unit: np.ndarray) -> np.ndarray:
        mix = levels_of(unit.T, options)
        over = np.maximum(cost_of(mix, options) / budget - 1, 0)
        return np.where(over > 0, worst * (1 + over), -score(surface(mix)))

    candidates = [np.zeros(len(options))]
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        result = differential_evolution(
            loss,
            [(0.0, 1.0)] * len(options),
            init=_affordable(options, budget, rng),
            rng=rng,
            vectorized=True,
            updating="deferred",
            maxiter=300,
            tol=1e-8,
            polish=False,
        )
        candidates.append(result.x)
    units = np.array(candidates)
    return levels_of(units[int(np.argmin(loss(units.T)))], options)


def _affordable(options: Sequence[Measure], budget: float, rng: np.random.Generator) -> np.ndarray:
    """Where the search begins: random mixes, with measures dropped until they can be paid."""
    unit = rng.random((CROWD * len(options), len(options)))
    unit[rng.random(unit.shape) > ON] = 0
    for drop in rng.permuted(np.tile(np.arange(len(options)), (len(unit), 1)), axis=1).T:
        over = np.flatnonzero(cost_of(levels_of(unit, options), options) > budget)
        unit[over, drop[over]] = 0
    return unit


def gains(here: np.ndarray, base: np.ndarray, outcome: str) -> np.ndarray:
    """Extra expat-years, or extra people at the end, in every draw.

    Parameters
    ----------
    here, base : numpy.ndarray, shape (draws, months)
    outcome : {"years", "people"}
    """
    difference = here - base
    return difference.sum(axis=-1) / 12 if outcome == "years" else difference[:, -1].astype(float)


def unseen(scenario: Scenario) -> tuple[np.ndarray, list[str]]:
    """Replicates for a check of what was found with the scenario's draws, and notes about them."""
    n, size = scenario.draws, number_of_draws(scenario.parameters, scenario.parameters_digest)
    left = n if size is None else max(0, size - n)
    notes = []
    if n < FEWEST:
        notes.append(
            f"{n} draws are too few for a plan: at least {FEWEST}, and {FOR_CAUTION} for a "
            "cautious mix"
        )
    elif n < FOR_CAUTION:
        notes.append(f"with fewer than {FOR_CAUTION} draws the cautious mix is mostly noise")
    if left >= min(n, FEWEST):
        n = min(n, left)
    else:
        notes.append(
            f"the {size:,} draws of {scenario.parameters} are too few for {n:,} in the search and "
            f"others in the check: parameter values of the search are used in the check again"
        )
    return np.arange(scenario.draws, scenario.draws + n), notes
