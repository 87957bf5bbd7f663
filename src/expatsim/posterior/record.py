"""What is known of the calibration behind some draws: its fingerprint, and what it informed.

It stands in ``posterior.json`` beside the file of draws, as :mod:`expatsim.calibration.run` leaves
it. Nothing is claimed of draws that have no such record.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from expatsim import posterior
from expatsim.fingerprint import fingerprint
from expatsim.model.parameters import registry

RECORD, TARGETS = "posterior.json", "targets.csv"
NOT_INFORMED = 0.9  # ratio of posterior to prior spread from which the data said nothing
NO_CALIBRATION = "none"
FIT = ("target", "cell", "asked", "observed_low", "observed_high", "median", "low", "high")


@dataclass(frozen=True)
class Calibration:
    """What is known of a calibration.

    Attributes
    ----------
    fingerprint : str
        Of the code and the data that it was made with.
    shipped : bool
        Whether it is the one in the package.
    converged : bool
    worst_rhat : float or None
    ratios : dict of str to float
        Posterior to prior spread of each parameter.
    fit : list of dict
        Observed and simulated cells; empty if it did not keep them.
    """

    fingerprint: str
    shipped: bool
    converged: bool
    worst_rhat: float | None
    ratios: dict[str, float]
    fit: list[dict[str, Any]]

    def informs(self, parameter: str) -> bool:
        """Whether the data narrowed a parameter down."""
        return self.ratios.get(parameter, 1.0) <= NOT_INFORMED

    def informed(self) -> tuple[int, int]:
        """Parameters that the data narrowed down, and all."""
        return sum(map(self.informs, registry())), len(registry())

    def doubt(self) -> str | None:
        """A sentence if the chains have not converged."""
        if self.converged:
            return None
        rhat = "" if self.worst_rhat is None else f" (R-hat {self.worst_rhat:.2f})"
        return (
            f"the calibration behind these draws has NOT converged{rhat}: "
            "do not use its numbers; calibrate with more steps"
        )

    def kept(self) -> dict[str, Any]:
        """Plain values for a manifest; see :func:`from_manifest`."""
        return dataclasses.asdict(self)


def calibration_fingerprint() -> str:
    """Hash of what a calibration follows from: its code, priors, targets and observed tables."""
    return fingerprint("expatsim.calibration.sampler")


@cache
def shipped() -> dict[str, Any]:
    """How the shipped posterior was made: settings, seed, version, fingerprint, diagnostics."""
    return json.loads(posterior.folder().joinpath(RECORD).read_text(encoding="utf-8"))


def calibration_of(source: str, digest: str = "") -> Calibration | None:
    """The calibration behind a source of draws; ``None`` if there is none that we know of.

    Parameters
    ----------
    source : str
        See :func:`expatsim.posterior.read_draws`.
    digest : str, optional
        Of its draws, by default of those that it has now: a record that names other draws is none
        of theirs.
    """
    source = source.removesuffix(posterior.PLUS_PRIOR)
    if source == "prior":
        return None
    if source == "posterior":
        return _calibration(shipped(), posterior.folder(), True)
    beside = Path(source).parent
    try:
        record = json.loads((beside / RECORD).read_text(encoding="utf-8"))
        named = record.get("draws")
        if named and named != (digest or posterior.digest_of(source)):
            return None
        return _calibration(record, beside, False)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # no record, or no whole one
        return None


def from_manifest(manifest: Mapping[str, Any]) -> Calibration | None:
    """The calibration that a result keeps of its draws."""
    kept = manifest.get("calibration")
    return Calibration(**kept) if kept else None


def _calibration(record: Mapping[str, Any], folder: Any, is_shipped: bool) -> Calibration:
    found = record["diagnostics"]
    rhat = found.get("worst R-hat")
    return Calibration(
        fingerprint=str(record["fingerprint"]),
        shipped=is_shipped,
        converged=found["converged"] == "yes",
        worst_rhat=None if rhat is None else float(rhat),
        ratios={str(k): float(v) for k, v in record["informed"].items()},
        fit=_fit(folder.joinpath(TARGETS)),
    )


def _fit(path: Any) -> list[dict[str, Any]]:
    import pandas as pd

    try:
        with path.open(encoding="utf-8") as file:
            frame = pd.read_csv(file, dtype={"target": str, "cell": str})
        return frame[[*FIT, "inside_90"]].to_dict("records")
    except (OSError, ValueError, KeyError):
        return []
