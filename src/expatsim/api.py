"""The functions behind ``import expatsim as xs``: everything the command line does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim.errors import InputError, nearest
from expatsim.runs.result import Result
from expatsim.scenario import Scenario, load

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr

Source = str | Path | Scenario
WAYS = ("factor", "measure")


def run(
    scenario: Source,
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Result:
    """Project one scenario.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        A scenario file, or what :func:`expatsim.load` made of it.
    draws, seed : int, optional
        Instead of those in the file.
    parameters : str, optional
        ``"posterior"`` (the default), ``"prior"``, or a CSV or Parquet file of draws with a column
        for every parameter.
    progress : callable, optional
        Told the scenario's name and the number of draws done since it was last told.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the file has a problem.
    """
    return compare([scenario], draws=draws, seed=seed, parameters=parameters, progress=progress)


def compare(
    scenarios: Sequence[Source],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Result:
    """Project several scenarios with the same seeds, the first as the baseline.

    Draw ``k`` of every scenario has the same parameters and the same luck, and within a city the
    same people: differences are paired.

    Parameters
    ----------
    scenarios : sequence of str, pathlib.Path or Scenario
        They must have the same start and length; names must differ.
    draws, seed : int, optional
        Instead of those of the first scenario, which hold for all.
    parameters : str, optional
        As for :func:`run`.
    progress : callable, optional
        As for :func:`run`.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If a file has a problem, or the scenarios cannot be compared.
    """
    import xarray as xr

    from expatsim.runs.execute import simulate

    loaded = prepare(scenarios, draws=draws, seed=seed, parameters=parameters)
    datasets = []
    for scenario in loaded:
        tell = (lambda n, name=scenario.name: progress(name, n)) if progress else None
        datasets.append(simulate(scenario, tell).expand_dims(scenario=[scenario.name]))
    return Result(xr.concat(datasets, "scenario"), loaded)


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
    from expatsim.runs.execute import simulate

    if by not in ("factor", "measure"):
        raise InputError(f"by: {by!r} is not one of factor, measure{nearest(by, WAYS)}")
    first, second = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    factors = parts.factors_that_differ(first, second)
    if not factors:
        raise InputError(f"{first.name} and {second.name} have the same people, policy and climate")

    def run_one(subset: frozenset[str]) -> xr.Dataset:
        scenario = parts.combine(first, second, subset)
        return simulate(scenario, (lambda n: progress(scenario.name, n)) if progress else None)

    if by == "factor":
        return parts.decompose({s: run_one(s) for s in parts.subsets(factors)}, factors)
    if factors != ["policy"] or first.policy_city != second.policy_city:
        what = ", ".join(f for f in factors if f != "policy") or "the city of the policy"
        raise InputError(f"by measure: {first.name} and {second.name} also differ in {what}")
    orders = parts.joining_orders(levers_that_differ([first, second]), first.seed)
    return parts.by_measure({s: run_one(s) for s in parts.coalitions_of(orders)}, orders)


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
    from expatsim.runs.execute import Sources, simulate

    given = [one] if other is None else [one, other]
    loaded = prepare(given, draws=draws, seed=seed, parameters=parameters)

    def answers(replicates: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = []
        for scenario in loaded:
            tell = (lambda n, name=scenario.name: progress(name, n)) if progress else None
            dataset = simulate(scenario, tell, sources=Sources(**replicates))
            found.append({k: v.to_numpy() for k, v in outcomes(dataset).items()})
        first, last = found[0], found[-1]
        return first if other is None else {k: last[k] - first[k] for k in first}

    designs = variance.designs(loaded[0].draws)
    by_design = {name: answers(replicates) for name, replicates in designs.items()}
    frames = [
        variance.shares({n: a[label] for n, a in by_design.items()}).assign(outcome=label)
        for label in by_design["a"]
    ]
    return pd.concat(frames, ignore_index=True)


def prepare(
    scenarios: Sequence[Source],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
) -> list[Scenario]:
    """Load scenarios, all with the same seed, draws and parameters; see :func:`compare`."""
    from expatsim.calibration.posterior import read_draws

    if not scenarios:
        raise InputError("no scenario given")
    problems: list[str] = []
    loaded: list[Scenario] = []
    for source in scenarios:
        try:
            loaded.append(source if isinstance(source, Scenario) else load(source))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    first = loaded[0]
    for number, least, most, what in ((draws, 2, 10_000, "draws"), (seed, 0, 2**53, "seed")):
        if number is not None and not least <= number <= most:
            problems.append(f"{what}: {number} is out of range (allowed: {least} to {most})")
    for other in loaded[1:]:
        if (other.start, other.months) != (first.start, first.months):
            problems.append(
                f"{other.name}: starts {other.start} and runs {other.months // 12} years, but "
                f"{first.name} starts {first.start} and runs {first.months // 12}"
            )
    names = [s.name for s in loaded]
    for name in sorted({n for n in names if names.count(n) > 1}):
        problems.append(f"{name}: given twice; scenarios to compare need different file names")
    source = first.parameters if parameters is None else parameters
    try:
        read_draws(source)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    n = first.draws if draws is None else draws
    same_seed = first.seed if seed is None else seed
    return [dataclasses.replace(s, draws=n, seed=same_seed, parameters=source) for s in loaded]
