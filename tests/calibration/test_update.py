"""Answers from a known truth move the posterior towards it; without answers nothing moves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr
from scipy.stats import binom
from typer.testing import CliRunner

import respondents as simulated
from expatsim import posterior
from expatsim.calibration import history, study
from expatsim.calibration import update as updating
from expatsim.calibration.before import Space, as_normal, scores
from expatsim.calibration.targets import Counts
from expatsim.calibration.update import Update, update, write_update
from expatsim.calibration.weighing import chance_of, drawn_again, smoothed_weights
from expatsim.cities import City
from expatsim.cities import city as city_of
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.model.chance import run_keys
from expatsim.model.declare import Parameter
from expatsim.model.parameters import registry
from expatsim.posterior.record import calibration_of, shipped
from expatsim.projections import load_all
from expatsim.runs.prepare import prepare
from expatsim.runs.provenance import manifest
from expatsim.scenario.city_file import add_folder
from expatsim.scenario.city_tables import write_tables
from expatsim.scenario.city_template import write_city
from expatsim.scenario.respondents import read_respondents
from expatsim.survey.interview import interview, since, weights
from gates import city_update

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
LEVEL = "eindhoven_desk_visibility"  # its prior has the median 0.5
TRUTH = {LEVEL: 0.78, "words_learned": 1.5}  # the second in normal scores of the prior
RESPONDENTS = 150


@pytest.fixture(scope="module")
def city_as_it_is() -> City:
    """The invented city of the tests."""
    return add_folder(EINDHOVEN)


def parameters_of(city: City) -> dict[str, Parameter]:
    return dict(Space.of(city, "posterior").parameters)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """An invented city, asked where its desk is seen by many, who soon learn some Dutch."""
    folder = tmp_path_factory.mktemp("cities") / "eindhoven"
    shutil.copytree(EINDHOVEN, folder)
    name = add_folder(folder).name
    p = {k: np.array([np.median(v)]) for k, v in posterior.read_draws("posterior").items()}
    p |= {LEVEL: np.array([TRUTH[LEVEL]]), "eindhoven_dutch_practice": np.array([12.0])}
    p["words_learned"] = registry()["words_learned"].quantile(ndtr(np.array([1.5])))
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


@pytest.mark.slow  # two minutes of one core; its quick sister below has no simulated people
def test_answers_of_simulated_people_bring_the_truth_back(city: City) -> None:
    """From filled-in questionnaires, over the city's tables, to both parameters."""
    found = update(city, households=1500, draws=600)
    assert found.doubts() == []
    assert len(found.targets) >= 9
    assert {t.name for t in found.targets} == set(found.fit["target"])
    assert list(found.draws) == list(Space.of(city, "posterior").parameters)
    assert_back(found, city)


def assert_back(found: Update, city: City) -> None:
    """Both parameters are informed (spread below nine tenths), and have moved to the truth.

    Both truths lie 2.2 to 2.5 standard deviations out in what is known before, so that what is
    known after is drawn back, and an interval need not hold the truth. How far it is drawn back
    follows from the spreads alone. Take normal distributions: before N(m, s), after with spread
    r s. The answers then have the weight 1 - r^2 and what was known the weight r^2, so over
    surveys of a truth t the middle has the mean m + (1 - r^2)(t - m) and the standard deviation
    r s sqrt(1 - r^2). Three of these are allowed. An update that is too sure of itself (a small r)
    must lie close to the truth; with r = 0.85, as measured for the second, an interval of 90 %
    holds a truth 2.2 out in a third of all surveys only: P(|x| < 1.645) for x with the mean 2.2 r
    and the standard deviation sqrt(1 - r^2). How often intervals hold truths that are drawn from
    what is known before is counted over many of them, by ``gates.city_update``.
    """
    level = np.log(found.draws[LEVEL] / (1 - found.draws[LEVEL]))
    truth = np.log(TRUTH[LEVEL] / (1 - TRUTH[LEVEL]))
    assert 0.4 * truth < np.median(level) < 1.3 * truth
    known = scores(
        registry()["words_learned"],
        posterior.read_draws("posterior")["words_learned"].to_numpy(float),
    )
    for name, p, mean, spread in (
        (LEVEL, parameters_of(city)[LEVEL], 0.0, 1.0),
        ("words_learned", registry()["words_learned"], known.mean(), known.std()),
    ):
        z = scores(p, found.draws[name].to_numpy(float))
        ratio = z.std() / spread
        assert ratio < 0.9, name
        expected = mean + (1 - ratio**2) * (score_of_truth(name, p) - mean)
        between_surveys = ratio * spread * np.sqrt(1 - ratio**2)
        assert abs(np.median(z) - expected) < 3 * between_surveys, name


def score_of_truth(name: str, p: Parameter) -> float:
    """The true value of a parameter, in normal scores of its prior."""
    return float(scores(p, np.array([TRUTH[name]]))[0]) if name == LEVEL else TRUTH[name]


def test_the_truth_comes_back(city_as_it_is: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a formula in place of simulated people, noise like their luck included."""
    names = list(Space.of(city_as_it_is, "posterior").parameters)
    dutch, desk = names.index("words_learned"), names.index(LEVEL)
    slopes = 0.15 * np.random.default_rng(8).standard_normal((4, len(names))) / np.sqrt(20)
    slopes[:, [dutch, desk]] = [[1.0, 0.0], [0.0, 1.0], [0.6, -0.5], [0.2, 0.7]]

    def shares(z: np.ndarray, luck: np.random.Generator | None) -> study.Shares:
        y = z @ slopes.T + 0.2 * (z[:, [dutch]] * z[:, [desk]])
        y = y if luck is None else y + 0.15 * luck.standard_normal(y.shape)
        yes = 1 / (1 + np.exp(-y))
        return {f"eindhoven.q{k}": np.stack([yes[:, k], 1 - yes[:, k]], 1) for k in range(4)}

    truth = np.zeros((1, len(names)))
    level = parameters_of(city_as_it_is)[LEVEL]
    truth[0, dutch] = TRUTH["words_learned"]
    truth[0, desk] = scores(level, np.array([TRUTH[LEVEL]]))[0]
    tables = tuple(
        Counts(name, "made up", name, ("yes", "no"), tuple(np.round(300 * p[0])))
        for name, p in shares(truth, None).items()
    )
    monkeypatch.setattr(updating, "city_targets", lambda name: tables)
    monkeypatch.setattr(
        updating._Work,
        "simulate",
        lambda self, z, first, stage: shares(z, np.random.default_rng([first, 1])),
    )
    found = update(city_as_it_is, draws=600)
    assert found.doubts() == []
    assert found.effective >= updating.ENOUGH * 600
    assert min(found.explained.values()) > 0.5
    assert_back(found, city_as_it_is)
    level = np.log(found.draws[LEVEL] / (1 - found.draws[LEVEL]))
    truth = np.log(TRUTH[LEVEL] / (1 - TRUTH[LEVEL]))
    assert np.quantile(level, 0.05) < truth < np.quantile(level, 0.95)
    z = scores(registry()["words_learned"], found.draws["words_learned"].to_numpy(float))
    assert np.quantile(z, 0.05) < TRUTH["words_learned"] < np.quantile(z, 0.95)


@pytest.mark.slow  # five minutes of one core; the results of more truths are in calibration/results
def test_intervals_hold_truths_at_about_their_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city_update, "FOLDER", tmp_path)
    for number in range(4):
        city_update.run(number)
    told, inside = city_update.coverage()
    assert told >= 30
    assert inside >= binom.ppf(0.001, told, 0.9)


def test_without_answers_the_draws_are_the_same(tmp_path: Path) -> None:
    folder = write_city("nowhere_asked", "den_haag", tmp_path)
    asked = add_folder(folder)
    found = update(asked)
    pd.testing.assert_frame_equal(found.draws, posterior.read_draws("posterior"))
    write_update(found, tmp_path / "out", asked)
    written = (tmp_path / "out" / "posterior.parquet").read_bytes()
    assert written == posterior.folder().joinpath("posterior.parquet").read_bytes()
    record = calibration_of(str(tmp_path / "out" / "posterior.parquet"))
    assert record is not None
    assert record.converged
    assert record.fingerprint == shipped()["fingerprint"]


def test_written_draws_are_used_by_scenarios_of_the_city(
    tmp_path: Path, city_as_it_is: City
) -> None:
    """Levels of the city are taken from the draws; other scenarios do not see them."""
    draws = posterior.read_draws("posterior").iloc[:50]
    draws = draws.assign(**{LEVEL: np.linspace(0.6, 0.9, 50)}).astype(np.float32)
    table = Counts("t", "x", "eindhoven.wish", ("a", "b"), (3.0, 4.0))
    write_update(Update(draws, (table,), 150.0), tmp_path / "updated", city_as_it_is)
    file = tmp_path / "updated" / "posterior.parquet"
    record = calibration_of(str(file))
    assert record is not None
    assert record.ratios.keys() == registry().keys()
    said = json.loads((tmp_path / "updated" / "posterior.json").read_text(encoding="utf-8"))
    assert said["diagnostics"]["effective draws"] == 150
    assert said["diagnostics"]["tables of the city"] == ["t"]
    shutil.copytree(EINDHOVEN, tmp_path / "eindhoven")
    (tmp_path / "s.yaml").write_text("title: t\ncity: ./eindhoven\n", encoding="utf-8")
    (scenario,) = load_all([tmp_path / "s.yaml"], parameters=str(file))
    values = prepare(scenario, np.arange(50)).parameters
    assert np.sort(values[LEVEL]) == pytest.approx(np.linspace(0.6, 0.9, 50), abs=1e-6)
    order = np.argsort(values[LEVEL])
    assert values["renewal"][order] == pytest.approx(draws["renewal"].to_numpy(), rel=1e-5)
    assert manifest([scenario])["from_prior"] == ["eindhoven_dutch_practice"]
    assert set(posterior.sample(str(file), 1, np.arange(3))) == set(registry())
    with pytest.raises(InputError, match=r"holds posterior\.json of a calibration"):
        write_update(Update(draws, (table,), 150.0), tmp_path / "updated", city_as_it_is)


def test_an_update_in_doubt_is_not_written(tmp_path: Path, city_as_it_is: City) -> None:
    draws, t = posterior.read_draws("posterior"), Counts("t", "x", "y", ("a", "b"), (1.0, 2.0))
    for doubtful, said in (
        (Update(draws, (t,), 4.0), r"4 effective draws \(at least 100"),
        (Update(draws, (t,), 900.0, 0.9), r"Pareto k 0\.90 \(at most 0\.7"),
        (Update(draws, (t,), 900.0, rhat=1.3), r"R-hat 1\.300"),
        (Update(draws, (t,), 900.0, chances={"friends": 1e-4}), "friends: the model cannot make"),
        (Update(draws, (t,), 900.0, outside=("renewal",)), "beyond all draws.*: renewal"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            write_update(doubtful, tmp_path / "x", city_as_it_is)
        assert "nothing is written; calibrate in full" in caught.value.problems[-1]
        assert not (tmp_path / "x").exists()


def test_what_cannot_be_updated() -> None:
    with pytest.raises(InputError, match="begins with draws of a calibration"):
        update(city_of("rotterdam_2025"), source="prior")
    with pytest.raises(InputError, match="its tables are in the calibration already"):
        update(city_of("rotterdam"))


def test_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_city("nowhere_asked")
    done = CliRunner().invoke(app, ["city", "update", "nowhere_asked"])
    assert done.exit_code == 0, done.output
    assert "Nowhere Asked has no tables of the calibration" in done.output
    assert "--parameters results/nowhere_asked/posterior.parquet" in done.output
    with pytest.raises(InputError, match=r"results/nowhere_asked: holds posterior\.json"):
        raise CliRunner().invoke(app, ["city", "update", "nowhere_asked"]).exception


def test_a_table_that_the_model_cannot_make_has_no_chance() -> None:
    shares = {"q": np.tile([0.5, 0.5], (200, 1))}
    effect = np.full(200, 1.2)
    usual = chance_of(Counts("t", "x", "q", ("a", "b"), (50.0, 50.0)), shares, effect, 1)
    far = chance_of(Counts("t", "x", "q", ("a", "b"), (90.0, 10.0)), shares, effect, 1)
    assert usual > 0.5
    assert far < updating.RAREST


def test_borrowed_levels_are_those_of_scenarios(tmp_path: Path) -> None:
    """A level is that of the lender and a deviation, together half as wide again."""
    borrower = add_folder(write_city("borrower", "rotterdam", tmp_path))
    space = Space.of(borrower, "posterior")
    assert space.lent["borrower_desk_visibility"] == "rotterdam_desk_visibility"
    z = space.scores_of_draws(np.random.default_rng(1))
    values = space.values(z)
    lender, own = (
        registry()["rotterdam_desk_visibility"].to_scale(values[f"{name}_desk_visibility"])
        for name in ("rotterdam", "borrower")
    )
    assert own.std() == pytest.approx(1.5 * lender.std(), rel=0.08)
    assert np.corrcoef(lender, own)[0, 1] == pytest.approx(1 / 1.5, abs=0.06)


def test_weights_that_cannot_be_trusted_say_so() -> None:
    rng = np.random.default_rng(2)
    even, good = smoothed_weights(0.3 * rng.standard_normal(1000))
    assert good < 0.5
    assert 1 / (even**2).sum() > 800
    assert smoothed_weights(10 * rng.standard_normal(1000))[1] > updating.WORST_K


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
    normal = as_normal(z)
    covariance = normal.root @ normal.root.T
    others = np.delete(np.arange(60), (3, 7, 8))
    assert normal.mean[3] == pytest.approx(1, abs=0.05)
    assert covariance[3, 3] == pytest.approx(0.16, abs=0.03)
    assert covariance[7, 8] == pytest.approx(0.8, abs=0.1)
    off = np.abs(covariance[np.ix_(others, others)] - np.eye(len(others)))
    assert np.count_nonzero(off > 1e-9) < 0.02 * off.size
