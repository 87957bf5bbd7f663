"""``ExpatModel`` as Mesa's users use it: every figure of agents is that of ``xs.run``."""

from __future__ import annotations

import copy
import os
import pickle
from functools import partial
from typing import Any

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim import ExpatModel
from expatsim.mesa_agent import PARTS
from expatsim.model.rules import indicators
from expatsim.model.state import ORIGINS
from expatsim.runs.one_draw import OneDraw
from helpers import lives, small

MONTHS, DRAWS = 14, 10


run_batch = partial(mesa.batch_run, display_progress=False)


@pytest.fixture(scope="module")
def scenario() -> xs.Scenario:
    return small("rotterdam", 0.05, MONTHS)


@pytest.fixture(scope="module")
def whole(scenario):
    return xs.run(scenario, draws=DRAWS)


class Reporting(ExpatModel):
    """With a collector of its own, as Mesa's tutorials set one."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "people": lambda m: len(m.agents),
                "here": lambda m: m.count("here"),
                "date": "date",
            },
            agent_reporters={"wish": "wish", "contract_end": "contract_end"},
        )


class ReportingAtOnce(Reporting):
    """Which collects in the constructor, as they do too."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.datacollector.collect(self)


def test_levers_by_name(scenario) -> None:
    """From the start on, and over their levels in ``batch_run``."""
    model = ExpatModel(scenario, english_information=0.9)
    assert model.scenario.policy == scenario.with_policy("x", english_information=0.9).policy
    rows = mesa.batch_run(
        ExpatModel,
        {"scenario": [scenario.resized(0.2, 6)], "english_information": [0.3, 0.9]},
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
    )
    assert [row["english_information"] for row in rows] == [0.3, 0.9]
    assert rows[0]["feels_welcome"] != rows[1]["feels_welcome"]
    with pytest.raises(xs.InputError, match="no lever or parameter 'english'"):
        ExpatModel(scenario, english=0.9)


# --- agents are those who are counted
def counts_of(agents: Any) -> dict[str, int]:
    """Indicators, counted over agents."""
    here = list(agents)
    told = {"here": len(here), "workers": sum(a.head for a in here)}
    told |= {f"wish_{w}": sum(a.wish == w for a in here) for w in ("no", "maybe", "yes")}
    told["dutch_none"] = sum(a.dutch == "none" for a in here)
    told["friends_2_5"] = sum(2 <= a.friends <= 5 for a in here)
    told["has_mentor"] = sum(a.mentor_left > 0 for a in here)
    for name in ("knows_desk", "used_service", "feels_welcome", "employed", "volunteers"):
        told[name] = sum(getattr(a, name) for a in here)
    return told


def test_agents_are_those_who_are_counted_in_every_month(scenario, whole) -> None:
    data = whole.dataset.isel(scenario=0, draw=1)
    model = ExpatModel(scenario, replicate=1)
    for month in range(MONTHS + 1):
        told = counts_of(model.agents)
        assert told == {name: model.count(name) for name in told}
        if month:
            assert told == {name: int(data[name][month - 1]) for name in told}
        assert len(model.arrivals) == model.count("arrived")
        assert len(model.departures) == model.count("left")
        assert all(a.counted and a.status == "here" for a in model.agents)
        assert len(model.spouses)
        assert not any(a.counted for a in model.spouses)
        assert not set(model.spouses) & set(model.agents)
        if model.running:
            model.step()
    assert not model.running
    assert model.month == model.steps == MONTHS


def test_month_zero_is_the_survey_stock(scenario) -> None:
    model = ExpatModel(scenario)
    assert model.count("here") == len(model.agents) == scenario.stock
    assert model.count("arrived") == model.count("left") == 0
    assert (model.month, model.steps, model.date) == (0, 0, "2009-12")
    rows = model.datacollector.get_model_vars_dataframe()
    assert rows["date"].tolist() == ["2009-12"]
    assert rows["here"].tolist() == [scenario.stock]
    model.step()
    assert model.date == "2010-01"
    before, after = model.datacollector.get_model_vars_dataframe().to_dict("records")
    assert after["here"] == before["here"] + after["arrived"] - after["left"]


def test_who_is_followed_has_the_life_tables_of_the_run(scenario, whole) -> None:
    """Also those who arrive and leave in one month."""
    passing = 0
    for replicate in range(DRAWS):
        model = ExpatModel(scenario, replicate=replicate)
        first = {a.expat_id: 0 for a in model.agents}
        newcomers, last = {}, {}
        while model.running:
            model.step()
            newcomers |= {a.expat_id: model.month - 1 for a in model.arrivals}
            last |= {a.expat_id: a.leave_month for a in model.departures}
            passing += len(set(model.arrivals) & set(model.departures))
        table = whole.dataset.isel(scenario=0, draw=replicate).sel(group="all")
        for way_in, came in (("stock", first), ("newcomers", newcomers)):
            stays = np.array([last.get(i, MONTHS - 1) - m for i, m in came.items()])
            left = np.array([i in last for i in came])
            at_risk = [int((stays >= k).sum()) for k in range(MONTHS)]
            gone = [int((left & (stays == k)).sum()) for k in range(MONTHS)]
            assert at_risk == table["at_risk"].sel(way_in=way_in).values.tolist()
            assert gone == table["left_city"].sel(way_in=way_in).values.tolist()
    assert passing  # it does happen


def test_departures_say_why(scenario) -> None:
    model = ExpatModel(scenario)
    held = list(model.agents)
    while not model.departures:
        model.step()
    (gone, *_) = model.departures
    assert gone in held
    assert gone not in model.agents
    assert gone.status == "left"
    assert gone.leave_reason
    assert gone.destination
    stay = gone.months_here
    assert gone.leave_month == model.month - 1
    model.step()
    assert gone.months_here == stay  # whoever left does not stay longer


# --- values that can be read, and only read
def test_numbers_that_stand_for_none_are_never_shown(scenario) -> None:
    model = ExpatModel(scenario)
    for _ in range(3):
        model.step()
    everybody = [*model.agents, *model.spouses, *model.departures]
    for name in PARTS:
        for agent in everybody:
            value = getattr(agent, name)
            assert not isinstance(value, np.generic)
            assert value not in (32767, -32768), name
    assert {a.contract for a in everybody} == {"none", "open", "with end date"}
    for agent in everybody:
        assert (agent.contract == "with end date") == (agent.contract_end is not None)
        assert (agent.status == "here") == (agent.leave_month is None)
        assert 15 < agent.age < 90
        assert 0 <= agent.months_here < 1200
        assert agent.months_here == model.month - 1 - agent.arrival_month or agent.leave_month
    assert any("work" in a.friend_places for a in everybody)
    assert isinstance(model.agents.agg("age", np.mean), float)


@given(st.sampled_from(sorted(PARTS)), st.one_of(st.none(), st.integers(), st.text()))
def test_no_part_of_a_person_can_be_set(name: str, value: Any) -> None:
    agent = next(iter(MODEL.agents))
    before = getattr(agent, name)
    with pytest.raises(AttributeError, match=rf"^{name} is read only.*Scenario.with_rule"):
        setattr(agent, name, value)
    with pytest.raises(AttributeError, match=rf"^{name} is read only"):
        MODEL.agents.set(name, value)
    with pytest.raises(AttributeError, match=rf"^{name} is read only"):
        delattr(agent, name)
    agent.__dict__[name] = value  # by force
    assert getattr(agent, name) == before
    del agent.__dict__[name]


MODEL = ExpatModel(small("rotterdam", 0.01, 2))


def test_attributes_of_ones_own_stay_possible(scenario) -> None:
    model = ExpatModel(scenario)
    model.agents.set("colour", "blue")
    model.step()
    assert model.agents.select(lambda a: a.friends > 0).get("colour", "default") is not None
    agent = next(iter(model.agents))
    with pytest.raises(AttributeError, match="'freinds'; did you mean 'friends'"):
        _ = agent.freinds
    assert agent.random is model.random
    assert "wish" in dir(agent)


def test_what_mesa_offers_works(scenario) -> None:
    model = ExpatModel(scenario)
    model.step()
    assert isinstance(model.agents, mesa.agent.AgentSet)
    stayers = model.agents.select(lambda a: a.wish == "yes")
    assert len(stayers) == model.count("wish_yes")
    assert sum(model.agents.groupby("origin").count().values()) == model.count("here")
    assert model.agents.agg("friends", max) >= 1
    assert set(model.agents.get("status")) == {"here"}
    couples = [a for a in [*model.agents, *model.spouses] if a.partner]
    assert couples
    assert all(a.partner.partner is a and a.coupled for a in couples)
    assert all(a.partner.expat_id == a.expat_id ^ 1 for a in couples)
    assert all(a.unique_id == a.expat_id for a in model.agents)


def test_nobody_can_be_taken_away(scenario) -> None:
    model = ExpatModel(scenario)
    someone = next(iter(model.agents))
    for remove in (
        someone.remove,
        model.remove_all_agents,
        lambda: model.agents.do("remove"),
        lambda: model.deregister_agent(someone),
    ):
        with pytest.raises(xs.InputError, match="with_rule"):
            remove()
    model.agents.select(lambda a: False, inplace=True)
    model.agents.discard(someone)
    assert len(model.agents) == model.count("here")
    mine = mesa.Agent(model)  # agents of one's own come and go
    assert mine in model.agents
    mine.remove()
    model.step()
    assert len(model.agents) == model.count("here")


# --- edges of a run
def test_a_step_past_the_end(scenario) -> None:
    model = ExpatModel(scenario)
    model.run_model()

    def seen() -> tuple[Any, ...]:
        return model.month, model.steps, model.date, model.count("here"), len(model.agents)

    before = seen()
    rows = len(model.datacollector.get_model_vars_dataframe())
    for _ in range(2):
        with pytest.raises(xs.InputError, match="all 14 months of rotterdam have run"):
            model.step()
        assert seen() == before
        assert not model.running
    assert rows == len(model.datacollector.get_model_vars_dataframe()) == MONTHS + 1


def test_mistakes(scenario, tmp_path, monkeypatch) -> None:
    model = ExpatModel(scenario)
    with pytest.raises(xs.InputError, match="no indicator 'heer'; did you mean 'here'"):
        model.count("heer")
    with pytest.raises(xs.InputError, match="no indicator"):
        model.count(["here"])
    for reset in (model.reset_rng, model.reset_randomizer):
        with pytest.raises(xs.InputError, match="make a new ExpatModel"):
            reset(5)
    for bad in (-1, 1.5, "one", 2**32, True):
        with pytest.raises(xs.InputError, match=r"replicate: .* is not a whole number from 0"):
            ExpatModel(scenario, replicate=bad)
    with pytest.raises(xs.InputError, match="either rng or seed"):
        ExpatModel(scenario, rng=1, seed=1)
    with pytest.raises(xs.InputError, match=r"rng: .* is not a whole number"):
        ExpatModel(scenario, rng=np.random.default_rng(1))
    with pytest.raises(xs.InputError, match="scenario: title is missing"):
        ExpatModel({"city": "rotterdam"})
    with pytest.raises(xs.InputError, match="not list"):
        ExpatModel(["rotterdam"])
    monkeypatch.chdir(tmp_path)
    assert ExpatModel().scenario.name == "rotterdam"  # the shipped one, wherever one is
    with pytest.raises(AttributeError):
        model.month = 3


def test_seeds(scenario) -> None:
    def end(**given: Any) -> list[int]:
        model = ExpatModel(scenario, **given)
        model.step()
        return [model.count(name) for name in indicators()]

    assert end(rng=7) == end(seed=7) == end(rng=np.int64(7))
    assert end(rng=7) != end(rng=8) != end(rng=7, replicate=1)
    assert end() == end(seed=scenario.seed) == end(replicate=0)
    seven = xs.run(scenario, draws=2, seed=7).dataset.isel(scenario=0, draw=0, month=0)
    assert end(rng=7) == [int(seven[name]) for name in indicators()]


# --- copies
@pytest.mark.parametrize(
    "again",
    [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))],
    ids=["deepcopy", "copy", "pickle"],
)
def test_a_copy_goes_on_alone_and_alike(scenario, again) -> None:
    model = ExpatModel(scenario, replicate=1)
    for _ in range(4):
        model.step()
    next(iter(model.agents)).colour = "blue"
    other = again(model)
    assert other.month == 4
    assert type(other) is ExpatModel
    assert next(iter(other.agents)).colour == "blue"
    assert all(a.model is other for a in other.agents)
    other.run_model()
    assert (model.month, model.steps) == (4, 4)  # the original has not moved
    model.run_model()
    for one, two in zip(model.state, other.state, strict=True):
        assert one.tobytes() == two.tobytes()
    assert model.agents.get("unique_id") == other.agents.get("unique_id")
    frames = [m.datacollector.get_model_vars_dataframe() for m in (model, other)]
    assert frames[0].equals(frames[1])


def test_agents_can_be_pickled(scenario) -> None:
    agent = ExpatModel(scenario).agents[3]
    for again in (pickle.loads(pickle.dumps(agent)), copy.deepcopy(agent)):
        assert again in again.model.agents
        assert again.model is not agent.model
        assert all(getattr(again, n) == getattr(agent, n) for n in PARTS if n != "partner")


# --- batch_run
@pytest.mark.parametrize("kind", [Reporting, ReportingAtOnce])
def test_rows_of_a_batch_belong_together(scenario, whole, kind) -> None:
    rows = run_batch(kind, {"scenario": [scenario]}, data_collection_period=1)
    here = whole.dataset["here"].isel(scenario=0, draw=0).values.tolist()
    months = {}
    for row in rows:
        months.setdefault(row["Step"], []).append(row)
    assert list(months) == list(range(MONTHS + 1))
    for step, people in months.items():
        assert len(people) == people[0]["people"] == people[0]["here"]
        assert people[0]["here"] == ([scenario.stock, *here])[step]
        assert len({row["AgentID"] for row in people}) == len(people)
        assert {row["wish"] for row in people} <= {"no", "maybe", "yes"}
    # by default the last month, and all of it
    last = run_batch(kind, {"scenario": [scenario]})
    assert {row["Step"] for row in last} == {MONTHS}
    assert len(last) == here[-1]
    assert last[0]["date"] == "2011-02"
    # and as many as are asked for
    fewer = run_batch(kind, {"scenario": [scenario]}, max_steps=5)
    assert len(fewer) == fewer[0]["here"] == here[fewer[0]["Step"] - 1]


def outcomes(rows: list[dict[str, Any]]) -> list[tuple[int, ...]]:
    rows = sorted(rows, key=lambda row: row["RunId"])
    return [tuple(row[name] for name in indicators()) for row in rows]


def test_iterations_are_draws(scenario, whole) -> None:
    last = whole.dataset.isel(scenario=0, month=-1)
    draws = [tuple(int(last[name][k]) for name in indicators()) for k in range(3)]
    assert len(set(draws)) == 3
    assert outcomes(run_batch(ExpatModel, {"scenario": [scenario]}, iterations=3)) == draws
    listed = run_batch(ExpatModel, {"scenario": [scenario], "replicate": range(3)})
    assert outcomes(listed) == draws
    assert [row["replicate"] for row in listed] == [0, 1, 2]
    # also where a class of one's own makes the model
    inherited = run_batch(
        Reporting, {"scenario": [scenario]}, iterations=2, data_collection_period=1
    )
    ends = [r for r in inherited if r["Step"] == MONTHS]
    assert [next(r["here"] for r in ends if r["iteration"] == k) for k in (0, 1)] == [
        d[0] for d in draws[:2]
    ]


def test_no_two_runs_of_a_batch_are_copies(scenario) -> None:
    chosen = {"scenario": [scenario], "replicate": [0, 1], "rng": [5, 6]}
    found = outcomes(run_batch(ExpatModel, chosen, iterations=2))
    assert len(set(found)) == len(found) == 8
    again = xs.run(scenario, draws=2, seed=6 + 2**32).dataset.isel(scenario=0, month=-1)
    assert found[7] == tuple(int(again[name][1]) for name in indicators())


# --- levers and parameters by name
def test_a_lever_by_name_is_that_of_a_scenario(scenario) -> None:
    named = ExpatModel(scenario, replicate=1, english_information=0.9)
    told = ExpatModel(scenario.with_policy("other", english_information=0.9), replicate=1)
    unchanged = ExpatModel(scenario, replicate=1)
    for model in (named, told, unchanged):
        model.run_model()
    frames = [m.datacollector.get_model_vars_dataframe() for m in (named, told, unchanged)]
    assert frames[0].equals(frames[1])
    assert not frames[0].equals(frames[2])
    assert named.scenario.name == scenario.name
    assert named.scenario.policy["english_information"].at(0).value == 0.9


def test_a_parameter_by_name_is_that_of_an_evaluated_table(scenario, whole) -> None:
    """Two draws of a table with every parameter of the run, but for one."""
    values = whole.dataset["parameter_value"].isel(scenario=0, draw=slice(2))
    table = values.transpose("draw", "parameter").to_pandas().assign(leave_choice=0.03)
    series = ["here", "wish_yes"]
    found = xs.evaluate(scenario, table, series=series, luck="independent", seed=scenario.seed)
    for replicate in (0, 1):
        model = ExpatModel(scenario, replicate=replicate, leave_choice=np.float32(0.03))
        model.run_model()
        rows = model.datacollector.get_model_vars_dataframe().iloc[1:]
        for name in series:
            months = [f"{name}[{date}]" for date in rows["date"]]
            assert found.loc[replicate, months].tolist() == rows[name].tolist()


def test_a_batch_over_levers_and_parameters(scenario) -> None:
    asked = {
        "scenario": [scenario],
        "english_information": [0.3, 0.9],
        "leave_choice": [0.005, 0.03],
    }
    rows = run_batch(Reporting, asked)
    settings = {(row["english_information"], row["leave_choice"]): row["here"] for row in rows}
    assert len(settings) == 4
    for (information, leaving), here in settings.items():
        alone = ExpatModel(scenario, english_information=information, leave_choice=leaving)
        alone.run_model()
        assert here == alone.count("here")
    assert settings[0.9, 0.03] < settings[0.9, 0.005]  # more leave


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"english_informaton": 0.9}, "did you mean 'english_information'"),
        ({"leave_choise": 0.01}, "no lever or parameter 'leave_choise'; did you mean 'leave_"),
        ({"replicates": 3}, "did you mean 'replicate'"),
        ({"english_information": 1.5}, r"1.5 is no number in range \(allowed: 0 to 1, share\)"),
        ({"leave_choice": float("nan")}, "leave_choice: nan is no number in range"),
        ({"english_information": "0.9"}, "'0.9' is no number"),
        ({"english_information": True}, "True is no number"),
    ],
)
def test_settings_that_cannot_be(scenario, given, says) -> None:
    with pytest.raises(xs.InputError, match=says):
        ExpatModel(scenario, **given)


def test_tables_of_agents_have_words_and_gaps_instead_of_codes(scenario) -> None:
    class Told(ExpatModel):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            names = ("origin", "contract", "contract_end", "leave_month", "leave_reason", "age")
            self.datacollector = mesa.DataCollector(agent_reporters={n: n for n in names})

    model = Told(scenario=scenario)
    model.step()
    table = model.datacollector.get_agent_vars_dataframe()
    assert set(table["origin"]) <= set(ORIGINS)
    assert set(table["contract"]) == {"none", "open", "with end date"}
    assert table["leave_month"].isna().all()
    assert table["contract_end"].isna().equals(table["contract"] != "with end date")
    ends = [a.contract_end for a in model.agents if a.contract_end is not None]
    assert len({*ends}) > 1
    after = table.xs(1)["contract_end"].astype(float)
    assert after.mean() == pytest.approx(np.mean(ends))  # gaps are left out, and are no numbers


@pytest.mark.skipif(os.cpu_count() == 1, reason="needs two processes")
def test_processes_do_not_matter(scenario) -> None:
    one, two = (
        outcomes(run_batch(ExpatModel, {"scenario": [scenario]}, number_processes=n, iterations=3))
        for n in (1, 2)
    )
    assert one == two
    assert len(set(one)) == 3


def test_one_draw_before_its_first_month(scenario) -> None:
    draw = OneDraw(scenario, 0)
    assert draw.counts["here"] == scenario.stock
    assert draw.month == 0
    assert draw.counts["employed"] > 0
    with pytest.raises(ValueError, match="read-only"):
        draw.state.wish[0] = 2


def test_expat_model_is_the_engine() -> None:
    scenario = small("rotterdam-all-recommendations", 0.1, 24)
    _, state, counts = lives(scenario, 2)
    model = ExpatModel(scenario, replicate=2)
    while model.running:
        model.step()
    for name, theirs in state._asdict().items():
        assert getattr(model.state, name).tobytes() == theirs.tobytes(), name
    # the first row is the survey stock, before the first month
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["here"].tolist() == [scenario.stock, *counts[:, 0].tolist()]
    assert frame["date"].tolist()[::24] == ["2009-12", "2011-12"]
