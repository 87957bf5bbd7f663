"""Regret and satisficing, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from expatsim.analysis.robustness import robustness
from expatsim.errors import InputError

# three policies in two worlds, with two replicates each
RUNS = pd.DataFrame(
    {
        "setting": [0] * 6 + [1] * 6,
        "replicate": [0, 1] * 6,
        "scenario": ["a", "a", "b", "b", "c", "c"] * 2,
        "welcome": [0.4, 0.6, 0.7, 0.9, 0.3, 0.3, 0.6, 0.6, 0.3, 0.5, 0.6, 0.6],
        "people": [100.0, 100, 80, 80, 120, 120, 50, 50, 90, 90, 120, 120],
    }
)


def test_regret_and_satisficing_by_hand() -> None:
    table = robustness(RUNS, "welcome", at_least={"welcome": 0.5}, at_most={"people": 100})
    table = table.set_index("scenario")
    assert table.index.tolist() == ["a", "b", "c"]
    assert (table["worlds"] == 2).all()
    np.testing.assert_allclose(table["mean"], [0.55, 0.6, 0.45])
    np.testing.assert_allclose(table["worst"], [0.5, 0.4, 0.3])
    # the best are b in the first world (0.8), a and c in the second (0.6)
    np.testing.assert_allclose(table["regret_max"], [0.3, 0.2, 0.5])
    np.testing.assert_allclose(table["regret_mean"], [0.15, 0.1, 0.25])
    np.testing.assert_allclose(table["regret_90"], [0.27, 0.18, 0.45])
    np.testing.assert_allclose(table["best"], [0.5, 0.5, 0.5])
    np.testing.assert_allclose(table["satisfied"], [1, 0.5, 0])
    low = robustness(RUNS, "people", smaller_is_better=True).set_index("scenario")
    np.testing.assert_allclose(low["worst"], [100, 90, 120])
    np.testing.assert_allclose(low["regret_max"], [20, 40, 70])
    assert low["satisfied"].isna().all()


def test_levers_as_policies() -> None:
    """The same runs, with a lever for the scenario and a parameter for the setting."""
    other = RUNS.assign(
        nightlife=RUNS["scenario"].map({"a": 0.1, "b": 0.2, "c": 0.3}),
        renewal=RUNS["setting"] + 0.5,
    ).drop(columns=["scenario", "setting"])
    table = robustness(other, "welcome", policies=["nightlife"], worlds=["renewal"])
    same = robustness(RUNS, "welcome")
    assert table["nightlife"].tolist() == [0.1, 0.2, 0.3]
    pd.testing.assert_frame_equal(table.iloc[:, 1:], same.iloc[:, 1:])


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="no column 'welcom' in the runs; did you mean 'welcome'"):
        robustness(RUNS, "welcom")
    with pytest.raises(InputError, match="3 policies in 2 worlds lack 1 runs"):
        robustness(RUNS.iloc[2:], "welcome")
    lacking = RUNS.assign(welcome=RUNS["welcome"].where(RUNS.index > 0))
    with pytest.raises(InputError, match="welcome: missing in 1 runs"):
        robustness(lacking, "welcome")


def test_one_policy_has_no_regret_but_may_satisfy() -> None:
    runs = pd.DataFrame({"scenario": ["a"] * 2, "setting": [0, 1], "x": [0.2, 0.6]})
    (row,) = robustness(runs, "x", at_least={"x": 0.5}).to_dict("records")
    assert (row["mean"], row["worst"], row["satisfied"]) == (0.4, 0.2, 0.5)
    assert np.isnan([row[k] for k in ("regret_mean", "regret_90", "regret_max", "best")]).all()


TWO = pd.DataFrame({"scenario": ["a", "b"] * 2, "setting": [0, 0, 1, 1], "x": [0.1, 0.2, 0.3, 0.4]})
UNFIT = {
    "there are no runs": (TWO.iloc[:0], {}),
    "setting: nothing stands in 2 runs": (TWO.assign(setting=[0, 0, None, None]), {}),
    "x: infinite in 1 runs": (TWO.assign(x=[0.1, 0.2, np.inf, 0.4]), {}),
    "x: holds no numbers": (TWO.assign(x=TWO["x"] * 1j), {}),
    "column 'x' stands there twice": (pd.concat([TWO, TWO["x"]], axis=1), {}),
    "scenario: holds no numbers": (TWO, {"at_least": {"scenario": 1}}),
    "at_least, x: must be a number, not '0.4'": (TWO, {"at_least": {"x": "0.4"}}),
    "at_most, x: must be a finite number, not nan": (TWO, {"at_most": {"x": float("nan")}}),
    "at_least: give thresholds by outcome, such as {'welcome': 0.4}": (TWO, {"at_least": 0.4}),
    "policies and worlds: give a column or more of each, every one once": (
        TWO,
        {"policies": "setting"},
    ),
    "runs: give a table of runs, or a store from xs.open_runs(folder)": ("results/mine", {}),
}


@pytest.mark.parametrize("line", UNFIT)
def test_no_world_or_threshold_is_left_out_in_silence(line: str) -> None:
    runs, options = UNFIT[line]
    with pytest.raises(InputError) as error:
        robustness(runs, "x", **options)
    assert error.value.problems == [line]


def test_a_column_alone_is_its_name() -> None:
    listed = robustness(TWO, "x", policies=["scenario"], worlds=["setting"])
    assert robustness(TWO, "x", policies="scenario", worlds="setting").equals(listed)
