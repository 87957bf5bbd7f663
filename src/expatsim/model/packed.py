"""Pack the state of a person into a few machine words, and unpack it again.

Two words, a month and a float stand for everything that changes about a person. That keeps memory
traffic small, and lets the engine write the result of a rule once instead of computing it again
for every field (XLA fuses loops on the CPU only towards a single output).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import State


class Packed(NamedTuple):
    """State as it is carried from month to month.

    Attributes
    ----------
    life, stay : uint32
        Fields as in ``WORDS``.
    leave_month : int16
    propensity : float32
    """

    life: Any
    stay: Any
    leave_month: Any
    propensity: Any


# field: number of bits, from the lowest bit up
WORDS: dict[str, dict[str, int]] = {
    "life": {
        "employed": 1,
        "rehired": 1,
        "knows_desk": 1,
        "knows_service": 1,
        "used_service": 1,
        "dutch": 2,
        "friends": 7,
        "friend_places": 6,
        "mentor_left": 5,
        "had_mentor": 1,
        "dutch_partner": 1,
        "volunteers": 1,
    },
    "stay": {
        "status": 2,
        "wish": 2,
        "feels_welcome": 1,
        "finds_attractive": 1,
        "leave_reason": 3,
        "destination": 2,
        "contract_end": 16,
    },
}
BOOLEAN = {
    "employed",
    "rehired",
    "knows_desk",
    "knows_service",
    "used_service",
    "had_mentor",
    "dutch_partner",
    "volunteers",
    "feels_welcome",
    "finds_attractive",
}


def pack(state: State) -> Packed:
    """Pack a state; works on NumPy and on JAX arrays."""
    words = {}
    for word, fields in WORDS.items():
        total: Any = None
        shift = 0
        for field, bits in fields.items():
            value = getattr(state, field)
            if field == "contract_end":
                value = value.astype("uint16")
            value = value.astype("uint32") << np.uint32(shift)
            total = value if total is None else total | value
            shift += bits
        words[word] = total
    return Packed(**words, leave_month=state.leave_month, propensity=state.propensity)


def unpack(packed: Packed) -> State:
    """Undo :func:`pack`."""
    values: dict[str, Any] = {}
    for word, fields in WORDS.items():
        shift = 0
        for field, bits in fields.items():
            # 32-bit integers throughout: changing width costs the compiled loop more than memory
            value = getattr(packed, word).astype("int32")
            if field == "contract_end":  # with its sign
                value = (value << np.int32(32 - shift - bits)) >> np.int32(32 - bits)
            else:
                value = (value >> np.int32(shift)) & np.int32((1 << bits) - 1)
            values[field] = value != 0 if field in BOOLEAN else value
            shift += bits
    return State(**values, leave_month=packed.leave_month, propensity=packed.propensity)


def repack(state: State, before: State, packed: Packed) -> Packed:
    """Pack only the words of which a field was replaced since ``before``."""

    def same(fields: Any) -> bool:
        return all(getattr(state, f) is getattr(before, f) for f in fields)

    fresh = pack(state)
    kept = {w: getattr(packed, w) for w, fields in WORDS.items() if same(fields)}
    return fresh._replace(**kept)
