"""Tables on a calibration: convergence, prior against posterior, fit, trade-offs, noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.calibration import likelihood
from expatsim.calibration.sampler import Chains, kept_draws
from expatsim.calibration.settings import Settings
from expatsim.calibration.study import Shares, correct, log_ratio
from expatsim.calibration.targets import Counts, Interval, Target
from expatsim.executors import LOCAL, Executor
from expatsim.intervals import NINETY, quantiles
from expatsim.posterior import power_scaling
from expatsim.posterior.record import NOT_INFORMED

if TYPE_CHECKING:
    import pandas as pd

WORST_RHAT = 1.01  # R-hat from which the chains have not converged
FEWEST_DRAWS = 400  # effective draws below which the chains have not converged
SCALED = 4000  # steps of all chains, evenly spaced, from which sensitivities are computed
REPLICATES = 25  # random studies of each simulated one


def parameters(chains: Chains, settings: Settings) -> pd.DataFrame:
    """Prior, posterior, convergence and information of every parameter, one a row.

    Parameters
    ----------
    chains : Chains
        The finished chains.
    settings : Settings
        Settings of the calibration, with its priors.

    Returns
    -------
    pandas.DataFrame
        Indexed by name: medians and 90 % intervals of prior and posterior in the parameter's unit;
        ``ratio`` of posterior to prior standard deviation on the scale of normal scores;
        ``informed``; R-hat (rank-normalised, split); effective draws of bulk and tails.
    """
    import pandas as pd
    from arviz_stats.base import array_stats

    z = chains.z
    axes = {"chain_axis": 0, "draw_axis": 1}
    priors = settings.parameters()
    values = likelihood.from_scores(z.reshape(-1, z.shape[-1]), priors)
    rows = {}
    for name, p in priors.items():
        low, median, high = quantiles(values[name])
        before = p.quantile(np.array(NINETY))
        rows[name] = [*before, low, median, high]
    columns = [f"{a}_{b}" for a in ("prior", "posterior") for b in ("low", "median", "high")]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    frame["ratio"] = z.std(axis=(0, 1))
    frame["informed"] = frame["ratio"] <= NOT_INFORMED
    frame["rhat"] = array_stats.rhat(z, **axes)
    frame["ess_bulk"] = array_stats.ess(z, **axes, method="bulk")
    frame["ess_tail"] = array_stats.ess(z, **axes, method="tail", prob=(0.05, 0.95))
    return frame


def has_converged(table: pd.DataFrame) -> bool:
    """Whether every parameter has an R-hat below 1.01 and 400 effective draws of bulk and tails.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each parameter, from :func:`parameters`.
    """
    fewest = table[["ess_bulk", "ess_tail"]].min().min()
    return bool(table["rhat"].max() < WORST_RHAT and fewest >= FEWEST_DRAWS)


def simulate_again(
    z: np.ndarray, chains: Chains, settings: Settings, executor: Executor = LOCAL
) -> tuple[Shares, np.ndarray]:
    """Simulated studies and design effects of the kept draws, ``z``.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores.
    chains : Chains
        The finished chains.
    settings : Settings
        Settings of the calibration.
    executor : Executor
        Executor that simulates; by default this machine.
    """
    study, values = likelihood.simulate_scores(
        z, settings.seed, settings.size, executor=executor, parameters=settings.parameters()
    )
    return correct(study, chains.shift), values["design_effect"]


def predictive(
    study: Shares, effect: np.ndarray, targets: Sequence[Target], seed: int = 0
) -> pd.DataFrame:
    """Every observed cell beside its predictive interval in studies of the same size.

    Parameters
    ----------
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares of posterior draws, from :func:`simulate_again`.
    effect : numpy.ndarray, shape (draws,)
        Design effect of each draw.
    targets : sequence of Target
        Targets, whose cells are listed.
    seed : int
        Random seed of the studies of the same size.

    Returns
    -------
    pandas.DataFrame
        ``target``, ``cell``, ``source``, ``observed_low`` and ``observed_high`` (equal unless the
        report gives words), ``median``, 90 % and 99 % intervals, ``inside_90``, ``inside_99``,
        ``asked`` (respondents; 1 where the observed value is itself a share).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for target in targets:
        predicted = np.repeat(target.predicted(study), REPLICATES, axis=0)
        shown = target.replicate(predicted, np.repeat(effect, REPLICATES), rng)
        low99, low, median, high, high99 = quantiles(shown, (0.005, *NINETY, 0.995))
        for k, (cell, least, most) in enumerate(target.cells()):
            rows.append(
                {
                    "target": target.name,
                    "cell": cell,
                    "source": target.source,
                    "observed_low": least,
                    "observed_high": most,
                    "median": median[k],
                    "low": low[k],
                    "high": high[k],
                    "low_99": low99[k],
                    "high_99": high99[k],
                    "inside_90": low[k] <= most and least <= high[k],
                    "inside_99": low99[k] <= most and least <= high99[k],
                    "asked": _asked(target),
                }
            )
    return pd.DataFrame(rows)


def _asked(target: Target) -> float:
    """Respondents of a target; 1 where its observed value is itself a share."""
    if isinstance(target, Counts):
        return sum(target.observed)
    return float(target.total) if isinstance(target, Interval) else 1.0


def trade_offs(chains: Chains, names: Sequence[str], most: int = 15) -> pd.DataFrame:
    """Pairs of parameters with the strongest rank correlations in the posterior, ``most`` rows."""
    import pandas as pd
    from scipy.stats import rankdata

    z = chains.z.reshape(-1, chains.z.shape[-1])
    r = np.corrcoef(rankdata(z, axis=0), rowvar=False)
    a, b = np.triu_indices(len(names), 1)
    order = np.argsort(-np.abs(r[a, b]))[:most]
    return pd.DataFrame(
        [(names[a[k]], names[b[k]], r[a[k], b[k]]) for k in order],
        columns=["parameter", "other", "correlation"],
    )


def sensitivities(chains: Chains, names: Sequence[str]) -> pd.DataFrame:
    """Sensitivity of every parameter to its own prior and to the likelihood, by power scaling.

    Parameters
    ----------
    chains : Chains
        The finished chains.
    names : sequence of str
        Names of the parameters, in the order of the normal scores.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``prior``, ``likelihood``, what chance would show of both (``prior_noise``,
        ``likelihood_noise``), and ``diagnosis``; the most sensitive to the likelihood first.
    """
    import pandas as pd

    apart = max(1, chains.z.shape[0] * chains.z.shape[1] // SCALED)
    z = chains.z[:, ::apart].reshape(-1, chains.z.shape[-1])
    fit = power_scaling.weights(chains.log_likelihood[:, ::apart].ravel())
    rows = []
    for name, score in zip(names, z.T, strict=True):
        own = power_scaling.weights(-0.5 * score**2)
        found = [power_scaling.with_noise(score, w) for w in (own, fit)]
        (prior, prior_noise), (fitted, fit_noise) = found
        row = {
            "parameter": name,
            "prior": prior,
            "prior_noise": prior_noise,
            "likelihood": fitted,
            "likelihood_noise": fit_noise,
            "diagnosis": power_scaling.diagnosis(prior, prior_noise, fitted, fit_noise),
        }
        rows.append(row)
    return pd.DataFrame(rows).sort_values("likelihood", ascending=False, ignore_index=True)


def noise(
    chains: Chains,
    settings: Settings,
    vectors: int = 8,
    lucks: int = 16,
    executor: Executor = LOCAL,
) -> np.ndarray:
    """Standard deviation of the log-likelihood over the luck of the seed, shape (vectors,).

    Every luck gets its own correction at the guess, as in the calibration.

    Parameters
    ----------
    chains : Chains
        The finished chains.
    settings : Settings
        Settings of the calibration.
    vectors : int
        Parameter vectors, taken from the kept draws.
    lucks : int
        Replicates of the study at each vector.
    executor : Executor
        As for :func:`simulate_again`.
    """

    def simulated(z: np.ndarray, first: int, n: int) -> tuple[Shares, dict[str, np.ndarray]]:
        values = likelihood.from_scores(z[None], settings.parameters())
        same = {k: np.repeat(v, n) for k, v in values.items()}
        replicates = range(first, first + n)
        study = likelihood.studies(
            same, settings.seed, settings.size, executor=executor, replicates=replicates
        )
        return study, same

    first = 10_000  # lucks that the calibration did not have
    base, _ = simulated(chains.guess.mean, first, lucks)
    many, _ = simulated(chains.guess.mean, 1, max(1, settings.luck // lucks) * lucks)
    truth = {k: log_ratio(x.mean(axis=0, keepdims=True))[0] for k, x in many.items()}
    shift = {k: log_ratio(base[k]) - truth[k] for k in base}
    deviations = []
    for z in kept_draws(chains, settings)[:: max(1, settings.draws // vectors)][:vectors]:
        study, values = simulated(z, first, lucks)
        scores = likelihood.log_likelihood(correct(study, shift), values, settings.chosen_targets())
        deviations.append(scores.std(ddof=1))
    return np.array(deviations)
