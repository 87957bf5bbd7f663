"""Sweeps: many settings of a scenario, a store of their runs, and sensitivity indices."""

from expatsim.sweeps.decision import robustness
from expatsim.sweeps.discovery import discover
from expatsim.sweeps.evaluation import evaluate
from expatsim.sweeps.run import sweep
from expatsim.sweeps.sensitivity import indices
from expatsim.sweeps.settings import Sweep, json_schema, load_sweep
from expatsim.sweeps.store import Store, open_runs

__all__ = [
    "Store",
    "Sweep",
    "discover",
    "evaluate",
    "indices",
    "json_schema",
    "load_sweep",
    "open_runs",
    "robustness",
    "sweep",
]
