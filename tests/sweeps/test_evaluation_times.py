"""Start of the run and delays of levers as inputs: the runs of scenario files that say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.errors import InputError
from expatsim.sweeps.design import design
from expatsim.sweeps.notes import notes
from sweep_files import SCENARIO, files

ABOUT = {"outcomes": ["newcomers_1", "welcome", "people", "expat_years"]}
MONTHLY = {"outcomes": ["people"], "series": ["feels_welcome", "finds_attractive", "knows_desk"]}
PLAN = """policy: {english_information: 0.9}
changes:
  - {date: 2010-07, policy: {desk_visibility: {add: 0.3}}, climate: -1, inflow: 90}
  - {date: 2011-06, policy: {english_information: 0.5}, climate: 0}
"""


def scenario(tmp_path, name: str, more: str = "", start: str = "2010-01"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"{SCENARIO}start: {start}\n{more}", encoding="utf-8")
    return path


def same(frame: pd.DataFrame, runs: dict[int, Path], **about: list[str]) -> None:
    """Runs have the numbers of scenarios of their own, with the same parameters."""
    alone = xs.evaluate(list(runs.values()), pd.DataFrame([{"renewal": 0.5}]), **about)
    names = list(alone.columns[alone.columns.get_loc("renewal") + 1 :])
    assert (frame.loc[list(runs), names].to_numpy() == alone[names].to_numpy()).all()


def test_a_run_that_starts_in_another_month(tmp_path) -> None:
    """Dates stay where they are; what lies before the start holds from the start on."""
    starts = ["2011-01", "2009-07", "2017-05"]
    rows = pd.DataFrame({"renewal": 0.5, "start": starts})
    found = xs.evaluate(scenario(tmp_path, "plan", PLAN), rows, **ABOUT)
    assert found["start"].tolist() == pytest.approx([2011, 2009.5, 2017 + 4 / 12])
    after = """policy: {english_information: 0.9, desk_visibility: {add: 0.3}}
climate: -1
changes: [{date: 2011-06, policy: {english_information: 0.5}, climate: 0}]
"""
    later = scenario(tmp_path, "later", after, "2011-01")
    later.write_text(later.read_text().replace("inflow: 60", "inflow: 90"), encoding="utf-8")
    same(found, {0: later}, **ABOUT)
    same(found, {1: scenario(tmp_path, "early", PLAN, "2009-07")}, **ABOUT)
    last = "policy: {english_information: 0.5, desk_visibility: {add: 0.3}}\n"
    end = scenario(tmp_path, "end", last, "2017-05")
    end.write_text(end.read_text().replace("inflow: 60", "inflow: 90"), encoding="utf-8")
    same(found, {2: end}, **ABOUT)
    assert found["expat_years"].nunique() == 3


def test_a_policy_that_comes_later(tmp_path) -> None:
    """All of it, or one lever, by months; until then as in 2009."""
    plan = scenario(tmp_path, "plan", PLAN)
    rows = {"renewal": [0.5] * 3, "delay": [0, 4, 4], "english_information_delay": [0, 4, 9]}
    found = xs.evaluate(plan, pd.DataFrame(rows), **MONTHLY)
    whole = """changes:
  - {date: 2010-05, policy: {english_information: 0.9}}
  - {date: 2010-07, climate: -1, inflow: 90}
  - {date: 2010-11, policy: {desk_visibility: {add: 0.3}}}
  - {date: 2011-06, climate: 0}
  - {date: 2011-10, policy: {english_information: 0.5}}
"""
    one = whole.replace("2010-05", "2010-10").replace("  - {date: 2011-10", "#")
    dates = sorted(one.splitlines()[1:-1], key=lambda line: line.split("date: ")[1])
    one = "\n".join(["changes:", *dates, ""])
    runs = {0: plan, 1: scenario(tmp_path, "w", whole), 2: scenario(tmp_path, "o", one)}
    same(found, runs, **MONTHLY)
    welcome = [f"feels_welcome[2010-{month:02d}]" for month in range(1, 13)]
    assert len(found[welcome].drop_duplicates()) == 3


def test_a_level_that_begins_later(tmp_path) -> None:
    """A level that a row sets holds from the month of its delay on, and the scenario's before."""
    plan = scenario(tmp_path, "plan", PLAN)
    rows = {"renewal": 0.5, "nightlife": [2.0, 2.0], "nightlife_delay": [0, 8]}
    found = xs.evaluate(plan, pd.DataFrame(rows), **MONTHLY)
    both = "policy: {nightlife: 2, english_information: 0.9}"
    now = PLAN.replace("policy: {english_information: 0.9}", both)
    eight = "  - {date: 2010-09, policy: {nightlife: 2}}\n  - {date: 2011-06"
    later = PLAN.replace("  - {date: 2011-06", eight)
    runs = {0: scenario(tmp_path, "now", now), 1: scenario(tmp_path, "eight", later)}
    same(found, runs, **MONTHLY)
    assert found["finds_attractive[2010-06]"].nunique() == 2


def test_times_in_a_design(tmp_path) -> None:
    """Whole months between the ends; a design of few levels has both ends."""
    text = "levers: {english_information: [0.3, 1], delay: [0, 11], nightlife_delay: [3, 5]}\n"
    path = files(tmp_path, "latin", 200, extra="years: 1\n")
    old = path.read_text()
    new = old.replace("levers:\n  english_information: [0.3, 1.0]\n", text)
    path.write_text(new.replace("renewal_wish: [0.2, 1.0]", "start: [2009.5, 2011]"))
    sweep = xs.load_sweep(path)
    assert sweep.inputs["delay"] == sweep.inputs["nightlife_delay"] == "lever"
    assert sweep.inputs["start"] == "uncertainty"
    runs = design(sweep)
    assert np.bincount(runs["delay"].astype(int), minlength=12).min() >= 15
    months = np.rint(12 * runs["start"]).astype(int)
    assert (months.min(), months.max()) == (12 * 2009 + 6, 12 * 2011)
    assert set(runs["nightlife_delay"]) == {3, 4, 5}
    assert "levers.nightlife_delay: nothing changes that could come later" in notes(sweep)
    path.write_text(path.read_text().replace("latin", "grid").replace("samples: 200", "samples: 2"))
    assert set(design(xs.load_sweep(path))["delay"]) == {0, 11}


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ({"delay": [1.5]}, "table: delay: must be whole numbers of months"),
        (
            {"delay": [-1]},
            "table: delay: '-1' in row 1 is out of range (allowed: 0 to 360, months)",
        ),
        (
            {"start": ["2010-13"]},
            (
                "table: start: '2010-13' in row 1 is no number (allowed: 1900 to 2100, year; "
                "2012.5 is July 2012)"
            ),
        ),
        (
            {"nightlive_delay": [1]},
            (
                "table: column 'nightlive_delay' is no parameter or lever; did you mean "
                "'nightlife_delay'?"
            ),
        ),
    ],
)
def test_times_that_cannot_be(rows, line: str, tmp_path) -> None:
    with pytest.raises(InputError) as error:
        xs.evaluate(scenario(tmp_path, "s"), pd.DataFrame(rows))
    assert error.value.problems == [f"evaluate: {line}"]


def test_what_a_moving_start_excludes(tmp_path) -> None:
    plan = scenario(tmp_path, "plan", PLAN)
    with pytest.raises(InputError) as error:
        xs.evaluate(plan, pd.DataFrame({"start": [2010, 2011]}), series=["here"], years=1)
    assert error.value.problems == [
        "evaluate: series: runs that start in different months have no months in common",
        "evaluate: years: plan changes after its end, where a later start comes; leave it out",
    ]
