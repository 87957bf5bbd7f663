"""Checks of rules from outside the package, before a scenario with them runs."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from expatsim.cities import Level2009
from expatsim.model import declare, rules
from expatsim.model.declare import EVIDENCE, Field, Indicator, Lever, Parameter, declared
from expatsim.model.levers import levers
from expatsim.model.packed import Packed, state_type
from expatsim.model.parameters import registry
from expatsim.model.state import People

PARTS = ("Rates", "rates", "step")
FLAGS = ("head", "posted", "coupled", "single", "counted")  # of people
FARTHEST = 10**9  # from zero, of a whole number of a state: it is kept in less than 32 bits
# names that mean something else: columns of tables of runs and arguments of `ExpatModel`, and
# dimensions and variables of results
COLUMNS = ("run", "setting", "scenario", "replicate", "seed", "rng")
DATASET = (
    *("scenario", "draw", "month", "date", "way_in", "group", "stay", "trait", "parameter"),
    *("at_risk", "left_city", "at_end", "parameter_value"),
)
SUPPORTS = {"log-normal": (0.0, math.inf), "logit-normal": (0.0, 1.0)}
_WORD = re.compile(r"word_\d+")  # machine words of the packed state
# what readers see of a declaration: lines of text that must be there
TEXTS: dict[type, tuple[str, ...]] = {
    Field: ("meaning",),
    Indicator: ("meaning",),
    Parameter: ("meaning", "unit", "source"),
    Lever: ("meaning", "unit", "label"),
}


def problems(rule: Any, order: rules.Order) -> list[str]:
    """Problems of a rule that is to join others, one line each; empty if there are none.

    Parameters
    ----------
    rule : module or class
        The new rule, see :meth:`expatsim.scenario.scenario.Scenario.with_rule`.
    order : sequence of (str, rule)
        Names and rules of the processes that it joins.
    """
    missing = [part for part in PARTS if not hasattr(rule, part)]
    if missing:
        return [f"lacks {', '.join(missing)}"]
    if not hasattr(rule.Rates, "_fields"):
        return ["Rates is not a NamedTuple"]
    if type(rule).__hash__ is None:  # compiled rules are kept in a cache with the rule as key
        return ["cannot be hashed; give a class or a module"]
    return (
        list(_lists(rule))
        or _names(rule, order)
        or list(_numbers(rule, order))
        or list(_counted(rule, order))
    )


def _lists(rule: Any) -> Iterator[str]:
    """Problems of declarations that are of a wrong type."""
    for name, kind in (("STATES", Field), ("INDICATORS", Indicator)):
        values = getattr(rule, name, ())
        if not isinstance(values, tuple) or not all(isinstance(x, kind) for x in values):
            yield f"{name} is not a tuple of {kind.__name__}s of expatsim.model.declare"
    for name in ("Parameters", "Levers"):
        cls = getattr(rule, name, None)
        if cls is not None and not (isinstance(cls, type) and issubclass(cls, declare.Numbers)):
            yield f"{name} is not a class of expatsim.model.declare.{name}"


def _names(rule: Any, order: rules.Order) -> list[str]:
    """Problems of names: those that others have, that are no identifiers, or that stand twice."""
    problems = []
    taken: tuple[tuple[str, list[str], Container[str]], ...] = (
        ("state", [f.name for f in getattr(rule, "STATES", ())], state_type(order)._fields),
        ("indicator", [x.name for x in getattr(rule, "INDICATORS", ())], rules.indicators(order)),
        ("parameter", _others(_own(rule, "Parameters"), registry(order)), registry(order)),
        ("lever", _others(_own(rule, "Levers"), levers(order)), levers(order)),
    )
    *_, (_, parameters, there), (_, of_levers, _) = taken
    both = [x for x in of_levers if x in parameters or x in there]
    both += [x for x in parameters if x in levers(order)]
    for name in both:  # they are columns of the same tables
        problems.append(f"{name!r} is a parameter and a lever; choose two names")
    also = {"state": dir(Packed), "indicator": DATASET, "parameter": COLUMNS, "lever": COLUMNS}
    for kind, names, others in taken:
        for name in dict.fromkeys(names):
            if name in others or name in also[kind] or (kind == "state" and _WORD.match(name)):
                problems.append(f"{kind} {name!r} is there already; choose another name")
            elif not _is_name(name):
                problems.append(f"{kind} {name!r} is no name")
            elif names.count(name) > 1:
                problems.append(f"{kind} {name!r} stands twice")
    return problems


def _others(own: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """Names that a rule declares itself, without those that it inherits unchanged from others."""
    return [n for n, x in own.items() if n not in others or replace(others[n], **_owner(x)) != x]


def _is_name(name: str) -> bool:
    """Whether a name can be an attribute of the state, and is public."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _owner(x: Any) -> dict[str, str]:
    """The field that differs in a declaration that was inherited: the rule of a parameter."""
    return {"rule": x.rule} if isinstance(x, Parameter) else {}


def _own(rule: Any, kind: str) -> dict[str, Any]:
    """Parameters or levers of a rule by name; ``kind`` is the name of their class."""
    return declared(getattr(rule, kind, None))


def _numbers(rule: Any, order: rules.Order) -> Iterator[str]:
    """Problems of texts, ranges, priors, levels of 2009 and starting values."""
    of_others, parameters = levers(order), list(_own(rule, "Parameters").values())
    own_levers = [x for n, x in _own(rule, "Levers").items() if n not in of_others]
    states, counted = getattr(rule, "STATES", ()), getattr(rule, "INDICATORS", ())
    for kind, declarations in (
        ("parameter", parameters),
        ("lever", own_levers),
        ("state", states),
        ("indicator", counted),
    ):
        for x in declarations:
            for key in TEXTS[type(x)]:
                text = getattr(x, key)
                if not isinstance(text, str) or len(text.strip().splitlines()) != 1:
                    yield f"{kind} {x.name}: give {key} as one line of text"
    for p in parameters:
        yield from (f"parameter {p.name}: {problem}" for problem in _of_parameter(p))
    known = {*registry(order), *(p.name for p in parameters)}
    for x in own_levers:
        yield from (f"lever {x.name}: {problem}" for problem in _of_lever(x, known))
    for field in states:
        yield from (f"state {field.name}: {problem}" for problem in _of_state(field))
    for x in counted:
        if not callable(x.of):
            yield f"indicator {x.name}: give a function of state, people and month"


def _counted(rule: Any, order: rules.Order) -> Iterator[str]:
    """Problems of what indicators say of people: numbers would be counted by their last bit."""
    nobody, one = np.zeros((1, 1), "int32"), np.zeros((1, 1), "float32")
    state = state_type((*order, ("own", rule)))
    kinds = {"flag": nobody != 0, "whole": nobody, "real": one}
    states = state(*(kinds[shape.kind] for shape in state.shapes))
    people = People(
        **{
            name: nobody != 0 if name in FLAGS else one if name.endswith("taste") else nobody
            for name in People._fields
        }
    )
    for x in getattr(rule, "INDICATORS", ()):
        try:
            kind = np.asarray(x.of(states, people, np.int32(0))).dtype
        except Exception:  # told with its line when the loop is compiled
            continue
        if kind.kind in "iuf":
            advice = "true or false for each person, such as s.lessons > 0"
            yield f"indicator {x.name}: its function gives {kind}; give {advice}"


def _is_number(x: Any) -> bool:
    """Whether something is a finite number, and neither true nor false."""
    return isinstance(x, Real) and not isinstance(x, bool) and math.isfinite(x)


def _of_parameter(p: Parameter) -> Iterator[str]:
    """Problems of the prior of a parameter and of what supports it."""
    low, high = SUPPORTS.get(p.prior, (-math.inf, math.inf))
    if not all(map(math.isfinite, (p.low, p.default, p.high, p.spread))):
        yield "its prior needs finite numbers"
    elif not p.low < p.default < p.high or p.spread <= 0:
        yield "its prior needs low < median < high, and a spread above 0"
    elif p.low < low or p.high > high:
        ends = f"{p.low:g} to {p.high:g}"
        within = f"within {low:g} to {high:g}" if high < math.inf else f"of {low:g} or more"
        yield f"a {p.prior} prior has bounds {within}, not {ends}"
    elif not np.diff(p.quantile(np.array([0.05, 0.95])))[0] > 0:
        yield f"with a spread of {p.spread:g} its prior is a single number"
    if p.evidence not in EVIDENCE:
        yield f"evidence is one of {', '.join(EVIDENCE)}"


def _of_lever(x: Lever, parameters: Container[str]) -> Iterator[str]:
    """Problems of the range of a lever, of its level of 2009, and of whom it reaches."""
    if not isinstance(x.level_2009, Level2009):
        yield "no city knows it; give its level_2009 as a Level2009"
        return
    numbers = {"low": x.low, "high": x.high, "level of 2009": x.level_2009.level}
    if wrong := [f"{key} is {value!r}" for key, value in numbers.items() if not _is_number(value)]:
        yield f"its range and level of 2009 are finite numbers, but {', '.join(wrong)}"
    elif not x.low <= x.level_2009.level <= x.high or not x.low < x.high:
        yield f"its level of 2009 is not within {x.low:g} to {x.high:g}"
    allowed = (*declare.SHARES_OF_ARRIVALS, declare.PLACES_PER_HUNDRED)
    if x.reaches not in ("", *allowed):
        yield f"reaches is one of {', '.join(allowed)}, or empty"
    if not isinstance(x.through, tuple):
        yield "through is a tuple of names of parameters"
    else:
        yield from (f"through: no parameter {n!r}" for n in x.through if n not in parameters)


def _of_state(field: Field) -> Iterator[str]:
    """Problems of the range of a state, of its words, and of its first values."""
    low, high, whole = field.shape.low, field.shape.high, field.shape.kind == "whole"
    if not all(isinstance(n, Integral) and not isinstance(n, bool) for n in (low, high)):
        yield f"its range is of whole numbers, not {low!r} to {high!r}"
        return
    if not -FARTHEST <= low <= high <= FARTHEST:
        order = "" if low <= high else "rising "
        yield f"{low:,} to {high:,} is no range ({order}within {-FARTHEST:,} to {FARTHEST:,})"
        return
    words = field.words
    texts = isinstance(words, tuple) and all(isinstance(w, str) and w.strip() for w in words)
    if not texts or len(set(words)) < len(words):
        yield "its words are a tuple of texts, each another"
    told = field.changes
    if not (
        isinstance(told, tuple) and len(told) in (0, 2) and all(isinstance(w, str) for w in told)
    ):
        yield "changes are two texts, for more and for less, or none"
    for key, value in (("start", field.start), ("stock", field.stock)):
        if (isinstance(value, str) and value == declare.START and key == "stock") or callable(
            value
        ):
            continue
        if value in (declare.START, declare.DONORS, declare.ARRIVALS):
            yield f"{value} know nothing of it; give {key} as a value or a function"
        elif field.shape.kind == "real":
            if not _is_number(value) or not np.isfinite(np.float32(value)):
                yield f"{key} {value!r} is no finite number"
        elif not isinstance(value, Integral) or (whole and isinstance(value, bool)):
            yield f"{key} {value!r} is {'no whole number' if whole else 'neither true nor false'}"
        elif not low <= value <= high:
            yield f"{key} {value} is out of range (allowed: {low} to {high})"
