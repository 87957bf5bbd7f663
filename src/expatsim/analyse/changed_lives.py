"""Whose lives a policy changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from expatsim.api import Source, prepare
from expatsim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def lives(
    one: Source,
    other: Source,
    *,
    years: int = 5,
    draws: int = 4,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Who stays, and who leaves, because of a policy, and what came first in their lives.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        They may differ in policy only.
    years : int
        After which somebody is still here or not.
    draws : int
        Draws that are followed person by person.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``numbers``, ``profile`` and ``chains``: see :func:`expatsim.analysis.lives.summarise`.

    Raises
    ------
    InputError
        If the scenarios do not differ, differ in more than policy, or are shorter than ``years``.
    """
    from expatsim.analysis.decompose import must_differ_in_policy
    from expatsim.analysis.lives import summarise, trace
    from expatsim.runs.stepping import stepped

    first, second = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    must_differ_in_policy(first, second)
    if not 1 <= years <= first.months // 12:
        raise InputError(f"years: {years} is out of range (allowed: 1 to {first.months // 12})")
    traced = []
    for replicate in range(draws):
        adults, one_world = stepped(first, replicate)
        _, other_world = stepped(second, replicate)
        traced.append(trace(adults, one_world, other_world, 12 * years))
        if progress:
            progress(second.name, 1)
    return summarise(traced)
