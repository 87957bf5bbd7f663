"""Gate 6: what did the data say about each parameter, and which table said it?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibration.common import SHIPPED, keep, load
from expatsim.calibration import diagnostics, likelihood, sampler
from expatsim.calibration.diagnostics import NOT_INFORMED
from expatsim.calibration.reference import Gaussian
from expatsim.calibration.sampler import Chains
from expatsim.calibration.study import correct

DRAWS = 1000
FEWEST = 50  # effective draws below which a reweighting says little


def main() -> None:
    """Reweight the posterior without each target in turn."""
    calibration = load()
    settings, targets = calibration.settings, calibration.settings.targets()
    kept = sampler.load(SHIPPED / "chains.npz")
    guess = sampler.load(SHIPPED / f"guess-{settings.rounds}.npz")
    shift = {k[6:]: v for k, v in guess.items() if k.startswith("shift:")}
    z = kept["chain"][settings.burn :].swapaxes(0, 1)
    chains = Chains(z, np.zeros(z.shape[:2]), 0.0, Gaussian(guess["mean"], guess["root"]), shift)
    some = diagnostics.kept_draws(chains, settings.model_copy(update={"draws": DRAWS}))
    wanted = likelihood.questions(targets)
    study, values = likelihood.simulate(some, settings.seed, settings.size, wanted)
    study = correct(study, shift)
    effect = values["design_effect"]
    mean, spread = some.mean(axis=0), some.std(axis=0)
    found, effective = {}, {}
    for target in targets:
        without = -target.log_likelihood(target.predicted(study), effect)
        weight = np.exp(without - without.max())
        weight /= weight.sum()
        effective[target.name] = 1 / (weight**2).sum()
        mean_without = weight @ some
        spread_without = np.sqrt(weight @ (some - mean_without) ** 2)
        # how far the posterior moves or widens without the target, in its own deviations
        move = np.abs(mean_without - mean) / spread
        wider = np.log(spread_without / spread)
        noise = 2 / np.sqrt(effective[target.name])
        found[target.name] = np.where(np.maximum(move, wider) > noise, np.maximum(move, wider), 0)
    influence = pd.DataFrame(found, index=likelihood.names())
    table = calibration.parameters[["ratio"]].copy()
    table["what the data said"] = np.where(
        table["ratio"] > NOT_INFORMED, "not informed by the data", "informed"
    )
    most = influence.max(axis=1)
    table["informed most by"] = np.where(
        (table["ratio"] <= NOT_INFORMED) & (most > 0), influence.idxmax(axis=1), ""
    )
    table["change without it"] = np.where(table["informed most by"] != "", most, np.nan)
    table = table.sort_values("ratio").reset_index(names="parameter")
    table["change without it"] = table["change without it"].map(
        lambda x: "" if np.isnan(x) else f"{x:.2f}"
    )
    weak = ", ".join(f"{k} ({v:.0f})" for k, v in effective.items() if v < FEWEST) or "none"
    informed = (calibration.parameters["ratio"] <= NOT_INFORMED).sum()
    keep(
        "identifiability",
        "What the data say about each parameter",
        "python -m calibration.identifiability",
        f"Ratio of posterior to prior spread; above {NOT_INFORMED} the parameter is marked as not "
        f"informed by the data. {informed} of {len(table)} are informed. The target named is the "
        "one without which the posterior moves or widens most, in posterior deviations, by "
        f"reweighting {DRAWS} draws; blank where no change exceeds the noise of the reweighting.",
        f"Targets whose reweighting leaves fewer than {FEWEST} effective draws: {weak}.",
        table,
    )


if __name__ == "__main__":
    main()
