"""Projections: run one scenario, or compare several with the same draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim import arguments
from expatsim.errors import InputError
from expatsim.executors import Progress
from expatsim.findings.basis import KEPT, PRIOR_DRAWS, UNKNOWN, known_label
from expatsim.findings.sureness import FEWEST_DRAWS, SMALLEST_SHARE
from expatsim.posterior.record import calibration_of
from expatsim.result import Result
from expatsim.scenario import Scenario, load
from expatsim.scenario.rule_file import RuleLike, read_rules

if TYPE_CHECKING:
    import xarray as xr

ScenarioLike = str | Path | Mapping[str, Any] | Scenario


def run(
    scenario: ScenarioLike,
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | Path | None = None,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> Result:
    """Return the projection of one scenario.

    Parameters
    ----------
    scenario : str, pathlib.Path, mapping or Scenario
        A scenario file, the name of a shipped scenario such as ``"rotterdam"``, a dict of the keys
        of a file, or what :func:`expatsim.load` made of one of these.
    draws, seed : int, optional
        Number of draws and random seed, instead of those of the scenario.
    parameters : str or pathlib.Path, optional
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
    >>> result = run("rotterdam", draws=2)
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
    scenarios: ScenarioLike | Sequence[ScenarioLike],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | Path | None = None,
    smallest: float | None = None,
    basis: bool = True,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> Result:
    """Return the projections of several scenarios with the same seed, the first as the baseline.

    Draw ``k`` of every scenario has the same parameters and the same luck, and within a city the
    same people: differences are paired.

    Parameters
    ----------
    scenarios : str, pathlib.Path, mapping, Scenario or a sequence of them
        Each as for :func:`run`. They must have the same start and length; names must differ.
    draws, seed : int, optional
        Number of draws and random seed for all scenarios, instead of those of the first.
    parameters : str or pathlib.Path, optional
        As for :func:`run`.
    smallest : float, optional
        The smallest difference of shares that is worth naming; half a percentage point by default.
    basis : bool
        Also run the scenarios with draws from the prior, to tell what their differences rest on.
        Nothing is run where that is known without, or where the draws are too few for a verdict.
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
    from expatsim.runs.provenance import manifest

    loaded = load_all(scenarios, draws=draws, seed=seed, parameters=parameters)
    least = arguments.number("smallest", SMALLEST_SHARE if smallest is None else smallest, 0, 1)
    provenance = {**manifest(loaded), "smallest": least}  # before: files may change meanwhile
    found, before = run_with_prior(loaded, basis, progress, scheduler)
    prior = (
        None if isinstance(before, str) else side_by_side(loaded, [d[list(KEPT)] for d in before])
    )
    return Result(side_by_side(loaded, found), loaded, provenance, prior)


def side_by_side(scenarios: Sequence[Scenario], datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the projections of several scenarios as one dataset.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Their names become the labels.
    datasets : sequence of xarray.Dataset
        The projection of each.
    """
    import xarray as xr

    labelled = [d.expand_dims(scenario=[s.name]) for s, d in zip(scenarios, datasets, strict=True)]
    return xr.concat(
        labelled,
        "scenario",
        join="outer",
        data_vars="minimal",  # all have the dimension: none is compared, which takes its time
        coords="minimal",
        compat="override",
    )


def run_with_prior(
    loaded: Sequence[Scenario],
    basis: bool = True,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> tuple[list[xr.Dataset], list[xr.Dataset] | str]:
    """Return projections, and those with draws from the prior that tell what differences rest on.

    Parameters
    ----------
    loaded : sequence of Scenario
        From :func:`load_all`.
    basis : bool
        Whether the latter are asked for.
    progress, scheduler : optional
        As for :func:`run`.

    Returns
    -------
    list of xarray.Dataset
        Of each scenario.
    list of xarray.Dataset, or str
        The same from the prior; or the label of all differences, see
        :func:`expatsim.findings.basis.known_label`.
    """
    from expatsim.runs.batches import open_for, simulate_together

    draws = draws_of_prior(loaded, basis)
    with open_for(loaded, loaded[0].draws + draws, scheduler) as executor:
        found = simulate_together(loaded, progress, executor=executor)
        if not draws:
            return found, _label(loaded[0]) or UNKNOWN
        of_prior = [
            dataclasses.replace(s, draws=draws, parameters="prior", parameters_read=("", ""))
            for s in loaded
        ]
        return found, simulate_together(of_prior, progress, executor=executor)


def draws_of_prior(loaded: Sequence[Scenario], basis: bool = True) -> int:
    """Return how many draws from the prior :func:`run_with_prior` makes of each scenario.

    Parameters
    ----------
    loaded : sequence of Scenario
        From :func:`load_all`.
    basis : bool
        Whether what differences rest on is asked for.
    """
    draws = loaded[0].draws
    needed = basis and len(loaded) > 1 and draws >= FEWEST_DRAWS and not _label(loaded[0])
    return min(draws, PRIOR_DRAWS) if needed else 0


def _label(first: Scenario) -> str:
    """Label of what all differences rest on; empty where draws from the prior must tell it."""
    source, digest = first.parameters, first.parameters_digest
    return known_label(source, calibration_of(source, digest))


def several(scenarios: ScenarioLike | Iterable[ScenarioLike]) -> list[ScenarioLike]:
    """Return a list of scenarios; one alone is a list of one.

    Parameters
    ----------
    scenarios : str, pathlib.Path, mapping, Scenario or an iterable of them
        As somebody gave them.
    """
    if isinstance(scenarios, str | Mapping | Scenario) or not isinstance(scenarios, Iterable):
        return [scenarios]
    return list(scenarios)


def load_all(
    scenarios: ScenarioLike | Sequence[ScenarioLike],
    *,
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | Path | None = None,
    rules: Iterable[RuleLike] = (),
) -> list[Scenario]:
    """Return scenarios, all with the same seed, draws and parameters; see :func:`compare`.

    Parameters
    ----------
    scenarios, draws, seed, parameters
        As for :func:`compare`.
    rules : iterable of str, pathlib.Path or module, optional
        Rules of the user's own, which files are loaded with; see :func:`expatsim.load`.
    """
    from expatsim.runs.prepare import with_draws_of_now

    listed = several(scenarios)
    if not listed:
        raise InputError("no scenario given")
    problems: list[str] = []
    loaded: list[Scenario] = []
    own: list[Any] = [rule for _, rule in read_rules(rules)]
    for source in listed:
        try:
            loaded.append(source if isinstance(source, Scenario) else load(source, own))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    first = loaded[0]
    chosen = {"draws": first.draws, "seed": first.seed}
    for name, given, ends in (("draws", draws, (2, 10_000)), ("seed", seed, (0, 2**53))):
        try:
            if given is not None:
                chosen[name] = arguments.whole_number(name, given, *ends)
        except InputError as error:
            problems += error.problems
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
    return [
        dataclasses.replace(
            s,
            draws=chosen["draws"],
            seed=chosen["seed"],
            parameters=bound.parameters,
            parameters_read=bound.parameters_read,
        )
        for s in loaded
    ]
