"""What a rule can declare as its own: states, parameters, levers, rates and indicators.

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


class Uniforms(Protocol):
    """Uniform numbers of a month, for every person."""

    def __call__(self, decision: int, /) -> Array:
        """Uniforms in [0, 1) of a decision, float32, shape (draws, slots).

        Parameters
        ----------
        decision : int
            A :class:`expatsim.model.chance.Decision`, or a number of one's own from 96 on.
        """


# --- states

# where a person's first value of a state comes from
DONORS: Final = "donors"  # of the survey stock: from the donor
START: Final = "start"  # of the survey stock: as for newcomers
ARRIVALS: Final = "arrivals"  # of newcomers: drawn by `expatsim.population.arrivals`
LOWEST = -(2**15)  # months since the start of the run
HIGHEST = 2**15 - 1  # months since the start of the run


class Entrants(NamedTuple):
    """People of one draw who are given the first value of a state.

    Attributes
    ----------
    people : mapping of str to numpy.ndarray, shape (adults,)
        Fixed attributes, see :class:`expatsim.model.state.People`.
    parameters : mapping of str to float
        Parameter values of this draw.
    uniforms : callable
        Gives the uniforms of a :class:`expatsim.model.chance.Decision`, shape (adults,).
    calendar : int
        Calendar month of month zero of the run, in months since January of the year 0.
    """

    people: Mapping[str, np.ndarray]
    parameters: Mapping[str, float]
    uniforms: Callable[[int], np.ndarray]
    calendar: int = 0


Begin = Callable[[Entrants], np.ndarray]
Start = bool | int | float | Begin | Literal["arrivals"]
Stock = Begin | Literal["donors", "start"]
Changes = tuple[str, str] | tuple[()]


class Shape(NamedTuple):
    """Name, kind and range of a state: what its storage follows from.

    Attributes
    ----------
    name : str
        Name of the state, as of a Python variable.
    kind : {"flag", "whole", "real"}
        Bool, whole number or float32.
    low, high : int
        Lowest and highest value of a whole number, both allowed.
    """

    name: str
    kind: str
    low: int
    high: int

    @property
    def bits(self) -> int:
        """Bits that a value takes, with a sign if it may be negative; 32 for a real number.

        Examples
        --------
        >>> Shape("dutch", "whole", 0, 3).bits, Shape("balance", "whole", -4, 3).bits
        (2, 3)
        """
        if self.kind == "real":
            return 32
        signed = self.low < 0
        return max(self.high.bit_length(), (~self.low).bit_length() if signed else 1) + signed


@dataclass(frozen=True)
class Field:
    """One state of a person that may change; made by :func:`flag`, :func:`count` and others.

    Attributes
    ----------
    shape : Shape
        Name, kind and range.
    meaning : str
        One line for the tables of the documents.
    start : bool, int, float, function or "arrivals"
        First value of newcomers: a constant, a function of :class:`Entrants`, or drawn where
        newcomers are made.
    stock : function, "donors" or "start"
        First value of people of the survey stock: a function of :class:`Entrants`, that of the
        donor, or ``start``.
    words : tuple of str
        Meaning of each number of a choice, from 0; empty for other kinds.
    changes : tuple of str
        What is said of a life in which it is more, and of one in which it is less; empty if
        :func:`expatsim.analysis.lives.lives` does not tell it.
    """

    shape: Shape
    meaning: str
    start: Start
    stock: Stock
    words: tuple[str, ...] = ()
    changes: Changes = ()

    @property
    def name(self) -> str:
        """Name of the state."""
        return self.shape.name


def flag(name: str, meaning: str, *, start: Start, stock: Stock, changes: Changes = ()) -> Field:
    """A state that is true or false; parameters as of :class:`Field`.

    Examples
    --------
    >>> flag("has_bicycle", "owns a bicycle", start=False, stock=START).shape.bits
    1
    """
    return Field(Shape(name, "flag", 0, 1), meaning, start, stock, changes=changes)


def count(
    name: str,
    low: int,
    high: int,
    meaning: str,
    *,
    start: Start,
    stock: Stock,
    changes: Changes = (),
) -> Field:
    """A whole number from ``low`` to ``high``; parameters as of :class:`Field`."""
    return Field(Shape(name, "whole", low, high), meaning, start, stock, changes=changes)


def choice(
    name: str,
    words: tuple[str, ...],
    meaning: str,
    *,
    start: Start,
    stock: Stock,
    changes: Changes = (),
) -> Field:
    """A state that is one of several words, kept as its number; parameters as of :class:`Field`."""
    return Field(Shape(name, "whole", 0, len(words) - 1), meaning, start, stock, words, changes)


def month(name: str, meaning: str, *, start: Start, stock: Stock, changes: Changes = ()) -> Field:
    """A state that is a month since the start of the run, ``NONE`` or ``OPEN``.

    Parameters are as of :class:`Field`.
    """
    return Field(Shape(name, "whole", LOWEST, HIGHEST), meaning, start, stock, changes=changes)


def real(name: str, meaning: str, *, start: Start, stock: Stock, changes: Changes = ()) -> Field:
    """A state that is a real number, float32; parameters as of :class:`Field`."""
    return Field(Shape(name, "real", 0, 0), meaning, start, stock, changes=changes)


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
        Bounds in the parameter's unit; the prior is cut off there.
    prior : {"normal", "log-normal", "logit-normal"}
        Shape of the prior.
    spread : float
        Standard deviation of the prior on the normal, log or logit scale.
    evidence : {"measured", "literature", "expert", "assumption"}
        How the prior is supported; see :mod:`expatsim.model.parameters`.
    source : str
        Rows of the tables or sections of the report that support it.
    meaning : str
        What the parameter does, one line for the documents.
    ask : str
        Question of a survey that would settle its value, as put to a respondent; empty for most.
    link : bool
        Whether it leads from life in the city to the wish, or from the wish to staying: every
        effect of a lever that passes through the wish depends on it.

    Examples
    --------
    >>> from expatsim.model.parameters import registry
    >>> registry()["friend_lost"].unit
    'probability per month'
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
    ask: str = ""
    link: bool = False

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Quantiles of the prior, cut off at the bounds.

        Parameters
        ----------
        u : numpy.ndarray
            Probabilities in (0, 1), any shape.

        Returns
        -------
        numpy.ndarray
            Values in the parameter's unit, shape of ``u``.

        Examples
        --------
        >>> from expatsim.model.parameters import registry
        >>> registry()["mentor_duration"].quantile(np.array([0.05, 0.5, 0.95])).round(1).tolist()
        [5.7, 9.0, 12.3]
        """
        from scipy.special import ndtr, ndtri

        centre = self._normal(self.default)
        low = ndtr((self._normal(self.low) - centre) / self.spread)
        high = ndtr((self._normal(self.high) - centre) / self.spread)
        return self.from_scale(centre + self.spread * ndtri(low + u * (high - low)))

    def from_scale(self, z: np.ndarray) -> np.ndarray:
        """Values in the parameter's unit from those on the scale on which its prior is normal.

        Parameters
        ----------
        z : numpy.ndarray
            Values on that scale, any shape; those beyond the bounds become the bounds.
        """
        if self.prior == "log-normal":
            z = np.exp(z)
        elif self.prior == "logit-normal":
            z = 1 / (1 + np.exp(-z))
        return np.clip(z, self.low, self.high)

    def to_scale(self, x: np.ndarray) -> np.ndarray:
        """Values on the scale on which its prior is normal; the inverse of :meth:`from_scale`.

        Parameters
        ----------
        x : numpy.ndarray
            Values in the parameter's unit, any shape.
        """
        with np.errstate(divide="ignore"):
            if self.prior == "log-normal":
                return np.log(x)
            return np.log(x / (1 - x)) if self.prior == "logit-normal" else np.asarray(x, float)

    def _normal(self, x: float) -> float:
        """A value of the parameter on the scale on which its prior is normal."""
        if self.prior == "log-normal":
            return math.log(x) if x > 0 else -math.inf
        if self.prior == "logit-normal":
            if x <= 0 or x >= 1:
                return -math.inf if x <= 0 else math.inf
            return math.log(x / (1 - x))
        return x


class Distribution(NamedTuple):
    """A prior: its shape, median, spread on the shape's own scale, and bounds.

    Attributes
    ----------
    shape : {"normal", "log-normal", "logit-normal"}
        Scale on which it is normal.
    median, low, high : float
        In the parameter's unit; it is cut off at the bounds.
    spread : float
        Standard deviation on the scale of ``shape``.
    """

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
    meaning: str,
    *,
    unit: str,
    prior: Distribution,
    evidence: str,
    source: str,
    symbol: str = "",
    ask: str = "",
    link: bool = False,
) -> Any:
    """An uncertain number, declared in a class of :class:`Parameters` under its name there.

    Parameters
    ----------
    meaning, unit, evidence, source, symbol, ask : str
        As of :class:`Parameter`.
    prior : Distribution
        From :func:`normal`, :func:`log_normal` or :func:`logit_normal`.
    link : bool
        As of :class:`Parameter`.
    """
    shape, median, *numbers = prior
    spread, low, high = map(float, numbers)
    return Parameter(
        name="",
        rule="",
        symbol=symbol,
        unit=unit,
        default=float(median),
        low=low,
        high=high,
        prior=shape,
        spread=spread,
        evidence=evidence,
        source=source,
        meaning=meaning,
        ask=ask,
        link=link,
    )


# --- levers

EACH_CITY: Final = "each city"  # the level of 2009 is in the folder of each city
# what the number of a lever counts
SHARE_OF_NEWCOMERS: Final = "newcomers"  # a share of those who arrive
SHARE_OF_PARTNERS: Final = "partners"  # a share of the partners among those who arrive
PLACES_PER_HUNDRED: Final = "places"  # places for each hundred who are here
SHARES_OF_ARRIVALS: Final = (SHARE_OF_NEWCOMERS, SHARE_OF_PARTNERS)
LAST: Final = 1000  # a place after those of the package's levers


@dataclass(frozen=True)
class Lever:
    """One thing that a city can do.

    Attributes
    ----------
    name : str
        Its key in scenario files.
    low, high : float
        Lowest and highest level, in its unit.
    unit, meaning : str
        Unit of the level, and what it is, one line for the documents.
    level_2009 : Level2009 or EACH_CITY
        Level of all cities in 2009, or ``EACH_CITY`` where each city has its own in its folder.
    label : str
        Its name for readers of a page, one line.
    reaches : str
        ``SHARE_OF_NEWCOMERS``, ``SHARE_OF_PARTNERS`` or ``PLACES_PER_HUNDRED`` where the people it
        reaches can be counted, else empty.
    through : tuple of str
        Parameters of what happens to those it reaches, where it moves no rate by an uncertain
        amount.
    place : int
        Lists, tables and pages show levers in the order of their places; the last by default.
    also_called : str
        Other words for it in files, Dutch ones first, with spaces between them; the nearest name
        in an error follows them.
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
    also_called: str = ""


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
    also_called: str = "",
) -> Any:
    """A thing that a city can do, declared in a class of :class:`Levers` under its name there.

    Parameters
    ----------
    meaning, unit, low, high, level_2009, label, reaches, through, place, also_called
        As of :class:`Lever`.
    """
    return Lever(
        "", low, high, unit, meaning, level_2009, label, reaches, through, place, also_called
    )


class Numbers:
    """Numbers under the names that a class declares, and no others.

    Parameters
    ----------
    values : mapping of str to array
        At least those that the class declares.
    """

    def __init__(self, values: Mapping[str, Array]) -> None:
        own: Any = type(self)  # a class can be hashed, though type checkers see its instances
        for name in declared(own):
            setattr(self, name, values[name])


class Parameters(Numbers):
    """Parameters of a rule: float64, shape (1, draws)."""


class Levers(Numbers):
    """Levers that a rule reads: float64, shape (months, draws) or (months, 1)."""


@cache
def declared(numbers: type[Numbers] | None) -> dict[str, Any]:
    """Parameters or levers of a class by name: its own first, then those it inherits."""
    if numbers is None:
        return {}
    by_name: dict[str, Any] = {}
    for cls in numbers.__mro__:
        for name, x in vars(cls).items():
            if isinstance(x, Parameter | Lever):
                by_name.setdefault(name, replace(x, name=name))
    return by_name


# --- rates

Vector = tuple[Array, ...]  # a rate for each of several cases: `Annotated[Vector, 5]`


@cache
def widths(rates: type[Any]) -> dict[str, int]:
    """Length of every rate of a class of rates by name; zero for a single number."""
    try:
        hints = get_type_hints(rates, include_extras=True)
    except NameError:  # annotations with names local to a function; they are single numbers
        hints = {}
    return {name: getattr(hints.get(name), "__metadata__", (0,))[0] for name in rates._fields}


def every_number(rates: Any) -> list[Array]:
    """All rates of a rule one after another, those of vectors too."""
    numbers: list[Array] = []
    for rate in rates:
        numbers += rate if isinstance(rate, tuple) else [rate]
    return numbers


# --- indicators


@dataclass(frozen=True)
class Indicator:
    """A number of people who belong to the counts, month by month.

    Attributes
    ----------
    name, meaning : str
        Name of the column in results, and its text for readers.
    of : function of State, People and month
        Whether a person is counted: bool, shape (draws, slots).
    event : bool
        True: everybody may be counted, in the month of the event. False: only those who are here
        at the end of the month.
    """

    name: str
    meaning: str
    of: Callable[[State, People, Array], Array]
    event: bool = False


class CityQuality(NamedTuple):
    """Quality of a city apart from its policy.

    Attributes
    ----------
    name : str
        Key of the city.
    grade : float
        Mean of the ten grades of Tabel 4.1, 1 to 10.
    nightlife : float
        One of them, that for nightlife.
    healthcare_english : float
        Share of contacts with health care that were possible in English in 2009.
    """

    name: str
    grade: float
    nightlife: float
    healthcare_english: float


class Rule(Protocol):
    """A process of a month: a module or a class.

    It may also have ``STATES``, ``Parameters``, ``Levers``, ``INDICATORS``, ``LOG_ODDS`` (true
    where rates add up instead of being odds) and, in the package, ``PLACE`` and ``Decisions``;
    see the top of this module.
    """

    Rates: Any

    def rates(self, p: Any, policy: Any, climate: np.ndarray, city: CityQuality) -> Any:
        """Rates of every month; each broadcasts to (months, draws).

        Parameters
        ----------
        p : Parameters
            Those that the rule declares, each of shape (1, draws).
        policy : Levers
            Those that the rule declares, each of shape (months, draws) or (months, 1).
        climate : numpy.ndarray, shape (months, 1)
            0 is normal, -1 the crisis of 2009.
        city : CityQuality
            Grades and health care of the city.
        """

    def step(
        self,
        state: State,
        people: People,
        peers: Peers,
        rates: Any,
        uniforms: Uniforms,
        month: Array,
    ) -> State:
        """The state after this process; arrays of shape (draws, slots).

        Parameters
        ----------
        state : State
            State after the process before this one.
        people : People
            Fixed attributes.
        peers : Peers
            Contacts and partners as they were last month.
        rates : Rates
            Rates of this month, each of shape (draws, 1).
        uniforms : callable
            Gives the uniforms of a :class:`expatsim.model.chance.Decision`, shape (draws, slots).
        month : int32 scalar
            Months since the start of the run.
        """
