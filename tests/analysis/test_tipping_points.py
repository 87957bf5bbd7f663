"""Where answers turn: right where the value is known."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest
from typer.testing import CliRunner

import expatsim as xs
from expatsim.analysis import tipping_points as asked
from expatsim.cities import Level2009
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.findings.turns import NOT_MONOTONE
from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import Parameter, lever, parameter
from expatsim.model.hazards import select
from expatsim.model.state import HERE, Array
from expatsim.report import tipping
from expatsim.report.language import Language
from helpers import small


def pushed(sign: int, centre: float = 0.1) -> type:
    """A rule that changes the wish of a share of people, which is proportional to a parameter."""

    class Parameters(declare.Parameters):
        push: Array = parameter(
            "who is asked wishes to stay, or if it is below zero to leave",
            unit="probability",
            prior=declare.normal(centre, spread=0.2, low=-0.9, high=0.9),
            evidence="assumption",
            source="none",
        )

    class Levers(declare.Levers):
        asking: Array = lever(
            "share of people who are asked",
            unit="share",
            low=0,
            high=1,
            level_2009=Level2009(0.0, "measured", "none"),
            label="Asking people to stay",
        )

    class Rates(NamedTuple):
        push: Array

    def rates(p: Any, policy: Any, climate: Any, city: Any) -> Rates:
        return Rates(sign * p.push * policy.asking)

    def step(state: Any, people: Any, peers: Any, rates: Any, uniforms: Any, month: Any) -> Any:
        asked = (state.status == HERE) & (uniforms(Decision.OWN_1) < abs(rates.push))
        wish = select(rates.push > 0, np.int32(2), np.int32(0))
        return state._replace(wish=select(asked, wish, state.wish))

    parts = {"Parameters": Parameters, "Levers": Levers, "Rates": Rates}
    return type("Pushed", (), parts | {"rates": staticmethod(rates), "step": staticmethod(step)})


def pair(sign: int = 1, **settings: Any) -> tuple[xs.Scenario, xs.Scenario]:
    base = small("rotterdam", 0.05, 24).with_rule(pushed(sign), after="wish", name="without")
    return base, dataclasses.replace(base.with_policy("with", asking=1.0), **settings)


PARAMETER = Parameter(
    *("x", "rule", "x", "unit", 2.0, -8.0, 12.0, "normal", 1.0, "assumption", "none", "meaning")
)
DRAWN = np.linspace(-1, 5, 61)


def points(slope: float, turns: dict[str, float], sign: int, noise: float = 0.01) -> list[dict]:
    """Tipping points of a difference that is ``slope * (x - 1.5)``."""
    x = PARAMETER.quantile(asked.normal(asked.SCORES))
    chance = np.random.default_rng(1).normal(0, noise, 40)
    answer = asked.Answer(small("rotterdam", 0.02, 24), "wish", turns, sign, "x", 0.9, "")
    return asked.rows(answer, PARAMETER, slope * (x - 1.5)[:, None] + chance, DRAWN)


@pytest.mark.parametrize(("slope", "holds"), [(0.1, "above"), (-0.1, "below")])
def test_a_straight_line_turns_where_it_must(slope: float, holds: str) -> None:
    at = {"zero": 0.0, "worth naming": 0.05}
    zero, named = points(slope, at, 1)
    step = 0.5 if slope > 0 else -0.5
    for row, value in ((zero, 1.5), (named, 1.5 + step)):
        assert row["value"] == pytest.approx(value, abs=0.06)
        assert row["low"] < row["value"] < row["high"]
        assert row["holds"] == holds
        assert row["high"] - row["low"] == pytest.approx(2 * 1.645 * 0.01 / 40**0.5 / 0.1, rel=0.4)
    below = 0.3085  # normal probability half a spread below the median
    assert zero["prior_probability"] == pytest.approx(
        1 - below if holds == "above" else below, abs=0.03
    )
    share = (zero["value"] < DRAWN).mean()
    assert zero["posterior_probability"] == pytest.approx(share if slope > 0 else 1 - share)
    assert (zero["prior_low"], zero["prior_median"]) == pytest.approx((2 - 1.645, 2), abs=0.01)


def test_an_answer_of_the_other_direction() -> None:
    """The measure lowers it: the answer holds where the difference is further below."""
    (row,) = points(0.1, {"worth naming": -0.05}, -1)
    assert row["value"] == pytest.approx(1.0, abs=0.06)
    assert row["holds"] == "below"


def test_where_it_does_not_turn() -> None:
    assert points(0.1, {"worth naming": 5.0}, 1)[0]["holds"] == "nowhere"
    (row,) = points(0.1, {"worth naming": -5.0}, 1)
    assert row["holds"] == "everywhere"
    assert "value" not in row
    assert "prior_probability" not in row


def test_a_curve_that_turns_back_is_told() -> None:
    answer = asked.Answer(small("rotterdam", 0.02, 24), "wish", {"zero": 0.0}, 1, "x", 0.9, "")
    bent = (asked.SCORES**2)[:, None] + np.random.default_rng(1).normal(0, 0.1, 20)
    assert asked.rows(answer, PARAMETER, bent, None)[0]["note"] == NOT_MONOTONE
    assert not points(0.1, {"zero": 0.0}, 1)[0]["note"]


def test_chance_carries_nothing() -> None:
    rng = np.random.default_rng(2)
    a, b, y = rng.standard_normal((3, 200))
    assert asked.carrier({"a": a, "b": b, "same": np.ones(200)}, y)[0] == ""
    assert asked.carrier({"a": a, "b": b}, y - 2 * b)[0] == "b"


@pytest.fixture(scope="module", params=[1, -1])
def found(request) -> tuple[int, dict[str, Any]]:
    return request.param, xs.tipping_points(*pair(request.param), outcomes=["wish"], draws=48)


def test_no_effect_at_zero(found) -> None:
    """The effect is proportional to the parameter: it is zero at zero."""
    sign, tables = found
    zero, named = tables["points"].to_dict("records")
    assert (zero["turn"], named["turn"]) == ("zero", "worth naming")
    assert zero["parameter"] == "push"
    assert zero["value"] == pytest.approx(0, abs=0.03)
    # on the whole the parameter is above zero, and its effect has the sign of the rule
    assert (zero["direction"], zero["holds"]) == (sign, "above")
    assert named["at"] == sign * 0.005
    assert named["value"] > zero["value"]
    assert zero["prior_probability"] == pytest.approx(0.69, abs=0.06)
    assert np.isnan(zero["posterior_median"])  # no calibration has seen it
    curve = tables["curves"]
    assert (sign * np.diff(curve["mean"]) >= -1e-12).all()
    assert curve["value"].iloc[[0, -1]].tolist() == pytest.approx(
        [0.1 - 0.465, 0.1 + 0.465], abs=2e-3
    )
    assert np.trapezoid(curve["density"], curve["value"]) == pytest.approx(0.98, abs=0.01)


def test_the_same_again(found) -> None:
    sign, tables = found
    again = xs.tipping_points(*pair(sign), outcomes=["wish"], draws=48)
    for name, table in tables.items():
        assert table.equals(again[name])


def test_another_size_is_worth_naming(found) -> None:
    sign, tables = found
    other = xs.tipping_points(*pair(sign), outcomes=["wish"], draws=48, worth=0.05)["points"]
    assert other["at"].tolist() == [0, sign * 0.05]
    assert other["value"].iloc[1] > tables["points"]["value"].iloc[1]


def test_a_measure_pays_from_a_gain_on() -> None:
    """With what it gains at one value as its cost, it breaks even at that value."""
    free = {"asking": {"per_year": 0.0}}
    _, other = pair(costs=free, value_per_expat_year=1000.0)
    base, _ = pair()
    settings = {"outcomes": ["wish"], "draws": 24}
    curve = xs.tipping_points(base, other, **settings)["curves"]
    curve = curve[curve["outcome"] == "net_benefit"]
    middle = len(curve) // 2
    cost = {"asking": {"per_year": float(curve["mean"].iloc[middle]) / 2}}  # for two years
    costed = dataclasses.replace(other, costs=cost)
    row = xs.tipping_points(base, costed, **settings)["points"].iloc[-1]
    assert (row["turn"], row["at"], row["holds"]) == ("break-even", 0, "above")
    assert row["value"] == pytest.approx(curve["value"].iloc[middle], abs=1e-6)
    # of assumed sizes nothing is said
    larger = dataclasses.replace(costed, stock=costed.stock + 5)
    names = xs.tipping_points(base, larger, **settings)["points"]["outcome"]
    assert set(names) == {"wish"}


def test_levers_alone() -> None:
    base, other = pair(costs={"asking": {"per_year": 1.0}})
    other = other.with_policy("both", nightlife=1)
    alone = asked.measures(base, [other], "measure")
    assert [s.name for s in alone] == ["both: nightlife", "both: asking"]
    assert [s.costs for s in alone] == [{}, {"asking": {"per_year": 1.0}}]
    rows = xs.tipping_points(base, other, by="measure", outcomes=["some_dutch"], draws=24)
    assert list(dict.fromkeys(rows["points"]["scenario"])) == ["both: nightlife", "both: asking"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"by": "lever"}, "by: 'lever' is not one of scenario, measure"),
        ({"draws": 5}, "draws: 5 are too few"),
        ({"worth": 0.0}, "worth: 0 is out of range"),
        ({"outcomes": ["wishes"]}, "did you mean 'wish'"),
        ({"outcomes": ["newcomers_10"]}, "newcomers_10: the scenarios are too short for it"),
    ],
)
def test_mistakes_are_named(settings, says) -> None:
    with pytest.raises(InputError, match=says) as found:
        xs.tipping_points(*pair(), **settings)
    assert len(found.value.problems) == 1


def test_nothing_to_ask_is_told() -> None:
    base, _ = pair()
    with pytest.raises(InputError, match="give at least two"):
        xs.tipping_points(base)
    with pytest.raises(InputError, match="no uncertain number is behind"):
        xs.tipping_points(base, dataclasses.replace(base, name="b"))


def test_sentences(found) -> None:
    sign, tables = found
    named = tables["points"].iloc[1].to_dict()
    push = {"push": pair()[0].registry["push"]}
    text = tipping.sentence(named, "Asking", push, Language("en"))
    does = "raises" if sign > 0 else "lowers"
    assert text.startswith(
        f"“Asking” {does} “Wish to stay longer, at the end” by half a point or more only if push "
    )
    assert text.endswith("; we assume 0.10 (−0.23 to 0.43).")
    named |= {"holds": "nowhere", "value": np.nan}
    text = tipping.sentence(named, "Vragen", push, Language("nl"))
    assert text.startswith("Bij geen enkele waarde van push")
    assert tipping.cells(named, Language("en"))["prior_chance"] != ""


def test_command_line(tmp_path) -> None:
    for name, more in (("one", ""), ("other", "policy: {customer_friendliness: 2}\n")):
        text = f"title: {name}\ncity: rotterdam\nyears: 1\npopulation: {{stock: 200, inflow: 60}}\n"
        (tmp_path / f"{name}.yaml").write_text(text + more)
    files = [str(tmp_path / f"{name}.yaml") for name in ("one", "other")]
    out = tmp_path / "points.csv"
    words = ["tipping-points", *files, "--draws", "24", "--outcome", "welcome", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("“other” raises “Feel welcome, at the end” by half a point")
    assert out.read_text(encoding="utf-8").startswith("scenario,outcome,label,turn,at,direction,")
    assert out.with_suffix(".png").stat().st_size > 10_000
    assert isinstance(CliRunner().invoke(app, words).exception, InputError)
    page = tmp_path / "page.html"
    more = ["--draws", "2", "--tipping-points", "--lang", "nl", "--out", str(page)]
    done = CliRunner().invoke(app, ["report", *files, *more])
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "Wat er waar zou moeten zijn" in text
    assert "--tipping-points" in text
