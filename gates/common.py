"""Shared by the gates: the finished calibration on disk, and the files of their results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from expatsim.calibration import sampler
from expatsim.calibration.page import markdown
from expatsim.calibration.settings import Settings
from expatsim.calibration.study import Shares
from expatsim.errors import InputError
from expatsim.posterior.record import RECORD, calibration_fingerprint

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "calibration" / "results"
SHIPPED = ROOT / "results" / "calibration"


class Calibration(NamedTuple):
    """A finished calibration on disk.

    Attributes
    ----------
    settings : Settings
        Settings with which it was made.
    parameters, targets : pandas.DataFrame
        Tables that ``expatsim calibrate`` wrote.
    study : dict of str to numpy.ndarray, shape (draws, answers)
        Simulated studies of some draws of the posterior, by entry.
    design_effect : numpy.ndarray, shape (draws,)
        Design effect of the same draws.
    """

    settings: Settings
    parameters: pd.DataFrame
    targets: pd.DataFrame
    study: Shares
    design_effect: np.ndarray


def load(folder: Path = SHIPPED) -> Calibration:
    """A finished calibration from its folder.

    Raises
    ------
    InputError
        If it is not finished, or was made by other code.
    """
    if not (folder / RECORD).exists():
        raise InputError(f"{folder}: no finished calibration; run `expatsim calibrate` first")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record["fingerprint"] != calibration_fingerprint():
        raise InputError(f"{folder}: made by other rules, priors or targets; calibrate again")
    arrays = sampler.load_arrays(folder / "predictions.npz")
    effect = arrays.pop("effect")
    return Calibration(
        Settings.model_validate(record["settings"]),
        pd.read_csv(folder / "parameters.csv", index_col="parameter"),
        pd.read_csv(folder / "targets.csv"),
        arrays,
        effect,
    )


def keep(name: str, title: str, command: str, *parts: str | pd.DataFrame) -> None:
    """Print a result and keep it as ``calibration/results/NAME.md``."""
    words = [p if isinstance(p, str) else markdown(p) for p in parts]
    text = "\n\n".join([f"# {title}", f"`{command}`", *words]) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")


def mark(passed: bool) -> str:
    """The mark of a gate: ``passed`` or ``MISSED``."""
    return "passed" if passed else "MISSED"
