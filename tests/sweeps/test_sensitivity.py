"""Sensitivity indices: right by hand, honest about noise, about luck and about what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.sweeps import Store, indices, load_sweep, open_runs, sweep
from expatsim.sweeps.design import MORRIS_LEVELS, design, unit_settings
from expatsim.sweeps.discovery import discover
from expatsim.sweeps.execute import CHUNK, ChunkResult
from expatsim.sweeps.page import write_page
from expatsim.sweeps.run import settings_of
from expatsim.sweeps.sensitivity import final
from sweep_files import files

NAMES = ["leave_choice", "wish_welcome", "renewal_wish", "english_information"]


def made_up(
    folder: Path,
    kind: str,
    samples: int,
    function: Callable[[pd.DataFrame, pd.Series], pd.Series],
    extra: str = "",
) -> Store:
    """A store whose ``welcome`` is a function of the unit cube and of a number for each luck."""
    chosen = load_sweep(files(folder, kind, samples, extra))
    runs = design(chosen)
    about = chosen.file
    points = unit_settings(kind, samples, about.seed, chosen.inputs)[runs["setting"]]
    unit = pd.DataFrame(points, runs.index, list(chosen.inputs))
    luck = np.random.default_rng(5).standard_normal(runs["replicate"].max() + 1)
    chance = pd.Series(luck[runs["replicate"]], runs.index)
    y = function(unit, chance)
    store = Store.create(folder / "runs", settings_of(chosen, runs), runs)
    for k, start in enumerate(range(0, len(runs), CHUNK)):
        part = runs.index[start : start + CHUNK]
        results = pd.DataFrame({"welcome": y.loc[part], "people": 1.0}, part)
        store.keep(ChunkResult(k, results, {}, 0.1))
    return store


def by_input(store: Store, index: str) -> pd.DataFrame:
    table = final(indices(store, ["welcome"]))
    return table[table["index"] == index].set_index("input")


def test_elementary_effects_by_hand(tmp_path) -> None:
    """Also where two levels of an input have one value."""
    store = made_up(
        tmp_path, "morris", 6, lambda x, e: x["leave_choice"] ** 2 - x["renewal_wish"] + 0 * e
    )
    chosen = load_sweep(tmp_path / "sweep.yaml")
    unit = unit_settings("morris", 6, chosen.file.seed, chosen.inputs)
    y = store.results()["welcome"].to_numpy()
    size, step = len(NAMES) + 1, MORRIS_LEVELS / 2 / (MORRIS_LEVELS - 1)
    effects: dict[str, list[float]] = {name: [] for name in chosen.inputs}
    for start in range(0, len(y), size):
        for row in range(start, start + size - 1):
            moved = unit[row + 1] - unit[row]
            k = int(np.flatnonzero(moved)[0])
            assert abs(moved[k]) == pytest.approx(step)
            effects[list(chosen.inputs)[k]].append((y[row + 1] - y[row]) / moved[k])
    strong, spread = by_input(store, "mu_star"), by_input(store, "sigma")
    for name, found in effects.items():
        assert len(found) == 6
        assert strong.loc[name, "value"] == pytest.approx(np.mean(np.abs(found)))
        assert spread.loc[name, "value"] == pytest.approx(np.std(found, ddof=1))
    assert strong.loc["renewal_wish", "value"] == pytest.approx(1)
    assert strong.loc["wish_welcome", "note"] == "no effect in any run"


@pytest.mark.parametrize(("kind", "samples"), [("sobol", 256), ("morris", 24)])
def test_independent_luck_is_one_more_input(kind: str, samples: int, tmp_path) -> None:
    """An input that cannot matter is exactly zero, and chance takes its share from the others."""
    store = made_up(
        tmp_path,
        kind,
        samples,
        lambda x, e: 2 * x["leave_choice"] + x["renewal_wish"] + 0.6 * e,
        "luck: independent\n",
    )
    index = {"sobol": "ST", "morris": "mu_star"}[kind]
    found = by_input(store, index)
    for name in ("wish_welcome", "english_information"):
        assert tuple(found.loc[name, ["value", "low", "high"]]) == (0, 0, 0)
        assert found.loc[name, "note"] == "no effect in any run"
    if kind == "morris":
        assert found.loc["leave_choice", "value"] == pytest.approx(2)
        return
    parts = np.array([4 / 12, 1 / 12, 0.36])
    assert found.loc["leave_choice", "value"] == pytest.approx(parts[0] / parts.sum(), abs=0.08)
    assert found.loc["renewal_wish", "value"] == pytest.approx(parts[1] / parts.sum(), abs=0.08)
    first = by_input(store, "S1")
    assert first.loc["leave_choice", "value"] == pytest.approx(parts[0] / parts.sum(), abs=0.12)
    assert first.loc["wish_welcome", "value"] == 0


def test_simulated_luck_leaves_a_lever_of_no_effect_at_zero(tmp_path) -> None:
    """The real thing: a parameter of The Hague cannot matter in Rotterdam."""
    path = files(tmp_path, "sobol", 4, "luck: independent\n")
    text = path.read_text().replace("wish_welcome", "den_haag_desk_visibility")
    path.write_text(text)
    table = indices(sweep(path, tmp_path / "runs"))
    useless = table[table["input"] == "den_haag_desk_visibility"]
    assert (useless[["value", "low", "high"]].to_numpy() == 0).all()
    assert (table["value"].abs() > 0).any()


@pytest.mark.parametrize(("samples", "noise"), [(20, 0.05), (64, 0.1), (300, 0.3)])
def test_an_input_of_no_effect_is_called_so(samples: int, noise: float, tmp_path) -> None:
    store = made_up(
        tmp_path, "latin", samples, lambda x, e: 3 * x["leave_choice"] + noise * e,
        "luck: independent\n",
    )  # fmt: skip
    table = indices(store, ["welcome"])
    shown = final(table)
    for index in ("delta", "pawn"):
        found = shown[shown["index"] == index].set_index("input")
        assert found.loc["leave_choice", "note"] == ""
        assert found.loc["leave_choice", "value"] > found.loc["leave_choice", "threshold"] > 0
        for name in NAMES[1:]:
            assert found.loc[name, "note"] == "not told apart from noise"
    assert indices(store, ["welcome"]).equals(table)


def test_the_threshold_holds_over_many_sweeps() -> None:
    """Of thirty made-up sweeps with four inputs of no effect hardly one is told wrongly."""
    from expatsim.sweeps import free

    wrong = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y = rng.permuted(np.tile(np.arange(60.0), (4, 1)), axis=1), rng.standard_normal(60) ** 2

        def index(column: np.ndarray, y: np.ndarray = y) -> float:
            return free.pawn(column, y)

        limit = free.threshold(index, x[0], 4, rng)
        wrong += any(index(column) > limit for column in x)
    assert wrong <= 2


@pytest.mark.parametrize("n", [20, 33, 100, 2000])
def test_delta_is_that_of_salib(n: int) -> None:
    from SALib.analyze.delta import calc_delta

    from expatsim.sweeps import free

    rng = np.random.default_rng(n)
    x, y = rng.random(n), rng.standard_normal(n).round(1)
    y[x > 0.8] = 0.5  # a part in which nothing differs
    grid = np.linspace(y.min(), y.max(), 100)
    parts = min(round(np.ceil(n ** (2 / (7 + np.tanh((1500 - n) / 500))))), 48)
    known = calc_delta(y, grid, x, np.linspace(0, n, parts + 1))
    assert free._shift(x, y, grid) == pytest.approx(known, rel=1e-9)


def test_a_grid_with_luck_has_a_threshold(tmp_path) -> None:
    (tmp_path / "own").mkdir()
    own = made_up(
        tmp_path / "own", "grid", 3, lambda x, e: 2 * x["leave_choice"] + 0.3 * e,
        "luck: independent\n",
    )  # fmt: skip
    found = by_input(own, "main")
    assert found.loc["leave_choice", "note"] == ""
    assert set(found.loc[NAMES[1:], "note"]) == {"not told apart from noise"}
    common = made_up(tmp_path, "grid", 3, lambda x, e: 2 * x["leave_choice"] + 0.3 * e)
    exact = by_input(common, "main")
    assert exact["threshold"].isna().all()
    assert np.allclose(exact.loc[NAMES[1:], "value"], 0)


@pytest.mark.parametrize("samples", [2, 3, 5, 8, 19])
def test_too_few_samples_are_too_few(samples: int, tmp_path) -> None:
    store = made_up(tmp_path, "latin", samples, lambda x, e: x["leave_choice"])
    ran = CliRunner().invoke(app, ["sensitivity", str(store.folder)])
    assert isinstance(ran.exception, InputError)
    assert len(ran.exception.problems) == 1
    assert f"need 20 samples or more; this sweep has {samples}" in str(ran.exception)


@pytest.mark.parametrize("samples", range(20, 60, 3))
def test_no_number_of_samples_gives_nothing(samples: int, tmp_path) -> None:
    store = made_up(tmp_path, "latin", samples, lambda x, e: x["leave_choice"].round(1))
    assert final(indices(store, ["welcome"]))["value"].notna().all()


def test_a_missing_outcome_spoils_no_other(tmp_path) -> None:
    """Told with its reason; the page, the table and discovery give the others."""
    store = made_up(
        tmp_path, "latin", 40, lambda x, e: x["leave_choice"].where(x["renewal_wish"] < 0.9)
    )
    ran = CliRunner().invoke(app, ["sensitivity", str(store.folder), "--below", "0.5"])
    assert ran.exit_code == 0, ran.output
    assert "welcome: missing in 4 of 40 runs (nobody to look at), so no indices" in ran.output
    table = pd.read_csv(store.folder / "indices.csv")
    told = table[table["outcome"] == "welcome"]
    assert told["value"].isna().all()
    assert told["note"].str.startswith("missing in 4 of 40 runs").all()
    assert table.loc[table["outcome"] == "people", "value"].notna().all()
    page = (store.folder / "sensitivity.html").read_text(encoding="utf-8")
    assert "No indices: missing in 4 of 40 runs" in page
    assert discover(store, "welcome", 0.5)["runs"].sum() == 36
    with pytest.raises(InputError, match="welcome: missing in 4 of 40"):
        indices(store, ["welcome"])
    shown = CliRunner().invoke(app, ["runs", "show", str(store.folder)])
    assert "welcome: missing in 4 of 40 runs" in shown.output


def test_nobody_to_look_at(tmp_path) -> None:
    """A simulated run in which nobody is left is done, not failed, whatever runs beside it."""
    path = files(tmp_path, "latin", 24, "luck: independent\n")
    (tmp_path / "small.yaml").write_text(
        "title: Few\ncity: rotterdam\nyears: 5\npopulation: {stock: 3, inflow: 0}\n"
    )
    out = tmp_path / "runs"
    ran = CliRunner().invoke(app, ["sweep", str(path), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    store = open_runs(out)
    frame = store.frame()
    nobody = frame["people"] == 0
    assert 0 < nobody.sum() < 24
    assert frame["welcome"].isna().equals(nobody)
    assert f"welcome: missing in {nobody.sum()} of 24 runs" in ran.output
    assert store.to_xarray()["welcome"].isnull().sum() == nobody.sum()


def test_the_page_shows_noise(tmp_path) -> None:
    store = made_up(tmp_path, "latin", 40, lambda x, e: x["leave_choice"] + 0.01 * e)
    page = write_page(store, indices(store), ["welcome", "people"], None)
    text = page.read_text(encoding="utf-8")
    assert "an input that cannot matter hardly ever exceeds delta" in text
    assert " noise</td>" in text
    assert " no effect</td>" in text
