"""Files of sweeps and of calibrations: what is wrong in them is told as of a scenario."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expatsim.calibration.settings import Settings, load_settings
from expatsim.errors import InputError
from expatsim.model.levers import LEVERS
from expatsim.scenario import load
from expatsim.scenario.schema import Change, Cost, Population, ScenarioFile
from expatsim.sweeps import load_sweep
from expatsim.sweeps.settings import SweepFile, Uncertainties, json_schema
from helpers import ROOT
from sweep_files import file

FOLDER = Path(tempfile.mkdtemp())


SCENARIO = "title: t\ncity: rotterdam\nyears: 1\npopulation: {stock: 200, inflow: 60}\n"


SWEEP = "title: s\nscenario: base\n"


VARIES = "levers: {nightlife: [0, 1]}\n"


def told(reader: Any, path: Path, text: str) -> list[str]:
    """Problems of a file, without its name."""
    path.write_text(text, encoding="utf-8")
    try:
        reader(path)
    except InputError as error:
        return [line.removeprefix(f"{path}:") for line in error.problems]
    return []


@pytest.fixture
def problems(tmp_path):
    """Problems of a sweep, of which the first two lines are there."""

    def of(text: str, base: str = SCENARIO) -> list[str]:
        (tmp_path / "base.yaml").write_text(base)
        return told(load_sweep, tmp_path / "sweep.yaml", SWEEP + text)

    return of


ONE_LINE = {
    "uncertainties: {vary: leave_choice}": "3: uncertainties.vary: write a list, [leave_choice]",
    "uncertainties: {vary: al}": "3: uncertainties.vary: did you mean 'all'?",
    "uncertainties: {vary: {a: b}}": (
        "3: uncertainties.vary: write all, none, or a list of names of parameters, not a group"
    ),
    "uncertainties: {vary: [5]}": (
        "3: uncertainties.vary: write all, none, or a list of names of parameters, not 5"
    ),
    f"uncertainties: {{vary: [{'a' * 120}]}}": (
        "3: uncertainties.vary: write all, none, or a list of names of parameters, not 'aaa"
    ),
    "levers: {english_information: [0.3]}": (
        "3: levers.english_information: give two values, such as [0.3, 1.0]"
    ),
    "levers: {english_information: []}": (
        "3: levers.english_information: give two values, such as [0.3, 1.0]"
    ),
    "levers: {english_information: 0.3}": (
        "3: levers.english_information: give two values, such as [0.3, 1.0], not 0.3"
    ),
    "levers: {english_information: [0,3, 1,0]}": (
        "3: levers.english_information: give two values, such as [0.3, 1.0]; decimals have a point"
    ),
    "levers:\n  english_information:": (
        "4: levers.english_information is empty; give two values, such as [0.3, 1.0]"
    ),
    "uncertainties: {ranges: {leave_choice: [30%, 0.4]}}": (
        "3: uncertainties.ranges.leave_choice.1: must be a number, not '30%' (allowed: "
        "0.0005 to 0.04, probability per month); 30 % is 0.3"
    ),
    "uncertainties: {ranges: {start: [2010, 2010.01]}}": (
        "3: ranges.start: 2010 to 2010.01 is a single month (year; 2012.5 is July 2012)"
    ),
    "uncertainties: {ranges: {start: [2010, 2012-06]}}": (
        "3: uncertainties.ranges.start.2: must be a number, not '2012-06' (allowed: 1900 to 2100, "
        "year; 2012.5 is July 2012)"
    ),
    "levers: {delay: [0.2, 0.8]}": "3: levers.delay: must be whole months, not 0.2 to 0.8",
    "levers: {nightlife_delays: [0, 6]}": (
        "3: levers: no delay 'nightlife_delays'; did you mean 'nightlife_delay'?"
    ),
    "levers: {climate: [-1, 0]}": (
        "3: levers: 'climate' is no lever; it belongs under uncertainties, in ranges"
    ),
    "uncertainties: {ranges: {delay: [0, 6]}}": (
        "3: ranges: 'delay' is no parameter; it belongs under levers"
    ),
    "uncertainties: {vary: [nightlife]}": (
        "3: vary: 'nightlife' is no parameter; give it a range in levers"
    ),
    "uncertainties: {ranges: {inflow: [-1, 5]}}": (
        "3: ranges.inflow: -1 to 5 is out of range (allowed: two rising values within "
        "0 to 1,000,000, workers who arrive in a year)"
    ),
    "levers: nightlife: [0, 1]": (
        "3: levers: what belongs to it stands indented on the lines below, `nightlife: [0, 1]`"
    ),
    "outcomes: stock_1": "3: outcomes: must be a list, each entry beginning with `-`, not "
    "'stock_1'; write [stock_1]",
    "levers: {housing: [0, 1]}": "3: levers: no lever 'housing'; did you mean 'housing_supply'?",
    "levers: {rent: [0, 1]}": "3: levers: rents and other housing costs are not in the model (",
    "levers: {engels: [0, 1]}": (
        "3: levers: no lever 'engels'; did you mean 'english_information'?"
    ),
    "knoppen: {nightlife: [0, 1]}": "3: unknown key 'knoppen'; did you mean 'levers'?",
    "maatregelen: {nightlife: [0, 1]}": "3: unknown key 'maatregelen'; did you mean 'levers'?",
    "mensen: 0.5": "3: unknown key 'mensen'; did you mean 'people'?",
    "uncertainties: {bron: prior}": "3: unknown key 'uncertainties.bron'; did you mean 'source'?",
    "people:\nlevers: {nightlife: [0, 1]}": "3: people is empty (allowed: more than 0, to 10)",
}


@pytest.mark.parametrize("text", ONE_LINE)
def test_one_clear_line_about_a_sweep(text: str, problems) -> None:
    (line,) = problems(text + "\n")
    assert line.startswith(ONE_LINE[text]), line


def test_a_sweep_stays_within_the_limit_on_people(problems) -> None:
    large = SCENARIO.replace("200", "1_000_000").replace("60", "300_000")
    assert problems("people: 0.1\n" + VARIES, large) == []
    (line,) = problems(VARIES + "people: 10\n", large)
    assert line.startswith("4: people: about 2")
    assert line.endswith("people in all, with all dated changes; at most 5,000,000")


@pytest.mark.parametrize("group", ["levers", "outcomes", "uncertainties"])
def test_an_empty_group_of_a_sweep_says_nothing(group: str, problems) -> None:
    (line,) = problems(f"{group}:\n")
    assert line.startswith("1: nothing varies")
    other = VARIES if group != "levers" else "uncertainties: {vary: [leave_choice]}\n"
    assert problems(f"{group}:\n{other}") == []
    assert problems(f"uncertainties:\n  vary:\n  ranges:\n{VARIES}") == []


def test_an_empty_group_of_a_calibration_says_nothing(tmp_path) -> None:
    path = tmp_path / "c.yaml"
    assert told(load_settings, path, "households:\nwithout:\nseed: 3\n") == []
    assert load_settings(path) == Settings(seed=3)
    assert told(load_settings, path, "households:\n  rotterdam:\n") == [
        "2: households.rotterdam is empty (allowed: 200 to 100,000)"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stappen: 100", "1: unknown key 'stappen'; did you mean 'steps'?"),
        ("ketens: 4", "1: unknown key 'ketens'; did you mean 'walkers'?"),
        ("households: {the_hague: 500}", "did you mean 'den_haag'?"),
        ("title: ' '", "1: title: must not be empty"),
    ],
)
def test_one_clear_line_about_a_calibration(text: str, line: str, tmp_path) -> None:
    (said,) = told(load_settings, tmp_path / "c.yaml", text + "\n")
    assert line in said


KINDS: dict[str, tuple[Any, dict[str, Any], list[tuple[Any, ...]]]] = {
    "scenario": (
        load,
        {"title": "t", "city": "rotterdam"},
        [
            *((key,) for key in ScenarioFile.model_fields),
            *(("policy", lever) for lever in LEVERS),
            *(("costs", lever) for lever in LEVERS),
            *(("costs", "nightlife", key) for key in Cost.model_fields),
            *(("population", key) for key in Population.model_fields),
            *(("changes", key) for key in Change.model_fields),
            ("policy", "mentor_projects", "people_a_year"),
        ],
    ),
    "sweep": (
        load_sweep,
        {"title": "t", "scenario": "base"},
        [
            *((key,) for key in SweepFile.model_fields),
            *(("uncertainties", key) for key in Uncertainties.model_fields),
            *(("uncertainties", "ranges", name) for name in ("leave_choice", "x")),
            *(("levers", name) for name in ("nightlife", "x")),
        ],
    ),
    "calibration": (
        load_settings,
        {"title": "t"},
        [
            *((key,) for key in Settings.model_fields),
            *(("households", city) for city in ("rotterdam", "den_haag")),
        ],
    ),
}


SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("ab ", max_size=6),
    st.text("ab", min_size=250, max_size=250),
)  # fmt: skip


WRONG = st.recursive(
    SIMPLE,
    lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text("ab", max_size=3), x, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_no_message_is_in_the_words_of_a_library(data: st.DataObject) -> None:
    reader, content, places = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    place, wrong = data.draw(st.sampled_from(places)), data.draw(WRONG)
    said: Any = wrong
    for key in reversed(place[1:]):
        said = {key: said}
    if place[0] == "changes" and len(place) > 1:
        said = [{"date": "2012-01", **said}]
    (FOLDER / "base.yaml").write_text(SCENARIO)
    found = told(reader, FOLDER / "file.yaml", json.dumps({**content, place[0]: said}))
    for line in found:
        words = ("should", "Input", "literal[", "constrained", "validation", "Value error", "None")
        assert not any(word in line for word in words), line
        assert len(line) < 400


def test_mistakes_are_named_with_their_lines(tmp_path) -> None:
    path = file(
        tmp_path,
        "sobol",
        6,
        **{"wish_welcome": "wish_wellcome", "0.3, 1.0": "0.3, 7", "newcomers_1": "newcomers_5"},
    )
    with pytest.raises(InputError) as error:
        load_sweep(path)
    said = "\n".join(error.value.problems)
    assert "small.yaml:6: vary: no parameter 'wish_wellcome'; did you mean 'wish_welcome'?" in said
    assert "levers.english_information: 0.3 to 7 is out of range" in said
    assert "small.yaml:13: outcomes: no outcome 'newcomers_5'" in said
    assert "samples: 6 is not a power of two (sobol)" in said
    path.write_text("title: x\nscenario: nowhere\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"scenario: .*no such file"):
        load_sweep(path)
    huge = file(tmp_path, "grid", 2000)
    with pytest.raises(InputError, match="8,000,000,000 runs in all"):
        load_sweep(huge)


def test_shipped_sweeps_and_their_schema() -> None:
    for path in (ROOT / "sweeps").glob("*.yaml"):
        assert load_sweep(path).inputs
    schema = json.loads((ROOT / "sweeps" / "sweep.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()
