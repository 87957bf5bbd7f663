"""Every shipped scenario gives what its file of expected results says; every example works."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest

import expatsim as xs
from expatsim.sweeps import load_sweep
from expected import FOLDER, file_of, results
from helpers import ROOT, SCENARIOS

RECOMMENDATIONS = (
    "rotterdam-all-recommendations",
    "rotterdam-english-information",
    "rotterdam-mentor-projects",
    "rotterdam-visible-desk",
)


def test_results_are_as_expected() -> None:
    found = results()
    assert set(found) == {p.stem for p in SCENARIOS}
    wrong = []
    for name, frame in found.items():
        expected = pd.read_csv(file_of(name), index_col="outcome")
        assert list(expected.index) == list(frame.index)
        for column in frame.columns:
            beyond = (frame[column] - expected[column]).abs() > expected[f"{column} within"]
            wrong += [f"{name}: {o}: {column}" for o in expected.index[beyond]]
    assert not wrong, "\n".join([*wrong, "meant? python tests/expected.py"])


def test_nothing_is_left_over() -> None:
    files = {p.name for p in FOLDER.glob("*.expected.csv")}
    assert files == {file_of(p.stem).name for p in SCENARIOS}


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_recommendations_quote_the_report(name: str) -> None:
    """The header has the sentence that a scenario comes from, and where it stands."""
    head = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("title:")[0]
    quoted = re.search(r'"([^"]{60,})"', head.replace("\n#", ""))
    assert quoted
    assert "section 5.4" in head


def examples() -> list[tuple[str, str]]:
    """YAML in the documents that is a whole scenario or sweep."""
    found = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.S):
            if "title:" in block:
                found.append((path.name, block))
    return found


@pytest.mark.parametrize(("document", "block"), examples())
def test_examples_in_documents_work(document: str, block: str, tmp_path) -> None:
    for path in SCENARIOS:
        shutil.copy(path, tmp_path)
    (tmp_path / "example.yaml").write_text(block.replace("../scenarios/", ""), encoding="utf-8")
    if "design:" in block:
        assert load_sweep(tmp_path / "example.yaml").inputs
    elif "cities:" in block:  # a calibration file, whose cities are the reader's
        assert document == "survey.md"
    else:
        assert xs.check([tmp_path / "example.yaml"]) == []


def test_the_guide_has_three_worked_examples() -> None:
    assert sum(document == "scenarios.md" for document, _ in examples()) >= 3
