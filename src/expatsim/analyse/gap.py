"""Why two scenarios differ: people, policy, quality of the city; or lever by lever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from expatsim.api import Source, prepare
from expatsim.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

WAYS = ("factor", "measure")


def decompose(
    one: Source,
    other: Source,
    *,
    by: str = "factor",
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> pd.DataFrame:
    """Why two scenarios differ: people, policy, quality of the city, climate; or lever by lever.

    All combinations of what differs are run with the same draws; the gap is divided by Shapley
    shares, which add up to it.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        The gap is ``other`` less ``one``.
    by : {"factor", "measure"}
        ``"measure"``: what each lever of a package does alone, what is lost without it, and its
        share; the scenarios may then differ in policy only. With more than five levers the shares
        are means over eight orders of joining instead of all.
    draws, seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`expatsim.analysis.decompose.decompose` and ``by_measure``.

    Raises
    ------
    InputError
        If a file has a problem, the scenarios do not differ, or differ in more than ``by`` allows.
    """
    from expatsim.analysis import decompose as parts
    from expatsim.analysis.assumptions import levers_that_differ
    from expatsim.runs.execute import simulate_together

    if by not in WAYS:
        raise InputError(f"by: {by!r} is not one of {', '.join(WAYS)}{nearest(by, WAYS)}")
    first, second = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    factors = parts.factors_that_differ(first, second)
    if not factors:
        raise InputError(f"{first.name} and {second.name} have the same people, policy and climate")

    def run_all(subsets: list[frozenset[str]]) -> dict[frozenset[str], xr.Dataset]:
        combined = [parts.combine(first, second, s) for s in subsets]
        return dict(zip(subsets, simulate_together(combined, progress), strict=True))

    if by == "factor":
        return parts.decompose(run_all(parts.subsets(factors)), factors)
    if factors != ["policy"]:
        what = ", ".join(f for f in factors if f != "policy")
        raise InputError(f"by measure: {first.name} and {second.name} also differ in {what}")
    orders = parts.joining_orders(levers_that_differ([first.policy, second.policy]), first.seed)
    return parts.by_measure(run_all(parts.coalitions_of(orders)), orders)
