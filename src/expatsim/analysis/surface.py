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
from expatsim.intervals import quantiles
from expatsim.posterior import number_of_draws
from expatsim.scenario.scenario import Scenario

CAUTIOUS = 0.2  # quantile of the gain over draws that a cautious plan maximises
ON = 2 / 3  # share of the mixes in which a lever is used
SPARE = 1.6  # simulated mixes for every coefficient of a surface
LEAST = 24  # simulated mixes
RIDGE = 1e-3  # penalty on coefficients, as a share of the features' mean square
FOR_CAUTION = 100  # draws below which a percentile of the gain is mostly noise
FEWEST = 40  # draws for a 90 % interval and a mean that are worth naming
ATTEMPTS = 3  # searches, of which the best counts
CROWD = 30  # mixes for each lever in the population of a search
POOL = 2000  # random mixes in which the search for the best mix of every world begins
ROUNDS = 400  # steps of that search
STEP = 0.3  # largest standard deviation of a step, as a share of a lever's range


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
ROBUST = "robust"  # the aim of least regret, which needs to know what else the budget buys


def highest_gains(surface: Surface, budget: float, seed: int) -> np.ndarray:
    """Return the highest gain that a budget can buy in every world, each with a mix of its own.

    Parameters
    ----------
    surface : Surface
        With a column of coefficients for every world.
    budget : float
        Euros over the whole period.
    seed : int
        Seed of the search.

    Returns
    -------
    numpy.ndarray, shape (worlds,)
        Never below zero: a city may do nothing.
    """
    options, coefficients = surface.options, surface.coefficients.T
    rng = np.random.default_rng([seed, ATTEMPTS])
    crowd = _affordable(options, budget, rng, max(POOL, CROWD * len(options)))
    gain = surface(levels_of(crowd, options))
    found, highest = crowd[gain.argmax(axis=0)], gain.max(axis=0)
    for _ in range(ROUNDS):
        # some levers of every world's best mix change: by a step, off, full on, or as in another's
        step = rng.normal(scale=STEP * rng.random((len(found), 1)) ** 2, size=found.shape)
        other = found[rng.permutation(len(found))]
        moved = rng.choice(4, size=found.shape, p=(0.55, 0.15, 0.15, 0.15))
        changed = np.choose(moved, [found + step, 0 * found, 0 * found + 1, other])
        touched = rng.random(found.shape) < rng.random((len(found), 1))
        unit = np.clip(np.where(touched, changed, found), 0, 1)
        mix = levels_of(unit, options)
        gain = np.einsum("ij,ij->i", _features(mix, options), coefficients)
        better = (gain > highest) & (cost_of(mix, options) <= budget)
        found, highest = np.where(better[:, None], unit, found), np.where(better, gain, highest)
    return np.maximum(highest, 0.0)


def least_regret(surface: Surface, budget: float, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from gains in every world to the largest regret, with a minus.

    The regret of a mix in a world is what the best mix for the same money gains more there.

    Parameters
    ----------
    surface, budget, seed
        As for :func:`highest_gains`.
    """
    highest = highest_gains(surface, budget, seed)
    return lambda gain: -(highest - gain).max(axis=-1)


def best(surface: Surface, budget: float, aim: str, seed: int) -> np.ndarray:
    """Return the best mix on the surfaces for a budget, by differential evolution (SciPy).

    Parameters
    ----------
    surface : Surface
        From :func:`fit`.
    budget : float
        Euros over the whole period.
    aim : {"expected", "cautious", "robust"}
        Number that is maximised: mean gain, gain that four of five draws exceed, or the largest
        regret with a minus.
    seed : int
        Seed of the search.

    Returns
    -------
    numpy.ndarray, shape (levers,)
        Nothing above the lowest levels if no mix within the budget gains anything.
    """
    from scipy.optimize import differential_evolution

    options, sizes = surface.options, np.abs(surface.coefficients).sum(axis=0)
    score = AIMS[aim] if aim in AIMS else least_regret(surface, budget, seed)
    worst = float(sizes.mean() if aim in AIMS else 2 * sizes.max())  # no mix is worse

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
            init=_affordable(options, budget, rng, CROWD * len(options)),
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


def _affordable(
    options: Sequence[Measure], budget: float, rng: np.random.Generator, size: int
) -> np.ndarray:
    """Return the mixes that a search begins with: random ones that the budget can pay."""
    unit = rng.random((size, len(options)))
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


def fresh_replicates(scenario: Scenario) -> tuple[np.ndarray, list[str]]:
    """Return replicates for a check of the best mixes, and notes about them.

    They are draws that the search did not use, as far as the file of draws has enough.

    Parameters
    ----------
    scenario : Scenario
        The baseline, with the number of draws of the search.
    """
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
