"""A full calibration with a city of one's own, from its settings file to draws that are used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expatsim.calibration.run import run_calibration
from expatsim.calibration.settings import load_settings
from expatsim.model.parameters import registry
from expatsim.projections import load_all
from expatsim.runs.prepare import prepare

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
LEVELS = ["eindhoven_desk_visibility", "eindhoven_dutch_practice"]
# as few households and steps as the settings allow: nothing is learned, everything is run
SETTINGS = """title: with the answers of Eindhoven
cities: [eindhoven]
households: {rotterdam: 400, den_haag: 300}
pilot: 200
rounds: 1
luck: 16
walkers: 2
tune: 20
burn: 0
steps: 50
draws: 50
"""


@pytest.mark.slow  # a minute and a half of one core, most of it the diagnostics
def test_a_chain_with_a_city_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "eindhoven"
    shutil.copytree(EINDHOVEN, folder)
    described = (folder / "city.yaml").read_text(encoding="utf-8")
    (folder / "city.yaml").write_text(f"{described}households: 300\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(SETTINGS, encoding="utf-8")
    settings = load_settings(tmp_path / "c.yaml")
    assert settings.size == {"rotterdam": 400, "den_haag": 300, "eindhoven": 300}
    table = run_calibration(settings, tmp_path / "out")
    assert list(table.index) == [*registry(), *LEVELS]
    fit = pd.read_csv(tmp_path / "out" / "targets.csv")
    assert {"feels welcome, Eindhoven", "wish to stay"} <= set(fit["target"])
    record = json.loads((tmp_path / "out" / "posterior.json").read_text(encoding="utf-8"))
    assert list(record["settings"]["cities"]) == ["eindhoven"]
    assert record["diagnostics"]["converged"].startswith("NO")  # and it says so
    file = tmp_path / "out" / "posterior.parquet"
    draws = pd.read_parquet(file)
    assert list(draws.columns) == [*registry(), *LEVELS]
    (tmp_path / "s.yaml").write_text("title: t\ncity: ./eindhoven\n", encoding="utf-8")
    (scenario,) = load_all([tmp_path / "s.yaml"], parameters=str(file))
    values = prepare(scenario, np.arange(50)).parameters
    for level in LEVELS:
        assert np.sort(values[level]) == pytest.approx(np.sort(draws[level]), rel=1e-5)
