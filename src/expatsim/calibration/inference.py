"""A calibration as ArviZ has it: prior, posterior, log-likelihoods, predictions, observed data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.calibration import likelihood
from expatsim.calibration.changes import ANSWERS, SAMPLE
from expatsim.calibration.settings import Settings
from expatsim.calibration.study import Shares
from expatsim.calibration.targets import Target

if TYPE_CHECKING:
    import xarray as xr

SMALL = {"zlib": True, "complevel": 4, "shuffle": True}


def tree_of(
    z: np.ndarray, study: Shares, effect: np.ndarray, settings: Settings, attributes: dict[str, str]
) -> xr.DataTree:
    """Groups of a calibration.

    Parameters
    ----------
    z : numpy.ndarray, shape (draws, parameters)
        Normal scores of the kept draws, in which the chains take turns.
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated shares of the same draws, by entry.
    effect : numpy.ndarray, shape (draws,)
        Design effect of each draw.
    settings : Settings
        Settings of the calibration.
    attributes : dict of str to str
        Facts about the whole, by name.

    Returns
    -------
    xarray.DataTree
        See :mod:`expatsim.posterior.inference`; all but the prior by chain and draw.
    """
    import xarray as xr

    chains, priors, targets = settings.walkers, settings.parameters(), settings.chosen_targets()
    rng = np.random.default_rng([settings.seed, 7])

    def by_chain(values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, chains, *values.shape[1:]).swapaxes(0, 1).astype(np.float32)

    def group(
        values: Mapping[str, np.ndarray], cells: Mapping[str, Sequence[str]] | None = None
    ) -> xr.Dataset:
        return _dataset({k: by_chain(v) for k, v in values.items()}, cells or {})

    prior = likelihood.from_scores(rng.standard_normal(z.shape), priors)
    density = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    cells = {t.name: [cell for cell, _, _ in t.cells()] for t in targets}
    shown = {t.name: t.replicate(t.predicted(study), effect, rng) for t in targets}
    groups = {
        "posterior": group(likelihood.from_scores(z, priors)),
        "prior": group(prior),
        "log_prior": group(dict(zip(priors, density.T, strict=True))),
        "log_likelihood": group(likelihood.by_target(study, effect, targets)),
        "posterior_predictive": group(shown, cells),
        "observed_data": observed(targets),
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs |= attributes
    return tree


def observed(targets: Sequence[Target]) -> xr.Dataset:
    """Observed numbers by target: the middle, with the ends as attributes where words have two.

    Parameters
    ----------
    targets : sequence of Target
        Targets of the calibration.
    """
    values, cells = {}, {}
    for target in targets:
        cells[target.name], low, high = zip(*target.cells(), strict=True)
        values[target.name] = (np.array(low) + np.array(high)) / 2
    dataset = _dataset(values, cells, ())
    for target in targets:
        ends = [(low, high) for _, low, high in target.cells() if low != high]
        attributes = {"lowest": ends[0][0], "highest": ends[0][1]} if ends else {}
        dataset[target.name].attrs |= {"source": target.source, **attributes}
    return dataset


def _dataset(
    values: Mapping[str, np.ndarray],
    cells: Mapping[str, Sequence[str]],
    sample: tuple[str, ...] = SAMPLE,
) -> xr.Dataset:
    """Arrays by name as a dataset; those with cells have a dimension of their own for them."""
    import xarray as xr

    coordinates: dict[str, Any] = {f"{name}{ANSWERS}": list(c) for name, c in cells.items()}
    variables = {
        name: ((*sample, f"{name}{ANSWERS}") if name in cells else sample, array)
        for name, array in values.items()
    }
    for axis, name in enumerate(sample):
        coordinates[name] = np.arange(next(iter(values.values())).shape[axis])
    return xr.Dataset(variables, coordinates)


def content(tree: xr.DataTree) -> bytes:
    """The bytes of the NetCDF file of a tree."""
    encoding = {
        f"/{name}": dict.fromkeys(group.data_vars, SMALL) for name, group in tree.children.items()
    }
    return bytes(tree.to_netcdf(engine="h5netcdf", encoding=encoding))
