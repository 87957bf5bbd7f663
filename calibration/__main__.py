"""All gates that read the finished calibration: ``python -m calibration`` (or ``make gates``)."""

from __future__ import annotations

import sys

from calibration import convergence, held_out, identifiability, null_models, predictive, recovery
from expatsim.errors import InputError

try:
    for gate in (convergence, predictive, held_out, null_models, identifiability):
        gate.main()
    if any(recovery.FOLDER.glob("study-*.npz")):
        recovery.summarise()
except InputError as error:
    sys.exit(str(error))
