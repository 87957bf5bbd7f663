"""A scenario as a dict: the scenario, and the errors, of a file with the same keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

import expatsim as xs
from helpers import ROOT, SCENARIOS

SMALL: dict[str, Any] = {
    "title": "A small one",
    "city": "rotterdam",
    "years": 1,
    "population": {"stock": 60, "inflow": 24},
}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario(path: Path, monkeypatch) -> None:
    monkeypatch.chdir(path.parent)  # names in a dict begin where one stands
    values = YAML(typ="safe").load(path)
    one, other = xs.load(values).describe(), xs.load(path).describe()
    assert one.pop("name")
    assert other.pop("name") == path.stem
    assert one == other


def test_wherever_a_path_may_stand() -> None:
    other = {**SMALL, "title": "Another", "policy": {"mentor_projects": np.float64(0.5)}}
    result = xs.compare([SMALL, other], draws=2, basis=False)
    assert list(result.titles) == ["a-small-one", "another"]
    assert xs.run(SMALL, draws=2).dataset["here"].equals(result.dataset["here"].isel(scenario=[0]))
    rows = pd.DataFrame({"renewal": [0.5]})
    found = xs.evaluate([SMALL, other], rows, outcomes=["people"])
    assert found["scenario"].tolist() == ["a-small-one", "another"]
    assert len(xs.evaluate(SMALL, rows, outcomes=["people"])) == 1
    assert xs.ExpatModel(SMALL).scenario == xs.load(SMALL)
    text = result.provenance["texts"]["another"]  # it can be saved, and is a file
    assert YAML(typ="safe").load(text) == {**other, "policy": {"mentor_projects": 0.5}}


@pytest.mark.parametrize(
    "values",
    [
        {"titel": "x"},
        {**SMALL, "city": "roterdam"},
        {**SMALL, "policy": {"english_information": 3, "nightlif": 1}},
        {**SMALL, "years": 10.5, "draws": True},
        {**SMALL, "changes": [{"date": "2010-13"}, {"date": "2030-01"}]},
        {**SMALL, "changes": [{"date": "2031-01"}]},
        {"title": "x", "based_on": "nowhere"},
        {**SMALL, "population": [1, 2]},
    ],
    ids=str,
)
def test_the_errors_of_a_file(values, tmp_path, monkeypatch) -> None:
    """Without its lines; the name stands where that of the file stood."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(xs.InputError) as one:
        xs.load(values)
    path = tmp_path / "scenario.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(values, file)
    with pytest.raises(xs.InputError) as other:
        xs.load("scenario")
    name = {"x": "x", "A small one": "a-small-one"}.get(values.get("title"), "scenario")
    in_file = [p.split(": ", 1)[1] for p in other.value.problems]
    where = "; in .: scenario; "  # the file itself is not offered
    assert sorted(p.removeprefix(f"{name}: ") for p in one.value.problems) == sorted(
        p.replace(where, "; in .: none; ") for p in in_file
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({**SMALL, "draws": {1}}, "a-small-one: set cannot stand in a scenario"),
        ({**SMALL, ("a", 1): 2}, "a-small-one: keys must be str, int"),
        ({**SMALL, "seed": 10**40}, "a-small-one: seed: "),
        ({**SMALL, "climate": float("nan")}, "a-small-one: climate: must be a number"),
        ({}, "scenario: "),
    ],
    ids=str,
)
def test_what_no_file_has(values, told: str) -> None:
    with pytest.raises(xs.InputError) as error:
        xs.run(values)
    assert error.value.problems[0].startswith(told)


def test_numbers_are_what_they_are() -> None:
    """What is doubted in a file, where 12.345 may stand for thousands, is a number in Python."""
    costs = {"mentor_projects": {"per_participant": 12.345}}
    assert xs.load({**SMALL, "costs": costs}).costs["mentor_projects"]["per_participant"] == 12.345
    assert xs.load({**SMALL, "population": {"inflow": np.int64(24)}}).inflow[0] == 24


def test_equality_and_hash() -> None:
    one, other = xs.load(SMALL), xs.load({**SMALL, "climate": -1})
    assert one == xs.load(dict(SMALL))
    assert one != other
    assert one != "rotterdam"
    assert len({one, other, xs.load(SMALL)}) == 2
    assert xs.load(ROOT / "scenarios" / "rotterdam.yaml") == xs.load("rotterdam")
