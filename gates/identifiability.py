"""Gate 6: how much the data inform each parameter, and which table informs it most."""

from __future__ import annotations

import numpy as np

from expatsim.calibration import gaussian, likelihood, sampler
from expatsim.calibration.gaussian import Gaussian
from expatsim.calibration.study import correct
from expatsim.calibration.targets import Target
from expatsim.posterior.record import NOT_INFORMED
from gates.common import SHIPPED, keep, load

# change of mean or spread, in posterior deviations, from which a target is named
LEAST = 0.02


def guess_of(number: int) -> tuple[Gaussian, dict[str, np.ndarray]]:
    """The guess of a round, from 1, and the luck of the seed there."""
    return sampler.guess_and_shift(sampler.load_arrays(SHIPPED / f"guess-{number}.npz"))


def main() -> None:
    """Print and keep the information on each parameter.

    The linear model of the last round is fitted again without each target in turn.
    """
    calibration = load()
    settings, targets = calibration.settings, calibration.settings.chosen_targets()
    last = settings.rounds
    before, shift = guess_of(last - 1)
    rng = np.random.default_rng([settings.seed, last - 1])
    z = before.sample(settings.pilot, rng, gaussian.WIDER)
    study = correct(sampler.load_arrays(SHIPPED / f"pilot-{last}.npz"), shift)

    def refit(chosen: list[Target]) -> tuple[np.ndarray, np.ndarray]:
        guess = gaussian.fit(
            chosen,
            [t.predicted(study) for t in chosen],
            z,
            settings.parameters()["design_effect"].default,
            guess_of(last)[0].mean,
        )
        return guess.mean, np.sqrt((guess.root**2).sum(axis=1))

    mean, spread = refit(list(targets))
    names = likelihood.names()
    table = calibration.parameters[["ratio"]].copy()
    changes = np.zeros((len(targets), len(names)))
    for k, target in enumerate(targets):
        mean_without, spread_without = refit([t for t in targets if t is not target])
        moved = np.abs(mean_without - mean) / spread
        changes[k] = np.maximum(moved, np.log(spread_without / spread))
    most = changes.max(axis=0)
    by = np.array([t.name for t in targets])[changes.argmax(axis=0)]
    # the linear model holds the design effect fixed
    named = (most >= LEAST) & (np.array(names) != "design_effect")
    table["what the data said"] = np.where(table["ratio"] > NOT_INFORMED, "as assumed", "informed")
    table["informed most by"] = np.where(named, by, "")
    table["change without it"] = [f"{m:.2f}" if k else "" for m, k in zip(most, named, strict=True)]
    table = table.sort_values("ratio").reset_index(names="parameter")
    informed = (calibration.parameters["ratio"] <= NOT_INFORMED).sum()
    keep(
        "identifiability",
        "What the data say about each parameter",
        "python -m gates.identifiability",
        "Ratio of posterior to prior spread, on the scale of the prior's normal score; above "
        f"{NOT_INFORMED} the parameter is marked as it was assumed. {informed} of "
        f"{len(table)} are informed. The target named is the one without which the posterior moves "
        "or widens most (in posterior deviations), by refitting the linear model of the first "
        "guess without it; the design effect, which that model holds fixed, has none.",
        table,
    )


if __name__ == "__main__":
    main()
