"""Evaluation of a table: parameter values and levels of levers in, outcomes out, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from expatsim import arguments
from expatsim.errors import InputError
from expatsim.executors import open_executor
from expatsim.inputs.messages import problems_of
from expatsim.inputs.read import Document
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario.scenario import Scenario
from expatsim.sweeps import execute
from expatsim.sweeps.design import centre, design
from expatsim.sweeps.run import run_jobs, sweep, threads_of
from expatsim.sweeps.settings import FILE, Sweep, SweepFile, check_sweep
from expatsim.sweeps.table import table_of

ABOUT = Path("evaluate")  # before each problem, where a sweep file has its name
SHOWN = 3  # errors of runs in a message


def evaluate(
    scenario: ScenarioLike | Sequence[ScenarioLike],
    table: pd.DataFrame | str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    outcomes: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    series: str | Sequence[str] = (),
    replicates: int = 1,
    luck: str = "common",
    people: float = 1.0,
    years: int | None = None,
    seed: int | None = None,
    parameters: str | Path = "posterior",
    out: str | Path | None = None,
    resume: bool = False,
    scheduler: str | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Return outcomes for every row of a table of parameter values and levels of levers.

    It is a sweep of design ``file`` without a sweep file: the same runs, and with ``out`` the same
    store, for :func:`expatsim.open_runs`.

    Parameters
    ----------
    scenario : str, pathlib.Path, mapping, Scenario or a sequence of them
        The scenario that rows change; with several, such as policies, each is run in every row.
    table : pandas.DataFrame, str, pathlib.Path, mapping or sequence of mappings
        A row for each setting: a table, a CSV or Parquet file, values by column, or a dict for each
        row. A column is a parameter (each
        parameter without one has the median of ``parameters``), a lever, ``climate``, ``inflow``
        (workers who arrive in a year), ``start`` (the first month, ``"2012-07"`` or 2012.5),
        ``delay`` (months by which the policy comes later), or a lever with ``_delay`` after it.
        Levels hold from the start on, or from the end of their delay, whatever the scenario says.
    outcomes : str or sequence of str
        Outcomes that are kept; all by default.
    groups : str or sequence of str
        Groups of people for whom shares are kept as well, as columns such as ``welcome[women]``.
    series : str or sequence of str
        Indicators that are kept for every month, as columns such as ``here[2012-06]``.
    replicates : int
        Runs of each row, each with other people and other luck.
    luck : {"common", "independent"}
        Whether all rows have the same people and luck, so that differences are effects, or row
        ``k`` has those of draw ``k`` of :func:`expatsim.run` (with one replicate).
    people : float
        Factor for numbers of people.
    years : int, optional
        Length; by default that of the scenario.
    seed : int, optional
        Random seed; by default that of the first scenario.
    parameters : str or pathlib.Path
        ``"posterior"``, ``"prior"``, or a file of draws: where medians are from.
    out : str or pathlib.Path, optional
        Folder of a store that keeps every chunk of runs when it is done. By default nothing is
        written.
    resume : bool
        Go on with the store that is in the folder.
    scheduler, threads, progress : optional
        As for :func:`expatsim.sweep`.

    Returns
    -------
    pandas.DataFrame
        A row for each run, index ``run``: ``setting`` (row of the table, from zero), ``replicate``,
        ``scenario`` if there are several, the columns of the table, and the outcomes, missing where
        nobody is there to look at.

    Raises
    ------
    InputError
        If a column or a value is not allowed, before anything runs or is written; or if runs
        failed. With ``out`` all others are kept, and ``resume`` tries the failed ones again.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"english_information": [0.3, 0.9], "leave_choice": [0.01, 0.01]})
    >>> found = evaluate("scenarios/rotterdam.yaml", table, people=0.02, outcomes=["welcome"])
    >>> list(found.columns)
    ['setting', 'replicate', 'english_information', 'leave_choice', 'welcome']
    """
    scenarios = load_all(scenario, seed=seed)
    threads = threads_of(threads)
    values = {
        "title": f"evaluate: {', '.join(s.name for s in scenarios)}"[:200],
        "scenario": scenarios[0].name,
        "others": [s.name for s in scenarios[1:]],
        "uncertainties": {"source": str(parameters)},
        "design": FILE,
        "table": Path(table).name if isinstance(table, str | Path) else "",
        "outcomes": arguments.names("outcomes", outcomes),
        "groups": arguments.names("groups", groups),
        "series": arguments.names("series", series),
        "replicates": replicates,
        "luck": luck,
        "people": people,
        "years": years,
        "seed": scenarios[0].seed,
    }
    # numbers of NumPy are Python's
    values = {k: x.item() if isinstance(x, np.generic) else x for k, x in values.items()}
    rows = table_of(table)
    chosen = _checked(values, scenarios, rows)
    if out is not None:
        store = sweep(
            chosen, out, resume=resume, scheduler=scheduler, threads=threads, progress=progress
        )
        _must_be_done(store.failures()["error"].to_dict(), f"; {out} keeps the others, go on there")
        return store.frame()
    runs = design(chosen)
    jobs = execute.jobs(chosen, runs, centre(chosen), execute.chunk_of(chosen))
    with open_executor(scheduler) as executor:
        parts = list(run_jobs(executor, jobs, threads, progress))
    _must_be_done({run: text for part in parts for run, text in part.errors.items()}, "")
    return runs.join(pd.concat([part.results for part in parts]).sort_index())


def _checked(values: dict[str, Any], scenarios: Sequence[Scenario], rows: pd.DataFrame) -> Sweep:
    """Return the sweep that arguments stand for, after the checks that a sweep file has."""
    document = Document(values, {}, "", [], {}, True)
    problems = problems_of(ABOUT, document, SweepFile)
    if problems:
        raise InputError(problems)
    file = SweepFile.model_validate(values)
    source = file.uncertainties.source
    return check_sweep(ABOUT, file, document, scenarios, source, rows)


def _must_be_done(errors: dict[int, str], kept: str) -> None:
    """Raise an error if runs failed."""
    if errors:
        first = "; ".join(f"run {run}: {text}" for run, text in list(errors.items())[:SHOWN])
        raise InputError(f"{ABOUT}: {len(errors):,} runs failed ({first}){kept}")
