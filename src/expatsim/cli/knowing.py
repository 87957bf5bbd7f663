"""Tables of the value of information, and of the sensitivity to priors and likelihood."""

from __future__ import annotations

import pandas as pd

from expatsim.cities import city as city_of
from expatsim.cli.answers import question_title
from expatsim.cli.grid import Grid
from expatsim.cli.numbers import number
from expatsim.cli.short import MORE, first_of
from expatsim.findings.outcomes import OUTCOMES
from expatsim.posterior.power_scaling import CONFLICT, LITTLE, THRESHOLD, UNSURE

MOST, FEW = 12, 4  # rows shown of everything, and below an answer
CAPTION = (
    "Percent of the variance that would go (90 % interval over draws, cross-validated; an interval "
    "that reaches zero: nothing that these draws can show)."
)


def _cell(row: pd.Series) -> str:
    """Percent of the variance that would go, with its interval."""
    share, low, high = (number(100 * row[name]) for name in ("value", "low", "high"))
    return f"{share} ({low} to {high})"


def parameters_table(frame: pd.DataFrame, title: str, most: int = MOST) -> Grid:
    """Table of the parameters whose exact value would take away most variance."""
    table = Grid(title=f"Worth knowing, {title}", caption=CAPTION)
    table.add_column("parameter")
    table.add_column("goes if it were known", justify="right")
    for _, row in frame.head(most).iterrows():
        table.add_row(row["parameter"], _cell(row))
    return table


def questions_table(frame: pd.DataFrame, title: str, most: int = MOST) -> Grid:
    """Table of the questions that would take away most variance, by number of people asked."""
    people = list(dict.fromkeys(frame["people"]))
    table = Grid(title=f"Worth asking, {title}", caption=CAPTION)
    table.add_column("city")
    table.add_column("question")
    for n in people:
        table.add_column(f"{n:,} more people", justify="right")
    for (city, _), rows in list(frame.groupby(["city", "question"], sort=False))[:most]:
        by_people = rows.set_index("people")
        words = city_of(str(city)).label, question_title(rows.iloc[0])
        table.add_row(*words, *(_cell(by_people.loc[n]) for n in people))
    return table


def power_scaling_table(frame: pd.DataFrame, title: str, whole: bool = True) -> Grid:
    """Table of the sensitivity of answers to priors and likelihood, with the diagnosis.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.power_scaling`.
    title : str
        What was asked about.
    whole : bool
        Whether all outcomes are shown; else those that come first, without the assumptions.
    """
    table = Grid(
        title=f"What answers move with: {title}",
        caption=("" if whole else f"{MORE} ")
        + "Sensitivity for each doubling of the power of the priors that carry the answer, "
        f"and of the likelihood; from {THRESHOLD:g} on it counts. In brackets: what unrelated "
        f"draws show by chance. {LITTLE}: the priors decide. {CONFLICT}: both pull. {UNSURE}: "
        "chance hides it, or no parameter goes with the answer.",
    )
    table.add_column("")
    for head in ("priors", "likelihood"):
        table.add_column(head, justify="right")
    table.add_column("diagnosis")
    if whole:
        table.add_column("carried by")
    else:
        frame = first_of(frame)
    for _, row in frame.iterrows():
        cells = [
            "" if pd.isna(row[x]) else f"{row[x]:.2f} ({row[f'{x}_noise']:.2f})"
            for x in ("prior", "likelihood")
        ]
        label = OUTCOMES[row["outcome"]].label
        carried = [row["parameters"]] if whole else []
        table.add_row(label, *cells, row["diagnosis"], *carried)
    return table
