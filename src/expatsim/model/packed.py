"""The state of people packed into a few machine words, and back.

A few words and floats stand for everything that changes about a person. That keeps memory traffic
small, and lets the engine write the result of a rule once instead of computing it again for every
field (XLA fuses loops on the CPU only towards a single output). The place of a state follows from
its range: words of 32 bits are filled in the order in which rules declare their states.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from expatsim.model import rules
from expatsim.model.declare import Shape
from expatsim.model.state import OPEN, Array, State

WORD = 32  # bits


class Place(NamedTuple):
    """Bits of a word that hold a state.

    Attributes
    ----------
    word : int
        Number of the word, from 0.
    shift : int
        Bits of the word below the state.
    shape : Shape
        Name, kind and range of the state.
    """

    word: int
    shift: int
    shape: Shape


class Packed(tuple[Array, ...]):
    """State as it is carried from month to month: words, then real numbers.

    The type for given rules, a named tuple, is made by :func:`packed_type`.

    Attributes
    ----------
    shapes : tuple of Shape
        Names, kinds and ranges of the states, in the order of their declaration.
    places : dict of str to Place
        Bits of each state that is kept in a word, by its name.
    kinds : tuple of str
        NumPy type of each word: the shortest unsigned integer that holds its states.
    state : type of State
        Type of the unpacked state.
    """

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    shapes: ClassVar[tuple[Shape, ...]] = ()
    places: ClassVar[dict[str, Place]] = {}
    kinds: ClassVar[tuple[str, ...]] = ()
    state: ClassVar[type[State]] = State

    def _replace(self, **arrays: Array) -> Self:
        """The same state with other arrays under the given names."""
        named = zip(self._fields, self, strict=True)
        return type(self)(*(arrays.get(name, x) for name, x in named))

    def map(self, change: Callable[[Array], Array]) -> Self:
        """The same state with every array replaced by ``change`` of it."""
        return type(self)(*map(change, self))

    def of_draw(self, draw: int, people: int) -> Self:
        """State of the first ``people`` slots of one draw, NumPy arrays of shape (people,)."""
        return self.map(lambda x: np.asarray(x)[draw, :people])


def state_type(order: rules.Order = rules.ORDER) -> type[State]:
    """The type of the state of people under the given rules."""
    return packed_type(order).state


@cache
def packed_type(order: rules.Order = rules.ORDER) -> type[Packed]:
    """The type of the packed state of people under the given rules."""
    return _type_of(tuple(field.shape for field in rules.fields(order)))


@cache
def _type_of(shapes: tuple[Shape, ...]) -> type[Packed]:
    """The type of the packed state of given states: the first word with room holds each."""
    used: list[int] = []  # bits of each word that are taken
    places: dict[str, Place] = {}
    for shape in (s for s in shapes if s.kind != "real"):
        word = next((k for k, bits in enumerate(used) if bits + shape.bits <= WORD), len(used))
        if word == len(used):
            used.append(0)
        places[shape.name] = Place(word, used[word], shape)
        used[word] += shape.bits
    words = [f"word_{k}" for k in range(len(used))]
    kinds = tuple("uint8" if n <= 8 else "uint16" if n <= 16 else "uint32" for n in used)
    reals = [s.name for s in shapes if s.kind == "real"]
    state = _named(State, [s.name for s in shapes], shapes=shapes)
    return _named(Packed, [*words, *reals], shapes=shapes, places=places, kinds=kinds, state=state)


def _named(base: type[Any], names: list[str], **constants: Any) -> type[Any]:
    """A named tuple with the given fields that inherits from ``base`` and can be pickled."""
    shapes = constants["shapes"]

    def reduce(self: Any) -> Any:
        return _restored, (shapes, base is State, *self)

    body = {"__slots__": (), "_fields": tuple(names), "__reduce__": reduce, **constants}
    return type(base.__name__, (base, namedtuple(base.__name__, names)), body)


def _restored(shapes: tuple[Shape, ...], is_state: bool, *arrays: Any) -> Any:
    """The state that a pickle holds; types are made anew in each process."""
    kind = _type_of(shapes)
    return (kind.state if is_state else kind)(*arrays)


def pack(state: State) -> Packed:
    """The packed state, of NumPy or of JAX arrays."""
    kind = _type_of(state.shapes)
    words: list[Array] = [None] * len(kind.kinds)
    for name, (word, shift, shape) in kind.places.items():
        value = getattr(state, name)
        if shape.low < 0:  # the sign bit is kept within the state's own bits
            value = value.astype("int32") & np.int32((1 << shape.bits) - 1)
        value = value.astype("uint32") << np.uint32(shift)
        words[word] = value if words[word] is None else words[word] | value
    short = [x.astype(k) for x, k in zip(words, kind.kinds, strict=True)]
    return kind(*short, *(getattr(state, name) for name in kind._fields[len(words) :]))


def unpack(packed: Packed) -> State:
    """The state that :func:`pack` packed."""
    return packed.state(*(field(packed, shape.name) for shape in packed.shapes))


def field(packed: Packed, name: str) -> Array:
    """One state by its name, shape of the packed arrays."""
    place = packed.places.get(name)
    if place is None:
        return getattr(packed, name)
    word, shift, shape = place
    # 32-bit integers throughout: changing width costs the compiled loop more than memory
    value = packed[word].astype("int32")
    if shape.low < 0:  # an arithmetic shift extends the sign
        value = (value << np.int32(WORD - shift - shape.bits)) >> np.int32(WORD - shape.bits)
    else:
        value = (value >> np.int32(shift)) & np.int32((1 << shape.bits) - 1)
    return value != 0 if shape.kind == "flag" else value


def status(packed: Packed) -> Array:
    """Status of everybody, ``WAITING``, ``HERE`` or ``LEFT``, int32."""
    return field(packed, "status")


def repack(state: State, before: State, packed: Packed) -> Packed:
    """The packed state, in which only words with a state replaced since ``before`` are new."""
    changed = {n for n in state._fields if getattr(state, n) is not getattr(before, n)}
    words = {packed.places[n].word for n in changed if n in packed.places}
    fresh = pack(state)
    kept = len(packed.kinds)
    return type(packed)(
        *(
            f if k in words or k >= kept else p
            for k, (f, p) in enumerate(zip(fresh, packed, strict=True))
        )
    )


@cache
def nobody(status: int, order: rules.Order = rules.ORDER) -> Packed:
    """The packed state, as scalars, of an empty slot with the given status."""
    kind = state_type(order)
    reals = {s.name for s in kind.shapes if s.kind == "real"}
    start = {n: np.float32(0) if n in reals else np.int32(0) for n in kind._fields}
    return pack(kind(**start | {"status": np.int32(status), "leave_month": np.int32(OPEN)}))
