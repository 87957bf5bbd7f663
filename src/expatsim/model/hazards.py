"""Arithmetic of discrete-time logistic hazards, kept as odds.

A monthly probability ``p`` is kept as odds ``o = p / (1 - p)``; effects multiply odds (they add on
the log-odds scale) and competing events add odds (a multinomial logit hazard, Allison 1982). The
event happens if ``u * (1 + o) < o``, which is ``u < p`` without a division.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from expatsim.model.state import Array


def odds(probability: Array) -> Array:
    """Odds ``p / (1 - p)`` of probabilities, float64, for the rates of a rule.

    Parameters
    ----------
    probability : array-like
        In [0, 1).

    Examples
    --------
    >>> odds([0, 0.2, 0.5]).tolist()
    [0.0, 0.25, 1.0]
    """
    p = np.asarray(probability, np.float64)
    return p / (1 - p)


def monthly(share_in_first_year: Array) -> Array:
    """Monthly probability that leads to a given share within twelve months.

    Parameters
    ----------
    share_in_first_year : array-like
        In [0, 1]; above 0.999 it is taken as 0.999, since a certainty has no finite odds.

    Examples
    --------
    >>> p = monthly(0.5)
    >>> f"{p:.4f} a month: {1 - (1 - p) ** 12:.2f} a year"
    '0.0561 a month: 0.50 a year'
    """
    share = np.minimum(np.asarray(share_in_first_year, np.float64), 0.999)
    return 1 - (1 - share) ** (1 / 12)


def happens(u: Array, o: Array) -> Array:
    """Whether an event happens, bool: true with probability ``o / (1 + o)``.

    Parameters
    ----------
    u : array
        Uniforms in [0, 1), from ``uniforms(Decision...)``, shape (draws, slots).
    o : array
        Odds of the event in this month, a shape that broadcasts with ``u``.

    Examples
    --------
    >>> happens(np.array([0.1, 0.3]), odds(0.2)).tolist()
    [True, False]
    """
    return u * (1 + o) < o


def pick(index: Array, values: Sequence[Array]) -> Array:
    """``values[index]`` by selection, faster than a gather for a handful of values.

    Parameters
    ----------
    index : array of int
        Below ``len(values)``, such as a person's level of Dutch.
    values : sequence of array
        A value for each index, of shapes that broadcast with ``index``.

    Examples
    --------
    >>> pick(np.array([0, 2, 1]), [1.0, 1.5, 4.0]).tolist()
    [1.0, 4.0, 1.5]
    """
    result = values[-1]
    for k in range(len(values) - 2, -1, -1):
        result = select(index == k, values[k], result)
    return result


def select(condition: Array, yes: Array, no: Array) -> Array:
    """``yes`` where a condition holds, else ``no``; of NumPy on the host, of JAX in the engine.

    Parameters
    ----------
    condition : array of bool
        Shape (draws, slots).
    yes, no : array or scalar
        Values of the same type; with different ones NumPy and JAX would choose differently.

    Examples
    --------
    >>> select(np.array([True, False]), np.float32(1), np.float32(0)).tolist()
    [1.0, 0.0]
    """
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    import jax.numpy as jnp

    return jnp.where(condition, yes, no)


def look_up(values: Array, slots: Array) -> Array:
    """Values of the people in ``slots``, a JAX array of the shape of ``slots``.

    Parameters
    ----------
    values : array, shape (draws, slots)
        A value for each person.
    slots : array of int32
        Places in the flattened ``draws * slots`` array. They are laid out by the package, so that
        a check of bounds in every month would be wasted.
    """
    # without the fence XLA would compute each value again at every look, one person at a time
    return once(values).reshape(-1).at[slots].get(mode="promise_in_bounds")


def once(values: Array) -> Array:
    """The same JAX array behind a fence: XLA writes it once instead of computing it at each use."""
    import jax

    return jax.lax.optimization_barrier(values)
