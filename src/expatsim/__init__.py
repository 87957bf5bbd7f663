"""expatsim: who stays in Rotterdam and The Hague, and what the cities can do about it.

>>> import expatsim as xs
>>> result = xs.run("rotterdam", draws=4)
>>> table = result.summary()  # every outcome, with its median and interval over the draws
>>> result.dataset["here"].sizes["month"]
120
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from expatsim.analysis.decompose import decompose
    from expatsim.analysis.dose import dose
    from expatsim.analysis.hindcast import hindcast
    from expatsim.analysis.information import information
    from expatsim.analysis.lives import lives
    from expatsim.analysis.plan import plan
    from expatsim.analysis.power_scaling import power_scaling
    from expatsim.analysis.robustness import robustness
    from expatsim.analysis.timing import timing
    from expatsim.analysis.tipping_points import tipping_points
    from expatsim.analysis.uncertainty import uncertainty
    from expatsim.errors import InputError
    from expatsim.mesa_model import ExpatModel
    from expatsim.observed import table, tables
    from expatsim.posterior.inference import inference_data
    from expatsim.projections import compare, run
    from expatsim.result import Result, open_result, outcomes
    from expatsim.scenario import Scenario, check, load, read_rule
    from expatsim.sweeps import (
        discover,
        indices,
        load_sweep,
        open_runs,
        sweep,
    )
    from expatsim.sweeps.evaluation import evaluate

# loaded when first used: `import expatsim` and `expatsim --help` stay fast
_HOMES = {
    "run": "expatsim.projections",
    "compare": "expatsim.projections",
    "decompose": "expatsim.analysis.decompose",
    "dose": "expatsim.analysis.dose",
    "information": "expatsim.analysis.information",
    "lives": "expatsim.analysis.lives",
    "plan": "expatsim.analysis.plan",
    "hindcast": "expatsim.analysis.hindcast",
    "power_scaling": "expatsim.analysis.power_scaling",
    "timing": "expatsim.analysis.timing",
    "tipping_points": "expatsim.analysis.tipping_points",
    "uncertainty": "expatsim.analysis.uncertainty",
    "InputError": "expatsim.errors",
    "ExpatModel": "expatsim.mesa_model",
    "inference_data": "expatsim.posterior.inference",
    "table": "expatsim.observed",
    "tables": "expatsim.observed",
    "Result": "expatsim.result",
    "open_result": "expatsim.result",
    "outcomes": "expatsim.result",
    "Scenario": "expatsim.scenario",
    "check": "expatsim.scenario",
    "load": "expatsim.scenario",
    "read_rule": "expatsim.scenario",
    "discover": "expatsim.sweeps",
    "evaluate": "expatsim.sweeps.evaluation",
    "indices": "expatsim.sweeps",
    "load_sweep": "expatsim.sweeps",
    "open_runs": "expatsim.sweeps",
    "robustness": "expatsim.analysis.robustness",
    "sweep": "expatsim.sweeps",
}
__all__ = [
    "ExpatModel",
    "InputError",
    "Result",
    "Scenario",
    "check",
    "compare",
    "decompose",
    "discover",
    "dose",
    "evaluate",
    "hindcast",
    "indices",
    "inference_data",
    "information",
    "lives",
    "load",
    "load_sweep",
    "open_result",
    "open_runs",
    "outcomes",
    "plan",
    "power_scaling",
    "read_rule",
    "robustness",
    "run",
    "sweep",
    "table",
    "tables",
    "timing",
    "tipping_points",
    "uncertainty",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":  # its one home is pyproject.toml
        from expatsim.version import version

        return version()
    if name == "ExpatModel":
        from expatsim.extras import require

        require("mesa", name)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'expatsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
