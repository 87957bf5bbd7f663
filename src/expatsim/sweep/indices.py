"""What matters most: sensitivity indices of a sweep by SALib, with intervals."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from expatsim.errors import InputError
from expatsim.sweep.design import MORRIS_LEVELS

if TYPE_CHECKING:
    from expatsim.sweep.store import Store

CONFIDENCE = 0.9
SHARES = (0.25, 0.5, 1.0)  # of the samples: do indices still move?
COLUMNS = ["outcome", "input", "kind", "index", "value", "low", "high", "samples"]


def answers(store: Store, outcome: str) -> np.ndarray:
    """Mean of an outcome over the replicates of every setting, in the order of the design.

    Raises
    ------
    InputError
        If runs are missing, or there is no such outcome.
    """
    from expatsim.errors import nearest

    known = store.settings["outcomes"]
    if outcome not in known:
        raise InputError(f"no outcome {outcome!r} in {store.folder}{nearest(outcome, known)}")
    frame, inputs = store.frame(), store.inputs()
    if len(frame) < len(inputs):
        raise InputError(
            f"{store.folder}: {len(inputs) - len(frame):,} of {len(inputs):,} runs are missing or "
            "failed; indices need them all"
        )
    return frame.groupby("setting")[outcome].mean().sort_index().to_numpy()


def indices(store: Store, outcomes: list[str] | None = None, seed: int = 0) -> pd.DataFrame:
    """Sensitivity indices that the design allows, for every outcome and input.

    ``sobol``: first order (``S1``) and total (``ST``) shares of the variance. ``morris``: mean
    absolute elementary effect (``mu_star``) and its spread (``sigma``). ``latin`` (and ``sobol``):
    Borgonovo's ``delta`` and the median ``pawn`` distance, which see more than the variance.
    ``one_at_a_time``: the outcome from one end of an input to the other (``swing``). ``grid``:
    share of the variance between the levels of an input (``main``).

    Parameters
    ----------
    store : Store
    outcomes : list of str, optional
        All by default.
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``input``, ``kind`` (uncertainty or lever), ``index``, ``value``, 90 %
        interval ``low``, ``high`` (missing where the method has none), and ``samples``: a quarter,
        half and all of the base samples for ``sobol``, ``morris`` and ``latin``.
    """
    design = store.settings["sweep"]["design"]
    frames = []
    for outcome in outcomes or store.settings["outcomes"]:
        y = answers(store, outcome)
        for rows in _by_design(design)(store, y, seed):
            frames.append(rows.assign(outcome=outcome))
    table = pd.concat(frames, ignore_index=True)
    table["kind"] = table["input"].map(store.settings["inputs"])
    return table[COLUMNS]


def _by_design(design: str) -> Any:
    return {
        "sobol": _sobol,
        "morris": _morris,
        "latin": _moments_free,
        "grid": _grid,
        "one_at_a_time": _swings,
    }[design]


def _problem(store: Store) -> dict[str, Any]:
    names = list(store.settings["inputs"])
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _unit(store: Store) -> np.ndarray:
    """The design's inputs, by setting, as ranks between zero and one (what the methods need)."""
    frame = store.inputs().drop_duplicates("setting").set_index("setting").sort_index()
    values = frame[list(store.settings["inputs"])]
    low, high = values.min(), values.max()
    return ((values - low) / (high - low).where(high > low, 1.0)).to_numpy()


def _rows(store: Store, index: str, value: Any, half: Any = None, samples: int = 0) -> pd.DataFrame:
    value = np.asarray(value, float)
    half = np.full(len(value), np.nan) if half is None else np.asarray(half, float)
    return pd.DataFrame(
        {
            "input": list(store.settings["inputs"]),
            "index": index,
            "value": value,
            "low": value - half,
            "high": value + half,
            "samples": samples,
        }
    )


def _sizes(n: int, least: int) -> list[int]:
    """A quarter, half and all of the samples, each once."""
    return sorted({min(n, max(least, int(share * n))) for share in SHARES})


def _sobol(store: Store, y: np.ndarray, seed: int) -> list[pd.DataFrame]:
    from SALib.analyze import sobol

    about, n = _problem(store), store.settings["sweep"]["samples"]
    found = []
    if np.ptp(y) == 0:
        zero = np.zeros(about["num_vars"])
        return [_rows(store, index, zero, zero, n) for index in ("S1", "ST")]
    for some in _sizes(n, 2):
        part = y[: some * (about["num_vars"] + 2)]
        s = sobol.analyze(
            about,
            part,
            calc_second_order=False,
            conf_level=CONFIDENCE,
            seed=seed,
            num_resamples=200,
        )
        found += [_rows(store, i, s[i], s[f"{i}_conf"], some) for i in ("S1", "ST")]
    return found


def _morris(store: Store, y: np.ndarray, seed: int) -> list[pd.DataFrame]:
    from SALib.analyze import morris

    about, n = _problem(store), store.settings["sweep"]["samples"]
    unit, found = _exact_morris(store), []
    for some in _sizes(n, 2):
        rows = some * (about["num_vars"] + 1)
        s = morris.analyze(
            about, unit[:rows], y[:rows], conf_level=CONFIDENCE, num_levels=MORRIS_LEVELS, seed=seed
        )
        found.append(_rows(store, "mu_star", s["mu_star"], s["mu_star_conf"], some))
        found.append(_rows(store, "sigma", s["sigma"], None, some))
    return found


def _exact_morris(store: Store) -> np.ndarray:
    """Levels of the Morris design: inputs are spread over their quantiles, not evenly."""
    frame = store.inputs().drop_duplicates("setting").set_index("setting").sort_index()
    values = frame[list(store.settings["inputs"])]
    return (values.rank(method="dense") - 1).div(MORRIS_LEVELS - 1).to_numpy()


def _moments_free(store: Store, y: np.ndarray, seed: int) -> list[pd.DataFrame]:
    from SALib.analyze import delta, pawn

    about, unit, found = _problem(store), _unit(store), []
    for some in _sizes(len(y), 10):
        if np.ptp(y[:some]) == 0:
            found.append(_rows(store, "delta", np.zeros(about["num_vars"]), None, some))
            continue
        with warnings.catch_warnings():  # it tells of every bin that it merges
            warnings.simplefilter("ignore", UserWarning)
            d = delta.analyze(
                about, unit[:some], y[:some], conf_level=CONFIDENCE, seed=seed, method="delta"
            )
        found.append(_rows(store, "delta", d["delta_raw"], d["delta_raw_conf"], some))
        w = pawn.analyze(about, unit[:some], y[:some], S=10, seed=seed)
        found.append(_rows(store, "pawn", w["median"], None, some))
    return found


def _grid(store: Store, y: np.ndarray, seed: int) -> list[pd.DataFrame]:
    """Variance of the means at the levels of an input, over the whole variance."""
    unit, total = _unit(store), float(np.var(y))
    shares = []
    for column in unit.T:
        means = pd.Series(y).groupby(column).transform("mean")
        shares.append(float(np.var(means)) / total if total > 0 else 0.0)
    return [_rows(store, "main", shares, None, len(y))]


def _swings(store: Store, y: np.ndarray, seed: int) -> list[pd.DataFrame]:
    """From the low end of an input to its high end, all others in the middle."""
    return [_rows(store, "swing", y[2::2] - y[1::2], None, len(y))]


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Indices from all samples."""
    most = table.groupby(["outcome", "index"])["samples"].transform("max")
    return table[table["samples"] == most]
