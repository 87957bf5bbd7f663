"""Sensitivity indices of a sweep by SALib, with intervals."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim import arguments
from expatsim.errors import InputError, nearest
from expatsim.extras import require
from expatsim.sweeps import columns, free, noise
from expatsim.sweeps.design import DUMMY, MORRIS_LEVELS, problem, unit_of
from expatsim.sweeps.settings import block_of_sobol
from expatsim.sweeps.store import Store, of_sweep

CONFIDENCE = 0.9  # of all intervals
# how near to that of the dummy an index of eFAST is of an input that may do nothing: curves of
# inputs without effect differ, and half of them are above that of any one dummy
TIMES_DUMMY, BEYOND_DUMMY = 2.5, 0.01
SHARES = (0.25, 0.5, 1.0)  # of the samples, to see whether indices have converged
COLUMNS = [
    "outcome", "label", "input", "kind", "index", "other",
    "value", "low", "high", "samples", "threshold", "note",
]  # fmt: skip
NO_EFFECT = "no effect in any run"
NOISE = "not told apart from noise"
CONSTANT = "the same in every run"


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
    replicates : dict of str to numpy.ndarray
        Every outcome by setting and replicate, shape (settings, replicates).
    without : dict of str to str
        Outcomes that can have no indices, and why.
    samples, seed : int
        Base samples of the design; seed of the bootstrap and of dummies.
    second_order : bool
        Whether a design of Sobol tells shares of pairs.
    exact : bool
        Whether settings differ in their inputs only, and have the same luck.
    """

    about: dict[str, Any]
    unit: np.ndarray
    outcomes: pd.DataFrame
    replicates: dict[str, np.ndarray]
    without: dict[str, str]
    samples: int
    seed: int
    second_order: bool
    exact: bool


def scenario_of(store: Store, scenario: str | None) -> str:
    """Return the name of a scenario of a store, by default its first.

    Raises
    ------
    InputError
        If it has no scenario of that name.
    """
    names = [about["name"] for about in store.settings["scenarios"]]
    if scenario is not None and scenario not in names:
        listed = f"; scenarios are {', '.join(names)}"
        hint = nearest(scenario, names) or listed
        raise InputError(f"no scenario {scenario!r} in {store.folder}{hint}")
    return scenario or str(names[0])


def only(frame: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Return the rows of a scenario from a table of runs, which may have several."""
    if "scenario" not in frame:
        return frame
    return frame[frame["scenario"] == scenario].drop(columns="scenario")


def read_finished(
    store: Store, outcomes: list[str], seed: int, scenario: str | None = None
) -> FinishedSweep:
    """Return a finished sweep for the computation of indices.

    Parameters
    ----------
    store : Store
        The store of the sweep.
    outcomes : list of str
        Outcomes that get indices.
    seed : int
        Seed of bootstrap and dummies.
    scenario : str, optional
        Which of its scenarios; by default the first.

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
    runs, inputs = store.results(), only(store.inputs(), scenario_of(store, scenario))
    runs = runs[runs.index.isin(inputs.index)].sort_index()
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
    if settings["design"] in ("latin", "file") and len(means) < free.FEWEST:
        raise InputError(
            f"{store.folder}: indices of {settings['design']} need {free.FEWEST} samples or more; "
            f"this sweep has {len(means)}"
        )
    if set(outcomes) <= set(without):
        raise InputError([f"{store.folder}: {k}: {without[k]}" for k in outcomes])
    return FinishedSweep(
        problem(store.settings["inputs"]),
        unit_of(store.settings, values),
        means,
        {k: runs[k].to_numpy().reshape(len(means), -1) for k in outcomes},
        without,
        settings["samples"],
        seed + 1,  # SALib takes a seed of zero for none
        settings["second_order"],
        settings["luck"] == "common",
    )


def indices(
    store: Store,
    outcomes: str | Sequence[str] | None = None,
    seed: int = 0,
    scenario: str | None = None,
) -> pd.DataFrame:
    """Return the sensitivity indices that the design allows, for every outcome and input.

    ``sobol``: first order (``S1``) and total (``ST``) shares of the variance, and with
    ``second_order`` those of pairs (``S2``). ``fast``: the same ``S1`` and ``ST`` by eFAST.
    ``morris``: mean absolute elementary effect (``mu_star``) and its spread (``sigma``).
    ``latin`` and ``file``: Borgonovo's ``delta`` and the median ``pawn`` distance, which compare
    whole distributions. Where columns of a file go together, so do their indices.
    ``one_at_a_time``: the outcome from one end of an input to the other (``swing``). ``grid``:
    share of the variance between the levels of an input (``main``).

    An outcome that some runs lack, because nobody is there to look at, has no indices: its values
    are missing and ``note`` says why.

    Parameters
    ----------
    store : Store
        A finished sweep.
    outcomes : str or sequence of str, optional
        Outcomes that get indices; by default all that the sweep kept.
    seed : int
        Seed of the bootstrap.
    scenario : str, optional
        Which of the sweep's scenarios; by default the first.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome`` (its name), ``label``, ``input``, ``kind`` (uncertainty or lever),
        ``index``, ``other`` (second input of a pair, else empty), ``value``, 90 % interval ``low``,
        ``high`` (missing where the method has none),
        ``samples``: a quarter, half and all of the base samples for ``sobol``, ``morris`` and
        ``latin``; ``threshold``, which an input without effect hardly ever exceeds (for
        ``delta``, ``pawn`` and ``main`` with independent luck, from all samples; for ``ST`` and
        ``mu_star`` of sweeps with replicates it is what luck alone may make; for ``fast`` it is
        the index of one dummy, which an input without effect is near), and ``note``:
        "not told apart from noise" at or below it (for ``fast`` up to 2.5 times it or 0.01 above),
        or where the interval of ``sobol`` or ``morris``
        holds zero, which a dummy has; "no effect in any run" where an index is exactly
        zero for that reason, or why there is none.

    Raises
    ------
    InputError
        If runs are missing or failed, or no outcome can have indices.
    """
    require("research", "sensitivity")
    design = of_sweep(store).settings["sweep"]["design"]
    chosen = arguments.names("outcomes", outcomes or store.settings["outcomes"])
    seed = arguments.whole_number("seed", seed, 0, 2**32 - 2)
    finished = read_finished(store, chosen, seed, scenario)
    frames = []
    for outcome in chosen:
        reason = finished.without.get(outcome)
        for rows in (
            [_rows(finished, LEADING[design], np.nan, note=reason, samples=finished.samples)]
            if reason
            else _BY_DESIGN[design](finished, outcome)
        ):
            frames.append(rows.assign(outcome=outcome, label=columns.label(outcome)))
    table = pd.concat(frames, ignore_index=True)
    table["kind"] = table["input"].map(store.settings["inputs"])
    return table[COLUMNS]


def _rows(
    finished: FinishedSweep,
    index: str,
    value: Any,
    half: Any = np.nan,
    samples: int = 0,
    threshold: Any = np.nan,
    note: str | None = None,
) -> pd.DataFrame:
    value = np.broadcast_to(np.asarray(value, float), finished.about["num_vars"])
    half = np.asarray(half, float)
    return pd.DataFrame(
        {
            "input": finished.about["names"],
            "index": index,
            "other": "",
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


def _beside_a_dummy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with notes on inputs that are not told apart from a dummy.

    Where runs differ in one input at a time, a dummy has exactly zero: an index whose interval
    holds zero, or that luck may explain, is not told apart from it.
    """
    noisy = (rows["low"] <= 0) | (rows["value"] <= rows["threshold"])
    notes = np.where(noisy, NOISE, "")
    return rows.assign(note=np.where(rows["value"] == 0, NO_EFFECT, notes))


def _sample_sizes(n: int, least: int) -> list[int]:
    """Return a quarter, half and all of the samples, each once."""
    return sorted({min(n, max(least, int(share * n))) for share in SHARES})


def _sobol(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    from SALib.analyze import sobol

    y, each = finished.outcomes[outcome].to_numpy(), finished.replicates[outcome]
    about, n, pairs = finished.about, finished.samples, finished.second_order
    block = block_of_sobol(about["num_vars"], pairs)
    frames = []
    if np.ptp(y) == 0:
        zero = np.zeros(about["num_vars"])
        return [
            _with_no_effect(_rows(finished, "S1", zero, zero, n)),
            _with_no_effect(_rows(finished, "ST", zero, zero, n)),
        ]
    for some in _sample_sizes(n, 2):
        part = y[: some * block]
        s = sobol.analyze(
            about,
            part,
            calc_second_order=pairs,
            conf_level=CONFIDENCE,
            seed=finished.seed,
            num_resamples=200,
        )
        limit: Any = np.nan
        if some == n:
            alone = noise.differences(each, about["num_vars"], block)
            luck = noise.mean_square(alone, finished.exact)
            limit = luck / (2 * np.var([part[::block], part[block - 1 :: block]]))
        frames += [
            _beside_a_dummy(_rows(finished, "S1", s["S1"], s["S1_conf"], some)),
            _beside_a_dummy(_rows(finished, "ST", s["ST"], s["ST_conf"], some, limit)),
        ]
    return [*frames, _beside_a_dummy(_pairs(about["names"], s, n))] if pairs else frames


def _pairs(names: list[str], s: Any, samples: int) -> pd.DataFrame:
    """Return the share of the variance of every pair of inputs, beyond what each has alone."""
    one, other = np.triu_indices(len(names), 1)
    value, half = s["S2"][one, other], s["S2_conf"][one, other]
    return pd.DataFrame(
        {
            "input": np.array(names)[one],
            "index": "S2",
            "other": np.array(names)[other],
            "value": value,
            "low": value - half,
            "high": value + half,
            "samples": samples,
            "threshold": np.nan,
            "note": "",
        }
    )


def _fast(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    """Return shares of the variance by eFAST, with those of the dummy as thresholds.

    Up to 2.5 times that of the dummy, or 0.01 above it, an index is not told apart from noise.
    SALib's intervals are left out: its authors warn that they are not reliable.
    """
    from SALib.analyze import fast

    names, y = [*finished.about["names"], DUMMY], finished.outcomes[outcome].to_numpy()
    if np.ptp(y) == 0:  # SALib says that all of the variance, which is zero, is everybody's
        zero = [_rows(finished, index, 0.0, samples=finished.samples) for index in ("S1", "ST")]
        return [_with_no_effect(rows) for rows in zero]
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.filterwarnings("ignore", message="FAST confidence intervals")
        s = fast.analyze(problem(names), y, num_resamples=2)
    rows = []
    for index in ("S1", "ST"):
        *values, dummy = np.nan_to_num(np.array(s[index], float))  # of a curve without variance
        found = _rows(finished, index, values, samples=finished.samples, threshold=float(dummy))
        near = found["value"] <= max(TIMES_DUMMY * dummy, dummy + BEYOND_DUMMY)
        rows.append(found.assign(note=np.where(near, NOISE, "")))
    return rows


def _morris(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    from SALib.analyze import morris

    y = finished.outcomes[outcome].to_numpy()
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
        limit: Any = np.nan
        if some == n:  # a mean of absolute effects is never above the root of their mean square
            effects = noise.elementary_effects(finished.unit, finished.replicates[outcome])
            limit = np.sqrt(noise.mean_square(effects, finished.exact))
        strong = _rows(finished, "mu_star", s["mu_star"], s["mu_star_conf"], some, limit)
        frames.append(_beside_a_dummy(strong))
        frames.append(_rows(finished, "sigma", s["sigma"], samples=some))
    return frames


def _moments_free(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    frames, y = [], finished.outcomes[outcome].to_numpy()
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    for some in _sample_sizes(len(y), free.FEWEST):
        x, part = finished.unit[:some].T, y[:some]
        if np.ptp(part) == 0:
            frames += [
                _with_no_effect(_rows(finished, i, 0.0, samples=some)) for i in ("delta", "pawn")
            ]
            continue
        rng = np.random.default_rng(finished.seed)
        moving = np.ptp(x, axis=1) > 0
        deltas = [free.delta(column, part, free.RESAMPLES, rng) for column in x[moving]]
        width = [half * np.std(d, ddof=1) for d in deltas]
        limits = (
            _thresholds(x[moving], part, rng)
            if some == len(y)
            else np.full((2, moving.sum()), np.nan)
        )
        values = ([d.mean() for d in deltas], [free.pawn(column, part) for column in x[moving]])

        def of_all(numbers: Any, moving: np.ndarray = moving) -> np.ndarray:
            """Return numbers of the inputs that vary, missing for the others."""
            every = np.full(len(moving), np.nan)
            every[moving] = numbers
            return every

        for index, value, spread, limit in (
            ("delta", values[0], width, limits[0]),
            ("pawn", values[1], np.nan, limits[1]),
        ):
            rows = _rows(finished, index, of_all(value), of_all(spread), some, of_all(limit))
            frames.append(rows.assign(note=np.where(moving, rows["note"], CONSTANT)))
    return frames


def _thresholds(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return thresholds of delta and PAWN for every input, shape (2, inputs).

    Both depend on ranks only, so that dummies of one input do for all in which most values differ,
    as in a Latin hypercube; an input of few values has its own.
    """
    found: dict[tuple[int, ...], tuple[float, float]] = {}

    def delta(column: np.ndarray) -> float:
        return float(free.delta(column, y, free.FEW_RESAMPLES, rng).mean())

    keys = []
    for column in x:
        counts = np.unique(column, return_counts=True)[1]
        keys.append(() if len(counts) > len(column) / 2 else tuple(counts.tolist()))
        if keys[-1] not in found:
            found[keys[-1]] = (
                free.threshold(delta, column, len(x), rng),
                free.threshold(partial(free.pawn, y=y), column, len(x), rng),
            )
    return np.array([found[key] for key in keys]).T


def _grid(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    """Return the variance of the means at the levels of each input, over the whole variance."""
    y = finished.outcomes[outcome].to_numpy()
    shares = [free.main(column, y) for column in finished.unit.T]
    limit = np.nan
    if not finished.exact:  # means of few settings differ by luck
        rng, main = np.random.default_rng(finished.seed), partial(free.main, y=y)
        limit = free.threshold(main, finished.unit[:, 0], finished.about["num_vars"], rng)
    rows = _rows(finished, "main", shares, samples=len(y), threshold=limit)
    count = finished.about["num_vars"]
    levels = round(len(y) ** (1 / count))
    axes = y.reshape([levels] * count)
    idle = [finished.exact and not np.ptp(axes, axis=k).any() for k in range(count)]
    return [rows.assign(note=np.where(idle, NO_EFFECT, rows["note"]))]


def _swings(finished: FinishedSweep, outcome: str) -> list[pd.DataFrame]:
    """Return the change from the low end of each input to its high end, others in the middle."""
    y = finished.outcomes[outcome].to_numpy()
    return [_with_no_effect(_rows(finished, "swing", y[2::2] - y[1::2], samples=len(y)))]


LEADING = {  # the index that ranks inputs
    "sobol": "ST",
    "fast": "ST",
    "file": "delta",
    "morris": "mu_star",
    "latin": "delta",
    "grid": "main",
    "one_at_a_time": "swing",
}
_BY_DESIGN = {
    "sobol": _sobol,
    "fast": _fast,
    "file": _moments_free,
    "morris": _morris,
    "latin": _moments_free,
    "grid": _grid,
    "one_at_a_time": _swings,
}


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Return the indices from all samples, without those from a quarter and half of them."""
    most = table.groupby(["outcome", "index"])["samples"].transform("max")
    return table[table["samples"] == most]
