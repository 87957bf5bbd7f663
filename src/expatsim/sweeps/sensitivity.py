"""What matters most: sensitivity indices of a sweep by SALib, with intervals."""

from __future__ import annotations

from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim.errors import InputError, nearest
from expatsim.findings.outcomes import OUTCOMES
from expatsim.sweeps import free
from expatsim.sweeps.design import MORRIS_LEVELS, problem, unit_of

if TYPE_CHECKING:
    from expatsim.sweeps.store import Store

CONFIDENCE = 0.9
SHARES = (0.25, 0.5, 1.0)  # of the samples: do indices still move?
COLUMNS = [
    "outcome", "label", "input", "kind", "index",
    "value", "low", "high", "samples", "threshold", "note",
]  # fmt: skip
NO_EFFECT = "no effect in any run"
NOISE = "not told apart from noise"


class Settled(NamedTuple):
    """A finished sweep, one row for each setting in the order of the design.

    Attributes
    ----------
    about : dict
        The inputs as SALib knows them.
    unit : numpy.ndarray
        Place of every input between its ends, from zero to one.
    outcomes : pandas.DataFrame
        Mean of every outcome over replicates.
    without : dict of str to str
        Outcomes that can have no indices, and why.
    samples, seed : int
        Base samples of the design; seed of the bootstrap and of dummies.
    exact : bool
        Do settings differ in their inputs only, not in their luck?
    """

    about: dict[str, Any]
    unit: np.ndarray
    outcomes: pd.DataFrame
    without: dict[str, str]
    samples: int
    seed: int
    exact: bool


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
    about = store.settings["sweep"]
    without = {
        outcome: f"missing in {count:,} of {len(runs):,} runs (nobody to look at), so no indices"
        for outcome, count in runs[outcomes].isna().sum().items()
        if count
    }
    if about["design"] == "latin" and len(means) < free.FEWEST:
        raise InputError(
            f"{store.folder}: indices of latin need {free.FEWEST} samples or more; this sweep has "
            f"{len(means)}"
        )
    if set(outcomes) <= set(without):
        raise InputError([f"{store.folder}: {k}: {without[k]}" for k in outcomes])
    return Settled(
        problem(store.settings["inputs"]),
        unit_of(store.settings, values),
        means,
        without,
        about["samples"],
        seed + 1,  # SALib takes a seed of zero for none
        about["luck"] == "common",
    )


def indices(store: Store, outcomes: list[str] | None = None, seed: int = 0) -> pd.DataFrame:
    """Sensitivity indices that the design allows, for every outcome and input.

    ``sobol``: first order (``S1``) and total (``ST``) shares of the variance. ``morris``: mean
    absolute elementary effect (``mu_star``) and its spread (``sigma``). ``latin``: Borgonovo's
    ``delta`` and the median ``pawn`` distance, which see more than the variance.
    ``one_at_a_time``: the outcome from one end of an input to the other (``swing``). ``grid``:
    share of the variance between the levels of an input (``main``).

    An outcome that some runs lack, because nobody is there to look at, has no indices: its values
    are missing and ``note`` says why.

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
        Columns ``outcome`` (its name), ``label``, ``input``, ``kind`` (uncertainty or lever),
        ``index``, ``value``, 90 % interval ``low``, ``high`` (missing where the method has none),
        ``samples``: a quarter, half and all of the base samples for ``sobol``, ``morris`` and
        ``latin``; ``threshold``, which an input that cannot matter hardly ever exceeds (for
        ``delta``, ``pawn``, and ``main`` with independent luck, from all samples), and ``note``:
        "not told apart from noise" at or below it, "no effect in any run" where an index is exactly
        zero for that reason, or why there is none.

    Raises
    ------
    InputError
        If runs are missing or failed, or no outcome can have indices.
    """
    design = store.settings["sweep"]["design"]
    chosen = outcomes or store.settings["outcomes"]
    known = settled(store, list(chosen), seed)
    frames = []
    for outcome in chosen:
        reason = known.without.get(outcome)
        for rows in (
            [_rows(known, LEADING[design], np.nan, note=reason, samples=known.samples)]
            if reason
            else _BY_DESIGN[design](known, known.outcomes[outcome].to_numpy())
        ):
            frames.append(rows.assign(outcome=outcome, label=OUTCOMES[outcome].label))
    table = pd.concat(frames, ignore_index=True)
    table["kind"] = table["input"].map(store.settings["inputs"])
    return table[COLUMNS]


def _rows(
    known: Settled,
    index: str,
    value: Any,
    half: Any = np.nan,
    samples: int = 0,
    threshold: float = np.nan,
    note: str | None = None,
) -> pd.DataFrame:
    value = np.broadcast_to(np.asarray(value, float), known.about["num_vars"])
    half = np.asarray(half, float)
    return pd.DataFrame(
        {
            "input": known.about["names"],
            "index": index,
            "value": value,
            "low": value - half,
            "high": value + half,
            "samples": samples,
            "threshold": threshold,
            "note": note if note else np.where(value <= threshold, NOISE, ""),
        }
    )


def _exactly(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of inputs that changed nothing that they did not."""
    return rows.assign(note=np.where(rows["value"] == 0, NO_EFFECT, ""))


def _sizes(n: int, least: int) -> list[int]:
    """A quarter, half and all of the samples, each once."""
    return sorted({min(n, max(least, int(share * n))) for share in SHARES})


def _sobol(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import sobol

    about, n = known.about, known.samples
    found = []
    if np.ptp(y) == 0:
        zero = np.zeros(about["num_vars"])
        return [_rows(known, "S1", zero, zero, n), _exactly(_rows(known, "ST", zero, zero, n))]
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
        found.append(_rows(known, "S1", s["S1"], s["S1_conf"], some))
        found.append(_exactly(_rows(known, "ST", s["ST"], s["ST_conf"], some)))
    return found


def _morris(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    from SALib.analyze import morris

    about, n = known.about, known.samples
    found = []
    for some in _sizes(n, 2):
        rows = some * (about["num_vars"] + 1)
        s = morris.analyze(
            about,
            known.unit[:rows],
            y[:rows],
            conf_level=CONFIDENCE,
            num_levels=MORRIS_LEVELS,
            seed=known.seed,
        )
        found.append(_exactly(_rows(known, "mu_star", s["mu_star"], s["mu_star_conf"], some)))
        found.append(_rows(known, "sigma", s["sigma"], samples=some))
    return found


def _moments_free(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    found = []
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    for some in _sizes(len(y), free.FEWEST):
        x, part = known.unit[:some].T, y[:some]
        if np.ptp(part) == 0:
            found += [_exactly(_rows(known, i, 0.0, samples=some)) for i in ("delta", "pawn")]
            continue
        rng = np.random.default_rng(known.seed)
        each = [free.delta(column, part, free.RESAMPLES, rng) for column in x]
        width = [half * np.std(d, ddof=1) for d in each]
        limits = _thresholds(known, part, rng) if some == len(y) else (np.nan, np.nan)
        values = ([d.mean() for d in each], [free.pawn(column, part) for column in x])
        found.append(_rows(known, "delta", values[0], width, some, limits[0]))
        found.append(_rows(known, "pawn", values[1], samples=some, threshold=limits[1]))
    return found


def _thresholds(known: Settled, y: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Of delta and PAWN: inputs of a Latin hypercube are alike, so that one does for all."""

    def delta(x: np.ndarray) -> float:
        return float(free.delta(x, y, free.FEW_RESAMPLES, rng).mean())

    x, many = known.unit[:, 0], known.about["num_vars"]
    return (
        free.threshold(delta, x, many, rng),
        free.threshold(partial(free.pawn, y=y), x, many, rng),
    )


def _grid(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    """Variance of the means at the levels of an input, over the whole variance."""
    shares = [free.main(column, y) for column in known.unit.T]
    limit = np.nan
    if not known.exact:  # means of few settings differ by luck
        rng, main = np.random.default_rng(known.seed), partial(free.main, y=y)
        limit = free.threshold(main, known.unit[:, 0], known.about["num_vars"], rng)
    return [_rows(known, "main", shares, samples=len(y), threshold=limit)]


def _swings(known: Settled, y: np.ndarray) -> list[pd.DataFrame]:
    """From the low end of an input to its high end, all others in the middle."""
    return [_rows(known, "swing", y[2::2] - y[1::2], samples=len(y))]


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
    """Indices from all samples."""
    most = table.groupby(["outcome", "index"])["samples"].transform("max")
    return table[table["samples"] == most]
