"""Sampling of the posterior: pilot simulations, a Gaussian guess, then exact chains (emcee).

The chains propose from the guess, in part or whole (preconditioned Crank-Nicolson: Cotter, Roberts,
Stuart and White 2013; with no memory it is an independence sampler), and accept by the simulated
likelihood with common random numbers. Finished steps are kept on disk, so that a killed calibration
goes on where it was and ends with the same draws.
"""

from __future__ import annotations

import json
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from expatsim.calibration import gaussian, likelihood
from expatsim.calibration.gaussian import Gaussian
from expatsim.calibration.likelihood import BATCH
from expatsim.calibration.study import Shares, correct
from expatsim.errors import InputError
from expatsim.executors import LOCAL, Executor
from expatsim.files import replacing, strangers
from expatsim.fingerprint import fingerprint

if TYPE_CHECKING:
    from expatsim.calibration.settings import Settings

# autocorrelation of the proposals, and the share of steps that use each
MEMORY = ((0.0, 0.5), (0.7, 0.25), (0.9, 0.25))
CHECKPOINT = 20.0  # seconds between two checkpoints
PILOT = 16  # batches of pilot simulations between two checks of the clock
BLOCK = 20  # steps of the chains between two checks of the clock
NOTED = 250  # steps from which R-hat is computed while the chains go on
SHIFT = "shift:"  # before the names of the study's entries in checkpoints of the guess
Progress = Callable[[str, int, int, str], None]  # stage, steps done, steps in all, note


class Chains(NamedTuple):
    """Chains of a calibration.

    Attributes
    ----------
    z : numpy.ndarray, shape (walkers, steps, parameters)
        Normal scores, burn-in left out.
    log_likelihood : numpy.ndarray, shape (walkers, steps)
        Log-likelihood of all targets at ``z``.
    acceptance : float
        Share of proposals that were accepted, 0 to 1.
    guess : Gaussian
        Distribution of the proposals.
    shift : dict of str to numpy.ndarray
        Luck of the seed, see :func:`expatsim.calibration.likelihood.luck`.
    """

    z: np.ndarray
    log_likelihood: np.ndarray
    acceptance: float
    guess: Gaussian
    shift: Shares


def kept_draws(chains: Chains, settings: Settings) -> np.ndarray:
    """Evenly spaced draws of all chains, normal scores, shape (draws, parameters).

    The chains take turns: there are as many draws of each.
    """
    z = chains.z[:, kept_steps(chains, settings)]
    return z.swapaxes(0, 1).reshape(-1, z.shape[-1])


def kept_steps(chains: Chains, settings: Settings) -> np.ndarray:
    """Steps of every chain whose draws are kept."""
    walkers, steps, _ = chains.z.shape
    return np.linspace(0, steps - 1, min(max(settings.draws // walkers, 1), steps)).astype(int)


def no_progress(stage: str, done: int, total: int, note: str) -> None:
    """Report nothing; the default for callers who show no progress."""


def calibrate(
    settings: Settings,
    folder: Path,
    *,
    resume: bool = False,
    progress: Progress = no_progress,
    targets: Any = None,
    executor: Executor = LOCAL,
) -> Chains:
    """Chains of a whole calibration; checkpoints are kept in ``folder``.

    Parameters
    ----------
    settings : Settings
        Sizes, seed, priors and targets, as from a calibration file.
    folder : pathlib.Path
        Folder of the calibration; new, or one to resume.
    resume : bool
        Go on from the checkpoints in the folder, also with more steps; refused if other settings or
        the code differ.
    progress : callable
        Called with the stage, steps done, steps in all and a note.
    targets : sequence of Target, optional
        Targets instead of those of the settings (recovery studies).
    executor : Executor
        Executor that simulates; by default this machine.

    Raises
    ------
    InputError
        If the folder is taken, or holds a calibration with other settings or code.
    """
    from threadpoolctl import threadpool_limits

    begin(settings, folder, resume)
    chosen = settings.chosen_targets() if targets is None else targets
    # threads of linear algebra wait by turning round, on the cores of those who simulate
    with threadpool_limits(1, "blas"):
        return _calibrate(settings, chosen, folder, progress, executor)


def _calibrate(
    settings: Settings, chosen: Any, folder: Path, progress: Progress, executor: Executor
) -> Chains:
    guess, shift = first_guess(settings, chosen, folder, progress, executor)
    tuning = sample(
        settings, chosen, guess, shift, folder / "tuning.npz", progress, executor=executor
    )
    apart = list(settings.parameters()).index("design_effect")
    draws = tuning.z[:, tuning.z.shape[1] // 5 :].reshape(-1, tuning.z.shape[-1])
    guess = gaussian.refine(guess, draws, apart)
    start = tuning.z[:, -1]
    return sample(settings, chosen, guess, shift, folder / "chains.npz", progress, start, executor)


def begin(settings: Settings, folder: Path, resume: bool) -> None:
    """Make the folder of a calibration, or check that the one there can be resumed.

    One with fewer steps can: its chains go on, as if they had been given all steps at once.

    Raises
    ------
    InputError
        If the folder is taken, or holds a calibration with other settings or code.
    """
    note = folder / "calibration.json"
    ours = {"fingerprint": fingerprint(__name__), **settings.model_dump()}
    if note.exists():
        if not resume:
            raise InputError(f"{folder}: holds a calibration; give another --out, or --resume")
        try:
            theirs = dict(json.loads(note.read_bytes()))
        except (ValueError, TypeError) as error:
            raise InputError(f"{note}: is damaged; give another --out") from error
        for k in {**ours, **theirs}:
            was, now = theirs.get(k), ours.get(k)
            goes_on = k == "steps" and isinstance(was, int) and was < settings.steps
            if was != now and not goes_on:
                raise InputError(f"{folder}: cannot be resumed: {k} was {was!r} and is {now!r} now")
        if theirs == ours:
            return
    elif folder.exists() and strangers(folder):
        raise InputError(f"{folder}: holds other files; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(note) as work:
        work.write_text(json.dumps(ours, indent=2), encoding="utf-8")


def damaged(path: Path) -> InputError:
    """The error for a file of a calibration that cannot be read, with its remedy."""
    return InputError(f"{path}: is damaged; remove it and go on with --resume")


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write a checkpoint of arrays, whole or not at all."""
    with replacing(path) as work, work.open("wb") as file:
        np.savez(file, **cast(Any, arrays))


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a checkpoint by name; empty if there is no checkpoint."""
    if not path.exists():
        return {}
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path) from error


def first_guess(
    settings: Settings,
    targets: Any,
    folder: Path,
    progress: Progress = no_progress,
    executor: Executor = LOCAL,
) -> tuple[Gaussian, Shares]:
    """The Gaussian guess after all rounds of simulations, and the luck of the seed at its mean.

    Parameters
    ----------
    settings : Settings
        Rounds, simulations of each, and seed.
    targets : sequence of Target
        Targets of the calibration.
    folder : pathlib.Path
        Folder of the checkpoints.
    progress, executor
        As for :func:`calibrate`.
    """
    priors = settings.parameters()
    guess = gaussian.prior(len(priors))
    shift: Shares = {}
    total = settings.rounds * (settings.pilot + settings.luck)
    for number in range(settings.rounds):
        done = number * (settings.pilot + settings.luck)
        note = f"round {number + 1} of the first guess"
        path = folder / f"guess-{number + 1}.npz"
        kept = load_arrays(path)
        if not kept:
            rng = np.random.default_rng([settings.seed, number])
            z = guess.sample(settings.pilot, rng, gaussian.WIDER if number else 1.0)

            def report(n: int, done: int = done, note: str = note) -> None:
                progress("guess", done + n, total, note)

            checkpoint = folder / f"pilot-{number + 1}.npz"
            study = pilot(z, settings, targets, checkpoint, report, executor)
            if shift:
                study = correct(study, shift)
            guess = gaussian.fit(
                targets,
                [t.predicted(study) for t in targets],
                z,
                priors["design_effect"].default,
                guess.mean,
            )
            mean = likelihood.from_scores(guess.mean[None], priors)
            replicates = range(1, 1 + settings.luck)
            shift = likelihood.luck(mean, settings.seed, settings.size, replicates, executor)
            kept = {"mean": guess.mean, "root": guess.root}
            save_arrays(path, **kept, **{f"{SHIFT}{k}": v for k, v in shift.items()})
        else:
            guess, shift = guess_and_shift(kept)
        progress("guess", done + settings.pilot + settings.luck, total, note)
    return guess, shift


def guess_and_shift(arrays: dict[str, np.ndarray]) -> tuple[Gaussian, Shares]:
    """The guess of a round and the luck of the seed there, from the arrays of its checkpoint."""
    shift = {k.removeprefix(SHIFT): v for k, v in arrays.items() if k.startswith(SHIFT)}
    return Gaussian(arrays["mean"], arrays["root"]), shift


def pilot(
    z: np.ndarray,
    settings: Settings,
    targets: Any,
    path: Path,
    report: Callable[[int], None],
    executor: Executor = LOCAL,
) -> Shares:
    """Simulated studies of all rows of ``z``, with checkpoints in ``path``.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores.
    settings : Settings
        Seed, and size of the simulated study.
    targets : sequence of Target
        Targets, whose entries are simulated.
    path : pathlib.Path
        File of the checkpoint.
    report : callable
        Called with the number of simulated rows.
    executor : Executor
        As for :func:`calibrate`.
    """
    wanted, priors = likelihood.questions(targets), settings.parameters()
    kept = load_arrays(path)
    done = len(next(iter(kept.values()))) if kept else 0
    written = time.monotonic()
    while done < len(z):
        rows = z[done : done + PILOT * BATCH]
        study, _ = likelihood.simulate_scores(
            rows, settings.seed, settings.size, wanted, executor, priors
        )
        kept = {k: np.concatenate([kept[k], v]) if kept else v for k, v in study.items()}
        done += len(next(iter(study.values())))
        if time.monotonic() - written > CHECKPOINT or done == len(z):
            save_arrays(path, **kept)
            written = time.monotonic()
        report(done)
    return kept


def moves(guess: Gaussian) -> list[tuple[Any, float]]:
    """Moves of the chains, and the share of steps that use each.

    Their proposals leave the guess invariant; the ratio of densities makes the chains exact.
    """
    import emcee

    def proposal(memory: float) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
        def propose(z: np.ndarray, random: Any) -> tuple[np.ndarray, np.ndarray]:
            new = random.standard_normal(z.shape) @ guess.root.T
            q = guess.mean + memory * (z - guess.mean) + np.sqrt(1 - memory**2) * new
            return q, guess.log_density(z) - guess.log_density(q)

        return propose

    return [(emcee.moves.MHMove(proposal(memory)), share) for memory, share in MEMORY]


def log_posterior_of(
    settings: Settings, targets: Any, shift: Shares, executor: Executor
) -> Callable[[np.ndarray], np.ndarray]:
    """The log-posterior of rows of normal scores, up to a constant.

    Parameters
    ----------
    settings, targets, shift, executor
        As for :func:`sample`.
    """
    wanted, priors = likelihood.questions(targets), settings.parameters()

    def log_posterior(z: np.ndarray) -> np.ndarray:
        study, p = likelihood.simulate_scores(
            z, settings.seed, settings.size, wanted, executor, priors
        )
        fit = likelihood.log_likelihood(correct(study, shift), p, targets)
        return fit - 0.5 * (z**2).sum(axis=1)

    return log_posterior


def sample(
    settings: Settings,
    targets: Any,
    guess: Gaussian,
    shift: Shares,
    path: Path,
    progress: Progress = no_progress,
    start: np.ndarray | None = None,
    executor: Executor = LOCAL,
) -> Chains:
    """Chains that go on from the checkpoint in ``path``, if there is one.

    Parameters
    ----------
    settings : Settings
        Seed, number of walkers and steps, and size of the simulated study.
    targets : sequence of Target
        Targets of the calibration.
    guess, shift
        Proposals and luck of the seed, from :func:`first_guess`.
    path : pathlib.Path
        File of the checkpoint, with the name of the stage.
    progress : callable
        As for :func:`calibrate`.
    start : numpy.ndarray, shape (walkers, parameters), optional
        Normal scores at which the chains begin; without them this is the tuning stage, which
        begins at draws of the guess and lasts ``settings.tune`` steps.
    executor : Executor
        As for :func:`calibrate`.
    """
    import emcee

    parameters = len(settings.parameters())
    log_posterior = log_posterior_of(settings, targets, shift, executor)
    sampler = emcee.EnsembleSampler(
        settings.walkers, parameters, log_posterior, moves=moves(guess), vectorize=True
    )
    tuning = start is None
    burn, total = (0, settings.tune) if tuning else (settings.burn, settings.burn + settings.steps)
    kept = load_arrays(path)
    random = np.random.RandomState(np.random.MT19937([settings.seed, int(tuning)]))
    if kept:
        chain, values, accepted = list(kept["chain"]), list(kept["log_posterior"]), kept["accepted"]
        words = ("MT19937", kept["random_key"], *kept["random_place"][:2].astype(int))
        state = emcee.State(
            chain[-1],
            log_prob=values[-1],
            random_state=(*words, float(kept["random_place"][2])),
        )
    else:
        chain, values, accepted = [], [], np.zeros(settings.walkers)
        if start is None:
            start = guess.sample(settings.walkers, np.random.default_rng([settings.seed, 99]))
        state = emcee.State(start, random_state=random.get_state())
    written = time.monotonic()
    while len(chain) < total:
        block = min(BLOCK, total - len(chain))
        state = sampler.run_mcmc(state, block, skip_initial_state_check=True)
        chain += list(sampler.get_chain())
        values += list(sampler.get_log_prob())
        accepted = accepted + sampler.backend.accepted
        sampler.reset()
        if time.monotonic() - written > CHECKPOINT or len(chain) == total:
            _, key, *place = state.random_state
            save_arrays(
                path,
                chain=np.array(chain),
                log_posterior=np.array(values),
                accepted=accepted,
                random_key=key,
                random_place=np.array(place, float),
            )
            written = time.monotonic()
        progress(path.stem, len(chain), total, _note(chain, accepted, burn))
    z = np.array(chain)[burn:].swapaxes(0, 1)
    likelihoods = np.array(values)[burn:].T + 0.5 * (z**2).sum(axis=-1)
    return Chains(z, likelihoods, float(accepted.mean()) / total, guess, shift)


def _note(chain: list[np.ndarray], accepted: np.ndarray, burn: int) -> str:
    """Acceptance and the worst R-hat so far, as a note beside the progress.

    R-hat is that of some steps, evenly spaced: of all it would take as long as the steps.
    """
    from arviz_stats.base import array_stats

    note = f"acceptance {accepted.mean() / len(chain):.0%}"
    kept = chain[burn:]
    if len(kept) < 4 * BLOCK:
        return note
    some = np.array(kept[:: -(-len(kept) // NOTED)])
    rhat = array_stats.rhat(some, chain_axis=1, draw_axis=0)
    return f"{note}, R-hat {np.max(rhat):.3f}"
