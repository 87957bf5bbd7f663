"""Sensitivity indices of a sweep by SALib, with intervals."""

from __future__ import annotations

from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim.errors import InputError, nearest
from expatsim.extras import require
from expatsim.findings.outcomes import OUTCOMES
from expatsim.sweeps import free
from expatsim.sweeps.design import MORRIS_LEVELS, problem, unit_of

if TYPE_CHECKING:
    from expatsim.sweeps.store import Store

CONFIDENCE = 0.9  # of all intervals
SHARES = (0.25, 0.5, 1.0)  # of the samples, to see whether indices have converged
COLUMNS = [
    "outcome", "label", "input", "kind", "index",
    "value", "low", "high", "samples", "threshold", "note",
]  # fmt: skip
NO_EFFECT = "no effect in any run"
NOISE = "not told apart from noise"


class FinishedSweep(NamedTuple):
    """A finished sweep, one row for each setting in the order of the design.

    Attributes
    ----------
    about : dict
        The inputs as a problem of SALib.
    unit : numpy.ndarray, shape (settings, inputs)
        Position of every input between its ends, from zero to one.
    outcomes : pandas.DataFrame
        Mean of every outcome over replicates.
    without : dict of str to str
        Outcomes that can have no indices, and why.
    samples, seed : int
        Base samples of the design; seed of the bootstrap and of dummies.
    exact : bool
        Whether settings differ in their inputs only, and have the same luck.
    """

    about: dict[str, Any]
    unit: np.ndarray
    outcomes: pd.DataFrame
    without: dict[str, str]
    samples: int
    seed: int
    exact: bool


def read_finished(store: Store, outcomes: list[str], seed: int) -> FinishedSweep:
    """Return a finished sweep for the computation of indices.

    Parameters
    ----------
    store : Store
        The store of the sweep.
    outcomes : list of str
        Outcomes that get indices.
    seed : int
        Seed of bootstrap and dummies.

    Raises
    ------
    InputError
        If runs are missing, or there is no such outcome.
    """
    all_outcomes = store.settings["outcomes"]
    for outcome in outcomes:
        if outcome not in all_outcomes:
            raise InputError(
                f"no outcome {outcome!r} in {store.folder}{nearest(outcome, all_outcomes)}"
            )
    runs, inputs = store.results(), store.inputs()
    if len(runs) < len(inputs):
        raise InputError(
            f"{store.folder}: {len(inputs) - len(runs):,} of {len(inputs):,} runs are missing or "
            "failed; indices need them all"
        )
    means = runs[outcomes].groupby(inputs["setting"]).mean().sort_index()
    values = inputs.drop_duplicates("setting").set_index("setting").sort_index()
    settings = store.settings["sweep"]
    without = {
        outcome: f"missing in {count:,} of {len(runs):,} runs (nobody to look at), so no indices"
        for outcome, count in runs[outcomes].isna().sum().items()
        if count
    }
    if settings["design"] == "latin" and len(means) < free.FEWEST:
        raise InputError(
            f"{store.folder}: indices of latin need {free.FEWEST} samples or more; this sweep has "
            f"{len(means)}"
        )
    if set(outcomes) <= set(without):
        raise InputError([f"{store.folder}: {k}: {without[k]}" for k in outcomes])
    return FinishedSweep(
        problem(store.settings["inputs"]),
        unit_of(store.settings, values),
        means,
        without,
        settings["samples"],
        seed + 1,  # SALib takes a seed of zero for none
        settings["luck"] == "common",
    )


def indices(store: Store, outcomes: list[str] | None = None, seed: int = 0) -> pd.DataFrame:
    """Return the sensitivity indices that the design allows, for every outcome and input.

    ``sobol``: first order (``S1``) and total (``ST``) shares of the variance. ``morris``: mean
    absolute elementary effect (``mu_star``) and its spread (``sigma``). ``latin``: Borgonovo's
    ``delta`` and the median ``pawn`` distance, which compare whole distributions.
    ``one_at_a_time``: the outcome from one end of an input to the other (``swing``). ``grid``:
    share of the variance between the levels of an input (``main``).

    An outcome that some runs lack, because nobody is there to look at, has no indices: its values
    are missing and ``note`` says why.

    Parameters
    ----------
    store : Store
        A finished sweep.
    outcomes : list of str, optional
        Outcomes that get indices; by default all that the sweep kept.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome`` (its name), ``label``, ``input``, ``kind`` (uncertainty or lever),
        ``index``, ``value``, 90 % interval ``low``, ``high`` (missing where the method has none),
        ``samples``: a quarter, half and all of the base samples for ``sobol``, ``morris`` and
        ``latin``; ``threshold``, which an input without effect hardly ever exceeds (for
        ``delta``, ``pawn``, and ``main`` with independent luck, from all samples), and ``note``:
        "not told apart from noise" at or below it, "no effect in any run" where an index is exactly
        zero for that reason, or why there is none.

    Raises
    ------
    InputError
        If runs are missing or failed, or no outcome can have indices.
    """
    require("research", "sensitivity")
    design = store.settings["sweep"]["design"]
    chosen = outcomes or store.settings["outcomes"]
    finished = read_finished(store, list(chosen), seed)
    frames = []
    for outcome in chosen:
        reason = finished.without.get(outcome)
        for rows in (
            [_rows(finished, LEADING[design], np.nan, note=reason, samples=finished.samples)]
            if reason
            else _BY_DESIGN[design](finished, finished.outcomes[outcome].to_numpy())
        ):
            frames.append(rows.assign(outcome=outcome, label=OUTCOMES[outcome].label))
    table = pd.concat(frames, ignore_index=True)
    table["kind"] = table["input"].map(store.settings["inputs"])
    return table[COLUMNS]


def _rows(
    finished: FinishedSweep,
    index: str,
    value: Any,
    half: Any = np.nan,
    samples: int = 0,
    threshold: float = np.nan,
    note: str | None = None,
) -> pd.DataFrame:
    value = np.broadcast_to(np.asarray(value, float), finished.about["num_vars"])
    half = np.asarray(half, float)
    return pd.DataFrame(
        {
            "input": finished.about["names"],
            "index": index,
            "value": value,
            "low": value - half,
            "high": value + half,
            "samples": samples,
            "threshold": threshold,
            "note": note if note else np.where(value <= threshold, NOISE, ""),
        }
    )


def _with_no_effect(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with a note on inputs that had no effect in any run."""
    return rows.assign(note=np.where(rows["value"] == 0, NO_EFFECT, ""))


def _sample_sizes(n: int, least: int) -> list[int]:
    """Return a quarter, half and all of the samples, each once."""
    return sorted({min(n, max(least, int(share * n))) for share in SHARES})


def _sobol(finished: FinishedSweep, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import sobol

    about, n = finished.about, finished.samples
    frames = []
    if np.ptp(y) == 0:
        zero = np.zeros(about["num_vars"])
        return [
            _rows(finished, "S1", zero, zero, n),
            _with_no_effect(_rows(finished, "ST", zero, zero, n)),
        ]
    for some in _sample_sizes(n, 2):
        part = y[: some * (about["num_vars"] + 2)]
        s = sobol.analyze(
            about,
            part,
            calc_second_order=False,
            conf_level=CONFIDENCE,
            seed=finished.seed,
            num_resamples=200,
        )
        frames.append(_rows(finished, "S1", s["S1"], s["S1_conf"], some))
        frames.append(_with_no_effect(_rows(finished, "ST", s["ST"], s["ST_conf"], some)))
    return frames


def _morris(finished: FinishedSweep, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import morris

    about, n = finished.about, finished.samples
    frames = []
    for some in _sample_sizes(n, 2):
        rows = some * (about["num_vars"] + 1)
        s = morris.analyze(
            about,
            finished.unit[:rows],
            y[:rows],
            conf_level=CONFIDENCE,
            num_levels=MORRIS_LEVELS,
            seed=finished.seed,
        )
        frames.append(
            _with_no_effect(_rows(finished, "mu_star", s["mu_star"], s["mu_star_conf"], some))
        )
        frames.append(_rows(finished, "sigma", s["sigma"], samples=some))
    return frames


def _moments_free(finished: FinishedSweep, y: np.ndarray) -> list[pd.DataFrame]:
    frames = []
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    for some in _sample_sizes(len(y), free.FEWEST):
        x, part = finished.unit[:some].T, y[:some]
        if np.ptp(part) == 0:
            frames += [
                _with_no_effect(_rows(finished, i, 0.0, samples=some)) for i in ("delta", "pawn")
            ]
            continue
        rng = np.random.default_rng(finished.seed)
        deltas = [free.delta(column, part, free.RESAMPLES, rng) for column in x]
        width = [half * np.std(d, ddof=1) for d in deltas]
        limits = _thresholds(finished, part, rng) if some == len(y) else (np.nan, np.nan)
        values = ([d.mean() for d in deltas], [free.pawn(column, part) for column in x])
        frames.append(_rows(finished, "delta", values[0], width, some, limits[0]))
        frames.append(_rows(finished, "pawn", values[1], samples=some, threshold=limits[1]))
    return frames


def _thresholds(
    finished: FinishedSweep, y: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """Return thresholds of delta and PAWN.

    All inputs of a Latin hypercube have the same distribution, so that dummies of one do for all.
    """

    def delta(x: np.ndarray) -> float:
        return float(free.delta(x, y, free.FEW_RESAMPLES, rng).mean())

    x, many = finished.unit[:, 0], finished.about["num_vars"]
    return (
        free.threshold(delta, x, many, rng),
        free.threshold(partial(free.pawn, y=y), x, many, rng),
    )


def _grid(finished: FinishedSweep, y: np.ndarray) -> list[pd.DataFrame]:
    """Return the variance of the means at the levels of each input, over the whole variance."""
    shares = [free.main(column, y) for column in finished.unit.T]
    limit = np.nan
    if not finished.exact:  # means of few settings differ by luck
        rng, main = np.random.default_rng(finished.seed), partial(free.main, y=y)
        limit = free.threshold(main, finished.unit[:, 0], finished.about["num_vars"], rng)
    return [_rows(finished, "main", shares, samples=len(y), threshold=limit)]


def _swings(finished: FinishedSweep, y: np.ndarray) -> list[pd.DataFrame]:
    """Return the change from the low end of each input to its high end, others in the middle."""
    return [_rows(finished, "swing", y[2::2] - y[1::2], samples=len(y))]


LEADING = {  # the index that ranks inputs
    "sobol": "ST",
    "morris": "mu_star",
    "latin": "delta",
    "grid": "main",
    "one_at_a_time": "swing",
}
_BY_DESIGN = {
    "sobol": _sobol,
    "morris": _morris,
    "latin": _moments_free,
    "grid": _grid,
    "one_at_a_time": _swings,
}


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Return the indices from all samples, without those from a quarter and half of them."""
    most = table.groupby(["outcome", "index"])["samples"].transform("max")
    return table[table["samples"] == most]
