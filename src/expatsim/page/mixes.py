"""Mixes of measures, and what simulations of them give in every draw beside the baseline.

A mix sets some levers from a number of years after the start on; the others stay as they were.
Draws are simulated in blocks, each with mixes of its own: what draws have in common is learned from
the mixes of all blocks.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.findings.outcomes import values
from expatsim.model.levers import LEVERS
from expatsim.model.policy import Level
from expatsim.page.plan import Plan
from expatsim.runs.batches import simulate_together
from expatsim.runs.prepare import Replicates
from expatsim.scenario.scenario import Scenario

OUTCOMES = (
    "newcomers_1",
    "newcomers_3",
    "newcomers_5",
    "stock_5",
    "people",
    "expat_years",
    "wish",
    "welcome",
    "some_dutch",
    "dutch_friends",
    "knows_service",
)  # of the report's first table; shares after ten years rest on few people, and are noise in a draw
DELAYS = (0, 1, 2, 3, 4, 5)  # years after the start at which a mix may begin
AT_ONCE = 1 / 3  # share of the mixes that begin at the start
FEW, MANY = 0.08, 0.9  # probability that a lever is moved, from mix to mix
ALIKE = 1 / 3  # share of the mixes that move all levers of a unit to the same place of their range
BLOCK = 4  # draws that are simulated with the same mixes
DIGITS = 3  # of a level

#: Called after each mix of a block with the number of simulated draws.
Progress = Callable[[int], None]


class Mixes(NamedTuple):
    """Mixes of measures.

    Attributes
    ----------
    levels : numpy.ndarray, shape (mixes, levers)
        Level of each lever of :data:`expatsim.model.levers.LEVERS`; not a number where the lever
        stays as it was.
    delay : numpy.ndarray, shape (mixes,)
        Years after the start from which the levels hold.
    """

    levels: np.ndarray
    delay: np.ndarray


class Simulated(NamedTuple):
    """Mixes that were simulated, one row for each pair of a mix and a draw.

    Attributes
    ----------
    draw : numpy.ndarray of int, shape (rows,)
        Number of the draw.
    levels : numpy.ndarray, shape (rows, levers)
        As of :class:`Mixes`.
    delay : numpy.ndarray, shape (rows,)
        As of :class:`Mixes`.
    outcomes : numpy.ndarray, shape (rows, outcomes)
        In the order of :data:`OUTCOMES`.
    baseline : numpy.ndarray, shape (draws, outcomes)
        The same where nothing is moved.
    """

    draw: np.ndarray
    levels: np.ndarray
    delay: np.ndarray
    outcomes: np.ndarray
    baseline: np.ndarray


def baseline(city: str, draws: int, parameters: str = "posterior") -> Scenario:
    """Return the projection of a packaged city in which nothing is moved.

    Parameters
    ----------
    city : str
        Name of the city.
    draws : int
        Number of draws.
    parameters : {"posterior", "prior"}
        Source of the draws.
    """
    scenario = Plan.start(city, draws).baseline
    return dataclasses.replace(scenario, parameters=parameters)


def random_mixes(number: int, seed: Sequence[int]) -> Mixes:
    """Return mixes of one lever to all: a Latin hypercube of levels, levers moved and delays.

    Parameters
    ----------
    number : int
        Number of mixes.
    seed : sequence of int
        Seed of the hypercube.
    """
    from scipy.stats import qmc

    n, levers = len(LEVERS), list(LEVERS.values())
    low, high = (np.array([getattr(x, end) for x in levers], float) for end in ("low", "high"))
    rng = np.random.default_rng(list(seed))
    unit = qmc.LatinHypercube(2 * n + 3, rng=rng).random(number)
    often, when, alike = unit[:, 2 * n :].T
    moved = unit[:, :n] < (FEW + (MANY - FEW) * often)[:, None]
    moved[np.arange(number), np.argmin(unit[:, :n], axis=1)] = True  # one at least
    place = unit[:, n : 2 * n]
    for name in {x.unit for x in levers}:  # such as grades that all rise: far out, and likely asked
        same = np.array([x.unit == name for x in levers])
        together = (alike < ALIKE)[:, None] & same
        place = np.where(together, place[:, [np.argmax(same)]], place)
    levels = np.round(low + place * (high - low), DIGITS)
    later = np.maximum(when - AT_ONCE, 0) / (1 - AT_ONCE)
    delay = np.where(when < AT_ONCE, 0, 1 + (later * (len(DELAYS) - 1)).astype(int))
    return Mixes(np.where(moved, levels, np.nan), delay.astype(float))


def with_mix(base: Scenario, levels: np.ndarray, delay: float, name: str = "mix") -> Scenario:
    """Return a scenario with a mix.

    Parameters
    ----------
    base : Scenario
        From :func:`baseline`.
    levels : numpy.ndarray, shape (levers,)
        As of :class:`Mixes`.
    delay : float
        Years after the start from which they hold.
    name : str
        Name of the scenario.
    """
    at = round(12 * delay)
    policy = {
        lever: path if np.isnan(x) else path.since(at, Level(value=float(x)))
        for (lever, path), x in zip(base.policy.items(), levels, strict=True)
    }
    return dataclasses.replace(base, name=name, policy=policy)


def outcomes_of(scenarios: Sequence[Scenario], draws: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the outcomes of scenarios of one city, each of shape (draws, outcomes).

    Parameters
    ----------
    scenarios : sequence of Scenario
        With the same people.
    draws : numpy.ndarray of int
        Numbers of the draws.
    """
    for dataset in simulate_together(scenarios, replicates=Replicates.together(draws)):
        found = values(dataset)
        yield np.stack([found[name].to_numpy() for name in OUTCOMES], axis=1)


def simulate_blocks(
    base: Scenario,
    number: int,
    seed: Sequence[int],
    folder: Path | None = None,
    block: int = BLOCK,
    progress: Progress = lambda draws: None,
) -> Simulated:
    """Return random mixes, simulated in all draws of the baseline, block by block.

    Parameters
    ----------
    base : Scenario
        From :func:`baseline`.
    number : int
        Mixes of each block of draws.
    seed : sequence of int
        Seed of the mixes.
    folder : pathlib.Path, optional
        Where each block is kept as a file, and taken from if the same block is there.
    block : int
        Draws of a block.
    progress : callable
        Called after each block with the number of draws times mixes.
    """
    parts = []
    for k, first in enumerate(range(0, base.draws, block)):
        draws = np.arange(first, min(first + block, base.draws))
        mixes = random_mixes(number, [*seed, k])
        name = "-".join(map(str, (base.city, base.parameters, *seed, k)))
        file = folder / f"{name}.npz" if folder else None
        found = _kept(file, mixes, draws) if file else None
        if found is None:
            found = _simulate(base, mixes, draws)
            if file:
                _keep(file, found)
        parts.append(found)
        progress(len(draws) * (number + 1))
    return Simulated(*map(np.concatenate, zip(*parts, strict=True)))


def _simulate(base: Scenario, mixes: Mixes, draws: np.ndarray) -> Simulated:
    """Every mix in every one of some draws."""
    n = len(mixes.delay)
    pairs = zip(*mixes, strict=True)
    chosen = [base, *(with_mix(base, *mix, f"mix {k}") for k, mix in enumerate(pairs))]
    first, *others = outcomes_of(chosen, draws)
    return Simulated(
        np.tile(draws, n),
        np.repeat(mixes.levels, len(draws), axis=0),
        np.repeat(mixes.delay, len(draws)),
        np.concatenate(others),
        first,
    )


def _keep(file: Path, found: Simulated) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as out:
        np.savez_compressed(out, **found._asdict())
    part.replace(file)


def _kept(file: Path, mixes: Mixes, draws: np.ndarray) -> Simulated | None:
    """The block of a file, if it is of these mixes and draws."""
    if not file.exists():
        return None
    try:
        with np.load(file) as content:
            found = Simulated(*(content[name] for name in Simulated._fields))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{file}: is no block of simulated mixes; remove it") from error
    levels = np.repeat(mixes.levels, len(draws), axis=0)
    same = np.array_equal(found.levels, levels, equal_nan=True)
    return found if same and np.array_equal(found.draw, np.tile(draws, len(mixes.delay))) else None
