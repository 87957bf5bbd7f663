"""Columns of a difference: its size, how sure the model is of it, and what it rests on."""

from __future__ import annotations

import numpy as np

from expatsim.findings.basis import ASSUMPTION, UNKNOWN, Known, rests_on
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    SPOKEN,
    probability_higher,
    verdict,
    without_missing,
)
from expatsim.intervals import spread


def columns(
    difference: np.ndarray,
    least: float,
    people: float,
    same: bool = False,
    vectors: float = np.inf,
    prefix: str = "",
    *,
    before: Known = UNKNOWN,
    assumed_sizes: bool = False,
) -> dict[str, object]:
    """Return size, sureness and basis of a difference by name of column: the same in every table.

    Parameters
    ----------
    difference : numpy.ndarray, shape (draws,)
        The difference in each draw; NaN where there is nobody to look at.
    least, people, same, vectors
        As for :func:`expatsim.findings.sureness.verdict`.
    prefix : str
        Before the names of the interval and of ``draws``, see :func:`expatsim.intervals.spread`.
    before : numpy.ndarray or str
        The difference in draws from the prior, as for :func:`expatsim.findings.basis.rests_on`.
    assumed_sizes : bool
        Whether the difference is one in numbers of people between scenarios of other sizes, see
        :func:`expatsim.findings.sureness.other_sizes`: these are assumed, so that it gets no
        verdict.

    Returns
    -------
    dict of str to object
        ``low``, ``low_50``, ``median``, ``high_50``, ``high`` over the draws that have somebody to
        look at, ``draws`` (how many these are), ``probability_higher``, ``verdict`` (how sure the
        model is) and ``rests_on`` (what the difference rests on; empty where there is no verdict).
    """
    sure = ASSUMED_SIZES if assumed_sizes else verdict(difference, least, people, same, vectors)
    return {
        **spread(difference, prefix),
        f"{prefix}draws": len(without_missing(difference)),
        "probability_higher": probability_higher(difference),
        "verdict": sure,
        "rests_on": basis_of(sure, difference, before),
    }


def basis_of(verdict: str, difference: np.ndarray, before: Known) -> str:
    """Return what a difference with a verdict rests on; empty without a verdict.

    Parameters
    ----------
    verdict : str
        How sure the model is, see :func:`expatsim.findings.sureness.verdict`.
    difference, before
        As for :func:`expatsim.findings.basis.rests_on`.
    """
    if verdict == ASSUMED_SIZES:
        return ASSUMPTION
    return rests_on(difference, before) if verdict in SPOKEN else ""
