"""Noise of the log-likelihood, target by target: what mending it would bring.

Some shipped draws are simulated with several lucks, each less the luck at their mean, as a
calibration does it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from expatsim import posterior
from expatsim.calibration import likelihood, study
from expatsim.calibration.settings import Settings
from gates.common import keep

LUCKS = 16
VECTORS = 8  # parameter vectors at which it is measured
DRAWS = 1000  # of the posterior, whose mean is the centre


def log_likelihoods(settings: Settings, lucks: int, taken_out: bool) -> dict[str, np.ndarray]:
    """Log-likelihood of every target, shape (lucks, draws), at the first draws of the posterior.

    Parameters
    ----------
    settings : Settings
        Seed and households of the calibration.
    lucks : int
        Replicates whose luck is tried.
    taken_out : bool
        Whether the luck at the centre is subtracted.
    """
    targets = settings.chosen_targets()
    wanted = likelihood.questions(targets)
    values = posterior.sample("posterior", settings.seed, np.arange(DRAWS))
    draws = {name: v[:VECTORS] for name, v in values.items()}
    centre = {name: np.repeat(v.mean(), VECTORS) for name, v in values.items()}
    studies, centres = (
        [
            study.simulate_study(p, settings.seed, settings.size, [r] * VECTORS, wanted)
            for r in range(lucks)
        ]
        for p in (draws, centre)
    )
    mean = {k: np.mean([c[k][0] for c in centres], axis=0) for k in centres[0]}
    result: dict[str, list[np.ndarray]] = {t.name: [] for t in targets}
    for simulated, at_centre in zip(studies, centres, strict=True):
        shift = {
            k: study.log_ratio(at_centre[k][:1])[0] - study.log_ratio(mean[k][None])[0]
            for k in mean
        }
        corrected = study.correct(simulated, shift) if taken_out else simulated
        for name, fit in likelihood.by_target(corrected, draws["design_effect"], targets).items():
            result[name].append(fit)
    return {name: np.array(fits) for name, fits in result.items()}


def spread(fits: np.ndarray) -> float:
    """Standard deviation over lucks, mean of the draws."""
    return float(fits.std(axis=0, ddof=1).mean())


def main() -> None:
    """Print and keep the table."""
    settings = Settings(title="noise")
    fits = log_likelihoods(settings, LUCKS, taken_out=True)
    without = log_likelihoods(settings, LUCKS, taken_out=False)
    total, total_without = (spread(np.sum(list(x.values()), axis=0)) for x in (fits, without))
    table = pd.DataFrame(
        {"target": list(fits), "noise": [spread(x) for x in fits.values()]}
    ).sort_values("noise", ascending=False)
    keep(
        "noise",
        "Noise of the log-likelihood",
        "python -m gates.noise",
        f"Standard deviation over {LUCKS} lucks, mean of {VECTORS} draws of the posterior: "
        f"{total:.2f} for all targets together; {total_without:.2f} if the luck at the centre is "
        "not taken out.",
        table,
    )


if __name__ == "__main__":
    main()
