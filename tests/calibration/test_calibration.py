"""The simulated study, the guess, the sampler and its checkpoints."""

from __future__ import annotations

import emcee
import numpy as np
import pytest

from expatsim import posterior
from expatsim.calibration import gaussian, history, likelihood, sampler, study
from expatsim.calibration.run import run
from expatsim.calibration.settings import Settings, load_settings
from expatsim.calibration.targets import targets
from expatsim.errors import InputError
from expatsim.model import engine, parameters
from expatsim.model.chance import run_keys
from expatsim.model.declare import declared
from expatsim.model.packed import status
from expatsim.model.policy import Level, LeverPath, policy_of_draws
from expatsim.model.state import HERE
from expatsim.posterior import record
from expatsim.survey.interview import interview, tabulate, weights
from expatsim.survey.questions import QUESTIONS, second_year, stay
from helpers import QUICK

SMALL = {"rotterdam": 400, "den_haag": 200}


def values(draws: int, seed: int = 3) -> dict[str, np.ndarray]:
    return parameters.sample_prior(seed, np.arange(draws))


def test_history_in_steps_gives_the_same_lives() -> None:
    keys = np.stack([run_keys(1, k) for k in range(3)])
    setup, people = history.prepare_history("rotterdam", values(3), 600, keys)
    states = history.follow(setup, study.INTERVIEWS)
    for month, state in zip(study.INTERVIEWS, states, strict=True):
        whole = engine.run(setup, 0, month + 1).state
        for ours, theirs in zip(state, whole, strict=True):
            assert ours.tobytes() == np.asarray(theirs).tobytes()
    assert all((np.diff(a.people["arrival_month"]) >= 0).all() for a in people)
    assert sum(history.inflow_profile(600)) == 600


def test_study_does_not_depend_on_neighbours() -> None:
    some = values(4)
    together = study.simulate(some, 5, SMALL)
    for d in range(4):
        alone = study.simulate({k: v[d : d + 1] for k, v in some.items()}, 5, SMALL)
        for name in together:
            assert np.array_equal(alone[name][0], together[name][d]), name


def test_what_is_declared_of_the_interview_is_read() -> None:
    read = set()

    class Recorded(dict):
        def __getitem__(self, name: str) -> np.ndarray:
            read.add(name)
            return super().__getitem__(name)

    p = Recorded(values(2))
    likelihood.log_likelihood(study.simulate(p, 5, SMALL), p, targets())
    assert set(declared(parameters.Interview)) <= read
    assert read <= set(parameters.registry())


def test_study_has_the_role_mix_and_the_answers_of_its_respondents() -> None:
    p = values(2)
    keys = np.stack([run_keys(1, k) for k in range(2)])
    setup, _ = history.prepare_history("rotterdam", p, 2000, keys)
    month = study.INTERVIEWS[2]
    (state,) = history.follow(setup, [month])
    r = interview(setup.people, state, month)
    months = stay(r.persons)
    assert ((months > 6) & (months < 72)).all()
    assert (status(state)[r.draw, r.slot] == HERE).all()
    partner, second = ~r.persons["head"], second_year(r.persons)
    recruitment = np.array([1.0, 4.0])
    w = weights(r, "rotterdam", recruitment)
    assert np.bincount(r.draw, w) == pytest.approx([1, 1])
    assert np.bincount(r.draw, w * partner) == pytest.approx([23 / 75] * 2)
    later = [w[(r.draw == d) & ~partner & second].max() for d in range(2)]
    rest = [w[(r.draw == d) & ~partner & ~second].max() for d in range(2)]
    assert np.array(later) / rest == pytest.approx(recruitment)
    counts = tabulate(r, w, QUESTIONS["wish"], 2)
    yes = [(w * (r.persons["wish"] == 2))[r.draw == d].sum() for d in range(2)]
    assert counts[:, 2] == pytest.approx(yes)
    for name, question in QUESTIONS.items():
        code = question.code(r.persons)
        assert code.min() >= -1, name
        assert code.max() < len(question.answers), name


def test_nobody_knows_the_rotterdam_desk_before_it_opens() -> None:
    keys = run_keys(1, 0)[None]
    setup, _ = history.prepare_history("rotterdam", values(1), 2000, keys)
    before, after = history.follow(setup, [history.ROTTERDAM_DESK - 1, history.LAST_INTERVIEW])
    know = [
        interview(setup.people, s, m).persons["knows_desk"].sum()
        for s, m in ((before, history.ROTTERDAM_DESK - 1), (after, history.LAST_INTERVIEW))
    ]
    assert know[0] == 0
    assert know[1] > 0
    setup, _ = history.prepare_history("den_haag", values(1), 2000, keys)
    (state,) = history.follow(setup, [history.ROTTERDAM_DESK - 1])
    seen = interview(setup.people, state, history.ROTTERDAM_DESK - 1)
    assert seen.persons["knows_desk"].sum() > 0


def test_departures_are_a_life_table() -> None:
    followed = np.zeros((1, 2, 2, 94))
    # 100 workers of each group; ten of the first leave in month 3, half of the rest in month 40
    followed[0, 0, 0, :4], followed[0, 0, 0, 4:41], followed[0, 0, 0, 41:] = 100, 90, 45
    followed[0, 0, 1, 3], followed[0, 0, 1, 40] = 10, 45
    followed[0, 1, 0] = 100
    shown = study.leaving(followed)
    assert shown["departure"][0] == pytest.approx([0.55, 0])
    assert shown["hazard"][0] == pytest.approx([10 / 200, 0, 0, 45 / 190, 0, 0], abs=1e-12)


def test_luck_is_taken_out_at_the_guess() -> None:
    p = {k: v[:1] for k, v in values(1).items()}
    shift = study.luck(p, 9, SMALL, 64, 8)
    corrected = study.correct(study.simulate(p, 9, SMALL), shift)
    others = [
        study.simulate({k: np.repeat(v, 8) for k, v in p.items()}, 9, SMALL, range(1 + k, 9 + k))
        for k in range(0, 64, 8)
    ]
    for name, share in corrected.items():
        mean = np.concatenate([o[name] for o in others]).mean(axis=0)
        assert share[0] == pytest.approx(mean, abs=2e-3), name
        # shares of answers still add to one
        if name not in ("departure", "hazard"):
            assert share.sum() == pytest.approx(1)


def test_scores_are_the_prior() -> None:
    z = np.random.default_rng(0).standard_normal((4000, len(likelihood.names())))
    drawn = likelihood.from_scores(z)
    for name, p in parameters.registry().items():
        expected = p.quantile(np.array([0.25, 0.5, 0.75]))
        width = p.quantile(np.array([0.95]))[0] - p.quantile(np.array([0.05]))[0]
        found = np.quantile(drawn[name], [0.25, 0.5, 0.75])
        assert np.abs(found - expected).max() < 0.05 * width, name


def test_a_target_that_is_off_counts_for_nothing() -> None:
    p = values(3)
    shown = study.simulate(p, 5, SMALL)
    whole = likelihood.log_likelihood(shown, p, targets())
    part = likelihood.log_likelihood(shown, p, targets()[1:])
    first = targets()[0].log_likelihood(targets()[0].predicted(shown), p["design_effect"])
    assert whole == pytest.approx(part + first)
    wanted = likelihood.questions(targets()[:1])
    assert wanted == {"rotterdam.wish"}
    assert set(study.simulate(p, 5, SMALL, questions=wanted)) == {*wanted, "departure", "hazard"}


def test_the_guess_is_exact_where_everything_is_linear_and_normal() -> None:
    """One published share that moves with one parameter: the posterior is known."""
    rng = np.random.default_rng(2)
    z = rng.standard_normal((3000, 4))
    fact = next(t for t in targets() if t.name.startswith("gone after five years, outside"))
    slope, odds = 0.3, np.log(0.69 / 0.31)
    predicted = 1 / (1 + np.exp(-(odds + 0.2 + slope * z[:, :1])))
    guess = gaussian.fit([fact], [predicted], z, 1.5, np.zeros(4))
    # on the scale of log-odds the published share has this error
    error = fact.error / (0.69 * 0.31)
    variance = 1 / (1 + (slope / error) ** 2)
    mean = -variance * slope * 0.2 / error**2
    assert guess.mean == pytest.approx([mean, 0, 0, 0], abs=0.03)
    found = np.diag(guess.root @ guess.root.T)
    assert found[0] == pytest.approx(gaussian.SAFETY * variance, rel=0.05)
    assert found[1:] == pytest.approx(1, abs=0.02)


def test_chains_are_exact_whatever_the_guess() -> None:
    """A wrong guess costs time and nothing else."""
    mean, spread = np.array([0.7, -0.4, 0.0]), np.array([0.6, 1.2, 0.9])

    def log_posterior(z: np.ndarray) -> np.ndarray:
        return -0.5 * (((z - mean) / spread) ** 2).sum(axis=1)

    guess = gaussian.Gaussian(np.zeros(3), np.linalg.cholesky(np.eye(3) + 0.3))
    chains = emcee.EnsembleSampler(8, 3, log_posterior, moves=sampler.moves(guess), vectorize=True)
    start = emcee.State(
        guess.sample(8, np.random.default_rng(1)),
        random_state=np.random.RandomState(np.random.MT19937(1)).get_state(),
    )
    chains.run_mcmc(start, 6000, skip_initial_state_check=True)
    z = chains.get_chain(discard=200, flat=True)
    assert z.mean(axis=0) == pytest.approx(mean, abs=0.05)
    assert z.std(axis=0) == pytest.approx(spread, rel=0.05)


class Stop(Exception):  # noqa: N818
    """Ends a calibration in the middle."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration") / "whole"
    return folder, run(QUICK, folder)


def test_a_stopped_calibration_goes_on_to_the_same_draws(finished, tmp_path, monkeypatch) -> None:
    folder, _ = finished
    monkeypatch.setattr(sampler, "CHECKPOINT", 0.0)
    stopped = tmp_path / "stopped"
    for stage, at in (("guess", 120), ("tuning", 20), ("chains", 40)):

        def tell(now: str, done: int, total: int, note: str, stage=stage, at=at) -> None:
            if now == stage and done >= at:
                raise Stop

        with pytest.raises(Stop):
            run(QUICK, stopped, resume=True, progress=tell)
    run(QUICK, stopped, resume=True)
    for name in (posterior.DRAWS, "diagnostics.md", "targets.csv", "parameters.csv"):
        whole, again = ((f / name).read_bytes() for f in (folder, stopped))
        if name == "diagnostics.md":  # all but the seconds it took
            whole, again = (
                [x for x in t.splitlines() if not x.startswith(b"- seconds")]
                for t in (whole, again)
            )
        assert whole == again, name


def test_resuming_with_something_else_is_refused(finished, tmp_path, monkeypatch) -> None:
    folder, _ = finished
    with pytest.raises(InputError, match="holds a calibration; give another --out, or --resume"):
        run(QUICK, folder)
    with pytest.raises(InputError, match="seed was 1 and is 2 now"):
        run(QUICK.model_copy(update={"seed": 2}), folder, resume=True)
    monkeypatch.setattr(sampler, "fingerprint", lambda _: "another")
    with pytest.raises(InputError, match="fingerprint was"):
        run(QUICK, folder, resume=True)
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        run(QUICK, tmp_path)


def test_draws_of_a_calibration_can_be_used(finished) -> None:
    folder, table = finished
    frame = posterior.read_draws(str(folder / posterior.DRAWS))
    assert frame.shape == (50, len(parameters.registry()))
    assert list(table.index) == list(parameters.registry())
    assert (table["posterior_low"] <= table["posterior_high"]).all()
    some = posterior.sample(str(folder / posterior.DRAWS), 1, np.arange(120))
    again = posterior.sample(str(folder / posterior.DRAWS), 1, np.arange(50, 60))
    assert np.array_equal(some["wish_level"][50:60], again["wish_level"])
    assert len(np.unique(some["wish_level"][:50])) == len(frame["wish_level"].unique())


BAD_SETTINGS = {
    "steps: 3\n": "s.yaml:1: steps: 3 is out of range (allowed: 50 to 1,000,000)",
    "stepz: 300\n": "s.yaml:1: unknown key 'stepz'; did you mean 'steps'?",
    "households:\n  rotterdam: many\n": "s.yaml:2: households.rotterdam: must be a whole number",
    "households:\n  utrecht: 300\n": "s.yaml:2: unknown key 'households.utrecht'; allowed are",
    "seed: 1\nwithout: [wish to go]\n": (
        "s.yaml:2: without: no target 'wish to go'; did you mean 'wish to stay'?"
    ),
    "": "s.yaml: the file is empty; a calibration file needs `seed:`",
}


@pytest.mark.parametrize("text", BAD_SETTINGS)
def test_one_clear_line_about_settings(text: str, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_settings(path)
    assert len(error.value.problems) == 1
    assert error.value.problems[0].startswith(f"{tmp_path}/{BAD_SETTINGS[text]}")


def test_settings_file_of_the_shipped_calibration() -> None:
    from helpers import ROOT

    settings = load_settings(ROOT / "calibration" / "settings.yaml")
    assert settings.model_dump(exclude={"title"}) == Settings().model_dump(exclude={"title"})
    assert record.shipped()["settings"] == settings.model_dump()
    assert len(Settings(without=["wish to stay"]).targets()) == len(targets()) - 1


def test_the_shipped_posterior_is_of_this_code() -> None:
    """Run ``make posterior`` after a change of rules, priors or targets."""
    shipped = record.shipped()
    assert shipped["fingerprint"] == record.calibration_fingerprint()
    frame = posterior.read_draws("posterior")
    assert len(frame) == shipped["settings"]["draws"] == 1000
    assert list(frame) == list(parameters.registry())
    for name, p in parameters.registry().items():
        assert frame[name].between(p.low - 1e-5, p.high + 1e-5).all(), name
    found = shipped["diagnostics"]
    assert found["converged"] == "yes"
    assert found["worst R-hat"] < 1.01
    assert found["fewest effective draws (bulk)"] >= 400
    assert found["fewest effective draws (tails)"] >= 400
    assert set(shipped["informed"]) == set(frame)


BAD_FILES = {
    "wish_level\n0.1\n": "parameter 'women_share' is missing",
    "wish_levle\n0.1\n": "unknown parameter 'wish_levle'; did you mean 'wish_level'?",
    "women_share\n7\n": "women_share: 7 in row 1 is out of range (allowed: 0.05 to 0.6, share)",
    "women_share\nmany\n": "women_share: 'many' in row 1 is out of range",
    "women_share\n": "no draws",
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_one_clear_line_about_a_file_of_draws(text: str, tmp_path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        posterior.read_draws(str(path))
    assert any(BAD_FILES[text] in line for line in error.value.problems)
    with pytest.raises(InputError, match="did you mean 'posterior'"):
        posterior.read_draws("posterio")


def test_levels_of_2009_are_uncertain_and_decisions_are_not() -> None:
    p = {"rotterdam_english_information": np.array([0.25, 0.4])}
    path = LeverPath(((0, Level(city="rotterdam")), (2, Level(value=0.3))))
    newcomers = np.ones((3, 2))
    by_draw = policy_of_draws({"english_information": path}, p, newcomers)["english_information"]
    assert by_draw.tolist() == [[0.25, 0.4], [0.25, 0.4], [0.3, 0.3]]
    known = policy_of_draws({"welcome_events": LeverPath.of(0.0)}, p, newcomers)["welcome_events"]
    assert known.shape == (3, 1)


@pytest.mark.parametrize("source", ["prior", "posterior", "file"])
def test_projections_use_the_parameters_they_are_given(source: str, tmp_path) -> None:
    import expatsim as xs
    from helpers import small

    scenario = small("rotterdam", 0.02, 12)
    if source == "file":
        source = str(tmp_path / "draws.csv")
        posterior.read_draws("posterior").iloc[:7].to_csv(source, index=False)
    result = xs.run(scenario, draws=4, parameters=source)
    expected = posterior.sample(source, scenario.seed, np.arange(4))
    for name in ("wish_level", "rotterdam_desk_visibility"):
        found = result.dataset["parameter_value"].sel(parameter=name).isel(scenario=0)
        assert np.array_equal(found, expected[name]), name
    assert result.provenance["parameters"] == source


def test_command_line_killed_and_resumed(finished, tmp_path) -> None:
    """``kill -9`` in the middle; the same command with --resume ends with the same draws."""
    import json
    import signal
    import subprocess
    import sys
    import time

    whole, _ = finished
    settings = tmp_path / "quick.yaml"
    content = QUICK.model_dump()
    settings.write_text(json.dumps(content))  # JSON is YAML
    out = tmp_path / "out"
    command = [sys.executable, "-m", "expatsim.cli", "calibrate", str(settings), "--out", str(out)]
    started = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if (out / "guess-1.npz").exists() or started.poll() is not None:
            break
        time.sleep(0.1)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert not (out / record.RECORD).exists()
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 2
    assert again.stderr.strip() == f"{out}: holds a calibration; give another --out, or --resume"
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"of {len(parameters.registry())} parameters informed" in done.stdout
    # two chains of fifty steps are no posterior, and it says so
    assert "warning: the chains have not converged" in done.stderr
    assert (out / posterior.DRAWS).read_bytes() == (whole / posterior.DRAWS).read_bytes()
