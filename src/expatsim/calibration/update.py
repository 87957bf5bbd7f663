"""A quick update of a calibration with the tables of one more city, by importance sampling.

The draws of the posterior are weighted by the likelihood of the city's own tables, in the same
simulated study as in the calibration, and drawn again by these weights. Weights are smoothed, and
judged, by the tail that Pareto's distribution fits to them (Vehtari and others 2024).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import ndtri

from expatsim import posterior
from expatsim.calibration import diagnostics, likelihood
from expatsim.calibration.study import Shares, correct, luck
from expatsim.calibration.targets import Target, city_targets
from expatsim.cities import City, cities
from expatsim.errors import InputError
from expatsim.executors import LOCAL, Executor
from expatsim.files import claim
from expatsim.model.declare import Parameter
from expatsim.model.parameters import levels_of_2009, registry, sample_prior
from expatsim.posterior import DRAWS
from expatsim.posterior.record import (
    RECORD,
    TARGETS,
    calibration_fingerprint,
    calibration_of,
)
from expatsim.runs.prepare import borrowed_levels
from expatsim.version import version

if TYPE_CHECKING:
    import pandas as pd

LUCK = 320  # simulations that take the seed's luck out, as in a calibration
WORST_K = 0.7  # shape of the tail of the weights from which they are not to be trusted
FEWEST_EFFECTIVE = 100  # draws
GRID = np.linspace(0, 1, 2001)[1:-1]  # probabilities, for normal scores of draws


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
    seed: int = 1,
    replicates: int = LUCK,
    progress: Callable[[int, int], None] | None = None,
    executor: Executor = LOCAL,
) -> Update:
    """Draws of a calibration, weighted by the likelihood of a city's own tables and drawn again.

    Levels of 2009 of the city that nobody measured are drawn from their priors before, and are
    columns of the result.

    Parameters
    ----------
    city : City
        A registered city that is not of the study.
    source : str
        Draws to begin with, see :func:`expatsim.posterior.read_draws`; not the prior.
    households : int, optional
        Households that arrive in the city's history; by default as many as in the largest city of
        a calibration.
    seed : int
        Random seed of the simulated study.
    replicates : int
        Simulations that take the seed's luck out.
    progress : callable, optional
        Called with the draws that are done, and their number.
    executor : Executor
        Executor that simulates; by default this machine.
    """
    import pandas as pd

    number = posterior.number_of_draws(source)
    if number is None:
        raise InputError("parameters: a quick update begins with draws of a calibration")
    own = {p.name: p for p in levels_of_2009([city])}
    values = posterior.sample(source, seed, np.arange(number))
    drawn = sample_prior(seed, np.arange(number), own)
    values |= drawn | borrowed_levels([city], drawn, values, source)
    targets = city_targets(city.name)
    effect = values["design_effect"]
    if targets:
        size = {city.name: households or max(c.households for c in cities())}
        study = _study(values, targets, size, seed, replicates, progress, executor)
        weights, k = smoothed_weights(likelihood.log_likelihood(study, values, targets))
    else:
        study, (weights, k) = {}, smoothed_weights(np.zeros(number))
    rows = drawn_again(weights, seed)
    draws = pd.DataFrame({name: column[rows] for name, column in values.items()})
    again = {name: shares[rows] for name, shares in study.items()}
    fit = diagnostics.predictive(again, effect[rows], targets)
    return Update(draws.astype(np.float32), weights, k, float(1 / (weights**2).sum()), targets, fit)


def _study(
    values: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    size: Mapping[str, int],
    seed: int,
    replicates: int,
    progress: Callable[[int, int], None] | None,
    executor: Executor,
) -> Shares:
    """Simulated answers of the city in every draw, without the luck of the seed."""
    number, done = len(next(iter(values.values()))), 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress:
            progress(done, number)

    middle = {name: np.median(column, keepdims=True) for name, column in values.items()}
    shift = luck(middle, seed, size, replicates, likelihood.BATCH)
    wanted = likelihood.questions(targets)
    study = likelihood.studies(values, seed, size, wanted, executor, count)
    return correct({name: study[name] for name in wanted}, shift)


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
    return ndtri(np.interp(values, p.quantile(GRID), GRID))
