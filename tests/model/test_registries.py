"""Every parameter, lever and rate is declared, used, bounded and has a source."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import make_documents as documents

from expatsim.calibration import likelihood, study
from expatsim.cities import city_names
from expatsim.model import parameters, rates, rules
from expatsim.model.levers import LEVERS, level_2009, level_name, policy_2009
from expatsim.model.rules import counting
from expatsim.population import arrivals
from helpers import ROOT

REGISTRY = parameters.registry()


def attributes(module: ModuleType, owner: str) -> set[str]:
    """Names read as ``owner.name`` anywhere in a module."""
    tree = ast.parse(inspect.getsource(module))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == owner
    }


def strings(module: ModuleType) -> set[str]:
    """All string constants of a module, such as the keys in ``p["name"]``."""
    constants = (
        n.value
        for n in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(n, ast.Constant)
    )
    return {value for value in constants if isinstance(value, str)}


def test_parameters_are_used_where_declared() -> None:
    used = {name: attributes(rule, "p") for name, rule in rules.ORDER}
    used["arrival"] |= strings(arrivals) & set(REGISTRY)
    declared: dict[str, set[str]] = {}
    for p in REGISTRY.values():
        declared.setdefault(p.rule, set()).add(p.name)
    # the city's quality is computed in one place and also read by the wish
    for name, _ in rules.ORDER:
        assert used[name] == declared.pop(name, set()), name
    # levels of 2009 of levers, and how the study was held
    levels = {level_name(c, x) for c in city_names() for x in LEVERS} & set(REGISTRY)
    assert declared.pop("policy") == levels
    for name in levels:
        city, lever = next(
            (c, name.removeprefix(f"{c}_")) for c in city_names() if name.startswith(c)
        )
        assert REGISTRY[name].default == policy_2009(city)[lever]
    read = strings(study) | strings(likelihood)
    assert declared.pop("survey") == read & set(REGISTRY)
    assert not declared


def test_levers_are_used_and_move_what_they_say() -> None:
    used = set().union(*(attributes(rule, "policy") for _, rule in rules.ORDER))
    assert used == set(LEVERS)


@pytest.mark.parametrize("lever", LEVERS)
@pytest.mark.parametrize("city", city_names())
def test_levers_move_the_rules_they_name(lever: str, city: str) -> None:
    quality = rates.city_quality(city)
    p = {k: np.array([v]) for k, v in parameters.defaults().items()}

    def by_rule(change: float) -> dict:
        policy = {k: np.array([[v]]) for k, v in policy_2009(city).items()}
        policy[lever] = policy[lever] + change
        return rates.rule_rates(p, policy, np.zeros(1), quality)

    x = LEVERS[lever]
    step = 0.1 * (x.high - x.low)
    base, moved, same = by_rule(0), by_rule(step), by_rule(0.0)
    changed = {
        rule
        for rule, _ in rules.ORDER
        if any(not np.array_equal(a, b) for a, b in zip(base[rule], moved[rule], strict=True))
    }
    named = {m.split(".")[0] for m in x.moves}
    if "welcome.quality" in x.moves:
        named |= {"wish"}  # the quality of the city enters both answers
    assert changed == named
    for rule, _ in rules.ORDER:
        assert all(np.array_equal(a, b) for a, b in zip(base[rule], same[rule], strict=True))


@pytest.mark.parametrize(("name", "rule"), rules.ORDER)
def test_every_rate_is_used(name: str, rule: ModuleType) -> None:
    if name == "arrival":
        return  # its rate lays out the slots before the run
    used = attributes(rule, "rates")
    source = inspect.getsource(rule)
    for field in rule.Rates._fields:
        # a numbered rate belongs to a table that is read as a whole
        family = field.rpartition("_")[0] if field[-1].isdigit() else ""
        assert field in used or f'table(rates, "{family}"' in source, field
    assert used <= set(rule.Rates._fields)


def test_everything_has_a_source_and_bounds() -> None:
    for p in REGISTRY.values():
        assert p.evidence in parameters.EVIDENCE, p.name
        assert p.source, p.name
        assert p.meaning, p.name
        assert p.low < p.default < p.high, p.name
        assert p.spread > 0, p.name
    assert len({p.symbol for p in REGISTRY.values()}) == len(REGISTRY)
    for x in LEVERS.values():
        assert x.moves, x.name
        for city in city_names():
            said = level_2009(x.name, city)
            assert x.low <= said.level <= x.high, (x.name, city)
            assert said.source, (x.name, city)
            assert said.evidence in parameters.EVIDENCE, (x.name, city)


def test_ten_processes() -> None:
    assert len(rules.ORDER) == 10
    assert len(counting.INDICATORS) == 34


@given(st.sampled_from(sorted(REGISTRY)), st.floats(0.0001, 0.9999), st.floats(0.0001, 0.9999))
def test_prior_quantiles_are_ordered_and_bounded(name: str, a: float, b: float) -> None:
    p = REGISTRY[name]
    low, high = p.quantile(np.array([min(a, b), max(a, b)]))
    assert p.low <= low <= high <= p.high


def test_prior_draws_do_not_depend_on_how_many() -> None:
    few = parameters.sample_prior(1, np.arange(3))
    many = parameters.sample_prior(1, np.arange(200))
    for name in REGISTRY:
        assert np.array_equal(few[name], many[name][:3])
        centre = REGISTRY[name].default
        below = (many[name] < centre).mean()
        assert 0.3 < below < 0.7, name  # the default is the median but for the cut at the bounds


def test_documents_are_up_to_date() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert documents.fill(text) == text, f"run python -m tools.make_documents ({path.name})"
    schema = (ROOT / "scenarios" / "scenario.schema.json").read_text(encoding="utf-8")
    assert schema == documents.schema_text()
    every = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md"))
    for block in documents.BLOCKS:
        assert f"<!-- begin {block} -->" in every
