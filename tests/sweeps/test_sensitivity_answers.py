"""Indices of outcomes whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest

from expatsim.sweeps import Store
from expatsim.sweeps.sensitivity import final, indices
from sweep_files import made_up


def by_input(store: Store, index: str) -> pd.Series:
    table = final(indices(store, ["welcome"]))
    return table[table["index"] == index].set_index("input")["value"]


def test_sobol_knows_a_linear_answer(tmp_path) -> None:
    """y = 2a + b of even inputs: four fifths and one fifth, and nothing for the third."""
    store = made_up(
        tmp_path, "sobol", 512, lambda x: 2 * x["wish_welcome"] + x["english_information"]
    )
    for index in ("S1", "ST"):
        found = by_input(store, index)
        assert found["wish_welcome"] == pytest.approx(0.8, abs=0.05)
        assert found["english_information"] == pytest.approx(0.2, abs=0.05)
        assert found["leave_choice"] == pytest.approx(0, abs=0.02)
    table = indices(store, ["welcome"])
    assert sorted(table["samples"].unique()) == [128, 256, 512]
    assert (final(table)["low"] <= final(table)["value"]).all()
    assert indices(store, ["welcome"]).equals(table)  # intervals too


def test_morris_tells_strong_from_bent(tmp_path) -> None:
    store = made_up(
        tmp_path, "morris", 40, lambda x: 3 * x["wish_welcome"] + 4 * (x["leave_choice"] - 0.5) ** 2
    )
    strong, spread = by_input(store, "mu_star"), by_input(store, "sigma")
    assert strong["english_information"] == pytest.approx(0, abs=1e-9)
    assert spread["leave_choice"] > 5 * spread["wish_welcome"]
    assert strong["wish_welcome"] > 1


def test_delta_and_pawn_see_the_input_that_matters(tmp_path) -> None:
    store = made_up(tmp_path, "latin", 400, lambda x: x["leave_choice"])
    for index in ("delta", "pawn"):
        found = by_input(store, index)
        assert found.idxmax() == "leave_choice"
        assert found["leave_choice"] > 3 * found.drop("leave_choice").max()


def test_grid_and_one_at_a_time(tmp_path) -> None:
    (tmp_path / "g").mkdir()
    grid = made_up(tmp_path / "g", "grid", 3, lambda x: x["leave_choice"])
    assert by_input(grid, "main")["leave_choice"] == pytest.approx(1)
    (tmp_path / "o").mkdir()
    single = made_up(tmp_path / "o", "one_at_a_time", 2, lambda x: x["leave_choice"])
    swings = by_input(single, "swing")
    assert swings["leave_choice"] > 0
    assert swings.drop("leave_choice").abs().max() < 0.5 * swings["leave_choice"]
