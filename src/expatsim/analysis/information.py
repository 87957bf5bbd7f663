"""Value of information: the share of an answer's variance that more knowledge would remove.

For a parameter it is the expected value of partial perfect information: the share that would go if
the parameter were known. For a survey question, put to more people, it is the expected value of
sample information, with answers simulated for every draw. Both are regressions over draws (Strong
and others 2014, 2015), cross-validated so that chance fits count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from expatsim import arguments
from expatsim.cities import cities, city_names
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.extras import require
from expatsim.findings.outcomes import OUTCOMES, Outcome, possible, values
from expatsim.intervals import INTERVAL, quantiles
from expatsim.projections import ScenarioLike, load_all

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 10  # parts of the draws for cross-validation
KNOTS = 4  # of the spline of a parameter
BOOTSTRAPS = 500  # resamples of the draws behind an interval
SAMPLES = 4  # simulated samples of answers for each question and size; errors are their mean
RIDGES = tuple(np.logspace(-2, 4, 13))  # penalties to choose from
PEOPLE = (50, 200, 800)  # additional respondents
FEWEST = 20  # draws for a regression
MOST_PEOPLE = 1_000_000  # respondents that one may ask for


def information(
    one: ScenarioLike,
    other: ScenarioLike | None = None,
    *,
    outcome: str = "newcomers_5",
    people: Sequence[int] = PEOPLE,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> dict[str, pd.DataFrame]:
    """Return the reduction of an answer's uncertainty by knowing a parameter or asking a question.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        With ``other``, the answer is the difference ``other`` less ``one``.
    outcome : str
        A name of :data:`expatsim.findings.outcomes.OUTCOMES`.
    people : sequence of int
        Numbers of additional respondents; 50, 200 and 800 by default.
    draws, seed, parameters, progress
        As for :func:`compare`; 200 draws or more give useful intervals.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``parameters`` and ``questions``, each with ``outcome`` (its name) and ``label``: see
        :func:`of_parameters` and :func:`of_questions`.

    Raises
    ------
    InputError
        If a file has a problem, the outcome is unknown or beyond the horizon, or the draws (those
        that have somebody to look at) are too few.
    """
    from expatsim.calibration.likelihood import studies
    from expatsim.runs.batches import simulate_together

    require("research", "information")
    listed = people if isinstance(people, Iterable) else [people]
    people = [arguments.whole_number("people", n, 1, MOST_PEOPLE) for n in listed]
    sources = [one] if other is None else [one, other]
    loaded = load_all(sources, draws=draws, seed=seed, parameters=parameters)
    if loaded[0].draws < FEWEST:
        raise InputError(f"draws: {loaded[0].draws} are too few (at least {FEWEST})")
    if outcome not in OUTCOMES:
        hint = nearest(outcome, OUTCOMES) or f"; outcomes are {', '.join(OUTCOMES)}"
        raise InputError(f"no outcome {outcome!r}{hint}")
    chosen = OUTCOMES[outcome]
    if chosen not in possible(loaded[0].months):
        there = ", ".join(x.name for x in possible(loaded[0].months))
        raise InputError(f"{outcome}: {loaded[0].name} is too short for it (allowed: {there})")
    datasets = simulate_together(loaded, progress)
    first, last = (values(d)[outcome].to_numpy() for d in (datasets[0], datasets[-1]))
    y = first if other is None else last - first
    present = ~np.isnan(y)
    if present.sum() < FEWEST:
        raise InputError(
            f"{outcome}: {present.sum()} of {len(y)} draws have anybody to look at (at least "
            f"{FEWEST} are needed)"
        )
    table = datasets[0]["parameter_value"]
    parameter_values = {
        str(p): table.sel(parameter=p).to_numpy()[present] for p in table["parameter"].to_numpy()
    }
    y = y[present]
    report = partial(progress, "simulated studies") if progress else None
    size = {city.name: city.quick_households for city in cities()}
    simulated = studies(parameter_values, loaded[0].seed, size, progress=report)
    shares = {k: v for k, v in simulated.items() if k.partition(".")[0] in city_names()}
    seed_of = loaded[0].seed
    return {
        "parameters": _about(chosen, of_parameters(parameter_values, y, seed_of)),
        "questions": _about(
            chosen,
            of_questions(shares, parameter_values["design_effect"], y, people, seed_of),
        ),
    }


def _about(outcome: Outcome, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its outcome before the other columns."""
    names = list(frame)
    return frame.assign(outcome=outcome.name, label=outcome.label)[["outcome", "label", *names]]


def squared_errors(features: np.ndarray, y: np.ndarray, *, bent: bool, seed: int) -> np.ndarray:
    """Return the squared errors of out-of-fold predictions of ``y``, and of the plain mean.

    Parameters
    ----------
    features : numpy.ndarray, shape (draws, features)
        Numbers that predict the answer.
    y : numpy.ndarray, shape (draws,)
        The answer in each draw.
    bent : bool
        Splines of the features instead of straight lines.
    seed : int
        Seed of the folds.

    Returns
    -------
    numpy.ndarray, shape (2, draws)
        Squared error of the prediction from the other folds, and squared distance from their mean.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    scale = [SplineTransformer(n_knots=KNOTS, degree=3, knots="quantile")] if bent else []
    error, plain = np.empty(len(y)), np.empty(len(y))
    folds = KFold(min(FOLDS, len(y)), shuffle=True, random_state=seed)
    for kept, left_out in folds.split(features):
        model = make_pipeline(*scale, StandardScaler(), RidgeCV(RIDGES))
        model.fit(features[kept], y[kept])
        error[left_out] = (y[left_out] - model.predict(features[left_out])) ** 2
        plain[left_out] = (y[left_out] - y[kept].mean()) ** 2
    return np.stack([error, plain])


def share(errors: np.ndarray, seed: int) -> dict[str, float]:
    """Return the share of the variance that goes, with a 90 % bootstrap interval over draws.

    Parameters
    ----------
    errors : numpy.ndarray, shape (2, draws)
        From :func:`squared_errors`.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict of str to float
        ``value``, ``low`` and ``high``.
    """
    error, plain = errors
    if plain.sum() == 0:
        return {"value": 0.0, "low": 0.0, "high": 0.0}
    picks = np.random.default_rng(seed).integers(0, len(error), (BOOTSTRAPS, len(error)))
    resampled = 1 - error[picks].mean(axis=1) / plain[picks].mean(axis=1)
    low, high = quantiles(resampled, INTERVAL)
    return {"value": float(1 - error.mean() / plain.mean()), "low": float(low), "high": float(high)}


def of_parameters(parameters: Mapping[str, np.ndarray], y: np.ndarray, seed: int) -> pd.DataFrame:
    """Return the share of the variance that knowing each parameter would remove, largest first.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by name of parameter.
    y : numpy.ndarray, shape (draws,)
        The answer in each draw.
    seed : int
        Seed of folds and bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns ``parameter``, ``value`` (the share), ``low``, ``high``; a share near or below zero
        means that knowing it is worth nothing.
    """
    import pandas as pd

    rows = []
    for name, known in parameters.items():
        if np.ptp(known) > 0:
            errors = squared_errors(known[:, None], y, bent=True, seed=seed)
            rows.append({"parameter": name, **share(errors, seed)})
    return pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)


def of_questions(
    shares: Mapping[str, np.ndarray],
    design_effect: np.ndarray,
    y: np.ndarray,
    people: Sequence[int],
    seed: int,
) -> pd.DataFrame:
    """Return the share of the variance that asking more people would remove, largest first.

    Parameters
    ----------
    shares : mapping of str to numpy.ndarray, shape (draws, answers)
        By ``city.question``: shares of the answers in each draw, among all people like the
        respondents of the study.
    design_effect : numpy.ndarray, shape (draws,)
        Respondents of a snowball sample that are worth one of a random sample.
    y : numpy.ndarray, shape (draws,)
        The answer in each draw.
    people : sequence of int
        Numbers of additional respondents.
    seed : int
        Seed of the simulated samples, folds and bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns ``city``, ``question``, ``people``, ``value`` (the share), ``low``, ``high``.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows = []
    for name, answers in shares.items():
        city, question = name.split(".")
        p = answers / answers.sum(axis=1, keepdims=True)
        for n in people:
            worth = np.maximum(np.rint(n / design_effect), 1).astype(int)
            samples = [rng.multinomial(worth, p) / worth[:, None] for _ in range(SAMPLES)]
            # the last answer follows from the others
            by_sample = [
                squared_errors(x[:, :-1], y, bent=False, seed=k) for k, x in enumerate(samples)
            ]
            errors = np.mean(by_sample, axis=0)
            row = {"city": city, "question": question, "people": n, **share(errors, seed)}
            rows.append(row)
    frame = pd.DataFrame(rows)
    best = frame.groupby(["city", "question"])["value"].transform("max")
    order = frame.assign(best=best).sort_values(
        ["best", "city", "question", "people"], ascending=[False, True, True, True]
    )
    return order.drop(columns="best").reset_index(drop=True)
