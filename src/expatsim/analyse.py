"""Questions beyond a comparison: why two scenarios differ, how sure, at which dose, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from expatsim.api import Source, prepare
from expatsim.errors import InputError, nearest
from expatsim.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np
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

    if by not in ("factor", "measure"):
        raise InputError(f"by: {by!r} is not one of factor, measure{nearest(by, WAYS)}")
    first, second = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    factors = parts.factors_that_differ(first, second)
    if not factors:
        raise InputError(f"{first.name} and {second.name} have the same people, policy and climate")

    def run_all(subsets: list[frozenset[str]]) -> dict[frozenset[str], xr.Dataset]:
        combined = [parts.combine(first, second, s) for s in subsets]
        return dict(zip(subsets, simulate_together(combined, progress), strict=True))

    if by == "factor":
        return parts.decompose(run_all(parts.subsets(factors)), factors)
    if factors != ["policy"] or first.policy_city != second.policy_city:
        what = ", ".join(f for f in factors if f != "policy") or "the city of the policy"
        raise InputError(f"by measure: {first.name} and {second.name} also differ in {what}")
    orders = parts.joining_orders(levers_that_differ([first, second]), first.seed)
    return parts.by_measure(run_all(parts.coalitions_of(orders)), orders)


def dose(
    scenario: Source,
    lever: str,
    *,
    levels: int = 6,
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
    return _responses(base, doses.at_levels(base, lever, levels), lever, progress)


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
        The baseline, and the scenario whose policy is delayed.
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
        If a delay is negative or as long as the projection.
    """
    from expatsim.analysis import dose as doses

    base, policy = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    if list(delays) != doses.years_that_fit(base, delays):
        raise InputError(
            f"delays: {list(delays)} are out of range (allowed: 0 to {base.months // 12 - 1} years)"
        )
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
    from expatsim.analysis.decompose import factors_that_differ
    from expatsim.analysis.lives import summarise, trace
    from expatsim.runs.stepping import stepped

    first, second = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    if factors_that_differ(first, second) != ["policy"]:
        raise InputError(f"{first.name} and {second.name} must differ in policy, and in that only")
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
        Of each of five sets of draws; 64 give a first look.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        By ``outcome`` and ``source``: see :func:`expatsim.analysis.variance.shares`.
    """
    import pandas as pd

    from expatsim.analysis import variance
    from expatsim.analysis.summary import outcomes
    from expatsim.runs.execute import Sources, simulate_together

    given = [one] if other is None else [one, other]
    loaded = prepare(given, draws=draws, seed=seed, parameters=parameters)

    def answers(replicates: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        datasets = simulate_together(loaded, progress, sources=Sources(**replicates))
        found = [{k: v.to_numpy() for k, v in outcomes(d).items()} for d in datasets]
        first, last = found[0], found[-1]
        return first if other is None else {k: last[k] - first[k] for k in first}

    designs = variance.designs(loaded[0].draws)
    by_design = {name: answers(replicates) for name, replicates in designs.items()}
    frames = [
        variance.shares({n: a[label] for n, a in by_design.items()}).assign(outcome=label)
        for label in by_design["a"]
    ]
    return pd.concat(frames, ignore_index=True)
