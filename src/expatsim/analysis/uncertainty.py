"""Sources of the uncertainty of an answer: parameters, the small survey, and chance.

Variance-based shares by exchanging one source at a time between two independent sets of draws
(pick and freeze): first-order effects after Saltelli and others (2010), total effects after Jansen
(1999). Parameters are also exchanged by grade of evidence; the few correlations of the posterior
between grades (thirteen pairs above 0.2, the largest 0.4) are cut in that case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim import posterior
from expatsim.errors import InputError
from expatsim.executors import Executor, Progress
from expatsim.findings.outcomes import OUTCOMES, values
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.intervals import INTERVAL, quantiles
from expatsim.model.parameters import EVIDENCE
from expatsim.projections import ScenarioLike, load_all

if TYPE_CHECKING:
    import pandas as pd

SOURCES = {
    "parameters": "what we do not know about behaviour",
    "survey": "who happened to be interviewed",
    "chance": "luck of single people",
}
# parameters by the evidence behind them; each grade is a source of its own in the table
GRADES = {f"parameters: {grade}": grade for grade in EVIDENCE}
BOOTSTRAPS = 1000  # resamples of the draws behind an interval
FEWEST_ROWS = 2  # of a file of draws: one does not vary


def uncertainty(
    one: ScenarioLike,
    other: ScenarioLike | None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the share of each source in the uncertainty of outcomes, or of their differences.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        With ``other``, the answers are the differences ``other`` less ``one``.
    draws : int, optional
        Number of draws in each of nine sets; 64 give a first look.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        By ``outcome`` (its name), ``label`` and ``source``: see :func:`shares`. ``attrs`` has
        ``"note"`` where a file of draws is too short for two sets of its own, or there are fewer
        than 40 draws.

    Raises
    ------
    InputError
        If a file has a problem, or a file of draws has one row.
    """
    import pandas as pd

    from expatsim.runs.batches import open_for, simulate_together
    from expatsim.runs.prepare import Replicates

    given = [one] if other is None else [one, other]
    loaded = load_all(given, draws=draws, seed=seed, parameters=parameters)

    def answers(replicates: dict[str, Any], executor: Executor) -> dict[str, np.ndarray]:
        chosen = Replicates(**replicates)
        datasets = simulate_together(loaded, progress, replicates=chosen, executor=executor)
        outcomes = [{k: v.to_numpy() for k, v in values(d).items()} for d in datasets]
        before, after = outcomes[0], outcomes[-1]
        return before if other is None else {k: after[k] - before[k] for k in before}

    first = loaded[0]
    source, digest, n = first.parameters, first.parameters_digest, first.draws
    rows = posterior.number_of_draws(source, digest)
    if rows is not None and rows < FEWEST_ROWS:
        raise InputError(
            f"{source}: {rows} row of draws: nothing can be said of parameters (at least "
            f"{FEWEST_ROWS})"
        )
    replicates = designs(n, posterior.independent(source, first.seed, n, digest))
    with open_for(loaded, n * len(replicates)) as executor:
        by_design = {name: answers(rows, executor) for name, rows in replicates.items()}
    frames = [
        shares({design: answer[name] for design, answer in by_design.items()}).assign(
            outcome=name, label=OUTCOMES[name].label
        )
        for name in by_design["a"]
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[["outcome", "label", *frame.columns.drop(["outcome", "label"])]]
    notes = [posterior.too_short(source, n, digest)]
    if n < FEWEST_DRAWS:
        notes.append(f"{n} draws are too few: {FEWEST_DRAWS} give a first look")
    note = "; ".join(filter(None, notes))
    frame.attrs |= {"note": note} if note else {}
    return frame


def designs(draws: int, other_parameters: np.ndarray | None = None) -> dict[str, dict[str, Any]]:
    """Return replicates of every source, for two sets ``a`` and ``b`` and for each exchange.

    Parameters
    ----------
    draws : int
        Number of draws in a set.
    other_parameters : numpy.ndarray of int, shape (draws,), optional
        Replicates whose parameter values are independent of those of the first set, from
        :func:`expatsim.posterior.independent`; by default the next ones.

    Returns
    -------
    dict of str to dict
        ``"a"``, ``"b"``, and for each source and grade the set ``a`` with that source from ``b``:
        arguments of :class:`expatsim.runs.prepare.Replicates`.
    """
    a, b = np.arange(draws), np.arange(draws, 2 * draws)
    sets: dict[str, dict[str, Any]] = {
        "a": dict.fromkeys(SOURCES, a),
        "b": dict.fromkeys(SOURCES, b),
    }
    if other_parameters is not None:
        sets["b"]["parameters"] = other_parameters
    for source in SOURCES:
        sets[source] = {**sets["a"], source: sets["b"][source]}
    for source, grade in GRADES.items():
        sets[source] = {**sets["a"], "grades": {grade: sets["b"]["parameters"]}}
    return sets


def shares(values: Mapping[str, np.ndarray], seed: int = 0) -> pd.DataFrame:
    """Return the first-order and total share of every source in the variance.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray, shape (draws,)
        An answer under each of :func:`designs`; draws in which one of them is missing are left
        out.
    seed : int
        Seed of the bootstrap behind the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``source``, ``alone`` (share that would go if only this source were known),
        ``total`` (share that would stay if only this one were unknown), 90 % bootstrap intervals
        of both, and ``draws`` (how many have an answer). Estimates may lie a little outside 0 to
        1; they are missing where the answer is the same in all draws or hardly any has one.
    """
    import pandas as pd

    present = ~np.isnan(np.sum(list(values.values()), axis=0))
    draws = int(present.sum())
    rng = np.random.default_rng(seed)
    resamples = np.arange(draws)[None]
    if draws:
        resamples = np.concatenate([resamples, rng.integers(0, draws, (BOOTSTRAPS, draws))])
    # a common level has no part in the variance, but would swamp it in the products below
    level = values["a"][present].mean() if draws else 0.0
    a, b = (values[x][present][resamples] - level for x in ("a", "b"))
    both = np.concatenate([a, b], axis=1)
    varies = np.ptp(both, axis=1) > 0 if draws > 1 else np.zeros(len(resamples), bool)
    variance = np.full(len(resamples), np.nan)
    if varies.any():
        variance[varies] = np.var(both[varies], axis=1)
    rows = []
    for source in (*SOURCES, *GRADES):
        mixed = values[source][present][resamples] - level
        if draws:
            centred = b - both.mean(axis=1, keepdims=True)
            alone = (centred * (mixed - a)).mean(axis=1) / variance
            total = ((a - mixed) ** 2).mean(axis=1) / (2 * variance)
        else:
            alone = total = variance
        row: dict[str, object] = {"source": source}
        for name, estimates in (("alone", alone), ("total", total)):
            row[name] = estimates[0]
            row[f"{name}_low"], row[f"{name}_high"] = quantiles(estimates[1:], INTERVAL)
        rows.append({**row, "draws": draws})
    return pd.DataFrame(rows)
