"""Why do two scenarios differ? All combinations of what differs, and Shapley shares of the gap."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis.summary import is_share, outcomes
from expatsim.analysis.sureness import verdict
from expatsim.scenario.model import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Coalition = frozenset[str]


def shapley(
    values: Mapping[Coalition, np.ndarray], players: Sequence[str]
) -> dict[str, np.ndarray]:
    """Shapley value of every player: its mean contribution over all orders of joining.

    Parameters
    ----------
    values : mapping of frozenset to numpy.ndarray, shape (draws,)
        Outcome of every subset of the players.
    players : sequence of str

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        They add up to the outcome of all players less that of none.
    """
    n = len(players)
    result = {}
    for player in players:
        others = [p for p in players if p != player]
        total = np.zeros_like(values[frozenset()], dtype=float)
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for subset in itertools.combinations(others, size):
                with_player = values[frozenset((*subset, player))]
                total += weight * (with_player - values[frozenset(subset)])
        result[player] = total
    return result


# what a scenario consists of, and the fields that go together
FACTORS: dict[str, tuple[str, ...]] = {
    "people": ("city", "stock", "inflow", "weights"),
    "policy": ("policy", "policy_city"),
    "city quality": ("quality_city",),
    "climate": ("climate",),
}


def same(a: object, b: object) -> bool:
    """Equality of plain values, arrays and dicts of arrays."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(a[k], b[k]) for k in a)
    return bool(np.array_equal(np.asarray(a), np.asarray(b)))


def factors_that_differ(one: Scenario, other: Scenario) -> list[str]:
    """Factors in which two scenarios are not the same."""
    return [
        name
        for name, fields in FACTORS.items()
        if not all(same(getattr(one, f), getattr(other, f)) for f in fields)
    ]


def combinations(one: Scenario, other: Scenario) -> dict[Coalition, Scenario]:
    """``one`` with every subset of the differing factors taken from ``other``."""
    factors = factors_that_differ(one, other)
    result = {}
    for size in range(len(factors) + 1):
        for subset in itertools.combinations(factors, size):
            taken = {f: getattr(other, f) for factor in subset for f in FACTORS[factor]}
            name = " + ".join(subset) or "none"
            result[frozenset(subset)] = dataclasses.replace(
                one, name=f"{one.name}, {name} of {other.name}", **taken
            )
    return result


def decompose(datasets: Mapping[Coalition, xr.Dataset], factors: Sequence[str]) -> pd.DataFrame:
    """Shapley shares of the gap in every share-like outcome, draw by draw.

    Parameters
    ----------
    datasets : mapping of frozenset to xarray.Dataset
        Results of :func:`combinations`, with the same draws.
    factors : sequence of str

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``factor`` (``"gap"`` for the whole), ``low``, ``median``, ``high``
        (90 % interval over draws), ``mean``, ``verdict``. Means of the factors add up to the gap's.
    """
    import pandas as pd

    by_subset = {s: outcomes(d) for s, d in datasets.items()}
    rows = []
    for label in by_subset[frozenset()]:
        if not is_share(label):
            continue
        values = {s: o[label].to_numpy().ravel() for s, o in by_subset.items()}
        gap = values[frozenset(factors)] - values[frozenset()]
        for factor, part in {"gap": gap, **shapley(values, factors)}.items():
            low, median, high = np.quantile(part, [0.05, 0.5, 0.95])
            rows.append(
                {
                    "outcome": label,
                    "factor": factor,
                    "low": low,
                    "median": median,
                    "high": high,
                    "mean": float(part.mean()),
                    "verdict": verdict(part),
                }
            )
    return pd.DataFrame(rows)


def run_all(
    scenarios: Mapping[Coalition, Scenario], simulate: Callable[[Scenario], xr.Dataset]
) -> dict[Coalition, xr.Dataset]:
    """Results of every combination."""
    return {subset: simulate(scenario) for subset, scenario in scenarios.items()}
