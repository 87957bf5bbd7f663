"""A quick update of a calibration with the tables of one more city, by importance sampling.

Draws are proposed where a linear model of the city's simulated answers moves the draws of the
calibration, weighted by the prior and the likelihood of all tables, the study's and the city's, and
drawn again by these weights. The target is that of a full calibration, whatever the proposal.
Weights are smoothed, and judged, by the tail that Pareto's distribution fits to them (Vehtari and
others 2024). Weighting the draws of the calibration themselves by the city's tables is not enough:
from fifteen respondents on hardly any of a thousand draws would count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from expatsim import posterior
from expatsim.calibration import diagnostics, gaussian, likelihood
from expatsim.calibration.gaussian import Gaussian
from expatsim.calibration.study import Shares, Size, correct, luck
from expatsim.calibration.targets import Target, city_targets, targets
from expatsim.cities import City, cities
from expatsim.errors import InputError
from expatsim.executors import LOCAL, Executor
from expatsim.files import claim
from expatsim.model.declare import Parameter
from expatsim.model.parameters import levels_of_2009, registry
from expatsim.posterior import DRAWS
from expatsim.posterior.record import (
    FIT,
    RECORD,
    TARGETS,
    calibration_fingerprint,
    calibration_of,
)
from expatsim.runs.prepare import borrowed_levels
from expatsim.version import version

LUCK = 320  # simulations that take the seed's luck out, as in a calibration
WORST_K = 0.7  # shape of the tail of the weights from which they are not to be trusted
FEWEST_EFFECTIVE = 100  # draws
ROUNDS = 3  # of proposals at most
CLEAR = 3.5  # standard errors from which draws tell a parameter from its prior
GRID = np.linspace(-5, 5, 2001)  # normal scores, between which those of draws are interpolated
EFFECT = registry()["design_effect"].default


class Update(NamedTuple):
    """Draws of a calibration, updated with the tables of a city.

    Attributes
    ----------
    draws : pandas.DataFrame
        One row a draw, one column a parameter; also the city's own levels of 2009.
    weights : numpy.ndarray, shape (draws,)
        Importance weights of the draws before, adding to one.
    pareto_k : float
        Shape of the tail of the weights.
    effective : float
        Effective draws.
    targets : tuple of Target
        Tables of the city that were used; none if it has no answers.
    fit : pandas.DataFrame
        Observed and simulated cells, see :func:`expatsim.calibration.diagnostics.predictive`.
    """

    draws: pd.DataFrame
    weights: np.ndarray
    pareto_k: float
    effective: float
    targets: tuple[Target, ...]
    fit: pd.DataFrame

    def doubt(self) -> str | None:
        """Why the update is not to be used; ``None`` if it is."""
        if self.pareto_k <= WORST_K and self.effective >= FEWEST_EFFECTIVE:
            return None
        return (
            f"the answers are too far from what the calibration knows for a quick update "
            f"({self.effective:.0f} effective draws, at least {FEWEST_EFFECTIVE} are needed; "
            f"Pareto k {self.pareto_k:.2f}, at most {WORST_K} is allowed)"
        )


def smoothed_weights(log_likelihood: np.ndarray) -> tuple[np.ndarray, float]:
    """Importance weights that add to one, and the shape of their tail (Pareto k).

    Parameters
    ----------
    log_likelihood : numpy.ndarray, shape (draws,)
        Log-likelihood of the new tables in each draw, up to a constant.

    Examples
    --------
    >>> weights, k = smoothed_weights(np.zeros(200))
    >>> weights.min() == weights.max(), k
    (True, 0.0)
    """
    from arviz_stats.base import array_stats

    ratios = np.asarray(log_likelihood, float)
    if np.ptp(ratios) < 1e-12:  # nothing is told apart: no tail to fit
        return np.full(len(ratios), 1 / len(ratios)), 0.0
    smooth, k = array_stats.psislw(ratios - ratios.max())
    weights = np.exp(smooth - smooth.max())
    return weights / weights.sum(), float(k)


def drawn_again(weights: np.ndarray, seed: int) -> np.ndarray:
    """Rows of draws by their weights, in rising order, as many as before (systematic resampling).

    Parameters
    ----------
    weights : numpy.ndarray, shape (draws,)
        Weights that add to one.
    seed : int
        Random seed of the starting point.

    Examples
    --------
    >>> drawn_again(np.array([0.5, 0.0, 0.25, 0.25]), 1).tolist()
    [0, 0, 2, 3]
    """
    n = len(weights)
    places = (np.arange(n) + np.random.default_rng(seed).random()) / n
    return np.minimum(np.searchsorted(np.cumsum(weights), places), n - 1)


def update(
    city: City,
    *,
    source: str = "posterior",
    size: Size | None = None,
    draws: int = 1000,
    seed: int = 1,
    replicates: int = LUCK,
    progress: Callable[[str, int, int], None] | None = None,
    executor: Executor = LOCAL,
) -> Update:
    """Draws of the posterior of all tables: those of the study, and the city's own.

    Levels of 2009 of the city that nobody measured are parameters too, and columns of the result.

    Parameters
    ----------
    city : City
        A registered city that is not of the study.
    source : str
        Draws of a calibration to begin with, see :func:`expatsim.posterior.read_draws`.
    size : mapping of str to int, optional
        Households that arrive in the history of each city; by default those of a calibration, and
        as many in this one as in the largest of the study.
    draws : int
        Draws of the proposal, and of the result.
    seed : int
        Random seed of the simulated study.
    replicates : int
        Simulations that take the seed's luck out.
    progress : callable, optional
        Called with the stage, the draws that are done, and their number.
    executor : Executor
        Executor that simulates; by default this machine.

    Raises
    ------
    InputError
        If the source has no draws: the prior.
    """
    if posterior.number_of_draws(source) is None:
        raise InputError("parameters: a quick update begins with draws of a calibration")
    work = _Work(city, source, size or default_size(city), seed, replicates, progress, executor)
    own = city_targets(city.name)
    if not own:
        return _unchanged(work)
    guess = _first_guess(work, own)
    every = (*targets(), *own)
    for number in range(1, ROUNDS + 1):
        z = guess.sample(draws, np.random.default_rng([seed, number]))
        values = work.values(z)
        study = work.study(values, every, work.size, f"round {number}", guess.mean)
        fit = likelihood.log_likelihood(study, values, every)
        weights, k = smoothed_weights(fit - 0.5 * (z**2).sum(axis=1) - guess.log_density(z))
        rows = drawn_again(weights, seed)
        again = {name: shares[rows] for name, shares in study.items()}
        effect = values["design_effect"]
        found = Update(
            pd.DataFrame({name: x[rows] for name, x in values.items()}).astype(np.float32),
            weights,
            k,
            float(1 / (weights**2).sum()),
            own,
            diagnostics.predictive(again, effect[rows], every),
        )
        if found.doubt() is None:
            break
        guess = gaussian.fit(every, [t.predicted(study) for t in every], z, EFFECT, guess.mean)
    return found


def default_size(city: City) -> dict[str, int]:
    """Households of each city: those of a calibration, and as many here as in the largest."""
    of_the_study = {c.name: c.households for c in cities()}
    return {**of_the_study, city.name: max(of_the_study.values())}


@dataclass(frozen=True)
class _Work:
    """What all stages of an update need."""

    city: City
    source: str
    size: Size
    seed: int
    replicates: int
    progress: Callable[[str, int, int], None] | None
    executor: Executor

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters of the package, then the city's own."""
        return {**registry(), **{p.name: p for p in levels_of_2009([self.city])}}

    def values(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Values by parameter; normal scores of borrowed levels are those of their deviations."""
        u = np.clip(ndtr(z), 1e-12, 1 - 1e-12)
        drawn = {n: p.quantile(u[:, k]) for k, (n, p) in enumerate(self.parameters.items())}
        return drawn | borrowed_levels([self.city], drawn, drawn, self.source)

    def study(
        self,
        values: Mapping[str, np.ndarray],
        aims: Sequence[Target],
        size: Size,
        stage: str,
        middle: np.ndarray,
    ) -> Shares:
        """Simulated answers in every draw, without the luck of the seed at some normal scores."""
        number, done = len(next(iter(values.values()))), 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if self.progress:
                self.progress(stage, done, number)

        at = self.values(middle[None])
        shift = luck(at, self.seed, size, self.replicates, likelihood.BATCH)
        wanted = likelihood.questions(aims)
        study = likelihood.studies(values, self.seed, size, wanted, self.executor, count)
        return correct(study, shift)


def _unchanged(work: _Work) -> Update:
    """The draws with which an update begins, for a city without answers."""
    frame = posterior.read_draws(work.source)
    assert frame is not None  # there are draws
    n = len(frame)
    return Update(frame, np.full(n, 1 / n), 0.0, float(n), (), pd.DataFrame(columns=list(FIT)))


def _first_guess(work: _Work, own: Sequence[Target]) -> Gaussian:
    """A normal distribution near the posterior, from the draws before and the city's simulation.

    The draws before are taken as normal; then the city's tables move them as a linear model of its
    simulated answers says. It only serves to propose draws.
    """
    number = posterior.number_of_draws(work.source) or 0
    before = posterior.sample(work.source, work.seed, np.arange(number))
    z = np.stack([scores(p, before[name]) for name, p in registry().items()], axis=1)
    levels = np.random.default_rng([work.seed, 0]).standard_normal(
        (number, len(work.parameters) - z.shape[1])
    )
    z = np.concatenate([z, levels], axis=1)
    normal = as_normal(z)
    size = {work.city.name: work.size[work.city.name]}
    study = work.study(work.values(z), own, size, "first guess", normal.mean)
    x = np.linalg.solve(normal.root, (z - normal.mean).T).T
    predicted = [t.predicted(study) for t in own]
    moved = gaussian.fit(own, predicted, x, EFFECT, np.zeros(x.shape[1]))
    return Gaussian(normal.mean + normal.root @ moved.mean, normal.root @ moved.root)


def as_normal(z: np.ndarray) -> Gaussian:
    """A normal distribution like some draws, without what only their chance makes of it.

    Parameters that the draws do not tell from their prior, alone or together with another, keep it:
    a covariance of all of them would be mostly noise.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores.
    """
    n, d = z.shape
    noise = CLEAR / np.sqrt(n)  # of correlations; means and spreads have about as much
    r = np.abs(np.corrcoef(z, rowvar=False) - np.eye(d))
    told = (r.max(axis=1) > noise) | (np.abs(z.mean(axis=0)) > noise)
    told |= np.abs(z.std(axis=0) - 1) > noise
    mean, covariance = np.where(told, z.mean(axis=0), 0.0), np.eye(d)
    inside = np.ix_(told, told)
    size, direction = np.linalg.eigh(np.cov(z[:, told], rowvar=False))
    size = np.where(size < 1, np.minimum(size * gaussian.SAFETY, 1.0), np.minimum(size, 1.0))
    covariance[inside] = direction * size @ direction.T
    return Gaussian(mean, np.linalg.cholesky(covariance))


def write_update(found: Update, folder: Path, city: City, source: str = "posterior") -> None:
    """Write the draws of an update, its record and its fit, as a calibration does.

    A city without answers gives the draws with which the update began, byte for byte where they are
    those of the package.

    Parameters
    ----------
    found : Update
        From :func:`update`.
    folder : pathlib.Path
        Folder for the files; without those of a calibration.
    city : City
        The city.
    source : str
        Draws with which the update began.

    Raises
    ------
    InputError
        If the update is not to be used, or the folder has a calibration.
    """
    doubt = found.doubt()
    if doubt:
        raise InputError([doubt, "calibrate in full instead: see docs/survey.md"])
    if (folder / RECORD).exists():
        raise InputError(f"{folder}: holds a calibration; give another --out")
    before = calibration_of(source)
    with claim(folder / RECORD, shown=folder) as work:
        if not found.targets and source == "posterior":
            content = posterior.folder().joinpath(DRAWS).read_bytes()
        else:
            content = found.draws.to_parquet(compression="zstd")
        (work / DRAWS).write_bytes(content)
        found.fit.to_csv(work / TARGETS, float_format="%.5g", index=False)
        record: dict[str, Any] = {
            "expatsim": version(),
            "fingerprint": calibration_fingerprint(),
            "draws": hashlib.sha256(content).hexdigest(),
            "settings": {"title": f"update with the answers of {city.label}"},
            "diagnostics": {
                "converged": "yes" if before and before.converged else "NO",
                "worst R-hat": before.worst_rhat if before else None,
                "effective draws": round(found.effective),
                "Pareto k": round(found.pareto_k, 2),
                "updated from": before.fingerprint if before else source,
                "tables of the city": [target.name for target in found.targets],
            },
            "informed": _ratios(found.draws),
        }
        text = json.dumps(record, indent=2) + "\n"
        (work / RECORD).write_text(text, encoding="utf-8")
        work.publish([DRAWS, TARGETS, RECORD])


def _ratios(draws: pd.DataFrame) -> dict[str, float]:
    """Ratio of the spread of the draws to that of the prior, by parameter of the package."""
    return {
        name: round(float(scores(p, draws[name].to_numpy(float)).std(ddof=1)), 3)
        for name, p in registry().items()
    }


def scores(p: Parameter, values: np.ndarray) -> np.ndarray:
    """Normal scores of values under a parameter's prior: 0 is its median.

    Parameters
    ----------
    p : Parameter
        The parameter.
    values : numpy.ndarray
        In the parameter's unit.

    Examples
    --------
    >>> scores(registry()["mentor_duration"], np.array([9.0])).round(1).tolist()
    [0.0]
    """
    return np.interp(values, p.quantile(ndtr(GRID)), GRID)
