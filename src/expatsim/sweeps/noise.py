"""What luck alone may make of an index whose runs differ in one input at a time.

Sobol and Morris compare runs of the same luck, so that a dummy, an input that no run uses, has an
index of exactly zero. An input that only deals the same luck in another order is no better than
a dummy, and yet its index is above zero. Replicates tell it apart: what it does in one luck it does
not do in the next.
"""

from __future__ import annotations

import numpy as np

from expatsim.sweeps.free import ERROR

FEWEST = 2  # replicates that tell luck from an effect, where every sample has a luck of its own
FEWEST_OF_ONE_LUCK = 5  # where all samples have the same: fewer would hide all but huge effects


def elementary_effects(unit: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the elementary effects of Morris, shape (trajectories, inputs, replicates).

    Parameters
    ----------
    unit : numpy.ndarray, shape (settings, inputs)
        Points of the unit cube; each trajectory moves one input after the other.
    y : numpy.ndarray, shape (settings, replicates)
        An outcome.

    Examples
    --------
    >>> unit = np.array([[0, 0], [0, 0.5], [0.5, 0.5]])
    >>> elementary_effects(unit, np.array([[1.0], [2.0], [5.0]]))[..., 0]
    array([[6., 2.]])
    """
    inputs = unit.shape[1]
    steps = np.diff(unit.reshape(-1, inputs + 1, inputs), axis=1)
    moved = np.abs(steps).argmax(axis=2, keepdims=True)
    sizes = np.take_along_axis(steps, moved, axis=2)
    effects = np.diff(y.reshape(-1, inputs + 1, y.shape[1]), axis=1) / sizes
    return np.take_along_axis(effects, np.argsort(moved, axis=1), axis=1)


def differences(y: np.ndarray, inputs: int, block: int) -> np.ndarray:
    """Return what each input alone changes in the base samples of a design of Sobol.

    Parameters
    ----------
    y : numpy.ndarray, shape (settings, replicates)
        An outcome.
    inputs : int
        Number of inputs.
    block : int
        Settings of a base sample: the sample itself, then with each input changed, then others.

    Returns
    -------
    numpy.ndarray, shape (samples, inputs, replicates)
    """
    samples = y.reshape(-1, block, y.shape[1])
    return samples[:, 1 : inputs + 1] - samples[:, :1]


def mean_square(effects: np.ndarray, one_luck: bool) -> np.ndarray:
    """Return what the mean square effect of an input hardly ever exceeds if all of it is luck.

    An effect of luck alone has a mean of zero over replicates, and the spread among replicates says
    how far from zero the mean of some is: an F test. The chance that any input of an outcome is
    told wrongly is :data:`~expatsim.sweeps.free.ERROR`.

    Parameters
    ----------
    effects : numpy.ndarray, shape (samples, inputs, replicates)
        What each input does.
    one_luck : bool
        Whether a replicate has the same luck in all samples. Samples then add no luck, and only
        many replicates tell small effects.

    Returns
    -------
    numpy.ndarray, shape (inputs,)
        To compare with the mean over samples of the square of the mean over replicates; missing
        with fewer replicates than :data:`FEWEST` or :data:`FEWEST_OF_ONE_LUCK`.
    """
    from scipy import stats

    _, inputs, times = effects.shape
    if times < (FEWEST_OF_ONE_LUCK if one_luck else FEWEST):
        return np.full(inputs, np.nan)
    variances = effects.var(axis=2, ddof=1) / times
    squares = np.square(variances).sum(axis=0)
    # as many lucks as samples of equal spread: few of large spread decide alone (Satterthwaite)
    lucks = np.divide(
        np.square(variances.sum(axis=0)), squares, out=np.ones(inputs), where=squares > 0
    )
    if one_luck:
        lucks = np.ones(inputs)
    reach = stats.f.ppf(1 - ERROR / inputs, lucks, lucks * (times - 1))
    return variances.mean(axis=0) * reach
