"""People as arrays: fixed attributes, state that changes, and what is seen of others.

All arrays have shape ``(draws, slots)``. A slot is one adult who is here, will come or has left.
Months count from the start of the run; months before it are negative.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Self

from jaxtyping import Bool, Float32, Int8, Int16, Int32, UInt32

from expatsim.errors import InputError, nearest

Array = Any  # NumPy on the host, JAX in the engine
# one number for every slot of every draw; tests check shapes and kinds of a whole month
Words = UInt32[Array, "draws slots"]
Months = Int16[Array, "draws slots"]
Flags = Bool[Array, "draws slots"]
Small = Int8[Array, "draws slots"]
Whole = Int32[Array, "draws slots"]
Real = Float32[Array, "draws slots"]

# status, by its number in STATUS
WAITING = 0
HERE = 1
LEFT = 2
STATUS = ("not yet arrived", "here", "left")
# origin groups
INDIA, UNITED_STATES, CHINA, JAPAN, OTHER_NON_EU, OLD_EU, NEW_EU = range(7)
ORIGINS = ("India", "United States", "China", "Japan", "other non-EU", "old EU", "new EU")
# answers and levels
WISHES = ("no", "maybe", "yes")
DUTCH_LEVELS = ("none", "a few words", "a little", "fluent")
REASONS = ("", "contract ended", "own choice", "career elsewhere", "family")
CONTRACT_ENDED = 1
DESTINATIONS = ("", "home", "another country", "elsewhere in the Netherlands")
ELSEWHERE_IN_THE_NETHERLANDS = 3
MEETING_PLACES = ("work", "neighbourhood", "school", "sport", "other clubs", "mentor")
FAMILIES = ("married", "partner, not married", "single")

OPEN = 32767  # month of the end of a contract without end date; leave_month of those here
NONE = -32768  # month where there is no contract, or no child
CONTACTS = 5  # other expats whom each person knows
MOST_FRIENDS = 100  # Dutch friends that are counted


class People(NamedTuple):
    """Fixed attributes of people, as rules use them.

    Attributes
    ----------
    key1, key2 : uint32
        Hash words of the agent id.
    arrival_month, birth_month, child_birth_month : int16
        Months since the start of the run, negative before it. ``child_birth_month`` is that of the
        youngest child, ``NONE`` without children.
    head : bool
        The worker whose job brought the household; False for partners.
    origin : int8
        Origin group by its number in ``ORIGINS``; see :func:`outside_eu`.
    posted, coupled, single, counted : bool
        ``posted``: sent by the employer. ``coupled``: an expat partner lives in the household.
        ``single``: no partner anywhere. ``counted``: belongs to the counts (False for the spouse
        who completes the household of a survey respondent).
    school_effect : int8
        +1 if children at school anchor the family, -1 if they call it home.
    stay_taste, welcome_taste, city_taste : float32
        Lasting personal differences: standard normal (``stay_taste``), standard logistic (others).
    partner_slot, head_slot : int32
        Slot in the flattened ``draws * slots`` arrays; one's own without a partner.
    contacts : int32, shape (5, draws, slots)
        Flattened slots of five other expats; one's own slot means nobody.
    """

    key1: Words
    key2: Words
    arrival_month: Months
    birth_month: Months
    child_birth_month: Months
    head: Flags
    origin: Small
    posted: Flags
    coupled: Flags
    single: Flags
    counted: Flags
    school_effect: Small
    stay_taste: Real
    welcome_taste: Real
    city_taste: Real
    partner_slot: Whole
    head_slot: Whole
    contacts: Int32[Array, "contacts draws slots"]


class UnknownFieldError(InputError):
    """Error for a rule that replaces a state which no rule declares."""


class State(tuple[Array, ...]):
    """State of people, which changes from month to month: an array for every declared state.

    Fields are read by name, ``state.wish``, and replaced by ``state._replace(wish=...)``. The type
    for given rules, a named tuple, is made by :func:`expatsim.model.packed.state_type`.
    """

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    shapes: ClassVar[Any] = ()  # names, kinds and ranges of the fields

    def __getattr__(self, name: str) -> Array:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"State has no field {name!r}{nearest(name, self._fields)}")

    def _replace(self, **fields: Array) -> Self:
        """The same state with other arrays for the given fields."""
        unknown = [name for name in fields if name not in self._fields]
        if unknown:
            raise UnknownFieldError(
                [f"State has no field {n!r}{nearest(n, self._fields)}" for n in unknown]
            )
        return type(self)(
            *(fields.get(name, old) for name, old in zip(self._fields, self, strict=True))
        )


class Peers(NamedTuple):
    """Other people as they were last month: counts among five contacts, and the partner.

    Attributes
    ----------
    know_desk, know_service : int32
        Contacts, 0 to 5, who are here and know the desk, or any service.
    gone : int32
        Contacts, 0 to 5, who have left.
    partner_wish : int32
        Wish of the partner by its number in ``WISHES``; one's own without a partner.
    partner_employed : bool
        Whether the partner has a job; False without a partner.
    """

    know_desk: Whole
    know_service: Whole
    gone: Whole
    partner_wish: Whole
    partner_employed: Flags


def months_here(people: People, month: Array) -> Array:
    """Months since arrival, int32."""
    return month - people.arrival_month.astype("int32")


def at_school(child_birth_month: Array, month: Array) -> Array:
    """Whether a child is 4 to 17 years old (compulsory and secondary school), bool."""
    age = month - child_birth_month.astype("int32")
    return (age >= 48) & (age < 216)


def child_at_school(people: People, month: Array) -> Array:
    """Whether the youngest child is at school."""
    return at_school(people.child_birth_month, month)


def outside_eu(origin: Array) -> Array:
    """Whether an origin group is from outside the EU."""
    return origin <= OTHER_NON_EU
