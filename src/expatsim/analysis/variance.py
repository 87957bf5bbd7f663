"""Where the uncertainty of an answer comes from: parameters, the small survey, or chance.

Variance-based shares by exchanging one source at a time between two independent sets of draws
(pick and freeze): first-order effects after Saltelli and others (2010), total effects after Jansen
(1999). Parameters are also exchanged by grade of evidence; the few correlations of the posterior
between grades (twelve pairs above 0.2, the largest 0.4) are cut in that case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.parameters import EVIDENCE

if TYPE_CHECKING:
    import pandas as pd

SOURCES = {
    "parameters": "what we do not know about behaviour",
    "survey": "75 and 30 respondents",
    "chance": "luck of single people",
}
# parameters by the evidence behind them; a source of their own in the table
GRADES = {f"parameters: {grade}": grade for grade in EVIDENCE}
BOOTSTRAPS = 1000


def designs(draws: int) -> dict[str, dict[str, Any]]:
    """Replicates of every source, for the two sets ``a`` and ``b`` and for each exchange.

    Returns
    -------
    dict of str to dict
        ``"a"``, ``"b"``, and for each source and grade the set ``a`` with that source from ``b``:
        arguments of :class:`expatsim.runs.prepare.Sources`.
    """
    a, b = np.arange(draws), np.arange(draws, 2 * draws)
    found: dict[str, dict[str, Any]] = {
        "a": dict.fromkeys(SOURCES, a),
        "b": dict.fromkeys(SOURCES, b),
    }
    for source in SOURCES:
        found[source] = {**found["a"], source: b}
    for source, grade in GRADES.items():
        found[source] = {**found["a"], "grades": {grade: b}}
    return found


def shares(values: Mapping[str, np.ndarray], seed: int = 0) -> pd.DataFrame:
    """First-order and total share of the variance of every source.

    Parameters
    ----------
    values : mapping of str to numpy.ndarray, shape (draws,)
        An answer under each of :func:`designs`.
    seed : int
        Of the bootstrap behind the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``source``, ``alone`` (share that would go if only this source were known),
        ``total`` (share that would stay if only this one were unknown), and 90 % bootstrap
        intervals of both. Estimates may lie a little outside 0 to 1.
    """
    import pandas as pd

    a, b = values["a"], values["b"]
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(a), (BOOTSTRAPS, len(a)))
    every = np.concatenate([np.arange(len(a))[None], picks])
    variance = np.var(np.concatenate([a[every], b[every]], axis=1), axis=1)
    variance = np.where(variance > 0, variance, np.nan)
    rows = []
    for source in (*SOURCES, *GRADES):
        mixed = values[source]
        alone = (b[every] * (mixed[every] - a[every])).mean(axis=1) / variance
        total = ((a[every] - mixed[every]) ** 2).mean(axis=1) / (2 * variance)
        row: dict[str, object] = {"source": source}
        for name, found in (("alone", alone), ("total", total)):
            row[name] = found[0]
            row[f"{name}_low"], row[f"{name}_high"] = np.nanquantile(found[1:], [0.05, 0.95])
        rows.append(row)
    return pd.DataFrame(rows)
