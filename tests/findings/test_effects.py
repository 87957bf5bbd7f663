"""Paired effects, verdicts by fixed rules, Shapley shares that add up, warnings by name."""

from __future__ import annotations

import numpy as np
import pytest

import expatsim as xs
from expatsim.findings import effects, sureness
from helpers import small


@pytest.fixture(scope="module")
def result() -> xs.Result:
    scenarios = [small(n, 0.1, 72) for n in ("rotterdam", "rotterdam-all-recommendations")]
    return xs.compare(scenarios, draws=sureness.FEWEST_DRAWS)


def test_effects_are_differences_draw_by_draw(result) -> None:
    frame = result.effects()
    assert set(frame["scenario"]) == {"rotterdam-all-recommendations"}
    row = frame[(frame["outcome"] == "welcome") & (frame["group"] == "all")].iloc[0]
    last = result.dataset.isel(month=-1)
    share = (last["feels_welcome"] / last["here"]).to_numpy()
    assert row["median"] == pytest.approx(np.median(share[1] - share[0]))
    assert row["verdict"] == "clear"
    assert row["low"] <= row["low_50"] <= row["median"] <= row["high_50"] <= row["high"]
    women = frame[(frame["group"] == "women") & frame["outcome"].str.startswith("newcomers")]
    assert women["outcome"].tolist() == ["newcomers_1", "newcomers_3", "newcomers_5"]


def test_pairing_reduces_the_variance(result) -> None:
    frame = result.effects()
    staying = frame[(frame["group"] == "all") & frame["outcome"].str.contains("stock|newcomers")]
    assert (staying["variance_reduction"] > 5).all()
    a = np.random.default_rng(0).standard_normal(4000)
    b = np.random.default_rng(1).standard_normal(4000)
    assert effects.variance_reduction(a, b) == pytest.approx(1, abs=0.1)
    assert effects.variance_reduction(a + 1, a) > 1e20


def test_small_groups_are_no_finding(result) -> None:
    frame = result.effects()
    few = (frame["respondents"] < 10) | (frame["people"] < 10)
    assert frame.loc[few, "verdict"].isin(["too few people", "no difference"]).all()
    assert not (frame.loc[~few, "verdict"] == "too few people").any()
    everybody = frame[frame["group"] == "all"]
    assert everybody["respondents"].to_numpy() == pytest.approx(75)
    cut = effects.effects(result.dataset, dict.fromkeys(result.titles, "den_haag"))
    assert (cut.loc[cut["group"] == "all", "respondents"] == 30).all()
    assert (cut["verdict"] == "too few people").sum() > few.sum()
