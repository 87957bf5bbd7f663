"""What rules declare is used, bounded and has a source, and is all that they use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import make_documents as documents

from expatsim.calibration.likelihood import log_likelihood
from expatsim.calibration.study import simulate_study
from expatsim.cities import city_names
from expatsim.model import engine, parameters, rates, rules
from expatsim.model.chance import Decision, run_keys
from expatsim.model.declare import Numbers, declared, every_number
from expatsim.model.levers import LEVERS, level_2009, level_name, policy_2009, readers
from expatsim.population.arrivals import arrivals
from expatsim.runs.layout import assemble
from helpers import ROOT

REGISTRY = parameters.registry()
CITY = city_names()[0]


class Recorded(dict[str, Any]):
    """A mapping that knows which of its values were asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)


def recorded(cls: type, names: set[str], read: set[str]) -> Any:
    """The same class; which of these names are read of its objects is noted."""

    class Watched(cls):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name in names:
                read.add(name)
            return super().__getattribute__(name)

    return Watched


def every_default() -> dict[str, np.ndarray]:
    """Every parameter at its default, shape (1, draws)."""
    return {name: np.array([[x]]) for name, x in parameters.defaults().items()}


def levels_2009(city: str = CITY) -> dict[str, np.ndarray]:
    """Every lever where it stood, shape (months, 1)."""
    return {name: np.array([[x]]) for name, x in policy_2009(city).items()}


@pytest.mark.parametrize(("name", "rule"), rules.ORDER)
def test_what_rules_declare_is_what_they_read(name: str, rule: Any) -> None:
    given, read = [], {"Parameters": set(), "Levers": set()}
    for kind, values in (("Parameters", every_default()), ("Levers", levels_2009())):
        cls = getattr(rule, kind, Numbers)
        given.append(recorded(cls, set(values), read[kind])(values))
    rule.rates(*given, np.zeros((1, 1)), rates.city_quality(CITY))
    if name == "arrival":  # most of its parameters are read where newcomers are made
        known = Recorded(parameters.defaults())
        arrivals(run_keys(1, 1), known, np.array([5, 5]), reference=(0, 5))
        read["Parameters"] |= known.read
    for kind, names in read.items():
        assert names == set(declared(getattr(rule, kind, None))), kind


def test_parameters_of_no_rule_are_levels_of_2009_and_of_the_interview() -> None:
    of_rules = {p for _, rule in rules.ORDER for p in declared(getattr(rule, "Parameters", None))}
    levels = {level_name(c, x) for c in city_names() for x in LEVERS} & set(REGISTRY)
    interview = set(declared(parameters.Interview))
    assert set(REGISTRY) == of_rules | levels | interview
    assert {p.name for p in REGISTRY.values() if p.rule == "policy"} == levels
    assert {p.name for p in REGISTRY.values() if p.rule == "survey"} == interview
    for name in levels:
        city, lever = next(
            (c, name.removeprefix(f"{c}_")) for c in city_names() if name.startswith(c)
        )
        assert REGISTRY[name].default == policy_2009(city)[lever]


def test_a_calibration_reads_every_parameter_of_the_interview() -> None:
    known = Recorded({name: np.array([x]) for name, x in parameters.defaults().items()})
    study = simulate_study(known, 1, dict.fromkeys(city_names(), 20), questions=())
    log_likelihood(study, known, ())
    assert set(declared(parameters.Interview)) <= known.read


@pytest.mark.parametrize("lever", LEVERS)
@pytest.mark.parametrize("city", city_names())
def test_levers_move_the_rules_that_read_them(lever: str, city: str) -> None:
    quality = rates.city_quality(city)
    p = {k: v[0] for k, v in every_default().items()}

    def by_rule(change: float) -> dict[str, Any]:
        policy = levels_2009(city)
        policy[lever] = policy[lever] + change
        return rates.rule_rates(p, policy, np.zeros(1), quality)

    def differ(one: Any, other: Any) -> bool:
        pairs = zip(every_number(one), every_number(other), strict=True)
        return any(not np.array_equal(a, b) for a, b in pairs)

    x = LEVERS[lever]
    base, moved, same = by_rule(0), by_rule(0.1 * (x.high - x.low)), by_rule(0.0)
    assert [r for r, _ in rules.ORDER if differ(base[r], moved[r])] == readers(lever)
    assert not any(differ(base[r], same[r]) for r, _ in rules.ORDER)


def test_every_rate_is_used(monkeypatch) -> None:
    by_rule = rates.rule_rates(
        {k: v[0] for k, v in every_default().items()},
        levels_2009(),
        np.zeros(1),
        rates.city_quality(CITY),
    )
    stacked = rates.stack(by_rule, 1, 1)
    read: dict[str, set[str]] = {}
    for name, rule in rules.ORDER:
        read[name] = set()
        watched = recorded(rule.Rates, set(rule.Rates._fields), read[name])
        monkeypatch.setattr(rule, "Rates", watched)
    adults = arrivals(run_keys(1, 1), parameters.defaults(), np.array([8]), reference=(0, 5))
    run = assemble([adults], run_keys(1, 1)[None], stacked, engine.BLOCK)
    run = jax.tree.map(jnp.asarray, run)
    month = partial(engine.one_month, order=rules.ORDER)
    jax.eval_shape(month, run.people, run.state, run.rates[0], run.keys, jnp.int32(0))
    read["arrival"] = {"inflow"}  # it lays out the slots before the run
    assert read == {name: set(rule.Rates._fields) for name, rule in rules.ORDER}


def names() -> Iterator[tuple[str, str]]:
    """Kind and name of everything that is declared."""
    yield from (("state", field.name) for field in rules.fields())
    yield from (("parameter", name) for name in REGISTRY)
    yield from (("lever", name) for name in LEVERS)
    for _, rule in rules.ORDER:
        yield from (("indicator", x.name) for x in getattr(rule, "INDICATORS", ()))


def test_everything_has_a_source_and_bounds() -> None:
    assert len(set(names())) == len(list(names()))
    for p in REGISTRY.values():
        assert p.evidence in parameters.EVIDENCE, p.name
        assert p.source, p.name
        assert p.meaning, p.name
        assert p.low < p.default < p.high, p.name
        assert p.spread > 0, p.name
    assert len({p.symbol for p in REGISTRY.values()}) == len(REGISTRY)
    for x in LEVERS.values():
        assert x.meaning, x.name
        assert readers(x.name), x.name
        for city in city_names():
            said = level_2009(x.name, city)
            assert x.low <= said.level <= x.high, (x.name, city)
            assert said.source, (x.name, city)
            assert said.evidence in parameters.EVIDENCE, (x.name, city)
    assert all(field.meaning for field in rules.fields())
    assert all(x.meaning for x in rules.indicators().values())
    places = [rule.PLACE for _, rule in rules.ORDER]
    assert places == sorted(set(places))


def test_every_decision_has_a_number_of_its_own() -> None:
    own = [int(d) for _, rule in rules.ORDER for d in getattr(rule, "Decisions", ())]
    numbers = [*map(int, Decision), *own]
    assert len(set(numbers)) == len(numbers)
    assert all(0 <= number < Decision.OWN_1 for number in own)


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
