"""Sample the posterior: pilot simulations, a Gaussian guess, then exact chains (emcee).

The chains propose from the guess, in part or whole (preconditioned Crank-Nicolson: Cotter, Roberts,
Stuart and White 2013; with no memory it is an independence sampler), and accept by the simulated
likelihood with common random numbers. Everything that was done is kept on disk, so that a killed
calibration goes on where it was and ends with the same draws.
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
from expatsim.calibration.study import Shares, correct, luck
from expatsim.errors import InputError
from expatsim.executors import LOCAL, Executor
from expatsim.files import replacing, strangers
from expatsim.fingerprint import fingerprint
from expatsim.model.parameters import registry

if TYPE_CHECKING:
    from expatsim.calibration.settings import Settings

# memory of the proposals, and how often each is used
MEMORY = ((0.0, 0.5), (0.7, 0.25), (0.9, 0.25))
CHECKPOINT = 20.0  # seconds between two writings
PILOT = 8  # batches of pilot simulations between two looks
BLOCK = 20  # steps between two looks at the clock
Progress = Callable[[str, int, int, str], None]


class Chains(NamedTuple):
    """What a calibration leaves behind.

    Attributes
    ----------
    z : numpy.ndarray, shape (walkers, steps, parameters)
        Normal scores, burn-in left out.
    log_likelihood : numpy.ndarray, shape (walkers, steps)
    acceptance : float
    guess : Gaussian
    shift : dict of str to numpy.ndarray
        Luck of the seed, see :func:`expatsim.calibration.study.luck`.
    """

    z: np.ndarray
    log_likelihood: np.ndarray
    acceptance: float
    guess: Gaussian
    shift: Shares


def kept_draws(chains: Chains, settings: Settings) -> np.ndarray:
    """Evenly spaced draws of all chains, normal scores, shape (draws, parameters)."""
    z = chains.z.swapaxes(0, 1).reshape(-1, chains.z.shape[-1])
    return z[np.linspace(0, len(z) - 1, min(settings.draws, len(z))).astype(int)]


def quiet(stage: str, done: int, total: int, note: str) -> None:
    pass


def calibrate(
    settings: Settings,
    folder: Path,
    *,
    resume: bool = False,
    progress: Progress = quiet,
    targets: Any = None,
    executor: Executor = LOCAL,
) -> Chains:
    """Calibrate, keeping checkpoints in ``folder``.

    Parameters
    ----------
    settings : Settings
    folder : pathlib.Path
    resume : bool
        Go on with what is there; refused if the settings or the code differ.
    progress : callable
        Told the stage, steps done, steps in all and a note.
    targets : sequence of Target, optional
        Instead of those of the settings (recovery studies).
    executor : Executor
        Simulates; by default this machine.

    Raises
    ------
    InputError
        If the folder is taken, or holds a calibration with other settings or code.
    """
    begin(settings, folder, resume)
    chosen = settings.targets() if targets is None else targets
    guess, shift = first_guess(settings, chosen, folder, progress, executor)
    tuning = sample(
        settings, chosen, guess, shift, folder / "tuning.npz", progress, executor=executor
    )
    apart = likelihood.names().index("design_effect")
    found = tuning.z[:, tuning.z.shape[1] // 5 :].reshape(-1, tuning.z.shape[-1])
    guess = gaussian.refine(guess, found, apart)
    start = tuning.z[:, -1]
    return sample(settings, chosen, guess, shift, folder / "chains.npz", progress, start, executor)


def begin(settings: Settings, folder: Path, resume: bool) -> None:
    """Make the folder, or make sure that what is there can be gone on with."""
    note = folder / "calibration.json"
    mine = {"fingerprint": fingerprint(__name__), **settings.model_dump()}
    if note.exists():
        if not resume:
            raise InputError(f"{folder}: holds a calibration; give another --out, or --resume")
        try:
            theirs = dict(json.loads(note.read_bytes()))
        except (ValueError, TypeError) as error:
            raise InputError(f"{note}: is damaged; give another --out") from error
        different = [k for k in mine if mine[k] != theirs.get(k)]
        if different:
            k = different[0]
            raise InputError(
                f"{folder}: cannot be resumed: {k} was {theirs.get(k)!r} and is {mine[k]!r} now"
            )
        return
    if folder.exists() and strangers(folder):
        raise InputError(f"{folder}: holds other files; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(note) as work:
        work.write_text(json.dumps(mine, indent=2), encoding="utf-8")


def damaged(path: Path) -> InputError:
    """What to do about a file of a calibration that cannot be read."""
    return InputError(f"{path}: is damaged; remove it and go on with --resume")


def save(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays whole or not at all."""
    with replacing(path) as work, work.open("wb") as file:
        np.savez(file, **cast(Any, arrays))


def load(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a checkpoint; none if there is none."""
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
    progress: Progress = quiet,
    executor: Executor = LOCAL,
) -> tuple[Gaussian, Shares]:
    """Rounds of simulations, each ending in a better Gaussian and in the luck of the seed there."""
    names = likelihood.names()
    guess = gaussian.prior(len(names))
    shift: Shares = {}
    total = settings.rounds * (settings.pilot + settings.luck)
    for number in range(settings.rounds):
        done = number * (settings.pilot + settings.luck)
        note = f"round {number + 1} of the first guess"
        path = folder / f"guess-{number + 1}.npz"
        kept = load(path)
        if not kept:
            rng = np.random.default_rng([settings.seed, number])
            z = guess.sample(settings.pilot, rng, gaussian.WIDER if number else 1.0)

            def tell(n: int, done: int = done, note: str = note) -> None:
                progress("guess", done + n, total, note)

            study = pilot(z, settings, targets, folder / f"pilot-{number + 1}.npz", tell, executor)
            if shift:
                study = correct(study, shift)
            guess = gaussian.fit(
                targets,
                [t.predicted(study) for t in targets],
                z,
                registry()["design_effect"].default,
                guess.mean,
            )
            mean = likelihood.from_scores(guess.mean[None])
            shift = luck(mean, settings.seed, settings.size, settings.luck, BATCH)
            kept = {"mean": guess.mean, "root": guess.root}
            save(path, **kept, **{f"shift:{k}": v for k, v in shift.items()})
        else:
            guess = Gaussian(kept["mean"], kept["root"])
            shift = {k[6:]: v for k, v in kept.items() if k.startswith("shift:")}
        progress("guess", done + settings.pilot + settings.luck, total, note)
    return guess, shift


def pilot(
    z: np.ndarray,
    settings: Settings,
    targets: Any,
    path: Path,
    tell: Callable[[int], None],
    executor: Executor = LOCAL,
) -> Shares:
    """Simulated studies of all rows, kept on disk as they come."""
    wanted = likelihood.questions(targets)
    kept = load(path)
    done = len(next(iter(kept.values()))) if kept else 0
    written = time.monotonic()
    while done < len(z):
        some = z[done : done + PILOT * BATCH]
        study, _ = likelihood.simulate(some, settings.seed, settings.size, wanted, executor)
        kept = {k: np.concatenate([kept[k], v]) if kept else v for k, v in study.items()}
        done += len(next(iter(study.values())))
        if time.monotonic() - written > CHECKPOINT or done == len(z):
            save(path, **kept)
            written = time.monotonic()
        tell(done)
    return kept


def moves(guess: Gaussian) -> list[tuple[Any, float]]:
    """Proposals that leave the guess as it is, and the ratio that makes them exact."""
    import emcee

    def proposal(memory: float) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
        def propose(z: np.ndarray, random: Any) -> tuple[np.ndarray, np.ndarray]:
            new = random.standard_normal(z.shape) @ guess.root.T
            q = guess.mean + memory * (z - guess.mean) + np.sqrt(1 - memory**2) * new
            return q, guess.log_density(z) - guess.log_density(q)

        return propose

    return [(emcee.moves.MHMove(proposal(memory)), share) for memory, share in MEMORY]


def sample(
    settings: Settings,
    targets: Any,
    guess: Gaussian,
    shift: Shares,
    path: Path,
    progress: Progress = quiet,
    start: np.ndarray | None = None,
    executor: Executor = LOCAL,
) -> Chains:
    """Run chains, from the checkpoint in ``path`` if there is one.

    Parameters
    ----------
    settings : Settings
    targets : sequence of Target
    guess, shift
        From :func:`first_guess`.
    path : pathlib.Path
        Checkpoint; its name says the stage.
    progress : callable
    start : numpy.ndarray, shape (walkers, parameters), optional
        Where the chains begin; without it this is the tuning stage, which begins at draws of the
        guess and lasts ``settings.tune`` steps.
    executor : Executor
    """
    import emcee

    parameters = len(likelihood.names())
    wanted = likelihood.questions(targets)

    def log_posterior(z: np.ndarray) -> np.ndarray:
        study, values = likelihood.simulate(z, settings.seed, settings.size, wanted, executor)
        found = likelihood.log_likelihood(correct(study, shift), values, targets)
        return found - 0.5 * (z**2).sum(axis=1)

    sampler = emcee.EnsembleSampler(
        settings.walkers, parameters, log_posterior, moves=moves(guess), vectorize=True
    )
    tuning = start is None
    burn, total = (0, settings.tune) if tuning else (settings.burn, settings.burn + settings.steps)
    kept = load(path)
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
            save(
                path,
                chain=np.array(chain),
                log_posterior=np.array(values),
                accepted=accepted,
                random_key=key,
                random_place=np.array(place, float),
            )
            written = time.monotonic()
        progress(path.stem, len(chain), total, _state_of(np.array(chain), accepted, burn))
    z = np.array(chain)[burn:].swapaxes(0, 1)
    likelihoods = np.array(values)[burn:].T + 0.5 * (z**2).sum(axis=-1)
    return Chains(z, likelihoods, float(accepted.mean()) / total, guess, shift)


def _state_of(chain: np.ndarray, accepted: np.ndarray, burn: int) -> str:
    """Acceptance and the worst R-hat so far, in words."""
    from arviz_stats.base import array_stats

    note = f"acceptance {accepted.mean() / len(chain):.0%}"
    kept = chain[burn:]
    if len(kept) < 4 * BLOCK:
        return note
    rhat = array_stats.rhat(kept, chain_axis=1, draw_axis=0)
    return f"{note}, R-hat {np.max(rhat):.3f}"
