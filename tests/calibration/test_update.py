"""Answers from a known truth move the posterior towards it; without answers nothing moves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import respondents as simulated
from expatsim import posterior
from expatsim.calibration import history, study
from expatsim.calibration.likelihood import names
from expatsim.calibration.update import update
from expatsim.cities import City
from expatsim.model.chance import run_keys
from expatsim.model.parameters import registry
from expatsim.scenario.city_file import add_folder
from expatsim.scenario.city_tables import write_tables
from expatsim.scenario.respondents import read_respondents
from expatsim.survey.interview import interview, since, weights

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
LEVEL = "eindhoven_desk_visibility"  # its prior has the median 0.5
TRUTH = 0.9
DRAWS = 240
SMALL = {"households": 400, "replicates": 16}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """An invented city, asked where its desk is seen by nearly all."""
    folder = tmp_path_factory.mktemp("cities") / "eindhoven"
    shutil.copytree(EINDHOVEN, folder)
    name = add_folder(folder).name
    p = {k: np.array([np.median(v)]) for k, v in posterior.read_draws("posterior").items()}
    p |= {LEVEL: np.array([TRUTH]), "eindhoven_dutch_practice": np.array([12.0])}
    p["design_effect"] = np.array([1.01])
    setup, (adults,) = history.prepare_history(name, p, 3000, run_keys(77, 0)[None])
    month = study.INTERVIEWS[2]
    (state,) = history.follow(setup, [month])
    r = interview(setup.people, state, month)
    w = weights(r, name, p["second_year_recruitment"])
    some = np.random.default_rng(4).choice(len(w), 200, p=w)
    # what people are from the start, which no interview asks
    who = {k: getattr(adults, k)[r.slot] for k in ("female", "origin", "family")}
    who["posted"] = adults.people["posted"][r.slot]
    who["birth_month"] = since(adults.people["birth_month"][r.slot], month)
    rows = simulated.rows(simulated.chosen(r.persons | who, some), "nl")
    path = simulated.write(folder.parent / "answers.csv", rows, ";")
    write_tables(folder, read_respondents(path), "simulated", replace=True)
    return add_folder(folder)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Some draws of the shipped posterior."""
    path = tmp_path_factory.mktemp("draws") / "draws.csv"
    posterior.read_draws("posterior").iloc[:DRAWS].to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def found(city: City, source: str):
    return update(city, source=source, **SMALL)


def test_the_posterior_moves_to_the_truth(found, city: City) -> None:
    assert len(found.targets) >= 9
    before = np.sort(found.draws[LEVEL].to_numpy())
    prior = city.levels_2009["desk_visibility"].level
    low, middle, high = np.quantile(before, (0.05, 0.5, 0.95))
    assert abs(middle - TRUTH) < 0.6 * abs(prior - TRUTH)
    assert low < TRUTH < high + 0.05
    assert found.draws[names()].shape == (DRAWS, len(registry()))
    assert set(found.fit["target"]) == {t.name for t in found.targets}
