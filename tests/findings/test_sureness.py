"""What a table may say of a difference: enough draws, enough people, worth naming, not assumed."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim.cli import numbers, terminal
from expatsim.errors import InputError
from expatsim.findings import cost, sureness
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.sureness import ASSUMED_SIZES, FEWEST_DRAWS, VERDICTS, verdict
from expatsim.report import words
from expatsim.report.language import Language
from helpers import printed, small

SURE = {"clear", "likely"}


VALUES = st.floats(-1, 1) | st.just(0.0) | st.just(float("nan"))


@given(st.lists(VALUES, max_size=FEWEST_DRAWS - 1))
def test_few_draws_are_never_sure(values: list[float]) -> None:
    assert verdict(np.array(values)) in {"too few draws", "no difference", "nobody"}


@given(st.lists(VALUES, max_size=90), st.floats(0, 20), st.sampled_from([0.0, 0.0005, 0.5]))
def test_verdicts_are_those_that_are_told(values: list[float], people: float, least: float) -> None:
    difference = np.array(values)
    there = difference[~np.isnan(difference)]
    found = verdict(difference, least, people)
    assert found in VERDICTS
    assert (found == "nobody") == (len(there) == 0)
    if found in SURE:
        assert len(there) >= FEWEST_DRAWS
        assert people >= sureness.FEWEST_PEOPLE
        assert abs(np.median(there)) >= least
        assert sureness.probability_higher(difference) != 0.5
    if len(there) and not there.any():
        assert found != "the model is undecided"
    # who comes first does not matter
    other = verdict(-difference, least, people)
    assert other == found


def test_a_tail_needs_its_draws() -> None:
    one = np.ones(FEWEST_DRAWS)
    assert verdict(one) == "clear"
    assert verdict(one[1:]) == "too few draws"
    assert pytest.approx(1 - sureness.CLEAR) == 1 / FEWEST_DRAWS
    assert verdict(np.where(np.arange(50) < 45, 1.0, np.nan)) == "clear"
    assert verdict(one, people=9) == "too few people"


def test_what_is_not_worth_naming_is_no_finding() -> None:
    share, people = OUTCOMES["wish"], OUTCOMES["people"]
    assert (share.is_share, people.is_share) == (True, False)
    tiny = np.linspace(0, 0.0049, 100)
    assert verdict(tiny, share.smallest()) == "practically no difference"
    assert verdict(tiny, share.smallest(0.001)) == "clear"
    assert verdict(tiny + 0.005, share.smallest()) == "clear"
    assert verdict(tiny + 0.002, share.smallest()) == "the model is undecided"
    assert verdict(np.linspace(-4, 5, 100), people.smallest(0.5)) == "practically no difference"
    assert verdict(np.linspace(-40, 50, 100), people.smallest()) == "the model is undecided"
    # what is worth naming does not print as zero
    for outcome, scale, digits in ((share, 100, 1), (people, 1, 0)):
        assert numbers.number(scale * outcome.smallest(), digits) not in ("0", "0.0")


@given(st.floats(-1e7, 1e7), st.integers(0, 3), st.booleans())
def test_zero_has_no_sign(x: float, digits: int, sign: bool) -> None:
    said = numbers.number(x, digits, sign)
    assert not re.fullmatch(r"[-+]0(\.0*)?", said)
    assert float(said.replace(",", "")) == pytest.approx(x, abs=0.51 * 10**-digits)
    assert Language("nl").number(float("nan"), digits, sign) == "–"


def test_every_verdict_has_words() -> None:
    assert set(words.VERDICTS) == set(VERDICTS)


@pytest.fixture(scope="module")
def base() -> xs.Scenario:
    return small("rotterdam", 0.05, 24)


@pytest.fixture(scope="module")
def friendly(base: xs.Scenario) -> xs.Scenario:
    policy = {**base.policy, "customer_friendliness": np.full(24, 2.0)}
    return dataclasses.replace(base, name="friendly", policy=policy)


def test_two_draws_are_never_sure(base: xs.Scenario, friendly: xs.Scenario) -> None:
    levers = {**friendly.policy, "welcome_events": np.full(24, 12.0)}
    both = dataclasses.replace(base, name="both", policy=levers)
    result = xs.compare([base, friendly], draws=2)
    frames = [
        result.summary().dropna(subset="verdict"),
        result.effects(),
        xs.decompose(base, small("den-haag", 0.05, 24), draws=2),
        xs.decompose(base, both, by="measure", draws=2),
        xs.dose(base, "customer_friendliness", levels=3, draws=2),
        xs.timing(base, friendly, delays=[0, 1], draws=2),
    ]
    for frame in frames:
        told = set(frame["verdict"])
        assert told <= {"too few draws", "too few people", "no difference"}
        assert "too few draws" in told
        assert frame["draws"].max() == 2
    page = result.report("en")
    assert "too few draws" in page
    assert 'class="verdict clear"' not in page
    assert "None of the outcomes below is clearly different" not in page
    assert "te weinig doorrekeningen" in result.report("nl")
    assert f"needs {FEWEST_DRAWS} draws" in printed(terminal.summary_table(result))


def test_the_same_world_is_no_difference(base: xs.Scenario) -> None:
    again = dataclasses.replace(base, name="again", title="The same again")
    result = xs.compare([base, again], draws=4)
    frame = result.summary().dropna(subset="verdict")
    assert set(frame["verdict"]) == {"no difference"}
    shown = printed(terminal.summary_table(result))
    assert "no difference" in shown
    assert "-0.0" not in shown
    assert "+0" not in shown
    assert "geen verschil" in result.report("nl")
    assert "undecided whether" not in result.report("en")


def test_assumed_sizes_are_no_finding(base: xs.Scenario) -> None:
    more = dataclasses.replace(base, name="more", inflow=base.inflow * 1.5)
    costs = {"nightlife": {"per_year": 1000.0}}
    louder = {**base.policy, "nightlife": np.full(24, 1.0)}
    more = dataclasses.replace(more, costs=costs, policy=louder)
    result = xs.compare([base, more, small("den-haag", 0.05, 24)], draws=FEWEST_DRAWS)
    counted = ("people", "expat_years")
    for frame in (result.summary().dropna(subset="verdict"), result.effects()):
        sizes = frame["outcome"].isin(counted)
        assert set(frame.loc[sizes, "verdict"]) == {ASSUMED_SIZES}
        assert ASSUMED_SIZES not in set(frame.loc[~sizes, "verdict"])
    assert ASSUMED_SIZES in printed(terminal.summary_table(result))
    assert "volgt uit de aangenomen aantallen" in result.report("nl")
    found = result.costs().set_index("outcome")
    assert found.loc["extra_cost", "median"] == 2000
    assert found.loc["extra_expat_years", "note"] == ASSUMED_SIZES
    assert np.isnan(found.loc["cost_per_expat_year", "median"])


@pytest.mark.parametrize(("gain", "told"), [(3, False), (9, False), (10, True), (-2, False)])
def test_nothing_is_divided_by_a_handful(base: xs.Scenario, gain: int, told: bool) -> None:
    months = 72
    long = small("rotterdam", 0.05, months)
    path = np.full(months, 0.5)
    mentors = dataclasses.replace(
        long,
        name="mentors",
        policy={**long.policy, "mentor_projects": path},
        costs={"mentor_projects": {"per_year": 12_000.0}},
    )
    dataset = xs.compare([long, mentors], draws=3).dataset.copy(deep=True)
    dataset["here"][1] = dataset["here"][0] + gain
    found = cost.costs(dataset, [long, mentors]).set_index("outcome")
    row = found.loc["cost_per_person_5"]
    assert found.loc["extra_people_5", "median"] == gain
    assert np.isfinite(row["median"]) == told
    assert (row["note"] == "") == told
    assert row["probability_of_no_gain"] == (gain <= 0)


def test_information_needs_somebody_to_look_at(base: xs.Scenario) -> None:
    nobody = dataclasses.replace(base, stock=200, inflow=np.zeros(24))
    with pytest.raises(InputError, match="newcomers_1: 0 of 20 draws have anybody"):
        xs.information(nobody, outcome="newcomers_1", draws=20)


def test_everything_copes_with_nobody(base: xs.Scenario) -> None:
    one = dataclasses.replace(base, stock=1, inflow=np.zeros(24))
    policy = {**one.policy, "customer_friendliness": np.full(24, 2.0)}
    other = dataclasses.replace(one, name="friendly", policy=policy)
    more = {**policy, "welcome_events": np.full(24, 12.0)}
    both = dataclasses.replace(one, name="both", policy=more)
    newcomers = "newcomers_1"
    for frame in (
        xs.decompose(one, other, draws=6),
        xs.decompose(one, both, by="measure", draws=6),
        xs.dose(one, "nightlife", levels=2, draws=6),
        xs.timing(one, other, delays=[0, 1], draws=6),
    ):
        rows = frame[frame["outcome"] == newcomers]
        assert set(rows["verdict"]) == {"nobody"}
        assert (rows["draws"] == 0).all()
        wish = frame[frame["outcome"] == "wish"]
        assert wish["draws"].between(0, 5).all()
        assert not set(frame["verdict"]) & {*SURE, "the model is undecided"}
    shares = xs.uncertainty(one, draws=8)
    assert (shares.loc[shares["outcome"] == newcomers, "draws"] == 0).all()
    shown = [
        printed(terminal.uncertainty_table(shares, "x")),
        printed(terminal.responses_table(xs.dose(one, "nightlife", levels=2, draws=6), "x")),
        printed(terminal.measures_table(xs.decompose(one, both, by="measure", draws=6), "x", "y")),
        printed(terminal.decomposition_table(xs.decompose(one, other, draws=6), "x", "y")),
    ]
    assert not any("nan" in text for text in shown)
    assert all("nobody" in text for text in shown)


def test_percentages_of_a_handful_are_not_told(base: xs.Scenario) -> None:
    tiny = dataclasses.replace(base, stock=2, inflow=np.zeros(24))
    policy = {**tiny.policy, "customer_friendliness": np.full(24, 2.0)}
    found = xs.lives(tiny, dataclasses.replace(tiny, name="b", policy=policy), years=2, draws=2)
    assert found["profile"][["all", "stay", "leave"]].isna().all(axis=None)
    assert "too few" in printed(terminal.lives_tables(found, 2)[1])


def test_verdicts_follow_fixed_rules() -> None:
    def of(above: int, n: int = 200) -> str:
        return sureness.verdict(np.where(np.arange(n) < above, 1.0, -1.0))

    assert [of(200), of(195), of(194), of(160), of(159), of(100)] == [
        "clear",
        "clear",
        "likely",
        "likely",
        "the model is undecided",
        "the model is undecided",
    ]
    assert [of(41), of(40), of(5)] == ["the model is undecided", "likely", "clear"]
    assert sureness.verdict(np.zeros(50)) == "no difference"
