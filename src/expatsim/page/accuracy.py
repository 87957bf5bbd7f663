"""How far response surfaces are from simulations of mixes that they were not fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from expatsim.findings.basis import rests_on
from expatsim.findings.outcomes import OUTCOMES as DECLARED
from expatsim.findings.sureness import verdict
from expatsim.intervals import quantiles
from expatsim.page.mixes import OUTCOMES, Simulated
from expatsim.page.surface import Surface

WITHIN = (0.5, 0.95)  # shares of the checks of which the error is told
POINT = 0.005  # an error of a share that is wished: half a percentage point
ENOUGH = 0.95  # share of the checks that are wished to be within it


def _by_mix(simulated: Simulated) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels and delay of every mix, and simulated differences, shape (mixes, draws, outcomes)."""
    draws = len(simulated.baseline)
    true = simulated.outcomes.reshape(-1, draws, len(OUTCOMES)) - simulated.baseline
    return simulated.levels[::draws], simulated.delay[::draws], true


def errors(surface: Surface, simulated: Simulated) -> dict[str, np.ndarray]:
    """Return absolute errors of what a page shows, each of shape (mixes, outcomes).

    Parameters
    ----------
    surface : Surface
        Of the same draws.
    simulated : Simulated
        Mixes that the surface was not fitted to, each in all draws.

    Returns
    -------
    dict of str to numpy.ndarray
        ``middle``: of the median difference; ``ends``: of the end of its 90 % interval that is
        farther off.
    """
    levels, delay, true = _by_mix(simulated)
    shown = np.array([surface.differences(*mix) for mix in zip(levels, delay, strict=True)])
    low, middle, high = np.abs(quantiles(shown, axis=1) - quantiles(true, axis=1))
    return {"middle": middle, "ends": np.maximum(low, high)}


def summary(found: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what a page says of errors.

    Parameters
    ----------
    found : mapping of str to numpy.ndarray
        From :func:`errors`.

    Returns
    -------
    dict
        ``checks`` (number of mixes), ``outcomes`` (by name, for ``middle`` and ``ends``: the errors
        within which half and 95 % of the checks are), ``within`` (for both: by name of a share, the
        part of the checks within half a point), and ``all`` (the same of all shares together).
    """
    within = {
        what: {
            name: float((x[:, k] <= POINT).mean())
            for k, name in enumerate(OUTCOMES)
            if DECLARED[name].is_share
        }
        for what, x in found.items()
    }
    return {
        "checks": len(found["middle"]),
        "outcomes": {
            name: {what: quantiles(x[:, k], WITHIN).tolist() for what, x in found.items()}
            for k, name in enumerate(OUTCOMES)
        },
        "within": within,
        "all": {what: float(np.mean(list(x.values()))) for what, x in within.items()},
    }


def agreement(
    surface: Surface, prior: Surface, simulated: Simulated, before: Simulated
) -> dict[str, float]:
    """Return the share of the labels that are as simulations give them.

    Parameters
    ----------
    surface, prior : Surface
        With draws from the posterior, and from the prior.
    simulated, before : Simulated
        The same mixes, which neither was fitted to, in all draws of each.

    Returns
    -------
    dict of str to float
        ``sure``: of the first label, how sure the model is; ``rests``: of the second.
    """
    levels, delay, true = _by_mix(simulated)
    _, _, true_before = _by_mix(before)
    sure, rests = [], []
    for k, mix in enumerate(zip(levels, delay, strict=True)):
        shown, shown_before = surface.differences(*mix), prior.differences(*mix)
        for o, name in enumerate(OUTCOMES):
            least = DECLARED[name].smallest()
            ours, theirs = shown[:, o], true[k][:, o]
            sure.append(verdict(ours, least) == verdict(theirs, least))
            by_data = rests_on(ours, shown_before[:, o]), rests_on(theirs, true_before[k][:, o])
            rests.append(by_data[0] == by_data[1])
    return {"sure": float(np.mean(sure)), "rests": float(np.mean(rests))}
