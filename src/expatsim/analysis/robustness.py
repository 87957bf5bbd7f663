"""Robustness of policies: their regret, and how often they satisfy, over worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from expatsim import arguments
from expatsim.errors import InputError, nearest

HIGH = 0.9  # quantile of the regret over worlds


class Runs(Protocol):
    """What has a table of runs, such as the store of a sweep."""

    def frame(self) -> pd.DataFrame:
        """Return a row for each run."""


def robustness(
    runs: pd.DataFrame | Runs,
    outcome: str,
    *,
    policies: str | Sequence[str] = ("scenario",),
    worlds: str | Sequence[str] = ("setting",),
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    smaller_is_better: bool = False,
) -> pd.DataFrame:
    """Return how policies do over worlds: worst case, regret, and satisficing.

    The regret of a policy in a world is by how much the best policy of that world is better. It is
    of the mean over replicates, and zero for the best.

    Parameters
    ----------
    runs : pandas.DataFrame or Store
        Runs of every policy in every world, from :func:`expatsim.evaluate` or a sweep.
    outcome : str
        The outcome that is to be high, or low.
    policies : str or sequence of str
        Columns that tell policies apart: the scenario, or levers.
    worlds : str or sequence of str
        Columns that tell worlds apart: settings that all scenarios have, or with
        levers as policies, the parameters that vary beside them.
    at_least, at_most : mapping of str to float, optional
        Thresholds by outcome, in its unit: a policy satisfies in a world if it keeps all of them.
    smaller_is_better : bool
        Whether a low outcome is good.

    Returns
    -------
    pandas.DataFrame
        A row for each policy, in the order of the runs: its columns; ``worlds``, their number;
        ``mean``, ``median`` and ``worst`` of the outcome; ``regret_mean``, ``regret_90`` (its
        90 % quantile) and ``regret_max``; ``best``, the share of worlds in which no policy is
        better (all four are missing for one policy alone, which has nothing beside it); and
        ``satisfied``, the share of worlds in which it keeps all thresholds (missing without any).
        All worlds count alike: draws of the posterior are as likely as each other,
        points of a design are what you made them.

    Raises
    ------
    InputError
        If there is no such column, a threshold is no number, an outcome, policy or world is
        missing, or a policy has no run in a world.

    Examples
    --------
    >>> runs = pd.DataFrame(
    ...     {"setting": [0, 0, 1, 1], "scenario": ["a", "b"] * 2, "welcome": [0.5, 0.6, 0.7, 0.4]}
    ... )
    >>> robustness(runs, "welcome", at_least={"welcome": 0.45})["satisfied"].tolist()
    [1.0, 0.5]
    """
    if not isinstance(runs, pd.DataFrame) and not hasattr(runs, "frame"):
        raise InputError("runs: give a table of runs, or a store from xs.open_runs(folder)")
    frame = runs if isinstance(runs, pd.DataFrame) else runs.frame()
    if not isinstance(outcome, str):
        raise InputError("outcome: give the name of one outcome")
    policies, worlds = arguments.names("policies", policies), arguments.names("worlds", worlds)
    low, high = _limits("at_least", at_least), _limits("at_most", at_most)
    wanted = list(dict.fromkeys([outcome, *low, *high]))
    _check(frame, policies, worlds, wanted)
    means = frame.groupby([*policies, *worlds], sort=False)[wanted].mean()
    tables = {name: means[name].unstack(list(policies), sort=False) for name in wanted}
    table = tables[outcome]
    lacking = int(table.isna().to_numpy().sum())
    if lacking:
        raise InputError(
            f"{len(table.columns)} policies in {len(table):,} worlds lack {lacking:,} runs: give "
            "every policy the same worlds"
        )
    good = -table if smaller_is_better else table
    regret = good.max(axis=1).to_numpy()[:, None] - good
    if len(table.columns) == 1:  # nothing to be better or worse than
        regret[:] = np.nan
    kept = np.ones(table.shape, bool)
    for name, limit in low.items():
        kept &= tables[name].to_numpy() >= limit
    for name, limit in high.items():
        kept &= tables[name].to_numpy() <= limit
    found = pd.DataFrame(
        {
            "worlds": len(table),
            "mean": table.mean(),
            "median": table.median(),
            "worst": table.max() if smaller_is_better else table.min(),
            "regret_mean": regret.mean(),
            "regret_90": regret.quantile(HIGH),
            "regret_max": regret.max(),
            "best": (regret == 0).where(regret.notna()).mean(),
            "satisfied": kept.mean(axis=0) if low or high else np.nan,
        }
    )
    return found.reset_index()


def _limits(name: str, given: Mapping[str, float] | None) -> dict[str, float]:
    """Return thresholds by outcome after a check of them."""
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"{name}: give thresholds by outcome, such as {{'welcome': 0.4}}")
    return {k: arguments.number(f"{name}, {k}", x, -np.inf) for k, x in (given or {}).items()}


def _check(
    frame: pd.DataFrame, policies: Sequence[str], worlds: Sequence[str], wanted: Sequence[str]
) -> None:
    """Raise an error if a table of runs cannot compare policies over worlds."""
    for name in (*policies, *worlds, *wanted):
        if name not in frame:
            raise InputError(f"no column {name!r} in the runs{nearest(name, map(str, frame))}")
        if list(frame.columns).count(name) > 1:
            raise InputError(f"column {name!r} stands there twice")
    if frame.empty:
        raise InputError("there are no runs")
    apart = [*policies, *worlds]
    if not policies or not worlds or len(set(apart)) < len(apart):
        raise InputError("policies and worlds: give a column or more of each, every one once")
    for name in apart:
        if count := int(frame[name].isna().sum()):
            raise InputError(f"{name}: nothing stands in {count:,} runs")
    for name in wanted:
        kind = pd.api.types
        if not kind.is_numeric_dtype(frame[name]) or kind.is_complex_dtype(frame[name]):
            raise InputError(f"{name}: holds no numbers")
        if count := int(frame[name].isna().sum()):
            raise InputError(f"{name}: missing in {count:,} runs (nobody to look at)")
        if count := int(np.isinf(frame[name].to_numpy(float)).sum()):
            raise InputError(f"{name}: infinite in {count:,} runs")
