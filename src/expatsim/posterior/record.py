"""The record of the calibration behind a set of draws: its code, convergence and information.

It is the file ``posterior.json`` beside the draws, written by :mod:`expatsim.calibration.run`.
Draws without such a record have no known calibration.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from expatsim import posterior
from expatsim.fingerprint import fingerprint
from expatsim.model.declare import Parameter
from expatsim.model.parameters import registry, with_priors

RECORD = "posterior.json"  # file with the record of a calibration
TARGETS = "targets.csv"  # file with observed and simulated cells
NOT_INFORMED = 0.9  # ratio of posterior to prior spread; above it the data told nothing
NO_CALIBRATION = "none"  # in place of a fingerprint, for draws without a record
# columns of TARGETS that are kept with results
FIT = ("target", "cell", "asked", "observed_low", "observed_high", "median", "low", "high")


@dataclass(frozen=True)
class Calibration:
    """Record of a calibration.

    Attributes
    ----------
    fingerprint : str
        Hash of the code and the data with which it was made.
    shipped : bool
        Whether it is the one in the package.
    converged : bool
        Whether its chains have converged; the draws of others must not be used.
    worst_rhat : float or None
        Highest R-hat of all parameters, 1 for perfect mixing; ``None`` if the record lacks it.
    ratios : dict of str to float
        Ratio of posterior to prior spread of each parameter.
    fit : list of dict
        Observed and simulated cells; empty if they were not kept.
    priors : dict of str to dict
        Priors with which it was made, where they are not those of the package: ``median``,
        ``spread`` and ``source``, as far as they differ.
    """

    fingerprint: str
    shipped: bool
    converged: bool
    worst_rhat: float | None
    ratios: dict[str, float]
    fit: list[dict[str, Any]]
    priors: dict[str, dict[str, Any]] = field(default_factory=dict)

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by name, with the priors of this calibration."""
        return with_priors(self.priors)

    def informs(self, parameter: str) -> bool:
        """Whether the data narrowed a parameter down."""
        return self.ratios.get(parameter, 1.0) <= NOT_INFORMED

    def informed(self) -> tuple[int, int]:
        """Numbers of parameters that the data narrowed down, and of all parameters."""
        return sum(map(self.informs, registry())), len(registry())

    def doubt(self) -> str | None:
        """A warning for users if the chains have not converged; else ``None``."""
        if self.converged:
            return None
        rhat = "" if self.worst_rhat is None else f" (R-hat {self.worst_rhat:.2f})"
        return (
            f"the calibration behind these draws has NOT converged{rhat}: "
            "do not use its numbers; calibrate with more steps"
        )

    def plain(self) -> dict[str, Any]:
        """Plain values for a manifest; see :func:`from_manifest`."""
        return dataclasses.asdict(self)


def calibration_fingerprint() -> str:
    """Hash of everything that a calibration follows from: code, priors, targets and tables."""
    return fingerprint("expatsim.calibration.sampler")


@cache
def shipped() -> dict[str, Any]:
    """Record of the shipped posterior: settings, version, fingerprint, diagnostics, ratios."""
    return json.loads(posterior.folder().joinpath(RECORD).read_text(encoding="utf-8"))


def calibration_of(source: str, digest: str = "") -> Calibration | None:
    """The calibration behind a source of draws; ``None`` if no record belongs to them.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file; see :func:`expatsim.posterior.read_draws`.
    digest : str, optional
        SHA-256 of the draws, by default of those that the source has now. A record that names
        another digest does not belong to them.
    """
    source = source.removesuffix(posterior.PLUS_PRIOR)
    if source == "prior":
        return None
    if source == "posterior":
        return _of_shipped()
    beside = Path(source).parent
    try:
        record = json.loads((beside / RECORD).read_text(encoding="utf-8"))
        named = record.get("draws")
        if named and named != (digest or posterior.digest_of(source)):
            return None
        return _calibration(record, beside, False)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # no record, or a broken one
        return None


def from_manifest(manifest: Mapping[str, Any]) -> Calibration | None:
    """The calibration that the manifest of a result holds; ``None`` if it has none."""
    kept = manifest.get("calibration")
    return Calibration(**kept) if kept else None


@cache
def _of_shipped() -> Calibration:
    return _calibration(shipped(), posterior.folder(), True)


def _calibration(record: Mapping[str, Any], folder: Any, is_shipped: bool) -> Calibration:
    diagnostics = record["diagnostics"]
    rhat = diagnostics.get("worst R-hat")
    return Calibration(
        fingerprint=str(record["fingerprint"]),
        shipped=is_shipped,
        converged=diagnostics["converged"] == "yes",
        worst_rhat=None if rhat is None else float(rhat),
        ratios={str(k): float(v) for k, v in record["informed"].items()},
        fit=_fit(folder.joinpath(TARGETS)),
        priors=dict(record["settings"].get("priors", {})),
    )


def _fit(path: Any) -> list[dict[str, Any]]:
    import pandas as pd

    try:
        with path.open(encoding="utf-8") as file:
            frame = pd.read_csv(file, dtype={"target": str, "cell": str})
        return frame[[*FIT, "inside_90"]].to_dict("records")
    except (OSError, ValueError, KeyError):
        return []
