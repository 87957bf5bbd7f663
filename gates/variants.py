"""Variants of the departure rule, compared on facts to which they were not fitted.

``python -m gates.variants`` draws the parameters of departures from the prior of each variant, all
others from the shipped posterior, simulates the departures of the study, and weights the draws by
the published facts: by all but one to predict that one (leave one out), and by all of them for the
calendar years of EXT-06, which no calibration sees. About six minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from expatsim import posterior
from expatsim.calibration import study
from expatsim.calibration.settings import Settings
from expatsim.calibration.targets import Fact, departure_targets
from expatsim.intervals import quantiles
from expatsim.model.declare import Parameter
from expatsim.model.parameters import registry, sample_prior
from gates.common import keep
from gates.null_models import held_out_scores

DRAWS = 1024
BATCH = 16  # draws side by side
SEED = 13
ORIGINS = ("leave_old_eu", "leave_new_eu", "leave_overseas")
SETTLING = {"leave_first_year": 0.3, "leave_second_year": 0.2}  # spread of the narrow priors


def without(*names: str) -> dict[str, Parameter]:
    """Changed parameters: those without effect, practically at zero."""
    known = registry()
    return {n: replace(known[n], default=max(known[n].low, 0.0), spread=1e-4) for n in names}


def narrow() -> dict[str, Parameter]:
    """Changed parameters: first and second year as sure as in version 0.2."""
    return {n: replace(registry()[n], spread=spread) for n, spread in SETTLING.items()}


def variants() -> dict[str, Mapping[str, Parameter]]:
    """Changed parameters of each variant, from the rule of version 0.2 to the shipped one."""
    return {
        "version 0.2": without("leave_spread", *ORIGINS) | narrow(),
        "origins": without("leave_spread") | narrow(),
        "first years free": without("leave_spread", *ORIGINS),
        "lasting mobility": without(*ORIGINS) | narrow(),
        "lasting mobility, first years free": without(*ORIGINS),
        "shipped: all of these": {},
    }


def simulate(changes: Mapping[str, Parameter]) -> study.Shares:
    """Departures of the study in draws from a variant's prior."""
    replicates = np.arange(DRAWS)
    known = registry() | dict(changes)
    own = {n: p for n, p in known.items() if p.rule == "departure"}
    values = posterior.sample("posterior", SEED, replicates) | sample_prior(SEED, replicates, own)
    size = Settings(title="variants").size
    parts = [
        study.simulate_study(
            {n: v[start : start + BATCH] for n, v in values.items()}, SEED, size, questions=()
        )
        for start in range(0, DRAWS, BATCH)
    ]
    return {n: np.concatenate([p[n] for p in parts]) for n in parts[0]}


def scores(shares: study.Shares) -> dict[str, float]:
    """Log predictive scores of facts left out one by one, and of the held-out calendar years."""
    effect = np.ones(DRAWS)
    facts = departure_targets()
    fit = {t.name: t.log_likelihood(t.predicted(shares), effect) for t in facts}
    total = np.sum(list(fit.values()), axis=0)

    def predictive(name: str) -> float:
        others = total - fit[name]
        return float(logsumexp(others + fit[name]) - logsumexp(others))

    result = {name: predictive(name) for name in fit}
    result["sum, one left out"] = sum(result.values())
    weight = np.exp(total - total.max())
    years = held_out_scores(shares["calendar"], {}, weight)
    result |= years
    result["sum, never fitted"] = sum(years.values())
    result["effective draws"] = float(weight.sum() ** 2 / (weight**2).sum())
    return result


def intervals(shares: study.Shares) -> dict[str, str]:
    """Each fact's 90 % predictive interval given all others, in percent."""
    effect = np.ones(DRAWS)
    facts = departure_targets()
    total = np.sum([t.log_likelihood(t.predicted(shares), effect) for t in facts], axis=0)
    rng = np.random.default_rng(SEED)
    cells = {}
    for t in facts:
        if not isinstance(t, Fact):
            continue
        others = total - t.log_likelihood(t.predicted(shares), effect)
        weight = np.exp(others - others.max())
        chosen = rng.choice(DRAWS, 4000, p=weight / weight.sum())
        shown = t.replicate(t.predicted(shares)[chosen], effect, rng)[:, 0]
        low, _, high = quantiles(shown)
        mark = "" if low <= t.observed <= high else " (outside)"
        cells[t.name] = f"{100 * low:.0f} to {100 * high:.0f}{mark}"
    return cells


def main() -> None:
    """Print and keep the tables."""
    shares = {name: simulate(changes) for name, changes in variants().items()}
    score = pd.DataFrame({name: scores(s) for name, s in shares.items()})
    interval = pd.DataFrame({name: intervals(s) for name, s in shares.items()})
    observed = {
        t.name: f"{100 * t.observed:.0f}" for t in departure_targets() if isinstance(t, Fact)
    }
    interval.insert(0, "published", pd.Series(observed))
    keep(
        "variants",
        "Variants of the departure rule",
        "python -m gates.variants",
        "Log predictive scores (higher is better; a difference of 2.3 is a factor of ten). Each "
        "fact is predicted from all others; the calendar years of EXT-06 are never fitted.",
        score.reset_index(names="score"),
        "What each variant predicts of a fact from the others, percent, 90 % interval:",
        interval.reset_index(names="fact"),
    )


if __name__ == "__main__":
    main()
