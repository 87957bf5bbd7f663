"""Prior, posterior, log-likelihoods and predictions of a calibration, in one file that ArviZ reads.

The file lies beside the draws. Its groups are those of ArviZ's InferenceData, each with the
dimensions ``chain`` and ``draw``: ``prior``, ``posterior``, ``log_prior`` (of every parameter's
normal score), ``log_likelihood`` and ``posterior_predictive`` (by target), ``observed_data``.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim import posterior
from expatsim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

INFERENCE = "posterior.nc"  # file beside the draws
DIGEST = "draws"  # attribute with the SHA-256 of the draws


def inference_data(source: str = "posterior", digest: str = "") -> xr.DataTree:
    """Return prior, posterior, log-likelihoods and predictions of a calibration.

    Parameters
    ----------
    source : str
        ``"posterior"``, for the shipped calibration, or a file of draws that ``expatsim calibrate``
        wrote.
    digest : str, optional
        SHA-256 of the draws, by default of those that the source has now.

    Returns
    -------
    xarray.DataTree
        Groups ``prior``, ``posterior``, ``log_prior``, ``log_likelihood``,
        ``posterior_predictive`` and ``observed_data``, as ArviZ has them.

    Raises
    ------
    InputError
        If the source is the prior, or no such file is beside its draws, or it is of other draws.
    """
    import xarray as xr

    name = source.removesuffix(posterior.PLUS_PRIOR)
    if name == "prior":
        raise InputError("the prior is not calibrated: it has no likelihood")
    path = (posterior.folder() if name == "posterior" else Path(name).parent).joinpath(INFERENCE)
    whose = f"{path.name} of the shipped posterior" if name == "posterior" else str(path)
    if not path.is_file():
        raise InputError(f"{whose}: does not exist; calibrate again")
    try:
        tree = xr.open_datatree(io.BytesIO(path.read_bytes()), engine="h5netcdf").load()
    except (OSError, ValueError) as error:
        raise InputError(f"{whose}: is damaged; calibrate again") from error
    if tree.attrs.get(DIGEST) != (digest or posterior.digest_of(source)):
        raise InputError(f"{whose}: is of other draws than {name}; calibrate again")
    return tree


def total_log_likelihood(tree: xr.DataTree) -> xr.DataArray:
    """Log-likelihood of all targets together, by ``chain`` and ``draw``.

    Parameters
    ----------
    tree : xarray.DataTree
        From :func:`inference_data`.
    """
    return tree["log_likelihood"].to_dataset().to_array("target").sum("target")
