"""The gates' own arithmetic: scores, hits, witnesses and the files of their results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expatsim.calibration.likelihood import names
from expatsim.calibration.sampler import save_arrays
from expatsim.calibration.settings import Households, Settings
from expatsim.errors import InputError
from expatsim.model.parameters import registry
from gates import (
    city_update,
    common,
    departures,
    held_out,
    noise,
    null_models,
    recovery,
    ship,
    variants,
)


def test_a_result_is_kept_with_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    frame = pd.DataFrame({"gate": ["a"], "result": [common.mark(False)]})
    common.keep("some", "Some title", "python -m gates.some", "words", frame)
    lines = (tmp_path / "some.md").read_text(encoding="utf-8").splitlines()
    assert lines[:5] == ["# Some title", "", "`python -m gates.some`", "", "words"]
    assert "MISSED" in lines[-1]


def test_a_calibration_of_other_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished calibration"):
        common.load(tmp_path)
    (tmp_path / common.RECORD).write_text(json.dumps({"fingerprint": "other"}), encoding="utf-8")
    with pytest.raises(InputError, match="calibrate again"):
        common.load(tmp_path)


def test_a_page_is_not_replaced_by_fewer_truths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    monkeypatch.setattr(city_update, "FOLDER", tmp_path / "truths")
    (tmp_path / "truths").mkdir()
    one = np.array(1.0)
    study = {
        "rank": np.array([0.5, 0.99]),
        "ratio": np.array([0.5, 0.5]),
        "refused": np.array(False),
    }
    study |= dict.fromkeys(("effective", "pareto_k", "rhat", "rounds", "chance"), one)
    for number in range(2):
        save_arrays(tmp_path / "truths" / f"truth-{number}.npz", **study)
        city_update.summarise()
    assert city_update.kept() == 2
    page = (tmp_path / "city_update.md").read_text(encoding="utf-8")
    assert "told something about (spread below 85% of before): 4; the truth of 2" in page
    (tmp_path / "truths" / "truth-1.npz").unlink()
    with pytest.raises(InputError, match="1 truths, and the page has 2"):
        city_update.summarise()
    assert (tmp_path / "city_update.md").read_text(encoding="utf-8") == page


# --- null models


def test_null_curves_are_what_they_are_called() -> None:
    rng = np.random.default_rng(0)
    steady = null_models.constant(rng)
    hazard = 1 - steady[..., 1:] / steady[..., :-1]
    assert np.allclose(hazard, hazard[..., :1])
    mixed = null_models.mover_stayer(rng)
    falling = 1 - mixed[..., 1:] / mixed[..., :-1]
    assert (np.diff(falling, axis=-1) < 1e-12).all()


def test_a_curve_near_the_published_departures_scores_higher() -> None:
    weight = np.ones(1)
    near, far = (
        np.array([[first, second, 0, 0, 0, 0]]) for first, second in [(0.09, 0.239), (0.3, 0.05)]
    )
    good, bad = (null_models.held_out_scores(years, {}, weight) for years in (near, far))
    assert all(good[name] > bad[name] + 2 for name in good)
    many = {"India": np.array([0.99])}, {"India": np.array([0.2])}
    scores = [null_models.held_out_scores(near, stays, weight) for stays in many]
    name = "leavers from India within five years"
    assert scores[0][name] > scores[1][name]


def test_log_mean_weighs() -> None:
    values, weight = np.log([1.0, 3.0]), np.array([3.0, 1.0])
    assert null_models.log_mean(values, weight) == pytest.approx(np.log(1.5))


def test_facts_about_work_are_not_asked_of_a_curve() -> None:
    asked = {t.name for t in null_models.of_time()}
    assert "gone after five years, EU" in asked
    assert not any("without a job" in name for name in asked)


# --- held-out patterns and long histories


@pytest.mark.parametrize(
    ("low", "high", "result"), [(0.5, 0.5, "hit"), (0.99, 1.0, "MISS"), (0.9, 1.0, "hit")]
)
def test_a_hit_touches_the_interval(low: float, high: float, result: str) -> None:
    shown = np.linspace(0, 0.95, 1001)
    row = held_out.row("x", "T1", "half", shown, low, high, "%")
    assert row["result"] == result
    assert row["simulated"] == "48%"


def test_held_out_tables_are_no_targets() -> None:
    fitted = {t.name for t in Settings(title="x").chosen_targets()}
    held = {t.name for t in held_out.held_out_targets()}
    assert held
    assert not held & fitted


def test_a_long_history_has_leavers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "HOUSEHOLDS_A_MONTH", 20)
    values = {name: np.full(2, p.default) for name, p in registry().items()}
    values["leave_choice"] = values["leave_choice"] * np.array([0.2, 3.0])
    found = departures.simulate(values)
    assert found.calendar.shape == (2, 6)
    gone = found.calendar.sum(axis=1)
    assert 0 < gone[0] < gone[1] <= 1
    assert all(((s >= 0) & (s <= 1)).all() for s in found.short.values())


def test_noise_is_that_of_luck() -> None:
    """A constant has none; small cities have more than larger ones."""
    assert noise.spread(np.ones((4, 8))) == 0
    small, large = (
        Settings(title="noise", households=Households(rotterdam=n, den_haag=n // 2))
        for n in (400, 2400)
    )
    one, other = (noise.log_likelihoods(s, 3, taken_out=True) for s in (small, large))
    assert {x.shape for x in one.values()} == {(3, 8)}
    name = "gone after five years, outside the EU"
    assert noise.spread(one[name]) > noise.spread(other[name]) > 0


# --- variants, recovery, shipping


def test_variants_change_what_they_say() -> None:
    assert variants.variants()["shipped: all of these"] == {}
    for name, p in variants.without(*variants.ORIGINS, "leave_spread").items():
        draws = p.quantile(np.array([0.01, 0.99]))
        assert np.abs(draws).max() < 0.01 + max(p.low, 0), name
    for name, p in variants.narrow().items():
        assert p.spread < registry()[name].spread


@pytest.mark.parametrize(("spread", "mark"), [(1.0, "passed"), (0.2, "MISSED")])
def test_recovery_sees_intervals_that_are_too_narrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spread: float, mark: str
) -> None:
    """Studies made up with normal truths, and posteriors as wide as the prior or a fifth of it."""
    monkeypatch.setattr(recovery, "FOLDER", tmp_path)
    monkeypatch.setattr(common, "RESULTS", tmp_path)
    rng = np.random.default_rng(4)
    for number in range(30):
        truth = rng.standard_normal(len(names()))
        draws = spread * rng.standard_normal((recovery.RANKS - 1, len(truth)))
        save_arrays(
            tmp_path / f"study-{number}.npz",
            truth=truth,
            rank=(draws < truth).sum(axis=0),
            covered=np.abs(truth) <= 1.645 * spread,
            spread=np.full(len(truth), min(spread, 0.5)),
            mean=np.zeros(len(truth)),
        )
    recovery.summarise()
    text = (tmp_path / "recovery.md").read_text(encoding="utf-8")
    assert f"Gate 80 to 97 %: {mark}." in text
    assert f"gate above 0.05: {mark}." in text


def test_differences_of_witnesses_are_found() -> None:
    one = {"a": {"x": [1.0, 2.0]}, "b": 1}
    assert ship.differences(one, {"a": {"x": [1.0, 2.0 * (1 + 1e-12)]}, "b": 1}) == []
    other = {"a": {"x": [1.0, 2.1]}, "c": 1}
    assert sorted(ship.differences(one, other)) == ["a x", "b", "c"]
