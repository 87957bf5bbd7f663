"""Projections: run one scenario, or compare several with the same draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from expatsim.errors import InputError
from expatsim.executors import Progress
from expatsim.result import Result
from expatsim.scenario import Scenario, load

ScenarioLike = str | Path | Scenario


def run(
    scenario: ScenarioLike,
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> Result:
    """Return the projection of one scenario.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        A scenario file, or what :func:`expatsim.load` made of it.
    draws, seed : int, optional
        Number of draws and random seed, instead of those of the scenario.
    parameters : str, optional
        ``"posterior"`` (the default), ``"prior"``, or a CSV or Parquet file of draws with a column
        for every parameter.
    progress : callable, optional
        Called with the scenario's name and the number of draws done since the last call.
    scheduler : str, optional
        Address of a Dask scheduler whose workers do the draws; by default they are done here.

    Returns
    -------
    Result
        With one scenario, the tables that summarise it, and the provenance of the run.

    Raises
    ------
    InputError
        If the file has a problem.

    Examples
    --------
    >>> result = run("scenarios/rotterdam.yaml", draws=2)
    >>> sorted(result.dataset["at_risk"].dims)
    ['draw', 'group', 'scenario', 'stay', 'way_in']
    """
    return compare(
        [scenario],
        draws=draws,
        seed=seed,
        parameters=parameters,
        progress=progress,
        scheduler=scheduler,
    )


def compare(
    scenarios: Sequence[ScenarioLike],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> Result:
    """Return the projections of several scenarios with the same seed, the first as the baseline.

    Draw ``k`` of every scenario has the same parameters and the same luck, and within a city the
    same people: differences are paired.

    Parameters
    ----------
    scenarios : sequence of str, pathlib.Path or Scenario
        They must have the same start and length; names must differ.
    draws, seed : int, optional
        Number of draws and random seed for all scenarios, instead of those of the first.
    parameters : str, optional
        As for :func:`run`.
    progress, scheduler : optional
        As for :func:`run`.

    Returns
    -------
    Result
        With all scenarios, their differences from the first, and the provenance of the run.

    Raises
    ------
    InputError
        If a file has a problem, or the scenarios cannot be compared.
    """
    import xarray as xr

    from expatsim.runs.batches import simulate_together
    from expatsim.runs.provenance import manifest

    loaded = load_all(scenarios, draws=draws, seed=seed, parameters=parameters)
    provenance = manifest(loaded)  # before the run: files may change meanwhile
    datasets = simulate_together(loaded, progress, scheduler=scheduler)
    labelled = [
        dataset.expand_dims(scenario=[scenario.name])
        for scenario, dataset in zip(loaded, datasets, strict=True)
    ]
    return Result(xr.concat(labelled, "scenario", join="outer"), loaded, provenance)


def load_all(
    scenarios: Sequence[ScenarioLike],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
) -> list[Scenario]:
    """Return scenarios, all with the same seed, draws and parameters; see :func:`compare`."""
    from expatsim.runs.prepare import with_draws_of_now

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
    bound = first
    if parameters is not None:  # a file of draws is read again: it may have changed
        bound = dataclasses.replace(first, parameters=str(parameters), parameters_read=("", ""))
    try:
        bound = with_draws_of_now(bound)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    n = first.draws if draws is None else draws
    same_seed = first.seed if seed is None else seed
    return [
        dataclasses.replace(
            s,
            draws=n,
            seed=same_seed,
            parameters=bound.parameters,
            parameters_read=bound.parameters_read,
        )
        for s in loaded
    ]
