"""How a rule says what belongs to it: states, parameters, levers, indicators.

A rule's module (or class) declares::

    PLACE = 40  # in the month: rules run in the order of their places

    STATES = (declare.choice("dutch", LEVELS, "command of Dutch", start=0, stock=DONORS),)

    class Parameters(declare.Parameters):
        words_learned: Array = declare.parameter("from no Dutch to a few words", ...)

    class Levers(declare.Levers):
        dutch_practice: Array = declare.lever("places in language cafes", ...)

    INDICATORS = (declare.Indicator("dutch_none", "speak no Dutch", lambda s, p, m: s.dutch == 0),)

and its functions ``rates`` and ``step`` use them. Registries, packing, limits, the schema of files,
tables and tests are made from this. Only ``Rates``, ``rates`` and ``step`` must be there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal, NamedTuple, Protocol, get_type_hints

import numpy as np

from expatsim.cities.level import Level2009
from expatsim.model.state import Array, Peers, People, State

# --- states

# what the survey stock starts with: what donors hand on, or what newcomers start with
DONORS: Final = "donors"
START: Final = "start"
# what newcomers start with is drawn where they are made, by `expatsim.population.arrivals`
ARRIVALS: Final = "arrivals"
LOWEST, HIGHEST = -(2**15), 2**15 - 1  # of months


class Adults(NamedTuple):
    """People of one draw for whom a state begins.

    Attributes
    ----------
    people : mapping of str to numpy.ndarray, shape (adults,)
        Fixed attributes, see :class:`expatsim.model.state.People`.
    parameters : mapping of str to float
        Of this draw.
    uniforms : callable
        From a :class:`expatsim.model.chance.Decision` to uniforms, shape (adults,).
    """

    people: Mapping[str, np.ndarray]
    parameters: Mapping[str, float]
    uniforms: Callable[[int], np.ndarray]


Begin = Callable[[Adults], np.ndarray]
Start = bool | int | float | Begin | Literal["arrivals"]
Stock = Begin | Literal["donors", "start"]


class Shape(NamedTuple):
    """What has to be known of a state in order to keep it: its name, kind and range."""

    name: str
    kind: str
    low: int
    high: int

    @property
    def bits(self) -> int:
        """Bits that it takes, with a sign if it may be negative; 32 for a real number."""
        if self.kind == "real":
            return 32
        signed = self.low < 0
        return max(self.high.bit_length(), (~self.low).bit_length() if signed else 1) + signed


@dataclass(frozen=True)
class Field:
    """One thing that changes about a person; see :func:`flag`, :func:`count` and others.

    Attributes
    ----------
    shape : Shape
    meaning : str
    start : bool, int, float, function or "arrivals"
        What newcomers start with.
    stock : function, "donors" or "start"
        What people of the survey stock start with.
    words : tuple of str
        What the numbers of a choice stand for.
    """

    shape: Shape
    meaning: str
    start: Start
    stock: Stock
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the state."""
        return self.shape.name


def flag(name: str, meaning: str, *, start: Start, stock: Stock) -> Field:
    """A state that is true or false; parameters as of :class:`Field`."""
    return Field(Shape(name, "flag", 0, 1), meaning, start, stock)


def count(name: str, low: int, high: int, meaning: str, *, start: Start, stock: Stock) -> Field:
    """A whole number from ``low`` to ``high``; parameters as of :class:`Field`."""
    return Field(Shape(name, "whole", low, high), meaning, start, stock)


def choice(name: str, words: tuple[str, ...], meaning: str, *, start: Start, stock: Stock) -> Field:
    """One of some words, kept as its number; parameters as of :class:`Field`."""
    return Field(Shape(name, "whole", 0, len(words) - 1), meaning, start, stock, words)


def month(name: str, meaning: str, *, start: Start, stock: Stock) -> Field:
    """A month since the start of the run, ``NONE`` or ``OPEN``; parameters as of :class:`Field`."""
    return Field(Shape(name, "whole", LOWEST, HIGHEST), meaning, start, stock)


def real(name: str, meaning: str, *, start: Start, stock: Stock) -> Field:
    """A real number; parameters as of :class:`Field`."""
    return Field(Shape(name, "real", 0, 0), meaning, start, stock)


# --- parameters

Prior = Literal["normal", "log-normal", "logit-normal"]
EVIDENCE = ("measured", "literature", "expert", "assumption")


@dataclass(frozen=True)
class Parameter:
    """One uncertain number of the model.

    Attributes
    ----------
    name, symbol, rule : str
        Name in the code, symbol in the documents, rule that uses it.
    unit : str
        Probabilities are per month unless the unit says otherwise.
    default : float
        Median of the prior, set by hand from the sources.
    low, high : float
        Bounds; the prior is cut off there.
    prior : {"normal", "log-normal", "logit-normal"}
        Shape; ``spread`` is the standard deviation on the normal, log or logit scale.
    spread : float
    evidence : {"measured", "literature", "expert", "assumption"}
    source, meaning : str
    """

    name: str
    rule: str
    symbol: str
    unit: str
    default: float
    low: float
    high: float
    prior: Prior
    spread: float
    evidence: str
    source: str
    meaning: str

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Quantiles of the prior, cut off at the bounds.

        Parameters
        ----------
        u : numpy.ndarray
            Probabilities in (0, 1), any shape.
        """
        from scipy.special import ndtr, ndtri

        centre = self._normal(self.default)
        low = ndtr((self._normal(self.low) - centre) / self.spread)
        high = ndtr((self._normal(self.high) - centre) / self.spread)
        z = centre + self.spread * ndtri(low + u * (high - low))
        if self.prior == "log-normal":
            z = np.exp(z)
        elif self.prior == "logit-normal":
            z = 1 / (1 + np.exp(-z))
        return np.clip(z, self.low, self.high)

    def _normal(self, x: float) -> float:
        if self.prior == "log-normal":
            return math.log(x) if x > 0 else -math.inf
        if self.prior == "logit-normal":
            if x <= 0 or x >= 1:
                return -math.inf if x <= 0 else math.inf
            return math.log(x / (1 - x))
        return x


class Distribution(NamedTuple):
    """A prior: its shape, median, spread on the shape's own scale, and bounds."""

    shape: Prior
    median: float
    spread: float
    low: float
    high: float


def normal(median: float, *, spread: float, low: float, high: float) -> Distribution:
    """A normal prior, cut off at its bounds; ``spread`` is its standard deviation."""
    return Distribution("normal", median, spread, low, high)


def log_normal(median: float, *, spread: float, low: float, high: float) -> Distribution:
    """A prior that is normal on the log scale, where ``spread`` is its standard deviation."""
    return Distribution("log-normal", median, spread, low, high)


def logit_normal(median: float, *, spread: float, low: float, high: float) -> Distribution:
    """A prior that is normal on the logit scale, where ``spread`` is its standard deviation."""
    return Distribution("logit-normal", median, spread, low, high)


def parameter(
    meaning: str, *, unit: str, prior: Distribution, evidence: str, source: str, symbol: str = ""
) -> Any:
    """An uncertain number, declared in a class of :class:`Parameters` under its name there.

    Parameters
    ----------
    meaning, unit, evidence, source, symbol : str
        As of :class:`Parameter`.
    prior : Distribution
        From :func:`normal`, :func:`log_normal` or :func:`logit_normal`.
    """
    shape, median, *numbers = prior
    spread, low, high = map(float, numbers)
    return Parameter(
        "", "", symbol, unit, float(median), low, high, shape, spread, evidence, source, meaning
    )


# --- levers

EACH_CITY: Final = "each city"  # says in its own folder where a lever stood in 2009
# whom a lever reaches: a share of those who arrive, or places for each hundred who are here
NEWCOMERS: Final = "newcomers"
PLACES: Final = "places"
LAST: Final = 1000  # a place after those of the package's levers


@dataclass(frozen=True)
class Lever:
    """One thing that a city can do.

    Attributes
    ----------
    name : str
    low, high : float
        Range.
    unit, meaning : str
    level_2009 : Level2009 or EACH_CITY
        Where it stood in every city in 2009, or that each city says so in its own folder.
    label : str
        What it is for readers of a page, one line.
    reaches : str
        ``NEWCOMERS`` or ``PLACES`` where the people it reaches can be counted, else empty.
    through : tuple of str
        Parameters of what happens to those it reaches, where it moves no rate by an uncertain
        amount.
    place : int
        Lists, tables and pages show levers in the order of their places; the last by default.
    """

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    level_2009: Level2009 | Literal["each city"]
    label: str
    reaches: str = ""
    through: tuple[str, ...] = ()
    place: int = LAST


def lever(
    meaning: str,
    *,
    unit: str,
    low: float,
    high: float,
    level_2009: Level2009 | Literal["each city"],
    label: str,
    reaches: str = "",
    through: tuple[str, ...] = (),
    place: int = LAST,
) -> Any:
    """A thing that a city can do, declared in a class of :class:`Levers` under its name there.

    Parameters
    ----------
    meaning, unit, low, high, level_2009, label, reaches, through, place
        As of :class:`Lever`.
    """
    return Lever("", low, high, unit, meaning, level_2009, label, reaches, through, place)


class Numbers:
    """Numbers under the names that a class declares, and no others.

    Parameters
    ----------
    values : mapping of str to array
        At least those that the class declares.
    """

    def __init__(self, values: Mapping[str, Array]) -> None:
        for name in declared(type(self)):
            setattr(self, name, values[name])


class Parameters(Numbers):
    """Parameters of a rule: float64, shape (1, draws)."""


class Levers(Numbers):
    """Levers that a rule reads: float64, shape (months, draws) or (months, 1)."""


def declared(numbers: type[Numbers] | None) -> dict[str, Any]:
    """What a class of numbers declares by name: its own first, then those it shares with others."""
    if numbers is None:
        return {}
    found: dict[str, Any] = {}
    for cls in numbers.__mro__:
        for name, x in vars(cls).items():
            if isinstance(x, Parameter | Lever):
                found.setdefault(name, replace(x, name=name))
    return found


# --- rates

Vector = tuple[Array, ...]  # a rate for each of several cases: `Annotated[Vector, 5]`


@cache
def widths(rates: type[Any]) -> dict[str, int]:
    """Length of every rate of a class of rates by name; zero for a single number."""
    try:
        hints = get_type_hints(rates, include_extras=True)
    except NameError:  # annotations that only a function knows; they are single numbers
        hints = {}
    return {name: getattr(hints.get(name), "__metadata__", (0,))[0] for name in rates._fields}


def every_number(rates: Any) -> list[Array]:
    """All rates of a rule one after another, those of vectors too."""
    found: list[Array] = []
    for rate in rates:
        found += rate if isinstance(rate, tuple) else [rate]
    return found


# --- indicators


@dataclass(frozen=True)
class Indicator:
    """A number of people who belong to the counts, month by month.

    Attributes
    ----------
    name, meaning : str
        ``meaning`` is how it reads in results.
    of : function of State, People and month
        Who is counted: bool, shape (draws, slots).
    event : bool
        Of everybody, in the month in which it happens; else of those who are here at its end.
    """

    name: str
    meaning: str
    of: Callable[[State, People, Array], Array]
    event: bool = False


class Rule(Protocol):
    """A process of a month: a module or a class.

    It may also have ``STATES``, ``Parameters``, ``Levers``, ``INDICATORS`` and, in the package,
    ``PLACE`` and ``Decisions``; see the top of this module.
    """

    Rates: Any

    def rates(self, p: Any, policy: Any, climate: Any, city: Any) -> Any:
        """Rates from parameters, levers, climate (months, 1) and the city, for every month.

        Each broadcasts to (months, draws).
        """

    def step(
        self, state: State, people: People, peers: Peers, rates: Any, draws: Any, month: Any
    ) -> State:
        """The state after this process, from the one before; arrays of shape (draws, slots)."""
