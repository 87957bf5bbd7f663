"""Scenario discovery: conditions under which an outcome is low or high, as boxes of inputs.

Boxes are the leaves of a classification tree (CART, scikit-learn), or the steps of the Patient Rule
Induction Method (PRIM, the EMA workbench). Each comes with its density and its coverage of the
cases of interest; together they are the curve along which one is traded for the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from expatsim import arguments
from expatsim.errors import InputError, nearest
from expatsim.extras import require
from expatsim.sweeps.sensitivity import only, scenario_of
from expatsim.sweeps.store import Store, of_sweep

DEPTH = 3  # splits of the tree in a row
LEAST_SHARE = 0.05  # smallest share of the runs in a box
METHODS = ("tree", "prim")
ANY = 1e-9  # density from which PRIM keeps a box; above zero, from which it counts a case
Bounds = dict[str, tuple[float, float]]


class Target(NamedTuple):
    """What makes a run a case of interest.

    Attributes
    ----------
    outcome : str
        Name of an outcome.
    side : {"below", "above"}
        On which side of ``value`` the outcome is.
    value : float
        The threshold, in the unit of the outcome.
    """

    outcome: str
    side: str
    value: float

    def __str__(self) -> str:
        return f"{self.outcome} {self.side} {self.value:g}"

    def holds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return of which runs it is true, shape (runs,)."""
        values = frame[self.outcome].to_numpy()
        return values < self.value if self.side == "below" else values > self.value


def target_of(outcome: str, below: float | None, above: float | None) -> Target:
    """Return what is of interest, from one of two thresholds.

    Raises
    ------
    InputError
        If there are none or two.
    """
    if (below is None) == (above is None):
        raise InputError("give one of below and above: which runs are of interest")
    side, given = ("above", above) if below is None else ("below", below)
    return Target(outcome, side, arguments.number(side, given, -np.inf))


def discover(
    store: Store,
    outcome: str,
    below: float | None = None,
    *,
    above: float | None = None,
    scenario: str | None = None,
    method: Literal["tree", "prim"] = "tree",
) -> pd.DataFrame:
    """Return boxes of inputs, with the share of runs in which an outcome is below a threshold.

    Parameters
    ----------
    store : Store
        A finished sweep.
    outcome : str
        One of the outcomes that the sweep kept.
    below, above : float
        The threshold, in the unit of the outcome; one of the two.
    scenario : str, optional
        Which of the sweep's scenarios; by default the first.
    method : {"tree", "prim"}
        Leaves of a classification tree, which lie beside each other; or the steps of PRIM, each a
        box inside the one before. PRIM needs the EMA workbench.

    Returns
    -------
    pandas.DataFrame
        A row for each box, the purest leaf first, or the steps of PRIM in their order:
        ``conditions`` in words, ``bounds`` (input to its low and high end, the strongest input
        first; infinite where open), ``runs``, ``density`` (share of the box's runs that are of
        interest), ``coverage`` (share of all runs of interest which the box holds);
        ``curve_density`` and ``curve_coverage``, those of a leaf together with all purer ones, or
        of a step of PRIM; and ``p_value``, the largest quasi p-value of PRIM's restrictions (the
        chance that an input which does not matter would be restricted so), missing for a tree.

    Raises
    ------
    InputError
        If there is no such outcome, no or every run is of interest, or the EMA workbench is needed
        and not installed.
    """
    target = target_of(outcome, below, above)
    outcomes = of_sweep(store).settings["outcomes"]
    if outcome not in outcomes:
        raise InputError(f"no outcome {outcome!r} in {store.folder}{nearest(outcome, outcomes)}")
    frame = only(store.frame(), scenario_of(store, scenario))
    return boxes_of(frame, list(store.settings["inputs"]), target, method)


def boxes_of(
    frame: pd.DataFrame, names: list[str], target: Target, method: str = "tree"
) -> pd.DataFrame:
    """Return the boxes of :func:`discover` for runs in memory.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row for each run, with its inputs and outcomes.
    names : list of str
        Columns of inputs.
    target : Target
        What is of interest.
    method : {"tree", "prim"}
        As for :func:`discover`.
    """
    if method not in METHODS:
        raise InputError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    outcome = target.outcome
    frame = frame[frame[outcome].notna()]  # nobody is there to look at
    interesting = target.holds(frame)
    if frame.empty:
        raise InputError(f"{outcome}: missing in every run (nobody to look at)")
    if interesting.all() or not interesting.any():
        low, high = frame[outcome].min(), frame[outcome].max()
        raise InputError(
            f"{outcome}: {'every' if interesting.all() else 'no'} run is {target.side} "
            f"{target.value:g} (they are {low:.4g} to {high:.4g})"
        )
    find: Callable[..., pd.DataFrame] = _leaves if method == "tree" else _steps
    return find(frame[names].astype(float), interesting)


def _leaves(inputs: pd.DataFrame, interesting: np.ndarray) -> pd.DataFrame:
    """Return the leaves of a tree, the purest first."""
    require("research", "scenario discovery")
    from sklearn.tree import DecisionTreeClassifier

    names, values = list(inputs), inputs.to_numpy()
    least = max(2, int(LEAST_SHARE * len(inputs)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    tree.fit(values, interesting)
    leaf = tree.apply(values)
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
    boxes = pd.DataFrame(rows).sort_values("density", ascending=False, ignore_index=True)
    found = (boxes["runs"] * boxes["density"]).cumsum()
    return boxes.assign(
        curve_density=found / boxes["runs"].cumsum(),
        curve_coverage=boxes["coverage"].cumsum(),
        p_value=np.nan,
    )


def _steps(inputs: pd.DataFrame, interesting: np.ndarray) -> pd.DataFrame:
    """Return the boxes of PRIM, from all runs to the smallest box."""
    require("ema", "PRIM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its parts that are not installed, of old pandas
        from ema_workbench.analysis.prim import Prim

        box = Prim(inputs, interesting, threshold=ANY, mass_min=LEAST_SHARE).find_box()
    start, rows = box.box_lims[0], []
    for limits, about, p in zip(
        box.box_lims, box.peeling_trajectory.itertuples(), box.qp, strict=True
    ):
        bounds = {}
        for name in sorted(p, key=lambda name: min(x for x in p[name] if x >= 0)):
            low, high = limits[name]
            bounds[name] = (
                low if low > start[name].iloc[0] else -np.inf,
                high if high < start[name].iloc[1] else np.inf,
            )
        chances = [x for name in bounds for x in p[name] if x >= 0]
        rows.append(
            {
                "conditions": _in_words(bounds) or "everywhere",
                "bounds": bounds,
                "runs": int(about.n),
                "density": float(about.density),
                "coverage": float(about.coverage),
                "curve_density": float(about.density),
                "curve_coverage": float(about.coverage),
                "p_value": max(chances, default=np.nan),
            }
        )
    return pd.DataFrame(rows)


def _bounds(tree: object, node: int, names: list[str]) -> Bounds:
    """Return the narrowest bounds of every input on the way from the root to a leaf."""
    left, right = tree.children_left, tree.children_right  # type: ignore[attr-defined]
    bounds: Bounds = {}
    while node:
        parent = int(np.flatnonzero((left == node) | (right == node))[0])
        name = names[tree.feature[parent]]  # type: ignore[attr-defined]
        cut = float(tree.threshold[parent])  # type: ignore[attr-defined]
        low, high = bounds.get(name, (-np.inf, np.inf))
        bounds[name] = (low, min(cut, high)) if left[parent] == node else (max(cut, low), high)
        node = parent
    return bounds


def _in_words(bounds: Bounds) -> str:
    parts = []
    for name, (low, high) in sorted(bounds.items()):
        if np.isinf(low):
            parts.append(f"{name} up to {high:.4g}")
        elif np.isinf(high):
            parts.append(f"{name} above {low:.4g}")
        else:
            parts.append(f"{name} from {low:.4g} to {high:.4g}")
    return ", ".join(parts)
