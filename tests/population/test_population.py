"""The stock meets every margin cell by cell; arrivals never reshuffle; couples are couples."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim import observed
from expatsim.calibration import make_donors as calibrated
from expatsim.cities import city as city_of
from expatsim.cities import city_names
from expatsim.model import parameters
from expatsim.model.chance import run_keys
from expatsim.model.state import NONE, OPEN
from expatsim.population import donors as cross_section
from expatsim.population import stock
from expatsim.population.arrivals import arrivals, contract_shares, origin_shares
from expatsim.population.build import arrivals_by_month, default_inflow, default_stock
from expatsim.population.margins import population_margins, survey_margins
from expatsim.population.raking import Raking, bootstrap_shares
from expatsim.population.stock import raked_weights
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import lives, small

P = parameters.defaults()


def cells(margin, persons, weights) -> np.ndarray:
    code = np.asarray(margin.code(persons), int)
    found = np.bincount(code + 1, weights, len(margin.cells) + 1)[1:]
    return found / found.sum()


@pytest.mark.parametrize("weights", ["survey", "national"])
@pytest.mark.parametrize("city", city_names())
def test_raked_weights_meet_every_cell(city: str, weights: str) -> None:
    persons, margins = cross_section.donors(city), population_margins(city, weights)
    shares = bootstrap_shares(margins, None)
    raked = Raking(persons, persons["weight"], margins).weights(shares)
    assert abs(raked.sum() - 1) < 1e-9
    for margin, share in zip(margins, shares, strict=True):
        if margin.interval is None:
            assert share == pytest.approx(margin.counts / margin.counts.sum()), margin.name
        assert cells(margin, persons, raked) == pytest.approx(share, abs=1e-6), margin.name


@pytest.mark.parametrize("city", city_names())
def test_raked_weights_do_not_depend_on_what_was_asked_before(city: str) -> None:
    persons, margins = cross_section.donors(city), population_margins(city, "survey")
    draws = [bootstrap_shares(margins, np.random.default_rng(k)) for k in range(4)]
    fewer = [np.where(np.arange(len(s)) == 0, 0, s) if len(s) > 3 else s for s in draws[0]]
    draws.insert(1, [s / s.sum() for s in fewer])  # other cells are empty
    used = Raking(persons, persons["weight"], margins)

    def weights(raking: Raking, shares: list[np.ndarray]) -> np.ndarray | str:
        try:
            return raking.weights(shares)
        except RuntimeError as error:
            return str(error)

    for shares in draws:
        fresh = Raking(persons, persons["weight"], margins)
        assert np.array_equal(weights(used, shares), weights(fresh, shares))


@pytest.mark.parametrize("city", city_names())
def test_margins_are_the_printed_numbers(city: str) -> None:
    n = {"rotterdam": 75, "den_haag": 30}[city]
    margins = {m.name.split()[0]: m.counts for m in survey_margins(city)}
    assert (
        margins["SEX"].tolist() == {"rotterdam": [28, 1, 24, 22], "den_haag": [11, 0, 5, 14]}[city]
    )
    assert margins["A2d"].sum() == n
    assert margins["T13"].sum() == pytest.approx(n)
    if city == "rotterdam":
        assert margins["FN12"].tolist() == [8, 15, 21, 2, 13, 16]
        assert margins["T35"].tolist() == [3, 32, 24, 9, 6, 1]
        assert margins["S32"].tolist() == [2, 33, 34, 6]
        assert margins["T22"].tolist() == [5, 24, 13, 2]
    names = [m.name for m in survey_margins(city)]
    for part in ("men: family", "men: children", "women workers", "women partners: children"):
        assert any(part in name for name in names), part


@pytest.mark.parametrize("city", city_names())
def test_bootstrap_has_the_printed_shares_as_its_mean(city: str) -> None:
    margins = [m for m in survey_margins(city) if m.interval is None]
    rng = np.random.default_rng(4)
    draws = [bootstrap_shares(margins, rng) for _ in range(4000)]
    for k, margin in enumerate(margins):
        share, n = margin.counts / margin.counts.sum(), margin.counts.sum()
        sample = np.array([d[k] for d in draws])
        error = 5 * np.sqrt(share * (1 - share) / (n + 1) / len(draws)) + 1e-12
        assert (np.abs(sample.mean(axis=0) - share) < error).all(), margin.name
        # its spread is that of so many respondents
        spread = np.sqrt(share * (1 - share) / (n + 1))
        assert sample.std(axis=0) == pytest.approx(spread, rel=0.1, abs=1e-9), margin.name
        assert (sample[:, margin.counts == 0] == 0).all()


@pytest.mark.parametrize("city", city_names())
def test_each_draw_has_its_own_margins(city: str) -> None:
    of = city_of(city)
    first, again = (stock._raked.__wrapped__(of, "survey", 1, 5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, raked_weights(city, "survey", 1, 6))


@pytest.mark.parametrize("name", ["rotterdam", "den-haag"])
def test_stock_has_the_margins_of_its_draw(name: str) -> None:
    """10,000 people drawn with the weights of a draw: every cell within sampling error."""
    scenario = small(name, 1.0, 1, stock=10_000)
    draws = prepare(scenario, np.array([3]))
    adults = people_of_draw(scenario, draws, 0)
    here = adults.people["counted"] & (adults.people["arrival_month"] < 0)
    assert here.sum() == 10_000
    persons = {
        **{k: v[here] for k, v in adults.people.items()},
        **{k: v[here] for k, v in adults.state.items()},
        "female": adults.female[here],
        "origin": adults.origin[here],
        "family": adults.family[here],
    }
    cumulative = raked_weights(scenario.city, "survey", scenario.seed, 3)
    donors = cross_section.donors(scenario.city)
    for margin in survey_margins(scenario.city):
        expected = cells(margin, donors, np.diff(cumulative, prepend=0))
        found = cells(margin, persons, np.ones(10_000))
        members = (np.asarray(margin.code(persons)) >= 0).sum()
        error = 5 * np.sqrt(expected * (1 - expected) / members) + 1e-9
        assert (np.abs(found - expected) < error).all(), margin.name


def test_everybody_starts_with_the_answers_of_the_survey() -> None:
    """After a month without events the wish is the observed one, whatever the parameters."""
    for replicate in range(3):
        scenario = small("rotterdam", 1.0, 1)
        adults, state, _ = lives(scenario, replicate)
        stock = adults.people["arrival_month"] < 0
        quiet = stock & (state.friends == adults.state["friends"])
        quiet &= (state.dutch == adults.state["dutch"]) & (state.status == 1)
        quiet &= state.used_service == adults.state["used_service"]
        same = (state.wish == adults.state["wish"])[quiet]
        assert same.mean() > 0.99  # a birthday or a child's first school day may move somebody
        assert (state.feels_welcome == adults.state["feels_welcome"])[quiet].mean() > 0.99


@pytest.mark.parametrize("name", ["rotterdam", "den-haag"])
def test_couples_are_couples(name: str) -> None:
    scenario = small(name, 1.0, 120)
    adults, state, _ = lives(scenario, 1)
    mine = np.arange(len(adults.id))
    coupled = adults.people["coupled"]
    assert np.array_equal(coupled, adults.partner != mine)
    assert np.array_equal(adults.partner[adults.partner], mine)
    two = np.flatnonzero(coupled)
    other = adults.partner[two]
    assert (adults.id[two] >> 1 == adults.id[other] >> 1).all()  # one household
    assert (adults.people["head"][two] ^ adults.people["head"][other]).all()
    assert (adults.female[two] ^ adults.female[other]).all()
    for same in ("arrival_month", "child_birth_month", "posted", "school_effect"):
        assert np.array_equal(adults.people[same][two], adults.people[same][other]), same
    assert np.array_equal(adults.family[two], adults.family[other])
    ages = adults.people["birth_month"].astype(int)
    assert (np.abs(ages[two] - ages[other]) <= 20 * 12).all()
    # one fate
    for field in ("leave_month", "leave_reason", "destination", "status"):
        column = getattr(state, field)
        assert np.array_equal(column[two], column[other]), field
    # a partner's contract is that of the worker
    stock = two[adults.people["arrival_month"][two] < 0]
    ends = adults.state["contract_end"]
    assert np.array_equal(ends[stock], ends[adults.partner[stock]])


def test_more_arrivals_add_people_and_change_nobody() -> None:
    keys = run_keys(5, 0)
    few, many = (np.full(24, n) for n in (10, 17))
    a = arrivals(keys, P, few, reference=(0, 10))
    b = arrivals(keys, P, many, reference=(0, 10))
    slot = {int(i): k for k, i in enumerate(b.id)}
    to = np.array([slot[int(i)] for i in a.id])
    for name in ("female", "origin", "family"):
        assert np.array_equal(getattr(a, name), getattr(b, name)[to])
    for part in ("people", "state"):
        for name, column in getattr(a, part).items():
            assert np.array_equal(column, getattr(b, part)[name][to]), name
    # the same contacts, by identity
    assert np.array_equal(a.id[a.contacts], b.id[b.contacts[:, to]])


def test_arrivals_follow_their_shares() -> None:
    adults = arrivals(run_keys(1, 1), P, np.full(12, 4000), reference=(0, 4000))
    head = adults.people["head"]
    n = head.sum()
    assert adults.female[head].mean() == pytest.approx(P["women_share"], abs=0.01)
    assert adults.people["coupled"][head].mean() == pytest.approx(P["couple_share"], abs=0.01)
    assert np.bincount(adults.origin[head]) / n == pytest.approx(origin_shares(), abs=0.01)
    end, arrival = adults.state["contract_end"][head], adults.people["arrival_month"][head]
    term = np.where(end == OPEN, 4, np.digitize(end - arrival + 1, [18, 42, 66]))
    assert np.bincount(term) / n == pytest.approx(contract_shares(P), abs=0.01)
    age = (arrival - adults.people["birth_month"][head]) / 12
    assert age.min() >= 20
    assert 30 < np.median(age) < 32
    child = adults.people["child_birth_month"]
    parent = child != NONE
    at_birth = (child.astype(int) - adults.people["birth_month"])[parent & head] / 12
    assert at_birth.min() >= 19
    assert abs(adults.people["stay_taste"].mean()) < 0.02
    assert adults.people["stay_taste"].std() == pytest.approx(1, abs=0.01)
    contacts = adults.contacts
    known = contacts != np.arange(len(adults.id))
    assert known[:, arrival.argmax() :].mean() > 0.5
    assert (adults.people["arrival_month"][contacts] <= adults.people["arrival_month"]).all()


def test_arrivals_add_up_to_the_inflow() -> None:
    numbers = arrivals_by_month(np.full(120, 1000.0), np.ones(120))
    assert numbers.sum() == 10_000
    assert set(numbers) == {83, 84}
    assert arrivals_by_month(np.full(12, 0.0), np.ones(12)).sum() == 0


def test_sizes_come_from_the_facts() -> None:
    facts = observed.external().set_index("id")["value"].astype(object)
    expected = float(facts["EXT-18"]) / 4 * (1 + 7040 / 5226) * 0.07
    assert default_inflow("rotterdam") == pytest.approx(expected)
    assert default_inflow("den_haag") / default_inflow("rotterdam") == pytest.approx(17 / 7)
    assert default_stock("den_haag") > default_stock("rotterdam") > 1000


@pytest.mark.parametrize("city", city_names())
def test_donors_are_those_of_this_code(city: str) -> None:
    """Run ``make donors`` after a new posterior."""
    calibrated.check(city)
    donors = cross_section.donors(city)
    stay = -donors["arrival_month"][donors["weight"] > 0]
    assert stay.min() > 6
    assert stay.max() < 72
