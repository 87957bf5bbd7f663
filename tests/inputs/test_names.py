"""Names of files: with and without ending, with dots, in other folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expatsim.inputs.names import ENDINGS, find, name_of, no_such
from expatsim.scenario import load


@pytest.mark.parametrize("stem", ["plan", "plan.v2", "plan.2010-01", ".hidden", "plan.yaml"])
@pytest.mark.parametrize("ending", [*ENDINGS, ".YAML"])
def test_a_name_with_dots_is_found(stem: str, ending: str, tmp_path) -> None:
    file = tmp_path / f"{stem}{ending}"
    file.write_text("title: x")
    other = tmp_path / "sweeps"
    other.mkdir()
    assert find(tmp_path, f"{stem}{ending}") == file
    assert find(other, f"../{stem}{ending}").samefile(file)
    assert name_of(file) == stem
    if ending != ".YAML":
        assert find(tmp_path, stem) == file
        assert find(other, f"../{stem}").samefile(file)


def test_a_name_is_not_a_folder(tmp_path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan.yaml").write_text("title: x")
    assert find(tmp_path, "plan") == tmp_path / "plan.yaml"


def test_a_scenario_is_loaded_by_its_name(tmp_path) -> None:
    (tmp_path / "plan.v2.yml").write_text("title: x\ncity: rotterdam\n")
    assert load(tmp_path / "plan.v2").name == load(tmp_path / "plan.v2.yml").name == "plan.v2"


def test_a_missing_name_is_hinted_at(tmp_path) -> None:
    for name in ("rotterdam.yaml", "plan.v2.yml", "own.yaml"):
        (tmp_path / name).write_text("title: x")
    assert find(tmp_path, "roterdam") == tmp_path / "roterdam.yaml"
    assert no_such(tmp_path, "roterdam") == "no scenario 'roterdam'; did you mean 'rotterdam'?"
    (tmp_path / "x").mkdir()
    assert "did you mean '../rotterdam'" in no_such(tmp_path / "x", "../roterdam.yaml")
    said = no_such(tmp_path, "zzz", tmp_path / "own.yaml")
    assert "plan.v2, rotterdam" in said
    assert "own" not in said.removeprefix(f"no scenario 'zzz'; in {tmp_path}: ")


@given(st.text(max_size=400))
def test_no_name_ends_in_an_exception(name: str) -> None:
    folder = Path(__file__).parent
    assert isinstance(find(folder, name), Path)
    assert no_such(folder, name).startswith("no scenario")
