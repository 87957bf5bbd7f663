"""What a difference rests on: it is told by draws from the prior, and never in words of data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.cli import terminal
from expatsim.findings import basis, sureness
from expatsim.findings.basis import ASSUMPTION, MEASURED, PARTLY, UNKNOWN, rests_on
from expatsim.findings.outcomes import of_everybody
from expatsim.findings.sureness import FEWEST_DRAWS, SPOKEN, VERDICTS
from expatsim.model.parameters import registry, sample_prior
from expatsim.posterior.record import shipped
from expatsim.report import words
from expatsim.report.facts import Facts
from helpers import printed, small

DRAWS = 48
# all that stands between an event a year and feeling welcome, and how welcome people feel without
NARROWED = ("welcome_events_effect", "welcome_level")


@pytest.fixture(scope="module")
def scenarios() -> list[xs.Scenario]:
    base = small("rotterdam", 0.1, 24)
    events = {**base.policy, "welcome_events": np.full(24, 24.0)}
    return [base, dataclasses.replace(base, name="events", title="Events", policy=events)]


def made_up(folder: Path, narrowed: tuple[str, ...], converged: str = "yes") -> str:
    """Draws in which some parameters are known and the others as in the prior, with a record."""
    draws = sample_prior(7, np.arange(200))
    for name in narrowed:
        p = registry()[name]
        draws[name] = p.quantile(0.8 + 0.02 * np.linspace(-1, 1, 200))
    file = folder / "draws.csv"
    pd.DataFrame(draws).to_csv(file, index=False)
    record = {
        **shipped(),
        "draws": hashlib.sha256(file.read_bytes()).hexdigest(),
        "diagnostics": {**shipped()["diagnostics"], "converged": converged},
        "informed": {name: 0.05 if name in narrowed else 1.0 for name in registry()},
    }
    (folder / "posterior.json").write_text(json.dumps(record))
    return str(file)


@pytest.fixture(scope="module")
def measured(scenarios, tmp_path_factory) -> xs.Result:
    folder = tmp_path_factory.mktemp("measured")
    return xs.compare(scenarios, draws=DRAWS, parameters=made_up(folder, NARROWED))


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table that have a verdict of which there is something to say."""
    return frame[frame["verdict"].isin(SPOKEN)]


def test_words_of_sureness_are_not_of_data() -> None:
    assert not any("data" in word for word in (*VERDICTS, *basis.LABELS))
    assert not set(VERDICTS) & set(basis.LABELS)
    assert set(words.BASIS) == set(basis.LABELS)


def test_narrower_or_moved_by_more_than_chance() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(size=64)

    def label(spread: float, shift: float) -> str:
        after = rng.normal(size=100)
        after = (after - after.mean()) / after.std()
        return rests_on(before.mean() + before.std() * (spread * after + shift), before)

    assert [label(s, 0) for s in (1.3, 1, 0.85, 0.6, 0.3)] == [
        *3 * [ASSUMPTION],
        PARTLY,
        MEASURED,
    ]
    assert [label(1, s) for s in (0.2, 0.7, -0.7, 1.3, -1.3)] == [
        ASSUMPTION,
        PARTLY,
        PARTLY,
        MEASURED,
        MEASURED,
    ]
    assert rests_on(before, before[: FEWEST_DRAWS - 1]) == UNKNOWN
    assert rests_on(before, np.full(64, np.nan)) == UNKNOWN
    assert rests_on(before, UNKNOWN) == UNKNOWN
    assert rests_on(np.ones(64), np.zeros(64)) == MEASURED
    assert rests_on(np.zeros(64), np.zeros(64)) == ASSUMPTION


def test_what_the_data_narrowed_is_measured(measured) -> None:
    frame = measured.summary().set_index(["scenario", "outcome"])
    assert frame.loc[("events", "welcome"), "rests_on"] == MEASURED
    assert frame.loc[("events", "welcome"), "verdict"] == "clear"
    assert frame.loc[("rotterdam", "welcome"), "rests_on"] is np.nan
    everybody = measured.effects().query("outcome == 'welcome' and group == 'all'")
    assert set(everybody["rests_on"]) == {MEASURED}


def test_from_the_prior_all_is_assumption(scenarios) -> None:
    priced = dataclasses.replace(scenarios[1], costs={"welcome_events": {"per_unit": 1000.0}})
    result = xs.compare([scenarios[0], priced], draws=DRAWS, parameters="prior")
    assert result.prior is None
    for frame in (result.summary(), result.effects()):
        assert set(told(frame)["rests_on"]) == {ASSUMPTION}
    assert set(result.costs()["rests_on"]) <= {ASSUMPTION, ""}
    for lang, words_of in (("en", "assumption only"), ("nl", "alleen aanname")):
        page = result.report(lang)
        assert words_of in page
        assert 'class="basis measured"' not in page
        assert 'class="basis partly"' not in page
    dose = xs.dose(scenarios[0], "welcome_events", levels=2, draws=DRAWS, parameters="prior")
    assert set(told(dose)["rests_on"]) == {ASSUMPTION}


def test_what_is_not_known_is_not_told(scenarios, tmp_path) -> None:
    """Neither without a record of the calibration, nor before it has converged, nor unasked."""
    file = made_up(tmp_path, NARROWED, converged="no")
    for result in (
        xs.compare(scenarios, draws=DRAWS, parameters=file),
        xs.compare(scenarios, draws=DRAWS, basis=False),
    ):
        assert result.prior is None
        assert set(told(result.summary())["rests_on"]) == {UNKNOWN}
    (tmp_path / "posterior.json").unlink()
    alone = xs.compare(scenarios, draws=2, parameters=file)
    assert alone.before.label == UNKNOWN


def test_a_stored_result_comes_back_with_it(measured, tmp_path) -> None:
    folder = measured.save(tmp_path / "stored", plots=False)
    again = xs.open_result(folder)
    pd.testing.assert_frame_equal(again.summary(), measured.summary())
    pd.testing.assert_frame_equal(again.effects(), measured.effects())
    assert again.report("nl") == measured.report("nl")
    assert "rests_on" in pd.read_csv(folder / "summary.csv")
    assert len(pd.read_csv(folder / "parameters_behind.csv"))


def test_pages_tell_both_labels(measured) -> None:
    english, dutch = measured.report("en"), measured.report("nl")
    for heading in ("how sure the model is", "what it rests on"):
        assert f'<th scope="col">{heading}</th>' in english
    assert 'class="basis measured">measured<' in english
    assert '<th scope="col">hoe zeker het model is</th>' in dutch
    assert 'class="basis measured">gemeten<' in dutch
    assert "cannot tell" not in english
    assert "gegevens laten" not in dutch
    assert "No departure rate by city" not in english.split('id="compared"')[0]
    shown = printed(terminal.summary_table(measured))
    assert "measured" in shown
    assert "the data" not in shown


def test_cities_are_compared_with_a_caveat() -> None:
    result = xs.compare([small("rotterdam", 0.05, 24), small("den-haag", 0.05, 24)], draws=2)
    for lang, caveat in (("en", "no departure rate by city"), ("nl", "vertrekcijfers per stad")):
        assert caveat in result.report(lang).split('id="compared"')[0]


def test_the_smallest_difference_is_the_users(scenarios) -> None:
    result = xs.compare(scenarios, draws=DRAWS, parameters="prior", smallest=0.9)
    shares = told(result.summary())
    shares = shares[~shares["outcome"].isin(["people", "expat_years"])]
    assert set(shares["verdict"]) == {sureness.PRACTICALLY_NONE}
    with pytest.raises(xs.InputError, match="smallest: 2 is out of range"):
        xs.compare(scenarios, smallest=2)


def test_the_parameter_that_carries_a_difference_comes_first(scenarios) -> None:
    result = xs.compare(scenarios, draws=DRAWS, parameters="prior")
    frame = result.parameters_behind()
    welcome = frame[frame["outcome"] == "welcome"]
    assert welcome.iloc[0]["parameter"] == "welcome_events_effect"
    assert welcome["carries"].dropna().is_monotonic_decreasing
    assert not welcome["informed"].any()


def test_the_biggest_unknown_comes_with_its_question() -> None:
    result = xs.run(small("rotterdam", 0.05, 24), draws=DRAWS, parameters="prior")
    main = Facts.of(result).headline
    # as if the answer followed from one parameter alone
    answer = main.values(of_everybody(result.dataset)).to_numpy()
    where = {"parameter": "destination_netherlands"}
    result.dataset["parameter_value"].loc[where] = 0.3 - 0.2 * answer
    (unknown,) = result.unknowns()
    assert unknown.outcome == main.name == "newcomers_1"
    assert unknown.parameter == "destination_netherlands"
    assert unknown.share == pytest.approx(1)
    assert unknown.informed is False
    assert "another Dutch municipality" in unknown.ask
    first, second = terminal.unknown_lines(result)
    assert first.startswith("Biggest unknown of")
    assert unknown.parameter in first
    assert unknown.ask in second
    for lang, heading, question in (
        ("en", "The biggest unknown", "did you move to another Dutch municipality"),
        ("nl", "De grootste onbekende", "bent u naar een andere Nederlandse gemeente verhuisd"),
    ):
        page = result.report(lang)
        assert heading in page
        assert question in page
    few = xs.run(small("rotterdam", 0.05, 12), draws=3)
    assert few.unknowns() == []
    assert terminal.unknown_lines(few) == []
