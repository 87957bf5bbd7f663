"""Questions beyond a comparison: why, how sure, at which dose, when, and what is best."""

from expatsim.analyse.changed_lives import lives
from expatsim.analyse.gap import decompose
from expatsim.analyse.planning import Plan, plan
from expatsim.analyse.response import dose, timing
from expatsim.analyse.spread import uncertainty
from expatsim.analyse.worth import information

__all__ = ["Plan", "decompose", "dose", "information", "lives", "plan", "timing", "uncertainty"]
