"""Scenarios as the model runs them: all settings known, levers and climate month by month."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from expatsim import arguments
from expatsim.cities import City, add
from expatsim.cities import city as city_of
from expatsim.errors import InputError, nearest
from expatsim.intervals import log_normal_ends
from expatsim.model.declare import Lever, Parameter
from expatsim.model.levers import LEVERS, levers
from expatsim.model.parameters import arrivals_of, defaults, levels_of_2009, registry
from expatsim.model.policy import Level, LeverPath, as_in_2009, central, policy_of_draws
from expatsim.model.rates import newcomers_a_year
from expatsim.model.rules import ORDER, Order
from expatsim.scenario import own_rules, rule_file
from expatsim.scenario.checks import problems
from expatsim.scenario.rule_file import FileRule


def _no_spread() -> np.ndarray:
    """The spread of an inflow that is the same in every draw."""
    return np.zeros(1)


# the same for every scenario, so that a draw that is high is high in all of them
INFLOW_DEVIATION = Parameter(
    name="inflow_deviation",
    rule="arrival",
    symbol="i_d",
    unit="standard deviations of the logarithm",
    default=0.0,
    low=-3.0,
    high=3.0,
    prior="normal",
    spread=1.0,
    evidence="assumption",
    source="the city's folder: lowest and highest arrivals a year",
    meaning="workers who arrive in a year, above or below the middle",
)
STOCK_DEVIATION = dataclasses.replace(
    INFLOW_DEVIATION,
    name="stock_deviation",
    symbol="s_d",
    source="the city's folder: lowest and highest share of earlier arrivals who are still here",
    meaning="people at the start, above or below what follows from the arrivals a year",
)


@dataclass(frozen=True, eq=False)
class Scenario:
    """A checked scenario; two are equal if their descriptions are, see :meth:`describe`.

    Attributes
    ----------
    name : str
        Name of the file without ending.
    title, description, author : str
        Texts of the file for readers; empty if not given.
    title_nl, description_nl : str
        Title and description in Dutch; empty if not given.
    city : str
        Name of the city whose people it has, see :func:`expatsim.cities.city`.
    start : str
        First month, ``"2010-01"``.
    months : int
        Length of the projection.
    policy : dict of str to expatsim.model.policy.LeverPath
        Level of every lever over time. Numbers, and arrays with a number for each month, are taken
        as well: as decided levels, the same in every draw.
    policy_city : str
        City whose policy of 2009 it starts from, for readers; a level "as in 2009" names its city
        itself.
    quality_city : str
        City whose grades of Tabel 4.1 it has; other than ``city`` in decompositions only.
    climate : numpy.ndarray, shape (months,)
        Economic climate: 0 is normal, -1 the crisis of 2009.
    inflow : numpy.ndarray, shape (months,)
        Workers who arrive in a year, at the pace of each month; the middle draw, if they differ.
    stock : int
        People in the city at the start; the middle draw, if they differ.
    people : float
        Share of the city's people that it runs with, see :meth:`resized`.
    weights : str
        ``"survey"`` or ``"national"``.
    costs : dict
        By lever, costs in euros as in :class:`expatsim.scenario.schema.Cost`; empty if no cost was
        given.
    value_per_expat_year : float or None
        What a year lived in the city is worth, in euros; there is no default.
    seed : int
        Number from which, with the replicate, all chance is made.
    draws : int
        Number of draws.
    parameters : str
        Source of parameters: ``"posterior"``, ``"prior"`` or a file of draws; see
        :func:`expatsim.posterior.read_draws`.
    parameters_read : (str, str)
        Source and SHA-256 of the draws that were read; see :attr:`parameters_digest`.
    texts : dict of str to str
        Text of this file and of those that it is based on, by path; not compared.
    idle : tuple of str
        Dates of changes without effect.
    inflow_spread : numpy.ndarray, shape (months,)
        Standard deviation of the logarithm of the inflow between draws; zero by default. A draw
        that is high is high in every month, and in every scenario with its number.
    stock_spread : (float, float)
        Standard deviations of the logarithm of the stock between draws: of the part that goes with
        the draw's inflow, and of the rest; zero by default. See :meth:`stock_of`.
    own_rules : sequence of (str, rule)
        Processes that are not in the package, each with the name of the one that it follows; see
        :meth:`with_rule`.
    """

    name: str
    title: str
    description: str
    author: str
    city: str
    start: str
    months: int
    policy: dict[str, LeverPath]
    policy_city: str
    quality_city: str
    climate: np.ndarray
    inflow: np.ndarray
    stock: int
    weights: str
    costs: dict[str, dict[str, float]]
    seed: int
    draws: int
    parameters: str = "posterior"
    parameters_read: tuple[str, str] = ("", "")
    value_per_expat_year: float | None = None
    title_nl: str = ""
    description_nl: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    own_rules: Order = ()
    people: float = 1.0
    idle: tuple[str, ...] = ()
    inflow_spread: np.ndarray = field(default_factory=_no_spread)
    stock_spread: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        spread = np.broadcast_to(self.inflow_spread, self.inflow.shape)
        object.__setattr__(self, "inflow_spread", spread)
        paths = {lever: LeverPath.of(what) for lever, what in self.policy.items()}
        for name, lever in self.levers.items():
            if name not in LEVERS:
                paths.setdefault(name, LeverPath.of(as_in_2009(lever, self.city)))
        object.__setattr__(self, "policy", paths)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scenario):
            return NotImplemented
        return self.describe() == other.describe()

    def __hash__(self) -> int:
        return hash((self.name, self.city, self.start, self.months, self.stock, self.seed))

    def levels(self, parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Levels of all levers, month by month and draw by draw.

        Parameters
        ----------
        parameters : mapping of str to numpy.ndarray, shape (draws,)
            Values of each parameter, draw by draw.

        Returns
        -------
        dict of str to numpy.ndarray, shape (months, draws) or (months, 1)
            In the unit of each lever.
        """
        newcomers = self.newcomers(parameters)
        at_home = self.at_home(parameters)
        return policy_of_draws(self.policy, at_home, newcomers, self.levers)

    def newcomers(self, parameters: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
        """People who arrive in a year, workers and partners, at the pace of each month.

        Parameters
        ----------
        parameters : mapping of str to numpy.ndarray, shape (draws,), optional
            Values of each parameter; by default one draw with all at their defaults.

        Returns
        -------
        numpy.ndarray, shape (months, draws)
        """
        start = {name: p.default for name, p in self.own_parameters.items()}
        values = parameters or {k: np.array([x]) for k, x in {**defaults(), **start}.items()}
        return newcomers_a_year(self.inflow_of(values), self.climate, self.at_home(values))

    def inflow_of(self, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
        """Workers who arrive in a year, month by month and draw by draw, in a neutral climate.

        Parameters
        ----------
        parameters : mapping of str to numpy.ndarray, shape (draws,)
            Values of each parameter, draw by draw.

        Returns
        -------
        numpy.ndarray, shape (months, draws) or (months, 1)
        """
        if not self.inflow_spread.any():
            return self.inflow[:, None]
        deviation = np.asarray(parameters[INFLOW_DEVIATION.name], np.float64)[None, :]
        return self.inflow[:, None] * np.exp(self.inflow_spread[:, None] * deviation)

    def stock_of(self, parameters: Mapping[str, np.ndarray]) -> np.ndarray:
        """People in the city at the start, draw by draw.

        A draw with a high inflow has more people: they came with such an inflow. That holds also
        where a file decides on the inflow from the start on, so that the people at the start are
        the same with and without that decision.

        Parameters
        ----------
        parameters : mapping of str to numpy.ndarray, shape (draws,)
            Values of each parameter, draw by draw.

        Returns
        -------
        numpy.ndarray of int, shape (draws,) or (1,)
        """
        logarithm = np.zeros(1)
        deviations = (INFLOW_DEVIATION, STOCK_DEVIATION)
        for spread, deviation in zip(self.stock_spread, deviations, strict=True):
            if spread:
                logarithm = logarithm + spread * np.asarray(parameters[deviation.name], np.float64)
        return np.maximum(1, np.rint(self.stock * np.exp(logarithm))).astype(int)

    @property
    def stock_range(self) -> tuple[int, int]:
        """People at the start: nine in ten draws lie between these; equal if all are alike."""
        low, high = log_normal_ends(self.stock, float(np.hypot(*self.stock_spread)))
        return round(low), round(high)

    def at_home(self, parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Parameters as they are in its city: what its folder knows takes the place of others.

        Parameters
        ----------
        parameters : mapping of str to numpy.ndarray, shape (draws,)
            Values of each parameter, draw by draw, with ``own_parameters``.
        """
        own = {k: parameters[p.name] for k, p in arrivals_of(city_of(self.city)).items()}
        return {**parameters, **own}

    def central(self, lever: str) -> np.ndarray:
        """Level of a lever month by month, at defaults of all parameters, shape (months,)."""
        return central(self.levers[lever], self.policy[lever], self.newcomers())

    @property
    def parameters_digest(self) -> str:
        """SHA-256 of the parameter draws; empty for the prior, and until draws are read."""
        source, digest = self.parameters_read
        return digest if source == self.parameters else ""

    @property
    def rules(self) -> Order:
        """Name and rule of every process of a month, in their order."""
        return tuple((name, own_rules.itself(rule)) for name, rule in self._declaring)

    @property
    def _declaring(self) -> Order:
        """As ``rules``, with stored rules as they are: these declare, but cannot run."""
        return joined(self.own_rules)

    @property
    def levers(self) -> Mapping[str, Lever]:
        """All levers by name: the package's, then those of ``own_rules``."""
        return levers(self._declaring)

    @property
    def registry(self) -> Mapping[str, Parameter]:
        """All parameters by name: the package's, then ``own_parameters``."""
        return {**registry(), **self.own_parameters}

    def with_policy(self, name: str, **policy: LeverPath | Level | float | np.ndarray) -> Scenario:
        """The same scenario with other levels of some levers.

        Parameters
        ----------
        name : str
            Name of the new scenario.
        **policy : float, numpy.ndarray of shape (months,), Level or LeverPath
            Level of each lever that differs.

        Raises
        ------
        InputError
            If there is no such lever, or a level is out of its range.
        """
        wrong: list[str] = []
        paths: dict[str, LeverPath] = {}
        for lever, what in policy.items():
            x = self.levers.get(lever)
            if x is None:
                wrong.append(f"no lever {lever!r}{nearest(lever, self.levers)}")
                continue
            count = 1 if isinstance(what, LeverPath | Level) else np.size(what)
            if count not in (1, self.months):
                allowed = f"(allowed: one, or one for each of {self.months} months)"
                wrong.append(f"{lever}: {count} levels {allowed}")
                continue
            try:
                paths[lever] = LeverPath.of(what)
            except (TypeError, ValueError) as error:
                wrong.append(f"{lever}: {error}")
                continue
            numbers = [s.value for _, s in paths[lever].steps if s.value is not None]
            wrong += [
                f"{lever}: {value:g} is out of range (allowed: {x.low:g} to {x.high:g}, {x.unit})"
                for value in numbers
                if not x.low <= value <= x.high
            ]
        if wrong:
            raise InputError(wrong)
        return dataclasses.replace(self, name=name, policy={**self.policy, **paths})

    def with_policy_of(self, city: str, name: str) -> Scenario:
        """The same scenario under a city's policy of 2009, from the start on.

        Parameters
        ----------
        city : str
            Name of a city of the study, or of one whose folder was read.
        name : str
            Name of the new scenario.

        Raises
        ------
        InputError
            If there is no such city.
        """
        taken = {lever: LeverPath.of(as_in_2009(lever, city)) for lever in LEVERS}
        policy = {**self.policy, **taken}
        return dataclasses.replace(self, name=name, policy=policy, policy_city=city)

    def with_rule(self, rule: Any, after: str = "", name: str = "") -> Scenario:
        """The same scenario with one more rule.

        Parameters
        ----------
        rule : module or class
            With ``Rates`` (a named tuple), ``rates(p, policy, climate, city)`` and
            ``step(state, people, peers, rates, uniforms, month)``, as the modules of
            :mod:`expatsim.model.rules` have them. It may declare states, parameters, levers and
            indicators of its own, see :mod:`expatsim.model.declare`. Chance comes from
            ``uniforms(Decision.OWN_1)`` to ``OWN_4``.
        after : str
            Process that it follows in every month, such as ``"friendship"``; by default what the
            rule says itself as ``AFTER``.
        name : str
            Name of the new scenario; by default that of this one.

        Raises
        ------
        InputError
            If the rule lacks a part or declares something impossible, or if there is no process
            ``after``.
        """
        title = own_rules.name_of(rule)
        wrong = problems(rule, self.rules)
        if wrong:
            raise InputError([f"rule {title}: {problem}" for problem in wrong])
        names = [process for process, _ in self.rules]
        after = after or getattr(rule, rule_file.AFTER, "")
        if after not in names:
            raise InputError(f"after: no process {after!r}{nearest(after, names)}")
        if title in names:
            raise InputError(f"rule {title}: there is a process of this name")
        return dataclasses.replace(
            self,
            name=name or self.name,
            title=f"{self.title}, with {title}",
            title_nl=f"{self.title_nl}, met {title}" if self.title_nl else "",
            own_rules=(*self.own_rules, (after, rule)),
        )

    @property
    def own_cities(self) -> tuple[City, ...]:
        """Cities that it refers to and that are not of the study."""
        levels = (level for path in self.policy.values() for _, level in path.steps)
        names = (self.city, self.policy_city, self.quality_city, *(x.city for x in levels))
        cities = [city_of(name) for name in dict.fromkeys(names) if name]
        return tuple(city for city in cities if not city.of_the_study)

    @property
    def own_parameters(self) -> dict[str, Parameter]:
        """Parameters that no calibration knows, by name: they are drawn from their priors.

        These are parameters of ``own_rules``, levels of ``own_cities`` that nobody measured, what
        the city's folder knows of its arrivals, and an inflow and a stock that differ between
        draws.
        """
        of_rules = {n: p for n, p in registry(self._declaring).items() if n not in registry()}
        of_arrivals = list(arrivals_of(city_of(self.city)).values())
        if self.inflow_spread.any() or self.stock_spread[0]:
            of_arrivals.append(INFLOW_DEVIATION)
        if self.stock_spread[1]:
            of_arrivals.append(STOCK_DEVIATION)
        levels = levels_of_2009(self.own_cities)
        return {p.name: p for p in (*levels, *of_arrivals)} | of_rules

    def __getstate__(self) -> dict[str, Any]:
        """State for copies and workers, with names of modules instead of rules that are modules."""
        rules = ((after, _name_of_module(rule)) for after, rule in self.own_rules)
        # unpickling registers the cities where the scenario goes
        return {**self.__dict__, "own_rules": tuple(rules), "own_cities": self.own_cities}

    def __setstate__(self, state: dict[str, Any]) -> None:
        rules = ((a, import_module(r) if isinstance(r, str) else r) for a, r in state["own_rules"])
        state.pop("own_cities")  # registered when they were unpickled, see City.__reduce__
        self.__dict__.update({**state, "own_rules": tuple(rules)})

    def resized(self, people: float = 1.0, months: int | None = None) -> Scenario:
        """The same scenario with more or fewer people, or cut short.

        Shares stay the same but for chance, since contacts are sought in a city of the new size.
        Costs a year and for each unit of a lever change in proportion.

        Parameters
        ----------
        people : float
            Factor for the stock and the inflow.
        months : int, optional
            New length; by default, and at most, that of this scenario.
        """
        people = arguments.number("people", people, 0, more=True)
        t = self.months if months is None else min(months, self.months)
        return dataclasses.replace(
            self,
            months=t,
            people=self.people * people,
            stock=max(1, round(self.stock * people)),
            inflow=self.inflow[:t] * people,
            inflow_spread=self.inflow_spread[:t],
            costs={
                lever: {k: x * people if k in ("per_year", "per_unit") else x for k, x in c.items()}
                for lever, c in self.costs.items()
            },
            policy={
                name: path.first(t).map(lambda level: level.scaled(people))
                for name, path in self.policy.items()
            },
            climate=self.climate[:t],
        )

    def describe(self) -> dict[str, Any]:
        """All that decides the results, with the texts for readers, as plain values."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "title_nl": self.title_nl,
            "description_nl": self.description_nl,
            "author": self.author,
            "city": self.city,
            "start": self.start,
            "months": self.months,
            "stock": self.stock,
            "people": self.people,
            "weights": self.weights,
            "seed": self.seed,
            "draws": self.draws,
            "parameters": self.parameters,
            "parameters_digest": self.parameters_digest,
            "policy_city": self.policy_city,
            "quality_city": self.quality_city,
            "policy": {k: path.plain() for k, path in self.policy.items()},
            "newcomers": float(self.newcomers()[0, 0]),
            "climate": steps(self.climate),
            "inflow": steps(self.inflow),
            "inflow_spread": steps(self.inflow_spread),
            "stock_spread": list(self.stock_spread),
            "costs": self.costs,
            "value_per_expat_year": self.value_per_expat_year,
            "idle": list(self.idle),
            "own_rules": {
                own_rules.name_of(rule): own_rules.describe(after, rule)
                for after, rule in self.own_rules
            },
            "own_cities": {city.name: city.content for city in self.own_cities},
        }

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> Scenario:
        """Return the scenario of a description, also after a trip through JSON.

        Rules from outside the package are imported when the scenario runs; see
        :mod:`expatsim.scenario.own_rules`.

        Parameters
        ----------
        description : mapping
            From :meth:`describe`.
        """
        for name, content in description.get("own_cities", {}).items():
            add(City.of(name, content))
        months = int(description["months"])
        names = {f.name for f in dataclasses.fields(cls)}
        made = {
            "climate": values_of(description["climate"], months),
            "inflow": values_of(description["inflow"], months),
            "inflow_spread": values_of(description.get("inflow_spread", [(0, 0.0)]), months),
            "stock_spread": tuple(description.get("stock_spread", (0.0, 0.0))),
            "policy": {k: LeverPath.from_plain(path) for k, path in description["policy"].items()},
            "parameters_read": (description["parameters"], description["parameters_digest"]),
            "idle": tuple(description["idle"]),
            "own_rules": tuple(
                own_rules.from_description(name, rule)
                for name, rule in description["own_rules"].items()
            ),
        }
        return cls(**{k: x for k, x in description.items() if k in names} | made)


def joined(own: Order) -> Order:
    """Name and rule of every process of a month: the package's, and rules of one's own.

    Parameters
    ----------
    own : sequence of (str, rule)
        Each with the process that it follows, as :attr:`Scenario.own_rules`.
    """
    order = list(ORDER)
    for after, rule in own:
        at = [name for name, _ in order].index(after) + 1
        order.insert(at, (own_rules.name_of(rule), rule))
    return tuple(order)


def _name_of_module(rule: Any) -> Any:
    """Name of a rule that is a module and can be imported; other rules as they are."""
    can_be_imported = isinstance(rule, ModuleType) and not isinstance(rule, FileRule)
    return rule.__name__ if can_be_imported else rule


def month_number(date: str) -> int:
    """Months from January of year 0 to a date such as ``"2010-01"``."""
    year, month = date.split("-")
    return int(year) * 12 + int(month) - 1


def month_name(start: str, month: int) -> str:
    """Date of a month of the projection.

    Parameters
    ----------
    start : str
        First month, such as ``"2010-01"``.
    month : int
        Months since the start.

    Examples
    --------
    >>> month_name("2010-01", 14)
    '2011-03'
    """
    number = month_number(start) + month
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def steps(path: np.ndarray) -> list[tuple[int, float]]:
    """Months at which a path changes, and its values from there on.

    Examples
    --------
    >>> steps(np.array([0.2, 0.2, 0.5, 0.5]))
    [(0, 0.2), (2, 0.5)]
    """
    at = np.flatnonzero(np.diff(path, prepend=np.nan))
    return [(int(m), float(path[m])) for m in at]


def values_of(steps: Sequence[Sequence[float]], months: int) -> np.ndarray:
    """Path of so many months, the inverse of :func:`steps`; shape (months,)."""
    values = np.empty(months)
    for month, value in steps:  # steps beyond the last month change nothing
        values[int(month) :] = value
    return values
