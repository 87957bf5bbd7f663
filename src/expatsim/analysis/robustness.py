"""Robustness of policies: their regret, and how often they satisfy, over worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

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
    policies: Sequence[str] = ("scenario",),
    worlds: Sequence[str] = ("setting",),
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
    policies : sequence of str
        Columns that tell policies apart: the scenario, or levers.
    worlds : sequence of str
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
        better; and ``satisfied``, the share of worlds in which it keeps all thresholds (missing
        without any). All worlds count alike: draws of the posterior are as likely as each other,
        points of a design are what you made them.

    Raises
    ------
    InputError
        If there is no such column, an outcome is missing, or a policy has no run in a world.

    Examples
    --------
    >>> runs = pd.DataFrame(
    ...     {"setting": [0, 0, 1, 1], "scenario": ["a", "b"] * 2, "welcome": [0.5, 0.6, 0.7, 0.4]}
    ... )
    >>> robustness(runs, "welcome", at_least={"welcome": 0.45})["satisfied"].tolist()
    [1.0, 0.5]
    """
    frame = runs if isinstance(runs, pd.DataFrame) else runs.frame()
    low, high = dict(at_least or {}), dict(at_most or {})
    wanted = list(dict.fromkeys([outcome, *low, *high]))
    for name in (*policies, *worlds, *wanted):
        if name not in frame:
            raise InputError(f"no column {name!r} in the runs{nearest(name, map(str, frame))}")
    for name in wanted:
        count = int(frame[name].isna().sum())
        if count:
            raise InputError(f"{name}: missing in {count:,} runs (nobody to look at)")
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
            "best": (regret == 0).mean(),
            "satisfied": kept.mean(axis=0) if low or high else np.nan,
        }
    )
    return found.reset_index()
