"""Priors and targets that a calibration file changes, and the file that ArviZ reads."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import expatsim as xs
from expatsim import posterior
from expatsim.calibration import likelihood, sampler
from expatsim.calibration.run import run_calibration
from expatsim.calibration.settings import Settings, load_settings
from expatsim.calibration.targets import Counts, Fact, Interval, targets
from expatsim.errors import InputError
from expatsim.model.parameters import registry
from expatsim.posterior import record
from expatsim.posterior.inference import INFERENCE, total_log_likelihood
from helpers import QUICK

CHANGED = """\
priors:
  leave_choice: {median: 0.01, spread: 0.4, source: my own study}
  renewal: {spread: 0.2, source: my own study}
targets:
  - {name: wish elsewhere, source: us, question: wish, city: den_haag,
     counts: {no: 5, maybe: 5, yes: 7}}
  - {name: wish to stay, source: us, counts: {no: 1, maybe: 2, yes: 3}}
  - {name: "gone after five years, EU", source: us, observed: 0.5}
  - {name: gone of both, source: us, gone: both, months: 60, observed: 0.55, error: 0.03}
  - {name: "feels welcome, The Hague", source: us, low: 3, high: 4}
  - {name: in words, source: us, question: wish, city: den_haag, low: 3, high: 4, asked: 10}
"""
# entries of a file, and what is said of them
NUMBERS = "observed: 0.5, error: 0.1"
BAD = {
    "priors:\n  leave_chioce: {median: 0.01, source: x}": (
        "2: unknown key 'priors.leave_chioce'; did you mean 'leave_choice'?"
    ),
    "priors:\n  leave_choice: {median: 0.9, source: x}": (
        "2: priors.leave_choice.median: 0.9 is out of range "
        "(allowed: 0.0005 to 0.04, probability per month)"
    ),
    "priors:\n  renewal: {spread: 0, source: x}": (
        "2: priors.renewal.spread: 0 is out of range (allowed: 0.0001 to 10)"
    ),
    "priors:\n  renewal: {spread: 1}": "2: priors.renewal.source is missing",
    "priors:\n  renewal: {source: x}": "2: priors.renewal: give `median`, `spread` or both",
    "priors:\n  renewal:\nseed: 1": "2: priors.renewal: give `median`, `spread` or both",
    "targets:\n  - {name: wish to sty, source: x, counts: {no: 9}}": (
        "2: targets.1.name: no target 'wish to sty'; did you mean 'wish to stay'?"
    ),
    "targets:\n  - {name: mine, source: x, observed: 0.4}": (
        "2: targets.1.name: no target 'mine'; a new one needs `gone` or `question`"
    ),
    "targets:\n  - {name: wish to stay, source: x, counts: {no: 9, mayb: 1, maybe: 1, yes: 1}}": (
        "2: targets.1.counts: no answer 'mayb'; did you mean 'maybe'?"
    ),
    "targets:\n  - {name: wish to stay, source: x, counts: {no: 9, maybe: 1}}": (
        "2: targets.1.counts: without yes; write 0 where nobody gave an answer"
    ),
    "targets:\n  - {name: wish to stay, source: x, counts: {no: 0, maybe: 1, yes: 0}}": (
        "2: targets.1.counts: fewer than two respondents"
    ),
    "targets:\n  - {name: w, source: x, question: wsh, city: rotterdam, counts: {no: 9}}": (
        "2: targets.1.question: no question 'wsh'; did you mean 'wish'?"
    ),
    "targets:\n  - {name: w, source: x, question: wish, city: den_hag, "
    "counts: {no: 9, maybe: 0, yes: 1}}": (
        "2: targets.1.city: no city 'den_hag'; did you mean 'den_haag'?"
    ),
    "targets:\n  - {name: g, source: x, gone: EU, months: 61, observed: 0.5, error: 0.1}": (
        "2: targets.1.months: must be one of 12, 24, 36, 48, 60, 84, 120, 180"
    ),
    "targets:\n  - {name: g, source: x, gone: EU, months: 60, observed: 50, error: 0.1}": (
        "2: targets.1.observed: 50 is out of range (allowed: 0 to 1, share); 50 % is 0.5"
    ),
    "targets:\n  - {name: g, source: x, gone: EU, months: 60, observed: 0.5}": (
        "2: targets.1.error: is missing"
    ),
    "targets:\n  - {name: g, source: x, gone: eu, months: 60, observed: 0.5, error: 0.1}": (
        "2: targets.1.gone: 'eu' is not one of outside the EU, EU, both; did you mean 'EU'?"
    ),
    "targets:\n  - {name: wish to stay, source: x, counts: {no: 9, maybe: 1, yes: 1}, low: 3}": (
        "2: targets.1.low: does not belong to this target"
    ),
    'targets:\n  - {name: "feels welcome, The Hague", source: x, low: 5, high: 21}': (
        "2: targets.1.low: must be at most `high`, and that at most the number of those asked"
    ),
    "targets:\n  - {name: hazard peaks in year two or three, source: x, observed: 0.4}": (
        "2: targets.1.name: a peak has no numbers to replace; leave it out with `without`"
    ),
    "without: [wish to stay]\n"
    "targets:\n  - {name: wish to stay, source: x, counts: {no: 9, maybe: 1, yes: 1}}": (
        "3: targets.1.name: 'wish to stay' is left out by `without`"
    ),
    "targets:\n  - {name: a/b, source: x, gone: EU, months: 60, observed: 0.5, error: 0.1}": (
        "2: targets.1.name: 'a/b' has a stroke (/), which names of targets cannot have"
    ),
    # names that the file for ArviZ has already, found before 14 minutes of work and not after
    **{
        f"targets:\n  - {{name: '{name}', source: x, gone: EU, months: 60, {NUMBERS}}}": (
            f"2: targets.1.name: '{name}' {told}"
        )
        for name, told in {
            "chain": "means something else in posterior.nc; choose another name",
            "draw": "means something else in posterior.nc; choose another name",
            "..": "means something else in posterior.nc; choose another name",
            "wish to stay answer": "means something else in posterior.nc; choose another name",
            "a ": "begins or ends with a space",
        }.items()
    },
    "targets:\n  - {name: a, source: x, gone: EU, months: 60, observed: 0.5, error: 1e-300}": (
        "2: targets.1.error: 1e-300 is out of range (allowed: 0.0001 to 0.5)"
    ),
    "targets:\n  - {name: wish to stay, source: x, counts: {no: -1, maybe: 2, yes: 3}}": (
        "2: targets.1.counts.no: -1 is out of range (allowed: 0 to 1,000,000, respondents)"
    ),
    "priors: {leave_choice: {spread: 1e-300, source: x}}": (
        "1: priors.leave_choice.spread: 1e-300 is out of range (allowed: 0.0001 to 10)"
    ),
    "without: [wish to stay, wish to stay]": "1: without: 'wish to stay' is given twice",
}


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Settings:
    path = tmp_path_factory.mktemp("settings") / "s.yaml"
    path.write_text(CHANGED)
    return load_settings(path)


@pytest.fixture(scope="module")
def finished(changed, tmp_path_factory):
    settings = changed.model_copy(update={k: getattr(QUICK, k) for k in QUICK.model_fields_set})
    folder = tmp_path_factory.mktemp("calibration") / "changed"
    return settings, folder, run_calibration(settings, folder)


@pytest.mark.parametrize("text", BAD)
def test_one_clear_line_about_a_change(text: str, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_settings(path)
    assert error.value.problems == [f"{path}:{BAD[text]}"]


def test_all_problems_are_listed(tmp_path) -> None:
    path = tmp_path / "s.yaml"
    text = "targets:\n  - {name: wish to sty, source: x}\n  - {name: wish to stay, source: x}\n"
    path.write_text(text + "priors:\n  leave_chioce: {spread: 1, source: x}\nseeds: 1\n")
    with pytest.raises(InputError) as error:
        load_settings(path)
    assert [p.split(":")[1] for p in error.value.problems] == ["2", "3", "5", "6"]


def test_changed_targets_take_the_place_of_others(changed) -> None:
    chosen = {t.name: t for t in changed.chosen_targets()}
    known = [t.name for t in targets()]
    assert list(chosen)[: len(known)] == known
    assert list(chosen)[len(known) :] == ["wish elsewhere", "gone of both", "in words"]
    assert chosen["wish to stay"].observed == (1, 2, 3)
    assert chosen["wish to stay"].source == "us"
    assert chosen["wish elsewhere"].share == "den_haag.wish"
    fact = chosen["gone after five years, EU"]
    before = next(t for t in targets() if t.name == fact.name)
    assert isinstance(fact, Fact)
    assert (fact.observed, fact.error, fact.column) == (0.5, before.error, before.column)
    welcome = chosen["feels welcome, The Hague"]
    assert (welcome.low, welcome.high, welcome.total) == (3, 4, 20)
    assert isinstance(chosen["in words"], Interval)
    shares = np.linspace(0.1, 0.8, 8)[None]
    assert chosen["gone of both"].predicted({"gone.all": shares}) == pytest.approx(0.5)
    assert all(isinstance(chosen[n], Counts) for n in ("wish elsewhere", "wish to stay"))


def test_changed_priors_keep_kind_and_bounds(changed) -> None:
    priors = changed.parameters()
    new, old = priors["leave_choice"], registry()["leave_choice"]
    assert (new.default, new.spread, new.source) == (0.01, 0.4, "my own study")
    assert (new.low, new.high, new.prior) == (old.low, old.high, old.prior)
    assert priors["renewal"].default == registry()["renewal"].default
    same = {k for k, p in priors.items() if p == registry()[k]}
    assert set(registry()) - same == {"leave_choice", "renewal"}
    z = np.zeros((1, len(priors)))
    assert likelihood.from_scores(z, priors)["leave_choice"] == pytest.approx(0.01, rel=0.05)


def test_a_calibration_carries_its_priors_and_targets(finished) -> None:
    settings, folder, table = finished
    kept = json.loads((folder / record.RECORD).read_text())["settings"]
    assert Settings.model_validate(kept) == settings
    calibration = record.calibration_of(str(folder / posterior.DRAWS))
    assert calibration is not None
    assert calibration.priors == settings.changed_priors()
    assert calibration.parameters() == settings.parameters()
    assert record.from_manifest({"calibration": calibration.plain()}) == calibration
    p = settings.parameters()["leave_choice"]
    assert table.loc["leave_choice", "prior_low"] == pytest.approx(p.quantile(np.array(0.05)))
    assert record.shipped()["settings"].get("priors", {}) == {}
    # another calibration cannot go on from it, nor it from another
    with pytest.raises(InputError, match="priors was"):
        run_calibration(settings.model_copy(update={"priors": QUICK.priors}), folder, resume=True)
    plain = folder.parent / "plain"
    sampler.begin(QUICK, plain, resume=False)
    with pytest.raises(InputError, match="priors was None and is"):
        sampler.begin(settings, plain, resume=True)


def test_the_file_for_arviz(finished) -> None:
    import arviz_base

    settings, folder, _ = finished
    source = str(folder / posterior.DRAWS)
    tree = xs.inference_data(source)
    assert (folder / INFERENCE).stat().st_size < 2_000_000
    chains, draws = settings.walkers, settings.draws // settings.walkers
    names = [t.name for t in settings.chosen_targets()]
    for group in ("prior", "posterior", "log_prior"):
        assert list(tree[group].data_vars) == list(registry())
    for group in ("log_likelihood", "posterior_predictive", "observed_data"):
        assert list(tree[group].data_vars) == names
    assert tree["posterior"].sizes == {"chain": chains, "draw": draws}
    frame = posterior.read_draws(source)
    for name, column in tree["posterior"].data_vars.items():  # the chains take turns
        assert np.array_equal(column.to_numpy().T.ravel(), frame[name].astype(np.float32)), name
    # the log-likelihoods are those of the chains
    kept = sampler.load_arrays(folder / "chains.npz")
    z = kept["chain"][settings.burn :]
    fit = kept["log_posterior"][settings.burn :] + 0.5 * (z**2).sum(axis=-1)
    steps = np.linspace(0, len(z) - 1, draws).astype(int)
    assert total_log_likelihood(tree).to_numpy() == pytest.approx(fit[steps].T, rel=1e-5)
    density = tree["log_prior"]["renewal"].to_numpy()
    k = list(registry()).index("renewal")
    assert density == pytest.approx(
        -0.5 * z[steps, :, k].T ** 2 - 0.5 * np.log(2 * np.pi), abs=1e-5
    )
    shown = tree["posterior_predictive"]["wish to stay"]
    assert shown.dims == ("chain", "draw", "wish to stay answer")
    assert (shown.sum("wish to stay answer") == 6).all()
    assert tree["observed_data"]["wish to stay"].to_numpy().tolist() == [1, 2, 3]
    assert tree["observed_data"]["in words"].attrs["highest"] == 4
    again = arviz_base.convert_to_datatree(str(folder / INFERENCE))
    assert list(again.children) == list(tree.children)
    assert arviz_base.extract(again, var_names="renewal").sizes == {"sample": chains * draws}
    again.close()


def test_a_file_of_other_draws_is_refused(finished, tmp_path) -> None:
    _, folder, _ = finished
    draws = tmp_path / posterior.DRAWS
    shutil.copy(folder / posterior.DRAWS, draws)
    with pytest.raises(InputError, match="does not exist; calibrate again"):
        xs.inference_data(str(draws))
    (tmp_path / INFERENCE).write_bytes(b"x")
    with pytest.raises(InputError, match="is damaged"):
        xs.inference_data(str(draws))
    shutil.copy(folder / INFERENCE, tmp_path)
    posterior.read_draws(str(draws)).iloc[1:].to_parquet(draws)
    with pytest.raises(InputError, match="is of other draws"):
        xs.inference_data(str(draws))
    with pytest.raises(InputError, match="the prior is not calibrated"):
        xs.inference_data("prior")
