"""The level of a lever in 2009, in a module of its own, since rules import no city and no file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level2009:
    """Level of a lever in a city in 2009.

    Attributes
    ----------
    level : float
        In the lever's unit; the median of its prior, if it has one.
    evidence, source : str
        As of :class:`expatsim.model.declare.Parameter`.
    prior : str
        Shape of the prior of a level that nobody measured, as for parameters; empty if the level
        was measured.
    spread, low, high : float
        Standard deviation and bounds of the prior; zero without a prior.
    since : str
        First month of this level, such as ``"2008-12"``; before it the level was zero. Empty if
        it held all the time.
    """

    level: float
    evidence: str
    source: str
    prior: str = ""
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    since: str = ""
