"""The level of a lever in 2009, in a module of its own, since rules import no city and no file."""

from __future__ import annotations

from dataclasses import dataclass, replace

# How much wider a level is known in a city that borrows it than in the city where it was studied:
# the prior's standard deviation on its own scale grows by this factor. Nobody measured how far
# cities differ, so it is an assumption: the two cities of the study differ in these levels by about
# as much as the priors are wide, which adds about one more such deviation (the root of 1 + 1.25).
# Borrowed tables weigh as if so many fewer people had been asked, by its square.
WIDENING = 1.5


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
    borrowed : str
        Name of the city from which it is borrowed; empty if it is the city's own.
    """

    level: float
    evidence: str
    source: str
    prior: str = ""
    spread: float = 0.0
    low: float = 0.0
    high: float = 0.0
    since: str = ""
    borrowed: str = ""

    def borrowed_from(self, city: str, label: str, differ: float) -> Level2009:
        """The level as it stands in for that of another city, with more uncertainty.

        A prior is widened by :data:`WIDENING`. A level that was measured gets a normal prior as
        wide as the cities of the study differ. A level that is a point of reference, neither
        measured nor with a prior, stays as it is.

        Parameters
        ----------
        city, label : str
            City of this level: its key, and its name for readers.
        differ : float
            Largest difference between the cities of the study, in the lever's unit.
        """
        source = f"borrowed from {label}: {self.source}"
        named = replace(self, evidence="assumption", source=source, borrowed=city)
        if self.prior:
            return replace(named, spread=self.spread * WIDENING)
        if self.evidence != "measured" or not differ:
            return named
        low, high = self.level - 3 * differ, self.level + 3 * differ
        return replace(named, prior="normal", spread=differ, low=low, high=high)
