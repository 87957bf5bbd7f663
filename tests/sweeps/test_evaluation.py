"""A table evaluated row by row: the numbers of a sweep, of a run and of scenario files."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.errors import InputError
from expatsim.sweeps import execute
from helpers import ROOT
from sweep_files import SCENARIO, files

OUTCOMES = ["newcomers_1", "welcome", "people"]


@pytest.fixture
def small(tmp_path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def variant(small: Path, name: str, more: str) -> Path:
    path = small.with_name(f"{name}.yaml")
    path.write_text(SCENARIO + more, encoding="utf-8")
    return path


TABLE = pd.DataFrame({"english_information": [0.4, 0.9, 0.6], "leave_choice": [0.004, 0.008, 0.02]})


def test_the_numbers_of_a_sweep(done) -> None:
    """The inputs of a sweep, evaluated: each run the same, in memory and in another order."""
    rows = done.inputs().drop(columns=["setting", "replicate"])
    found = xs.evaluate(
        ROOT / "scenarios" / "rotterdam",
        rows.iloc[::-1],
        outcomes=OUTCOMES,
        people=0.02,
        years=3,
        parameters="prior",
        seed=1,
    )
    expected = done.results()[OUTCOMES].iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[OUTCOMES], expected, check_names=False)


def test_the_numbers_of_a_run(small) -> None:
    """With all parameters of the draws of a run, and their luck, every outcome is the run's."""
    run = xs.run(small, draws=3)
    values = run.dataset["parameter_value"].isel(scenario=0).to_pandas()
    found = xs.evaluate(small, values, luck="independent", groups=["women"], series=["here"])
    expected = xs.outcomes(run).pivot(index="draw", columns="outcome", values="value")
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    here = run.dataset["here"].isel(scenario=0)
    months = [f"here[{month}]" for month in here["month"].to_numpy()]
    np.testing.assert_array_equal(found[months], here)
    women = run.dataset["at_end"].isel(scenario=0).sel(group="women")
    np.testing.assert_array_equal(
        found["wish[women]"], women.sel(trait="wish") / women.sel(trait="here")
    )


def test_climate_and_inflow_are_those_of_a_scenario_that_sets_them(small) -> None:
    rows = pd.DataFrame({"climate": [-1.0, 0.5], "inflow": [90.0, 30.0], "renewal": [0.7, 0.7]})
    found = xs.evaluate(small, rows, series=["arrived"])
    for k in range(2):
        text = SCENARIO.replace("inflow: 60", f"inflow: {rows['inflow'][k]}")
        other = small.with_name(f"world{k}.yaml")
        other.write_text(f"{text}climate: {rows['climate'][k]}\n", encoding="utf-8")
        alone = xs.evaluate(other, rows[["renewal"]].iloc[:1], series=["arrived"])
        names = [c for c in alone if c not in ("setting", "replicate")]
        np.testing.assert_array_equal(found.loc[k, names], alone.loc[0, names])
    # in a quarter of the city, workers who arrive are still those of the whole city
    quarter = xs.evaluate(small, rows, people=0.25, series=["arrived"])
    arrived = [c for c in found if c.startswith("arrived[")]
    ratio = quarter[arrived].to_numpy().sum() / found[arrived].to_numpy().sum()
    assert 0.15 < ratio < 0.35


def test_several_scenarios_have_the_same_rows(small) -> None:
    desk = variant(small, "desk", "policy: {desk_visibility: 0.9}\n")
    both = xs.evaluate([small, desk], TABLE, replicates=2, outcomes=OUTCOMES)
    assert both["scenario"].tolist() == ["small", "desk"] * 6
    assert both["setting"].tolist() == [0] * 4 + [1] * 4 + [2] * 4
    for path in (small, desk):
        alone = xs.evaluate(path, TABLE, replicates=2, outcomes=OUTCOMES)
        mine = both[both["scenario"] == path.stem].drop(columns="scenario").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone, check_names=False)
    assert not both[OUTCOMES].iloc[::2].equals(both[OUTCOMES].iloc[1::2])


def test_a_store_keeps_it_and_goes_on(small, tmp_path, short_chunks) -> None:
    desk = variant(small, "desk", "policy: {desk_visibility: 0.9}\n")
    TABLE.to_csv(tmp_path / "rows.csv", index=False)
    place = tmp_path / "runs"
    seen = []

    def stop(n: int) -> None:
        seen.append(n)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        xs.evaluate([small, desk], tmp_path / "rows.csv", out=place, progress=stop)
    store = xs.open_runs(place)
    assert store.status() == {"done": 4, "pending": 2}
    found = xs.evaluate([small, desk], tmp_path / "rows.csv", out=place, resume=True)
    pd.testing.assert_frame_equal(found, xs.evaluate([small, desk], TABLE))
    assert store.to_xarray()["welcome"].dims == ("scenario", "setting", "replicate")
    with pytest.raises(InputError, match=r"is of another sweep: design: was"):
        xs.evaluate([small, desk], TABLE.iloc[::-1], out=place, resume=True)


def test_failed_runs_are_an_error(small, monkeypatch) -> None:
    def broken(job, threads):
        raise ValueError("no such world")

    monkeypatch.setattr(execute, "_outcomes", broken)
    with pytest.raises(InputError, match=r"3 runs failed \(run 0: ValueError: no such world; "):
        xs.evaluate(small, TABLE)


WRONG = {
    "column 'leave_choise' is no parameter or lever; did you mean 'leave_choice'?": {
        "leave_choise": [0.01]
    },
    "leave_choice: '3.0' in row 2 is out of range (allowed: 0.0005 to 0.04, probability per "
    "month)": {"leave_choice": [0.01, 3]},
    "english_information: 'much' in row 1 is no number (allowed: 0 to 1, share); 2 rows are not "
    "allowed": {"english_information": ["much", None]},
    "climate: must be numbers, not true and false": {"climate": [True, False]},
    "no columns": {},
    "no rows": {"leave_choice": []},
}


@pytest.mark.parametrize("line", WRONG)
def test_one_line_for_what_is_wrong_and_nothing_written(line: str, small, tmp_path) -> None:
    place = tmp_path / "runs"
    with pytest.raises(InputError) as error:
        xs.evaluate(small, pd.DataFrame(WRONG[line]), out=place)
    assert error.value.problems == [f"evaluate: table: {line}"]
    assert not place.exists()


def test_arguments_are_checked_as_a_sweep_file_is(small) -> None:
    with pytest.raises(InputError) as error:
        xs.evaluate(small, TABLE, outcomes=["welcom"], groups=["wome"], series=["her"])
    assert error.value.problems == [
        "evaluate: groups: no group 'wome'; did you mean 'women'?",
        "evaluate: outcomes: no outcome 'welcom'; did you mean 'welcome'?",
        "evaluate: series: no indicator 'her'; did you mean 'here'?",
    ]
    with pytest.raises(InputError, match="evaluate: luck: 'bad' is not one of common, independent"):
        xs.evaluate(small, TABLE, luck="bad")


def test_a_sweep_of_a_file_and_of_draws(small, tmp_path) -> None:
    """``design: file`` has the rows of its table; a file of draws is the source of medians."""
    from expatsim.posterior import read_draws

    draws = read_draws("posterior").iloc[:5]
    draws.to_parquet(tmp_path / "draws.parquet")
    TABLE.to_csv(tmp_path / "rows.csv", index=False)
    path = tmp_path / "sweep.yaml"
    text = "title: t\nscenario: small\nothers: [desk]\ndesign: file\ntable: rows.csv\n"
    variant(small, "desk", "policy: {desk_visibility: 0.9}\n")
    path.write_text(f"{text}uncertainties: {{source: draws.parquet}}\n", encoding="utf-8")
    store = xs.sweep(path, tmp_path / "runs")
    others = {name: draws[name].median() for name in draws if name not in TABLE}
    same = TABLE.join(pd.DataFrame(others, index=TABLE.index))
    expected = xs.evaluate([small, small.with_name("desk.yaml")], same, seed=1)
    pd.testing.assert_frame_equal(store.frame(), expected[store.frame().columns])
    path.write_text(f"{text}samples: 4\nlevers: {{nightlife: [0, 1]}}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        xs.load_sweep(path)
    assert [p.removeprefix(f"{path}:") for p in error.value.problems] == [
        "6: samples: is in the table; leave it out",
        "7: levers: is in the table; leave it out",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"design": "file"}, "9: design: file needs a table; give table: NAME.csv"),
        ({"extra": "table: rows.csv\n"}, "12: table: is for design: file only"),
        ({"extra": "others: [small]\n"}, "12: others: 'small' stands here twice; names must dif"),
        ({"source": "postrior"}, "4: uncertainties.source: parameters: 'postrior' is not post"),
        ({"extra": "groups: [child]\n"}, "12: groups: no group 'child'"),
    ],
)
def test_one_clear_line_about_a_sweep(changes, line: str, tmp_path) -> None:
    path = files(tmp_path, **changes)
    with pytest.raises(InputError) as error:
        xs.load_sweep(path)
    assert error.value.problems[0].removeprefix(f"{path}:").startswith(line)


def test_the_ema_workbench_finds_the_same_numbers(small) -> None:
    """Its experiments run one by one through a model of its own, and evaluated at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of it that are not installed
        ema = pytest.importorskip("ema_workbench", reason="the EMA workbench is not installed")

    def run(**inputs: float) -> dict[str, float]:
        found = xs.evaluate(small, pd.DataFrame([inputs]), outcomes=["welcome", "people"])
        return found.loc[0, ["welcome", "people"]].to_dict()

    model = ema.Model("city", function=run)
    model.uncertainties = [ema.RealParameter("leave_choice", 0.002, 0.02)]
    model.levers = [ema.RealParameter("english_information", 0.3, 1.0)]
    model.outcomes = [ema.ScalarOutcome("welcome"), ema.ScalarOutcome("people")]
    with ema.SequentialEvaluator(model) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=3, policies=2)
    inputs = experiments[["leave_choice", "english_information"]].astype(float)
    found = xs.evaluate(small, inputs, outcomes=["welcome", "people"])
    np.testing.assert_array_equal(found["welcome"], outcomes["welcome"])
    np.testing.assert_array_equal(found["people"], outcomes["people"])
    # and its experiments tell policies and worlds apart for regret
    told = found.assign(scenario=experiments["policy"].to_numpy(), world=inputs["leave_choice"])
    table = xs.robustness(told, "people", worlds=["world"])
    assert table["worlds"].tolist() == [3, 3]
