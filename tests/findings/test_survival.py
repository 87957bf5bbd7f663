"""Survival curves against every person's months: zero once all have left, missing if unseen."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import expatsim as xs
from expatsim.cli.terminal import summary_table
from expatsim.findings.outcomes import OUTCOMES, possible, values
from expatsim.findings.survival import (
    followed_for,
    people_followed,
    share_staying,
    staying_after,
)
from helpers import small

MONTHS = 12


def table(lives: list[tuple[int, int]]) -> xr.Dataset:
    """Life table of newcomers from months of arrival and of leaving (late: still here)."""
    at_risk, left = np.zeros((2, MONTHS), int), np.zeros((2, MONTHS), int)
    for arrival, leave in lives:
        stay = min(leave, MONTHS - 1) - arrival
        at_risk[1, : stay + 1] += 1
        left[1, stay] += leave < MONTHS
    coords = {"way_in": ["stock", "newcomers"], "stay": np.arange(MONTHS)}
    dims = ("way_in", "stay")
    return xr.Dataset({"at_risk": (dims, at_risk), "left_city": (dims, left)}, coords)


def by_hand(lives: list[tuple[int, int]]) -> list[float]:
    """Product-limit estimate, month by month, from the people themselves."""
    found, share = [], 1.0
    for stay in range(MONTHS):
        followed = [x for x in lives if min(x[1], MONTHS - 1) - x[0] >= stay]
        gone = [x for x in followed if x[1] < MONTHS and x[1] - x[0] == stay]
        if share > 0:
            share = share * (1 - len(gone) / len(followed)) if followed else np.nan
        found.append(share)
    return found


LIFE = st.integers(0, MONTHS - 1).flatmap(
    lambda arrival: st.tuples(st.just(arrival), st.integers(arrival, 2 * MONTHS))
)


@given(st.lists(LIFE, max_size=12))
def test_curves_are_those_of_every_persons_months(lives: list[tuple[int, int]]) -> None:
    curve = share_staying(table(lives))
    assert curve.sel(way_in="newcomers").to_numpy() == pytest.approx(by_hand(lives), nan_ok=True)
    assert bool(curve.sel(way_in="stock").isnull().all())  # there never was anybody


@given(st.lists(LIFE, max_size=12), st.sampled_from(["stock", "newcomers"]))
def test_single_points_are_those_of_the_curves(lives: list[tuple[int, int]], way_in: str) -> None:
    """Each has a short way of its own."""
    lived = table(lives)
    at = {"way_in": way_in, "years": 1.0}
    for point, curve in ((staying_after, share_staying), (followed_for, people_followed)):
        assert float(point(lived, way_in, 1)) == pytest.approx(
            float(curve(lived).sel(at)), nan_ok=True
        )


def test_zero_stays_zero_and_censoring_is_missing() -> None:
    gone = share_staying(table([(0, 2), (0, 4)])).sel(way_in="newcomers").to_numpy()
    assert gone.tolist() == [1, 1, 0.5, 0.5] + [0] * 8
    late = share_staying(table([(8, 30), (0, 1)])).sel(way_in="newcomers").to_numpy()
    assert late[:4].tolist() == [1, 0.5, 0.5, 0.5]
    assert np.isnan(late[4:]).all()  # the other one was followed for four months
    followed = people_followed(table([(8, 30), (0, 1)])).sel(way_in="newcomers")
    assert followed.to_numpy().tolist() == [2, 2, 1, 1] + [0] * 8


@pytest.fixture(scope="module")
def few() -> xs.Result:
    """Two who are here at the start, ten years, nobody arrives."""
    base = small("rotterdam", 1.0, 120)
    base = dataclasses.replace(base, stock=2, inflow=np.zeros(120))
    return xs.compare([base, dataclasses.replace(base, name="again")], draws=12)


def test_few_people_have_a_curve_to_the_end(few: xs.Result) -> None:
    found = values(few.dataset)
    assert list(found) == [outcome.name for outcome in possible(120)] == list(OUTCOMES)
    curve = found["stock_10"].isel(scenario=0)
    here = few.dataset["here"].isel(scenario=0, month=-1)
    assert (here == 0).any()
    # without arrivals, those here are those who stayed
    start = few.dataset["at_risk"].sel(way_in="stock", group="all").isel(scenario=0, stay=0)
    assert curve.to_numpy() == pytest.approx((here / start).to_numpy())
    frame = few.summary()
    stock = frame[frame["outcome"].str.startswith("stock")]
    assert (stock["draws"] == 12).all()
    newcomers = frame[frame["outcome"].str.startswith("newcomers")]
    assert (newcomers["draws"] == 0).all()
    assert set(newcomers["verdict"].dropna()) == {"nobody"}
    wish = frame[frame["outcome"] == "wish"].iloc[0]
    assert wish["draws"] == int((here > 0).sum()) < 12
    assert not frame["verdict"].isin(["clear", "likely", "the model is undecided"]).any()
    curves = few.survival()
    assert (curves.loc[curves["way_in"] == "newcomers", "draws"] == 0).all()


def test_a_handful_is_flagged_without_a_comparison(few: xs.Result) -> None:
    alone = xs.run(few.scenarios[0], draws=4)
    frame = alone.summary().set_index("outcome")
    assert frame.loc["stock_1", "people"] < 10
    console = Console(width=200)
    with console.capture() as capture:
        console.print(summary_table(alone))
    assert "too few people" in capture.get()
    assert "te weinig mensen" in alone.report("nl")


def test_a_report_copes_with_nobody(few: xs.Result, tmp_path) -> None:
    for lang, nobody in (("en", "nobody"), ("nl", "niemand")):
        page = few.report(lang)
        assert re.search(rf"<td[^>]*>(<span[^>]*>)?{nobody}(</span>)?</td>", page)
        assert ">nan" not in page.lower()
        assert "nan%" not in page.lower()
    few.save(tmp_path / "r")  # plots too
    assert (tmp_path / "r" / "survival.png").exists()
    effects = few.effects()
    assert "nobody" in set(effects["verdict"])
    assert not effects.loc[effects["draws"] > 0, "median"].isna().any()
