"""A quick update of a calibration with the tables of one more city, by importance sampling.

Draws of the posterior are weighted by the likelihood of the city's tables, in the same simulated
study as in the calibration, and drawn again by these weights. Where that leaves too few of them,
as it mostly does from some fifteen respondents on, draws are proposed where a linear model of the
simulated answers moves them, and weighted likewise; for this the draws of before are taken as
normally distributed on the scale of normal scores. Weights are smoothed, and judged, by the tail
that Pareto's distribution fits to them (Vehtari and others 2024).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from expatsim import posterior
from expatsim.calibration import diagnostics, gaussian, likelihood
from expatsim.calibration.gaussian import Gaussian, prior
from expatsim.calibration.study import Shares, Size, correct, luck, size_of_own
from expatsim.calibration.targets import Target, city_targets
from expatsim.cities import City
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
    households: int | None = None,
    draws: int = 1000,
    seed: int = 1,
    replicates: int = LUCK,
    progress: Callable[[str, int, int], None] | None = None,
    executor: Executor = LOCAL,
) -> Update:
    """Draws of a calibration that have learned from the tables of a city.

    Levels of 2009 of the city that nobody measured are parameters too, and columns of the result.

    Parameters
    ----------
    city : City
        A registered city that is not of the study.
    source : str
        Draws of a calibration to begin with, see :func:`expatsim.posterior.read_draws`.
    households : int, optional
        Households that arrive in the history of the city; by default as many as in the largest of
        the study.
    draws : int
        Draws of a proposal, and of the result.
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
    aims, before = city_targets(city.name), posterior.read_draws(source)
    if not aims or before is None:
        return _unchanged(before)
    parameters = {**registry(), **{p.name: p for p in levels_of_2009([city])}}
    size = {city.name: households or size_of_own(city)}
    work = _Work(parameters, aims, size, seed, replicates, progress, executor)
    z = _scores_of(source, parameters, seed)
    study, fit = work.simulate(z, z.mean(axis=0), "draws")
    found = work.drawn(z, study, fit)
    if found.doubt() is None:
        return found
    normal = as_normal(z)
    x = np.linalg.solve(normal.root, (z - normal.mean).T).T
    guess = prior(len(parameters))
    for number in range(1, ROUNDS + 1):
        predicted = [t.predicted(study) for t in aims]
        guess = gaussian.fit(aims, predicted, x, EFFECT, guess.mean)
        x = guess.sample(draws, np.random.default_rng([seed, number]))
        z = normal.mean + x @ normal.root.T
        middle = normal.mean + normal.root @ guess.mean
        study, fit = work.simulate(z, middle, f"proposal {number}")
        found = work.drawn(z, study, fit - 0.5 * (x**2).sum(axis=1) - guess.log_density(x))
        if found.doubt() is None:
            break
    return found


@dataclass(frozen=True)
class _Work:
    """What all stages of an update need."""

    parameters: Mapping[str, Parameter]
    targets: tuple[Target, ...]
    size: Size
    seed: int
    replicates: int
    progress: Callable[[str, int, int], None] | None
    executor: Executor

    def simulate(self, z: np.ndarray, middle: np.ndarray, stage: str) -> tuple[Shares, np.ndarray]:
        """Simulated answers without the luck of the seed at ``middle``, and log-likelihoods."""
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more
            if self.progress:
                self.progress(stage, done, len(z))

        at = likelihood.from_scores(middle[None], self.parameters)
        shift = luck(at, self.seed, self.size, self.replicates, likelihood.BATCH)
        values = likelihood.from_scores(z, self.parameters)
        wanted = likelihood.questions(self.targets)
        study = likelihood.studies(values, self.seed, self.size, wanted, self.executor, count)
        study = correct({name: study[name] for name in wanted}, shift)
        return study, likelihood.log_likelihood(study, values, self.targets)

    def drawn(self, z: np.ndarray, study: Shares, log_weights: np.ndarray) -> Update:
        """The draws, weighted and drawn again."""
        weights, k = smoothed_weights(log_weights)
        rows = drawn_again(weights, self.seed)
        values = likelihood.from_scores(z[rows], self.parameters)
        again = {name: shares[rows] for name, shares in study.items()}
        fit = diagnostics.predictive(again, values["design_effect"], self.targets)
        effective = float(1 / (weights**2).sum())
        frame = pd.DataFrame(values).astype(np.float32)
        return Update(frame, weights, k, effective, self.targets, fit)


def _unchanged(before: pd.DataFrame | None) -> Update:
    """The draws with which an update begins, for a city without answers."""
    assert before is not None  # the prior has none, and is refused
    n = len(before)
    return Update(before, np.full(n, 1 / n), 0.0, float(n), (), pd.DataFrame(columns=list(FIT)))


def _scores_of(source: str, parameters: Mapping[str, Parameter], seed: int) -> np.ndarray:
    """Normal scores of the draws of a source; random ones for parameters that it lacks."""
    number = posterior.number_of_draws(source) or 0
    values = posterior.sample(source, seed, np.arange(number))
    random = np.random.default_rng([seed, 0])
    columns = [
        scores(p, values[name]) if name in values else random.standard_normal(number)
        for name, p in parameters.items()
    ]
    return np.stack(columns, axis=1)


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
    covariance[np.ix_(told, told)] = np.cov(z[:, told], rowvar=False)
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
