"""What a difference rests on: how far it moved or narrowed from the prior to the posterior.

The same scenarios are also run with draws from the prior, with the same seed. A difference whose
distribution is the same before and after the calibration is an assumption, however sure the model
is of it: no data have touched it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from expatsim.findings.outcomes import COUNTED, OUTCOMES, by_scenario
from expatsim.findings.sureness import FEWEST_DRAWS, without_missing
from expatsim.posterior.record import Calibration
from expatsim.runs.groups import ALL

if TYPE_CHECKING:
    import xarray as xr

# labels
MEASURED = "measured"
PARTLY = "partly measured"
ASSUMPTION = "assumption only"
UNKNOWN = "not known"
LABELS = (MEASURED, PARTLY, ASSUMPTION, UNKNOWN)
# A spread of half the prior's leaves a quarter of its variance: most of what was open is settled.
# One prior standard deviation away, the answer before the data would have misled.
MEASURED_RATIO, MEASURED_SHIFT = 0.5, 1.0
# A fifth narrower, or a third of a standard deviation away, is what a reader could notice.
PARTLY_RATIO, PARTLY_SHIFT = 0.8, 0.3
# Standard errors by which two sets of draws must pass a threshold: sets of 64 and 100 draws from
# one distribution differ by 11 % in spread and 0.16 spreads in mean, and by so much that an
# assumption passes for partly measured in 1 % of cases
ERRORS = 1.0
PRIOR_DRAWS = 64  # half the time of the comparison itself if that has 128 draws
# variables of a run from which all outcomes follow, and costs
KEPT = (*COUNTED, "at_risk", "left_city", "at_end", "parameter_value")

Key = TypeVar("Key", bound=Hashable)
Known = np.ndarray | str  # differences in draws from the prior, or a label that needs none


def known_label(source: str, calibration: Calibration | None) -> str:
    """Return the label of all differences of a run; empty where draws from the prior must tell it.

    Parameters
    ----------
    source : str
        Source of the draws: ``"posterior"``, ``"prior"`` or a file.
    calibration : Calibration or None
        Calibration behind the draws, if one is known.
    """
    if source == "prior":
        return ASSUMPTION
    return "" if calibration and calibration.converged else UNKNOWN


def moved(after: np.ndarray, before: np.ndarray) -> tuple[float, float]:
    """Return how far the data narrowed and moved a difference.

    Parameters
    ----------
    after, before : numpy.ndarray, shapes (draws,)
        The difference in draws from the posterior and from the prior.

    Returns
    -------
    float, float
        Spread of the posterior over that of the prior, and distance of the means in spreads of the
        prior. Both are infinite if the prior has no spread and the posterior has some.

    Examples
    --------
    >>> moved(np.array([2.5, 3.5]), np.array([-1.0, 1.0]))
    (0.5, 3.0)
    """
    spread = float(np.std(before))
    if spread == 0:
        same = np.std(after) == 0 and np.mean(after) == np.mean(before)
        return (1.0, 0.0) if same else (np.inf, np.inf)
    ratio = float(np.std(after)) / spread
    return ratio, float(abs(np.mean(after) - np.mean(before))) / spread


def rests_on(difference: np.ndarray, before: Known) -> str:
    """Return what a difference rests on, in words.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
        The difference in each draw; NaN where there is nobody to look at.
    before : numpy.ndarray, shape (draws of the prior,), or str
        The same in draws from the prior; or the label, where it needs no draws.

    Returns
    -------
    str
        ``"measured"`` if the data at least halved the spread of the difference or moved it by a
        spread of the prior, ``"partly measured"`` if they narrowed it by a fifth or moved it by
        0.3, ``"assumption only"`` if not even that, each by more than the Monte Carlo error of
        this many draws; ``"not known"`` with too few draws.

    Examples
    --------
    >>> before = np.linspace(-1, 1, 64)
    >>> rests_on(np.linspace(-0.1, 0.1, 100), before), rests_on(np.linspace(-1, 1, 100), before)
    ('measured', 'assumption only')
    """
    if isinstance(before, str):
        return before
    after, before = without_missing(difference), without_missing(before)
    if min(len(after), len(before)) < FEWEST_DRAWS:
        return UNKNOWN
    ratio, shift = moved(after, before)
    # standard errors: of the logarithm of a ratio of spreads, and of a difference of means
    narrower = ratio * np.exp(ERRORS * np.sqrt(0.5 / len(after) + 0.5 / len(before)))
    nearer = shift - ERRORS * np.sqrt(min(ratio, 1e6) ** 2 / len(after) + 1 / len(before))
    if narrower <= MEASURED_RATIO or nearer >= MEASURED_SHIFT:
        return MEASURED
    if narrower <= PARTLY_RATIO or nearer >= PARTLY_SHIFT:
        return PARTLY
    return ASSUMPTION


@dataclass
class Before:
    """What differences were before the data: in draws from the prior, or a label without any.

    Attributes
    ----------
    label : str
        Label of every difference if there are no draws.
    dataset : xarray.Dataset or None
        Projections of the same scenarios with draws from the prior.
    """

    label: str = UNKNOWN
    dataset: xr.Dataset | None = None
    _values: dict[str, dict[str, np.ndarray]] = field(default_factory=dict, repr=False)

    def difference(self, outcome: str, scenario: str, group: str = ALL) -> Known:
        """Return the difference of a scenario from the first one, or the label.

        Parameters
        ----------
        outcome : str
            A name of :data:`expatsim.findings.outcomes.OUTCOMES`.
        scenario : str
            Name of the scenario.
        group : str
            A group of people, see :mod:`expatsim.runs.groups`.
        """
        if self.dataset is None:
            return self.label
        if outcome not in self._values:
            self._values[outcome] = by_scenario(OUTCOMES[outcome].values(self.dataset))
        values = self._values[outcome]
        difference = values[scenario] - next(iter(values.values()))
        if difference.ndim == 1:
            return difference
        return difference[:, self.dataset.get_index("group").get_loc(group)]


def part_before(before: Mapping[Key, np.ndarray] | str, key: Key) -> Known:
    """Return one of many differences in draws from the prior, or the label of all."""
    return before if isinstance(before, str) else before[key]
