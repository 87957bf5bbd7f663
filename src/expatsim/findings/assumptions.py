"""Assumptions behind an answer: parameters of all that differs, and which the data inform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from expatsim.cities import city_names
from expatsim.model import rates, rules
from expatsim.model.declare import declared, every_number
from expatsim.model.levers import LEVERS, level_2009, level_name, policy_2009
from expatsim.model.parameters import defaults, registry
from expatsim.model.policy import LeverPath
from expatsim.posterior.record import Calibration
from expatsim.scenario.scenario import Scenario

# names of parts of a difference that are no levers
CLIMATE = "climate"
QUALITY = "quality of the city"
WISH = "from the wish to staying"
SIZES = ("inflow", "stock")
OWN_RULES = "rules of your own"
WEIGHTS = "weights"


class Part(NamedTuple):
    """One part of a difference between scenarios, and the parameters that it rests on.

    Attributes
    ----------
    what : str
        A lever, or one of the names above.
    parameters : tuple of str
        Parameters that decide how large its effect is; none for a number that was typed or assumed.
    """

    what: str
    parameters: tuple[str, ...]


Setting = tuple[Mapping[str, float], float, str]  # levels by lever, climate, city


def _rates(p: Mapping[str, np.ndarray], setting: Setting) -> dict[str, Any]:
    """Return the rates of every rule at a setting, for several sets of parameters."""
    policy, climate, city = setting
    levels = {name: np.array([[level]]) for name, level in policy.items()}
    return rates.rule_rates(p, levels, np.array([climate]), rates.city_quality(city))


def _change(p: Mapping[str, np.ndarray], before: Setting, after: Setting) -> np.ndarray:
    """Return the change of all rates: log ratios of odds, differences of log-odds and grades.

    Its shape is (rates, sets of parameters).
    """
    sets = len(next(iter(p.values())))
    one, two = _rates(p, before), _rates(p, after)
    changes = []
    for name, rule in rules.ORDER:
        log_scale = getattr(rule, "LOG_ODDS", False)
        pairs = zip(every_number(one[name]), every_number(two[name]), strict=True)
        for pair in pairs:
            a, b = (np.broadcast_to(x, (1, sets))[0] for x in pair)
            ratio = (a > 0) & (b > 0) & (not log_scale)
            with np.errstate(divide="ignore", invalid="ignore"):
                changes.append(np.where(ratio, np.log(b / a), b - a))
    return np.array(changes)


def _parameters_that_matter(before: Setting, after: Setting) -> list[str]:
    """Return the parameters on which the change of rates between two settings depends.

    All sets of parameters are tried at once: the defaults, then for each parameter two in which it
    alone is a tenth of the way to the ends of its range.
    """
    names = list(registry())
    start = defaults()
    p = {name: np.full(1 + 2 * len(names), start[name]) for name in names}
    for k, name in enumerate(names):
        x = registry()[name]
        p[name][1 + 2 * k : 3 + 2 * k] += 0.1 * (np.array([x.high, x.low]) - x.default)
    change = _change(p, before, after)
    same = np.isclose(change, change[:, :1], rtol=1e-9, atol=1e-12).all(axis=0)[1:]
    return [name for name, ends in zip(names, same.reshape(-1, 2), strict=True) if not ends.all()]


@cache
def parameters_behind(lever: str) -> tuple[str, ...]:
    """Return the parameters that decide how far a lever moves the rates.

    Each parameter is tried in turn: it counts if the ratio (or difference) of rates before and
    after the lever moves depends on it.

    Parameters
    ----------
    lever : str
        A name of :data:`expatsim.model.levers.LEVERS`.
    """
    city = city_names()[0]
    base = policy_2009(city)
    x = LEVERS[lever]
    moved = base | {lever: x.high if base[lever] < x.high else x.low}
    names = _parameters_that_matter((base, 0.0, city), (moved, 0.0, city))
    return tuple(dict.fromkeys([*x.through, *names]))


@cache
def parameters_behind_climate() -> tuple[str, ...]:
    """Return the parameters that decide how far the economy moves the rates."""
    city = city_names()[0]
    base = policy_2009(city)
    climates = (rates.CRISIS, -rates.CRISIS)
    names = [_parameters_that_matter((base, rates.NORMAL, city), (base, x, city)) for x in climates]
    return tuple(dict.fromkeys([*names[0], *names[1]]))


@cache
def parameters_behind_quality() -> tuple[str, ...]:
    """Return the parameters that decide how far the quality of the city moves the rates."""
    one, other, *_ = city_names()
    base = policy_2009(one)
    return tuple(_parameters_that_matter((base, 0.0, one), (base, 0.0, other)))


def levers_that_differ(policies: Sequence[Mapping[str, LeverPath]]) -> list[str]:
    """Return the levers whose paths are not the same in all policies.

    Parameters
    ----------
    policies : sequence of mapping of str to LeverPath
        One policy for each scenario, by lever.
    """
    first, *others = policies
    names = dict.fromkeys([*LEVERS, *(name for p in policies for name in p)])
    return [name for name in names if any(first.get(name) != p.get(name) for p in others)]


def _levels_of_2009(scenarios: Sequence[Scenario], lever: str) -> tuple[str, ...]:
    """Return parameters for levels "as in 2009" of a lever that nobody measured."""
    if lever not in LEVERS:  # the level of 2009 of one's own lever is one number
        return ()
    paths = [s.policy[lever] for s in scenarios]
    cities = [level.city for path in paths for _, level in path.steps if level.city]
    uncertain = dict.fromkeys(city for city in cities if level_2009(lever, city).prior)
    return tuple(level_name(city, lever) for city in uncertain)


def parts(scenarios: Sequence[Scenario]) -> list[Part]:
    """Return all parts of the differences between scenarios.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios of a comparison; one alone has no parts.
    """
    behind = {
        lever: parameters_behind(lever) if lever in LEVERS else _of_own_rules(scenarios, lever)
        for lever in levers_that_differ([s.policy for s in scenarios])
    }
    differences = [
        Part(lever, (*parameters, *_levels_of_2009(scenarios, lever)))
        for lever, parameters in behind.items()
    ]
    described = [s.describe() for s in scenarios]

    def differs(key: str) -> bool:
        return any(s[key] != described[0][key] for s in described)

    if differs("climate"):
        differences.append(Part(CLIMATE, parameters_behind_climate()))
    if differs("quality_city"):
        differences.append(Part(QUALITY, parameters_behind_quality()))
    if any(x.what != CLIMATE for x in differences):
        links = [name for name, x in registry().items() if x.link]
        differences.append(Part(WISH, tuple(links)))
    keys = {**{size: (size, f"{size}_spread") for size in SIZES}, WEIGHTS: ("weights",)}
    differences += [Part(what, ()) for what, ways in keys.items() if any(map(differs, ways))]
    if differs("own_rules"):
        differences.append(Part(OWN_RULES, _of_own_rules(scenarios)))
    return differences


def _of_own_rules(scenarios: Sequence[Scenario], lever: str = "") -> tuple[str, ...]:
    """Return the parameters that users' own rules declare: all of them, or those with a lever."""
    own = [rule for s in scenarios for _, rule in s.own_rules]
    if lever:
        own = [rule for rule in own if lever in declared(getattr(rule, "Levers", None))]
    return tuple(
        dict.fromkeys(p for rule in own for p in declared(getattr(rule, "Parameters", None)))
    )


# for parts behind which there is no parameter, in tables and on pages
TYPED = {
    "inflow": "a number that a file sets or that we assume; not a finding",
    "stock": "a number that a file sets or that we derive; not a finding",
    WEIGHTS: "a choice between weights of the survey and of national permits",
    OWN_RULES: "numbers that no calibration has seen",
}

NOTHING = "it rests on no uncertain number"


NAMED = 0.05  # share of the variance from which it is printed beside a parameter


def lines_of_parts(
    scenarios: Sequence[Scenario],
    calibration: Calibration | None,
    carried: Mapping[str, float] | None = None,
) -> list[str]:
    """Return a line for each part of the differences, with its parameters that no data inform.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios of a comparison.
    calibration : Calibration or None
        Calibration behind the draws; all parameters are named unless it has converged.
    carried : mapping of str to float, optional
        Share of the variance of the main difference that goes with each parameter: the largest
        come first, with their share.
    """
    carried = carried or {}
    informative = calibration if calibration and calibration.converged else None
    lines = []
    for what, names in parts(scenarios):
        silent = [p for p in names if informative is None or not informative.informs(p)]
        if silent:
            named = {p: carried.get(p, 0.0) for p in silent}
            named = {p: x for p, x in named.items() if x >= NAMED}
            first = sorted(named, key=lambda p: -named[p])
            texts = [f"{p} ({named[p]:.0%})" for p in first]
            lines.append(f"{what}: {', '.join(texts + [p for p in silent if p not in named])}")
        elif not names:
            lines.append(f"{what}: {TYPED.get(what, NOTHING)}")
    return lines


def heading(calibration: Calibration | None, source: str) -> str:
    """Return the heading above :func:`lines_of_parts`.

    Parameters
    ----------
    calibration : Calibration or None
        Calibration behind the draws.
    source : str
        Source of the draws: ``"posterior"``, ``"prior"`` or a file.
    """
    if calibration and calibration.converged:
        return (
            "Differences rest on these parameters, which the calibration left as assumed (in "
            "brackets: share of the variance of the main difference):"
        )
    if source == "prior":
        why = "all assumed: the prior"
    elif calibration:
        why = "what is known of them cannot be said: the calibration has NOT converged"
    else:
        why = "no calibration of these draws is known"
    return f"Differences rest on these parameters ({why}):"
