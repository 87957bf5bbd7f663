"""``sensitivity.html``: the indices of a sweep, in the style of the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from expatsim.files import replacing, writing
from expatsim.intervals import FIVE, quantiles
from expatsim.report import charts
from expatsim.report.language import Language
from expatsim.report.template import environment, style
from expatsim.sweeps import columns
from expatsim.sweeps.discovery import Target, boxes_of
from expatsim.sweeps.noise import FEWEST, FEWEST_OF_ONE_LUCK
from expatsim.sweeps.sensitivity import (
    CONSTANT,
    LEADING,
    NO_EFFECT,
    NOISE,
    final,
    only,
    scenario_of,
)
from expatsim.sweeps.store import Store

MOST_SHOWN = 20  # inputs in a chart
MOST_PAIRS = 10  # of inputs, in a table
MOST_POINTS = 2000  # runs in a picture
BINS = 8  # of a dose curve
WIDEST = 0.1  # interval of a share by Sobol that is known well enough: five points either way
MEANING = {
    "ST": "total share of the variance (Sobol, eFAST): what would stay if all others were known",
    "S1": "first-order share of the variance (Sobol, eFAST): what would go if it were known",
    "S2": "share of the variance of two inputs together, beyond what each has alone (Sobol)",
    "mu_star": "mean absolute elementary effect (Morris)",
    "sigma": "spread of elementary effects (Morris): bends and interactions",
    "delta": "shift of the whole distribution (Borgonovo's delta)",
    "pawn": "median distance between distributions (PAWN)",
    "main": "share of the variance between its levels",
    "swing": "from its low to its high end, all others in the middle",
}
PROPORTIONS = ("ST", "S1", "S2", "delta", "pawn", "main")  # indices between zero and one
MARKS = {
    NOISE: "noise",
    NO_EFFECT: "no effect",
    CONSTANT: "does not vary",
}  # notes, in cells and pictures
ENGLISH = Language("en")


def leading(table: pd.DataFrame) -> str:
    """Return the index of a table by which inputs are ranked."""
    return next(i for i in LEADING.values() if i in set(table["index"]))


def ranked(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return final indices of an outcome, one column for each, the strongest input first."""
    some = table[(table["outcome"] == outcome) & (table["other"] == "")]
    wide = some.pivot(index="input", columns="index", values="value")
    order = wide[leading(some)].abs().sort_values(ascending=False).index
    return wide.loc[order]


def why_none(table: pd.DataFrame, outcome: str) -> str:
    """Return why an outcome has no indices; empty if it has them."""
    some = table[table["outcome"] == outcome]
    return str(some["note"].iloc[0]) if some["value"].isna().all() else ""


def pairs(table: pd.DataFrame, outcome: str) -> list[dict[str, str]]:
    """Return the strongest pairs of inputs, each with its share of the variance as text.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`expatsim.sweeps.sensitivity.final`.
    outcome : str
        Name of an outcome.
    """
    some = table[(table["outcome"] == outcome) & (table["other"] != "")]
    strongest = some.sort_values("value", ascending=False).head(MOST_PAIRS)
    return [
        {"pair": f"{x['input']} and {x['other']}", "cell": cell(x, "S2")}
        for _, x in strongest.iterrows()
    ]


def thresholds(table: pd.DataFrame, outcome: str) -> str:
    """Return a sentence on what marks an input as noise; empty where nothing does."""
    last = final(table[table["outcome"] == outcome])
    some = last.dropna(subset="threshold")
    limits = some.groupby("index", sort=False)["threshold"].max()
    words = ", ".join(f"{index} {_number(limit, index)}" for index, limit in limits.items())
    indices = set(last["index"])
    if last["value"].isna().all() or not {*limits.index, "mu_star", "ST"} & indices:
        return ""
    if "ST" in indices and last["low"].isna().all():  # eFAST has no intervals
        return f"a dummy, an input that no run uses, has {words}: inputs near it may do nothing"
    if not {"mu_star", "ST"} & indices:
        return f"{MARKS[NOISE]}: {NOISE}; an input that cannot matter hardly ever exceeds {words}"
    zero = (
        f"{MARKS[NOISE]}: {NOISE}; the interval holds zero, which an input that cannot matter has"
    )
    if words:
        return f"{zero}, or luck alone may make as much (at most {words})"
    return (
        f"{zero}; what luck makes of an effect is not known: only replicates tell ({FEWEST} or "
        f"more with independent luck, {FEWEST_OF_ONE_LUCK} with common luck)"
    )


def too_few(table: pd.DataFrame, outcome: str) -> str:
    """Return a sentence if the base samples of Sobol are too few for an outcome; else empty.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`expatsim.sweeps.indices`.
    outcome : str
        Name of an outcome.
    """
    last = final(table[table["outcome"] == outcome])
    some = last[last["index"].isin(("S1", "ST")) & last["low"].notna()]
    if some.empty:
        return ""
    samples, width = int(some["samples"].iloc[0]), some["high"] - some["low"]
    above, reasons = some[some["value"] > 1], []
    for _, x in above.iterrows():
        reasons.append(f"{x['index']} of {x['input']} is {x['value']:.2f}, more than the whole")
    if width.max() > WIDEST:
        x = some.loc[width.idxmax()]
        reasons.append(
            f"the interval of {x['index']} of {x['input']} is {width.max():.2f} wide, more than "
            f"{WIDEST:g}"
        )
    if not reasons:
        return ""
    return f"{samples:,} base samples are too few for such shares: {'; '.join(reasons)}"


def write_page(
    store: Store,
    table: pd.DataFrame,
    outcomes: list[str],
    target: Target | None,
    scenario: str | None = None,
) -> Path:
    """Write the page into the store's folder; return its path.

    Parameters
    ----------
    store : Store
        A finished sweep.
    table : pandas.DataFrame
        From :func:`expatsim.sweeps.indices`.
    outcomes : list of str
        Outcomes of the table, in the order of the page.
    target : Target, optional
        What scenario discovery looks for in the first outcome; by default there is none.
    scenario : str, optional
        Which of the sweep's scenarios the table is of; by default the first.
    """
    name = scenario_of(store, scenario)
    frame = only(store.frame(), name)
    boxes, picture = [], None
    if target is not None:
        all_boxes = boxes_of(frame, list(store.settings["inputs"]), target)
        boxes = all_boxes.to_dict("records")
        picture = _box(frame, all_boxes.iloc[0], target)
    parts = [_part(store, frame, table, outcome) for outcome in outcomes]
    text = (
        environment("expatsim.sweeps")
        .get_template("sensitivity.html.j2")
        .render(
            style=style(),
            settings=store.settings,
            scenario=next(s["title"] for s in store.settings["scenarios"] if s["name"] == name),
            runs=len(frame),
            meaning=MEANING,
            columns=next(part["columns"] for part in parts if not part["why_none"]),
            parts=parts,
            boxes=boxes,
            picture=picture,
            target=target,
        )
    )
    path = store.folder / "sensitivity.html"
    with writing(store.folder, "nothing was changed"), replacing(path) as work:
        work.write_text(text, encoding="utf-8")
    return path


def _part(store: Store, frame: pd.DataFrame, table: pd.DataFrame, outcome: str) -> dict[str, Any]:
    last = final(table)
    some = last[(last["outcome"] == outcome) & (last["other"] == "")]
    about = {
        "name": outcome,
        "label": columns.label(outcome),
        "why_none": why_none(table, outcome),
    }
    if about["why_none"]:
        return about
    wide, index = ranked(last, outcome), leading(some)
    inputs = store.settings["inputs"].items()
    rows = some.set_index(["input", "index"])
    shown = list(wide.index[wide[index].notna()][:MOST_SHOWN])
    pictures = [_bars(rows, shown, index, outcome)]
    if "S1" in wide and index == "ST":
        pictures.append(_bars(rows, shown, "S1", outcome))
    if "sigma" in wide:
        pictures.append(_morris(wide, outcome))
    pictures += [_dose(frame, x, outcome) for x, kind in inputs if kind == "lever"]
    moving = table[(table["outcome"] == outcome) & (table["index"] == index)]
    return {
        **about,
        "index": index,
        "thresholds": thresholds(table, outcome),
        "too_few": too_few(table, outcome),
        "columns": list(wide.columns),
        "rows": [
            {
                "name": n,
                "kind": store.settings["inputs"][n],
                "cells": [cell(rows.loc[(n, i)], i) for i in wide.columns],
            }
            for n in wide.index
        ],
        "pictures": pictures,
        "pairs": pairs(last, outcome),
        "convergence": _convergence(moving, shown[:5]),
    }


def cell(x: pd.Series, index: str) -> str:
    """Return a value with its interval and mark, as text.

    Parameters
    ----------
    x : pandas.Series
        A row of the table of indices.
    index : str
        Name of the index, which decides the format.

    Examples
    --------
    >>> cell(pd.Series({"value": 0.25, "low": 0.2, "high": 0.3, "note": ""}), "ST")
    '0.25 (0.20 to 0.30)'
    """
    interval = ""
    if np.isnan(x["value"]):
        return _mark(x).strip()
    if not np.isnan(x["low"]):
        interval = f" ({_number(x['low'], index)} to {_number(x['high'], index)})"
    return f"{_number(x['value'], index)}{interval}{_mark(x)}"


def _mark(x: pd.Series) -> str:
    return f" {MARKS[x['note']]}" if x["note"] in MARKS else ""


def _number(value: float, index: str) -> str:
    """Return a number as text: proportions with two decimals, others with two figures."""
    return f"{value:z.2f}" if index in PROPORTIONS else f"{value:.2g}"


def _bars(rows: pd.DataFrame, names: list[str], index: str, outcome: str) -> charts.Chart:
    """Return bars with intervals: Sobol or Morris indices, or a tornado of swings."""
    bars = []
    for name in names:
        x = rows.loc[(name, index)]
        low, high = (x["value"] if np.isnan(x[c]) else x[c] for c in ("low", "high"))
        if np.isnan(x["low"]):  # from nothing to its value
            low, high = min(0.0, x["value"]), max(0.0, x["value"])
        text = f"{_number(x['value'], index)}{_mark(x)}"
        bars.append(charts.Bar(name, low, high, x["value"], text))
    alt = f"{outcome}, {MEANING[index]}: " + "; ".join(f"{b.label} {b.text}" for b in bars)
    return charts.intervals(bars, alt, MEANING[index].split(":")[0], charts.limits(bars), ENGLISH)


def _morris(wide: pd.DataFrame, outcome: str) -> charts.Chart:
    alt = f"{outcome}: mean absolute elementary effect against its spread, by input."
    return charts.labelled_points(
        wide["mu_star"].to_numpy(), wide["sigma"].to_numpy(), list(wide.index), alt,
        ("mean absolute elementary effect", "spread of elementary effects"), ENGLISH,
    )  # fmt: skip


def _dose(frame: pd.DataFrame, lever: str, outcome: str) -> charts.Chart:
    """Return a chart of an outcome by level of a lever, over everything else that varies."""
    frame = frame[frame[outcome].notna()]
    levels = frame[lever]
    few = levels.nunique() <= BINS
    cut = levels if few else pd.qcut(levels, BINS, duplicates="drop").map(lambda i: i.mid)
    groups = frame.groupby(cut, observed=True)[outcome]
    x, bands = zip(*((float(level), quantiles(y, FIVE)) for level, y in groups), strict=True)
    spread = np.transpose(bands)
    alt = f"{outcome} by level of {lever}: median {spread[2, 0]:.3g} to {spread[2, -1]:.3g}."
    return charts.response(np.array(x), spread, alt, (lever, outcome), ENGLISH)


def _box(frame: pd.DataFrame, first: pd.Series, target: Target) -> charts.Chart:
    """Return a chart of the purest box over its two strongest inputs, or one and the outcome."""
    names = [*first["bounds"], target.outcome][:2]
    bounds = (*first["bounds"].values(), (-np.inf, np.inf))[:2]
    alt = (
        f"Runs by {names[0]} and {names[1]}, those with {target} marked, and the "
        f"purest box: {first['conditions']}."
    )
    frame = frame[frame[target.outcome].notna()]
    frame = frame.iloc[:: -(-len(frame) // MOST_POINTS)]  # enough to see; a picture stays small
    x, y = (frame[name].to_numpy(float) for name in names)
    labels = (*names, str(target), "others")
    inside = target.holds(frame)
    return charts.box(x, y, inside, bounds, alt, labels, ENGLISH)


def _convergence(moving: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return the leading index of the strongest inputs from a quarter, half and all samples."""
    if moving["samples"].nunique() < 2:
        return []
    index = moving["index"].iloc[0]
    wide = moving.pivot(index="input", columns="samples", values="value")
    whole = moving[moving["samples"] == moving["samples"].max()].set_index("input")
    rows = []
    for n in names:
        values = wide.loc[n].tolist()
        x = whole.loc[n]
        still = not np.isnan(x["low"]) and not x["low"] <= values[-2] <= x["high"]
        rows.append({"name": n, "values": [_number(v, index) for v in values], "moves": still})
    return [{"samples": list(wide.columns), "rows": rows}]
