"""The registry of parameters: every uncertain number, with unit, bounds, prior, meaning and source.

Rules declare them (:mod:`expatsim.model.declare`), cities' folders the levels of 2009; docs, JSON
Schema and priors are generated from them. Evidence grades: ``measured`` (a count or share in the
report or in official statistics), ``literature`` (size or direction from a study), ``expert`` (our
reading of a table that does not settle the value), ``assumption`` (nothing measured).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from expatsim.cities import City, all_cities, cities
from expatsim.cities.level import Level2009
from expatsim.model import declare, rules
from expatsim.model.declare import EVIDENCE, Parameter, declared, parameter
from expatsim.model.levers import EACH_CITY, LEVERS, Lever, level_name
from expatsim.model.state import Array

__all__ = [
    "EVIDENCE",
    "Interview",
    "Parameter",
    "defaults",
    "lent_levels",
    "levels_of_2009",
    "parameter_of",
    "registry",
    "sample_prior",
    "with_priors",
]


class Interview(declare.Parameters):
    """Parameters of the study itself, used where simulated people are interviewed, by no rule."""

    design_effect: Array = parameter(
        "variance of the study's shares relative to a simple random sample",
        unit="ratio",
        prior=declare.log_normal(1.5, spread=0.3, low=1.01, high=4),
        evidence="assumption",
        source="section 1.3 (snowball sampling)",
        symbol="z_d",
    )
    second_year_recruitment: Array = parameter(
        "chance to be interviewed in the second year of the stay relative to other respondents",
        unit="ratio",
        prior=declare.log_normal(2, spread=0.6, low=0.5, high=10),
        evidence="assumption",
        source="section 1.3 (found through organisations that serve newcomers)",
        symbol="z_r",
    )


@cache
def registry(order: rules.Order = rules.ORDER) -> Mapping[str, Parameter]:
    """All parameters by name, in the order of the rules.

    Parameters
    ----------
    order : sequence of (str, rule)
        Rules of a month; by default those of the package.

    Raises
    ------
    InputError
        If two rules declare different parameters under one name.

    Examples
    --------
    >>> registry()["renewal"].rule, registry()["renewal"].default
    ('contract', 0.35)
    """
    parameters: dict[str, Parameter] = {}
    for name, rule in order:
        for p in declared(getattr(rule, "Parameters", None)).values():
            parameters.setdefault(p.name, replace(p, rule=name))
    for p in levels_of_2009(cities()):
        parameters[p.name] = p
    for p in declared(Interview).values():
        parameters[p.name] = replace(p, rule="survey")
    return parameters


def levels_of_2009(of: Iterable[City]) -> Iterator[Parameter]:
    """Parameters of some cities for the levels of 2009 that nobody measured, by lever and city."""
    chosen = tuple(of)
    uncertain = [
        (lever, city, city.levels_2009[lever.name])
        for lever in LEVERS.values()
        for city in chosen
        if lever.level_2009 == EACH_CITY and city.levels_2009[lever.name].prior
    ]
    for k, (lever, city, level) in enumerate(uncertain, start=1):
        yield _level_parameter(lever, city, level, f"b_{k}")


def lent_levels(to: Iterable[City]) -> dict[str, str]:
    """Parameters of levels that some cities borrow, and those of the cities that lend them.

    Parameters
    ----------
    to : iterable of City
        Cities that borrow.

    Returns
    -------
    dict of str to str
        Names of parameters; a level that was measured where it comes from has none there.
    """
    lent = {
        level_name(city.name, lever): level_name(level.borrowed, lever)
        for city in to
        for lever, level in city.levels_2009.items()
        if level.borrowed and level.prior
    }
    return {name: lender for name, lender in lent.items() if lender in registry()}


def parameter_of(name: str) -> Parameter:
    """A parameter by its name, also the level of a lever in a city that is not of the study."""
    own = {
        p.name: p for p in levels_of_2009(c for c in all_cities().values() if not c.of_the_study)
    }
    return registry()[name] if name in registry() else own[name]


def _level_parameter(lever: Lever, city: City, level: Level2009, symbol: str) -> Parameter:
    """The parameter that holds a lever's uncertain level in 2009."""
    return Parameter(
        name=level_name(city.name, lever.name),
        rule="policy",
        symbol=symbol,
        unit=lever.unit,
        default=float(level.level),
        low=max(float(level.low), lever.low),
        high=min(float(level.high), lever.high),
        prior=level.prior,  # type: ignore[arg-type]
        spread=float(level.spread),
        evidence=level.evidence,
        source=level.source,
        meaning=f"level of {lever.name} in {city.label} in 2009",
    )


def defaults() -> dict[str, float]:
    """Default value (prior median) of every parameter."""
    return {name: p.default for name, p in registry().items()}


_KEYS = {"median": "default", "spread": "spread", "source": "source"}  # of a changed prior


def with_priors(changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Parameter]:
    """All parameters by name, some with other priors than those of the package.

    Parameters
    ----------
    changes : mapping of str to mapping
        By parameter: ``median``, ``spread`` and ``source``, as far as they differ.

    Examples
    --------
    >>> p = with_priors({"renewal": {"median": 0.4}})["renewal"]
    >>> p.default, p.spread == registry()["renewal"].spread
    (0.4, True)
    """
    return {
        name: replace(p, **{_KEYS[k]: x for k, x in changes.get(name, {}).items()})
        for name, p in registry().items()
    }


def sample_prior(
    seed: int, replicates: np.ndarray, parameters: Mapping[str, Parameter] | None = None
) -> dict[str, np.ndarray]:
    """Parameter values drawn from the prior.

    Replicate ``r`` always gets the same values for a seed, however many replicates there are, and a
    new parameter in the registry leaves the values of the others as they are.

    Parameters
    ----------
    seed : int
        Random seed of the run.
    replicates : numpy.ndarray of int, shape (draws,)
        Number of the replicate of each draw, from 0.
    parameters : mapping of str to Parameter, optional
        Parameters to draw; by default all of the package.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.

    Examples
    --------
    >>> one = sample_prior(1, np.array([0, 7]))["renewal"]
    >>> many = sample_prior(1, np.arange(10))["renewal"]
    >>> bool((one == many[[0, 7]]).all())
    True
    """
    from expatsim.model.chance import named_uniforms

    drawn = registry() if parameters is None else parameters
    if not drawn:  # as for most scenarios, which have no parameters of their own
        return {}
    names = [f"parameter:{name}" for name in drawn]
    u = np.array([named_uniforms(seed, int(r), names) for r in replicates])
    return {name: p.quantile(u[:, k]) for k, (name, p) in enumerate(drawn.items())}
