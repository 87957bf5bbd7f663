"""Shipping of a finished calibration: draws and record into the package, its page beside them.

``python -m gates.ship`` copies ``results/calibration``; a calibration that has not converged is
refused. ``python -m gates.ship --restamp`` is for changes of code that leave the model's numbers as
they are: it simulates the study again at some of the shipped draws. Only if the log-likelihood of
every target, the priors and the donors are unchanged, it puts the fingerprint of today's code on
the posterior and the donors.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

import expatsim.posterior
from expatsim import posterior
from expatsim.calibration import likelihood
from expatsim.calibration import make_donors as donors
from expatsim.calibration.diagnostics import has_converged
from expatsim.calibration.settings import Settings
from expatsim.cities import city_names
from expatsim.errors import InputError
from expatsim.model.parameters import registry
from expatsim.posterior import DRAWS
from expatsim.posterior.inference import INFERENCE
from expatsim.posterior.record import RECORD, TARGETS, calibration_fingerprint, calibration_of
from gates.common import ROOT, SHIPPED, load

PACKAGE = Path(expatsim.posterior.__file__).parent / "shipped"
PAGE = ROOT / "calibration" / "posterior"
WITNESS = PAGE / "witness.json"  # numbers that a restamp must reproduce
WITNESSES = 8  # draws at which the study is simulated again
QUANTILES = (0.05, 0.5, 0.95)  # of every prior
TOLERANCE = 1e-9  # relative; other processors may round the last bits differently


def witness(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers behind the shipped posterior that any change of the model would move.

    Parameters
    ----------
    record : dict
        Record of the shipped posterior.

    Returns
    -------
    dict
        SHA-256 of the draws, the rows looked at, the log-likelihood of every target there, and
        quantiles of every prior.
    """
    frame = posterior.read_draws("posterior")
    assert frame is not None
    rows = np.linspace(0, len(frame) - 1, WITNESSES).astype(int)
    values = {
        name: np.clip(frame[name].to_numpy(float)[rows], p.low, p.high)
        for name, p in registry().items()
    }
    settings = Settings.model_validate(record["settings"])
    study = likelihood.studies(values, settings.seed, settings.size)
    effect = values["design_effect"]
    return {
        "draws": posterior.digest_of("posterior"),
        "rows": rows.tolist(),
        "log_likelihood": {
            t.name: t.log_likelihood(t.predicted(study), effect).tolist()
            for t in settings.chosen_targets()
        },
        "priors": {
            name: p.quantile(np.array(QUANTILES)).tolist()
            for name, p in settings.parameters().items()
        },
    }


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Places at which two witnesses differ, as keys from the outside in."""
    if isinstance(one, dict) and isinstance(other, dict):
        places = [f"{where}{k}" for k in one.keys() ^ other.keys()]
        for key in one.keys() & other.keys():
            places += differences(one[key], other[key], f"{where}{key} ")
        return places
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        same = np.allclose(one, other, rtol=TOLERANCE, atol=0)
    else:
        same = one == other
    return [] if same else [where.strip()]


def check(record: dict[str, Any]) -> None:
    """Compare the witness of today's code with the one written when the posterior was shipped.

    Raises
    ------
    InputError
        If something differs.
    """
    shipped = json.loads(WITNESS.read_text(encoding="utf-8"))
    places = sorted(differences(shipped, witness(record)))
    if places:
        raise InputError(
            [f"{WITNESS.name}: {place} is not what it was" for place in places]
            + ["the shipped posterior is not one of this model any more: calibrate again"]
        )


def restamp() -> None:
    """Put today's fingerprints on the shipped posterior and donors, if nothing else changed."""
    record = json.loads((PACKAGE / RECORD).read_text(encoding="utf-8"))
    check(record)
    print(f"{DRAWS}: the same log-likelihoods at {WITNESSES} draws, the same priors")
    for city in city_names():
        donors.check(city)
        print(f"{donors.packaged(city).name}: the same")
    stamped = {**record, "fingerprint": calibration_fingerprint()}
    (PACKAGE / RECORD).write_text(json.dumps(stamped, indent=2) + "\n", encoding="utf-8")
    donors.write_stamp()
    now = calibration_fingerprint()
    print(f"posterior {record['fingerprint']} -> {now}; donors {donors.donors_fingerprint()}")


def ship(folder: Path = SHIPPED) -> None:
    """Copy a finished calibration into the package, and write its witness.

    Raises
    ------
    InputError
        If it is not finished, of other code, or has not converged.
    """
    calibration = load(folder)
    described = calibration_of(str(folder / DRAWS), posterior.digest_of(str(folder / DRAWS)))
    if described is None:
        raise InputError(f"{folder / DRAWS}: are not the draws of {folder / RECORD}")
    if described.doubt() or not has_converged(calibration.parameters):
        raise InputError(f"{folder}: has not converged and cannot be shipped; give more steps")
    for target, names in (
        (PACKAGE, (DRAWS, INFERENCE, RECORD, TARGETS)),  # reports read the targets
        (
            PAGE,
            (
                "diagnostics.md",
                "targets.png",
                "parameters.png",
                "parameters.csv",
                "sensitivities.csv",
                TARGETS,
            ),
        ),
    ):
        target.mkdir(exist_ok=True)
        for name in names:
            shutil.copy(folder / name, target / name)
            print(f"{target.name}/{name}: {(target / name).stat().st_size:,} bytes")
    record = json.loads((PACKAGE / RECORD).read_text(encoding="utf-8"))
    text = json.dumps(witness(record), indent=1)
    WITNESS.write_text(text + "\n", encoding="utf-8")


def main(*words: str) -> None:
    """Ship a finished calibration, or with ``--restamp`` stamp the shipped one anew."""
    try:
        restamp() if words == ("--restamp",) else ship()
    except InputError as error:
        sys.exit("\n".join(error.problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
