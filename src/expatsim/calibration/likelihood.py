"""How likely the observed tables are under parameter values; the scale on which they are sampled.

Every parameter is sampled as ``z``, its prior's standard normal score: the prior is a standard
normal distribution in all directions, whatever units and bounds the parameters have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import numpy as np
from scipy.special import ndtr

from expatsim.calibration import study as study_module
from expatsim.calibration.study import Shares, Size
from expatsim.calibration.targets import Counts, Interval, Target
from expatsim.executors import LOCAL, Executor
from expatsim.model.parameters import registry

BATCH = 8  # parameter vectors side by side


def names() -> list[str]:
    """Parameters in the order of the columns of ``z``."""
    return list(registry())


def from_scores(z: np.ndarray) -> dict[str, np.ndarray]:
    """Parameter values of normal scores.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
    """
    u = np.clip(ndtr(z), 1e-12, 1 - 1e-12)
    return {name: p.quantile(u[:, k]) for k, (name, p) in enumerate(registry().items())}


def log_likelihood(
    study: Shares, parameters: Mapping[str, np.ndarray], targets: Sequence[Target]
) -> np.ndarray:
    """Sum over the targets, shape (draws,)."""
    effect = np.asarray(parameters["design_effect"])
    return sum(
        (t.log_likelihood(t.predicted(study), effect) for t in targets),
        start=np.zeros(len(effect)),
    )


def questions(targets: Sequence[Target]) -> set[str]:
    """Entries of the simulated study that the targets look at."""
    found: set[str] = set()
    for target in targets:
        if isinstance(target, Counts):
            found.add(target.share)
        elif isinstance(target, Interval):
            found |= set(target.shares)
    return found


def simulate(
    z: np.ndarray,
    seed: int,
    size: Size,
    wanted: Collection[str] | None = None,
    executor: Executor = LOCAL,
) -> tuple[Shares, dict[str, np.ndarray]]:
    """Simulated studies of many parameter vectors, batch by batch.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
    seed : int
        The same candidates and luck for all.
    size : mapping of str to int
        By city, households that arrive in 94 months.
    wanted : collection of str, optional
        As from :func:`questions`; by default everything is asked.
    executor : Executor
        Simulates the batches; by default this machine.

    Returns
    -------
    study, parameters
    """
    parameters = from_scores(z)
    return studies(parameters, seed, size, wanted, executor), parameters


def studies(
    parameters: Mapping[str, np.ndarray],
    seed: int,
    size: Size,
    wanted: Collection[str] | None = None,
    executor: Executor = LOCAL,
    progress: Callable[[int], None] | None = None,
) -> Shares:
    """As :func:`simulate`, of parameter values; ``progress`` is told how many are done."""
    n = len(next(iter(parameters.values())))
    batches = [
        {k: v[start : start + BATCH] for k, v in parameters.items()} for start in range(0, n, BATCH)
    ]
    done: dict[int, Shares] = {}
    work = partial(_simulate_batch, seed=seed, size=size, wanted=wanted)
    for number, shares in executor.map_unordered(work, batches):
        done[number] = shares
        if progress:
            progress(len(next(iter(shares.values()))))
    pieces = [done[k] for k in range(len(batches))]
    return {k: np.concatenate([p[k] for p in pieces]) for k in pieces[0]}


def _simulate_batch(
    part: dict[str, np.ndarray], seed: int, size: Size, wanted: Collection[str] | None
) -> Shares:
    n = len(next(iter(part.values())))
    if n < BATCH:  # one compiled size for all
        part = {k: np.concatenate([v, np.repeat(v[-1:], BATCH - n)]) for k, v in part.items()}
    shares = study_module.simulate(part, seed, size, questions=wanted)
    return {k: v[:n] for k, v in shares.items()}
