"""Scenarios on top of each other: nothing that is not mentioned is lost, and nothing escapes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import expatsim as xs
from expatsim.cli.commands import app
from expatsim.cli.terminal import cost_lines
from expatsim.model.levers import LEVERS
from expatsim.model.policy import as_in_2009
from expatsim.population.build import default_inflow
from expatsim.report import caveats
from expatsim.report.language import Language
from expatsim.runs.provenance import manifest
from expatsim.scenario import Scenario, check, guards, load
from expatsim.scenario.loading import laid_over
from helpers import small

LEAF = st.one_of(st.none(), st.integers(0, 9))
SAID = st.recursive(
    st.dictionaries(st.sampled_from("abc"), LEAF, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=12,
)


def write(folder: Path, **files: dict) -> Path:
    """Files of scenarios, each with its name as title; the path of the last one."""
    path = folder / "none.yaml"
    for name, content in files.items():
        path = folder / f"{name}.yaml"
        path.write_text(json.dumps({"title": name} | content))
    return path


@given(SAID, SAID, SAID)
def test_layers_can_be_laid_in_any_grouping(a: dict, b: dict, c: dict) -> None:
    assert laid_over(laid_over(a, b), c) == laid_over(a, laid_over(laid_over({}, b), c))
    once = laid_over({}, a)
    assert laid_over(once, a) == once == laid_over(once, {})


COST = st.dictionaries(
    st.sampled_from(["per_year", "per_unit", "per_participant"]), st.integers(0, 1000), max_size=3
)
COSTS = st.dictionaries(st.sampled_from(sorted(LEVERS)), COST, max_size=3)
PEOPLE = st.fixed_dictionaries(
    {},
    optional={
        "stock": st.integers(100, 900),
        "inflow": st.integers(100, 900),
        "weights": st.sampled_from(["survey", "national"]),
    },
)
POLICY = st.dictionaries(
    st.sampled_from(["nightlife", "english_information"]),
    st.sampled_from([0.5, 0.75, 1]),
    max_size=2,
)
PARTS = st.fixed_dictionaries({}, optional={"costs": COSTS, "population": PEOPLE, "policy": POLICY})


@given(PARTS, PARTS)
def test_what_a_child_does_not_mention_is_as_in_its_base(tmp_path_factory, below, above) -> None:
    folder = tmp_path_factory.mktemp("s")
    path = write(folder, base={"city": "rotterdam", **below}, child={"based_on": "base", **above})
    s, base = load(path), load(folder / "base.yaml")
    both = [x.get("costs", {}) for x in (below, above)]
    for lever in set(both[0]) | set(both[1]):
        assert s.costs[lever] == {**both[0].get(lever, {}), **both[1].get(lever, {})}
    people = above.get("population", {})
    assert s.stock == people.get("stock", base.stock)
    assert s.weights == people.get("weights", base.weights)
    assert (s.inflow == people.get("inflow", base.inflow[0])).all()
    for lever in LEVERS:
        said = above.get("policy", {}).get(lever)
        assert s.policy[lever].at(0).value == (
            base.policy[lever].at(0).value if said is None else said
        )


def test_another_policy_resets_the_policy_only(tmp_path) -> None:
    base = {
        "city": "rotterdam",
        "policy": {"nightlife": 1},
        "climate": -1,
        "costs": {"nightlife": {"per_year": 5}},
        "population": {"stock": 300},
        "value_per_expat_year": 7,
        "changes": [{"date": "2012-01", "policy": {"dutch_practice": 50}}],
    }
    s = load(write(tmp_path, base=base, child={"based_on": "base", "policy_from": "den_haag"}))
    assert s.policy["nightlife"].at(0) == as_in_2009("nightlife", "den_haag")
    assert s.policy["welcome_events"].at(0).value == 6
    assert s.policy["dutch_practice"].at(30).value == 50
    assert (s.stock, s.climate[0], s.value_per_expat_year) == (300, -1, 7)
    assert s.costs == {"nightlife": {"per_year": 5}}


def test_dates_of_a_base_are_told_where_they_stand(tmp_path) -> None:
    base = {"city": "rotterdam", "changes": [{"date": "2016-01", "climate": -1}]}
    path = write(tmp_path, base=base, child={"based_on": "base", "years": 2})
    assert check([path]) == [
        (
            f"{tmp_path}/base.yaml:1: changes: 2016-01 is outside the projection of child.yaml, "
            "2010-01 to 2011-12"
        )
    ]
    later = [{"date": "2012-01"}, {"date": "2011-01"}]
    path = write(tmp_path, base={"city": "rotterdam", "changes": later}, child={"based_on": "base"})
    (line,) = check([path])
    assert line.startswith(f"{tmp_path}/base.yaml:1: changes: 2011-01 comes after 2012-01")


BIG = {
    "inflow later": {"changes": [{"date": "2011-01", "inflow": 900_000}]},
    "climate": {"climate": 3, "population": {"inflow": 200_000}},
    "climate later": {
        "population": {"inflow": 200_000},
        "changes": [{"date": "2011-01", "climate": 3}],
    },
}


@pytest.mark.parametrize("case", BIG)
def test_no_later_part_escapes_the_limit_of_people(case: str, tmp_path) -> None:
    alone = write(tmp_path, base={"city": "rotterdam", **BIG[case]})
    (line,) = check([alone])
    assert "people in all, with all dated changes; at most 5,000,000" in line
    child = write(
        tmp_path,
        base={"city": "rotterdam", "population": BIG[case].get("population", {})},
        child={"based_on": "base", **{k: v for k, v in BIG[case].items() if k != "population"}},
    )
    assert "people in all" in check([child])[0]


def test_circles_are_seen_whatever_the_spelling(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.yaml").write_text("title: b\nbased_on: ../a.yaml\n")
    (tmp_path / "a.yaml").write_text("title: a\nbased_on: ./in/../in/b\n")
    (line,) = check([tmp_path / "a.yaml"])
    assert line.endswith("based_on: goes in a circle: a -> b -> a")


def test_equal_names_in_other_folders_are_other_files(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "plan.v2.yml").write_text("title: b\ncity: den_haag\n")
    (tmp_path / "plan.v2.yaml").write_text("title: a\nbased_on: in/plan.v2\n")
    s = load(tmp_path / "plan.v2.yaml")
    assert (s.name, s.city, len(s.texts)) == ("plan.v2", "den_haag", 2)


def test_a_very_long_chain_ends(tmp_path) -> None:
    files = {f"s{k}": {"based_on": f"s{k + 1}"} for k in range(80)}
    write(tmp_path, **files)
    assert "more than 50 scenarios on top of each other" in check([tmp_path / "s0.yaml"])[0]


# what leaves that which was seen, from the start or later, and its place among the cautions
UNSEEN = {
    "start": {"start": "2026-01"},
    "start before": {"start": "1999-12"},
    "climate": {"climate": 3},
    "climate later": {"changes": [{"date": f"201{k}-01", "climate": 3 - k} for k in (2, 3)]},
    "inflow": {"population": {"inflow": 10_000}},
    "inflow later": {"changes": [{"date": "2012-01", "inflow": 200}]},
    "levers later": {"changes": [{"date": "2012-01", "policy": {"nightlife": 2}}]},
    "stock": {"population": {"stock": 100}},
    "horizon": {"years": 20},
    "weights": {"population": {"weights": "national"}},
    "idle": {"changes": [{"date": "2012-01", "note": "nothing"}]},
    "idle level": {"changes": [{"date": "2014-06", "policy": {"nightlife": 0}}]},
    "idle words": {"changes": [{"date": "2014-06", "policy": {"nightlife": "as in 2009"}}]},
    "idle climate": {"climate": -1, "changes": [{"date": "2014-06", "climate": -1}]},
    "idle inflow": {
        "population": {"inflow": 1200},
        "changes": [{"date": "2014-06", "inflow": 1200}],
    },
    "idle empty": {"changes": [{"date": "2012-01", "policy": {}}]},
}  # fmt: skip


@pytest.mark.parametrize("case", UNSEEN)
def test_what_was_never_seen_is_told_everywhere(case: str, tmp_path) -> None:
    kind = case.split()[0]
    s = load(write(tmp_path, s={"city": "rotterdam", **UNSEEN[case]}))
    stored = Scenario.from_description(json.loads(json.dumps(s.describe())))
    assert list(guards.cautions(s)) == list(guards.cautions(stored)) == [kind]
    (line,) = guards.warnings(s)
    assert manifest([s])["warnings"] == {"s": [line]}
    (english,) = caveats.sentences_of(guards.cautions(stored), Language("en"), stored.levers)
    (dutch,) = caveats.sentences_of(guards.cautions(stored), Language("nl"), stored.levers)
    assert english != dutch
    assert "%(" not in english + dutch
    assert "\n" not in line


@given(
    st.floats(-3, 3), st.floats(0, 5000), st.integers(1990, 2040), st.integers(0, 23),
    st.sampled_from(["rotterdam", "den_haag"]),
)  # fmt: skip
def test_a_caution_is_there_exactly_where_something_was_not_seen(
    tmp_path_factory, climate: float, inflow: float, year: int, month: int, city: str
) -> None:
    date = f"{year + month // 12}-{month % 12 + 1:02d}"
    said = {"city": city, "start": f"{year}-01", "years": 2}
    said["changes"] = [{"date": date, "climate": climate, "inflow": inflow}]
    s = load(write(tmp_path_factory.mktemp("s"), s=said))
    found = guards.cautions(s)
    seen = [default_inflow(city, period) for period in guards.ARRIVALS]
    assert ("climate" in found) == (not -1 <= climate <= 0)
    assert ("inflow" in found) == (not min(seen) <= inflow <= max(seen))
    assert ("start" in found) == (not 2005 <= year <= 2016)


def test_the_years_are_those_of_the_facts() -> None:
    assert guards.years_of_facts() == (2005, 2016)
    s: Scenario = small("rotterdam", 1.0)
    assert guards.warnings(s) == []
    assert np.isclose(s.inflow[0], default_inflow("rotterdam"))


def test_check_warns_too(tmp_path) -> None:
    path = write(tmp_path, s={"city": "rotterdam", "start": "2026-01"})
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 0
    assert "no problems" in result.output
    said = " ".join(result.output.split())
    assert "warning: s: it starts in 2026-01, and the model is one of 2009" in said
    assert "rotterdam_2025 is the city with what is known of 2025" in said


def test_a_cost_of_a_lever_that_is_not_moved_is_told(tmp_path) -> None:
    base = {"city": "rotterdam", "years": 1, "population": {"stock": 100, "inflow": 30}}
    costs = {"nightlife": {"per_year": 100}, "mentor_projects": {"per_participant": 5}}
    one = load(write(tmp_path, one=base))
    idle = load(write(tmp_path, idle={"based_on": "one", "costs": costs}))
    moved = {"based_on": "idle", "policy": {"nightlife": 1}}
    lines = cost_lines(xs.compare([one, idle, load(write(tmp_path, moved=moved))], draws=2))
    assert lines[-2:] == [
        (
            "idle: costs count for nothing where the lever is as in the first scenario: "
            "nightlife, mentor_projects"
        ),
        (
            "moved: costs count for nothing where the lever is as in the first scenario: "
            "mentor_projects"
        ),
    ]
    assert lines[0].startswith("Cost of moved")
    assert cost_lines(xs.compare([one, idle], draws=2)) == lines[-2:-1]
