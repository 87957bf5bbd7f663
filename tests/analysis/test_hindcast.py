"""Looking back: scenarios of what happened, and what the model says beside what is published."""

from __future__ import annotations

import numpy as np
import pytest

import expatsim as xs
from expatsim.analysis.hindcast import (
    COLUMNS,
    FIRST,
    LAST,
    NON_EU,
    Hindcast,
    Lives,
    arrivals_that_came,
    by_year,
    gone,
    hindcast,
    inflow_that_came,
    within,
)
from expatsim.observed import external
from gates import hindcast as page
from helpers import ROOT

FILES = [ROOT / "scenarios" / f"{x}-hindcast.yaml" for x in ("rotterdam", "den-haag")]


@pytest.fixture(scope="module")
def said() -> Hindcast:
    """A hindcast of few people and draws."""
    return hindcast(FILES, draws=4, people=0.03)


def test_arrivals_are_the_published_ones() -> None:
    facts = external().set_index("id")
    came = arrivals_that_came()
    assert came.loc[2013:2016, NON_EU].sum() == pytest.approx(float(facts.loc["EXT-19", "value"]))
    assert came.loc[2011, "EU"] == pytest.approx(float(facts.loc["EXT-04", "n"]))
    growth = np.diff(np.log(came.loc[2017:, NON_EU]))
    assert growth == pytest.approx(growth[0])
    # on to the number of 2022
    assert came.loc[2019, NON_EU] * np.exp(3 * growth[0]) == pytest.approx(by_year("EXT-51")[2022])
    assert came.loc[2013, "EU"] == pytest.approx(came.loc[[2012, 2014], "EU"].mean())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_scenarios_have_the_arrivals_that_came(path) -> None:
    scenario = xs.load(path)
    assert (scenario.start, scenario.months) == ("2010-01", 120)
    # workers at the pace of each month: partners apart, and the climate in
    workers = scenario.newcomers()[:, 0] / 1.38
    yearly = workers.reshape(-1, 12).mean(axis=1)
    expected = inflow_that_came(scenario.city)
    assert list(expected) == list(range(FIRST, LAST + 1))
    assert yearly == pytest.approx(list(expected.values()), rel=0.005)  # rounded to tens
    assert set(np.flatnonzero(scenario.climate)) == set(range(48))


def test_share_gone_is_the_product_limit() -> None:
    lives = Lives(
        year=np.full(4, 2010),
        stay=np.array([2, 5, 7, 30_000]),
        abroad=np.array([True, False, True, False]),
        non_eu=np.ones(4, bool),
        worker=np.ones(4, bool),
    )
    everybody = np.ones(4, bool)
    assert gone(lives, everybody, 2) == 0
    assert gone(lives, everybody, 3) == pytest.approx(25)
    # who moved elsewhere in the country is followed until then: one of the two left goes abroad
    assert gone(lives, everybody, 12) == pytest.approx(100 * (1 - 3 / 4 / 2))
    assert np.isnan(gone(lives, ~everybody, 12))


def test_every_published_number_has_an_interval(said: Hindcast) -> None:
    table = said.published
    assert list(table.columns) == list(COLUMNS)
    assert (table["low"] <= table["median"]).all()
    assert (table["median"] <= table["high"]).all()
    inside = (table["low"] <= table["published"]) & (table["published"] <= table["high"])
    assert (inside == table["agrees"]).all()
    sources = set(" ".join(table["source"]).split())
    assert sources == {f"EXT-{k:02d}" for k in (3, 4, 18, 19, 21, 22, 27, 28, 29, 32, 34)}
    assert set(table.loc[table["source"] == "EXT-28", "use"]) == {
        "kept back",
        "behind the prior of later arrivals",
    }
    five = table[table["source"] == "EXT-28"].set_index("cohort")["published"]
    assert five.to_dict()["2014"] == 63.6


def test_those_with_a_job_at_once_are_the_models_workers(said: Hindcast) -> None:
    rows = said.published[said.published["source"] == "EXT-32"]
    assert rows["published"].tolist() == [20, 40]
    assert rows["median"].is_monotonic_increasing
    text = page.early(said)
    means = said.published.groupby("subject")[["published", "median"]].mean()
    published, model = means.loc[within(2, "EU")]
    assert f"{published:.0f} % had left within two years (EXT-27" in text
    assert f"of the model's {model:.0f} %" in text
    # 3,691 of 31,107 with unknown income, nine in ten of whom had left
    unknown = 3691 / 31107
    assert f"{100 * unknown:.0f}% of the labour migrants of 2011 had no known income" in text
    assert f"{90 * unknown + (1 - unknown) * model:.0f} % would be gone" in text


def test_years_follow_from_each_other(said: Hindcast) -> None:
    wide = said.years.pivot(index=["city", "year"], columns="what", values="median")
    assert len(wide) == 20
    change = wide["here"].groupby("city").diff().dropna()
    expected = (wide["arrived"] - wide["left"]).loc[change.index]
    assert np.abs(change - expected).max() < 0.15 * wide["here"].max()


def test_each_subject_has_a_sentence(said: Hindcast) -> None:
    sentences = said.sentences()
    assert len(sentences) == said.published["subject"].nunique()
    assert all("agree" in sentence for sentence in sentences)
    assert sum("kept back" in sentence for sentence in sentences) == 3
    axes = said.figure().axes
    assert len(axes) == 2
    assert axes[0].get_title(loc="left").startswith("EU")


def test_the_page_has_it_all(said: Hindcast, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(page, "hindcast", lambda *_, **__: said)
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    monkeypatch.setattr("gates.common.RESULTS", tmp_path)
    page.main(["--draws", "4", "--people", "0.03"])
    text = (tmp_path / "hindcast.md").read_text(encoding="utf-8")
    assert all(sentence in text for sentence in said.sentences())
    assert text.count("| EXT-28 |") == 10
    assert "| 2019 |" in text
    assert page.early(said) in text
    assert (tmp_path / "hindcast.png").stat().st_size > 10_000


def test_nothing_here_is_a_target() -> None:
    """What is kept back is no target of the calibration."""
    from expatsim.calibration.targets import targets

    sources = {word for t in targets() for word in t.source.split()}
    assert not sources & {"EXT-28", "EXT-29"}
