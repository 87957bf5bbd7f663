"""Settings of a sweep: points of a unit cube by SALib, and the values they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from expatsim.calibration.posterior import read_draws
from expatsim.parameters import registry

if TYPE_CHECKING:
    from expatsim.sweeps.settings import Sweep

MORRIS_LEVELS = 4
TAIL = 0.05  # one at a time: from this quantile to the opposite one


def problem(inputs: Iterable[str]) -> dict[str, Any]:
    """Inputs of a sweep as SALib knows them: every one between zero and one."""
    names = list(inputs)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def number_of_settings(sweep: Sweep) -> int:
    """Number of settings, without making them."""
    inputs, n = len(sweep.inputs), sweep.file.samples
    return {
        "sobol": n * (inputs + 2),
        "morris": n * (inputs + 1),
        "latin": n,
        "grid": n ** min(inputs, 64),
        "one_at_a_time": 2 * inputs + 1,
    }[sweep.file.design]


def unit_settings(sweep: Sweep) -> np.ndarray:
    """Points of the unit cube, shape (settings, inputs)."""
    from SALib.sample import latin, morris, sobol

    n, seed, about = sweep.file.samples, sweep.file.seed % 2**32, problem(sweep.inputs)
    inputs = about["num_vars"]
    match sweep.file.design:
        case "sobol":
            return sobol.sample(about, n, calc_second_order=False, seed=seed)
        case "morris":
            return morris.sample(about, n, num_levels=MORRIS_LEVELS, seed=seed)
        case "latin":
            return latin.sample(about, n, seed=seed)
        case "grid":
            axes = np.meshgrid(*[np.linspace(0, 1, n)] * inputs, indexing="ij")
            return np.stack([a.ravel() for a in axes], axis=1)
    points = np.full((2 * inputs + 1, inputs), 0.5)
    for k in range(inputs):
        points[1 + 2 * k, k], points[2 + 2 * k, k] = TAIL, 1 - TAIL
    return points


def values_of(sweep: Sweep, unit: np.ndarray) -> pd.DataFrame:
    """Values of every input at points of the unit cube.

    A parameter with a range is spread evenly over it; others follow their own marginal distribution
    under the prior or the posterior (what the posterior ties together is not tied here). Levers are
    spread evenly.
    """
    source = read_draws(sweep.file.uncertainties.source)
    columns = {}
    for k, name in enumerate(sweep.inputs):
        u = unit[:, k]
        ends = sweep.file.uncertainties.ranges.get(name) or sweep.file.levers.get(name)
        if ends:
            columns[name] = ends[0] + u * (ends[1] - ends[0])
        elif source is None:
            inside = np.clip(u, 2.0**-25, 1 - 2.0**-25)
            columns[name] = registry()[name].quantile(inside)
        else:
            columns[name] = np.quantile(source[name], u)
    return pd.DataFrame(columns)


def centre(sweep: Sweep) -> dict[str, float]:
    """Values of parameters that do not vary: medians of the posterior, or of the prior."""
    source = read_draws(sweep.file.uncertainties.source)
    if source is None:
        return {p.name: p.default for p in registry().values()}
    return {name: float(source[name].median()) for name in registry()}


def design(sweep: Sweep) -> pd.DataFrame:
    """Every run of the sweep.

    Returns
    -------
    pandas.DataFrame
        Index ``run``; ``setting``, ``replicate`` (of people and luck) and a column for every input.
    """
    values = values_of(sweep, unit_settings(sweep))
    times = sweep.file.replicates
    settings = np.repeat(np.arange(len(values)), times)
    replicate = np.tile(np.arange(times), len(values))
    if sweep.file.luck == "independent":
        replicate = np.arange(len(settings))
    runs = values.loc[settings].reset_index(drop=True)
    runs.insert(0, "setting", settings)
    runs.insert(1, "replicate", replicate)
    runs.index.name = "run"
    return runs
