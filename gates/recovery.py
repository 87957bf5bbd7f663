"""Gate 3: recovery of known parameters from made-up studies.

Parameter vectors are drawn from the prior, studies of the real sizes are made up from them (with
other luck than the calibration's), and each is calibrated like the real one, with fewer households
and shorter chains. Then: how often the 90 % intervals hold the truth, and whether the truth's rank
among the posterior draws is uniform (simulation-based calibration, Talts and others 2018).

``python -m gates.recovery run FIRST LAST`` calibrates studies (a minute or more each);
``python -m gates.recovery`` sums up all studies that were run.
"""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pandas as pd
from scipy import stats

from expatsim.calibration import likelihood, sampler, study
from expatsim.calibration.settings import Households, Settings
from expatsim.intervals import quantiles
from expatsim.model.parameters import registry
from gates.common import ROOT, keep, mark

FOLDER = ROOT / "results" / "recovery"
SETTINGS = Settings(
    households=Households(rotterdam=2000, den_haag=700),
    pilot=800,
    luck=160,
    tune=80,
    burn=20,
    steps=300,
)
TRUTH = {"rotterdam": 6000, "den_haag": 2000}  # households from which respondents are drawn
RANKS = 100  # possible ranks of the truth among posterior draws
BINS = 5  # of the histogram of ranks


def run(number: int) -> None:
    """Make up one study, calibrate it, and save truth, ranks and coverage; skip a finished one."""
    done = FOLDER / f"study-{number}.npz"
    if done.exists():
        return
    work = FOLDER / f"work-{number}"
    shutil.rmtree(work, ignore_errors=True)
    rng = np.random.default_rng([2026, number])
    z = rng.standard_normal((1, len(registry())))
    truth = likelihood.from_scores(z)
    shares = study.simulate_study(truth, 10_000 + number, TRUTH)
    effect = truth["design_effect"]
    made_up = [
        t.with_observed(t.replicate(t.predicted(shares), effect, rng)[0])
        for t in SETTINGS.chosen_targets()
    ]
    sampler.begin(SETTINGS, work, resume=False)
    first = FOLDER / "pilot-1.npz"  # simulations from the prior serve all studies
    if first.exists():
        shutil.copy(first, work / first.name)
    chains = sampler.calibrate(SETTINGS, work, resume=True, targets=made_up)
    if not first.exists():
        shutil.copy(work / first.name, first)
    draws = chains.z.reshape(-1, z.shape[1])
    thin = draws[np.linspace(0, len(draws) - 1, RANKS - 1).astype(int)]
    low, high = quantiles(draws, (0.05, 0.95))
    sampler.save_arrays(
        done,
        truth=z[0],
        rank=(thin < z).sum(axis=0),
        covered=(low <= z[0]) & (z[0] <= high),
        spread=draws.std(axis=0),
        mean=draws.mean(axis=0),
    )
    shutil.rmtree(work)


def summarise() -> None:
    """Print and keep coverage and ranks over all studies that were run."""
    studies = [sampler.load_arrays(p) for p in sorted(FOLDER.glob("study-*.npz"))]
    covered = np.array([s["covered"] for s in studies])
    ranks = np.array([s["rank"] for s in studies])
    spread = np.array([s["spread"] for s in studies]).mean(axis=0)
    names = likelihood.names()
    coverage = covered.mean()
    expected = len(studies) / BINS
    p = []
    for k in range(len(names)):
        counts = np.histogram(ranks[:, k], bins=BINS, range=(0, RANKS))[0]
        p.append(stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), BINS - 1))
    p = np.array(p)
    together = np.histogram(ranks, bins=10, range=(0, RANKS))[0] / ranks.size
    informed = spread < 0.9
    by_parameter = covered.mean(axis=0)
    low = stats.binom.ppf(0.005, len(studies), 0.9) / len(studies)
    table = pd.DataFrame(
        {"parameter": names, "coverage": by_parameter, "ratio": spread, "p of uniform ranks": p}
    ).sort_values("ratio")
    smallest = p.min() * len(names)
    households = " and ".join(map(str, SETTINGS.size.values()))
    inside = covered[:, informed].mean()
    passed = 0.8 <= coverage <= 0.97 and 0.8 <= inside <= 0.97
    shares = ", ".join(f"{x:.3f}" for x in together)
    keep(
        "recovery",
        "Recovery of known parameters",
        "python -m gates.recovery run 0 48; python -m gates.recovery",
        f"{len(studies)} studies of parameter vectors drawn from the prior ({households} "
        f"households, chains of {SETTINGS.walkers} x {SETTINGS.steps} steps).",
        f"Coverage of the 90 % intervals, mean over all parameters: {coverage:.1%}; over the "
        f"{informed.sum()} parameters that the studies inform on average: {inside:.1%}. "
        f"Gate 80 to 97 %: {mark(passed)}.",
        f"Lowest coverage of a single parameter: {by_parameter.min():.0%} (with {len(studies)} "
        f"studies a true 90 % shows less than {low:.0%} once in 200 parameters).",
        f"Ranks of the truth, share in each tenth: {shares}.",
        f"Uniform ranks, {BINS} bins, chi-squared for each of {len(names)} parameters: "
        f"{(p < 0.05).sum()} below 0.05 ({0.05 * len(names):.0f} expected), smallest {p.min():.2g},"
        f" times the number of parameters {min(smallest, 1):.2g}; gate above 0.05: "
        f"{mark(smallest > 0.05)}.",
        table,
    )


def main() -> None:
    """Run the studies FIRST to LAST for the words ``run FIRST LAST``; sum up without words."""
    if sys.argv[1:2] == ["run"]:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for number in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
            run(number)
            print(f"study {number} done", flush=True)
    else:
        summarise()


if __name__ == "__main__":
    main()
