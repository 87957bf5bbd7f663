"""What is told apart from noise by Sobol and Morris, where the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from expatsim.cli.answers import of_sensitivity
from expatsim.cli.commands import app
from expatsim.sweeps import Store, indices, load_sweep, noise
from expatsim.sweeps.design import design, unit_settings
from expatsim.sweeps.execute import ChunkResult, chunk_of
from expatsim.sweeps.page import WIDEST, thresholds, too_few, write_page
from expatsim.sweeps.run import settings_of
from expatsim.sweeps.sensitivity import NO_EFFECT, NOISE, final
from sweep_files import files

REAL, BENT, SHUFFLE, USELESS = "leave_choice", "renewal_wish", "wish_welcome", "english_information"


def made_up(folder: Path, kind: str, samples: int, extra: str, shuffle: float = 0.3) -> Store:
    """A store of ``welcome``: one even input, one that bends, one that deals the luck anew.

    The bent input has no share of its own: up where the even one is high, down where it is low.
    """
    chosen = load_sweep(files(folder, kind, samples, extra))
    runs = design(chosen)
    points = unit_settings(kind, samples, chosen.file.seed, chosen.inputs)[runs["setting"]]
    x = pd.DataFrame(points, runs.index, list(chosen.inputs))
    luck = np.random.default_rng(3).uniform(1, 2, runs["replicate"].max() + 1)[runs["replicate"]]
    dealt = np.sin(1e5 * luck * (1 + x[SHUFFLE].to_numpy()))
    y = x[REAL] + (x[REAL] - 0.5) * (x[BENT] - 0.5) + shuffle * dealt + luck
    store = Store.create(folder / "runs", settings_of(chosen, runs), runs)
    size = chunk_of(chosen)
    for k, start in enumerate(range(0, len(runs), size)):
        part = runs.index[start : start + size]
        results = pd.DataFrame({"welcome": y.loc[part], "people": 1.0}, part)
        store.keep(ChunkResult(k, results, {}, 0.1))
    return store


def notes(store: Store, index: str) -> dict[str, str]:
    table = final(indices(store, ["welcome"]))
    return dict(table[table["index"] == index].set_index("input")["note"])


@pytest.mark.parametrize("extra", ["luck: independent\nreplicates: 4\n", "replicates: 12\n"])
@pytest.mark.parametrize(
    ("kind", "index", "samples"), [("morris", "mu_star", 20), ("sobol", "ST", 64)]
)
def test_replicates_tell_an_effect_from_luck(kind, index, samples, extra, tmp_path) -> None:
    store = made_up(tmp_path, kind, samples, extra, shuffle=0.1)
    told = notes(store, index)
    assert told == {REAL: "", BENT: told[BENT], SHUFFLE: NOISE, USELESS: NO_EFFECT}
    if "independent" in extra:
        assert told[BENT] == ""
    table = final(indices(store, ["welcome"]))
    strong = table[table["index"] == index].set_index("input")
    assert strong.loc[SHUFFLE, "value"] > 0 < strong.loc[SHUFFLE, "low"]  # alone it looks real
    assert strong.loc[USELESS, "threshold"] == 0
    assert "or luck alone may make as much (at most " in thresholds(table, "welcome")


def test_without_replicates_the_page_says_what_is_not_known(tmp_path) -> None:
    store = made_up(tmp_path, "morris", 20, "")
    assert notes(store, "mu_star")[SHUFFLE] == ""
    table = indices(store, ["welcome"])
    assert "what luck makes of an effect is not known" in thresholds(table, "welcome")
    page = write_page(store, table, ["welcome"], None).read_text(encoding="utf-8")
    assert "Noise: not told apart from noise; the interval holds zero" in page


def test_an_input_that_acts_with_others_only_has_no_share_of_its_own(tmp_path) -> None:
    """Its first-order share is zero and its total is not; few base samples are called few."""
    store = made_up(tmp_path, "sobol", 64, "", shuffle=0)
    assert notes(store, "S1") == {REAL: "", BENT: NOISE, SHUFFLE: NO_EFFECT, USELESS: NO_EFFECT}
    assert notes(store, "ST") == {REAL: "", BENT: "", SHUFFLE: NO_EFFECT, USELESS: NO_EFFECT}
    table = indices(store, ["welcome"])
    words = too_few(table, "welcome")
    assert words.startswith("64 base samples are too few for such shares: ")
    asked = ["sensitivity", str(store.folder), "--outcome", "welcome"]
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(app, asked)
    page = (store.folder / "sensitivity.html").read_text(encoding="utf-8")
    assert words in page
    assert page.count('alt="welcome, first-order share') == 1
    assert "64 base samples are too few" in " ".join(ran.output.split())
    assert f"at the end” {REAL} (" in " ".join(ran.output.split())


def test_enough_base_samples_are_not_called_few() -> None:
    row = {"outcome": "welcome", "input": REAL, "index": "S1", "samples": 4096, "note": ""}
    good = pd.DataFrame([{**row, "value": 0.8, "low": 0.76, "high": 0.84}])
    assert too_few(good, "welcome") == ""
    wide = good.assign(high=0.77 + WIDEST)
    assert f"is 0.11 wide, more than {WIDEST:g}" in too_few(wide, "welcome")
    above = good.assign(value=1.31, low=1.3, high=1.32)
    assert f"S1 of {REAL} is 1.31, more than the whole" in too_few(above, "welcome")


@pytest.mark.parametrize(("one_luck", "times"), [(False, 2), (False, 5), (True, 5), (True, 8)])
def test_luck_is_hardly_ever_taken_for_an_effect(one_luck: bool, times: int) -> None:
    """In four hundred made-up sweeps of six inputs whose effects are all luck."""
    wrong = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        spread = rng.uniform(0.5, 2, (12, 6, 1))
        shape = (1 if one_luck else 12, 6, times)
        effects = spread * rng.standard_normal(shape)
        limit = noise.mean_square(effects, one_luck)
        wrong += (np.square(effects.mean(axis=2)).mean(axis=0) > limit).any()
    assert wrong <= 12  # one in a hundred is meant: four, and chance


@pytest.mark.parametrize("one_luck", [False, True])
def test_an_effect_beyond_luck_is_told(one_luck: bool) -> None:
    rng = np.random.default_rng(1)
    effects = rng.standard_normal((1 if one_luck else 12, 3, 6)) + np.zeros((12, 1, 1))
    effects[:, 0] += 6
    limit = noise.mean_square(effects, one_luck)
    assert (np.square(effects.mean(axis=2)).mean(axis=0) > limit).tolist() == [True, False, False]
    assert (noise.mean_square(np.ones((12, 3, 5)), one_luck) == 0).all()
    assert np.isnan(noise.mean_square(effects[..., :1], one_luck)).all()
    assert np.isnan(noise.mean_square(effects[..., :4], one_luck)).all() == one_luck


def test_the_answer_names_no_noise() -> None:
    row = {"outcome": "welcome", "index": "mu_star", "other": "", "value": 0.2}
    table = pd.DataFrame(
        [{**row, "input": REAL, "note": NOISE}, {**row, "input": BENT, "note": ""}]
    )
    assert f"{BENT} (0.20) (numbers" in of_sensitivity(table, ["welcome"])
    assert "nothing (not told apart from noise)" in of_sensitivity(table[:1], ["welcome"])
    none = table.assign(note=NO_EFFECT, value=0.0)
    assert "“Feel welcome, at the end” nothing, in any run" in of_sensitivity(none, ["welcome"])
