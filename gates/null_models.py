"""Gate 5: simple hazards fitted to the same departure facts, and their scores beside ours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from scipy.stats import norm

from expatsim import posterior
from expatsim.calibration.study import Shares, of_curves
from expatsim.calibration.targets import Target, departure_targets
from expatsim.observed import table
from gates import departures
from gates.common import keep, load
from gates.held_out import ERROR, LONG_HISTORIES, held_out_targets, with_wishes

DRAWS = 20_000  # of the prior of each null model
MONTHS = 240  # of stay


def constant(rng: np.random.Generator) -> np.ndarray:
    """Shares still here after each month of stay under constant hazards, one for each group.

    Returns
    -------
    numpy.ndarray, shape (draws, 2, months)
        Second axis: outside the EU, EU. Shares gone within five years are uniform between 0.2 and
        0.95 beforehand.
    """
    gone = rng.uniform(0.2, 0.95, (DRAWS, 2, 1))
    return (1 - gone) ** (np.arange(1, MONTHS + 1) / 60)


def mover_stayer(rng: np.random.Generator) -> np.ndarray:
    """Shares still here where some never leave and the others have a constant hazard, by group.

    Shape and axes are as of :func:`constant`.
    """
    stayers = rng.uniform(0.0, 0.6, (DRAWS, 2, 1))
    hazard = np.exp(rng.uniform(np.log(0.003), np.log(0.2), (DRAWS, 2, 1)))
    return stayers + (1 - stayers) * (1 - hazard) ** np.arange(1, MONTHS + 1)


def study_of(staying: np.ndarray) -> Shares:
    """Entries of a simulated study about departures; EU and others are about as many (EXT-03)."""
    return of_curves(staying, staying.mean(axis=1))


def short(staying: np.ndarray) -> np.ndarray:
    """Share of stays under five years among non-EU leavers, after even arrivals of 18.5 years."""
    group = staying[:, 0]
    return (1 - group[:, 59]) / (1 - group[:, 221])


def log_mean(values: np.ndarray, weight: np.ndarray) -> float:
    """Logarithm of the weighted mean of exp(values)."""
    return float(logsumexp(values, b=weight / weight.sum()))


def held_out_scores(
    first_years: np.ndarray, short_stays: dict[str, np.ndarray], weight: np.ndarray
) -> dict[str, float]:
    """Log predictive scores of departures that no model was fitted to.

    A published share has the error of the targets; a stated interval is scored by its probability.
    """
    almost_10 = norm.cdf(0.10, first_years[:, 0], ERROR) - norm.cdf(0.08, first_years[:, 0], ERROR)
    scores = {
        "left in the calendar year of arrival": log_mean(np.log(almost_10 + 1e-300), weight),
        "left in the next calendar year": log_mean(
            norm.logpdf(0.239, first_years[:, 1], ERROR), weight
        ),
    }
    lows = dict(zip(("India", "China", "United States"), table("DEP")["low"] / 100, strict=True))
    for origin, stays in short_stays.items():
        inside = norm.sf(lows[origin], stays, ERROR)
        scores[f"leavers from {origin} within five years"] = log_mean(
            np.log(inside + 1e-300), weight
        )
    return scores


def of_time() -> list[Target]:
    """Departure facts that a hazard curve can speak of: all but those about work."""
    return [t for t in departure_targets() if getattr(t, "share", "") != "jobless"]


def null(make: Callable[[np.random.Generator], np.ndarray]) -> tuple[float, dict[str, float]]:
    """Scores of a null model on the fitted departures and on those held out.

    Draws of its prior are weighted by their likelihood of the fitted departures.
    """
    staying = make(np.random.default_rng(3))
    study = study_of(staying)
    no_effect = np.ones(DRAWS)  # departures have no design effect
    fit = sum(t.log_likelihood(t.predicted(study), no_effect) for t in of_time())
    weight = np.exp(fit - fit.max())
    stays = short(staying)
    three = dict.fromkeys(("India", "China", "United States"), stays)
    return log_mean(fit, weight), held_out_scores(study["calendar"], three, weight)


def main() -> None:
    """Print and keep both tables."""
    calibration = load()
    study, effect = with_wishes(calibration.study), calibration.design_effect
    even = np.ones(len(effect))
    fit = sum(t.log_likelihood(t.predicted(study), effect) for t in of_time())
    values = posterior.sample("posterior", 1, np.arange(LONG_HISTORIES))
    long = departures.simulate(values)
    ours = {
        "fitted departure facts": log_mean(fit, even),
        **held_out_scores(long.calendar, long.short, np.ones(LONG_HISTORIES)),
    }
    columns = {"expatsim": ours}
    for name, make in (("constant hazard", constant), ("mover-stayer", mover_stayer)):
        fitted, others = null(make)
        columns[name] = {"fitted departure facts": fitted, **others}
    frame = pd.DataFrame(columns)
    frame.loc["sum of the five held out"] = frame.iloc[1:].sum()
    cells = []
    for target in held_out_targets():
        score = log_mean(target.log_likelihood(target.predicted(study), effect), even)
        predicted = target.predicted(study)
        equal = np.full_like(predicted, 1 / predicted.shape[1])
        cells.append(
            {
                "held-out table": target.name,
                "expatsim": score,
                "equal shares": log_mean(target.log_likelihood(equal, effect), even),
            }
        )
    table_ = pd.DataFrame(cells)
    total = table_[["expatsim", "equal shares"]].sum()
    total_held = frame.loc["sum of the five held out"]
    lead = ", ".join(
        f"{total_held['expatsim'] - total_held[c]:+.1f} over the {c}"
        for c in ("constant hazard", "mover-stayer")
    )
    keep(
        "null_models",
        "Null models",
        "python -m gates.null_models",
        "Log predictive scores (higher is better; a difference of 2.3 is a factor of ten). The "
        "null hazards are fitted to the same departure facts as we are.",
        frame.reset_index(names="departures"),
        f"Held-out departures, expatsim's lead: {lead}.",
        "A hazard curve has nothing to say about the other held-out tables; beside them stands the "
        f"guess of equal shares: {total['expatsim']:.1f} against {total['equal shares']:.1f}.",
        table_,
    )


if __name__ == "__main__":
    main()
