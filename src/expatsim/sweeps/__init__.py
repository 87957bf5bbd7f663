"""Sweeps: many settings of a scenario, a store of their runs, and sensitivity indices.

:func:`expatsim.sweeps.evaluation.evaluate` stands apart: what asks for runs is no part of what a
store rests on.
"""

from expatsim.sweeps.discovery import discover
from expatsim.sweeps.run import sweep
from expatsim.sweeps.sensitivity import indices
from expatsim.sweeps.settings import Sweep, json_schema, load_sweep
from expatsim.sweeps.store import Store, open_runs

__all__ = [
    "Store",
    "Sweep",
    "discover",
    "indices",
    "json_schema",
    "load_sweep",
    "open_runs",
    "sweep",
]
