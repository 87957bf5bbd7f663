"""What knowing more would be worth for an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from expatsim.api import Source, prepare
from expatsim.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = (50, 200, 800)  # more, who are asked
FEWEST = 20  # draws


def information(
    one: Source,
    other: Source | None = None,
    *,
    outcome: str = "newcomers_5",
    people: tuple[int, ...] = PEOPLE,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Which parameter, and which survey question, would most reduce the uncertainty of an answer.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        With ``other``, the answer is the difference ``other`` less ``one``.
    outcome : str
        A name of :data:`expatsim.analysis.summary.OUTCOMES`.
    people : tuple of int
        How many more people are asked; 50, 200 and 800 by default.
    draws, seed, parameters, progress
        As for :func:`compare`; 200 draws or more give useful intervals.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``parameters`` and ``questions``: see :mod:`expatsim.analysis.information`.

    Raises
    ------
    InputError
        If a file has a problem, the outcome is unknown or beyond the horizon, or the draws (those
        that have somebody to look at) are too few.
    """
    import numpy as np

    from expatsim.analysis import information as worth
    from expatsim.analysis.summary import OUTCOMES, outcomes, possible
    from expatsim.calibration.likelihood import studies
    from expatsim.runs.execute import simulate_together

    given = [one] if other is None else [one, other]
    loaded = prepare(given, draws=draws, seed=seed, parameters=parameters)
    if loaded[0].draws < FEWEST:
        raise InputError(f"draws: {loaded[0].draws} are too few (at least {FEWEST})")
    if outcome not in OUTCOMES:
        hint = nearest(outcome, OUTCOMES) or f"; outcomes are {', '.join(OUTCOMES)}"
        raise InputError(f"no outcome {outcome!r}{hint}")
    if outcome not in possible(loaded[0].months):
        raise InputError(f"{outcome}: {loaded[0].name} is too short for it")
    datasets = simulate_together(loaded, progress)
    found = [outcomes(d) for d in datasets]
    first, last = (f[OUTCOMES[outcome]].to_numpy() for f in (found[0], found[-1]))
    y = first if other is None else last - first
    there = ~np.isnan(y)
    if there.sum() < FEWEST:
        raise InputError(
            f"{outcome}: {there.sum()} of {len(y)} draws have anybody to look at (at least "
            f"{FEWEST} are needed)"
        )
    table = datasets[0]["parameter_value"]
    values = {
        str(p): table.sel(parameter=p).to_numpy()[there] for p in table["parameter"].to_numpy()
    }
    y = y[there]
    tell = partial(progress, "simulated studies") if progress else None
    asked = studies(values, loaded[0].seed, progress=tell)
    shares = {k: v for k, v in asked.items() if "." in k}
    seed_of = loaded[0].seed
    return {
        "parameters": worth.of_parameters(values, y, seed_of),
        "questions": worth.of_questions(shares, values["design_effect"], y, people, seed_of),
    }
