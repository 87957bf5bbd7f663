"""Rules that a scenario brings with it: run like the package's own, and change nothing else."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any, NamedTuple

import numpy as np
import pytest

import expatsim as xs
from expatsim.draws import Decision
from expatsim.rules.chance import happens, odds
from expatsim.runs.stepping import stepped
from expatsim.state import HERE
from helpers import ROOT

MONTHS, OPENS = 24, 8


class Lessons:
    """From a month on, everybody who speaks no Dutch may learn a few words."""

    class Rates(NamedTuple):
        learn: Any

    @staticmethod
    def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
        return Lessons.Rates(odds(0.3 * (np.arange(len(climate)) >= OPENS))[:, None])

    @staticmethod
    def step(state: Any, people: Any, peers: Any, rates: Any, draws: Any, month: Any) -> Any:
        learns = (state.status == HERE) & (state.dutch == 0)
        learns = learns & happens(draws(Decision.OWN_1), rates.learn)
        return state._replace(dutch=state.dutch + learns.astype("int32"))


class Nothing:
    """Draws and changes nobody."""

    class Rates(NamedTuple):
        pass

    @staticmethod
    def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
        return Nothing.Rates()

    @staticmethod
    def step(state: Any, people: Any, peers: Any, rates: Any, draws: Any, month: Any) -> Any:
        never = draws(Decision.OWN_2) < 0
        return state._replace(volunteers=state.volunteers | never)


@pytest.fixture(scope="module")
def plain() -> xs.Scenario:
    return xs.load(ROOT / "scenarios" / "rotterdam.yaml").resized(0.05, MONTHS)


def test_a_rule_does_what_it_says(plain) -> None:
    lessons = plain.with_rule(Lessons, after="language", name="lessons")
    result = xs.compare([plain, lessons], draws=4)
    none = result.dataset["dutch_none"]
    before = result.dataset.isel(month=slice(0, OPENS))
    for name in ("dutch_none", "friends_0", "wish_yes", "left"):
        assert (before[name][0] == before[name][1]).all()
    assert (none.isel(month=-1)[1] < 0.6 * none.isel(month=-1)[0]).all()
    assert result.provenance["scenarios"][1]["own_rules"]["Lessons"].startswith("class Lessons")
    assert lessons.title == f"{plain.title}, with Lessons"
    assert result.provenance["scenarios"][0]["own_rules"] == {}


@pytest.mark.parametrize("after", ["arrival", "friendship", "counting"])
def test_a_rule_that_does_nothing_changes_no_bit(plain, after: str) -> None:
    same = plain.with_rule(Nothing, after=after, name="same")
    data = xs.compare([plain, same], draws=3).dataset
    assert all((data[name][0] == data[name][1]).all() for name in data.data_vars)


def test_month_by_month_and_in_mesa(plain) -> None:
    """The rule acts there too, with the same bits as in a whole run."""
    lessons = plain.with_rule(Lessons, after="language", name="lessons")
    whole = xs.run(lessons, draws=2).dataset["dutch_none"].isel(scenario=0)
    model = xs.ExpatModel(lessons, replicate=1)
    counts = []
    while model.running:
        model.step()
        counts.append(model.count("dutch_none"))
    assert counts == whole.isel(draw=1).values.tolist()
    adults, step = stepped(lessons, 1)
    states = [step(month) for month in range(MONTHS)]
    here = (states[-1].status == HERE) & adults.people["counted"]
    assert int((here & (states[-1].dutch == 0)).sum()) == counts[-1]


def test_rules_survive_what_scenarios_go_through(plain) -> None:
    """Workers get scenarios pickled; sweeps cut them to size."""
    lessons = plain.with_rule(Lessons, after="language", name="lessons")
    again = pickle.loads(pickle.dumps(lessons))
    assert again.rules == lessons.rules
    assert [name for name, _ in again.resized(0.5, 12).rules][3:5] == ["language", "Lessons"]
    assert pickle.loads(pickle.dumps(plain)).rules == plain.rules


def test_mistakes(plain) -> None:
    with pytest.raises(xs.InputError, match="no process 'langage'; did you mean 'language'"):
        plain.with_rule(Lessons, after="langage", name="x")
    with pytest.raises(xs.InputError, match="rule dict: lacks Rates, rates, step"):
        plain.with_rule({}, after="language", name="x")
    once = plain.with_rule(Lessons, after="language", name="x")
    with pytest.raises(xs.InputError, match="there is a process of this name"):
        once.with_rule(Lessons, after="wish", name="y")
    twice = dataclasses.replace(once, name="z").with_rule(Nothing, after="Lessons", name="z")
    assert [name for name, _ in twice.rules][4:6] == ["Lessons", "Nothing"]
