"""What the page shares, the command line accepts; what it is given, it reads like any file."""

from __future__ import annotations

import pytest

import expatsim as xs
from expatsim.errors import InputError
from expatsim.page.documents import PLAN, read_given, scenario_of
from expatsim.page.plan import Plan, moved
from expatsim.scenario import check
from helpers import ROOT, SCENARIOS
from live_page import write

FOLDER = ROOT / "scenarios"


def test_what_is_shared_is_accepted(tmp_path) -> None:
    plan = Plan.start("den_haag", 100)
    for move in (
        {"move": "lever", "lever": "mentor_projects", "level": 250, "unit": "people"},
        {"move": "lever", "lever": "english_information", "level": 0.8, "from": "2014-01"},
        {"move": "cost", "lever": "mentor_projects", "cost": "per_participant", "euros": 300},
        {"move": "climate", "climate": -0.5, "from": "2012-01"},
        {"move": "value", "euros": 12000},
        {"move": "title", "title": "- 'yes': \"#1\" é\u202e"},
    ):
        plan = moved(plan, move)
    files = write(plan, tmp_path)
    assert check(files) == []
    for file, scenario in zip(files, (plan.baseline, plan.scenario), strict=True):
        assert xs.load(file) == scenario


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda x: x.stem)
def test_shipped_scenarios_can_be_loaded(file) -> None:
    """The plan is the file's, whatever it is based on."""
    document = read_given(file.read_bytes(), FOLDER)
    plan, own = scenario_of(document, file.stem).describe(), xs.load(file).describe()
    assert {k: x for k, x in plan.items() if k != "idle"} == {
        k: x for k, x in own.items() if k != "idle"
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("[1, 2", "your file: seems to be a text, not a scenario"),
        ("title: x\npolicy: [1, 2", "your file:2: the [ here has no ]"),
        ("title: x\n", "city is missing"),
        ("title: x\ncity: ../../etc\n", "city: '../../etc' is not of the package"),
        ("title: x\nbased_on: ../secret\n", "based_on: '../secret' has a folder"),
        ("title: x\nbased_on: nothing\n", "no scenario 'nothing'"),
        ("title: x\ncity: rotterdam\npolicy: {mentor_projects: 2}\n", "your file:3: policy.mentor"),
        ("title: x\ncity: rotterdam\npolicy: {mentor_projects: .nan}\n", "allowed: 0 to 1"),
        ("title: x\ncity: rotterdam\npolicy: {trams: 1}\n", "trams"),
        (
            (
                "title: x\nbased_on: rotterdam-english-information\n"
                "policy: {dutch_practice: {add: 1}}\n"
                "changes: [{date: 2010-01, policy: {dutch_practice: {add: 1}}}]\n"
            ),
            "changed more than once",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text, says) -> None:
    with pytest.raises(InputError) as refused:
        read_given(text.encode(), FOLDER)
    assert says in "\n".join(refused.value.problems)
    assert str(ROOT) not in str(refused.value).replace(str(FOLDER), "")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00x", b"\x00" * 50, b"\x80\x81", b"title: " * 9000])
def test_bytes_that_are_no_text_are_refused(data) -> None:
    with pytest.raises(InputError):
        read_given(data, FOLDER)


def test_a_number_of_people_that_was_typed_in_is_certain(tmp_path) -> None:
    plan = Plan.start("rotterdam_2025", 100)
    usual = plan.scenario.stock
    assert plan.scenario.stock_spread != (0.0, 0.0)
    assert "population" not in read_given(plan.texts[PLAN].encode(), FOLDER)
    typed = moved(plan, {"move": "people", "what": "stock", "people": usual})
    assert typed.scenario.stock_spread == typed.baseline.stock_spread == (0.0, 0.0)
    for file, scenario in zip(
        write(typed, tmp_path), (typed.baseline, typed.scenario), strict=True
    ):
        assert xs.load(file) == scenario
        assert read_given(file.read_bytes(), FOLDER)["population"] == {"stock": usual}
