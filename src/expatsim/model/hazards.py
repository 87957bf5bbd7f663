"""How chances are written: discrete-time logistic hazards, as odds.

A monthly probability ``p`` is kept as odds ``o = p / (1 - p)``; effects multiply odds (they add on
the log-odds scale) and competing events add odds (a multinomial logit hazard, Allison 1982). The
event happens if ``u * (1 + o) < o``, which is ``u < p`` without a division.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = Any


def odds(probability: Array) -> Array:
    """Odds of a probability in [0, 1); host side."""
    p = np.asarray(probability, np.float64)
    return p / (1 - p)


def monthly(share_in_first_year: Array) -> Array:
    """Monthly probability that leads to this share within twelve months, at most 0.999 of it."""
    share = np.minimum(np.asarray(share_in_first_year, np.float64), 0.999)
    return 1 - (1 - share) ** (1 / 12)


def happens(u: Array, o: Array) -> Array:
    """True with probability ``o / (1 + o)``, given uniforms ``u`` in [0, 1)."""
    return u * (1 + o) < o


def pick(index: Array, values: Sequence[Array]) -> Array:
    """``values[index]`` by selection; faster than a gather for a handful of values."""
    result = values[-1]
    for k in range(len(values) - 2, -1, -1):
        result = select(index == k, values[k], result)
    return result


def select(condition: Array, yes: Array, no: Array) -> Array:
    """``yes`` where the condition holds, else ``no``; NumPy on the host, JAX in the engine."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    import jax.numpy as jnp

    return jnp.where(condition, yes, no)


def look_up(values: Array, slots: Array) -> Array:
    """What the people in ``slots`` (flattened draws and slots) have; JAX arrays.

    Slots are laid out by us, so the check of bounds in every month would be wasted.
    """
    return values.reshape(-1).at[slots].get(mode="promise_in_bounds")


def once(values: Array) -> Array:
    """Write this array before anything uses it, so that it is computed once; JAX arrays."""
    import jax

    return jax.lax.optimization_barrier(values)
