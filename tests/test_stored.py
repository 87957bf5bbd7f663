"""A stored result comes back whole: whatever is said of the live one is said of it."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.cli import terminal
from expatsim.cli.options import warn, warn_of_stored
from expatsim.errors import InputError
from expatsim.scenario import own_rules
from helpers import ROOT, small


class Welcome:
    """A process of one's own that changes nobody."""

    class Rates(NamedTuple):
        """None that matter."""

        nothing: np.ndarray

    @staticmethod
    def rates(p, policy, climate, city):
        """One number that nobody reads."""
        return Welcome.Rates(np.zeros((1, 1)))

    @staticmethod
    def step(state, people, peers, rates, uniforms, month):
        """Nothing happens."""
        return state


COSTS = {"mentor_projects": {"per_year": 12_000.0}, "nightlife": {"per_unit": 1_000.0}}


@pytest.fixture(scope="module")
def live() -> xs.Result:
    base = small("rotterdam", 0.04, 36)
    mentors = dataclasses.replace(
        base,
        name="mentors",
        title="Mentors, “later”",
        title_nl="Mentoren",
        policy=base.policy
        | {"mentor_projects": np.repeat([0.0, 0.5], [12, 24]), "english_information": 0.8},
        costs=COSTS,
        value_per_expat_year=4_000.0,
        stock=base.stock + 40,
    )
    cities = small("den-haag-with-rotterdam-policy", 0.04, 36)
    own = base.with_rule(Welcome, after="language", name="own")
    slump = dataclasses.replace(
        base, name="slump", climate=np.full(36, -1.5), weights="national", idle=("2010-03",)
    )
    return xs.compare([base, mentors, cities, own, slump], draws=4)


@pytest.fixture(scope="module")
def stored(live, tmp_path_factory) -> xs.Result:
    folder = live.save(tmp_path_factory.mktemp("stored") / "r", plots=False)
    return xs.open_result(folder)


def test_scenarios_are_those_that_were_run(live, stored) -> None:
    assert stored.scenarios == live.scenarios
    for one, other in zip(stored.scenarios, live.scenarios, strict=True):
        assert one.parameters_digest == other.parameters_digest != ""
        assert list(one.texts.values()) == list(other.texts.values())
        changed = dataclasses.replace(one, stock=one.stock + 1)
        assert changed != other
    assert stored.scenarios[0].texts["rotterdam.yaml"] == (
        (ROOT / "scenarios" / "rotterdam.yaml").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("table", ["summary", "effects", "costs", "indicators", "survival"])
def test_every_table_is_the_same(live, stored, table: str) -> None:
    pd.testing.assert_frame_equal(getattr(stored, table)(), getattr(live, table)())


def test_every_note_is_the_same(live, stored, capsys) -> None:
    assert stored.notes() == live.notes()
    assert stored.notes()[0].startswith("Differences rest on")
    assert any("rules of your own" in line for line in stored.notes())
    assert terminal.cost_lines(stored) == terminal.cost_lines(live)
    assert vars(terminal.summary_table(stored)) == vars(terminal.summary_table(live))
    warn(live.scenarios)
    said = capsys.readouterr().err
    warn_of_stored(stored)
    assert capsys.readouterr().err == said != ""


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_page_is_the_same(live, stored, lang: str) -> None:
    assert stored.report(lang) == live.report(lang)


def test_stored_scenarios_run_again_with_the_same_bits(live, stored) -> None:
    again = xs.compare(stored.scenarios, draws=4)
    assert again.dataset.identical(live.dataset)
    assert again.provenance["scenarios"] == live.provenance["scenarios"]
    assert again.provenance["texts"] == live.provenance["texts"]


def described(rule) -> dict[str, str]:
    return own_rules.describe("language", rule)


def test_a_rule_that_cannot_be_had_is_one_clear_line(stored) -> None:
    class Local(Welcome):
        """A rule that no other program can name."""

    gone = described(Welcome) | {"place": "no_such_module:Welcome"}
    moved = described(Welcome) | {"place": f"{__name__}:Farewell"}
    other = described(Welcome) | {"source": "class Welcome: ..."}
    for said, why in (
        (described(Local), "it is an object without a name in a module"),
        (gone, "no no_such_module.Welcome here"),
        (moved, f"no {__name__}.Farewell here"),
        (other, f"{__name__}.Welcome is not what it was then"),
    ):
        lost = dataclasses.replace(
            stored.scenarios[0], own_rules=(own_rules.from_description("Welcome", said),)
        )
        with pytest.raises(InputError) as caught:
            xs.run(lost, draws=2)
        (line,) = caught.value.problems
        assert line.startswith("rule Welcome: the stored scenario can be shown, but not run: "), (
            line
        )
        assert why in line
