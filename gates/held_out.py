"""Gate 4: patterns on which nothing was tuned. A miss is reported, not repaired."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from expatsim import posterior
from expatsim.calibration.study import Shares
from expatsim.calibration.targets import Counts, Interval, of_question
from expatsim.cities import city_names
from expatsim.intervals import quantiles
from expatsim.model.rates import city_quality
from expatsim.model.state import WISHES
from expatsim.observed import counts, table
from expatsim.survey.question import answered
from expatsim.survey.questions import QUESTIONS
from gates import departures
from gates.common import Calibration, keep, load

LONG_HISTORIES = 64  # posterior draws whose long history is simulated
ERROR = 0.02  # standard deviation of a published share, as in the targets
REPLICATES = 25  # random studies of each simulated one
HELD_OUT = [q.name for q in QUESTIONS.values() if q.calibration == "held out"]


def with_wishes(study: Shares) -> Shares:
    """The study with entries for the wish given the kind of contract, shares of answers."""
    more = {}
    for city in city_names():
        dated, open_ = np.split(study[f"{city}.contract_by_wish"], 2, axis=1)
        for kind, part in (("end_date", dated), ("open", open_)):
            more[f"{city}.wish_{kind}"] = part / part.sum(axis=1, keepdims=True)
    return study | more


def place(text: str) -> str:
    """The first place in the report that a text names, in words: ``fn12`` is footnote 12."""
    first = re.match(r"(?:Tabel |fn|§)[\d.]+", text)
    short = first[0] if first else text
    return short.replace("fn", "footnote ").replace("§", "section ")


def wishes() -> list[Counts | Interval]:
    """Targets for the wish by kind of contract; see :func:`with_wishes`."""
    question = QUESTIONS["contract_by_wish"]
    return [
        Counts(
            f"wish, contract {words}",
            place(observed.place),
            f"{city}.wish_{kind}",
            WISHES,
            observed.counts[start : start + len(WISHES)],
        )
        for city in city_names()
        if (observed := question.observed(city))
        for start, kind, words in (
            (0, "end_date", "with end date"),
            (len(WISHES), "open", "without end date"),
        )
    ]


def held_out_targets() -> list[Counts | Interval]:
    """Held-out tables as targets: counts, and words read as intervals of counts."""
    others = [
        replace(of_question(question, observed, city), source=place(observed.place))
        for name in HELD_OUT
        for city in city_names()
        for question, observed in answered(QUESTIONS, [name], city)
    ]
    return [*wishes(), *others]


def row(
    name: str, source: str, observed: str, shown: np.ndarray, low: float, high: float, unit: str
) -> dict[str, object]:
    """Row of the table for one pattern: prediction, and probability of the observed value.

    Parameters
    ----------
    name, source : str
        Name of the pattern, and its place in the report.
    observed : str
        Observed value, for readers.
    shown : numpy.ndarray, shape (draws,)
        Predicted values.
    low, high : float
        Observed value, or the ends of the observed interval.
    unit : str
        ``"%"`` for shares, else empty.
    """
    q = quantiles(shown)
    if low == high:
        # twice the smaller tail, the observed value included
        p = min(1.0, 2 * min(np.mean(shown <= low), np.mean(shown >= high)))
    else:
        p = np.mean((shown >= low) & (shown <= high))
    factor, digits = (100, 0) if unit == "%" else (1, 0)
    return {
        "pattern": name,
        "source": source,
        "observed": observed,
        "simulated": f"{factor * q[1]:.{digits}f}{unit}",
        "90 % interval": f"{factor * q[0]:.{digits}f} to {factor * q[2]:.{digits}f}{unit}",
        "probability": f"{p:.3f} ({'of the interval' if low != high else 'both tails'})",
        "result": "hit" if q[0] <= high and low <= q[2] else "MISS",
    }


def count_rows(calibration: Calibration) -> list[dict[str, object]]:
    """Rows of the patterns that are counts of respondents."""
    study, rng = with_wishes(calibration.study), np.random.default_rng(0)
    effect = np.repeat(calibration.design_effect, REPLICATES)
    rows = []
    for target in held_out_targets():
        predicted = np.repeat(target.predicted(study), REPLICATES, axis=0)
        shown = target.replicate(predicted, effect, rng)
        for k, (cell, low, high) in enumerate(target.cells()):
            if cell == "no" and target.cells()[0][0] == "yes":
                continue
            asked = target.total if isinstance(target, Interval) else sum(target.observed)
            number = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
            name = target.name if cell == "yes" and k == 0 else f"{target.name}: {cell}"
            text = f"{number} of {asked:.0f}"
            rows.append(row(name, target.source, text, shown[:, k], low, high, ""))
    return rows


def departure_rows() -> list[dict[str, object]]:
    """Rows of the departures by calendar year, and of the stays of leavers by origin."""
    values = posterior.sample("posterior", 1, np.arange(LONG_HISTORIES))
    long = departures.simulate(values)
    rng = np.random.default_rng(1)

    def published(x: np.ndarray) -> np.ndarray:
        again = np.repeat(x, REPLICATES)
        return again + ERROR * rng.standard_normal(len(again))

    first, second = published(long.calendar[:, 0]), published(long.calendar[:, 1])
    rows = [
        row("left in the calendar year of arrival", "EXT-06", "almost 10%", first, 0.08, 0.1, "%"),
        # 7,400 of 31,000 labour migrants of 2011
        row("left in the next calendar year", "EXT-06", "24%", second, 0.239, 0.239, "%"),
    ]
    leavers = table("DEP").set_index("category")
    for dutch, origin in (
        ("Indiers", "India"),
        ("Chinezen", "China"),
        ("Amerikanen", "United States"),
    ):
        low = leavers.loc[dutch, "low"] / 100
        name = f"left Rotterdam within five years, of leavers from {origin}"
        observed = f"more than {100 * low:.0f}%"
        rows.append(row(name, "footnote 7", observed, long.short[origin], low, 1.0, "%"))
    return rows


def main() -> None:
    """Print and keep the table of held-out patterns."""
    calibration = load()
    rows = count_rows(calibration) + departure_rows()
    frame = pd.DataFrame(rows)
    closer = calibration.study["rotterdam.more_expats_than_dutch"][:, 0]
    low, median, high = quantiles(closer)
    agrees = "agrees with" if low > 0.5 else "does not settle"
    first, second = city_names()
    overall = {c: counts("T41", c)["overall quality of life"] for c in (first, second)}
    mean = {c: city_quality(c).grade for c in (first, second)}
    order = np.sign(mean[second] - mean[first]) == np.sign(overall[second] - overall[first])
    short = ", ".join(f"{overall[c] - mean[c]:.2f}" for c in (first, second))
    keep(
        "held_out",
        "Held-out patterns",
        "python -m gates.held_out",
        f"{(frame['result'] == 'hit').sum()} of {len(frame)} inside their 90 % predictive "
        "interval. Nothing was tuned on these; counts carry the study's size and design effect.",
        frame,
        "## What the model says less about",
        "- Order of Tabel 2.6 (closeness): the model has no closeness. Its nearest word: "
        f"{median:.0%} ({low:.0%} to {high:.0%}) of respondents have more expat contacts still "
        f"here than Dutch friends, which {agrees} expats (4.0) above Dutch people (2.8). The "
        "order of the other six groups is not simulated.\n"
        "- Core-network types 12/9/1/27/17/9: the model has no friends at home and does not rank "
        "contacts; only the proxy above is held against them.\n"
        f"- Overall grade {overall[first]} and {overall[second]} (Tabel 4.1): the mean of "
        "the ten other grades, which the model takes in, is "
        f"{mean[first]:.2f} and {mean[second]:.2f}: the order of the cities is "
        f"{'right' if order else 'wrong'}, the level is too low by {short}. Respondents rate the "
        "whole above its parts.",
    )


if __name__ == "__main__":
    main()
