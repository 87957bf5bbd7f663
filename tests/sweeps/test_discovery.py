"""Boxes of conditions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from expatsim.errors import InputError
from expatsim.sweeps.discovery import discover
from sweep_files import made_up


def test_discovery_finds_a_known_box(tmp_path) -> None:
    store = made_up(
        tmp_path,
        "latin",
        600,
        lambda x: 1 - ((x["leave_choice"] > 0.6) & (x["english_information"] < 0.5)).astype(float),
    )
    first = discover(store, "welcome", 0.5).iloc[0]
    assert first["density"] > 0.98
    assert first["coverage"] > 0.95
    assert "leave_choice above" in first["conditions"]
    assert "english_information up to" in first["conditions"]
    assert set(first["bounds"]) == {"leave_choice", "english_information"}
    low, high = first["bounds"]["leave_choice"]
    assert store.frame()["leave_choice"].rank(pct=True)[
        store.frame()["leave_choice"] > low
    ].min() == pytest.approx(0.6, abs=0.02)
    assert high == np.inf
    with pytest.raises(InputError, match="no run is below"):
        discover(store, "welcome", -1.0)


def corner(x):
    """Low in a corner of the unit cube."""
    return 1 - ((x["leave_choice"] > 0.6) & (x["english_information"] < 0.5)).astype(float)


def test_the_curve_of_a_tree_is_its_leaves_taken_together(tmp_path) -> None:
    store = made_up(tmp_path, "latin", 300, corner)
    frame, boxes = store.frame(), discover(store, "welcome", 0.5)
    inside = np.zeros(len(frame), bool)
    for box in boxes.itertuples():
        inside |= np.logical_and.reduce(
            [(frame[k] > low) & (frame[k] <= high) for k, (low, high) in box.bounds.items()]
        )
        low = frame["welcome"] < 0.5
        assert box.curve_density == pytest.approx(low[inside].mean())
        assert box.curve_coverage == pytest.approx((low & inside).sum() / low.sum())
    assert boxes["curve_coverage"].iloc[-1] == pytest.approx(1)
    above = discover(store, "welcome", above=0.5)
    assert above["density"].iloc[0] == 1
    assert above["runs"].sum() == boxes["runs"].sum()
    with pytest.raises(InputError, match="give one of below and above"):
        discover(store, "welcome", 0.5, above=0.4)
    with pytest.raises(InputError, match="method: 'cart' is not one of tree, prim"):
        discover(store, "welcome", 0.5, method="cart")


@pytest.fixture
def ema():
    """The EMA workbench, which warns of parts that are not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "ema_workbench.analysis.prim", reason="the EMA workbench is not installed"
        )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # it calls pandas in old ways
def test_prim_is_that_of_the_ema_workbench(ema, tmp_path) -> None:
    store = made_up(tmp_path, "latin", 300, corner)
    frame, boxes = store.frame(), discover(store, "welcome", 0.5, method="prim")
    box = ema.Prim(
        frame[list(store.settings["inputs"])], (frame["welcome"] < 0.5).to_numpy(), threshold=0.8
    ).find_box()
    theirs = box.peeling_trajectory
    np.testing.assert_array_equal(boxes[["coverage", "density"]], theirs[["coverage", "density"]])
    np.testing.assert_array_equal(boxes["runs"], theirs["n"])
    np.testing.assert_array_equal(boxes["bounds"].map(len), theirs["res_dim"])
    pure = boxes[boxes["density"] > 0.95].iloc[0]
    assert pure["coverage"] > 0.8
    assert set(pure["bounds"]) == {"leave_choice", "english_information"}
    assert pure["p_value"] < 1e-6
    for step in boxes.itertuples():  # its bounds hold the runs that it counts
        inside = np.ones(len(frame), bool)
        for name, (low, high) in step.bounds.items():
            inside &= (frame[name] >= low) & (frame[name] <= high)
        assert inside.sum() == step.runs


def test_prim_is_refused_in_one_line_where_it_is_missing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("expatsim.extras.find_spec", lambda module: None)
    store = made_up(tmp_path, "latin", 60, corner)
    with pytest.raises(InputError, match=r"PRIM needs more packages: pip install 'expatsim\[ema"):
        discover(store, "welcome", 0.5, method="prim")


def test_a_threshold_is_a_number(tmp_path) -> None:
    with pytest.raises(InputError, match=r"^below: must be a number, not '0.4'$"):
        discover(None, "welcome", "0.4")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^above: must be a finite number, not nan$"):
        discover(None, "welcome", above=float("nan"))  # type: ignore[arg-type]
