"""The best mix of measures under a budget: a response surface for every draw, and an optimiser.

Simulating every mix that an optimiser asks for would take hours. A few dozen mixes are simulated
instead, with the same draws; in each draw a surface is fitted through their gains, and differential
evolution searches on the surfaces. What it finds is simulated again, with draws that no surface has
seen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

import numpy as np

from expatsim.analysis.cost import Worlds, extra_cost
from expatsim.calibration.posterior import number_of_draws, sample
from expatsim.intervals import quantiles
from expatsim.levers import CITIES, LEVERS, policy_2009
from expatsim.policy import AT_LEAST, Level
from expatsim.scenario.model import Scenario

CAUTIOUS = 0.2  # quantile of the gain over draws that a cautious plan maximises
ON = 2 / 3  # share of the mixes in which a lever is used
SPARE = 1.6  # simulated mixes for every coefficient of a surface
LEAST = 24
OFF_BELOW = 0.05  # an optimised level so near to the lowest, as a share of the range, is not used
RIDGE = 1e-3
FOR_CAUTION = 100  # draws below which a percentile of the gain is mostly noise
GRID = 41  # levels at which a measure's cost is known; between them it is interpolated
COSTED = 400  # draws behind the mean cost of a level
FEWEST = 40  # draws for a 90 % interval and a mean that are worth naming
ATTEMPTS, CROWD = 3, 30  # searches, and mixes for each lever in one


class Measure(NamedTuple):
    """A lever that a plan may use, and what it costs over the whole period.

    Attributes
    ----------
    lever : str
    low, high : float
        From the scenario's own lowest level to the highest that the plan may use.
    fixed : float
        Euros as soon as it is used.
    growth : sequence of float
        Euros at evenly spaced levels from ``low`` to ``high`` on top of that, the mean over draws:
        where nobody measured the level of 2009, each draw pays for what is above its own. All the
        same for a measure that costs as much at any level: it is on, at ``high``, or off, since no
        level between them is cheaper.
    """

    lever: str
    low: float
    high: float
    fixed: float
    growth: Sequence[float]

    @property
    def grows(self) -> bool:
        """Whether more of it costs more."""
        return self.growth[-1] > self.growth[0]


def highest(scenario: Scenario, lever: str) -> tuple[float, bool]:
    """The highest level that a plan may use, and whether a city had it in 2009.

    What the scenario's costs say (``up_to``); else what either city did in 2009, where that is more
    than the scenario does; else the end of the lever's range, which nobody has tried.
    """
    seen = max(policy_2009(city)[lever] for city in CITIES)
    said = scenario.costs[lever].get("up_to")
    if said is not None:
        return float(said), said <= seen
    if seen > scenario.central(lever).min():
        return float(seen), True
    return float(LEVERS[lever].high), False


def measures(scenario: Scenario, arrived: np.ndarray, here: np.ndarray) -> list[Measure]:
    """Levers that have a cost in the scenario.

    Parameters
    ----------
    scenario : Scenario
    arrived, here : numpy.ndarray, shape (months,)
        Mean over draws, for costs by participant.
    """
    parameters = sample(
        scenario.parameters, scenario.seed, np.arange(COSTED), scenario.parameters_digest
    )
    came, stayed = (np.broadcast_to(x, (COSTED, len(x))) for x in (arrived, here))
    worlds = Worlds(came, stayed, parameters)
    found = []
    for lever, cost in scenario.costs.items():
        low, (high, _) = float(scenario.central(lever).min()), highest(scenario, lever)
        if low >= high:
            continue
        growing = {name: x for name, x in cost.items() if name != "per_year"}
        base = dataclasses.replace(scenario, costs={lever: growing})
        growth = []
        for level in np.linspace(low, high, GRID):
            euros = extra_cost(_with(base, {lever: float(level)}), base, worlds)
            growth.append(0.0 if euros is None else float(euros.mean()))
        fixed = (cost.get("per_year") or 0.0) * scenario.months / 12
        if has_cost(lever, cost):
            found.append(Measure(lever, low, high, fixed, growth))
    return found


def has_cost(lever: str, cost: Mapping[str, float]) -> bool:
    """Whether anything is said of what a lever costs, were it nothing, that can be added up."""
    whole = cost.get("per_year") is not None or cost.get("per_unit") is not None
    return whole or (cost.get("per_participant") is not None and bool(LEVERS[lever].reaches))


def left_out(scenario: Scenario, options: Sequence[Measure]) -> list[str]:
    """A note on every lever under ``costs`` that a plan cannot use, with the reason."""
    used = {m.lever for m in options}
    notes = []
    for lever, cost in scenario.costs.items():
        if not cost or lever in used:
            continue
        if not has_cost(lever, cost):
            why = "no cost is given that can be added up (nobody counts its participants)"
        else:
            high = highest(scenario, lever)[0]
            why = (
                f"it stands at {scenario.central(lever).min():g}, and a plan may go up to {high:g}"
            )
        notes.append(f"{lever} is left out: {why}")
    return notes


def _columns(options: Sequence[Measure], *fields: str) -> list[np.ndarray]:
    """Fields of all measures, each of shape (levers,)."""
    return [np.array([getattr(m, f) for m in options]) for f in fields]


def cost_of(mix: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """Cost of mixes in euros, shape (mixes,); ``mix`` as from :func:`levels_of`."""
    total = np.zeros(mix.shape[:-1])
    for k, m in enumerate(options):
        level = mix[..., k]
        growth = np.interp(level, np.linspace(m.low, m.high, len(m.growth)), m.growth)
        total = total + np.where(level > m.low, m.fixed + growth, 0.0)
    return total


def levels_of(unit: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """Levels from numbers between zero and one.

    Those below ``OFF_BELOW`` are the lowest level; a measure that costs the same at any level is on
    from one half.
    """
    low, high, grows = _columns(options, "low", "high", "grows")
    share = np.where(grows, np.where(unit < OFF_BELOW, 0.0, unit), unit >= 0.5)
    return low + share * (high - low)


def with_levels(scenario: Scenario, options: Sequence[Measure], mix: np.ndarray) -> Scenario:
    """The scenario with every lever of a mix at least at its level, from the start on."""
    levels = {m.lever: float(x) for m, x in zip(options, mix, strict=True) if x > m.low}
    shown = ", ".join(f"{m.lever} {x:.3g}" for m, x in zip(options, mix, strict=True) if x > m.low)
    name = f"{scenario.name} with {shown or 'nothing'}"
    return dataclasses.replace(_with(scenario, levels), name=name, title=name)


def _with(scenario: Scenario, levels: Mapping[str, float]) -> Scenario:
    """The scenario with some levers at least at a level, in every month and draw."""
    policy = {
        lever: path.each(partial(_raised, lever, levels[lever])) if lever in levels else path
        for lever, path in scenario.policy.items()
    }
    return dataclasses.replace(scenario, policy=policy)


def _raised(lever: str, to: float, level: Level) -> Level:
    return level.changed(lever, AT_LEAST, to)


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
    (grows,) = _columns(options, "grows")
    return levels_of(np.where(used, np.where(grows, level, 1.0), 0.0), options)


def _features(mix: np.ndarray, options: Sequence[Measure]) -> np.ndarray:
    """For each lever: used or not, and its level; and both of every pair used."""
    low, high, grows = _columns(options, "low", "high", "grows")
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


OUTCOMES = {"years": "extra expat-years", "people": "extra people here at the end"}
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

    found = [np.zeros(len(options))]
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
        found.append(result.x)
    units = np.array(found)
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


def untried(scenario: Scenario, options: Sequence[Measure]) -> list[str]:
    """A note on measures whose highest level no city had in 2009."""
    beyond = [m for m in options if not highest(scenario, m.lever)[1]]
    if not beyond:
        return []
    said = ", ".join(f"{m.lever} up to {m.high:g}" for m in beyond)
    note = f"outside what either city did in 2009: {said}; effects there are assumed (under costs, "
    return [note + "`up_to` sets the highest level that a plan may use)"]
