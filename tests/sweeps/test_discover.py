"""Boxes of conditions."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.errors import InputError
from expatsim.sweeps.discover import discover
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
