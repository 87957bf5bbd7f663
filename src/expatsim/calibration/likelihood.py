"""The likelihood of the observed tables under parameter values, sampled as normal scores.

Every parameter is sampled as ``z``, its prior's standard normal score: the prior is a standard
normal distribution in all directions, whatever units and bounds the parameters have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import numpy as np
from scipy.special import ndtr

from expatsim.calibration.study import Shares, Size, log_ratio, simulate_study
from expatsim.calibration.targets import Counts, Interval, Target
from expatsim.cities import City
from expatsim.cities import city as city_of
from expatsim.executors import LOCAL, Executor
from expatsim.model.declare import Parameter
from expatsim.model.parameters import registry

BATCH = 4  # parameter vectors that are simulated side by side, in one process


def names() -> list[str]:
    """Names of the parameters, in the order of the columns of ``z``."""
    return list(registry())


def from_scores(
    z: np.ndarray, parameters: Mapping[str, Parameter] | None = None
) -> dict[str, np.ndarray]:
    """Parameter values that normal scores stand for.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores: 0 is the median of the prior, 1 its 84 % quantile.
    parameters : mapping of str to Parameter, optional
        All parameters with their priors; by default those of the package.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.

    Examples
    --------
    >>> from_scores(np.zeros((1, len(names()))))["mentor_duration"].round(1).tolist()
    [9.0]
    """
    u = np.clip(ndtr(z), 1e-12, 1 - 1e-12)
    chosen = registry() if parameters is None else parameters
    return {name: p.quantile(u[:, k]) for k, (name, p) in enumerate(chosen.items())}


def log_likelihood(
    study: Shares, parameters: Mapping[str, np.ndarray], targets: Sequence[Target]
) -> np.ndarray:
    """Log-likelihood of all targets together, shape (draws,)."""
    effect = np.asarray(parameters["design_effect"])
    return sum(by_target(study, effect, targets).values(), start=np.zeros(len(effect)))


def by_target(
    study: Shares, effect: np.ndarray, targets: Sequence[Target]
) -> dict[str, np.ndarray]:
    """Log-likelihood of every target, by its name, each of shape (draws,).

    Parameters
    ----------
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares by entry.
    effect : numpy.ndarray, shape (draws,)
        Design effect of each draw.
    targets : sequence of Target
        Targets of the calibration.
    """
    return {t.name: t.log_likelihood(t.predicted(study), effect) for t in targets}


def questions(targets: Sequence[Target]) -> set[str]:
    """Names ``city.question`` of the entries of the simulated study that the targets need."""
    entries: set[str] = set()
    for target in targets:
        if isinstance(target, Counts):
            entries.add(target.share)
        elif isinstance(target, Interval):
            entries |= set(target.shares)
    return entries


def simulate_scores(
    z: np.ndarray,
    seed: int,
    size: Size,
    wanted: Collection[str] | None = None,
    executor: Executor = LOCAL,
    parameters: Mapping[str, Parameter] | None = None,
) -> tuple[Shares, dict[str, np.ndarray]]:
    """Simulated studies of many parameter vectors, batch by batch.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores.
    seed : int
        Random seed of the candidates and of their luck, the same for all vectors.
    size : mapping of str to int
        Households that arrive in the 94 months of the history, by city.
    wanted : collection of str, optional
        Entries to simulate, as from :func:`questions`; by default all.
    executor : Executor
        Executor that simulates the batches; by default this machine.
    parameters : mapping of str to Parameter, optional
        As for :func:`from_scores`.

    Returns
    -------
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares by entry.
    values : dict of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    """
    values = from_scores(z, parameters)
    return studies(values, seed, size, wanted, executor), values


def studies(
    parameters: Mapping[str, np.ndarray],
    seed: int,
    size: Size,
    wanted: Collection[str] | None = None,
    executor: Executor = LOCAL,
    progress: Callable[[int], None] | None = None,
    replicates: Sequence[int] | None = None,
) -> Shares:
    """Simulated studies of parameter values, batch by batch.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.
    seed, size, wanted, executor
        As for :func:`simulate_scores`.
    progress : callable, optional
        Called after every batch with its number of parameter vectors.
    replicates : sequence of int, optional
        Replicate whose luck each draw has; by default 0 for all.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares by entry.
    """
    n = len(next(iter(parameters.values())))
    luck = [0] * n if replicates is None else list(replicates)
    batches = [slice(start, start + BATCH) for start in range(0, n, BATCH)]
    jobs = (({k: v[b] for k, v in parameters.items()}, luck[b]) for b in batches)
    done: dict[int, Shares] = {}
    # unpickling registers them where a worker has not seen them
    own = tuple(city for city in map(city_of, size) if not city.of_the_study)
    work = partial(_simulate_batch, seed=seed, size=size, wanted=wanted, own=own)
    for number, shares in executor.map_unordered(work, jobs):
        done[number] = shares
        if progress:
            progress(len(next(iter(shares.values()))))
    pieces = [done[k] for k in range(len(batches))]
    return {k: np.concatenate([p[k] for p in pieces]) for k in pieces[0]}


def _simulate_batch(
    job: tuple[dict[str, np.ndarray], list[int]],
    seed: int,
    size: Size,
    wanted: Collection[str] | None,
    own: tuple[City, ...],
) -> Shares:
    part, luck = job
    # filled up, so that one compiled size serves all batches
    full = np.minimum(np.arange(BATCH), len(luck) - 1)
    same = {k: v[full] for k, v in part.items()}
    shares = simulate_study(same, seed, size, [luck[k] for k in full], wanted)
    return {k: v[: len(luck)] for k, v in shares.items()}


def luck(
    parameters: Mapping[str, np.ndarray],
    seed: int,
    size: Size,
    replicates: Sequence[int],
    executor: Executor = LOCAL,
) -> Shares:
    """Monte-Carlo error of replicate 0 in each share, at one parameter vector.

    A control variate: the simulated study of replicate 0 less the mean of many replicates. Nearby
    parameter vectors with the same luck have similar errors, so that subtracting this one removes
    most of the noise.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (1,)
        The parameter vector, values by parameter.
    seed, size, executor
        As for :func:`simulate_scores`.
    replicates : sequence of int
        Replicates of the mean.

    Returns
    -------
    dict of str to numpy.ndarray, shape (answers,)
        Errors by entry, on the scale of :func:`expatsim.calibration.study.log_ratio`.
    """
    every = [0, *replicates]
    same = {k: np.repeat(v, len(every)) for k, v in parameters.items()}
    shares = studies(same, seed, size, executor=executor, replicates=every)
    return {
        name: log_ratio(x[:1])[0] - log_ratio(x[1:].mean(axis=0, keepdims=True))[0]
        for name, x in shares.items()
    }
