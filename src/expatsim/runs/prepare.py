"""Preparation of draws: all that is computed before the engine runs, such as rates and people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from expatsim import posterior
from expatsim.cities.level import WIDENING
from expatsim.model import rates as rates_module
from expatsim.model.chance import run_keys
from expatsim.model.parameters import Parameter, lent_levels, registry, sample_prior
from expatsim.model.policy import policy_as_in_2009, policy_of_draws
from expatsim.population.adults import Adults
from expatsim.population.build import arrivals_by_month, build, circle
from expatsim.runs.times import meaning, policy_in_time, times_of
from expatsim.scenario.scenario import Scenario

# what is no lever and no parameter, and may still differ between draws: climate, and workers who
# arrive in a year in the whole city
SURROUNDINGS = ("climate", "inflow")


class Replicates(NamedTuple):
    """Replicate of each draw, for every source of uncertainty; usually the same for all sources.

    Attributes
    ----------
    parameters, survey, chance : numpy.ndarray of int, shape (draws,)
        Replicates for the parameter values, for the bootstrap of the respondents, and for all other
        chance.
    grades : mapping of str to numpy.ndarray of int, shape (draws,)
        Other replicates for the parameters of some grades of evidence, by grade.
    given : mapping of str to numpy.ndarray, shape (draws,)
        Values of some parameters that hold whatever the replicate, by name.
    levels : mapping of str to numpy.ndarray, shape (draws,)
        Levels of some levers, from the start on, instead of those of the scenario; and of its
        ``climate`` and ``inflow`` (:data:`SURROUNDINGS`). Also when the draw starts, and how late
        levers change, see :mod:`expatsim.runs.times`.
    """

    parameters: np.ndarray
    survey: np.ndarray
    chance: np.ndarray
    grades: Mapping[str, np.ndarray] = {}
    given: Mapping[str, np.ndarray] = {}
    levels: Mapping[str, np.ndarray] = {}

    @classmethod
    def together(cls, replicates: np.ndarray) -> Replicates:
        """Return these replicates for every source."""
        return cls(replicates, replicates, replicates)

    def part(self, start: int, stop: int) -> Replicates:
        """Return some of the draws."""
        parameters, survey, chance = (x[start:stop] for x in self[:3])
        named = ({k: x[start:stop] for k, x in part.items()} for part in self[3:])
        return Replicates(parameters, survey, chance, *named)

    def values(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """Return the values of all parameters by name, each of shape (draws,)."""
        values = self._calibrated(scenario)
        return values | self._own(scenario, values) | dict(self.given)

    def own_values(self, scenarios: Sequence[Scenario]) -> dict[str, np.ndarray]:
        """Return the values of the scenarios' own parameters by name, each of shape (draws,).

        Parameters
        ----------
        scenarios : sequence of Scenario
            With the same seed and source of parameters.
        """
        values: dict[str, np.ndarray] = {}
        for scenario in scenarios:
            if scenario.own_parameters:
                values |= self._own(scenario, self._calibrated(scenario))
        return values | {name: x for name, x in self.given.items() if name in values}

    def _calibrated(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """Return the values of the package's parameters."""
        chosen, seed, digest = scenario.parameters, scenario.seed, scenario.parameters_digest
        values = posterior.sample(chosen, seed, self.parameters, digest)
        for grade, replicates in self.grades.items():
            other = posterior.sample(chosen, seed, replicates, digest)
            values |= {p: other[p] for p, x in registry().items() if x.evidence == grade}
        return values

    def _own(
        self, scenario: Scenario, calibrated: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return values of the scenario's own parameters, from their priors or as borrowed.

        A borrowed level is that of the city that lends it, draw by draw, and a deviation of its
        own: together they have a spread :data:`expatsim.cities.level.WIDENING` times as large,
        on the scale of the prior.
        """
        parameters = scenario.own_parameters
        values = sample_prior(scenario.seed, self.parameters, parameters)
        for grade, replicates in self.grades.items():
            some = {name: p for name, p in parameters.items() if p.evidence == grade}
            values |= sample_prior(scenario.seed, replicates, some)
        for name, lender in lent_levels(scenario.own_cities).items():
            p, source = parameters[name], scenario.parameters
            own = (p.to_scale(values[name]) - p.to_scale(np.array(p.default))) / p.spread
            width = posterior.spread(source, lender, scenario.parameters_digest)
            values[name] = borrowed_level(p, lender, calibrated[lender], width, own)
        return values | self._known(scenario, parameters)

    def _known(
        self, scenario: Scenario, parameters: Mapping[str, Parameter]
    ) -> dict[str, np.ndarray]:
        """Return those of the scenario's own parameters that its draws have: levels of a city."""
        source, digest = scenario.parameters, scenario.parameters_digest
        if not posterior.levels_in(source, digest):
            return {}
        found = posterior.sample_levels(source, scenario.seed, self.parameters, digest)
        for grade, replicates in self.grades.items():
            other = posterior.sample_levels(source, scenario.seed, replicates, digest)
            found |= {
                n: other[n] for n, p in parameters.items() if p.evidence == grade and n in other
            }
        return {name: x for name, x in found.items() if name in parameters}


def borrowed_level(
    p: Parameter, lender: str, lent: np.ndarray, width: float, own: np.ndarray
) -> np.ndarray:
    """Return a borrowed level in each draw: that of the city that lends it, and a deviation.

    Parameters
    ----------
    p : Parameter
        Of the borrowing city.
    lender : str
        Name of the parameter of the city that lends it.
    lent : numpy.ndarray, shape (draws,)
        Values of that parameter.
    width : float
        Their standard deviation on the scale of the prior.
    own : numpy.ndarray, shape (draws,)
        Deviations of the borrowing city, standard normal.
    """
    deviation = np.sqrt(WIDENING**2 - 1) * width * own
    return p.from_scale(registry()[lender].to_scale(np.asarray(lent, float)) + deviation)


class Prepared(NamedTuple):
    """Some draws of a scenario, ready to run but for their people.

    Attributes
    ----------
    replicates : Replicates
        Replicates of these draws.
    parameters : dict of str to numpy.ndarray, shape (draws,)
        Values by name of parameter.
    policy : dict of str to numpy.ndarray, shape (months, draws) or (months, 1)
        Levels by name of lever.
    rates : numpy.ndarray of float32, shape (months, draws, rates)
        Rates of all rules, from :func:`expatsim.model.rates.stack`.
    numbers : numpy.ndarray of int, shape (draws, months)
        Households that arrive in each month.
    stock : numpy.ndarray of int, shape (draws,)
        People in the city at the start.
    rates_2009 : list of dict
        For each draw, rates by rule under the policy of 2009 and the quality of the people's city;
        the stock is made with them.
    """

    replicates: Replicates
    parameters: dict[str, np.ndarray]
    policy: dict[str, np.ndarray]
    rates: np.ndarray
    numbers: np.ndarray
    stock: np.ndarray
    rates_2009: list[dict[str, Any]]


def with_draws_of_now(scenario: Scenario) -> Scenario:
    """Return the scenario, bound to the present content of its file of draws unless it is bound.

    Parameters
    ----------
    scenario : Scenario
        With ``parameters``: ``"posterior"``, ``"prior"`` or a file of draws.
    """
    if scenario.parameters_digest:
        return scenario
    read = scenario.parameters, posterior.digest_of(scenario.parameters)
    return dataclasses.replace(scenario, parameters_read=read)


def prepare(scenario: Scenario, replicates: np.ndarray | Replicates) -> Prepared:
    """Return parameters, rates and arrivals of some draws.

    Parameters
    ----------
    scenario : Scenario
        The scenario to run.
    replicates : Replicates or numpy.ndarray of int, shape (draws,)
        Replicates of the draws.
    """
    if not isinstance(replicates, Replicates):
        replicates = Replicates.together(replicates)
    n = len(replicates.chance)
    drawn = replicates.values(scenario)
    parameters = scenario.at_home(drawn)
    city = rates_module.city_quality(scenario.quality_city)
    times = times_of(scenario, replicates.levels, n)
    held = {
        name: np.broadcast_to(x, (scenario.months, n))
        for name, x in replicates.levels.items()
        if name in SURROUNDINGS or name in scenario.levers
    }
    climate = held.pop("climate", times.of_draw(scenario.climate))
    inflow = times.of_draw(scenario.inflow_of(parameters))
    if "inflow" in held:
        inflow = held.pop("inflow") * scenario.people
    newcomers = rates_module.newcomers_a_year(inflow, climate, parameters)
    if any(map(meaning, replicates.levels)):
        policy = policy_in_time(scenario, times, parameters, newcomers, held)
    else:
        policy = policy_of_draws(scenario.policy, parameters, newcomers, scenario.levers) | held
    by_rule = rates_module.rule_rates(parameters, policy, climate, city, scenario.rules)
    factor = np.broadcast_to(by_rule["arrival"].inflow, (scenario.months, n))
    inflow = np.broadcast_to(inflow, factor.shape)
    numbers = np.array([arrivals_by_month(inflow[:, d], factor[:, d]) for d in range(n)])
    # no lever of 2009 is a number of people
    start = policy_of_draws(policy_as_in_2009(scenario.city), parameters, np.zeros((1, n)))
    home = rates_module.city_quality(scenario.city)
    base = rates_module.rule_rates(parameters, start, np.zeros(1), home)
    rates_2009 = rates_module.by_draw(base, n)
    stacked = rates_module.stack(by_rule, scenario.months, n, scenario.rules)
    stock = np.broadcast_to(scenario.stock_of(drawn), n)
    return Prepared(replicates, drawn, policy, stacked, numbers, stock, rates_2009)


def size_of(scenario: Scenario, replicates: Replicates | None = None) -> int:
    """Return the number of adults of the largest draw, about.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    replicates : Replicates, optional
        Replicates of the draws; by default the first draw alone.
    """
    chosen = Replicates.together(np.arange(1)) if replicates is None else replicates
    largest = int(_households(scenario, chosen).argmax())
    one = prepare(scenario, chosen.part(largest, largest + 1))
    return len(people_of_draw(scenario, one, 0).id)


def _households(scenario: Scenario, replicates: Replicates) -> np.ndarray:
    """Households of a draw in a neutral climate, those who come later included, shape (draws,)."""
    drawn = replicates.values(scenario)
    inflow = scenario.inflow_of(scenario.at_home(drawn)).mean(axis=0)
    if "inflow" in replicates.levels:
        inflow = replicates.levels["inflow"] * scenario.people
    numbers = scenario.stock_of(drawn) + inflow * scenario.months / 12
    return np.broadcast_to(numbers, len(replicates.chance))


def people_of_draw(scenario: Scenario, prepared: Prepared, d: int) -> Adults:
    """Return the people of the ``d``-th draw."""
    chosen = prepared.replicates
    times = times_of(scenario, chosen.levels, len(chosen.chance))
    inflow = times.of_draw(scenario.inflow)
    inflow = inflow[:, d] if inflow.ndim == 2 else inflow
    if "inflow" in chosen.levels:
        inflow = chosen.levels["inflow"][[d]] * scenario.people
    stock = int(prepared.stock[d])
    return build(
        run_keys(scenario.seed, int(chosen.chance[d])),
        {k: float(v[d]) for k, v in scenario.at_home(prepared.parameters).items()},
        prepared.numbers[d],
        city=scenario.city,
        weights=scenario.weights,
        stock=stock,
        reference=circle(scenario.city, stock, inflow, scenario.people),
        seed=scenario.seed,
        replicate=int(chosen.survey[d]),
        rates_2009=prepared.rates_2009[d],
        calendar=int(times.starts[d]),
        order=scenario.rules,
    )
