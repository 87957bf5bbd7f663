"""Outcomes are declared once: every table has their names, and the same columns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.findings import outcomes
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.sureness import VERDICTS
from expatsim.intervals import COLUMNS, FIVE
from expatsim.runs.groups import GROUPS, TRAITS
from helpers import small

MONTHS = 36
DIFFERENCE = [*COLUMNS, "draws", "probability_higher", "verdict", "rests_on", "people"]


@pytest.fixture(scope="module")
def pair() -> list[xs.Scenario]:
    base = small("rotterdam", 0.03, MONTHS)
    costs = {"mentor_projects": {"per_year": 12_000.0}}
    both = small("rotterdam-all-recommendations", 0.03, MONTHS)
    return [base, dataclasses.replace(both, costs=costs, value_per_expat_year=4_000.0)]


@pytest.fixture(scope="module")
def result(pair) -> xs.Result:
    return xs.compare(pair, draws=5)


@pytest.fixture(scope="module")
def tables(pair, result) -> dict[str, pd.DataFrame]:
    """Every table that has outcomes."""
    uncertain = xs.uncertainty(*pair, draws=4)
    known = xs.information(*pair, outcome="welcome", draws=20, people=(50,))
    tipping = xs.tipping_points(*pair, outcomes=["welcome"], draws=24)
    return {
        "summary": result.summary(),
        "effects": result.effects(),
        "costs": result.costs(),
        "decompose": xs.decompose(pair[0], small("den-haag", 0.03, MONTHS), draws=3),
        "measures": xs.decompose(*pair, by="measure", draws=2),
        "dose": xs.dose(pair[0], "nightlife", levels=2, draws=3),
        "timing": xs.timing(*pair, delays=[0, 1], draws=3),
        "uncertainty": uncertain,
        **{f"information, {name}": frame for name, frame in known.items()},
        **{f"tipping, {name}": frame for name, frame in tipping.items()},
    }


def test_names_and_labels_are_unique() -> None:
    every = [*OUTCOMES.values(), *QUANTITIES.values()]
    assert len({x.name for x in every}) == len({x.label for x in every}) == len(every)
    assert all(name == x.name for some in (OUTCOMES, QUANTITIES) for name, x in some.items())
    assert all(x.name.isidentifier() and x.name.islower() for x in every)
    assert all(bool(x.people) == x.is_share for x in OUTCOMES.values())


def test_every_table_has_names_and_labels(tables) -> None:
    declared = {name: x.label for some in (OUTCOMES, QUANTITIES) for name, x in some.items()}
    for table, frame in tables.items():
        names = list(frame.columns)
        assert names.index("label") == names.index("outcome") + 1, table
        assert set(frame["outcome"]) <= set(declared), table
        assert (frame["outcome"].map(declared) == frame["label"]).all(), table


def test_numbers_have_their_units(tables) -> None:
    units = {name: x.unit for some in (OUTCOMES, QUANTITIES) for name, x in some.items()}
    for table in ("summary", "effects", "costs", "decompose", "measures", "dose", "timing"):
        frame = tables[table]
        assert list(frame.columns).index("unit") == list(frame.columns).index("label") + 1, table
        assert (frame["outcome"].map(units) == frame["unit"]).all(), table
    summary = tables["summary"]
    shares = summary[summary["unit"] == "share"]
    assert ((shares["low"] >= 0) & (shares["high"] <= 1)).all()
    assert set(summary["unit"]) == {"share", "people", "expat-years"}


def test_columns_are_the_same_in_every_table(tables) -> None:
    for table in ("effects", "decompose", "measures", "dose", "timing"):
        assert set(DIFFERENCE) <= set(tables[table].columns), table
    differences = [f"difference_{name}" for name in (*COLUMNS, "draws")]
    wanted = {
        *COLUMNS,
        "draws",
        "people",
        *differences,
        "probability_higher",
        "verdict",
        "rests_on",
    }
    assert wanted <= set(tables["summary"].columns)
    assert set(COLUMNS) <= set(tables["costs"].columns)
    for table, frame in tables.items():
        for prefix in ("", "difference_"):
            shown = [f"{prefix}{name}" for name in COLUMNS if f"{prefix}{name}" in frame]
            numbers = frame[shown].dropna().replace(np.inf, 1e300).to_numpy()
            assert (np.diff(numbers, axis=1) >= 0).all(), table
        if "verdict" in frame:
            assert set(frame["verdict"].dropna()) <= set(VERDICTS), table


def test_outcomes_by_draw_are_what_the_summary_sums_up(result) -> None:
    frame = xs.outcomes(result)
    assert list(frame.columns) == ["scenario", "draw", "outcome", "value"]
    assert len(frame) == 2 * 5 * len(outcomes.possible(MONTHS))
    summary = result.summary().set_index(["scenario", "outcome"])
    by_name = frame.groupby(["scenario", "outcome"], sort=False)["value"]
    assert by_name.count().eq(summary["draws"]).all()
    for q, column in zip(FIVE, COLUMNS, strict=True):
        found = by_name.quantile(q)
        assert np.allclose(found, summary.loc[found.index, column], equal_nan=True)
    # as in the dataset
    last = result.dataset.isel(scenario=0, month=-1)
    welcome = frame.query("outcome == 'welcome' and scenario == 'rotterdam'")["value"].to_numpy()
    assert welcome == pytest.approx((last["feels_welcome"] / last["here"]).to_numpy())


def test_an_outcome_of_a_group_is_that_of_its_people(result) -> None:
    """All people are the groups that part them, weighted by how many they are."""
    whole = {"workers": "partners", "women": "men", "EU": "non-EU"}
    for outcome in outcomes.possible(MONTHS):
        if outcome.trait:
            values, people = outcome.values(result.dataset), outcome.people(result.dataset)
            assert set(values["group"].to_numpy()) == {g.name for g in GROUPS}
            having = (values * people).fillna(0)
            for one, other in whole.items():
                both = having.sel(group=one) + having.sel(group=other)
                assert np.allclose(both, having.sel(group="all"))
    assert [o.name for o in OUTCOMES.values() if o.trait] == [trait.name for trait in TRAITS]


def test_a_stored_result_has_the_same_outcomes(result, tmp_path) -> None:
    result.save(tmp_path / "r", plots=False)
    again = xs.open_result(tmp_path / "r")
    assert xs.outcomes(again).equals(xs.outcomes(result))
    stored = pd.read_csv(tmp_path / "r" / "summary.csv")
    assert list(stored.columns) == list(result.summary().columns)
