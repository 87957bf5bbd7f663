"""Every command that answers begins with a sentence, and what follows fits on a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.text import width
from sweep_files import files

SMALL = "based_on: {city}\nyears: 2\npopulation: {{stock: 200, inflow: 60}}\n"
BASE = "title: Base\n" + SMALL.format(city="rotterdam")
POLICY = (
    "policy: {mentor_projects: 0.4, dutch_practice: 15, english_information: 0.9, welcome_events: "
    "12, desk_visibility: 0.7, volunteer_information: 0.6, customer_friendliness: 1}\n"
)
COSTS = (
    "costs:\n  mentor_projects: {per_year: 50000, per_participant: 600}\n"
    "  dutch_practice: {per_participant: 400, up_to: 30}\n"
)
FILES = {
    "base": BASE,
    "much": "title: Everything that was recommended\n"
    + BASE[BASE.index("based") :]
    + POLICY
    + COSTS,
    "other": "title: The other city\n" + SMALL.format(city="den-haag"),
    "money": "title: Base, with costs\n" + BASE[BASE.index("based") :] + COSTS,
}
COMMANDS = [
    "run base --draws 2",
    "compare base much other --draws 2 --no-basis --out results/two",
    "decompose base other much --draws 2 --no-basis",
    "dose base english_information --draws 2 --no-basis",
    "timing base much --delay 0 --delay 1 --draws 2 --no-basis",
    "plan money --budget 3000000 --draws 2",
    "uncertainty base much --draws 4",
    "lives base much --years 2 --draws 2",
    "city show rotterdam",
]
LONG = [
    "decompose base much --by measure --draws 2 --no-basis",
    "power-scaling base much --draws 40",
    "tipping-points base much --draws 40",
    "tipping-points base much --by measure --draws 40",
    "information base much --draws 40",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("answers")
    for name, text in FILES.items():
        (made / f"{name}.yaml").write_text(text, encoding="utf-8")
    return made


def asked(folder: Path, monkeypatch, command: str) -> str:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 0, done.output
    return done.stdout


def answers_first(printed: str) -> None:
    lines = printed.rstrip("\n").split("\n")
    sentence = " ".join(lines[: lines.index("")])
    assert sentence.endswith("."), sentence
    assert sentence.count(" ") > 5, sentence
    assert sentence[0] in "“1234567890" or sentence[0].isupper(), sentence
    assert len(lines) <= 30, printed
    assert max(map(width, lines)) <= 80, printed


@pytest.mark.parametrize("command", COMMANDS)
def test_the_answer_comes_first(folder, monkeypatch, command) -> None:
    answers_first(asked(folder, monkeypatch, command))


@pytest.mark.slow
@pytest.mark.parametrize("command", LONG)
def test_the_answer_comes_first_in_those_that_take_long(folder, monkeypatch, command) -> None:
    answers_first(asked(folder, monkeypatch, command))


def test_a_sweep_says_what_matters(folder, monkeypatch) -> None:
    file = files(folder, "sobol")
    answers_first(asked(folder, monkeypatch, f"sweep {file.name}").rstrip() + "\n")
    answers_first(asked(folder, monkeypatch, "sensitivity results/sweep"))
