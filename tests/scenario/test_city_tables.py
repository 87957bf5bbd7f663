"""Answers of simulated respondents become the tables that the study's questions read."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import respondents as simulated
from expatsim.errors import InputError
from expatsim.population.donors import donors
from expatsim.population.margins import population_margins
from expatsim.scenario.city_file import add_folder
from expatsim.scenario.city_tables import write_tables
from expatsim.scenario.respondents import read_respondents
from expatsim.scenario.survey_file import read_survey
from expatsim.survey.background import BACKGROUND
from expatsim.survey.crosstabs import FEWEST, tabulate
from expatsim.survey.question import Persons
from expatsim.survey.questionnaire import ITEMS
from expatsim.survey.questions import QUESTIONS

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
# no item: a proxy of the network of five persons, and a question without printed answers
NOT_ASKED = {"two_dutch_friends", "more_expats_than_dutch"}
EVERY = BACKGROUND | QUESTIONS


@pytest.fixture
def people() -> Persons:
    """A hundred and fifty of the packaged people."""
    persons = donors("rotterdam")
    weight = persons["weight"] / persons["weight"].sum()
    some = np.random.default_rng(5).choice(len(weight), 150, p=weight)
    return simulated.chosen(persons, some)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "eindhoven"
    shutil.copytree(EINDHOVEN, target)
    (target / "survey.csv").unlink()
    return target


def answers(tmp_path: Path, people: Persons, **how: str) -> Path:
    return simulated.write(tmp_path / "answers.csv", simulated.rows(people), **how)


def test_every_question_of_the_study_is_asked() -> None:
    for name, question in QUESTIONS.items():
        if name in ITEMS and ITEMS[name].codes and name != "attractive":
            assert tuple(ITEMS[name].codes) == tuple(question.answers)
    assert len({item.wording for item in ITEMS.values()}) == len(ITEMS)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_tables_say_what_respondents_answered(
    tmp_path: Path, folder: Path, people: Persons, language: str
) -> None:
    """Every question finds in the city's tables the counts of its own code."""
    rows = simulated.rows(people, language)
    path = simulated.write(tmp_path / "answers.csv", rows, ";", "\ufeff")
    write_tables(folder, read_respondents(path), "here")
    city = add_folder(folder).name
    for name in set(EVERY) - NOT_ASKED:
        if name.startswith("met_"):  # asked of those who have friends
            continue
        question = EVERY[name]
        code = question.code(people)
        counts = np.bincount(code[code >= 0], minlength=len(question.answers))
        observed = question.observed(city)
        assert observed is not None or counts.sum() < 2 * FEWEST, name
        if observed is not None:
            assert observed.counts == pytest.approx(tuple(counts)), name
            assert observed.place == "here"
    assert len(population_margins(city, "survey")) > 15


def test_missing_answers_stay_missing(tmp_path: Path, folder: Path, people: Persons) -> None:
    rows = simulated.rows(people)
    for k, row in enumerate(rows):
        row["wish"] = ("", "no answer", "weet niet")[k % 3] if k < 30 else row["wish"]
    made = write_tables(folder, read_respondents(simulated.write(tmp_path / "a.csv", rows)), "x")
    assert made.made["T23 (wish to stay)"] == 120
    assert made.made["FN12 (wish by contract)"] == 120
    assert made.made["T22 (contract)"] == 150


def test_small_groups_are_withheld(tmp_path: Path, folder: Path, people: Persons) -> None:
    partners = np.flatnonzero(~people["head"])[:9]
    workers = np.flatnonzero(people["head"])[:60]
    some = simulated.chosen(people, np.concatenate([workers, partners]))
    made = write_tables(folder, read_respondents(answers(tmp_path, some)), "x")
    assert "S31 (voluntary work of partners)" in made.withheld
    assert "JOB (partners with a job)" in made.withheld
    variables = {row["variable"] for row in read_survey(folder / "survey.csv")[0]}
    assert not [
        v for v in variables if "partner" in v and v != "came as company posting (own or partner)"
    ]


def test_weights_count_as_many_as_they_tell(tmp_path: Path, folder: Path, people: Persons) -> None:
    rows = [
        {**row, "weight": "3,0" if k % 2 else "1"} for k, row in enumerate(simulated.rows(people))
    ]
    respondents = read_respondents(simulated.write(tmp_path / "a.csv", rows, ";"))
    assert respondents.effective == pytest.approx(150 * 4**2 / (2 * 10))
    write_tables(folder, respondents, "x")
    observed = QUESTIONS["wish"].observed(add_folder(folder).name)
    weight = np.where(np.arange(150) % 2, 3.0, 1.0)
    shares = np.bincount(people["wish"], weight, 3) / weight.sum()
    assert sum(observed.counts) == 120
    assert observed.counts == pytest.approx(120 * shares, abs=1)


def test_tables_are_replaced_only_if_asked(tmp_path: Path, folder: Path, people: Persons) -> None:
    shutil.copy(EINDHOVEN / "survey.csv", folder)
    before = (folder / "survey.csv").read_bytes()
    respondents = read_respondents(answers(tmp_path, people))
    with pytest.raises(InputError, match=r"has the tables ROL, SEX.*--replace"):
        write_tables(folder, respondents, "x")
    assert (folder / "survey.csv").read_bytes() == before
    write_tables(folder, respondents, "x", replace=True)
    tables = [row["table"] for row in read_survey(folder / "survey.csv")[0]]
    assert tables.count("ROL") == 2
    assert sorted(p.name for p in folder.iterdir()) == ["city.yaml", "survey.csv"]


def test_nothing_is_written_where_something_is_wrong(tmp_path: Path, folder, people) -> None:
    respondents = read_respondents(answers(tmp_path, people))
    with pytest.raises(InputError, match="--source"):
        write_tables(folder, respondents, "=1+1")
    with pytest.raises(InputError, match="no folder of a city"):
        write_tables(tmp_path, respondents, "x")
    assert sorted(p.name for p in folder.iterdir()) == ["city.yaml"]


@pytest.mark.parametrize("there", [False, True])
def test_a_link_out_of_the_folder_is_never_followed(
    tmp_path: Path, folder: Path, people: Persons, there: bool
) -> None:
    """A folder from somebody else has nothing read or written elsewhere."""
    elsewhere = tmp_path / "elsewhere.csv"
    if there:
        shutil.copy(EINDHOVEN / "survey.csv", elsewhere)
    before = elsewhere.read_bytes() if there else None
    (folder / "survey.csv").symlink_to(elsewhere)
    with pytest.raises(InputError, match=r"survey\.csv: a link out of the folder"):
        write_tables(folder, read_respondents(answers(tmp_path, people)), "x", replace=True)
    assert (elsewhere.read_bytes() if there else elsewhere.exists() or None) == before


def test_rows_are_those_that_cities_have(tmp_path: Path, folder: Path, people: Persons) -> None:
    write_tables(folder, read_respondents(answers(tmp_path, people)), "our survey")
    with (folder / "survey.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["place"] for row in rows} == {"our survey"}
    assert all(int(row["n"]) >= FEWEST for row in rows)


def test_nobody_answered() -> None:
    codes = {"role": np.zeros(0, int)}
    assert tabulate(codes, {}).made == {}
