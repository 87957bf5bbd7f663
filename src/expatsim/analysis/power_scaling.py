"""Sensitivity of answers to priors and likelihood, by power scaling (Kallioinen and others 2023).

Only the priors of the parameters that carry an answer are scaled: those of all others cancel, and
would only add noise. What these parameters say of the likelihood is learned from all draws of the
calibration, of which an answer has only some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from expatsim.errors import InputError
from expatsim.extras import require
from expatsim.findings.outcomes import values
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.posterior import power_scaling as scaling
from expatsim.posterior import rows_of
from expatsim.posterior.inference import inference_data, total_log_likelihood

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.result import Result

# standard errors of a rank correlation from which a parameter carries an answer: of a hundred that
# do not, chance finds one in one of twenty answers
FOUND = 3.5
MOST = 8  # parameters whose priors are scaled


def power_scaling(result: Result) -> pd.DataFrame:
    """Return how far answers move with the priors and with the likelihood.

    Parameters
    ----------
    result : Result
        From :func:`compare`, for the differences from the first scenario; or from :func:`run`, for
        its outcomes. With draws of a calibration; 200 draws or more say something.

    Returns
    -------
    pandas.DataFrame
        By ``outcome`` (its name) and ``scenario``: ``prior`` and ``likelihood`` (sensitivity for
        each doubling of the power; from 0.05 on it counts), ``prior_noise`` and
        ``likelihood_noise`` (what unrelated draws show by chance, in 19 of 20 cases at most),
        ``diagnosis`` (``"prior-data conflict"``, ``"the likelihood says little"``, ``"none"`` or
        ``"too few draws"``), ``parameters`` (those that carry the answer, the strongest first, with
        commas between) and ``draws`` (how many have an answer).

    Raises
    ------
    InputError
        If the parameters are the prior's, there are fewer than 40 draws, or the draws have no file
        with their log-likelihoods beside them.

    Examples
    --------
    >>> import expatsim as xs
    >>> xs.power_scaling(xs.run("rotterdam", draws=2))
    Traceback (most recent call last):
        ...
    expatsim.errors.InputError: draws: 2 are too few (at least 40)
    """
    import pandas as pd

    require("research", "power-scaling")
    if len(result.dataset["draw"]) < FEWEST_DRAWS:
        raise InputError(f"draws: {len(result.dataset['draw'])} are too few (at least 40)")
    first = result.scenarios[0]
    tree = inference_data(first.parameters, first.parameters_digest)
    fit = total_log_likelihood(tree).to_numpy()
    replicates = result.dataset["draw"].to_numpy()
    rows = rows_of(fit.size, first.seed, replicates)
    calibration = _Calibration(
        {str(k): v.to_numpy().ravel() for k, v in tree["posterior"].data_vars.items()},
        {str(k): v.to_numpy().ravel() for k, v in tree["log_prior"].data_vars.items()},
        fit.ravel(),
        # in the table of draws the chains take turns
        (rows % fit.shape[0]) * fit.shape[1] + rows // fit.shape[0],
    )
    frames = []
    for name, array in values(result.dataset).items():
        outcome = array.transpose("scenario", "draw").to_numpy()
        for k, scenario in enumerate(result.scenarios):
            if k or len(result.scenarios) == 1:
                answer = outcome[k] - (outcome[0] if k else 0)
                row = {"outcome": name, "scenario": scenario.name, **calibration.of(answer)}
                frames.append(row)
    return pd.DataFrame(frames)


class _Calibration:
    """Draws of a calibration with their densities, and the draws that a result has of them."""

    def __init__(
        self,
        parameters: dict[str, np.ndarray],
        log_prior: dict[str, np.ndarray],
        log_likelihood: np.ndarray,
        rows: np.ndarray,
    ) -> None:
        from scipy.stats import rankdata

        self.scores = {name: _normal(rankdata(column)) for name, column in parameters.items()}
        self.log_prior = log_prior
        self.log_likelihood = log_likelihood
        self.rows = rows

    def of(self, answer: np.ndarray) -> dict[str, object]:
        """Sensitivities of an answer, of shape (draws,); missing where no parameter carries it."""
        present = ~np.isnan(answer)
        answer, rows = answer[present], self.rows[present]
        carriers = self._carriers(answer, rows)
        found = dict.fromkeys(("prior", "prior_noise", "likelihood", "likelihood_noise"), np.nan)
        if carriers:
            prior = np.sum([self.log_prior[name][rows] for name in carriers], axis=0)
            features = [f for name in carriers for f in (self.scores[name], self.scores[name] ** 2)]
            design = np.stack([np.ones(len(self.log_likelihood)), *features], axis=1)
            regression = np.linalg.pinv(design)

            def moved(fit: np.ndarray) -> float:
                weights = scaling.weights(design[rows] @ (regression @ fit))
                return scaling.sensitivity(answer, weights)

            by_prior, prior_noise = scaling.with_noise(answer, scaling.weights(prior))
            found = {
                "prior": by_prior,
                "prior_noise": prior_noise,
                "likelihood": moved(self.log_likelihood),
                "likelihood_noise": scaling.noise(
                    [moved(fit) for fit in scaling.turned(self.log_likelihood)]
                ),
            }
        return {
            **found,
            "diagnosis": scaling.diagnosis(*found.values()),
            "parameters": ", ".join(carriers),
            "draws": int(present.sum()),
        }

    def _carriers(self, answer: np.ndarray, rows: np.ndarray) -> list[str]:
        """Names of the parameters that an answer goes with, the strongest first."""
        from scipy.stats import rankdata

        if len(answer) < FEWEST_DRAWS or np.ptp(answer) == 0:
            return []
        y = _normal(rankdata(answer))
        names = [name for name, score in self.scores.items() if np.ptp(score[rows]) > 0]
        r = np.array([abs(np.corrcoef(self.scores[name][rows], y)[0, 1]) for name in names])
        strongest = np.argsort(-r)[:MOST]
        return [names[k] for k in strongest if r[k] > FOUND / np.sqrt(len(y))]


def _normal(ranks: np.ndarray) -> np.ndarray:
    """Normal scores of ranks from 1."""
    from scipy.special import ndtri

    return ndtri(ranks / (len(ranks) + 1))
