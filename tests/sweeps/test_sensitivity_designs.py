"""Indices of eFAST, of pairs, of tables that somebody made, and of one of several scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.sweeps import Store, indices, load_sweep
from expatsim.sweeps.design import DUMMY, design, problem, unit_settings
from expatsim.sweeps.discovery import Target
from expatsim.sweeps.execute import ChunkResult, chunk_of
from expatsim.sweeps.page import write_page
from expatsim.sweeps.run import settings_of
from expatsim.sweeps.sensitivity import CONSTANT, NO_EFFECT, NOISE, final
from sweep_files import SCENARIO, files

NAMES = ["wish_welcome", "renewal_wish", "leave_choice", "english_information"]


def filled(path: Path, place: Path, y: Any) -> Store:
    """A store whose ``welcome`` is a function of the table of runs; nothing is simulated."""
    chosen = load_sweep(path)
    runs = design(chosen)
    store = Store.create(place, settings_of(chosen, runs), runs)
    results = pd.DataFrame({"welcome": y(chosen, runs), "people": 1.0}, runs.index)
    size = chunk_of(chosen)
    for k, start in enumerate(range(0, len(runs), size)):
        store.keep(ChunkResult(k, results.iloc[start : start + size], {}, 0.1))
    return store


def of_unit(function: Any) -> Any:
    """A function of the runs from one of the unit cube."""

    def y(chosen: Any, runs: pd.DataFrame) -> np.ndarray:
        about = chosen.file
        unit = unit_settings(
            about.design, about.samples, about.seed, chosen.inputs, about.second_order
        )
        x = pd.DataFrame(unit[:, : len(NAMES)], columns=list(chosen.inputs))
        return function(x).to_numpy()[runs["setting"]]

    return y


def test_shares_of_efast(tmp_path) -> None:
    """Those that the algebra gives, SALib's own numbers, and a dummy that no run uses."""
    from SALib.analyze import fast

    store = filled(
        files(tmp_path, "fast", 257),
        tmp_path / "runs",
        of_unit(lambda x: 2 * x["leave_choice"] + x["wish_welcome"]),
    )
    assert store.status() == {"done": 257 * 5}
    table = indices(store, ["welcome"]).set_index(["index", "input"])
    assert table.loc[("S1", "leave_choice"), "value"] == pytest.approx(0.8, abs=0.01)
    assert table.loc[("ST", "wish_welcome"), "value"] == pytest.approx(0.2, abs=0.02)
    with pytest.warns(UserWarning, match="FAST confidence"):
        s = fast.analyze(problem([*NAMES, DUMMY]), store.results()["welcome"].to_numpy())
    np.testing.assert_allclose(table.loc["ST", "value"].loc[NAMES], s["ST"][:-1], rtol=1e-12)
    assert (table.loc["ST", "threshold"] == s["ST"][-1]).all()
    assert table.loc["ST", "value"].loc["renewal_wish"] < 0.02 > s["ST"][-1]
    page = write_page(store, indices(store, ["welcome"]), ["welcome"], None)
    assert "A dummy, an input that no run uses, has " in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("samples", [65, 257])
@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + 2 * b,
        lambda a, b: a * b,
        lambda a, b: np.sin(6.28 * a) * (1 + b**4),
        lambda a, b: 1.0 * (a + b > 1.2),
    ],
)
def test_what_does_nothing_is_noise_to_efast(function, samples: int, tmp_path) -> None:
    """Half of the curves of such inputs are above that of the dummy, by chance."""

    def y(x: pd.DataFrame) -> pd.Series:
        return pd.Series(function(x["leave_choice"], x["wish_welcome"]))

    store = filled(files(tmp_path, "fast", samples), tmp_path / "runs", of_unit(y))
    table = indices(store, ["welcome"]).set_index(["index", "input"])["note"]
    told = dict(table["ST"])
    assert {told[x] for x in ("renewal_wish", "english_information")} == {NOISE}
    if samples > 100:
        assert {told[x] for x in ("leave_choice", "wish_welcome")} == {""}


@pytest.mark.parametrize("kind", ["latin", "sobol", "fast", "morris", "grid", "one_at_a_time"])
def test_an_outcome_that_never_varies_has_no_effects(kind: str, tmp_path) -> None:
    samples = {"latin": 32, "sobol": 4, "fast": 65, "grid": 2}.get(kind, 4)
    store = filled(
        files(tmp_path, kind, samples), tmp_path / "runs", of_unit(lambda x: 0 * x["leave_choice"])
    )
    table = indices(store, ["welcome"]).query("index != 'sigma'")
    assert (table["value"] == 0).all()
    assert set(table["note"]) == {NO_EFFECT}


def test_a_grid_names_what_has_no_effect_and_not_what_acts_with_others_only(tmp_path) -> None:
    store = filled(
        files(tmp_path, "grid", 2),
        tmp_path / "runs",
        of_unit(lambda x: (x["leave_choice"] - 0.5) * (x["wish_welcome"] - 0.5)),
    )
    notes = indices(store, ["welcome"]).set_index("input")["note"]
    assert {k for k, note in notes.items() if note == NO_EFFECT} == {
        "renewal_wish",
        "english_information",
    }


@pytest.mark.parametrize("settings", [64, 300])
def test_an_input_that_decides_an_outcome_of_two_values_is_no_noise(settings, tmp_path) -> None:
    """In each of its parts the outcome does not vary, so that parts have no density."""
    store = filled(
        files(tmp_path, "latin", settings),
        tmp_path / "runs",
        of_unit(lambda x: 1.0 * (x["leave_choice"] > 0.5)),
    )
    found = final(indices(store, ["welcome"])).set_index(["index", "input"])
    assert found.loc["delta", "value"].idxmax() == "leave_choice"
    assert {k for k, note in found.loc["delta", "note"].items() if not note} == {"leave_choice"}


def test_shares_of_pairs(tmp_path) -> None:
    """The product of two inputs, without what each has alone; nothing for other pairs."""
    from SALib.analyze import sobol

    store = filled(
        files(tmp_path, "sobol", 512, "second_order: true\n"),
        tmp_path / "runs",
        of_unit(lambda x: (x["leave_choice"] - 0.5) * (x["wish_welcome"] - 0.5)),
    )
    assert store.status() == {"done": 512 * 10}
    table = indices(store, ["welcome"])
    pairs = table[table["index"] == "S2"].set_index(["input", "other"])
    assert len(pairs) == 6
    assert pairs.loc[("wish_welcome", "leave_choice"), "value"] == pytest.approx(1, abs=0.1)
    others = pairs.drop(index=("wish_welcome", "leave_choice"))["value"]
    assert others.abs().max() < 0.1
    s = sobol.analyze(problem(NAMES), store.results()["welcome"].to_numpy(), seed=1)
    np.testing.assert_allclose(pairs["value"], s["S2"][np.triu_indices(4, 1)], rtol=1e-9)
    words = ["sensitivity", str(store.folder), "--outcome", "welcome", "--all"]
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, words)
    assert done.exit_code == 0
    assert "S2: wish_welcome and leave_choice" in done.output
    page = (store.folder / "sensitivity.html").read_text(encoding="utf-8")
    assert page.count("<td>0.9") + page.count("<td>1.0") >= 1
    assert "wish_welcome and leave_choice" in page


def table_file(folder: Path, rows: pd.DataFrame) -> Path:
    (folder / "small.yaml").write_text(SCENARIO)
    (folder / "desk.yaml").write_text(f"{SCENARIO}policy: {{desk_visibility: 0.9}}\n")
    rows.to_csv(folder / "rows.csv", index=False)
    path = folder / "table.yaml"
    path.write_text(
        "title: t\nscenario: small\nothers: [desk]\ndesign: file\ntable: rows.csv\n"
        "outcomes: [welcome, people]\n"
    )
    return path


def test_indices_of_a_table(tmp_path) -> None:
    """Those of the Latin hypercube whose values it has, threshold included; others have notes."""
    (tmp_path / "latin").mkdir()
    latin = filled(
        files(tmp_path / "latin", "latin", 120),
        tmp_path / "latin" / "runs",
        of_unit(lambda x: 2 * x["leave_choice"] + x["wish_welcome"]),
    )
    rows = latin.inputs().drop(columns=["setting", "replicate"])
    y = latin.results()["welcome"].to_numpy()
    two = np.resize([0.2, 0.4, 0.4, 0.2, 0.2], len(rows))  # nothing to do with the outcome
    more = rows.assign(nightlife=0.5, housing_supply=two)
    store = filled(
        table_file(tmp_path, more),
        tmp_path / "runs",
        lambda chosen, runs: y[runs["setting"]] * (1 + (runs["scenario"] == "desk")),
    )
    by_values = final(indices(store, ["welcome"])).set_index(["index", "input"])
    by_rank = final(indices(latin, ["welcome"])).set_index(["index", "input"])
    # the bootstrap has other luck
    np.testing.assert_allclose(
        by_values.loc["delta", "value"].loc[NAMES],
        by_rank.loc["delta", "value"].loc[NAMES],
        atol=0.03,
    )
    np.testing.assert_allclose(
        by_values.loc["pawn", "value"].loc[NAMES],
        by_rank.loc["pawn", "value"].loc[NAMES],
        atol=0.02,
    )
    assert by_values.loc[("delta", "nightlife"), "note"] == CONSTANT
    for index in ("delta", "pawn"):
        assert by_values.loc[(index, "leave_choice"), "note"] == ""
        assert by_values.loc[(index, "housing_supply"), "note"] == NOISE
        limits = by_values.loc[index, "threshold"]
        assert limits["leave_choice"] == limits["wish_welcome"] != limits["housing_supply"]
    page = write_page(
        store, indices(store, ["welcome"]), ["welcome"], Target("welcome", "below", 2.0), "desk"
    )
    assert "nan" not in page.read_text(encoding="utf-8")


def test_indices_of_one_of_several_scenarios(tmp_path) -> None:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"leave_choice": rng.uniform(0.001, 0.03, 60), "renewal": rng.random(60)})
    rows["renewal"] = 0.3 + rows["renewal"] / 2

    def y(chosen: Any, runs: pd.DataFrame) -> np.ndarray:
        return np.where(runs["scenario"] == "desk", runs["renewal"], runs["leave_choice"])

    store = filled(table_file(tmp_path, rows), tmp_path / "runs", y)
    for scenario, strongest in ((None, "leave_choice"), ("small", "leave_choice"), ("desk", "ren")):
        table = final(indices(store, ["welcome"], scenario=scenario))
        top = table[table["index"] == "delta"].set_index("input")["value"].idxmax()
        assert top.startswith(strongest)
    with pytest.raises(InputError, match=r"no scenario 'dsk' in .*; did you mean 'desk'"):
        indices(store, scenario="dsk")
    folder = str(store.folder)
    done = CliRunner().invoke(app, ["runs", "show", folder])
    assert done.output.count("Scenario: Small") == 2
    done = CliRunner().invoke(
        app, ["sensitivity", folder, "--outcome", "welcome", "--scenario", "desk", "--below", "0.5"]
    )
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("kind", "samples", "extra", "line"),
    [
        ("fast", 64, "", "10: samples: 64 are too few for fast (at least 65)"),
        ("fast", 65, "luck: independent\n", "12: luck: independent would add its own signal"),
        ("latin", 65, "second_order: true\n", "12: second_order: is for design: sobol only"),
    ],
)
def test_one_clear_line(kind: str, samples: int, extra: str, line: str, tmp_path) -> None:
    path = files(tmp_path, kind, samples, extra)
    with pytest.raises(InputError) as error:
        load_sweep(path)
    assert error.value.problems[0].removeprefix(f"{path}:").startswith(line)
