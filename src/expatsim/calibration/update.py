"""A quick update of a calibration with the tables of one more city.

Weights of the draws of before are no way to do it: a survey of 75 people says so much that five of
1,000 draws are left (see docs/survey.md). Instead the city's interviews are simulated in these
draws, each with a luck of its own, and a smooth model of the answers is fitted to them: the
surrogate. Short chains sample what the draws of before, taken as normally distributed on the scale
of normal scores, and the city's tables say together. Their draws are simulated in turn, and the
surrogate is fitted again, with them. By how much it changed weighs the draws; the update is done
when enough of them are left, and refused when they never are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from expatsim import posterior
from expatsim.calibration import diagnostics, likelihood, surrogate
from expatsim.calibration.before import EFFECT, Space, as_normal, scores
from expatsim.calibration.gaussian import Gaussian
from expatsim.calibration.settings import SECONDS_A_HOUSEHOLD
from expatsim.calibration.short_run import ShortRun, short_run
from expatsim.calibration.study import Shares
from expatsim.calibration.surrogate import Surrogate
from expatsim.calibration.targets import Target, city_targets
from expatsim.calibration.weighing import chance_of, drawn_again, smoothed_weights
from expatsim.cities import City
from expatsim.errors import InputError
from expatsim.executors import LOCAL, Executor
from expatsim.files import claim
from expatsim.intervals import median
from expatsim.model.parameters import registry
from expatsim.posterior import DRAWS
from expatsim.posterior.record import FIT, NO_CALIBRATION, RECORD, TARGETS, calibration_of
from expatsim.version import version

HOUSEHOLDS = 3000  # in the history of the city; the surrogate averages out the luck of so few
TWICE = 64  # simulations that are made a second time, to measure their luck
ROUNDS = 4  # of draws that are simulated in turn, at most
ENOUGH = 0.5  # effective share of the draws at which no further round is made
FEWEST_EFFECTIVE = 100  # draws
WORST_K = 0.7  # shape of the tail of the weights from which they are not to be trusted
WORST_RHAT = 1.02  # of the short chains; there are seconds for them, and no hours
CALIBRATION = "calibration.json"  # of one that may still be going on
MOVED = 8  # parameters that moved most, in the record
RAREST = 0.001  # chance of a table like the observed one, below which the model cannot make it
Tell = Callable[[str, int, int], None]  # stage, draws that are done, their number


def seconds(draws: int) -> float:
    """Seconds that an update takes on one core, about: every draw is simulated twice or more.

    Parameters
    ----------
    draws : int
        Draws of the result.
    """
    return 2 * draws * HOUSEHOLDS * SECONDS_A_HOUSEHOLD


@dataclass(frozen=True)
class Update:
    """Draws of a calibration, updated with the tables of a city.

    Attributes
    ----------
    draws : pandas.DataFrame
        One row a draw, one column a parameter; also the city's own levels of 2009.
    targets : tuple of Target
        Tables of the city that were used; none if it has no answers.
    effective : float
        Effective draws: the fewer of those of the short chains and of those that the last change
        of the surrogate leaves.
    pareto_k : float
        Shape of the tail of the weights by that change.
    rhat : float
        Worst R-hat of the short chains.
    rounds : int
        Rounds of draws that were simulated in turn.
    explained : dict of str to float
        Share of the variance of simulated answers that the surrogate explains, by question.
    chances : dict of str to float
        Chance of a table at least as far off as the observed one, by target.
    moved : dict of str to float
        Change of each parameter's mean, in standard deviations of the draws of before.
    outside : tuple of str
        Parameters whose median is beyond all draws of before.
    fit : pandas.DataFrame
        Observed and simulated cells, see :func:`expatsim.calibration.diagnostics.predictive`.
    """

    draws: pd.DataFrame
    targets: tuple[Target, ...]
    effective: float
    pareto_k: float = 0.0
    rhat: float = 1.0
    rounds: int = 0
    explained: Mapping[str, float] = field(default_factory=dict)
    chances: Mapping[str, float] = field(default_factory=dict)
    moved: Mapping[str, float] = field(default_factory=dict)
    outside: tuple[str, ...] = ()
    fit: pd.DataFrame | None = None

    def doubts(self) -> list[str]:
        """Why the update is not to be used, a line each; empty if it is."""
        lines = []
        few, heavy = self.effective < FEWEST_EFFECTIVE, self.pareto_k > WORST_K
        if few or heavy or self.rhat > WORST_RHAT:
            lines.append(
                "the answers are too far from what the calibration knows for a quick update: "
                f"{self.effective:.0f} effective draws (at least {FEWEST_EFFECTIVE} are needed), "
                f"Pareto k {self.pareto_k:.2f} (at most {WORST_K}), "
                f"R-hat {self.rhat:.3f} (at most {WORST_RHAT})"
            )
        lines += [
            f"{name}: the model cannot make this table (chance {chance:.4f}); look at its numbers"
            for name, chance in self.chances.items()
            if chance < RAREST
        ]
        if self.outside:
            lines.append(
                f"beyond all draws of the calibration: {', '.join(self.outside)}; a quick update "
                "cannot say how likely that was"
            )
        return lines


def update(
    city: City,
    *,
    source: str = "posterior",
    households: int = HOUSEHOLDS,
    draws: int = 1000,
    seed: int = 1,
    progress: Tell | None = None,
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
    households : int
        Households that arrive in the history of the city, in each simulation.
    draws : int
        Draws of the result, which are simulated in each round.
    seed : int
        Random seed.
    progress : callable, optional
        Called with the stage, the draws that are done, and their number.
    executor : Executor
        Executor that simulates; by default this machine.

    Raises
    ------
    InputError
        If the source has no draws (the prior), or the city is of the study.
    """
    if posterior.number_of_draws(source) is None:
        raise InputError("parameters: a quick update begins with draws of a calibration")
    if city.of_the_study:
        raise InputError(f"{city.label}: its tables are in the calibration already")
    aims, before = city_targets(city.name), posterior.read_draws(source)
    assert before is not None  # the prior is refused
    if not aims:
        return Update(before, (), float(len(before)))
    space = Space.of(city, source)
    wanted, size = frozenset(likelihood.questions(aims)), {city.name: households}
    work = _Work(space, aims, wanted, size, draws, seed, progress, executor)
    return work.rounds(space.scores_of_draws(np.random.default_rng([seed, 0])))


@dataclass
class _Work:
    """What the rounds of an update need."""

    space: Space
    targets: tuple[Target, ...]
    wanted: frozenset[str]
    size: Mapping[str, int]
    draws: int
    seed: int
    tell: Tell | None
    executor: Executor

    def rounds(self, z: np.ndarray) -> Update:
        """The update that begins with draws of some normal scores."""
        before, old = z, as_normal(z)
        study = self.simulate(z, 0, "draws of before")
        again = self.simulate(z[:TWICE], len(z), "their luck")
        luck = surrogate.luck_of({k: v[:TWICE] for k, v in study.items()}, again)
        model, simulated, number = surrogate.fit(z, study, luck), len(z) + TWICE, 0
        while True:
            number += 1
            chains = self.sample(model, old, number)
            x = chains.draws(self.draws, np.random.default_rng([self.seed, number]))
            new = _from_white(x, old)
            theirs = self.simulate(new, simulated, f"round {number}")
            simulated += len(new)
            z = np.concatenate([z, new])
            study = {k: np.concatenate([study[k], theirs[k]]) for k in study}
            better = surrogate.fit(z, study, luck, latest=len(new))
            change = self.log_likelihood(better, x, old) - self.log_likelihood(model, x, old)
            weights, k = smoothed_weights(change)
            effective = float(1 / (weights**2).sum())
            model = better
            if (effective >= ENOUGH * len(new) and k <= WORST_K) or number == ROUNDS:
                break
        rows = drawn_again(weights, self.seed)
        shares = {k: v[rows] for k, v in theirs.items()}
        found = self.result(before, new[rows], shares)
        quality = {k: round(m.explained, 3) for k, m in model.models.items()}
        effective = min(effective, chains.effective)
        return Update(
            **found,
            effective=effective,
            pareto_k=k,
            rhat=chains.rhat,
            rounds=number,
            explained=quality,
        )

    def simulate(self, z: np.ndarray, first: int, stage: str) -> Shares:
        """Simulated answers of normal scores, each with a luck of its own, from ``first`` on."""
        done = 0

        def tell(n: int) -> None:
            nonlocal done
            done += n
            if self.tell:
                self.tell(stage, done, len(z))

        study = likelihood.studies(
            self.space.values(z),
            self.seed,
            self.size,
            self.wanted,
            self.executor,
            tell,
            range(first, first + len(z)),
        )
        return {k: v for k, v in study.items() if k in self.wanted}

    def sample(self, model: Surrogate, old: Gaussian, number: int) -> ShortRun:
        """Short chains on a surrogate; scores are of the draws of before, then deviations."""
        target = partial(self.log_likelihood, model, old=old)
        return short_run(target, len(old.mean) + model.deviations, [self.seed, number, 1])

    def log_likelihood(self, model: Surrogate, x: np.ndarray, old: Gaussian) -> np.ndarray:
        """Log-likelihood of the tables by a surrogate."""
        z = _from_white(x, old)
        deviations = x[:, len(old.mean) :]
        return model.log_likelihood(z, self.space.effect(z), self.targets, deviations)

    def result(self, before: np.ndarray, z: np.ndarray, study: Shares) -> dict[str, Any]:
        """What an update holds of its draws: values, fit, and how far they are from before."""
        values, names = self.space.values(z), np.array(list(self.space.parameters))
        effect, middle = values[EFFECT], median(z)
        moved = (z.mean(axis=0) - before.mean(axis=0)) / before.std(axis=0)
        beyond = (middle < before.min(axis=0)) | (middle > before.max(axis=0))
        return {
            "draws": pd.DataFrame(values).astype(np.float32),
            "targets": self.targets,
            "fit": diagnostics.predictive(study, effect, self.targets),
            "chances": {t.name: chance_of(t, study, effect, self.seed) for t in self.targets},
            "moved": dict(zip(names.tolist(), moved.tolist(), strict=True)),
            "outside": tuple(names[beyond].tolist()),
        }


def _from_white(x: np.ndarray, old: Gaussian) -> np.ndarray:
    """Normal scores of parameters from scores that are independent before the update."""
    return old.mean + x[:, : len(old.mean)] @ old.root.T


def check_free(folder: Path) -> None:
    """Check that a folder can take the files of an update.

    Parameters
    ----------
    folder : pathlib.Path
        The folder; need not exist.

    Raises
    ------
    InputError
        If there are draws or a calibration in it.
    """
    for name in (RECORD, DRAWS, CALIBRATION):
        if (folder / name).exists():
            raise InputError(f"{folder}: holds {name} of a calibration; give another --out")


def write_update(found: Update, folder: Path, city: City, source: str = "posterior") -> None:
    """Write the draws of an update, its record and its fit, as a calibration does.

    A city without answers gives the draws with which the update began, byte for byte.

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
    if doubts := found.doubts():
        raise InputError([*doubts, "nothing is written; calibrate in full: docs/survey.md"])
    check_free(folder)
    fit = pd.DataFrame(columns=list(FIT)) if found.fit is None else found.fit
    with claim(folder / RECORD, shown=folder) as work:
        content = _content(found, source)
        (work / DRAWS).write_bytes(content)
        fit.to_csv(work / TARGETS, float_format="%.5g", index=False)
        record = _record(found, city, source) | {"draws": hashlib.sha256(content).hexdigest()}
        text = json.dumps(record, indent=2) + "\n"
        (work / RECORD).write_text(text, encoding="utf-8")
        work.publish([DRAWS, TARGETS, RECORD])


def _content(found: Update, source: str) -> bytes:
    """The file of draws; that of before where nothing was learned."""
    if not found.targets and source == "posterior":
        return bytes(posterior.folder().joinpath(DRAWS).read_bytes())
    if not found.targets and Path(source).suffix.lower() != ".csv":
        return Path(source).read_bytes()
    return bytes(found.draws.to_parquet(compression="zstd"))


def _record(found: Update, city: City, source: str) -> dict[str, Any]:
    """Record of the draws; that of the calibration of before, and what the update adds."""
    before = calibration_of(source)
    rhat = max(found.rhat, (before and before.worst_rhat) or 1.0)
    far = sorted(found.moved, key=lambda name: -abs(found.moved[name]))[:MOVED]
    return {
        "expatsim": version(),
        "fingerprint": before.fingerprint if before else NO_CALIBRATION,
        "settings": {
            "title": f"quick update with the tables of {city.label}",
            "priors": before.priors if before else {},
        },
        "diagnostics": {
            "converged": "yes" if before and before.converged else "NO",
            "worst R-hat": round(rhat, 4),
            "updated from": source if source == "posterior" else Path(source).name,
            "tables of the city": [target.name for target in found.targets],
            "effective draws": round(found.effective),
            "Pareto k": round(found.pareto_k, 2),
            "rounds": found.rounds,
            "variance of simulated answers explained": dict(found.explained),
            "chance of a table as far off": {k: round(x, 4) for k, x in found.chances.items()},
            "moved most, in standard deviations": {k: round(found.moved[k], 2) for k in far},
        },
        "informed": _ratios(found.draws),
    }


def _ratios(draws: pd.DataFrame) -> dict[str, float]:
    """Ratio of the spread of the draws to that of the prior, by parameter of the package."""
    return {
        name: round(float(scores(p, draws[name].to_numpy(float)).std(ddof=1)), 3)
        for name, p in registry().items()
        if name in draws
    }
