"""A rule in a file of its own: read, known by its text, told, and never run unasked."""

from __future__ import annotations

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import expatsim as xs
import own_process
from expatsim.cli.commands import app
from expatsim.scenario import own_rules
from expatsim.scenario.rule_file import levers_of, text_of
from expatsim.scenario.schema import json_schema
from helpers import ROOT

LESSONS = (
    Path(own_process.__file__)
    .read_text(encoding="utf-8")
    .replace("PLACE = 45", 'AFTER = "language"')
)
SCENARIO = "title: Small\ncity: rotterdam\nyears: 2\npopulation: {stock: 100, inflow: 60}\n"
PLAN = f"""{SCENARIO}policy: {{lessons_offered: 0.3}}
changes:
  - {{date: 2010-07, policy: {{lessons_offered: {{add: 0.2}}}}}}
costs: {{lessons_offered: {{per_unit: 5000}}}}
"""


@pytest.fixture
def rule(tmp_path) -> Path:
    return written(tmp_path / "lessons.py", LESSONS)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def invoke(*words: object) -> tuple[int, str]:
    """Exit code of a command, and what it says or the problems that it ends with."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, xs.InputError):
        return 2, "\n".join(done.exception.problems)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_scenario_file_moves_its_lever(rule, tmp_path) -> None:
    """The numbers are those of the same module, added in Python."""
    plan = xs.load(written(tmp_path / "plan.yaml", PLAN), rules=[rule])
    assert [level.value for _, level in plan.policy["lessons_offered"].steps] == [0.3, 0.5]
    assert plan.costs == {"lessons_offered": {"per_unit": 5000.0}}
    assert plan.title == "Small, with lessons"
    base = xs.load(written(tmp_path / "base.yaml", SCENARIO))
    same = base.with_rule(own_process, after="language").with_policy(
        "same", lessons_offered=plan.policy["lessons_offered"]
    )
    one, other = (xs.run(s, draws=2).dataset.isel(scenario=0) for s in (plan, same))
    for name in one.data_vars:
        assert (one[name] == other[name]).all(), name
    with pytest.raises(xs.InputError, match=r"plan.yaml:5: unknown key 'policy.lessons_offered'"):
        xs.load(tmp_path / "plan.yaml")
    bad = written(tmp_path / "bad.yaml", PLAN.replace("0.3", "3").replace("per_unit", "per_unt"))
    with pytest.raises(xs.InputError) as told:
        xs.load(bad, rules=[rule])
    assert [p.removeprefix(f"{bad}:") for p in told.value.problems] == [
        "5: policy.lessons_offered: 3 is out of range (allowed: 0 to 1, share); 3 % is 0.03",
        "8: unknown key 'costs.lessons_offered.per_unt'; did you mean 'per_unit'?",
    ]


def test_one_text_is_one_rule(rule, tmp_path) -> None:
    """Here and in other processes: the compiled loop has it as its key."""
    one = xs.load({"title": "s", "based_on": "rotterdam"}, rules=[rule])
    found = dict(one.rules)["lessons"]
    (tmp_path / "there").mkdir()
    assert xs.read_rule(written(tmp_path / "there" / "lessons.py", LESSONS)) is found
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert dict(again.rules)["lessons"] is found
        assert again == one
        assert hash(again) == hash(one)
    other = xs.read_rule(written(rule, LESSONS + "# another text\n"))
    assert other is not found
    assert xs.load({"title": "s", "based_on": "rotterdam"}, rules=[other]) != one
    assert text_of(found) == LESSONS  # what is on the disk now is another


def test_another_process_gets_its_text_and_no_path(rule, tmp_path) -> None:
    scenario = xs.load({"title": "s", "based_on": "rotterdam"}, rules=[rule])
    (tmp_path / "job").write_bytes(pickle.dumps(scenario))
    rule.unlink()
    code = (
        "import pickle, sys\n"
        "data = open('job', 'rb').read()\n"
        "one, other = pickle.loads(data), pickle.loads(data)\n"
        "assert one.rules == other.rules\n"
        "print(sorted(one.own_parameters), one.levers['lessons_offered'].high)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "PYTHONHASHSEED": "0"})  # fmt: skip
    assert done.stdout == "['lesson_climate', 'lesson_effect', 'lesson_reach'] 1\n", done.stderr
    assert str(tmp_path).encode() not in pickle.dumps(scenario.own_rules)


def test_a_result_keeps_it_and_runs_it_only_if_it_was_read(rule, tmp_path, monkeypatch) -> None:
    code, said = invoke("run", written(tmp_path / "plan.yaml", PLAN), "--rule", rule, "--draws",
                        "2", "--out", tmp_path / "r")  # fmt: skip
    assert code == 0, said
    assert "not of expatsim, and never calibrated: rule lessons" in said
    stored = xs.open_result(tmp_path / "r")
    description = stored.provenance["scenarios"][0]["own_rules"]["lessons"]
    assert (description["place"], description["source"]) == ("lessons.py", LESSONS)
    assert any("rule lessons" in line for line in stored.provenance["warnings"]["plan"])
    assert str(tmp_path) not in str(description)
    for lang, words in (("en", "is not of expatsim"), ("nl", "niet van expatsim is")):
        assert words in stored.report(lang)
        assert words in stored.sheet(lang)
    (scenario,) = stored.scenarios
    assert dict(scenario.rules)["lessons"] is xs.read_rule(rule)
    monkeypatch.setattr("expatsim.scenario.rule_file._known", {})  # as in a new process
    with pytest.raises(xs.InputError, match=r"can be shown, but not run: read lessons.py first"):
        _ = scenario.rules
    assert own_rules.name_of(scenario.own_rules[0][1]) == "lessons"


def test_a_sweep_varies_its_numbers_and_knows_its_text(rule, tmp_path) -> None:
    written(tmp_path / "plan.yaml", PLAN)
    sweep = written(tmp_path / "s.yaml", "title: s\nscenario: plan\ndesign: latin\nsamples: 2\n"
                    "uncertainties: {vary: [lesson_reach]}\noutcomes: [wish]\nyears: 1\n"
                    "levers: {lessons_offered: [0, 1], lessons_offered_delay: [0, 6]}"
                    )  # fmt: skip
    code, said = invoke("sweep", sweep, "--rule", rule, "--out", tmp_path / "runs")
    assert code == 0, said
    store = xs.open_runs(tmp_path / "runs")
    assert store.status() == {"done": 2}
    assert list(store.settings["inputs"]) == [
        "lesson_reach", "lessons_offered", "lessons_offered_delay",
    ]  # fmt: skip
    assert any("rule lessons" in line for line in store.settings["notes"])
    written(rule, LESSONS.replace("a lesson teaches", "A lesson teaches"))
    code, said = invoke("sweep", sweep, "--rule", rule, "--out", tmp_path / "runs", "--resume")
    assert code == 2
    assert "is of another sweep: scenarios.0.own_rules.lessons.source: was" in said
    table = pd.DataFrame({"lesson_reach": [0.3], "lessons_offered": [0.5]})
    found = xs.evaluate(xs.load(tmp_path / "plan.yaml", rules=[rule]), table, outcomes=["wish"])
    assert len(found) == 1


FAULTS = {
    "x = (": "lessons.py: line 1: SyntaxError: '(' was never closed",
    "import nowhere_at_all": "lessons.py: line 1: ModuleNotFoundError: No module named "
    "'nowhere_at_all' (a rule is one file; it may import what is installed)",
    "y = 1\nx = 1 / 0": "lessons.py: line 2: ZeroDivisionError: division by zero",
    "raise SystemExit(3)": "lessons.py: line 1: SystemExit: 3",
    "x = 1": "lessons.py: is no rule: it lacks Rates, rates, step",
    "class Mine:\n    Rates = rates = step = None": "lessons.py: is no rule: it lacks Rates, "
    "rates, step; class Mine has them, but the file itself is the rule",
    LESSONS.replace("AFTER", "WHEN"): "lessons.py: say which process it follows in a month, such "
    'as AFTER = "friendship"',
    LESSONS.replace('AFTER = "language"', 'AFTER = "langage"'): "lessons.py: AFTER: no process "
    "'langage'; did you mean 'language'?",
    LESSONS.replace('"lessons", 0', '"dutch", 0'): "lessons.py: state 'dutch' is there already; "
    "choose another name",
    LESSONS.replace("low=0,", 'low="0",'): "lessons.py: lever lessons_offered: its range and level "
    "of 2009 are finite numbers, but low is '0'",
    LESSONS.replace('Indicator("took_lessons"', "Indicator(5"): "lessons.py: declares something "
    "impossible: AttributeError: 'int' object has no attribute 'isidentifier'",
}


@pytest.mark.parametrize("text", FAULTS, ids=lambda text: FAULTS[text][12:50])
def test_a_file_that_is_no_rule_is_told_in_one_line(text: str, rule) -> None:
    written(rule, text)
    code, said = invoke("run", "rotterdam", "--rule", rule)
    assert (code, said) == (2, f"{rule.parent}/{FAULTS[text]}")


RUNNING = {  # what is changed, and the line when it runs
    ("1 * a.people", "99 * a.people"): "state lessons: first values became 99 "
    "(allowed: whole numbers from 0 to 20)",
    ("1 * a.people", "1.5 * a.people"): "state lessons: first values became 1.5 "
    "(allowed: whole numbers from 0 to 20)",
    ("lesson=taken,", "lesson=takn,"): "rule lessons: rates: line {}: NameError: name 'takn' is "
    "not defined",
    ("    learns = ", "    if takes: pass\n    learns = "): "rule lessons: step: line {}: ",
    ("s.lessons >= 5", "s.lesons >= 5"): "indicator many_lessons: line {}: AttributeError: State "
    "has no field 'lesons'",
    ("+ takes.", "+ 30 * takes."): "rule lessons: in month 1 of the run, lessons became",
}


@pytest.mark.parametrize("change", RUNNING, ids=lambda change: change[1].strip())
def test_an_error_while_it_runs_is_told_in_one_line(change, rule, tmp_path) -> None:
    text = LESSONS.replace(*change)
    (line,) = [k for k, x in enumerate(text.splitlines(), 1) if change[1].splitlines()[0] in x]
    written(rule, text)
    plan = written(tmp_path / "plan.yaml", PLAN)
    code, said = invoke("run", plan, "--rule", rule, "--draws", "2", "--out", tmp_path / "r")
    assert code == 2
    assert re.match(re.escape(RUNNING[change].format(line)), said), said
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("my-rule.py", "a rule is a Python file with a plain name, such as my_rule.py"),
        ("rule.txt", "a rule is a Python file with a plain name, such as my_rule.py"),
        ("nowhere.py", "no such file"),
        ("wish.py", "there is a process 'wish' already; give the file another name"),
    ],
)
def test_names_of_files(name: str, told: str, tmp_path) -> None:
    if name != "nowhere.py":
        written(tmp_path / name, LESSONS)
    assert invoke("check", "rotterdam", "--rule", tmp_path / name) == (
        2,
        f"{tmp_path / name}: {told}",
    )


def test_check_and_schema_know_its_lever(rule, tmp_path) -> None:
    plan = written(tmp_path / "plan.yaml", PLAN)
    assert invoke("check", plan, "--rule", rule)[0] == 0
    code, said = invoke("schema", "--rule", rule)
    assert code == 0
    assert '"lessons_offered"' in said
    assert "lessons_offered" not in str(json_schema())
    assert [x.name for x in levers_of([rule])] == ["lessons_offered"]


def test_nothing_but_the_option_runs_code(tmp_path, monkeypatch) -> None:
    """A file of the name of a process beside a scenario, or in a city's folder, is never read."""
    written(tmp_path / "plan.yaml", SCENARIO + "rule: lessons.py\n")
    written(tmp_path / "lessons.py", "raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(xs.InputError, match="unknown key 'rule'"):
        xs.load("plan")
    description = xs.load({"title": "s", "based_on": "rotterdam"}).describe()
    said = {"after": "wish", "place": "lessons.py", "source": "raise SystemExit('run')"}
    stored = xs.Scenario.from_description({**description, "own_rules": {"lessons": said}})
    with pytest.raises(xs.InputError, match="can be shown, but not run"):
        _ = stored.rules


def test_the_housing_of_notebook_5_is_a_rule() -> None:
    rule = xs.read_rule(ROOT / "notebooks" / "housing.py")
    found = xs.load({"title": "s", "based_on": "rotterdam"}, rules=[rule])
    assert list(found.own_parameters) == ["home_found", "home_help", "home_wish"]
