"""Run all gates that read the finished calibration: ``python -m gates`` (or ``make gates``)."""

from __future__ import annotations

import sys

from expatsim.errors import InputError
from gates import (
    convergence,
    held_out,
    hindcast,
    identifiability,
    null_models,
    predictive,
    recovery,
)

try:
    for gate in (convergence, predictive, held_out, null_models, identifiability):
        gate.main()
    hindcast.main([])
    if any(recovery.FOLDER.glob("study-*.npz")):
        recovery.summarise()
except InputError as error:
    sys.exit(str(error))
