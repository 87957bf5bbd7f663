"""Sweeps: many settings of a scenario, a store that survives anything, and what matters most."""

from expatsim.sweep.run import sweep
from expatsim.sweep.settings import Sweep, load_sweep
from expatsim.sweep.store import Store, open_runs

__all__ = ["Store", "Sweep", "load_sweep", "open_runs", "sweep"]
