"""The diagnostics page of a calibration: one text file and two pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from expatsim.calibration.settings import Settings
from expatsim.drawing import drawing, new_figure
from expatsim.posterior.power_scaling import CONFLICT, LITTLE, UNSURE
from expatsim.text import visible

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# colours of Okabe and Ito, and grey
OBSERVED = "#D55E00"
SIMULATED = "#0072B2"
PRIOR = "#999999"


def markdown(frame: pd.DataFrame) -> str:
    """A frame as a Markdown table; numbers to three digits."""

    def cell(x: object) -> str:
        if isinstance(x, (bool, np.bool_)):
            return "yes" if x else "no"
        return f"{x:.3g}" if isinstance(x, (float, np.floating)) else str(x)

    lines = ["| " + " | ".join(map(str, frame.columns)) + " |", "|---" * frame.shape[1] + "|"]
    lines += [
        "| " + " | ".join(cell(x) for x in row) + " |"
        for row in frame.itertuples(index=False, name=None)
    ]
    return "\n".join(lines)


def cells(fit: pd.DataFrame) -> pd.DataFrame:
    """Observed and simulated cells as text for readers: shares in percent, counts as they are."""
    import pandas as pd

    def words(low: float, high: float, share: bool) -> str:
        if share:
            return f"{100 * low:.1f} %" if low == high else f"{100 * low:.0f} to {100 * high:.0f} %"
        return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"

    rows = []
    for x in fit.itertuples():
        share = x.asked == 1 and x.cell == "share"
        row = {
            "target": x.target,
            "cell": x.cell,
            "observed": words(x.observed_low, x.observed_high, share),
            "simulated": words(x.median, x.median, share),
            "90 % interval": words(x.low, x.high, share),
            "99 % interval": words(x.low_99, x.high_99, share),
            "inside 90 %": bool(x.inside_90),
            "inside 99 %": bool(x.inside_99),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def text(
    settings: Settings,
    findings: dict[str, object],
    table: pd.DataFrame,
    fit: pd.DataFrame,
    pairs: pd.DataFrame,
    scaled: pd.DataFrame,
) -> str:
    """The diagnostics page in Markdown.

    Parameters
    ----------
    settings : Settings
        Settings of the calibration, whose title is the page's.
    findings : dict of str to object
        Facts for the top of the page, by label.
    table, fit, pairs, scaled : pandas.DataFrame
        From ``parameters``, ``predictive``, ``trade_offs`` and ``sensitivities`` of
        :mod:`expatsim.calibration.diagnostics`.
    """
    intervals = [c for c in table.columns if c.startswith(("prior_", "posterior_"))]
    shown = ["parameter", *intervals, "ratio", "rhat", "ess_bulk", "ess_tail"]
    every = table.sort_values("ratio").reset_index(names="parameter")
    learned, silent = (every.loc[every["informed"] == x, shown] for x in (True, False))
    facts = "\n".join(f"- {k}: {v}" for k, v in findings.items())
    inform, do_not = "Parameters that the data inform", "Parameters that the data do not inform"
    if findings.get("converged") != "yes":  # chains that stand still are narrow too
        facts += "\n\n**The chains have not converged: nothing below is a finding.**"
        inform, do_not = "Parameters with a ratio of 0.9 or less", "Parameters with a larger ratio"
    return f"""# Calibration: {visible(settings.title)}

{facts}

![Targets](targets.png)

## Targets, observed and simulated

{markdown(cells(fit))}

## {inform}

Ratio: posterior to prior standard deviation on the scale of the prior's normal score; 1 means that
the data said nothing. Intervals are 90 %.

{markdown(learned)}

![Parameters](parameters.png)

## {do_not}

Ratio above 0.9: what the posterior says of them is mostly what the prior said.

{markdown(silent)}

## Pairs that trade off

Rank correlations of the posterior; the data tell their combination better than each.

{markdown(pairs)}

## Sensitivity to prior and likelihood

How far the posterior of a parameter moves for each doubling of the power of its own prior, and of
the likelihood of all targets (power scaling, Kallioinen and others 2023; from 0.05 on it counts).
Noise: what unrelated draws show by chance, in 19 of 20 cases at most. "{LITTLE}": the prior
decides. "{CONFLICT}": both pull, in different directions or with much force. "{UNSURE}": the noise
hides the answer.

{markdown(scaled)}
"""


@drawing()
def draw_targets(fit: pd.DataFrame, path: Path) -> None:
    """Draw every cell: observed, and the 90 % interval of studies of the same size."""
    figure, axes = _figure(len(fit))
    fit = fit.iloc[::-1].reset_index(drop=True)
    total = fit["asked"]
    y = np.arange(len(fit))
    axes.hlines(y, fit["low_99"] / total, fit["high_99"] / total, color=SIMULATED, lw=1)
    axes.hlines(y, fit["low"] / total, fit["high"] / total, color=SIMULATED, lw=5, alpha=0.5)
    axes.plot(fit["median"] / total, y, "|", color=SIMULATED, ms=9, label="simulated: median")
    axes.hlines(y, fit["observed_low"] / total, fit["observed_high"] / total, color=OBSERVED, lw=3)
    middle = (fit["observed_low"] + fit["observed_high"]) / 2
    axes.plot(middle / total, y, "o", color=OBSERVED, ms=5, label="observed")
    axes.set_yticks(y, [f"{t}: {c}" for t, c in zip(fit["target"], fit["cell"], strict=True)])
    axes.set_xlabel("share of those asked; bars 90 %, lines 99 % of studies of the same size")
    _finish(figure, axes, path)


@drawing()
def draw_parameters(table: pd.DataFrame, path: Path) -> None:
    """Draw prior and posterior of the informed parameters, on the scale of the prior."""
    shown = table[table["informed"]].sort_values("ratio", ascending=False)
    figure, axes = _figure(len(shown))
    y = np.arange(len(shown))
    low, high = shown["prior_low"], shown["prior_high"]
    width = high - low

    def place(column: str) -> pd.Series:
        return (shown[column] - low) / width

    axes.hlines(y + 0.15, 0, 1, color=PRIOR, lw=4, alpha=0.6, label="prior, 90 %")
    axes.hlines(
        y - 0.15,
        place("posterior_low"),
        place("posterior_high"),
        color=SIMULATED,
        lw=4,
        label="posterior, 90 %",
    )
    axes.plot(place("prior_median"), y + 0.15, "|", color="black", ms=7)
    axes.plot(place("posterior_median"), y - 0.15, "|", color="black", ms=7)
    axes.set_yticks(y, shown.index)
    axes.set_xticks([0, 1], ["lower end\nof the prior", "upper end\nof the prior"])
    _finish(figure, axes, path)


def _figure(rows: int) -> tuple[Figure, Axes]:
    figure, (axes,) = new_figure(9, 1.4 + 0.24 * rows)
    return figure, axes


def _finish(figure: Figure, axes: Axes, path: Path) -> None:
    axes.margins(y=0.01)
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    figure.savefig(path, dpi=130)
