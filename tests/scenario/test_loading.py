"""Scenario files: the shipped ones are valid, and everything wrong is said in one line."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from expatsim.errors import InputError
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.policy import policy_as_in_2009
from expatsim.scenario import check, json_schema, load
from expatsim.scenario.loading import load_text
from helpers import ROOT, SCENARIOS

FUZZ = Path(tempfile.mkdtemp()) / "fuzz.yaml"
GOOD = "title: t\ncity: rotterdam\n"


@pytest.fixture
def problems(tmp_path):
    """Problems of a text or of bytes, as a list of lines without the folder."""

    def of(content: str | bytes, name: str = "s.yaml") -> list[str]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [line.replace(f"{tmp_path}/", "") for line in check([path])]

    return of


def test_shipped_scenarios() -> None:
    names = {p.stem for p in SCENARIOS}
    assert names >= {
        "rotterdam",
        "den-haag",
        "rotterdam-english-information",
        "rotterdam-mentor-projects",
        "rotterdam-visible-desk",
        "rotterdam-all-recommendations",
        "rotterdam-with-den-haag-policy",
        "den-haag-with-rotterdam-policy",
        "economic-downturn",
    }
    assert check(SCENARIOS) == []
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in SCENARIOS:
        jsonschema.validate(YAML(typ="safe").load(path.read_text()), schema)


def test_a_city_is_its_2009_policy() -> None:
    for name, city in (("rotterdam", "rotterdam"), ("den-haag", "den_haag")):
        scenario = load(ROOT / "scenarios" / f"{name}.yaml")
        assert scenario.policy == policy_as_in_2009(city)
        assert {k: scenario.central(k)[0] for k in LEVERS} == policy_2009(city)
    swapped = load(ROOT / "scenarios" / "rotterdam-with-den-haag-policy.yaml")
    assert swapped.city == "rotterdam"
    assert swapped.policy == policy_as_in_2009("den_haag")


def test_all_recommendations_are_the_parts_together() -> None:
    whole = load(ROOT / "scenarios" / "rotterdam-all-recommendations.yaml").policy
    base = load(ROOT / "scenarios" / "rotterdam.yaml").policy
    for part in ("english-information", "mentor-projects", "visible-desk"):
        policy = load(ROOT / "scenarios" / f"rotterdam-{part}.yaml").policy
        changed = [k for k in policy if policy[k] != base[k]]
        assert changed
        for lever in changed:
            assert whole[lever] == policy[lever]


def test_changes_begin_in_their_month(tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        GOOD + "start: 2010-01\nyears: 3\nclimate: 0.5\nchanges:\n"
        "  - {date: 2010-07, policy: {nightlife: 1}}\n"
        "  - {date: 2011-01, climate: -1, inflow: 100}\n"
    )
    s = load(path)
    assert np.flatnonzero(s.central("nightlife")).tolist() == list(range(6, 36))
    assert s.climate[11] == 0.5
    assert s.climate[12] == -1
    assert s.inflow[12] == 100


BAD = {
    "unknown key": (GOOD + "yeers: 3\n", ["s.yaml:3: unknown key 'yeers'; did you mean 'years'?"]),
    "unknown lever": (
        GOOD + "policy:\n  mentor_project: 1\n",
        ["s.yaml:4: unknown key 'policy.mentor_project'; did you mean 'mentor_projects'?"],
    ),
    "duplicate key": (
        GOOD + "title: again\n",
        ["s.yaml:3: title is given twice (first on line 1)"],
    ),
    "wrong type": (
        GOOD + "years: ten\n",
        ["s.yaml:3: years: must be a whole number, not 'ten' (allowed: 1 to 30)"],
    ),
    "boolean for a number": (
        GOOD + "policy:\n  nightlife: true\n",
        ["s.yaml:4: policy.nightlife: must be a number, not True (allowed: -3 to 3, grade points)"],
    ),
    "out of range": (
        GOOD + "policy:\n  nightlife: 9\n",
        ["s.yaml:4: policy.nightlife: 9 is out of range (allowed: -3 to 3, grade points)"],
    ),
    "bad date": (
        GOOD + "changes:\n  - date: 2012-13\n",
        ["s.yaml:4: changes.1.date: '2012-13' is not a month; write year and month"],
    ),
    "full date": (
        GOOD + "start: 2012-01-01\n",
        ["s.yaml:3: start: '2012-01-01' is not a month; write year and month, such as 2010-01"],
    ),
    "unsorted dates": (
        GOOD + "changes:\n  - date: 2012-03\n  - date: 2011-03\n",
        ["s.yaml:5: changes: 2011-03 comes after 2012-03; put the earliest first"],
    ),
    "outside the horizon": (
        GOOD + "years: 2\nchanges:\n  - date: 2012-01\n",
        ["s.yaml:5: changes: 2012-01 is outside the projection, 2010-01 to 2011-12"],
    ),
    "unknown base": ("title: t\nbased_on: nobody\n", ["s.yaml:2: based_on: no scenario 'nobody'"]),
    "itself": ("title: t\nbased_on: s\n", ["s.yaml:2: based_on: goes in a circle: s -> s"]),
    "city and base": (
        GOOD + "based_on: s\n",
        ["s.yaml:3: give either city or based_on, not both"],
    ),
    "no city": (
        "title: t\n",
        ["s.yaml:1: city is missing: one of rotterdam, den_haag, rotterdam_2025"],
    ),
    "wrong city": (
        "title: t\ncity: roterdam\n",
        [
            (
                "s.yaml:2: city: 'roterdam' is not one of rotterdam, den_haag, rotterdam_2025, "
                "den_haag_2025; did you mean 'rotterdam'?"
            )
        ],
    ),
    "empty": ("", ["s.yaml: the file is empty"]),
    "only a comment": ("# nothing\n", ["s.yaml: the file is empty"]),
    "a list": ("- a\n- b\n", ["s.yaml:1: a scenario is a list of `key: value` lines"]),
    "binary": (b"\x89PNG\r\n\0\0", ["s.yaml: a picture, not a text file"]),
    "not UTF-8": (b"title: caf\xe9\n", ["s.yaml: not UTF-8 text (first seen on line 1)"]),
    "not YAML": ("title: [\n", ["s.yaml:1: the [ here has no ]"]),
    "a tab": ("title: t\n\tcity: rotterdam\n", ["s.yaml:2: indent with spaces, not tabs"]),
    "alias bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        ["s.yaml:1: anchors and aliases (& and *) are not allowed"],
    ),
    "a billion agents": (
        GOOD + "population:\n  stock: 1000000000\n",
        ["s.yaml:4: population.stock: 1000000000 is out of range (allowed: 1 to 1,000,000)"],
    ),
    "too many in all": (
        GOOD + "population:\n  inflow: 900000\n",
        ["s.yaml:3: population: about"],
    ),
    "not a number": (
        GOOD + "climate: .nan\n",
        ["s.yaml:3: climate: nan is not a finite number (allowed: -3 to 3)"],
    ),
    "infinity": (
        GOOD + "population:\n  inflow: .inf\n",
        ["s.yaml:4: population.inflow: inf is not a finite number (allowed: 0 to 1,000,000)"],
    ),
    "a python object": (
        GOOD + "author: !!python/object:os.system x\n",
        ["s.yaml:3: tag"],
    ),
    "cost key": (
        GOOD + "costs:\n  nightlife:\n    per_yaer: 3\n",
        ["s.yaml:5: unknown key 'costs.nightlife.per_yaer'; did you mean 'per_year'?"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_one_clear_line(case: str, problems) -> None:
    content, expected = BAD[case]
    found = problems(content)
    for line in expected:
        assert any(f.startswith(line) for f in found), found
    assert all("\n" not in f and len(f) < 300 for f in found)
    if case != "alias bomb":
        assert len(found) == len(expected), found


def test_all_errors_at_once(problems) -> None:
    found = problems("titel: x\ncity: rotterdam\nyears: 0\npolicy: {nightlife: 9, nite: 1}\n")
    assert [f.split(":")[1] for f in found] == ["1", "1", "3", "4", "4"]


def test_missing_file(tmp_path) -> None:
    (tmp_path / "rotterdam.yaml").write_text(GOOD)
    assert "did you mean 'rotterdam.yaml'" in check([tmp_path / "roterdam.yaml"])[0]
    assert check([tmp_path]) == [f"{tmp_path}: a folder, not a file"]


def test_circle_of_two(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text("title: a\nbased_on: b\n")
    (tmp_path / "b.yaml").write_text("title: b\nbased_on: a\n")
    assert "goes in a circle: a -> b -> a" in check([tmp_path / "a.yaml"])[0]


def test_error_in_the_base_names_the_base(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text("title: a\nbased_on: b\n")
    (tmp_path / "b.yaml").write_text("title: b\ncity: utrecht\n")
    assert check([tmp_path / "a.yaml"])[0].startswith(f"{tmp_path}/b.yaml:2: city: 'utrecht'")


def test_huge_file(tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: t\n" + "# x\n" * 300_000)
    assert "at most 1,000,000" in check([path])[0]


def test_deeply_nested(problems) -> None:
    assert "nested too deeply" in problems("title: " + "[" * 5000 + "]" * 5000)[0]


def refused(path: Path) -> InputError | None:
    """The error with which a file is refused; any other exception fails the test."""
    try:
        load(path)
    except InputError as error:
        return error
    return None


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    FUZZ.write_text(text, encoding="utf-8", errors="replace", newline="")
    refusal = refused(FUZZ)
    assert refusal is None or refusal.problems


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from([*json_schema()["properties"], "x"]), VALUES, min_size=1, max_size=6
    )
)
def test_no_value_breaks_the_reader(content: dict) -> None:
    FUZZ.write_text(json.dumps(content), encoding="utf-8")
    refusal = refused(FUZZ)
    assert refusal is None or all(line.startswith(str(FUZZ)) for line in refusal.problems)


@given(st.sampled_from(sorted(LEVERS)), st.floats(allow_nan=False, allow_infinity=False))
def test_levers_in_range_and_only_those(lever: str, value: float) -> None:
    path = FUZZ
    path.write_text(GOOD + f"policy: {{{lever}: {value!r}}}\n")
    inside = LEVERS[lever].low <= value <= LEVERS[lever].high
    assert (check([path]) == []) == inside


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda x: x.stem)
def test_a_text_is_the_scenario_of_its_file(path) -> None:
    """Also where no such file exists: what it is based on is found beside its name."""
    data = path.read_bytes()
    assert load_text(data, path) == load(path)
    assert load_text(data, path.with_name("unwritten.yaml")).policy == load(path).policy
    with pytest.raises(InputError, match=r"unwritten\.yaml:\d+: "):
        load_text(data + b"trams: 1\n", path.with_name("unwritten.yaml"))


HEAD = "title: t\ncity: rotterdam\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("policy:\n  english_information: {add: 20%}\n", "20 % is 0.2"),
        ("policy:\n  english_information: as in 2010\n", "write `as in 2009`, or a number"),
        ("policy:\n  english_information: zoals in 2009\n", "write `as in 2009`, or a number"),
        ("climate: −1\n", "write -1"),
        ("climate: –0,5\n", "write -0.5"),
        (
            "changes:\n- {date: 2011-01, climate: -1}\n- {date: 2011-01, climate: -2}\n",
            "5: changes: climate is set twice for 2011-01; leave one of them out",
        ),
        (
            "changes: [{date: 2011-01, inflow: 90}, {date: 2011-01, inflow: 60}]\n",
            "3: changes: inflow is set twice for 2011-01; leave one of them out",
        ),
    ],
)
def test_a_mistake_says_what_to_write_instead(tmp_path, text, says) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(path)
    assert says in str(error.value)


def test_two_changes_of_a_month_may_add(tmp_path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"{HEAD}changes:\n- {{date: 2011-01, climate: -1, policy: {{dutch_practice: 6}}}}\n"
        "- {date: 2011-01, policy: {dutch_practice: {add: 1}, nightlife: 0.2}}\n"
    )
    assert load(path).central("dutch_practice")[12] == 7


def test_a_base_with_backslashes_is_told_how_folders_end(tmp_path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("title: t\nbased_on: plans\\xyzzy\n")
    with pytest.raises(InputError, match="folders end with /, 'plans/xyzzy'"):
        load(path)
