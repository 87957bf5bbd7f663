"""How outcomes respond to the level of one lever, and to a later start of a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from expatsim.api import Source, prepare
from expatsim.errors import InputError, nearest
from expatsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def dose(
    scenario: Source,
    lever: str,
    *,
    levels: int = 6,
    relative: bool = False,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> pd.DataFrame:
    """Response of every share-like outcome to one lever over its range.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        The baseline.
    lever : str
    levels : int
        Evenly spaced, both ends included; 2 to 50.
    relative : bool
        Steps are added to what is there, which is each draw's own level where the scenario stands
        as in 2009, instead of setting the same level in all draws.
    draws, seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`expatsim.analysis.dose.responses`; differences with the scenario as it is.

    Raises
    ------
    InputError
        If there is no such lever, or ``levels`` is out of range.
    """
    from expatsim.analysis import dose as doses
    from expatsim.levers import LEVERS

    problems = []
    if lever not in LEVERS:
        problems.append(f"no lever {lever!r}{nearest(lever, LEVERS)}; levers: {', '.join(LEVERS)}")
    if not 2 <= levels <= 50:
        problems.append(f"levels: {levels} is out of range (allowed: 2 to 50)")
    if problems:
        raise InputError(problems)
    (base,) = prepare([scenario], draws=draws, seed=seed, parameters=parameters)
    found = doses.at_levels(base, lever, levels, relative=relative)
    return _responses(base, found, f"{lever}, added" if relative else lever, progress)


def timing(
    one: Source,
    other: Source,
    *,
    delays: Sequence[int] = (0, 1, 2, 3),
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> pd.DataFrame:
    """What a policy does when it starts so many years later.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        The baseline, and the scenario whose policy is delayed; they may differ in policy only.
    delays : sequence of int
        Years.
    draws, seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`expatsim.analysis.dose.responses`; differences with ``one``.

    Raises
    ------
    InputError
        If a delay is negative or as long as the projection, or the scenarios do not differ in
        policy, or in more than that.
    """
    from expatsim.analysis import dose as doses
    from expatsim.analysis.decompose import must_differ_in_policy

    base, policy = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    if list(delays) != doses.years_that_fit(base, delays):
        raise InputError(
            f"delays: {list(delays)} are out of range (allowed: 0 to {base.months // 12 - 1} years)"
        )
    must_differ_in_policy(base, policy)
    later = {float(y): doses.delayed(base, policy, y) for y in delays}
    return _responses(base, later, "years later", progress)


def _responses(
    base: Scenario,
    others: Mapping[float, Scenario],
    name: str,
    progress: Callable[[str, int], None] | None,
) -> pd.DataFrame:
    from expatsim.analysis.dose import responses
    from expatsim.runs.execute import simulate_together

    first, *datasets = simulate_together([base, *others.values()], progress)
    return responses(first, dict(zip(others, datasets, strict=True)), name)
