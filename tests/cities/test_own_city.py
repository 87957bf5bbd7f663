"""A city that is not of the study: a folder of data, and nothing else."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import expatsim as xs
from expatsim import cities
from expatsim.analysis.decompose import decompose
from expatsim.errors import InputError
from expatsim.model.policy import policy_as_in_2009
from expatsim.population import donors as packaged
from expatsim.population.margins import population_margins
from expatsim.population.raking import Raking, bootstrap_shares
from expatsim.runs.prepare import prepare
from expatsim.scenario import Scenario, load
from expatsim.scenario.city_file import add_folder, read_city, read_content
from helpers import ROOT

TEMPLATE = Path(__file__).parent / "eindhoven"
SMALL = "years: 2\npopulation: {stock: 300, inflow: 120}\ndraws: 6\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of scenarios with a city beside them."""
    shutil.copytree(TEMPLATE, tmp_path / "cities" / "eindhoven")
    own = "title: Eindhoven as in 2009\ncity: ./cities/eindhoven\n"
    (tmp_path / "eindhoven.yaml").write_text(own + SMALL, encoding="utf-8")
    (tmp_path / "rotterdam.yaml").write_text(
        "title: Rotterdam as in 2009\ncity: rotterdam\n" + SMALL, encoding="utf-8"
    )
    return tmp_path


def test_packaged_folders_pass_the_same_check() -> None:
    for city in cities.cities():
        path = Path(cities.__file__).parent / city.name / cities.FILE
        assert read_content(path) == city.content
        assert city.of_the_study
        assert city.households > city.quick_households > 0
    assert [c.order for c in cities.cities()] == [1, 2]


def test_a_name_that_a_language_lacks_is_the_english_one() -> None:
    (hague,) = (c for c in cities.cities() if c.names["nl"] != c.label)
    assert hague.name_in("nl") == hague.names["nl"]
    assert hague.name_in("en") == hague.name_in("de") == hague.label


def test_it_has_its_own_numbers(folder: Path) -> None:
    scenario = load(folder / "eindhoven.yaml")
    assert scenario.city == scenario.policy_city == scenario.quality_city == "eindhoven"
    assert scenario.policy == policy_as_in_2009("eindhoven")
    assert scenario.central("desk_visibility")[0] == 0.5
    assert list(scenario.own_parameters) == [
        "eindhoven_desk_visibility",
        "eindhoven_dutch_practice",
    ]
    drawn = prepare(scenario, np.arange(40))
    level = drawn.parameters["eindhoven_desk_visibility"]
    assert 0.05 <= level.min() < 0.45 < 0.55 < level.max() <= 0.95
    assert np.array_equal(drawn.policy["desk_visibility"], np.broadcast_to(level, (24, 40)))
    # other parameters are those of any scenario
    other = prepare(load(folder / "rotterdam.yaml"), np.arange(40)).parameters
    assert set(drawn.parameters) - set(other) == set(scenario.own_parameters)
    assert all(np.array_equal(drawn.parameters[k], v) for k, v in other.items())


def test_its_people_meet_its_own_margins(folder: Path) -> None:
    load(folder / "eindhoven.yaml")
    for weights, count in (("survey", 3), ("national", 3)):
        margins = population_margins("eindhoven", weights)
        assert len([m for m in margins if not m.borrowed]) == count
        lent = {m.name: m for m in population_margins("rotterdam", weights)}
        for margin in margins:
            if margin.borrowed and margin.interval is None:
                assert margin.counts * 2.25 == pytest.approx(lent[margin.name].counts)
        persons = packaged.donors("eindhoven")
        assert persons is packaged.donors("rotterdam")
        shares = bootstrap_shares(margins, None)
        raked = Raking(persons, persons["weight"], margins).weights(shares)
        for margin, share in zip(margins, shares, strict=True):
            code = np.asarray(margin.code(persons), int)
            found = np.bincount(code + 1, raked, len(share) + 1)[1:]
            assert found / found.sum() == pytest.approx(share, abs=1e-6)


def test_it_runs_compares_and_reports(folder: Path) -> None:
    result = xs.compare([folder / "rotterdam.yaml", folder / "eindhoven.yaml"])
    assert set(result.summary()["scenario"]) == {"rotterdam", "eindhoven"}
    assert (result.effects()["scenario"] == "eindhoven").all()
    page = result.report()
    assert "Eindhoven" in page
    assert "Eindhoven was not in the study: its people are those of Rotterdam" in page
    assert "Eindhoven zat niet in het onderzoek" in result.report(lang="nl")
    result.save(folder / "stored")
    # another process knows the city by what was stored
    code = f"import expatsim as xs; print(len(xs.open_result({str(folder / 'stored')!r}).report()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10_000


def test_it_decomposes(folder: Path) -> None:
    found = decompose(folder / "rotterdam.yaml", folder / "eindhoven.yaml", draws=4)
    assert set(found["factor"]) == {"gap", "people", "policy", "city quality"}


def test_a_scenario_takes_its_city_along(folder: Path) -> None:
    scenario = load(folder / "eindhoven.yaml")
    again = pickle.loads(pickle.dumps(scenario))
    assert again.own_cities == scenario.own_cities
    said = json.loads(json.dumps(scenario.describe()))
    code = (
        "import json, sys; from expatsim.scenario import Scenario\n"
        "s = Scenario.from_description(json.load(sys.stdin))\n"
        "print(s.own_cities[0].label, s.central('desk_visibility')[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(said),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Eindhoven 0.5\n", done.stderr
    assert Scenario.from_description(said).own_cities == scenario.own_cities


def test_a_folder_that_changes_is_another_city(folder: Path) -> None:
    first = load(folder / "eindhoven.yaml")
    before = first.central("welcome_events")[0], cities.city("eindhoven")
    path = folder / "cities" / "eindhoven" / "city.yaml"
    path.write_text(path.read_text().replace("level: 8", "level: 9"), encoding="utf-8")
    assert load(folder / "eindhoven.yaml").central("welcome_events")[0] == 9
    assert cities.city("eindhoven") is not before[1]
    assert before[0] == 8


BROKEN = {
    "city.yaml": {
        ("donors: rotterdam", "donors: utrecht"): "5: donors: 'utrecht' is not one of rotterdam",
        ("percent: 5", "percent: 500"): "4: region.percent: 500 is out of range",
        (", source: invented}\ndonors", "}\ndonors"): "4: region: percent needs its source",
        (
            "level: 0.7",
            "level: 7",
        ): "english_information: 7 is out of range (allowed",
        ("  welcome_events:", "  welcome_evnts:"): "did you mean 'welcome_events'?",
        ("high: 0.95}", "high: 0.4}"): "desk_visibility: low, level and high must rise",
        ("spread: 0.5, low: 1,", "low: 1,"): "levels_2009.dutch_practice: a prior needs spread",
    },
    "survey.csv": {
        ("E-03,SEX", "E-03,SXE"): "survey.csv:4: no table 'SXE'",
        (",KM,40,", ",KM,many,"): "survey.csv:2: value: 'many' is not a number",
        ("nightlife,6.1,,,invented", "nightlife,6.1,,,"): "survey.csv:13: place is empty",
        ("rating 1-10,safety", "rating 1-10,danger"): "table T41 lacks the grade of safety",
        ("category,value", "category,values"): "survey.csv:1: lacks the columns value",
    },
}


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [(f, c, s) for f, cases in BROKEN.items() for c, s in cases.items()],
    ids=lambda x: x[1] if isinstance(x, tuple) else None,
)
def test_what_is_wrong_is_said(folder: Path, file: str, change: tuple[str, str], said: str) -> None:
    path = folder / "cities" / "eindhoven" / file
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder / "eindhoven.yaml")
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_name_of_the_study_is_taken(folder: Path) -> None:
    shutil.copytree(TEMPLATE, folder / "den_haag")
    with pytest.raises(InputError, match="is a city of the study; give yours another name"):
        add_folder(folder / "den_haag")


def test_no_folder(folder: Path) -> None:
    (folder / "x.yaml").write_text("title: t\ncity: ./cities/utrecht\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"x.yaml:2: city: no folder './cities/utrecht'"):
        load(folder / "x.yaml")


def test_what_is_read_is_what_is_there() -> None:
    city = read_city(TEMPLATE)
    assert len(city.content["survey"]) == 21
    assert not city.of_the_study
