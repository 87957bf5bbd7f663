"""Response surfaces of a plan: the gain of a mix of measures in every world, and an optimiser.

Simulating every mix that an optimiser tries would take hours. A few dozen mixes are simulated
instead, with the same draws; in each draw a surface is fitted through their gains, and differential
evolution searches on the surfaces. The best mixes are simulated again, with draws that no surface
was fitted to. A world is a draw, under the assumptions of the scenario or under others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from expatsim.analysis.measures import OFF_BELOW, Measure, columns_of, cost_of, levels_of
from expatsim.analysis.robustness import HIGH
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.intervals import quantiles
from expatsim.posterior import number_of_draws
from expatsim.report import budget
from expatsim.scenario.scenario import Scenario

CAUTIOUS = 0.2  # quantile of the gain over draws that a cautious plan maximises
ON = 2 / 3  # share of the mixes in which a lever is used
SPARE = 1.6  # simulated mixes for every coefficient of a surface
LEAST = 24  # simulated mixes
RIDGE = 1e-3  # penalty on coefficients, as a share of the features' mean square
FOR_CAUTION = 100  # draws below which a percentile of the gain is mostly noise
ATTEMPTS = 3  # searches, of which the best counts
CROWD = 30  # mixes for each lever in the population of a search
FINE = 1001  # levels that are tried of a measure alone


def mixes(options: Sequence[Measure], seed: int) -> np.ndarray:
    """Return mixes to simulate: a Latin hypercube of levels, every lever used in two of three.

    Parameters
    ----------
    options : sequence of Measure
        Measures that the plan may use.
    seed : int
        Seed of the hypercube.

    Returns
    -------
    numpy.ndarray, shape (mixes, levers)
        Levels.
    """
    from scipy.stats import qmc

    n = max(LEAST, int(np.ceil(SPARE * _features(np.zeros((1, len(options))), options).shape[1])))
    design = qmc.LatinHypercube(2 * len(options), rng=np.random.default_rng(seed)).random(n)
    used = design[:, : len(options)] < ON
    level = OFF_BELOW + (1 - OFF_BELOW) * design[:, len(options) :]
    (grows,) = columns_of(options, "grows")
    return levels_of(np.where(used, np.where(grows, level, 1.0), 0.0), options)


def _features(mix: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """Return features of mixes: whether each lever is used, its level, and pairs used together."""
    low, high, grows = columns_of(options, "low", "high", "grows")
    x = (mix - low) / (high - low)
    used = (x > 0).astype(float)
    pairs = [used[..., i] * used[..., j] for i, j in combinations(range(len(options)), 2)]
    # a measure that is only on or off has no feature for its level
    return np.concatenate([used, x[..., grows], *(p[..., None] for p in pairs)], axis=-1)


class Surface(NamedTuple):
    """Response surfaces: the predicted gain of a mix in every draw.

    Attributes
    ----------
    options : sequence of Measure
        Measures of a mix, one for each lever.
    coefficients : numpy.ndarray, shape (features, draws)
        Coefficients of the surface of every draw.
    explained : float
        Share of the variance of the mean gain that the surfaces predict for mixes left out one at
        a time.
    """

    options: Sequence[Measure]
    coefficients: np.ndarray
    explained: float

    def __call__(self, mix: np.ndarray) -> np.ndarray:
        """Return the gain in every draw, shape (mixes, draws)."""
        return _features(mix, self.options) @ self.coefficients


def fit(mix: np.ndarray, gain: np.ndarray, options: Sequence[Measure]) -> Surface:
    """Return surfaces fitted in every draw; they have no gain where no measure is used.

    Parameters
    ----------
    mix : numpy.ndarray, shape (mixes, levers)
        Levels of the simulated mixes.
    gain : numpy.ndarray, shape (mixes, draws)
        Simulated gain over the baseline, in expat-years or people.
    options : sequence of Measure
        Measures, one for each lever.
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
    """Return the mean over draws."""
    return gain.mean(axis=-1)


def cautious(gain: np.ndarray) -> np.ndarray:
    """Return the gain that four of five draws exceed."""
    return quantiles(gain, (CAUTIOUS,), axis=-1)[0]


@dataclass(frozen=True)
class Gain:
    """A gain over the baseline that a plan may seek.

    Attributes
    ----------
    outcome : str
        A name of :data:`expatsim.findings.outcomes.OUTCOMES`.
    label : str
        Its name for readers.
    """

    outcome: str
    label: str


GAINS = {
    "years": Gain("expat_years", "extra expat-years"),
    "people": Gain("people", "extra people here at the end"),
}
AIMS = {"expected": expected, "cautious": cautious}
ROBUST = "robust"  # the aim of least regret, which depends on what else the money buys


def alone(options: Sequence[Measure], budget: float) -> np.ndarray:
    """Return what else the money could buy: nothing, or as much as it can of a single measure.

    Parameters
    ----------
    options : sequence of Measure
        Measures that the plan may use.
    budget : float
        Euros over the whole period.

    Returns
    -------
    numpy.ndarray, shape (1 + levers, levers)
        Levels; those of a measure that the budget cannot pay are the lowest.
    """
    found = levels_of(np.zeros((1 + len(options), len(options))), options)
    for k in range(len(options)):
        unit = np.zeros((FINE, len(options)))
        unit[:, k] = np.linspace(0, 1, FINE)
        mix = levels_of(unit, options)
        payable = cost_of(mix, options) <= budget
        found[1 + k] = mix[payable][-1]
    return found


def regret(gain: np.ndarray, highest: np.ndarray, draws: int) -> np.ndarray:
    """Return the regret that nine of ten draws do not exceed, under the worst assumptions.

    Draws are as likely as each other, and the largest of them is luck; of sets of assumptions
    nobody knows how likely they are, so that the worst counts.

    Parameters
    ----------
    gain : numpy.ndarray, shape (..., worlds)
        Gains of mixes: draws under one set of assumptions, then under the next.
    highest : numpy.ndarray, shape (worlds,)
        The highest gain among all mixes that they are compared with.
    draws : int
        Draws under each set of assumptions.

    Examples
    --------
    >>> gain, highest = np.array([[0.0, 2.0, 0.0, 0.0]]), np.array([2.0, 2.0, 1.0, 1.0])
    >>> regret(gain, highest, 2).tolist()
    [1.8]
    """
    short = np.maximum(highest - gain, 0.0)
    by_assumptions = short.reshape(*short.shape[:-1], -1, draws)
    return quantiles(by_assumptions, (HIGH,), axis=-1)[0].max(axis=-1)


def best(
    surface: Surface, budget: float, score: Callable[[np.ndarray], np.ndarray], seed: int
) -> np.ndarray:
    """Return the best mix on the surfaces for a budget, by differential evolution (SciPy).

    Parameters
    ----------
    surface : Surface
        From :func:`fit`.
    budget : float
        Euros over the whole period.
    score : callable
        Takes gains by mix and world, returns a number for each mix, which is maximised: one of
        :data:`AIMS`, or a regret with a minus.
    seed : int
        Seed of the search.

    Returns
    -------
    numpy.ndarray, shape (levers,)
        Nothing above the lowest levels if no mix within the budget gains anything.
    """
    from scipy.optimize import differential_evolution

    options = surface.options
    worst = 2 * float(np.abs(surface.coefficients).sum(axis=0).max())  # no mix is as bad

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
    """Return the mixes that a search begins with: random ones that the budget can pay."""
    unit = rng.random((CROWD * len(options), len(options)))
    unit[rng.random(unit.shape) > ON] = 0
    for drop in rng.permuted(np.tile(np.arange(len(options)), (len(unit), 1)), axis=1).T:
        over = np.flatnonzero(cost_of(levels_of(unit, options), options) > budget)
        unit[over, drop[over]] = 0
    return unit


def gains(here: np.ndarray, base: np.ndarray, outcome: str) -> np.ndarray:
    """Return extra expat-years, or extra people at the end, in every draw.

    Parameters
    ----------
    here, base : numpy.ndarray, shape (draws, months)
        People in the city, with the mix and in the baseline.
    outcome : {"years", "people"}
        A name of :data:`GAINS`.

    Examples
    --------
    >>> gains(np.array([[3, 5]]), np.array([[1, 1]]), "years").tolist()
    [0.5]
    """
    difference = here - base
    return difference.sum(axis=-1) / 12 if outcome == "years" else difference[:, -1].astype(float)


def fresh_replicates(scenario: Scenario) -> tuple[np.ndarray, list[budget.Note]]:
    """Return replicates for a check of the best mixes, and notes about them.

    They are draws that the search did not use, as far as the file of draws has enough.

    Parameters
    ----------
    scenario : Scenario
        The baseline, with the number of draws of the search.
    """
    n, size = scenario.draws, number_of_draws(scenario.parameters, scenario.parameters_digest)
    left = n if size is None else max(0, size - n)
    notes: list[budget.Note] = []
    if n < FEWEST_DRAWS:
        values = {"draws": n, "fewest": FEWEST_DRAWS, "caution": FOR_CAUTION}
        notes.append(budget.Note(budget.TOO_FEW, values))
    elif n < FOR_CAUTION:
        notes.append(budget.Note(budget.NOISY, {"caution": FOR_CAUTION}))
    if left >= min(n, FEWEST_DRAWS):
        n = min(n, left)
    else:
        told = {"size": size or 0, "source": scenario.parameters, "draws": n}
        notes.append(budget.Note(budget.USED_TWICE, told))
    return np.arange(scenario.draws, scenario.draws + n), notes
