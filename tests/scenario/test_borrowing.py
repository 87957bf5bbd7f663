"""What a city does not know it borrows, with more uncertainty, and every result says so."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

import expatsim as xs
from expatsim.cities import cities, city, counts, roles
from expatsim.cities.level import WIDENING
from expatsim.errors import InputError
from expatsim.model.levers import level_2009
from expatsim.model.parameters import registry
from expatsim.model.policy import policy_as_in_2009
from expatsim.model.state import INDIA
from expatsim.population.margins import population_margins, survey_margins
from expatsim.population.stock import contradictions, raked_weights
from expatsim.runs.prepare import prepare
from expatsim.scenario import Scenario, load
from expatsim.scenario.borrowing import borrowed
from expatsim.scenario.city_file import add_folder
from expatsim.scenario.city_template import write_city
from expatsim.scenario.guards import warnings
from helpers import ROOT

SMALL = "years: 2\npopulation: {stock: 300, inflow: 120}\ndraws: 4\n"
HEADER = "id,table,n,variable,category,value,low,high,place\n"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with scenarios of a city of which nothing is known, and two of the study."""
    write_city("tilburg", "den_haag", tmp_path / "cities")
    for name in ("tilburg", "rotterdam", "den_haag"):
        (tmp_path / f"{name}.yaml").write_text(f"title: {name}\ncity: {name}\n{SMALL}")
    return tmp_path


@pytest.mark.parametrize("lender", [c.name for c in cities()])
def test_a_new_city_is_the_one_it_borrows_from_but_for_its_uncertainty(
    tmp_path: Path, lender: str
) -> None:
    new = add_folder(write_city("nieuwstad", lender, tmp_path))
    assert roles("nieuwstad") == roles(lender)
    assert counts("nieuwstad", "T41") == counts(lender, "T41")
    assert new.region == city(lender).region
    ours, theirs = survey_margins("nieuwstad"), survey_margins(lender)
    assert [m.name for m in ours] == [m.name for m in theirs]
    for one, other in zip(ours, theirs, strict=True):
        if one.interval is None:
            assert one.counts * WIDENING**2 == pytest.approx(other.counts)
        else:
            assert np.ptp(one.interval) == pytest.approx(WIDENING * np.ptp(other.interval))
    assert contradictions(new) == []
    for level, other in (
        (new.levels_2009[x], city(lender).levels_2009[x]) for x in new.levels_2009
    ):
        assert (level.level, level.evidence, level.borrowed) == (other.level, "assumption", lender)
        assert level.source.startswith("borrowed from ")
        if other.prior:
            assert level.spread == WIDENING * other.spread
        else:  # a prior for what was measured; a point of reference stays
            assert bool(level.prior) == (other.evidence == "measured")
    lent = borrowed(new)
    assert set(lent.levels) | set(lent.fixed) == set(new.levels_2009)
    assert lent.grades
    assert lent.region
    assert {"ROL", "SEX", "T42d"} <= set(lent.tables)
    assert all(not borrowed(c) for c in cities())


@pytest.mark.parametrize("source", ["posterior", "prior"])
def test_borrowed_levels_spread_wider_around_those_they_come_from(empty: Path, source: str) -> None:
    scenario = dataclasses.replace(load(empty / "tilburg.yaml"), parameters=source)
    drawn = prepare(scenario, np.arange(1500)).parameters
    for lever in ("english_information", "dutch_practice", "volunteer_information"):
        lender = registry()[f"den_haag_{lever}"]
        ours, theirs = (lender.to_scale(drawn[f"{c}_{lever}"]) for c in ("tilburg", "den_haag"))
        assert np.std(ours) / np.std(theirs) == pytest.approx(WIDENING, rel=0.08), lever
        assert np.median(ours) == pytest.approx(np.median(theirs), abs=0.1)
        # a city is like the one that lends, and not the same
        assert 0.55 < np.corrcoef(ours, theirs)[0, 1] < 0.8
    events = drawn["tilburg_welcome_events"]  # measured where it is from
    assert 0 <= events.min() < 2
    assert events.max() > 12
    # cut off at no events, it is a little higher
    assert 0 < np.median(events) - level_2009("welcome_events", "den_haag").level < 2


def test_one_draw_is_the_same_whatever_others_there_are(empty: Path) -> None:
    scenario = load(empty / "tilburg.yaml")
    many = prepare(scenario, np.arange(5)).parameters
    for name in scenario.own_parameters:
        assert prepare(scenario, np.array([3])).parameters[name][0] == many[name][3]
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert Scenario.from_description(scenario.describe()).own_cities == scenario.own_cities


def test_what_is_known_is_not_borrowed(empty: Path) -> None:
    """Wishes alone come before joint wishes and contracts of others; a table counts as a whole."""
    folder = empty / "cities" / "tilburg"
    (folder / "survey.csv").write_text(
        HEADER
        + "a,T23,50,wish to stay longer,yes,30,,,x\nb,T23,50,wish to stay longer,maybe,15,,,x"
        "\nc,T23,50,wish to stay longer,no,5,,,x\nd,S41,40,knows the Expat Desk,yes,20,,,x\n"
        "e,T13,90,respondent nationality,Indiaas,60,,,x\n"
        "f,ROL,80,role,KM,60,,,x\ng,ROL,80,role,partner,20,,,x\n"
        "h,DUR,80,time in NL so far 1-2 years,yes,20,,,x\n"
    )
    yaml = (folder / "city.yaml").read_text().replace("donors: den_haag", "donors: rotterdam")
    (folder / "city.yaml").write_text(f"{yaml}region: {{percent: 2, source: x}}\n")
    new = add_folder(folder)
    margins = {m.name: m for m in survey_margins("tilburg")}
    own = {name: m.counts.tolist() for name, m in margins.items() if not m.borrowed}
    assert own.pop("T13 and A2 origin groups")[INDIA] == pytest.approx(60 + 30 / 9)
    assert own == {
        "wish to stay": [5, 15, 30],
        "S41 knows the desk": [20, 20],
        "DUR one to two years here (more than half)": [20, 60],
    }
    assert not [
        name
        for name in margins
        if name.startswith(("FN12", "S41 knows a", "S41 knows")) and margins[name].borrowed
    ]
    cells = margins["SEX by role"].counts
    assert cells[[0, 2]].sum() / cells.sum() == pytest.approx(60 / 80)
    assert contradictions(new) == []
    lent = borrowed(new)
    assert not {"ROL", "T13", "FN12", "DUR"} & set(lent.tables)
    assert not lent.region
    for replicate in range(40):
        raked_weights("tilburg", "survey", 1, replicate)


def test_tables_that_nobody_meets_are_said(empty: Path) -> None:
    ages = ("tot 25", "25 tot 35", "35 tot 45", "45 tot 55", "55 en ouder")
    old = [f"{k},A2d,50,age,{a},{50 * (k == 4)},,,x\n" for k, a in enumerate(ages)]
    (empty / "cities" / "tilburg" / "survey.csv").write_text(
        HEADER + "".join(old) + "m,T13,50,respondent nationality,Chinees,50,,,x\n"
        "n,FAM,20,men: children,1+ children,20,,,x\n"
    )
    scenario = load(empty / "tilburg.yaml")
    (line,) = contradictions(scenario.own_cities[0])
    assert "no people of The Hague meet all its tables together" in line
    with pytest.raises(InputError, match="meet all its tables together"):
        raked_weights("tilburg", "survey", 1, 0)


def test_every_result_says_what_is_borrowed(empty: Path) -> None:
    files = [empty / f"{name}.yaml" for name in ("rotterdam", "den_haag", "tilburg")]
    result = xs.compare(files)
    (line,) = [x for x in result.notes() if "borrows" in x]
    assert line.startswith("Tilburg borrows from The Hague: tables (ROL, SEX, FAM")
    assert "with a spread 1.5 times as wide; levels of 2009 (healthcare_english)" in line
    assert "and the share of its region, so its inflow and stock, as they are" in line
    assert line in result.provenance["warnings"]["tilburg"]
    assert "tilburg_desk_visibility" not in result.provenance["from_prior"]
    assert "tilburg_welcome_events" in result.provenance["from_prior"]
    assert "Tilburg borrows from The Hague, with a spread 1.5 times as wide" in result.report()
    assert "Tilburg leent van Den Haag, met een 1,5 keer zo grote" in result.report(lang="nl")
    frame = xs.decompose(*files, draws=2)
    assert list(dict.fromkeys(frame["scenario"])) == ["den_haag", "tilburg"]
    for name in ("den_haag", "tilburg"):
        alone = xs.decompose(files[0], empty / f"{name}.yaml", draws=2)
        part = frame[frame["scenario"] == name].drop(columns="scenario").reset_index(drop=True)
        assert part.equals(alone)


def test_any_city_can_take_over_a_policy(empty: Path) -> None:
    own = load(empty / "tilburg.yaml")
    for regime in ("rotterdam", "den_haag", "tilburg"):
        path = empty / "x.yaml"
        path.write_text(f"title: x\nbased_on: tilburg\npolicy_from: {regime}\n")
        scenario = load(path)
        assert scenario.city == scenario.quality_city == "tilburg"
        assert scenario.policy_city == regime
        assert scenario.policy == policy_as_in_2009(regime)
        same = own.with_policy_of(regime, "x")
        assert (same.policy, same.policy_city) == (scenario.policy, regime)
    path.write_text(f"title: x\ncity: rotterdam\npolicy_from: tilburg\n{SMALL}")
    lines = [w for w in warnings(load(path)) if "borrows" in w]
    assert len(lines) == 1
    assert "levels of 2009 (desk_visibility" in lines[0]
    assert "tables" not in lines[0]
    with pytest.raises(InputError, match="no city 'utrecht'"):
        own.with_policy_of("utrecht", "x")


def test_national_weights_keep_the_roles_of_a_city(empty: Path) -> None:
    load(empty / "tilburg.yaml")
    national = {m.name: m.counts for m in population_margins("tilburg", "national")}
    survey = {m.name: m.counts for m in population_margins("tilburg", "survey")}
    sexes = national["NAT sex by role"], survey["SEX by role"]
    assert sexes[0][[0, 2]].sum() == pytest.approx(sexes[1][[0, 2]].sum())


def test_the_shipped_example_passes_its_check() -> None:
    folder = ROOT / "scenarios" / "own-city"
    base, *regimes = (
        load(path) for path in sorted(folder.glob("*.yaml"), key=lambda p: len(p.stem))
    )
    assert contradictions(base.own_cities[0]) == []
    assert {s.policy_city for s in regimes} == {"rotterdam", "den_haag"}
    for scenario in (base, *regimes):
        assert scenario.city == scenario.quality_city == "eindhoven"
        assert scenario.title_nl
