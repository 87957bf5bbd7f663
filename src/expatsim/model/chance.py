"""Random numbers: one uniform per (seed, replicate, decision, month, agent), and no stream.

They come from a 32-bit counter-based hash. Nothing depends on call order, so a policy that changes
one life leaves all others bit for bit the same, and results do not depend on batch size, threads or
machines.

The hash works on two 32-bit words of the agent and two of the (decision, month), all mixed with the
seed and the replicate, so that 64 bits of key stand behind each 24-bit uniform::

    x = a1 ^ c1;  x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15
    x += a2 ^ c2; x *= 0x846ca68b;  x ^= x >> 16;  u = (x >> 8) / 2**24

The multipliers are those of ``lowbias32`` (C. Wellons, hash-prospector, public domain).
"""

from __future__ import annotations

import enum
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import Array

BEFORE = 0xFFFF_FFFF  # the "month" of decisions that are made before or at arrival

M1 = np.uint32(0x7FEB352D)  # first multiplier of `lowbias32`
M2 = np.uint32(0x846CA68B)  # second multiplier of `lowbias32`
GOLDEN = np.uint32(0x9E3779B9)  # 2**32 over the golden ratio: keeps words with equal input apart


class Decision(enum.IntEnum):
    """Decisions of chance. Values are part of the results: append, never renumber.

    A rule of the package may have an enumeration ``Decisions`` of its own, with values between 0
    and 95 that nobody else has.
    """

    # each month
    JOB = 0
    HEAR_DESK = 1
    HEAR_SERVICE = 2
    USE_SERVICE = 3
    LEARN_DUTCH = 4
    MENTOR = 5
    MEET_FRIEND = 6
    LOSE_FRIEND = 7
    MEET_PARTNER = 8
    VOLUNTEER = 9
    RENEW = 10
    NEW_TERM = 11
    LEAVE = 12
    DESTINATION = 13
    # before or at arrival
    SEX = 32
    AGE = 33
    PARTNER_AGE = 34
    ORIGIN = 35
    COUPLE = 36
    MARRIED = 37
    CHILDREN = 38
    CHILD_AGE = 39
    SCHOOL = 40
    POSTED = 41
    CONTRACT = 42
    CONTRACT_MONTHS = 43
    PARTNER_JOB = 44
    STAY_TASTE = 45
    WELCOME_TASTE = 46
    CITY_TASTE = 47
    CONTACT = 48  # five of them: 48 to 52
    CONTACT_MONTH = 56  # five of them: 56 to 60
    DONOR = 64
    BOOTSTRAP = 65
    DUTCH_AT_ARRIVAL = 66
    PARAMETER = 67
    MOBILITY = 68
    # each month, in rules that are not in the package (notebook 5)
    OWN_1 = 96
    OWN_2 = 97
    OWN_3 = 98
    OWN_4 = 99


def mix(x: Array) -> Array:
    """Scrambled 32-bit words (``lowbias32``), of NumPy or of JAX arrays."""
    x = x ^ (x >> np.uint32(16))
    x = x * M1
    x = x ^ (x >> np.uint32(15))
    x = x * M2
    return x ^ (x >> np.uint32(16))


def _words(*values: int) -> list[np.ndarray]:
    return [np.asarray([v & 0xFFFF_FFFF], np.uint32) for v in values]


def run_keys(seed: int, replicate: int) -> np.ndarray:
    """Keys of a run: four 32-bit words from a seed (up to 64 bits) and a replicate, shape (4,)."""
    low, high, rep = _words(seed, seed >> 32, replicate)
    keys = []
    for k in range(4):
        (salt,) = _words(0x5EED_0000 + k)
        word = mix(low ^ mix(salt))
        word = mix(word + GOLDEN ^ high)
        keys.append(mix(word + GOLDEN ^ mix(rep ^ salt)))
    return np.concatenate(keys)


def agent_keys(keys: np.ndarray, agent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two key words for each agent id (uint32, any shape); ``keys`` as from :func:`run_keys`."""
    agent = np.asarray(agent, np.uint32)
    return mix(agent ^ keys[0]), mix(mix(agent + keys[1]) ^ GOLDEN)


def decision_keys(keys: Array, decision: int, month: Array) -> tuple[Array, Array]:
    """Two key words of a decision in a month.

    Parameters
    ----------
    keys : array of uint32, shape (..., 4)
        Keys of the run, as from :func:`run_keys`.
    decision : int
        A :class:`Decision`, or another number below 128 that a rule declares.
    month : array of uint32
        Months since the start of the run (any shape that broadcasts with ``keys[..., 0]``).
    """
    counter = mix(month * np.uint32(128) + np.uint32(decision))
    return mix(counter ^ keys[..., 2]), mix(counter + keys[..., 3])


def random_bits(agent: tuple[Array, Array], decision: tuple[Array, Array]) -> Array:
    """24 random bits (uint32) for each agent and decision, from their key words."""
    x = agent[0] ^ decision[0]
    x = x ^ (x >> np.uint32(16))
    x = x * M1
    x = x ^ (x >> np.uint32(15))
    x = x + (agent[1] ^ decision[1])
    x = x * M2
    x = x ^ (x >> np.uint32(16))
    return x >> np.uint32(8)


class HostUniforms:
    """Uniforms of some agents before the start, on the host: ``uniforms(Decision.SEX)``.

    Parameters
    ----------
    keys : numpy.ndarray of uint32, shape (4,)
        Keys of the run, as from :func:`run_keys`.
    agent : numpy.ndarray of uint32
        Agent ids, any shape; their keys are computed once.

    Examples
    --------
    >>> uniforms = HostUniforms(run_keys(seed=1, replicate=0), np.array([7, 8], np.uint32))
    >>> u = uniforms(Decision.SEX)
    >>> bool((u == uniforms(Decision.SEX)).all()), bool((u == uniforms(Decision.AGE)).any())
    (True, False)
    """

    def __init__(self, keys: np.ndarray, agent: np.ndarray) -> None:
        self.keys = keys
        self.agent_keys = agent_keys(keys, agent)

    def __call__(self, decision: int, month: int = BEFORE) -> np.ndarray:
        """Uniforms in [0, 1), float64 multiples of 2**-24, shape of the ids."""
        (m,) = _words(month)
        a, b = decision_keys(self.keys, decision, m)
        # the steps of `random_bits`, written over each other: twice as fast for many agents
        x, y = self.agent_keys[0] ^ a, self.agent_keys[1] ^ b
        z = x >> np.uint32(16)
        x ^= z
        x *= M1
        np.right_shift(x, np.uint32(15), out=z)
        x ^= z
        x += y
        x *= M2
        np.right_shift(x, np.uint32(16), out=z)
        x ^= z
        x >>= np.uint32(8)
        return x * 2.0**-24

    def through(self, function: Callable[[np.ndarray], np.ndarray], decision: int) -> np.ndarray:
        """A function of each uniform of a decision, shape of what it returns."""
        return function(self(decision))

    def of(self, which: Any) -> HostUniforms:
        """The uniforms of some of the agents, by their places (an index of NumPy)."""
        some = object.__new__(HostUniforms)
        some.keys = self.keys
        some.agent_keys = (self.agent_keys[0][which], self.agent_keys[1][which])
        return some


class KeptUniforms(HostUniforms):
    """Uniforms that are computed once and kept: for many parameter vectors with the same luck.

    Parameters
    ----------
    keys, agent
        As for :class:`HostUniforms`.
    """

    def __init__(self, keys: np.ndarray, agent: np.ndarray) -> None:
        super().__init__(keys, agent)
        self._kept: dict[Any, np.ndarray] = {}
        self._which: Any = slice(None)

    def __call__(self, decision: int, month: int = BEFORE) -> np.ndarray:
        """Uniforms as of :class:`HostUniforms`; not to be written to."""
        key = (decision, month)
        if key not in self._kept:
            self._kept[key] = super().__call__(decision, month)
        return self._kept[key][self._which]

    def through(self, function: Callable[[np.ndarray], np.ndarray], decision: int) -> np.ndarray:
        """As of :class:`HostUniforms`; kept too, so that the function must always be the same."""
        key = (function, decision)
        if key not in self._kept:
            self._kept[key] = function(super().__call__(decision))
        return self._kept[key][self._which]

    def of(self, which: Any) -> KeptUniforms:
        """The uniforms of some of all the agents; what is kept is shared."""
        some = object.__new__(KeptUniforms)
        some.__dict__ |= self.__dict__ | {"_which": which}
        return some


def named_uniforms(seed: int, replicate: int, names: Sequence[str]) -> np.ndarray:
    """One uniform in (0, 1) for each named quantity of a replicate, such as a parameter."""
    words = np.array([zlib.crc32(name.encode()) for name in names], np.uint32)
    return HostUniforms(run_keys(seed, replicate), words)(Decision.PARAMETER) + 2.0**-25


class MonthUniforms(NamedTuple):
    """The uniforms of one month inside the engine: ``uniforms(Decision.JOB)``.

    Attributes
    ----------
    agent_keys : pair of uint32 arrays, shape (draws, slots)
        Key words of the agents, as from :func:`agent_keys`.
    keys : uint32 array, shape (draws, 4)
        Keys of each draw, as from :func:`run_keys`.
    month : uint32 scalar
        Months since the start of the run.
    used : set of int
        Decisions drawn so far, filled while the month is traced: the same one twice is an error.
    """

    agent_keys: tuple[Array, Array]
    keys: Array
    month: Array
    used: set[int]

    def __call__(self, decision: int) -> Array:
        """Uniforms in [0, 1), float32, shape (draws, slots)."""
        import jax.numpy as jnp

        if decision in self.used:
            name = getattr(decision, "name", decision)  # a rule may declare a plain number
            raise RuntimeError(f"decision {name} is drawn twice in one month")
        self.used.add(decision)
        c1, c2 = decision_keys(self.keys, int(decision), self.month)
        bits = random_bits(self.agent_keys, (c1[:, None], c2[:, None]))
        # bits fit a signed integer: its conversion to float is one instruction
        return bits.astype(jnp.int32).astype(jnp.float32) * jnp.float32(2.0**-24)
