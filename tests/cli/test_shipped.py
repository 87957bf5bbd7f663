"""Shipped scenarios by name in commands: listed, taken where no file is, and what hides one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from expatsim.cli import commands
from expatsim.cli.options import Asked
from expatsim.errors import InputError
from expatsim.executors import may_start
from expatsim.inputs.names import names_in
from expatsim.scenario import load
from expatsim.shipped import SCENARIOS

OWN = "title: Mine\ncity: den_haag\n"


def run(*words: str) -> tuple[str, str]:
    """What a command prints, and what it warns of."""
    done = CliRunner().invoke(commands.app, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_shipped_scenario_is_listed() -> None:
    lines = run("scenarios")[0].splitlines()
    for name in names_in(SCENARIOS):
        (line,) = (x for x in lines if x.split()[:1] == [name])
        assert line.removeprefix(name).strip() == load(name).title


def test_a_file_comes_first_and_that_is_said() -> None:
    assert run("check", "rotterdam", "den-haag")[1] == ""
    Path("rotterdam.yaml").write_text(OWN)
    Path("mine.yaml").write_text("title: x\nbased_on: rotterdam\n")
    hides = "rotterdam.yaml: taken in place of the shipped scenario rotterdam\n"
    assert run("check", "rotterdam", "mine")[1] == hides
    assert load("rotterdam").title == "Mine"
    assert load("mine").city == "den_haag"
    # the same text hides nothing; a folder in the name says which file is meant
    Path("rotterdam.yaml").write_bytes((SCENARIOS / "rotterdam.yaml").read_bytes())
    assert run("check", "rotterdam", "mine")[1] == ""
    Path("plans").mkdir()
    Path("plans/rotterdam.yaml").write_text(OWN)
    assert run("check", "plans/rotterdam")[1] == ""


def test_a_folder_of_that_name_is_no_file() -> None:
    Path("rotterdam").mkdir()
    assert load("rotterdam").texts.keys() == {str(SCENARIOS / "rotterdam.yaml")}


def test_a_name_with_ending_or_folder_is_a_file() -> None:
    said = "no such file; a shipped scenario goes without folder and ending: rotterdam"
    for name in ("rotterdam.yaml", "scenarios/rotterdam", str(Path.cwd() / "rotterdam")):
        with pytest.raises(InputError, match=said):
            load(name)


def test_new_writes_what_check_takes() -> None:
    said = run("new", "my-plan", "--based-on", "rotterdam-2025")[0]
    assert said.startswith("my-plan.yaml: written")
    assert run("check", "my-plan")[0] == "1 file: no problems\n"
    assert load("my-plan").city == "rotterdam_2025"


def test_the_demo_is_of_shipped_scenarios(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(commands, "_project", lambda *given: asked.extend([*given, may_start()]))
    run("demo", "--draws", "7")
    assert [load(path).name for path in asked[0]] == list(commands.DEMO)
    questions, stored = asked[1:3]
    assert questions == Asked(7, None, None, ())
    assert (stored.out, stored.force) == (Path("results/demo"), True)
    assert asked[4].first_look == commands.FIRST_LOOK
    assert asked[5]  # a command may start processes,
    assert not may_start()  # whoever called it may not


@pytest.mark.parametrize(("draws", "looks"), [(6, 2), (2, 1)])
def test_a_first_look_comes_before_the_answer(
    draws: int,
    looks: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says of how many draws it is, and calls no range of few draws an interval."""
    monkeypatch.delenv("COLUMNS", raising=False)  # a sentence stays on its line
    files = []
    for name in ("rotterdam", "rotterdam-mentor-projects"):
        files.append(tmp_path / f"my-{name}.yaml")
        files[-1].write_text(f"based_on: {name}\ntitle: {name}\nyears: 2\n")
    stored = commands.Stored(tmp_path / "out", False, False, "en", "")
    told = commands.Told(0.005, True, False, first_look=2)
    commands._project(files, Asked(draws), stored, None, told)
    first, *rest = capsys.readouterr().out.splitlines()
    said = [line for line in (first, *rest) if line.startswith(("First look", "Compared with"))]
    assert len(said) == looks
    if looks == 2:
        assert first.startswith("First look, from 2 of 6 draws: Compared with")
        assert first.endswith("The answer follows.")
    assert all("most of these draws:" in line and "90 %" not in line for line in said)
    assert (tmp_path / "out" / "summary.csv").is_file()
