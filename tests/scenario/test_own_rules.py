"""Rules outside the package with states, parameters, levers and indicators of their own."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from typing import Any

import numpy as np
import pytest

import expatsim as xs
import own_process
from expatsim.analysis import measures
from expatsim.cities import Level2009, city_names
from expatsim.findings import assumptions, cost
from expatsim.model import declare
from expatsim.model.declare import DONORS, Indicator, flag, lever, parameter
from expatsim.model.levers import LEVERS
from expatsim.model.packed import pack, packed_type, state_type, unpack
from expatsim.model.parameters import registry, sample_prior
from expatsim.model.policy import Level
from expatsim.model.rules import language
from expatsim.report.language import Language
from expatsim.runs.one_draw import step_through
from expatsim.runs.prepare import Replicates
from expatsim.scenario import Scenario, guards
from helpers import ROOT, small

MONTHS = 24
OWN = ("lesson_reach", "lesson_effect", "lesson_climate")


@pytest.fixture(scope="module")
def plain() -> Scenario:
    return small("rotterdam", 0.05, MONTHS)


@pytest.fixture(scope="module")
def without(plain) -> Scenario:
    """With the rule, but no lessons are offered."""
    return plain.with_rule(own_process, after="language", name="rule")


@pytest.fixture(scope="module")
def offered(without) -> Scenario:
    return without.with_policy("offered", lessons_offered=0.5)


@pytest.fixture(scope="module")
def result(plain, without, offered):
    return xs.compare([plain, without, offered], draws=4)


def test_it_does_what_it_says_and_nothing_where_nothing_is_offered(result) -> None:
    data = result.dataset
    for name in data.data_vars:
        if name != "many_lessons":
            assert (data[name][0] == data[name][1]).all(), name
    assert (data["took_lessons"][2].isel(month=-1) > 0).all()
    assert (data["took_lessons"][:2] == 0).all()
    assert (data["dutch_none"][2].sum("month") < data["dutch_none"][1].sum("month")).all()
    assert data["took_lessons"].attrs["long_name"] == "have taken a lesson"
    assert {"took_lessons", "many_lessons"} < set(result.indicators()["indicator"])


def test_its_parameters_are_drawn_from_their_priors(offered, result) -> None:
    own = offered.own_parameters
    assert tuple(own) == OWN
    assert all(p.rule == "own_process" for p in own.values())
    drawn = sample_prior(offered.seed, np.arange(4), own)
    values = result.dataset["parameter_value"]
    for name in OWN:
        for k in range(3):  # the same in all, to be compared
            assert np.array_equal(values.sel(parameter=name)[k], drawn[name])
    assert not set(OWN) & set(registry())
    grades = Replicates(*[np.arange(4)] * 3, grades={"expert": np.arange(4, 8)}).values(offered)
    assert np.array_equal(grades["lesson_reach"], drawn["lesson_reach"])
    assert not np.array_equal(grades["lesson_climate"], drawn["lesson_climate"])


def test_notes_name_what_it_rests_on(plain, without, offered, result, tmp_path) -> None:
    lines = dict(line.split(": ") for line in assumptions.lines_of_parts([without, offered], None))
    assert lines["lessons_offered"] == ", ".join(OWN)
    assert "from the wish to staying" in lines
    lines = dict(line.split(": ") for line in assumptions.lines_of_parts([plain, without], None))
    assert lines[assumptions.OWN_RULES] == ", ".join(OWN)
    assert result.notes()[-1] == f"Drawn from their priors: {', '.join(OWN)}"
    page = result.report("nl")
    assert "People without Dutch who are offered lessons" in page
    assert "a lesson teaches a few words" in page
    result.save(tmp_path / "r")
    again = xs.open_result(tmp_path / "r")
    assert again.notes() == result.notes()
    third = again.scenarios[2]
    assert third.levers == offered.levers
    assert third.registry == offered.registry
    assert plain_values(third) == plain_values(offered) | {
        "draws": 4,
        "parameters_digest": third.parameters_digest,
    }
    assert third.rules == offered.rules  # its place is known, and it is what it was


def plain_values(scenario: Scenario) -> dict[str, Any]:
    """A description as it comes back from a file."""
    return json.loads(json.dumps(scenario.describe()))


def test_month_by_month_and_in_mesa(offered) -> None:
    whole = xs.run(offered, draws=2).dataset.isel(scenario=0, draw=1)
    model = xs.ExpatModel(offered, replicate=1)
    heads = [a.slot for a in model.agents if a.head]
    assert (model.state.lessons[heads] == 1).all()  # the stock starts as the rule says
    counts = []
    while model.running:
        model.step()
        counts.append((model.count("took_lessons"), model.count("many_lessons")))
    found = zip(whole["took_lessons"].values, whole["many_lessons"].values, strict=True)
    assert counts == [(int(a), int(b)) for a, b in found]
    _, step = step_through(offered, 1)
    states = [step(month) for month in range(MONTHS)]
    assert states[-1].lessons.max() > 1
    again = copy.deepcopy(model)
    assert np.array_equal(again.state.lessons, model.state.lessons)


def test_its_lever_is_checked_like_any(offered, plain) -> None:
    with pytest.raises(xs.InputError) as told:
        offered.with_policy("x", lessons_offerd=0.1, lessons_offered=1.5, nightlife=9)
    assert told.value.problems == [
        "no lever 'lessons_offerd'; did you mean 'lessons_offered'?",
        "lessons_offered: 1.5 is out of range (allowed: 0 to 1, share)",
        "nightlife: 9 is out of range (allowed: -3 to 3, grade points)",
    ]
    with pytest.raises(xs.InputError, match="no lever 'lessons_offered'"):
        plain.with_policy("x", lessons_offered=0.5)
    rising = offered.with_policy("y", lessons_offered=np.linspace(0, 1, MONTHS))
    assert np.allclose(rising.central("lessons_offered"), np.linspace(0, 1, MONTHS))
    assert "lessons_offered" not in LEVERS


def test_dose_and_sweep_know_its_numbers(offered, tmp_path) -> None:
    table = xs.dose(offered, "lessons_offered", levels=2, draws=2)
    assert list(table["lessons_offered"].unique()) == [0, 1]
    base = ROOT / "scenarios" / "rotterdam.yaml"
    file = tmp_path / "s.yaml"
    file.write_text(
        f"title: s\nscenario: {base}\ndesign: latin\nsamples: 4\npeople: 0.05\nyears: 1\n"
        "uncertainties: {vary: [lesson_reach], ranges: {lesson_effect: [0.2, 0.8]}}\n"
        "levers: {lessons_offered: [0, 1]}\noutcomes: [wish]\n",
        encoding="utf-8",
    )

    def change(scenario: Scenario) -> Scenario:
        return scenario.with_rule(own_process, after="language", name=scenario.name)

    with pytest.raises(xs.InputError) as told:
        xs.load_sweep(file)
    assert len(told.value.problems) == 3
    sweep = xs.load_sweep(file, change)
    assert list(sweep.inputs) == ["lesson_reach", "lesson_effect", "lessons_offered"]
    store = xs.sweep(sweep, tmp_path / "out")
    assert store.failures().empty
    assert len(store.frame()) == 4


def test_scenarios_with_it_survive_what_scenarios_go_through(offered) -> None:
    again = pickle.loads(pickle.dumps(offered))
    assert again.rules == offered.rules
    assert again.policy == offered.policy
    kind = packed_type(offered.rules)
    assert kind.state is state_type(again.rules)
    numbers = np.arange(4, dtype=np.int32)
    state = kind.state(
        *(numbers.astype(bool if s.kind == "flag" else np.int32) for s in kind.shapes)
    )._replace(propensity=np.linspace(-1, 1, 4, dtype=np.float32), lessons=numbers * 6)
    back = pickle.loads(pickle.dumps(pack(state)))
    assert all(np.array_equal(getattr(unpack(back), f), getattr(state, f)) for f in ("lessons",))
    assert type(pickle.loads(pickle.dumps(state))) is kind.state


def rule_with(**parts: Any) -> type:
    """The process with other declarations."""
    known = {k: getattr(own_process, k) for k in ("Rates", "rates", "step")}
    known = {k: staticmethod(v) if k in ("rates", "step") else v for k, v in known.items()}
    return type("Mine", (), known | parts)


def one_parameter(name: str = "mine", **changes: Any) -> dict[str, Any]:
    """A class with one parameter."""
    said = {
        "unit": "share",
        "prior": declare.logit_normal(0.5, spread=0.4, low=0.05, high=0.95),
        "evidence": "assumption",
        "source": "none",
    }
    cls = type("P", (declare.Parameters,), {name: parameter("what it is", **said | changes)})
    return {"Parameters": cls}


def one_lever(name: str = "mine", **changes: Any) -> dict[str, Any]:
    """A class with one lever."""
    said = {
        "unit": "share",
        "low": 0,
        "high": 1,
        "level_2009": Level2009(0.0, "measured", "none"),
        "label": "Mine",
    }
    return {"Levers": type("L", (declare.Levers,), {name: lever("what it is", **said | changes)})}


def one_state(field: declare.Field) -> dict[str, Any]:
    """A rule's states, of which there is one."""
    return {"STATES": (field,)}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (
            {"STATES": (flag("dutch", "x", start=False, stock=declare.START),)},
            "state 'dutch' is there already; choose another name",
        ),
        (
            {"STATES": (flag("mine", "x", start=False, stock=DONORS),)},
            "state mine: donors know nothing of it; give stock as a value or a function",
        ),
        (
            {"STATES": (declare.count("mine", 0, 3, "x", start=4, stock=declare.START),)},
            "state mine: start 4 is out of range (allowed: 0 to 3)",
        ),
        ({"STATES": ("mine",)}, "STATES is not a tuple of Fields"),
        (
            {"INDICATORS": (Indicator("here", "x", lambda s, p, m: s.employed),)},
            "indicator 'here' is there already",
        ),
        (one_parameter("wish_level"), "parameter 'wish_level' is there already"),
        (one_parameter(evidence="guess"), "parameter mine: evidence is one of measured, "),
        (
            one_parameter(prior=declare.normal(2, spread=1, low=0, high=1)),
            "parameter mine: its prior needs low < median < high",
        ),
        (one_lever("nightlife"), "lever 'nightlife' is there already"),
        (one_lever("wish_level"), "'wish_level' is a parameter and a lever; choose two names"),
        (one_parameter("nightlife"), "'nightlife' is a parameter and a lever; choose two names"),
        (one_parameter("same") | one_lever("same"), "'same' is a parameter and a lever; choose"),
        (one_lever(level_2009=declare.EACH_CITY), "lever mine: no city knows it"),
        (one_lever(low=0.5), "lever mine: its level of 2009 is not within 0.5 to 1"),
        *(
            (
                one_state(declare.count("mine", *x, "x", start=y, stock=declare.START)),
                f"state mine: {z}",
            )
            for x, y, z in (
                ((5, 2), 5, "5 to 2 is no range (rising within -1,000,000,000 to 1,000,000,000)"),
                ((0, 2**31), 0, "0 to 2,147,483,648 is no range (within"),
                ((0, 2.5), 0, "its range is of whole numbers, not 0 to 2.5"),
                ((0, 3), 1.5, "start 1.5 is no whole number"),
                ((0, 3), True, "start True is no whole number"),
                ((0, 3), "a", "start 'a' is no whole number"),
            )
        ),
        (
            one_state(flag("mine", "x", start=2, stock=declare.START)),
            "state mine: start 2 is out of",
        ),
        (
            one_state(flag("mine", "x", start=None, stock=declare.START)),
            "state mine: start None is",
        ),
        (
            one_state(flag("mine", "a\nb", start=False, stock=declare.START)),
            "state mine: give meaning",
        ),
        (
            one_state(flag("lambda", "x", start=False, stock=declare.START)),
            "state 'lambda' is no name",
        ),
        (
            one_state(flag("shapes", "x", start=False, stock=declare.START)),
            "state 'shapes' is there",
        ),
        (
            one_state(declare.real("mine", "x", start=float("nan"), stock=declare.START)),
            "state mine: start nan is no finite number",
        ),
        (one_state(declare.real("word_0", "x", start=0, stock=declare.START)), "state 'word_0' is"),
        (
            one_state(declare.choice("mine", ("a", "a"), "x", start=0, stock=declare.START)),
            "state mine: its words are a tuple of texts, each another",
        ),
        *(
            (one_parameter(prior=x), f"parameter mine: {y}")
            for x, y in (
                (
                    declare.normal(0, spread=float("nan"), low=-1, high=1),
                    "its prior needs finite numbers",
                ),
                (
                    declare.normal(0, spread=1, low=-1, high=np.inf),
                    "its prior needs finite numbers",
                ),
                (
                    declare.normal(0, spread=1e300, low=-1, high=1),
                    "with a spread of 1e+300 its prior is",
                ),
                (
                    declare.logit_normal(0.5, spread=1, low=-1, high=1),
                    "a logit-normal prior has bounds within 0 to 1, not -1 to 1",
                ),
                (
                    declare.log_normal(0.5, spread=1, low=-1, high=1),
                    "a log-normal prior has bounds of 0 or more, not -1 to 1",
                ),
            )
        ),
        (one_parameter("replicate"), "parameter 'replicate' is there already"),
        (one_parameter(source=""), "parameter mine: give source as one line of text"),
        (
            one_lever(high=np.inf, low="0"),
            "lever mine: its range and level of 2009 are finite numbers, but low is '0', high is",
        ),
        (one_lever(reaches="people"), "lever mine: reaches is one of newcomers, partners, places"),
        (one_lever(through=("nothing",)), "lever mine: through: no parameter 'nothing'"),
        (
            {"INDICATORS": (Indicator("draw", "x", lambda s, p, m: s.employed),)},
            "indicator 'draw' is there already",
        ),
        (
            {"INDICATORS": (Indicator("mine", "x", lambda s, p, m: s.friends),)},
            "indicator mine: its function gives int32; give true or false for each person",
        ),
        ({"Levers": dict}, "Levers is not a class of expatsim.model.declare.Levers"),
    ],
)
def test_what_cannot_be_declared_is_told(plain, parts: dict[str, Any], told: str) -> None:
    with pytest.raises(xs.InputError) as found:
        plain.with_rule(rule_with(**parts), after="language", name="x")
    assert any(line.startswith(f"rule Mine: {told}") for line in found.value.problems)


def test_a_rule_may_read_what_the_package_declares(plain) -> None:
    shared = type("P", (language.Parameters,), {})
    levers = type("L", (language.Practice,), {})
    mine = plain.with_rule(rule_with(Parameters=shared, Levers=levers), after="language", name="x")
    assert mine.own_parameters == {}
    assert mine.levers == plain.levers


@pytest.fixture(scope="module")
def costed(offered) -> Scenario:
    """Lessons with all kinds of cost; nobody counts who takes them."""
    euros = {"per_year": 1000.0, "per_unit": 5e4, "per_participant": 10.0, "up_to": 0.8}
    return dataclasses.replace(offered, name="costed", costs={"lessons_offered": euros})


@pytest.mark.parametrize("base", ["plain", "without"])
def test_its_lever_has_costs(base: str, costed, request) -> None:
    """A first scenario without the rule counts as one whose lever stands as in 2009."""
    result = xs.compare([request.getfixturevalue(base), costed], draws=4)
    costs = result.costs().set_index("outcome")
    assert set(costs["scenario"]) == {"costed"}
    years = MONTHS / 12
    assert costs.loc["extra_cost", "median"] == pytest.approx(years * (1000 + 0.5 * 5e4))
    page = result.report("nl")
    (table,) = re.findall(r'<section id="costs".*?</section>', page, flags=re.S)
    assert "People without Dutch who are offered lessons" in table
    lines = cost.omissions(costed, result.scenarios[0])
    assert any(line.startswith("lessons_offered has no count of participants") for line in lines)


def test_no_cost_where_its_lever_stands_as_in_2009(plain, without, costed) -> None:
    idle = dataclasses.replace(without, name="idle", costs=costed.costs)
    for base in (plain, without):
        result = xs.compare([base, idle], draws=2)
        assert result.costs().empty
        assert cost.unmoved(idle, base) == ["lessons_offered"]


def test_a_plan_may_use_its_lever(without, costed) -> None:
    base = dataclasses.replace(without, name="base", costs=costed.costs)
    flow = np.full(MONTHS, 10.0)
    (measure,) = measures.measures(base, flow, 100 * flow, flow / 4)
    assert (measure.lever, measure.low, measure.high) == ("lessons_offered", 0, 0.8)
    assert measure.growth[-1] == pytest.approx(MONTHS / 12 * 0.8 * 5e4)
    used = measures.with_levels(base, [measure], np.array([0.8]))
    assert used.central("lessons_offered").tolist() == [0.8] * MONTHS
    (note,) = measures.notes_on_untried_levels(base, [measure])
    assert "lessons_offered up to 0.8" in note.said(Language("en"))
    unused = dataclasses.replace(base, costs={"lessons_offered": {"per_participant": 1.0}})
    (note,) = measures.notes_on_unusable_levers(unused, [])
    assert "lessons_offered" in note.said(Language("en"))


def test_its_lever_may_stand_as_in_2009(without, offered) -> None:
    """A level of 2009 of a city is then the one that the lever declares."""
    as_then = without.with_policy("then", lessons_offered=Level(city=city_names()[0]))
    assert as_then.central("lessons_offered").tolist() == [0.0] * MONTHS
    assert assumptions.parts([as_then, offered])[0].parameters == OWN
    result = xs.compare([as_then, offered], draws=2)
    assert any("lessons_offered" in line for line in result.notes())
    for code in ("en", "nl"):
        assert "People without Dutch who are offered lessons" in result.report(code)


def timing(*pair: Scenario, draws: int) -> object:
    """Delays that fit into these projections."""
    return xs.timing(*pair, draws=draws, delays=(0, 1))


def lives(*pair: Scenario, draws: int) -> object:
    """Years that fit into these projections."""
    return xs.lives(*pair, draws=draws, years=1)


QUESTIONS = (xs.decompose, timing, lives)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_rule_in_one_of_two_scenarios_is_told(plain, offered, question) -> None:
    for pair in ((plain, offered), (offered, plain)):
        with pytest.raises(xs.InputError) as told:
            question(*pair, draws=2)
        (line,) = told.value.problems
        assert "levers of different rules of your own" in line


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_take_a_rule_that_both_have(without, offered, question) -> None:
    assert len(question(without, offered, draws=2))


def test_people_whom_its_lever_cannot_reach_are_told(plain) -> None:
    """As for a lever of the package: more people a year than arrive."""
    reaches = declare.SHARE_OF_NEWCOMERS
    new = one_lever("greeted", label="Newcomers who are greeted", reaches=reaches)
    rule = rule_with(
        STATES=own_process.STATES,
        Parameters=own_process.Parameters,
        Levers=type("Both", (own_process.Levers, new["Levers"]), {}),
    )
    greeting = plain.with_rule(rule, after="language", name="greeting")
    everybody = greeting.with_policy("everybody", greeted=Level(people=1e6))
    assert "people" in guards.cautions(everybody)
    assert any(
        line.startswith("greeted should reach 1,000,000") for line in guards.warnings(everybody)
    )
    result = xs.compare([greeting, everybody], draws=2)
    english, dutch = (result.report(code) for code in ("en", "nl"))
    assert re.search("Newcomers who are greeted: 1,000,000 people a year, and only about", english)
    assert re.search("Newcomers who are greeted: 1.000.000 ", dutch)
    assert "people a year, and only about" not in dutch
