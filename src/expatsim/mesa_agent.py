"""``Expat``: one person of the model, as an agent of Mesa."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn, Protocol

import mesa

from expatsim.errors import nearest
from expatsim.model.rules import fields
from expatsim.model.state import FAMILIES, MEETING_PLACES, NONE, OPEN, ORIGINS, State, outside_eu
from expatsim.population.adults import DONOR_PEOPLE, Adults

Read = Callable[["Expat"], Any]
# states that are stored as numbers and shown as words
_WORDS = {field.name: field.words for field in fields() if field.words}


class City(Protocol):
    """The part of :class:`expatsim.mesa_model.ExpatModel` that an agent reads."""

    @property
    def month(self) -> int:
        """Months that have run."""

    @property
    def adults(self) -> Adults:
        """Everybody who is here at the start or may come, as arrays."""

    @property
    def state(self) -> State:
        """Everybody's state as arrays."""

    def partner_of(self, slot: int) -> Any:
        """Return the other adult of a household; ``None`` if there is none, or not in the city."""


class Expat(mesa.Agent):
    """One adult; a view of the model's arrays, read only. You may add attributes of your own.

    Attributes
    ----------
    expat_id, unique_id : int
        Permanent identity, the same in every scenario of a seed and replicate.
    slot : int
        Position in the arrays.
    female : bool
        Woman or man.
    head : bool
        Has (or had) the contract of the household; False for partners.
    posted : bool
        Sent by the company for a time.
    coupled, single : bool
        An expat partner lives in the household; there is no partner anywhere.
    non_eu : bool
        From outside the EU.
    counted : bool
        Belongs to the counts: False for ``model.spouses`` only.
    origin : str
        Group of countries, one of :data:`expatsim.model.state.ORIGINS`.
    family : str
        ``"married"``, ``"partner, not married"`` or ``"single"``.
    wish : str
        Wish to stay longer: ``"no"``, ``"maybe"`` or ``"yes"``.
    dutch : str
        Level of Dutch: ``"none"``, ``"a few words"``, ``"a little"`` or ``"fluent"``.
    status : str
        ``"not yet arrived"``, ``"here"`` or ``"left"``.
    leave_reason, destination : str
        Why the person left, and where to; empty before.
    age : int
        In whole years.
    months_here : int
        Months since arrival, until leaving.
    arrival_month, birth_month : int
        Months since the start; earlier ones are negative.
    child_birth_month : int or None
        Of the youngest child; None without children.
    contract : str
        Of the head: ``"none"``, ``"open"`` or ``"with end date"``.
    contract_end, leave_month : int or None
        Months since the start; None without an end date, and while here.
    friends : int
        Dutch friends.
    friend_places : tuple of str
        Where Dutch friends were met.
    mentor_left : int
        Months that the mentor stays.
    had_mentor : bool
        Has or had a mentor.
    employed, rehired : bool
        Has a job; has found it here after losing an earlier one.
    knows_desk, knows_service, used_service : bool
        Knows the city's desk for expats; knows a service for them; has used one.
    volunteers : bool
        Does voluntary work.
    feels_welcome, finds_attractive : bool
        Feels welcome in the city; finds it attractive.
    dutch_partner : bool
        Has a Dutch partner, met in the city.
    propensity, stay_taste, welcome_taste, city_taste : float
        See :class:`expatsim.model.state.State` and :class:`expatsim.model.state.People`.
    school_effect : int
        See :class:`expatsim.model.state.People`.
    partner : Expat or None
        The other adult of the household, counted or not; None without one who is here.
    """

    # Mesa would number the agents of a model in the order in which they are made, and begin again
    # in a copy of the model; here everybody has a number already
    def __init__(self, model: City, slot: int) -> None:
        self.model = model
        self.pos = None
        self._slot = slot

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name if name.startswith("_") else _unknown(name))


class Part:
    """An attribute of a person that is read from the model's arrays and cannot be set.

    A descriptor with ``__set__`` comes before an agent's own attribute of the same name, so that
    nothing stale is read.

    Parameters
    ----------
    name : str
        Name of the attribute.
    read : callable
        Takes an agent, returns the value.
    """

    def __init__(self, name: str, read: Read) -> None:
        self.name = name
        self.read = read

    def __get__(self, agent: Expat | None, owner: type) -> Any:
        return self if agent is None else self.read(agent)

    def __set__(self, agent: Expat, value: Any) -> NoReturn:
        raise AttributeError(
            f"{self.name} is read only: agents show what the model's rules did. To change lives, "
            "write a rule (Scenario.with_rule, docs/python.md)"
        )

    def __delete__(self, agent: Expat) -> NoReturn:
        self.__set__(agent, None)


@lru_cache(maxsize=64)
def _unknown(name: str) -> str:
    return f"an expat has no attribute {name!r}{nearest(name, PARTS)}"


def _in_state(name: str) -> Read:
    words = _WORDS.get(name)

    def read(agent: Expat) -> Any:
        value = getattr(agent.model.state, name)[agent.slot].item()
        return words[value] if words else value

    return read


def _fixed(name: str) -> Read:
    return lambda agent: agent.model.adults.people[name][agent.slot].item()


def _unless(missing: tuple[int, ...], read: Read) -> Read:
    """Return a reader of a month that gives None for the numbers that stand for no month."""
    return lambda agent: None if (value := read(agent)) in missing else value


def _id(agent: Expat) -> int:
    return int(agent.model.adults.id[agent.slot])


def _contract(agent: Expat) -> str:
    end = int(agent.model.state.contract_end[agent.slot])
    return {NONE: "none", OPEN: "open"}.get(end, "with end date")


def _friend_places(agent: Expat) -> tuple[str, ...]:
    bits = int(agent.model.state.friend_places[agent.slot])
    return tuple(place for k, place in enumerate(MEETING_PLACES) if bits >> k & 1)


def _months_here(agent: Expat) -> int:
    leave = int(agent.model.state.leave_month[agent.slot])
    return min(agent.model.month - 1, leave) - int(agent.arrival_month)


PARTS: dict[str, Read] = {
    **{field.name: _in_state(field.name) for field in fields()},
    **{name: _fixed(name) for name in DONOR_PEOPLE},
    **{name: _fixed(name) for name in ("counted", "stay_taste", "welcome_taste", "city_taste")},
    "slot": lambda agent: agent._slot,
    "expat_id": _id,
    "unique_id": _id,
    "female": lambda agent: bool(agent.model.adults.female[agent.slot]),
    "origin": lambda agent: ORIGINS[agent.model.adults.origin[agent.slot]],
    "family": lambda agent: FAMILIES[agent.model.adults.family[agent.slot]],
    "non_eu": lambda agent: bool(outside_eu(agent.model.adults.origin[agent.slot])),
    "leave_month": _unless((OPEN,), _in_state("leave_month")),
    "contract_end": _unless((OPEN, NONE), _in_state("contract_end")),
    "contract": _contract,
    "child_birth_month": _unless((NONE,), _fixed("child_birth_month")),
    "friend_places": _friend_places,
    "age": lambda agent: (agent.model.month - 1 - agent.birth_month) // 12,
    "months_here": _months_here,
    "partner": lambda agent: agent.model.partner_of(agent.slot),
}
for _name, _read in PARTS.items():
    setattr(Expat, _name, Part(_name, _read))
