"""Where a lever stood in 2009; known to rules, which know nothing of cities and files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level2009:
    """Where a lever stood in a city in 2009.

    Attributes
    ----------
    level : float
        The median of its prior, if it has one.
    evidence, source : str
        As for parameters.
    prior : str
        Shape of the prior of a level that nobody measured, as for parameters; empty if the level
        is known.
    spread, low, high : float
        Of the prior.
    since : str
        Month from which it stood there, ``"2008-12"``, and at nothing before; empty if it always
        did.
    """

    level: float
    evidence: str
    source: str
    prior: str = ""
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    since: str = ""
