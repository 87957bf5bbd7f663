"""What matters most: sensitivity indices of a sweep by SALib, with intervals."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim.errors import InputError, nearest
from expatsim.sweeps.design import MORRIS_LEVELS, problem

if TYPE_CHECKING:
    from expatsim.sweeps.store import Store

CONFIDENCE = 0.9
SHARES = (0.25, 0.5, 1.0)  # of the samples: do indices still move?
COLUMNS = ["outcome", "input", "kind", "index", "value", "low", "high", "samples"]


class Settled(NamedTuple):
    """A finished sweep, one row for each setting in the order of the design.

    Attributes
    ----------
    about : dict
        The inputs as SALib knows them.
    inputs : pandas.DataFrame
        Value of every input.
    outcomes : pandas.DataFrame
        Mean of every outcome over replicates.
    samples, seed : int
        Base samples of the design; seed of the bootstrap.
    """

    about: dict[str, Any]
    inputs: pd.DataFrame
    outcomes: pd.DataFrame
    samples: int
    seed: int


def settled(store: Store, outcomes: list[str], seed: int) -> Settled:
    """Read a sweep once, for all of its indices.

    Raises
    ------
    InputError
        If runs are missing, or there is no such outcome.
    """
    known = store.settings["outcomes"]
    for outcome in outcomes:
        if outcome not in known:
            raise InputError(f"no outcome {outcome!r} in {store.folder}{nearest(outcome, known)}")
    runs, inputs = store.results(), store.inputs()
    if len(runs) < len(inputs):
        raise InputError(
            f"{store.folder}: {len(inputs) - len(runs):,} of {len(inputs):,} runs are missing or "
            "failed; indices need them all"
        )
    means = runs[outcomes].groupby(inputs["setting"]).mean().sort_index()
    values = inputs.drop_duplicates("setting").set_index("setting").sort_index()
    names = list(store.settings["inputs"])
    samples = store.settings["sweep"]["samples"]
    # SALib takes a seed of zero for none
    return Settled(problem(names), values[names], means, samples, seed + 1)


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
    chosen = outcomes or store.settings["outcomes"]
    known = settled(store, list(chosen), seed)
    frames = []
    for outcome in chosen:
        for rows in _BY_DESIGN[design](known, known.outcomes[outcome].to_numpy()):
            frames.append(rows.assign(outcome=outcome))
    table = pd.concat(frames, ignore_index=True)
    table["kind"] = table["input"].map(store.settings["inputs"])
    return table[COLUMNS]


def _ranks(known: Settled) -> np.ndarray:
    """Inputs between zero and one, evenly by value."""
    low, high = known.inputs.min(), known.inputs.max()
    return ((known.inputs - low) / (high - low).where(high > low, 1.0)).to_numpy()


def _rows(
    known: Settled, index: str, value: Any, half: Any = None, samples: int = 0
) -> pd.DataFrame:
    value = np.asarray(value, float)
    half = np.full(len(value), np.nan) if half is None else np.asarray(half, float)
    return pd.DataFrame(
        {
            "input": known.about["names"],
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


def _sobol(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import sobol

    about, n = known.about, known.samples
    found = []
    if np.ptp(y) == 0:
        zero = np.zeros(about["num_vars"])
        return [_rows(known, index, zero, zero, n) for index in ("S1", "ST")]
    for some in _sizes(n, 2):
        part = y[: some * (about["num_vars"] + 2)]
        s = sobol.analyze(
            about,
            part,
            calc_second_order=False,
            conf_level=CONFIDENCE,
            seed=known.seed,
            num_resamples=200,
        )
        found += [_rows(known, i, s[i], s[f"{i}_conf"], some) for i in ("S1", "ST")]
    return found


def _morris(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import morris

    about, n = known.about, known.samples
    # levels of the design: inputs are spread over their quantiles, not evenly
    unit = (known.inputs.rank(method="dense") - 1).div(MORRIS_LEVELS - 1).to_numpy()
    found = []
    for some in _sizes(n, 2):
        rows = some * (about["num_vars"] + 1)
        s = morris.analyze(
            about,
            unit[:rows],
            y[:rows],
            conf_level=CONFIDENCE,
            num_levels=MORRIS_LEVELS,
            seed=known.seed,
        )
        found.append(_rows(known, "mu_star", s["mu_star"], s["mu_star_conf"], some))
        found.append(_rows(known, "sigma", s["sigma"], None, some))
    return found


def _moments_free(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import delta, pawn

    about, unit, found = known.about, _ranks(known), []
    for some in _sizes(len(y), 10):
        if np.ptp(y[:some]) == 0:
            found.append(_rows(known, "delta", np.zeros(about["num_vars"]), None, some))
            continue
        # SALib sets its own filter and format, and tells of every bin that it merges
        plain = warnings.formatwarning
        with warnings.catch_warnings(record=True):
            d = delta.analyze(
                about, unit[:some], y[:some], conf_level=CONFIDENCE, seed=known.seed, method="delta"
            )
        warnings.formatwarning = plain
        found.append(_rows(known, "delta", d["delta_raw"], d["delta_raw_conf"], some))
        w = pawn.analyze(about, unit[:some], y[:some], S=10, seed=known.seed)
        found.append(_rows(known, "pawn", w["median"], None, some))
    return found


def _grid(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    """Variance of the means at the levels of an input, over the whole variance."""
    unit, total = _ranks(known), float(np.var(y))
    shares = []
    for column in unit.T:
        means = pd.Series(y).groupby(column).transform("mean")
        shares.append(float(np.var(means)) / total if total > 0 else 0.0)
    return [_rows(known, "main", shares, None, len(y))]


def _swings(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    """From the low end of an input to its high end, all others in the middle."""
    return [_rows(known, "swing", y[2::2] - y[1::2], None, len(y))]


_BY_DESIGN = {
    "sobol": _sobol,
    "morris": _morris,
    "latin": _moments_free,
    "grid": _grid,
    "one_at_a_time": _swings,
}


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Indices from all samples."""
    most = table.groupby(["outcome", "index"])["samples"].transform("max")
    return table[table["samples"] == most]
