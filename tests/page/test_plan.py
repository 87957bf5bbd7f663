"""Moves make plans; what is impossible is refused with one message, in both languages."""

from __future__ import annotations

import pytest

from expatsim.errors import InputError
from expatsim.model.levers import LEVERS
from expatsim.page.plan import MOVES, MoveError, Plan, moved
from expatsim.report.language import Language


@pytest.fixture
def plan() -> Plan:
    return Plan.start("rotterdam", 100)


def test_a_plan_begins_as_its_baseline(plan) -> None:
    assert not plan.moved
    assert plan.scenario.policy == plan.baseline.policy
    assert plan.baseline.title == "Rotterdam, policy of 2009"
    assert plan.baseline.title_nl == "Rotterdam, beleid van 2009"


@pytest.mark.parametrize("name", LEVERS)
def test_every_lever_can_be_moved_and_put_back(plan, name) -> None:
    lever = LEVERS[name]
    new = moved(plan, {"move": "lever", "lever": name, "level": lever.high, "from": "2012-07"})
    path = new.scenario.policy[name]
    assert path.at(29) == plan.scenario.policy[name].at(29)
    assert path.at(30).value == lever.high
    assert new.moved_levers() == [name]
    assert new.baseline == plan.baseline
    assert moved(new, {"move": "lever as before", "lever": name}).document == plan.document


def test_a_lever_has_one_date(plan) -> None:
    first = moved(plan, {"move": "lever", "lever": "welcome_events", "level": 6})
    later = {"move": "lever", "lever": "welcome_events", "level": 3, "from": "2015-01"}
    again = moved(first, later)
    assert "policy" not in again.document
    assert again.document["changes"] == [{"date": "2015-01", "policy": {"welcome_events": 3.0}}]


def test_shares_people_and_euros(plan) -> None:
    share = {"move": "lever", "lever": "mentor_projects", "level": "30", "unit": "percent"}
    new = moved(plan, share)
    assert new.scenario.policy["mentor_projects"].at(0).value == 0.3
    people = moved(new, {"move": "unit", "lever": "mentor_projects", "unit": "people"})
    count = people.document["policy"]["mentor_projects"]["people_a_year"]
    assert count == round(0.3 * plan.baseline.newcomers()[0, 0])
    back = moved(people, {"move": "unit", "lever": "mentor_projects", "unit": "percent"})
    assert back.scenario.central("mentor_projects")[0] == pytest.approx(0.3, abs=1e-3)
    price = {"move": "cost", "lever": "mentor_projects", "cost": "per_participant", "euros": "500"}
    priced = moved(new, price)
    spent = {"move": "lever", "lever": "mentor_projects", "level": 100_000, "unit": "euros"}
    bought = moved(priced, spent).scenario
    reached = bought.central("mentor_projects")[0] * bought.newcomers()[0, 0]
    assert reached * 500 == pytest.approx(100_000)


def test_city_and_start_take_the_plan_along(plan) -> None:
    lever = {"move": "lever", "lever": "welcome_events", "level": 3, "from": "2012-01"}
    new = moved(moved(plan, lever), {"move": "city", "city": "den_haag_2025"})
    assert new.scenario.city == new.baseline.city == "den_haag_2025"
    assert new.document["start"] == "2025-01"
    assert new.document["changes"][0]["date"] == "2027-01"
    assert new.scenario.title == "The Hague, my plan"
    later = moved(new, {"move": "start", "year": "2030"})
    assert later.document["changes"][0]["date"] == "2032-01"


def test_the_economy_is_that_of_both(plan) -> None:
    new = moved(plan, {"move": "climate", "climate": "-1", "from": "2013-01"})
    assert new.scenario.climate[35:37].tolist() == [0, -1]
    assert new.baseline.climate.tolist() == new.scenario.climate.tolist()
    assert not new.moved


REFUSED = [
    ({"move": "lever", "lever": "trams", "level": 1}, "trams", "mentor_projects"),
    ({"move": "lever", "lever": "mentor_projects", "level": "NaN"}, "NaN", "0 to 1"),
    ({"move": "lever", "lever": "mentor_projects", "level": float("inf")}, "inf", "0 to 1"),
    ({"move": "lever", "lever": "mentor_projects", "level": True}, "True", "0 to 1"),
    ({"move": "lever", "lever": "mentor_projects"}, "mentor", "0 to 1"),
    ({"move": "lever", "lever": "mentor_projects", "level": 1.2}, "1.2", "0 to 1"),
    ({"move": "lever", "lever": "mentor_projects", "level": 120, "unit": "percent"}, "120", "100%"),
    ({"move": "lever", "lever": "welcome_events", "level": "1e99"}, "1e99", "0 to 24"),
    ({"move": "lever", "lever": "welcome_events", "level": 3, "unit": "people"}, "days", "people"),
    ({"move": "lever", "lever": "welcome_events", "level": 3, "unit": "euros"}, "days", "price"),
    ({"move": "lever", "lever": "welcome_events", "level": 3, "from": "2020-01"}, "2020", "2019"),
    ({"move": "lever", "lever": "welcome_events", "level": 3, "from": "soon"}, "soon", "2010-01"),
    ({"move": "lever", "lever": ["x"], "level": {}}, "x", "lever"),
    ({"move": "cost", "lever": "welcome_events", "cost": "tax", "euros": 1}, "tax", "per_year"),
    ({"move": "cost", "lever": "welcome_events", "cost": "per_year", "euros": -1}, "-1", "0 to"),
    ({"move": "value", "euros": "much"}, "much", "1 to"),
    ({"move": "city", "city": "../../secrets"}, "../../secrets", "rotterdam"),
    ({"move": "start", "year": "1066"}, "1066", "1990 to 2050"),
    ({"move": "climate", "climate": 9}, "9", "-3 to 3"),
    ({"move": "people", "what": "inflow", "people": "2e9"}, "2e9", "0 to 1,000,000"),
    ({"move": "people", "what": "cats", "people": 1}, "cats", "inflow"),
    ({"move": "title", "title": "  "}, "title", "200"),
    ({"move": "title", "title": "x" * 300}, "title", "200"),
    ({"move": "dance"}, "dance", "lever"),
    ({"move": None}, "None", "lever"),
    ({}, "None", "lever"),
]


@pytest.mark.parametrize(("move", "what", "allowed"), REFUSED, ids=str)
def test_what_is_impossible_is_refused(plan, move, what, allowed) -> None:
    """One message: what, where, and what is allowed; in Dutch as well."""
    with pytest.raises(MoveError) as refused:
        moved(plan, move)
    (message,) = refused.value.problems
    assert what in message
    assert allowed in message
    assert len(message) < 600
    dutch = refused.value.said(Language("nl"))
    assert "allowed" not in dutch
    assert dutch != message


def test_too_many_people_are_refused(plan) -> None:
    with pytest.raises(InputError, match="at most 5,000,000"):
        moved(plan, {"move": "people", "what": "inflow", "people": 900_000})


def test_moves_leave_the_plan_as_it_was(plan) -> None:
    before = plan.texts
    priced = moved(
        plan, {"move": "cost", "lever": "welcome_events", "cost": "per_year", "euros": 5}
    )
    kept = priced.texts
    for move in ({"move": "lever", "lever": "welcome_events", "level": 3}, {"move": "value"}):
        moved(priced, move)
    assert plan.texts == before
    assert priced.texts == kept
    assert set(MOVES) == {move["move"] for move, *_ in REFUSED if move.get("move") in MOVES} | {
        "unit",
        "lever as before",
    }
