"""What a lever stands at is said, never guessed: numbers, "as in 2009", and changes to either."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import expatsim as xs
from expatsim.analysis import decompose, dose, timing
from expatsim.cities import city_names
from expatsim.cli.people import people_lines
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.parameters import defaults, sample_prior
from expatsim.model.policy import (
    ADD,
    AT_LEAST,
    Level,
    LeverPath,
    as_in_2009,
    policy_as_in_2009,
    policy_of_draws,
)
from expatsim.runs.batches import simulate
from expatsim.runs.prepare import prepare
from expatsim.scenario import Scenario, guards, load
from helpers import lives, small

FILES = {"rotterdam": "rotterdam", "den_haag": "den-haag"}


PARAMETERS = sample_prior(3, np.arange(12))


NEWCOMERS = np.full((6, 12), 1200.0)


def written(folder: Path, text: str) -> Scenario:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, float]:
    """A lever and a number within its range, often one that a city had in 2009."""
    lever = LEVERS[draw(st.sampled_from(sorted(LEVERS)))]
    known = st.sampled_from(
        [*(policy_2009(c)[lever.name] for c in city_names()), lever.low, lever.high]
    )
    return lever.name, float(draw(known | st.floats(lever.low, lever.high)))


@given(numbers(), st.sampled_from(city_names()))
def test_a_number_is_that_number_in_every_draw(said: tuple[str, float], city: str) -> None:
    lever, number = said
    base = small(FILES[city], 0.05, 12)
    scenario = dataclasses.replace(base, policy={**base.policy, lever: number})
    assert (scenario.levels(PARAMETERS)[lever] == number).all()


@pytest.mark.parametrize("city", city_names())
@pytest.mark.parametrize("lever", LEVERS)
def test_a_number_in_a_file_is_that_number(lever: str, city: str, tmp_path: Path) -> None:
    value = policy_2009(city)[lever]
    scenario = written(tmp_path, f"title: x\ncity: {city}\npolicy: {{{lever}: {value}}}\n")
    found = prepare(scenario, np.arange(5)).policy[lever]
    assert (found == value).all()


def test_as_in_2009_can_be_said_after_something_else(tmp_path: Path) -> None:
    scenario = written(
        tmp_path,
        "title: x\ncity: den_haag\npolicy: {english_information: 0.9}\n"
        "changes: [{date: 2011-01, policy: {english_information: as in 2009}}]\n",
    )
    levels = scenario.levels(PARAMETERS)["english_information"]
    assert (levels[:12] == 0.9).all()
    assert np.array_equal(levels[12], PARAMETERS["den_haag_english_information"])


def test_a_change_is_relative_to_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "title: base\ncity: rotterdam\npolicy: {mentor_projects: 0.3}\n", encoding="utf-8"
    )
    scenario = written(
        tmp_path,
        "title: x\nbased_on: base\n"
        "policy: {english_information: {add: 0.5}, mentor_projects: {add: 0.2}}\n"
        "changes:\n"
        "  - {date: 2012-01, policy: {english_information: {add: -0.1}}}\n"
        "  - {date: 2013-01, policy: {english_information: {at_least: 0.7}}}\n",
    )
    levels = scenario.levels(PARAMETERS)
    own = PARAMETERS["rotterdam_english_information"]
    first = np.minimum(own + 0.5, 1)
    assert np.array_equal(levels["english_information"][0], first)
    assert np.array_equal(levels["english_information"][24], np.clip(first - 0.1, 0, 1))
    assert np.array_equal(levels["english_information"][36], np.maximum(first - 0.1, 0.7))
    assert (levels["mentor_projects"] == 0.5).all()


def test_people_a_year_are_a_share_of_newcomers(tmp_path: Path) -> None:
    scenario = written(
        tmp_path, "title: x\ncity: rotterdam\npolicy: {mentor_projects: {people_a_year: 200}}\n"
    )
    newcomers = scenario.newcomers(PARAMETERS)
    assert scenario.levels(PARAMETERS)["mentor_projects"] == pytest.approx(200 / newcomers)
    # with workers alone, partners left out, it would have been 200 in 1,022
    assert float(scenario.central("mentor_projects")[0]) < 200 / 1022
    smaller = scenario.resized(0.25).levels(PARAMETERS)["mentor_projects"]
    assert smaller == pytest.approx(200 / newcomers)
    data = xs.run(scenario, draws=3).dataset.isel(scenario=0)
    arrived = float(data["arrived"].sum("month").mean()) / 10
    assert float(scenario.newcomers()[0, 0]) == pytest.approx(arrived, rel=0.05)


def test_people_a_year_may_be_partners_of_newcomers(tmp_path: Path) -> None:
    scenario = written(
        tmp_path, "title: x\ncity: rotterdam\npolicy: {partner_jobs: {people_a_year: 100}}\n"
    )
    scenario = dataclasses.replace(scenario, parameters="prior")
    data = xs.run(scenario, draws=3).dataset.isel(scenario=0)
    partners = data["arrived_partners"].sum("month") / 10
    assert (partners < data["arrived"].sum("month") / 10 / 2).all()
    (share, *_) = scenario.central("partner_jobs")
    assert share == pytest.approx(100 / float(partners.mean()), rel=0.15)
    (said,) = people_lines([scenario])
    assert f"at {share:.0%} is about 100 of the " in said
    assert "partners a year" in said
    many = written(
        tmp_path, "title: x\ncity: rotterdam\npolicy: {partner_jobs: {people_a_year: 1000}}\n"
    )
    assert guards.cautions(many)["people"]["partner_jobs"][1] < 500  # not all newcomers


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{add: 2}", "add: 2 is out of range (allowed: -1 to 1)"),
        ("{add: much}", "add: 'much' is not a number"),
        ("{at_least: -0.1}", "at_least: -0.1 is out of range (allowed: 0 to 1)"),
        ("{plus: 0.1}", "one of {add: ...}, {at_least: ...}, not {plus}"),
        ("{add: 0.1, at_least: 0.5}", "not {add, at_least}"),
        ("{people_a_year: 10}", "one of {add: ...}, {at_least: ...}, not {people_a_year}"),
        ("", "is empty; write a level"),
        ("as in 2010", "is no level; write `as in 2009`, or a number (allowed: 0 to 1)"),
    ],
)
def test_mistakes_are_one_clear_line(said: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(xs.InputError) as error:
        written(tmp_path, f"title: x\ncity: rotterdam\npolicy:\n  english_information: {said}\n")
    (line,) = error.value.problems
    assert "mine.yaml:4: policy.english_information" in line
    assert message in line


@st.composite
def levels(draw: st.DrawFn) -> tuple[str, Level]:
    lever, number = draw(numbers())
    x = LEVERS[lever]
    own = as_in_2009(lever, draw(st.sampled_from(city_names())))
    level = draw(st.sampled_from([own, Level(value=number)]))
    for how in draw(st.lists(st.sampled_from([ADD, AT_LEAST]), max_size=3)):
        by = draw(st.floats(x.low - x.high, x.high - x.low) if how == ADD else st.just(number))
        level = level.changed(lever, how, by)
    return lever, level


@given(levels(), st.integers(1, 5))
def test_levels_stay_in_range_and_survive_a_file(said: tuple[str, Level], at: int) -> None:
    lever, level = said
    path = LeverPath.of(as_in_2009(lever, "den_haag")).since(at, level)
    found = path.of_draws(lever, PARAMETERS, NEWCOMERS)
    assert found.min() >= LEVERS[lever].low
    assert found.max() <= LEVERS[lever].high
    again = LeverPath.from_plain(json.loads(json.dumps(path.plain())))
    assert again == path


def test_a_description_is_the_scenario() -> None:
    for name in ("rotterdam", "den-haag-with-rotterdam-policy", "economic-downturn"):
        one = small(name, 0.1, 36)
        other = Scenario.from_description(json.loads(json.dumps(one.describe())))
        assert decompose.factors_that_differ(one, other) == []
        assert simulate(one.resized(0.2, 12)).identical(simulate(other.resized(0.2, 12)))


@settings(max_examples=25, deadline=None)
@given(numbers(), st.sampled_from(city_names()), st.sampled_from(city_names()), st.integers(1, 22))
def test_before_its_date_no_policy_changes_a_bit(
    said: tuple[str, float], city: str, whose: str, date: int
) -> None:
    """Rates until the date are those of the baseline, to the bit, for all levers and cities."""
    lever, number = said
    base = small(FILES[city], 0.02, 24, draws=4)
    levels = {**policy_as_in_2009(whose), lever: LeverPath.of(number)}
    policy = {name: path.delayed(date, base.policy[name]) for name, path in levels.items()}
    later = dataclasses.replace(base, policy=policy)
    one, other = (prepare(s, np.arange(4)) for s in (base, later))
    assert np.array_equal(one.rates[:date], other.rates[:date])
    assert np.array_equal(one.numbers, other.numbers)


@pytest.mark.parametrize("years", [1, 2])
def test_until_a_delayed_policy_begins_lives_are_the_same(years: int) -> None:
    base = small("rotterdam", 0.1, 48)
    policy = small("rotterdam-with-den-haag-policy", 0.1, 48)
    later = timing.delayed(base, policy, years)
    _, _, a = lives(base)
    _, _, b = lives(later)
    assert np.array_equal(a[: 12 * years], b[: 12 * years])
    assert not np.array_equal(a[12 * years :], b[12 * years :])


def test_a_delay_leaves_the_dates_of_the_baseline_alone() -> None:
    """A policy that moves one lever is delayed; what the baseline does at its dates is not."""
    plain = small("rotterdam", 0.1, 60)
    mentors = plain.policy["mentor_projects"].since(24, Level(value=1.0))
    base = dataclasses.replace(plain, policy={**plain.policy, "mentor_projects": mentors})
    policy = dataclasses.replace(base, name="p", policy={**base.policy, "nightlife": 0.5})
    for years in (0, 1, 3):
        later = timing.delayed(base, policy, years)
        assert later.policy["mentor_projects"] == mentors
        assert np.flatnonzero(later.central("nightlife"))[0] == 12 * years
    late = base.policy["nightlife"].since(54, Level(value=0.5))
    never = dataclasses.replace(base, name="n", policy={**base.policy, "nightlife": late})
    with pytest.raises(xs.InputError, match="would begin after the end of the projection"):
        timing.delayed(base, never, 1)


@pytest.mark.parametrize(
    "said", ["{add: 0}", "{at_least: 0}", "{people_a_year: 0}", "0", "as in 2009"]
)
def test_a_change_of_nothing_is_none_and_costs_nothing(said: str, tmp_path: Path) -> None:
    costs = "costs: {mentor_projects: {per_year: 1000}}\npopulation: {stock: 200, inflow: 60}\n"
    base = written(tmp_path, f"title: b\ncity: rotterdam\nyears: 1\n{costs}")
    same = written(
        tmp_path,
        f"title: x\ncity: rotterdam\nyears: 1\n{costs}policy: {{mentor_projects: {said}}}\n",
    )
    assert same.policy == base.policy
    two = dataclasses.replace(same, name="two")
    result = xs.compare([base, two], draws=2)
    assert result.costs().empty
    assert set(result.summary()["verdict"].dropna()) == {"no difference"}


def test_no_hole_in_a_dose() -> None:
    """A level that equals the city's of 2009 is a level like those beside it."""
    base = small("rotterdam", 0.2, 36)
    frame = xs.dose(base, "desk_visibility", levels=6, draws=12)
    knows = frame[frame["outcome"] == "knows_service"].set_index("desk_visibility")
    middle = [float(m) for m in knows["median"]]
    assert middle == sorted(middle)
    assert float(knows.loc[0.2, "high"]) > 0 > float(knows.loc[0.2, "low"])


def test_a_dose_can_be_relative_to_the_own_level() -> None:
    base = small("rotterdam", 0.2, 24)
    found = dose.at_levels(base, "desk_visibility", 5, relative=True)
    assert 0.0 in found
    assert found[0.0].policy == base.policy
    own = PARAMETERS["rotterdam_desk_visibility"]
    for step, scenario in found.items():
        expected = np.clip(own + step, 0, 1) if step else own
        assert np.array_equal(scenario.levels(PARAMETERS)["desk_visibility"][0], expected)
    frame = xs.dose(base, "desk_visibility", levels=3, relative=True, draws=4)
    zero = frame[frame["desk_visibility, added"] == 0.0]
    assert (zero[["low", "median", "high"]] == 0).all().all()


def test_timing_wants_a_difference_in_policy_only() -> None:
    one, other = small("rotterdam", 0.02, 24), small("den-haag", 0.02, 24)
    with pytest.raises(xs.InputError, match="they also differ in people, city quality"):
        xs.timing(one, other, delays=[1], draws=2)


def test_measures_of_two_cities_can_be_told_apart() -> None:
    one = small("rotterdam", 0.02, 24)
    other = small("rotterdam-with-den-haag-policy", 0.02, 24)
    frame = xs.decompose(one, other, by="measure", draws=3)
    assert "desk_visibility" in set(frame["lever"])


def test_central_levels_are_those_of_the_table() -> None:
    for city, name in FILES.items():
        scenario = small(name, 0.05, 12)
        assert {k: scenario.central(k)[0] for k in LEVERS} == policy_2009(city)
    assert (
        defaults()["rotterdam_english_information"]
        == policy_2009("rotterdam")["english_information"]
    )


def test_more_people_than_arrive_are_told(tmp_path: Path) -> None:
    """Also where the inflow falls later; the lines for the reader then name that month's people."""
    scenario = written(
        tmp_path,
        "title: x\ncity: rotterdam\npolicy: {mentor_projects: {people_a_year: 700}}\n"
        "changes: [{date: 2012-01, inflow: 250}]\n",
    )
    (line,) = [w for w in guards.warnings(scenario) if "should reach" in w]
    assert line.startswith("mentor_projects should reach 700 people a year, and only about 345")
    (said,) = people_lines([scenario])
    assert "in their first year” at 100% is about 345 of the then 345 a year (from 2012-01)" in said
    fine = written(
        tmp_path, "title: x\ncity: rotterdam\npolicy: {mentor_projects: {people_a_year: 700}}\n"
    )
    assert not [w for w in guards.warnings(fine) if "should reach" in w]


def test_levels_of_2009_are_uncertain_and_decisions_are_not() -> None:
    p = {"rotterdam_english_information": np.array([0.25, 0.4])}
    path = LeverPath(((0, Level(city="rotterdam")), (2, Level(value=0.3))))
    newcomers = np.ones((3, 2))
    by_draw = policy_of_draws({"english_information": path}, p, newcomers)["english_information"]
    assert by_draw.tolist() == [[0.25, 0.4], [0.25, 0.4], [0.3, 0.3]]
    known = policy_of_draws({"welcome_events": LeverPath.of(0.0)}, p, newcomers)["welcome_events"]
    assert known.shape == (3, 1)
