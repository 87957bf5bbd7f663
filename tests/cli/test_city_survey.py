"""The commands of a city's respondents, as users type them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import respondents as simulated
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.population.donors import donors

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
SECRET = "jan@example.org"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a city in ``cities`` and answers of sixty people."""
    shutil.copytree(EINDHOVEN, tmp_path / "cities" / "eindhoven")
    people = simulated.chosen(donors("rotterdam"), np.arange(60))
    simulated.write(tmp_path / "answers.csv", simulated.rows(people, "nl"), ";")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words: str) -> str:
    done = CliRunner().invoke(app, ["city", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_questionnaire(place: Path) -> None:
    said = typed("questionnaire", "--language", "nl", "--out", "paper/asked.html")
    files = sorted(p.name for p in (place / "paper").iterdir())
    assert files == ["asked-answers.csv", "asked-codebook.csv", "asked.html"]
    assert all(name in said for name in files)
    assert 'lang="nl"' in (place / "paper" / "asked.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="already there"):
        typed("questionnaire", "--out", "paper/asked.html")
    typed("questionnaire", "--out", "paper/asked.html", "--force")
    with pytest.raises(InputError, match="ends in"):
        typed("questionnaire", "--out", "asked.txt")


def test_survey(place: Path) -> None:
    with pytest.raises(InputError, match="--replace"):
        typed("survey", "eindhoven", "answers.csv")
    said = typed("survey", "eindhoven", "answers.csv", "--replace", "--source", "asked in 2026")
    assert said.startswith("60 respondents\n")
    assert "T23 (wish to stay): 60 answers" in said
    assert "asked in 2026" in (place / "cities" / "eindhoven" / "survey.csv").read_text()
    with pytest.raises(InputError, match="no folder of a city here or in cities/"):
        typed("survey", "utrecht", "answers.csv")


def test_nothing_of_persons_is_written_anywhere(place: Path) -> None:
    answers = place / "answers.csv"
    first, rest = answers.read_text(encoding="utf-8").split("\n", 1)
    text = f"{first.strip()};mail\n" + rest.replace("\n", f";{SECRET}\n")
    answers.write_text(text, encoding="utf-8")
    before = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    with pytest.raises(InputError) as caught:
        typed("survey", "cities/eindhoven", "answers.csv", "--replace")
    assert SECRET not in str(caught.value)
    assert "column 35 looks like an e-mail address" in str(caught.value)
    assert {p: p.read_bytes() for p in place.rglob("*") if p.is_file()} == before
