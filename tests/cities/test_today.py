"""The cities of the study in 2025: what is known, what is a range, and what is still of 2009."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

import expatsim as xs
from expatsim import cities
from expatsim.errors import InputError
from expatsim.observed import external
from expatsim.population.arrivals import origin_shares
from expatsim.population.build import default_inflow, default_stock, inflow_range, stock_range
from expatsim.population.margins import survey_margins
from expatsim.report.facts import stock_paths
from expatsim.report.language import Language
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario import Scenario, load
from expatsim.scenario.borrowing import borrowed, borrowed_in
from expatsim.scenario.city_file import add_folder, read_city, read_content
from expatsim.scenario.city_template import write_city
from expatsim.scenario.guards import warnings
from helpers import small

LATER = [c.name for c in cities.packaged() if not c.of_the_study]
FACTS = external().set_index("id")


def series(fact: str) -> dict[int, float]:
    """Number of each year of a fact."""
    found = re.findall(r"(\d{4}) (?:about )?([\d.]+)", FACTS.loc[fact, "value"])
    return {int(year): float(x) for year, x in found}


def today(name: str = "rotterdam-2025", **settings: object) -> Scenario:
    """A scenario of 2025 with few people."""
    return small(name, 0.02, 24, draws=8, **settings)


def national() -> tuple[tuple[float, float], tuple[float, float]]:
    """Lowest and highest arrivals a year from outside the EU, and from the EU."""
    non_eu, labour = series("EXT-51").values(), series("EXT-52")
    part = float(FACTS.loc["EXT-04", "n"]) / labour[2011]
    return (min(non_eu), max(non_eu)), (part * labour[2014], part * labour[2018])


def test_both_are_there_and_are_not_of_the_study() -> None:
    assert LATER == ["rotterdam_2025", "den_haag_2025"]
    for name in LATER:
        city = cities.city(name)
        path = Path(cities.__file__).parent / name / cities.FILE
        assert read_content(path) == city.content
        assert city.year == 2025
        assert name.startswith(city.donors)
        assert cities.rows(name, "T41").equals(cities.rows(city.donors, "T41"))
        assert all(set(what) == {"en", "nl"} for what in city.still_of_2009)


@pytest.mark.parametrize("name", LATER)
def test_arrivals_are_sums_of_facts(name: str) -> None:
    outside, inside = national()
    low, high = (a + b for a, b in zip(outside, inside, strict=True))
    spread = np.hypot(np.log(high / low) / 2, np.log(1.25))
    share = float(FACTS.loc[cities.city(name).region["row"], "value"]) / 100
    expected = np.sqrt(low * high) * share * np.exp([-spread, spread])
    assert inflow_range(name) == pytest.approx(expected, abs=50)  # rounded to hundreds


@pytest.mark.parametrize("name", LATER)
def test_origins_are_sums_of_facts(name: str) -> None:
    outside, inside = (np.sqrt(a * b) for a, b in national())
    eu = inside / (outside + inside)
    shares = origin_shares(name)
    assert shares.sum() == pytest.approx(1)
    assert shares[5:].sum() == pytest.approx(eu, abs=0.001)
    assert shares[6] == pytest.approx(shares[5:].sum() / 4, abs=0.001)
    year = series("EXT-51")
    india = sum(map(float, re.findall(r"India (\d+)", FACTS.loc["EXT-53", "value"])))
    assert shares[0] == pytest.approx((1 - eu) * india / (year[2022] + year[2023]), abs=0.001)
    others = [
        float(re.search(rf"{c} ([\d.]+)", FACTS.loc["EXT-20", "value"])[1]) / 100
        for c in ("United States", "China", "Japan")
    ]
    assert shares[1:4] == pytest.approx((1 - eu) * np.array(others), abs=0.001)


@pytest.mark.parametrize("name", LATER)
def test_families_are_those_of_the_fact(name: str) -> None:
    known = cities.city(name).arrivals["parameters"]["couple_share"]["level"]
    assert known * (1 + 0.55 * 1.6) == pytest.approx(float(FACTS.loc["EXT-50", "value"]), abs=0.005)


def test_each_draw_has_its_own_inflow_families_and_levels() -> None:
    scenario = today()
    low, high = (x * scenario.people for x in inflow_range(scenario.city))
    middle = default_inflow(scenario.city) * scenario.people
    assert scenario.inflow == pytest.approx(middle)
    drawn = prepare(scenario, np.arange(400))
    inflow = scenario.inflow_of(drawn.parameters)[0]
    assert np.mean((inflow > low) & (inflow < high)) == pytest.approx(0.9, abs=0.05)
    assert np.median(inflow) == pytest.approx(middle, rel=0.05)
    # in two years, whole households
    assert drawn.numbers.sum(axis=1) == pytest.approx(2 * inflow, abs=1)
    couples = scenario.at_home(drawn.parameters)["couple_share"]
    assert np.array_equal(couples, drawn.parameters["rotterdam_2025_couple_share"])
    assert not np.array_equal(couples, drawn.parameters["couple_share"])
    assert np.ptp(drawn.policy["desk_visibility"][0]) > 0.3
    assert scenario.newcomers(drawn.parameters)[0] == pytest.approx(inflow * (1 + couples))
    # a draw that is high in one city is high in the other
    other = prepare(today("den-haag-2025"), np.arange(400)).parameters
    assert np.array_equal(other["inflow_deviation"], drawn.parameters["inflow_deviation"])


def test_each_draw_has_its_own_people_at_the_start() -> None:
    scenario = today().resized(1.0, 6)
    low, high = stock_range(scenario.city)
    assert low < 0.8 * default_stock(scenario.city) < 1.3 * default_stock(scenario.city) < high
    whole = dataclasses.replace(scenario, stock=default_stock(scenario.city))
    assert whole.stock_range == (low, high)
    drawn = prepare(whole, np.arange(400))
    assert np.mean((drawn.stock > low) & (drawn.stock < high)) == pytest.approx(0.9, abs=0.05)
    assert np.median(drawn.stock) == pytest.approx(whole.stock, rel=0.05)
    # more arrivals a year, more people: in proportion, but for what is unknown beside them
    inflow = np.log(whole.inflow_of(drawn.parameters)[0])
    slope, _ = np.polyfit(inflow, np.log(drawn.stock), 1)
    assert slope == pytest.approx(1, abs=0.15)
    rest = np.log(drawn.stock) - inflow
    assert rest.std() == pytest.approx(whole.stock_spread[1], rel=0.1)
    assert abs(np.corrcoef(rest, inflow)[0, 1]) < 0.15


def test_shares_are_of_the_people_of_their_draw() -> None:
    result = xs.run(today())
    stock = prepare(result.scenarios[0], np.arange(8)).stock
    assert len(set(stock)) > 1
    here = result.dataset.isel(scenario=0).sel(way_in="stock", group="all")
    assert here["at_risk"].isel(stay=0).to_numpy().tolist() == stock.tolist()
    first = here["left_city"].isel(stay=slice(0, 12)).sum("stay").to_numpy()
    frame = result.summary().set_index("outcome")
    assert frame.loc["stock_1", "median"] == pytest.approx(np.median(1 - first / stock))
    assert stock_paths(result.dataset, "2025-01").quantiles["rotterdam-2025"][2, 0] == np.median(
        stock
    )


def test_a_larger_stock_adds_people() -> None:
    scenario = today()
    draws = prepare(scenario, np.arange(1))
    few, more = (
        people_of_draw(scenario, draws._replace(stock=np.array([n])), 0) for n in (100, 150)
    )
    for name in ("id", "female", "origin", "family"):
        assert np.array_equal(getattr(few, name)[:100], getattr(more, name)[:100])
    for name in few.people:
        assert np.array_equal(few.people[name][:100], more.people[name][:100]), name
    came_few, came_more = (np.isin(a.id, a.id[a.people["arrival_month"] >= 0]) for a in (few, more))
    assert np.array_equal(few.id[came_few], more.id[came_more])
    assert set(few.id) < set(more.id)


def test_its_newcomers_have_its_origins_and_are_of_the_later_cohorts() -> None:
    scenario = dataclasses.replace(today(), inflow=np.full(24, 2000.0))
    draws = prepare(scenario, np.arange(1))
    adults = people_of_draw(scenario, draws, 0)
    came = (adults.people["arrival_month"] >= 0) & adults.people["head"]
    shares = np.bincount(adults.origin[came], minlength=7) / came.sum()
    assert shares == pytest.approx(origin_shares(scenario.city), abs=0.03)
    assert np.abs(shares - origin_shares()).max() > 0.1
    assert adults.state["recent"].all()


def test_a_number_that_somebody_decided_is_certain(tmp_path: Path) -> None:
    text = "title: t\ncity: rotterdam_2025\nstart: 2025-01\n"
    (tmp_path / "a.yaml").write_text(text + "population: {inflow: 2000}\n", encoding="utf-8")
    decided, base = load(tmp_path / "a.yaml"), load("rotterdam-2025")
    assert not decided.inflow_spread.any()
    assert (decided.inflow_of(prepare(decided, np.arange(8)).parameters) == 2000).all()
    # they came before: who is here at the start is as uncertain as without that decision
    assert np.array_equal(*(prepare(s, np.arange(8)).stock for s in (decided, base)))
    both = text + "population: {inflow: 2000, stock: 5000}\n"
    (tmp_path / "a.yaml").write_text(both, encoding="utf-8")
    decided = load(tmp_path / "a.yaml")
    assert not {"inflow_deviation", "stock_deviation"} & set(decided.own_parameters)
    assert (prepare(decided, np.arange(8)).stock == 5000).all()
    assert decided.stock_range == (5000, 5000)
    change = "changes: [{date: 2026-01, inflow: 2000}]\n"
    (tmp_path / "b.yaml").write_text(text + change, encoding="utf-8")
    scenario = load(tmp_path / "b.yaml")
    assert (scenario.inflow_spread[:12] > 0).all()
    assert not scenario.inflow_spread[12:].any()
    again = Scenario.from_description(json.loads(json.dumps(scenario.describe())))
    assert again == scenario


def test_a_city_of_a_later_year_that_starts_before_it_says_so(tmp_path: Path) -> None:
    for start, early in (("2010-01", True), ("2025-01", False), ("2026-01", False)):
        path = tmp_path / "s.yaml"
        path.write_text(f"title: t\ncity: rotterdam_2025\nstart: {start}\n", encoding="utf-8")
        said = " ".join(warnings(load(path)))
        assert ("it starts in 2010-01, with arrivals, families and levels of 2025" in said) == early


def test_it_says_what_is_still_of_2009() -> None:
    result = xs.compare([today(), today("den-haag-2025")])
    said = result.provenance["warnings"]
    for name in ("rotterdam-2025", "den-haag-2025"):
        assert "are ranges, and so is every answer; still of 2009" in said[name][0]
        assert "the model is one of 2009" not in " ".join(said[name])
    for lang, text in (("en", "Still of 2009 or of"), ("nl", "Nog van 2009 of van")):
        page = result.report(lang=lang)
        first = page[page.index("<header>") : page.index("</header>")]
        assert first.count(text) == 1  # both cities have the same list
        for what in cities.city("rotterdam_2025").still_of_2009_in(lang):
            assert what in first.replace("&#39;", "'")
        for scenario in result.scenarios:  # people at the start, in the table of what differs
            language = Language(lang)
            low, high = map(language.number, scenario.stock_range)
            assert language.range(low, high) in page
    for lang, text in (
        ("en", "Rotterdam 2025 and The Hague 2025: arrivals, families"),
        ("nl", "Rotterdam 2025 en Den Haag 2025: aankomsten, gezinnen"),
    ):
        assert result.sheet(lang).count(text) == 2  # on the page and on the slide
    assert result.summary()["high"].gt(result.summary()["low"]).all()


def test_a_plan_of_today_is_paired_with_it() -> None:
    base = today()
    plan = base.with_policy("plan", mentor_projects=0.5)
    effects = xs.compare([base, plan]).effects()
    assert (effects["scenario"] == "plan").all()
    same = effects[(effects["outcome"] == "people") & (effects["group"] == "all")]
    assert (same["high"] - same["low"] < 30).all()  # the inflow of a draw is the same in both


def test_cities_of_the_study_have_no_ranges() -> None:
    scenario = small("rotterdam", 0.02, 24)
    assert not scenario.own_parameters
    assert scenario.stock_of({}).tolist() == [scenario.stock]
    low, high = stock_range("rotterdam")
    assert low == high == default_stock("rotterdam")
    assert warnings(scenario) == []


WRONG = {
    "high: 3100": ("high: 1000", "arrivals.a_year: low is above high"),
    "low: 0.45": ("low: 0.75", "arrivals.still_here: low is above high"),
    "India: 0.141": ("India: 0.2", "arrivals.origins.shares: they add up to 1.059, not to 1"),
    "Japan: 0.038, ": ("", "arrivals.origins.shares: give a share for each of India"),
    "couple_share: {level: 0.41": (
        "couple_share: {level: 0.1",
        "arrivals.parameters.couple_share: low, level and high must rise, within 0.1 to 0.7",
    ),
    "couple_share:": ("cuple_share:", "did you mean 'couple_share'?"),
    "survey_of: rotterdam": ("survey_of: utrecht", "survey_of: 'utrecht' is not one of"),
}


@pytest.mark.parametrize("before", WRONG)
def test_what_is_wrong_is_said(before: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    source = Path(cities.__file__).parent / "rotterdam_2025" / cities.FILE
    text = source.read_text(encoding="utf-8")
    after, said = WRONG[before]
    assert text.count(before) == 1
    (folder / cities.FILE).write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_city(folder)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_folder_of_ones_own_may_borrow_a_survey(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    source = Path(cities.__file__).parent / "rotterdam_2025" / cities.FILE
    (folder / cities.FILE).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    mine = add_folder(folder)
    assert not mine.of_the_study
    assert not mine.borrowed_tables
    assert not borrowed(mine)
    ours, theirs = survey_margins("mine"), survey_margins("rotterdam")
    assert [(m.name, m.borrowed) for m in ours] == [(m.name, False) for m in theirs]
    assert all(np.array_equal(a.counts, b.counts) for a, b in zip(ours, theirs, strict=True))
    (folder / cities.SURVEY).write_text("id\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"give either survey\.csv or survey_of"):
        read_city(folder)


def test_a_later_city_borrows_levels_and_says_both(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    source = Path(cities.__file__).parent / "rotterdam_2025" / cities.FILE
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(k for k, x in enumerate(lines) if x.startswith("  english_information:"))
    text = "".join(lines[:first] + lines[first + 2 :])
    (folder / cities.FILE).write_text(text, encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text("title: Mine\ncity: mine\nstart: 2025-01\n", encoding="utf-8")
    scenario = xs.load(path)
    (lent,) = borrowed_in(scenario)
    assert (lent.levels, lent.tables, lent.grades, lent.region) == (
        ("english_information",),
        (),
        False,
        False,
    )
    said = warnings(scenario)
    assert any("still of 2009" in line for line in said)
    assert lent.line() in said


@pytest.mark.parametrize("name", LATER)
def test_a_packaged_city_of_a_later_year_borrows_nothing(name: str) -> None:
    assert not borrowed(cities.city(name))
    assert [m.borrowed for m in survey_margins(name)].count(True) == 0
    with pytest.raises(InputError, match="is a city of the package"):
        write_city(name)
