"""Design of a sweep: points of a unit cube by SALib, and the values that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from expatsim.errors import InputError
from expatsim.posterior import read_draws
from expatsim.runs.times import START, meaning
from expatsim.sweeps.settings import FILE, Sweep, block_of_sobol

MORRIS_LEVELS = 4
# designs of few levels stay within these quantiles: at the ends of a distribution are parameters
# that nobody believes, and half of Morris's points would lie there
STEPPED = ("morris", "grid", "one_at_a_time")
LOWEST = 0.05
HIGHEST = 0.95
# keeps quantiles finite; moves no point, since none of a design of a million is nearer to an end
LEAST = 2.0**-25
DUMMY = "dummy"  # an input that no run uses, with a curve of its own in a design of eFAST


def problem(inputs: Iterable[str]) -> dict[str, Any]:
    """Return the inputs of a sweep as a problem of SALib: each between zero and one.

    Examples
    --------
    >>> problem(["wish_level", "english_information"])["bounds"]
    [[0.0, 1.0], [0.0, 1.0]]
    """
    names = list(inputs)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def unit_settings(
    kind: str, samples: int, seed: int, inputs: Iterable[str], second_order: bool = False
) -> np.ndarray:
    """Return points of the unit cube, shape (settings, inputs); fast has a dummy after them.

    Parameters
    ----------
    kind : str
        Design of the sweep, such as ``"sobol"``.
    samples : int
        Its size, as in sweep files.
    seed : int
        Its random seed.
    inputs : iterable of str
        Names of everything that varies.
    second_order : bool
        Whether a design of Sobol is to tell shares of pairs of inputs.
    """
    if kind == FILE:  # values are in the table
        return np.empty((0, 0))
    from SALib.sample import fast_sampler, latin, morris, sobol

    space, seed = problem(inputs), seed % 2**32
    count = space["num_vars"]
    match kind:
        case "sobol":
            return sobol.sample(space, samples, calc_second_order=second_order, seed=seed)
        case "fast":
            return fast_sampler.sample(problem([*space["names"], DUMMY]), samples, seed=seed)
        case "morris":
            return morris.sample(space, samples, num_levels=MORRIS_LEVELS, seed=seed)
        case "latin":
            return latin.sample(space, samples, seed=seed)
        case "grid":
            axes = np.meshgrid(*[np.linspace(0, 1, samples)] * count, indexing="ij")
            return np.stack([a.ravel() for a in axes], axis=1)
    points = np.full((2 * count + 1, count), 0.5)
    for k in range(count):
        points[1 + 2 * k, k], points[2 + 2 * k, k] = 0, 1
    return points


def values_of(sweep: Sweep, unit: np.ndarray) -> pd.DataFrame:
    """Return the values of every input at points of the unit cube.

    Levers, and parameters with a range, are spread evenly from one end to the other; times in whole
    months. Other
    parameters follow their own marginal distribution under the prior or the posterior (without the
    correlations of the posterior): all of it for ``sobol`` and ``latin``, and from its 5 % to its
    95 % quantile for designs of few levels. Design ``file`` has the values of its table.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.
    unit : numpy.ndarray, shape (settings, inputs)
        From :func:`unit_settings`.
    """
    if sweep.table is not None:
        return sweep.table
    source = read_draws(sweep.source)
    inside = np.clip(unit, LEAST, 1 - LEAST)
    if sweep.file.design in STEPPED:
        inside = LOWEST + (HIGHEST - LOWEST) * unit
    columns = {}
    registry = sweep.registry
    known = {**registry, **sweep.levers}
    for k, name in enumerate(sweep.inputs):
        ends = sweep.file.uncertainties.ranges.get(name) or sweep.file.levers.get(name)
        if ends and name not in known and meaning(name):
            columns[name] = _months(ends, unit[:, k], 12 if name == START else 1)
        elif ends:
            columns[name] = ends[0] + unit[:, k] * (ends[1] - ends[0])
        elif source is None or name not in source:
            columns[name] = registry[name].quantile(inside[:, k])
        else:
            columns[name] = np.quantile(source[name], inside[:, k])
    return pd.DataFrame(columns)


def _months(ends: Sequence[float], unit: np.ndarray, in_a_unit: int) -> np.ndarray:
    """Return times in whole months, each between the ends as likely as any other."""
    first, last = (round(x * in_a_unit) for x in ends)
    months = np.floor(first + unit * (last - first + 1))
    return np.minimum(months, last) / in_a_unit


def unit_of(settings: Mapping[str, Any], values: pd.DataFrame) -> np.ndarray:
    """Return the points of the unit cube that the values of a store stand for; or its table.

    The points are made again: they do not follow from the values, since two levels may have the
    same value (where the posterior has no draws between two quantiles).

    Parameters
    ----------
    settings : mapping
        Settings of the store.
    values : pandas.DataFrame
        A row for each setting, a column for each input.

    Raises
    ------
    InputError
        If this version of SALib makes other points.
    """
    sweep = settings["sweep"]
    names = list(settings["inputs"])
    given = values[names].to_numpy()
    if sweep["design"] == FILE:
        return given
    about = sweep["design"], sweep["samples"], sweep["seed"], names, sweep["second_order"]
    unit = unit_settings(*about)[:, : len(names)]
    fits = unit.shape == given.shape and all(
        (np.diff(y[np.lexsort((y, x))]) >= -1e-9 * np.ptp(y)).all()
        for x, y in zip(unit.T, given.T, strict=True)
    )
    if not fits:
        raise InputError(
            "the design was made by another version of SALib, so it has no indices here; run the "
            "sweep again"
        )
    return unit


def centre(sweep: Sweep) -> dict[str, float]:
    """Return values for parameters that do not vary: medians of the posterior, or of the prior."""
    source = read_draws(sweep.source)
    columns = {} if source is None else source
    return {
        name: float(columns[name].median()) if name in columns else p.default
        for name, p in sweep.registry.items()
    }


def block_of(sweep: Sweep) -> int:
    """Return how many settings in a row an index compares: these must have the same luck."""
    inputs = len(sweep.inputs)
    sobol = block_of_sobol(inputs, sweep.file.second_order)
    return {"sobol": sobol, "morris": inputs + 1}.get(sweep.file.design, 1)


def design(sweep: Sweep) -> pd.DataFrame:
    """Return every run of a sweep.

    With common luck all settings have the replicates 0, 1, ... of people and luck. With independent
    luck every setting has its own, but for those that an index compares: the rows of a base sample
    of Sobol, or of a trajectory of Morris, differ in their inputs only. Chance is then like one
    more input of the model, and an input without effect has an index of exactly zero.

    Parameters
    ----------
    sweep : Sweep
        A checked sweep.

    Returns
    -------
    pandas.DataFrame
        Index ``run``; ``setting``, ``replicate`` (of people and luck), ``scenario`` if there are
        several, and a column for every input. Runs that differ in the scenario only stand together.
    """
    file, names = sweep.file, [s.name for s in sweep.scenarios]
    about = file.design, file.samples, file.seed, sweep.inputs, file.second_order
    values = values_of(sweep, unit_settings(*about))
    times = file.replicates
    settings = np.repeat(np.arange(len(values)), times)
    replicate = np.tile(np.arange(times), len(values))
    if file.luck == "independent":
        replicate += times * (settings // block_of(sweep))
    settings, replicate = (np.repeat(x, len(names)) for x in (settings, replicate))
    runs = values.loc[settings].reset_index(drop=True)
    runs.insert(0, "setting", settings)
    runs.insert(1, "replicate", replicate)
    if len(names) > 1:
        runs.insert(2, "scenario", names * (len(runs) // len(names)))
    runs.index.name = "run"
    return runs
