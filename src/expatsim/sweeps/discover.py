"""Scenario discovery: conditions under which an outcome is low or high, as boxes of inputs.

The boxes are the leaves of a classification tree (CART, scikit-learn); each comes with its density
and its coverage of the cases of interest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from expatsim.errors import InputError, nearest
from expatsim.extras import require

if TYPE_CHECKING:
    from expatsim.sweeps.store import Store

DEPTH = 3  # splits of the tree in a row
LEAST_SHARE = 0.05  # smallest share of the runs in a box


def discover(store: Store, outcome: str, below: float) -> pd.DataFrame:
    """Return boxes of inputs, with the share of runs in which an outcome is below a threshold.

    Parameters
    ----------
    store : Store
        A finished sweep.
    outcome : str
        One of the outcomes that the sweep kept.
    below : float
        The threshold, in the unit of the outcome.

    Returns
    -------
    pandas.DataFrame
        A row for each box, the purest first: ``conditions`` in words, ``bounds`` (input to its low
        and high end, the strongest input first; infinite where open), ``runs``, ``density`` (share
        of the box's runs that are below), ``coverage`` (share of all that are below which the box
        holds).

    Raises
    ------
    InputError
        If there is no such outcome, or no or every run is below the threshold.
    """
    outcomes = store.settings["outcomes"]
    if outcome not in outcomes:
        raise InputError(f"no outcome {outcome!r} in {store.folder}{nearest(outcome, outcomes)}")
    return boxes_of(store.frame(), list(store.settings["inputs"]), outcome, below)


def boxes_of(frame: pd.DataFrame, names: list[str], outcome: str, below: float) -> pd.DataFrame:
    """Return the boxes of :func:`discover` for runs in memory.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each run, with its inputs and outcomes.
    names : list of str
        Columns of inputs.
    outcome : str
        Column of the outcome.
    below : float
        The threshold.
    """
    require("research", "scenario discovery")
    from sklearn.tree import DecisionTreeClassifier

    frame = frame[frame[outcome].notna()]  # nobody is there to look at
    interesting = (frame[outcome] < below).to_numpy()
    if frame.empty:
        raise InputError(f"{outcome}: missing in every run (nobody to look at)")
    if interesting.all() or not interesting.any():
        low, high = frame[outcome].min(), frame[outcome].max()
        raise InputError(
            f"{outcome}: {'every' if interesting.all() else 'no'} run is below {below:g} "
            f"(they are {low:.4g} to {high:.4g})"
        )
    least = max(2, int(LEAST_SHARE * len(frame)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree.fit(frame[names].to_numpy(), interesting)
    leaf = tree.apply(frame[names].to_numpy())
    strength = dict(zip(names, tree.feature_importances_, strict=True))
    rows = []
    for node in np.unique(leaf):
        inside = leaf == node
        limits = _bounds(tree.tree_, int(node), names)
        bounds = {k: limits[k] for k in sorted(limits, key=lambda k: -strength[k])}
        rows.append(
            {
                "conditions": _in_words(bounds) or "everywhere",
                "bounds": bounds,
                "runs": int(inside.sum()),
                "density": float(interesting[inside].mean()),
                "coverage": float(interesting[inside].sum() / interesting.sum()),
            }
        )
    return pd.DataFrame(rows).sort_values("density", ascending=False, ignore_index=True)


def _bounds(tree: object, node: int, names: list[str]) -> dict[str, tuple[float, float]]:
    """Return the narrowest bounds of every input on the way from the root to a leaf."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    bounds: dict[str, tuple[float, float]] = {}
    while node:
        parent = int(np.flatnonzero((left == node) | (right == node))[0])
        name = names[tree.feature[parent]]  # type: ignore[attr-defined]
        cut = float(tree.threshold[parent])  # type: ignore[attr-defined]
        low, high = bounds.get(name, (-np.inf, np.inf))
        bounds[name] = (low, min(cut, high)) if left[parent] == node else (max(cut, low), high)
        node = parent
    return bounds


def _in_words(bounds: dict[str, tuple[float, float]]) -> str:
    parts = []
    for name, (low, high) in sorted(bounds.items()):
        if np.isinf(low):
            parts.append(f"{name} up to {high:.4g}")
        elif np.isinf(high):
            parts.append(f"{name} above {low:.4g}")
        else:
            parts.append(f"{name} from {low:.4g} to {high:.4g}")
    return ", ".join(parts)
