"""Where the uncertainty of an answer comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from expatsim.api import Source, prepare
from expatsim.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FEWEST_ROWS = 2  # of a file of draws: one does not vary


def uncertainty(
    one: Source,
    other: Source | None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> pd.DataFrame:
    """Where the uncertainty of outcomes, or of their differences, comes from.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        With ``other``, the answers are the differences ``other`` less ``one``.
    draws : int, optional
        Of each of nine sets of draws; 64 give a first look.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        By ``outcome`` and ``source``: see :func:`expatsim.analysis.variance.shares`. ``attrs`` has
        ``"note"`` where a file of draws is too short for two sets of its own, or there are fewer
        than 40 draws.

    Raises
    ------
    InputError
        If a file has a problem, or a file of draws has one row.
    """
    import pandas as pd

    from expatsim.analysis import variance
    from expatsim.analysis.summary import outcomes
    from expatsim.analysis.sureness import FEWEST_DRAWS
    from expatsim.calibration import posterior
    from expatsim.runs.execute import simulate_together
    from expatsim.runs.prepare import Sources

    given = [one] if other is None else [one, other]
    loaded = prepare(given, draws=draws, seed=seed, parameters=parameters)

    def answers(replicates: dict[str, Any]) -> dict[str, np.ndarray]:
        datasets = simulate_together(loaded, progress, sources=Sources(**replicates))
        found = [{k: v.to_numpy() for k, v in outcomes(d).items()} for d in datasets]
        before, after = found[0], found[-1]
        return before if other is None else {k: after[k] - before[k] for k in before}

    first = loaded[0]
    source, digest, n = first.parameters, first.parameters_digest, first.draws
    rows = posterior.number_of_draws(source, digest)
    if rows is not None and rows < FEWEST_ROWS:
        raise InputError(
            f"{source}: {rows} row of draws: nothing can be said of parameters (at least "
            f"{FEWEST_ROWS})"
        )
    designs = variance.designs(n, posterior.independent(source, first.seed, n, digest))
    by_design = {name: answers(replicates) for name, replicates in designs.items()}
    frames = [
        variance.shares({n: a[label] for n, a in by_design.items()}).assign(outcome=label)
        for label in by_design["a"]
    ]
    frame = pd.concat(frames, ignore_index=True)
    notes = [posterior.too_short(source, n, digest)]
    if n < FEWEST_DRAWS:
        notes.append(f"{n} draws are too few: {FEWEST_DRAWS} give a first look")
    note = "; ".join(filter(None, notes))
    frame.attrs |= {"note": note} if note else {}
    return frame
