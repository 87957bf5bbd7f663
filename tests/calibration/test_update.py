"""Answers from a known truth move the posterior towards it; without answers nothing moves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import respondents as simulated
from expatsim import posterior
from expatsim.calibration import history, study
from expatsim.calibration import update as update_module
from expatsim.calibration.likelihood import names
from expatsim.calibration.update import drawn_again, scores, smoothed_weights, update, write_update
from expatsim.cities import City
from expatsim.errors import InputError
from expatsim.model.chance import run_keys
from expatsim.model.parameters import registry
from expatsim.posterior.record import calibration_of
from expatsim.projections import load_all
from expatsim.runs.prepare import prepare
from expatsim.runs.provenance import manifest
from expatsim.scenario.city_file import add_folder
from expatsim.scenario.city_tables import write_tables
from expatsim.scenario.respondents import read_respondents
from expatsim.survey.interview import interview, since, weights

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
LEVEL = "eindhoven_desk_visibility"  # its prior has the median 0.5
TRUTH = 0.7
RESPONDENTS = 60
DRAWS = 1000


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
    some = np.random.default_rng(4).choice(len(w), RESPONDENTS, p=w)
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
    """As users get it, from fewer draws."""
    return update(city, source=source, draws=DRAWS)


@pytest.mark.slow
@pytest.mark.xfail(
    reason="not shown yet: with one proposal of 200 draws the median stayed at 0.50; with a truth "
    "of 0.9 and 300 draws, ten of them effective, it moved to 0.71 (90 % interval 0.59 to 0.80)",
    strict=False,
)
def test_the_posterior_moves_to_the_truth(found, city: City) -> None:
    """The city's desk is seen by more than was thought before, and its interval holds the truth."""
    assert len(found.targets) >= 9
    assert {t.name for t in found.targets} == set(found.fit["target"])
    assert list(found.draws) == [*names(), LEVEL, "eindhoven_dutch_practice"]
    assert found.doubt() is None
    before = city.levels_2009["desk_visibility"].level
    low, middle, high = np.quantile(found.draws[LEVEL], (0.05, 0.5, 0.95))
    assert before + 0.05 < middle
    assert low < TRUTH < high


def test_written_draws_are_used_by_scenarios_of_the_city(tmp_path: Path, city: City) -> None:
    """Levels of the city are taken from the draws; other scenarios do not see them."""
    draws = posterior.read_draws("posterior").iloc[:50]
    draws = draws.assign(**{LEVEL: np.linspace(0.6, 0.9, 50)}).astype(np.float32)
    weights = np.full(50, 0.02)
    found = update_module.Update(draws, weights, 0.1, 150.0, (), pd.DataFrame(columns=["target"]))
    write_update(found, tmp_path / "updated", city, str(write(tmp_path, draws)))
    file = tmp_path / "updated" / "posterior.parquet"
    record = calibration_of(str(file))
    assert record is not None
    assert record.ratios.keys() == registry().keys()
    said = json.loads((tmp_path / "updated" / "posterior.json").read_text(encoding="utf-8"))
    assert said["diagnostics"]["effective draws"] == 150
    shutil.copytree(EINDHOVEN, tmp_path / "eindhoven")
    (tmp_path / "s.yaml").write_text("title: t\ncity: ./eindhoven\n", encoding="utf-8")
    (scenario,) = load_all([tmp_path / "s.yaml"], parameters=str(file))
    values = prepare(scenario, np.arange(50)).parameters
    assert np.sort(values[LEVEL]) == pytest.approx(np.linspace(0.6, 0.9, 50), abs=1e-6)
    order = np.argsort(values[LEVEL])
    assert values["renewal"][order] == pytest.approx(draws["renewal"].to_numpy(), rel=1e-5)
    told = manifest([scenario])
    assert told["from_prior"] == ["eindhoven_dutch_practice"]
    assert set(posterior.sample(str(file), 1, np.arange(3))) == set(registry())


def write(folder: Path, draws: pd.DataFrame) -> Path:
    path = folder / "before.csv"
    draws.to_csv(path, index=False)
    return path


def test_an_update_in_doubt_is_not_written(tmp_path: Path, city: City) -> None:
    frame = posterior.read_draws("posterior")
    few = update_module.Update(frame, np.full(4, 0.25), 0.9, 4.0, (), pd.DataFrame())
    with pytest.raises(InputError, match=r"4 effective draws.*Pareto k 0\.90") as caught:
        write_update(few, tmp_path / "x", city)
    assert "calibrate in full" in caught.value.problems[1]
    assert not (tmp_path / "x").exists()


def test_weights_that_cannot_be_trusted_say_so() -> None:
    rng = np.random.default_rng(2)
    even, good = smoothed_weights(0.3 * rng.standard_normal(1000))
    assert good < 0.5
    assert 1 / (even**2).sum() > 800
    assert smoothed_weights(10 * rng.standard_normal(1000))[1] > update_module.WORST_K


def test_draws_come_again_by_their_weights() -> None:
    weights = np.random.default_rng(3).dirichlet(np.full(200, 0.3))
    times = np.bincount(drawn_again(weights, 1), minlength=200)
    assert (np.abs(times - 200 * weights) < 1).all()


def test_scores_are_those_of_the_prior() -> None:
    z = np.linspace(-3, 3, 41)
    for p in registry().values():
        assert scores(p, p.quantile(ndtr(z))) == pytest.approx(z, abs=0.02)


def test_what_draws_do_not_tell_keeps_its_prior() -> None:
    z = np.random.default_rng(1).standard_normal((1000, 60))
    z[:, 3] = 0.4 * z[:, 3] + 1
    z[:, 7] = 0.8 * z[:, 8] + 0.6 * z[:, 7]
    normal = update_module.as_normal(z)
    covariance = normal.root @ normal.root.T
    others = np.delete(np.arange(60), (3, 7, 8))
    assert normal.mean[3] == pytest.approx(1, abs=0.05)
    assert covariance[3, 3] == pytest.approx(0.16, abs=0.03)
    assert covariance[7, 8] == pytest.approx(0.8, abs=0.1)
    off = np.abs(covariance[np.ix_(others, others)] - np.eye(len(others)))
    assert np.count_nonzero(off > 1e-9) < 0.02 * off.size
