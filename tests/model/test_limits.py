"""Rules that a scenario brings with it: run like the package's own, and change nothing else."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim.model import declare, limits
from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, odds
from expatsim.model.packed import WORD, pack, packed_type, state_type, unpack
from expatsim.model.rates import stack
from expatsim.model.rules import ORDER, language
from expatsim.model.state import HERE, LEFT, MOST_FRIENDS, OPEN, WAITING, State
from expatsim.runs.one_draw import step_through
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
    def step(state: Any, people: Any, peers: Any, rates: Any, uniforms: Any, month: Any) -> Any:
        learns = (state.status == HERE) & (state.dutch == 0)
        learns = learns & happens(uniforms(Decision.OWN_1), rates.learn)
        return state._replace(dutch=state.dutch + learns.astype("int32"))


class Nothing:
    """Draws and changes nobody."""

    class Rates(NamedTuple):
        pass

    @staticmethod
    def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rates:
        return Nothing.Rates()

    @staticmethod
    def step(state: Any, people: Any, peers: Any, rates: Any, uniforms: Any, month: Any) -> Any:
        never = uniforms(Decision.OWN_2) < 0
        return state._replace(volunteers=state.volunteers | never)


class Loose(Nothing):
    """Whose rates have no order."""

    Rates = dict


@dataclasses.dataclass
class Changing(Nothing):
    """Of which nobody can tell whether it was compiled already."""

    number: float = 1


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
    kept = result.provenance["scenarios"][1]["own_rules"]["Lessons"]
    assert kept["source"].startswith("class Lessons")
    assert (kept["after"], kept["place"]) == ("language", f"{__name__}:Lessons")
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
    adults, step = step_through(lessons, 1)
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
    with pytest.raises(xs.InputError, match="rule Loose: Rates is not a NamedTuple"):
        plain.with_rule(Loose, after="language", name="x")
    with pytest.raises(xs.InputError, match="rule Changing: cannot be hashed"):
        plain.with_rule(Changing(), after="language", name="x")
    once = plain.with_rule(Lessons, after="language", name="x")
    with pytest.raises(xs.InputError, match="there is a process of this name"):
        once.with_rule(Lessons, after="wish", name="y")
    twice = dataclasses.replace(once, name="z").with_rule(Nothing, after="Lessons", name="z")
    assert [name for name, _ in twice.rules][4:6] == ["Lessons", "Nothing"]


# --- what no rule may do


def rule_of(change: Callable[..., Any], name: str = "Mine") -> type:
    """A rule that does this to the state, and has no rates."""

    class Rule:
        class Rates(NamedTuple):
            pass

        @staticmethod
        def rates(p: Any, policy: Any, climate: np.ndarray, city: Any) -> Rule.Rates:
            return Rule.Rates()

        @staticmethod
        def step(state: Any, people: Any, peers: Any, rates: Any, uniforms: Any, month: Any) -> Any:
            return change(state, uniforms, month)

    Rule.__name__ = name
    return Rule


def for_those_here(**values: Any) -> Callable[..., Any]:
    """Set fields for everybody who is here."""

    def change(state: Any, uniforms: Any, month: Any) -> Any:
        here = state.status == HERE
        new = {f: jnp.where(here, v, getattr(state, f)) for f, v in values.items()}
        return state._replace(**new)

    return change


def complaint(scenario: xs.Scenario, change: Callable[..., Any]) -> str:
    """What a whole run says of a rule, and a Mesa model with it."""
    mine = scenario.with_rule(rule_of(change), after="friendship", name="mine")
    with pytest.raises(xs.InputError) as told:
        xs.run(mine, draws=2)
    model = xs.ExpatModel(mine)
    with pytest.raises(xs.InputError) as told_again:
        model.step()
    assert model.month == model.steps == 0
    assert model.count("here") == len(model.agents) == scenario.stock
    first, second = (t.value.problems for t in (told, told_again))
    assert all(line.startswith("rule Mine: ") for line in first + second)
    assert len(first) == len(second)
    return "\n".join(first)


def test_what_overflows_is_told(plain) -> None:
    """Before, the bits ran over into the neighbouring fields."""

    def change(state: Any, uniforms: Any, month: Any) -> Any:
        here = (state.status == HERE) & (month >= 2)
        return state._replace(
            wish=jnp.where(here, 3, state.wish),
            friends=state.friends + 1000 * here,
            dutch=state.dutch - 5 * here,
        )

    mine = plain.with_rule(rule_of(change), after="friendship", name="mine")
    with pytest.raises(xs.InputError) as told:
        xs.run(mine, draws=2)
    dutch, friends, wish = told.value.problems
    assert wish == "rule Mine: in month 3 of the run, wish became 3 (allowed: 0 to 2)"
    assert "friends became 1,0" in friends
    assert friends.endswith("(allowed: 0 to 100)")
    assert "dutch became -" in dutch
    model = xs.ExpatModel(mine)
    model.step()
    model.step()
    with pytest.raises(xs.InputError, match="in month 3 of the run, wish became 3"):
        model.step()
    assert model.month == model.steps == 2
    assert model.count("here") == len(model.agents)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s, d, m: None, "step gave back NoneType, not a State"),
        (lambda s, d, m: {"wish": s.wish}, "step gave back dict, not a State"),
        (lambda s, d, m: s._replace(houses=s.wish), "State has no field 'houses'"),
        (lambda s, d, m: s._replace(freinds=s.wish), "'freinds'; did you mean 'friends'"),
        (lambda s, d, m: s._replace(wish=2), "wish became int, not one value for each person"),
        (lambda s, d, m: s._replace(wish=s.wish[0]), "wish became shape"),
        (lambda s, d, m: s._replace(wish=s.wish * 1.0), "wish became float32, not int32"),
        (lambda s, d, m: s._replace(employed=s.wish), "employed became int32, not bool"),
        (lambda s, d, m: s._replace(dutch=s.employed), "dutch became bool, not int32"),
        (lambda s, d, m: s._replace(propensity=s.wish), "propensity became int32, not float32"),
        (
            lambda s, d, m: (d(Decision.OWN_1), d(Decision.OWN_1), s)[-1],
            "decision OWN_1 is already drawn in this month; use OWN_1 to OWN_4",
        ),
        (lambda s, d, m: d(Decision.LEAVE) and s, "decision LEAVE is the package's"),
        (lambda s, d, m: d(300) and s, "no decision 300"),
    ],
)
def test_what_no_rule_may_do_is_told_before_it_runs(plain, change, told: str) -> None:
    assert told in complaint(plain, change)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (for_those_here(propensity=jnp.nan), "propensity became infinite or not a number"),
        (for_those_here(status=WAITING), "status sent somebody who is here back to wait"),
        (for_those_here(leave_month=3), "leave_month became 3 for somebody who stays"),
        (for_those_here(status=LEFT), "leave_month became OPEN"),
        (for_those_here(status=LEFT), "left with leave_reason 0 (allowed: 1 to 4)"),
        (for_those_here(status=LEFT), "left with destination 0 (allowed: 1 to 3)"),
        (
            lambda s, d, m: s._replace(dutch=jnp.ones_like(s.dutch)),
            "dutch changed for somebody who is not here",
        ),
    ],
)
def test_what_no_rule_may_do_is_told(change, told: str) -> None:
    """On the host, as the compiled loop does it."""
    rule = rule_of(change)
    _, faults = limits.checked_step("Mine", rule, people_here(), None, None, None, None, 4)
    first_faults = np.stack([np.where(faults[0], 4, limits.NEVER), faults[1]])
    with pytest.raises(xs.InputError, match="rule Mine: in month 5 of the run, ") as found:
        limits.raise_first_faults(["Mine"], first_faults[None], SHAPES)
    assert told in "\n".join(found.value.problems)


def test_what_a_rule_may_do_is_done(plain) -> None:
    """Other whole numbers and floats than the engine's own, and leaving in full."""
    small = plain.resized(0.5, 3)

    def fluent(state: Any, uniforms: Any, month: Any) -> Any:
        here = state.status == HERE
        return state._replace(
            dutch=jnp.where(here, 3, state.dutch).astype("uint8"),
            friends=jnp.where(here, MOST_FRIENDS, state.friends).astype("int16"),
            propensity=jnp.where(here, 1, state.propensity).astype("float32"),
        )

    data = xs.run(small.with_rule(rule_of(fluent), after="counting", name="x"), draws=2).dataset
    assert (data["dutch_fluent"] == data["here"]).all()
    assert (data["friends_over_20"] == data["here"]).all()

    def all_go(state: Any, uniforms: Any, month: Any) -> Any:
        goes = (state.status == HERE) & (month == 1)
        new = {"status": LEFT, "leave_month": month, "leave_reason": 2, "destination": 1}
        return state._replace(**{f: jnp.where(goes, v, getattr(state, f)) for f, v in new.items()})

    data = xs.run(small.with_rule(rule_of(all_go), after="counting", name="x"), draws=2).dataset
    assert (data["here"].isel(month=1) == 0).all()
    assert (data["left"] == data["left_choice"] + data["left_contract"] + data["left_career"]
            + data["left_family"]).all()  # fmt: skip


# the same, on the host, for any value of any field

SHAPES = state_type().shapes
FIELDS = [s.name for s in SHAPES]
FLAGS = {s.name for s in SHAPES if s.kind == "flag"}
REALS = {s.name for s in SHAPES if s.kind == "real"}
LIMITS = limits.ranges(SHAPES)
NUMBERS = {f: LIMITS[f] for f in sorted(LIMITS) if f not in ("status", "leave_month")}


def people_here() -> State:
    """Three people, of whom the last has not come."""
    whole = {f: np.zeros((1, 3), bool if f in FLAGS else np.int32) for f in FIELDS}
    whole |= {f: np.zeros((1, 3), np.float32) for f in REALS}
    whole["leave_month"] = np.full((1, 3), OPEN, np.int32)
    whole["status"] = np.array([[HERE, HERE, WAITING]], np.int32)
    return state_type()(**whole)


def told_of(before: State, after: State) -> list[str]:
    """Faults of a change in the fifth month."""
    occurs = limits.faults(before, limits.conform("Mine", after, before), 4)[0]
    return [fault for fault, bad in zip(limits.faults_of(SHAPES), occurs, strict=True) if bad]


@given(st.sampled_from(sorted(NUMBERS)), st.data())
def test_any_value_out_of_range_is_told(field: str, data: st.DataObject) -> None:
    low, high = NUMBERS[field]
    beyond = st.integers(-(2**31), low - 1) | st.integers(high + 1, 2**31 - 1)
    before = people_here()
    value = getattr(before, field).copy()
    value[0, 1] = data.draw(beyond)
    assert field in told_of(before, before._replace(**{field: value}))


@given(st.sampled_from(sorted(NUMBERS)), st.sampled_from(["int64", "uint32", "uint64"]), st.data())
def test_also_where_the_array_is_wide(field: str, kind: str, data: st.DataObject) -> None:
    low, high = NUMBERS[field]
    info = np.iinfo(kind)
    before = people_here()
    value = np.zeros((1, 3), kind)
    value[0, 1] = number = data.draw(st.integers(int(info.min), int(info.max)))
    told = told_of(before, before._replace(**{field: value}))
    assert (field in told) == (not low <= number <= high)


@given(st.data())
def test_any_value_in_range_passes_as_packed(data: st.DataObject) -> None:
    before = people_here()
    chosen = {f: data.draw(st.integers(*NUMBERS[f])) for f in NUMBERS}
    chosen |= {f: data.draw(st.booleans()) for f in FLAGS}
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    chosen |= {f: data.draw(finite) for f in REALS}
    new = {f: getattr(before, f).copy() for f in chosen}
    for field, value in chosen.items():
        new[field][0, :2] = value  # who has not come stays as before
    after = before._replace(**new)
    assert told_of(before, after) == []
    back = unpack(pack(limits.conform("Mine", after, before)))
    for field in FIELDS:
        assert np.array_equal(getattr(back, field), getattr(after, field)), field


@given(st.sampled_from(FIELDS))
def test_any_change_of_others_is_told(field: str) -> None:
    before = people_here()
    value = getattr(before, field).copy()
    value[0, 2] = ~value[0, 2] if field in FLAGS else 1
    assert f"{field} of others" in told_of(before, before._replace(**{field: value}))


def test_every_state_has_room_for_its_range_and_no_other_does() -> None:
    places = packed_type().places
    assert set(places) == set(LIMITS) | FLAGS
    taken: set[tuple[int, int]] = set()
    for place in places.values():
        low, high = (place.shape.low, place.shape.high)
        assert high - low < 1 << place.shape.bits
        bits = {(place.word, place.shift + k) for k in range(place.shape.bits)}
        assert not bits & taken
        assert max(bit for _, bit in bits) < WORD
        taken |= bits


def rates_of(rule: Any) -> Any:
    """Rates that are one half throughout."""
    widths = declare.widths(rule.Rates).values()
    return rule.Rates(*(tuple([0.5] * n) if n else 0.5 for n in widths))


class Numbers:
    """Whose only rate is what a test wants it to be."""

    class Rates(NamedTuple):
        one: Any

    step = staticmethod(lambda state, *_: state)
    rates = None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.nan, "rate one is infinite or not a number"),
        (np.inf, "rate one is infinite or not a number"),  # odds(1.0): it would never happen
        (1e39, "rate one is infinite or not a number"),
        (np.ones(4), "rate one has shape"),
        (np.ones(3), "rate one has shape"),  # by month or by draw?
        (np.ones((4, 3)), "rate one has shape"),
        ("much", "rate one is str, not numbers"),
    ],
)
def test_rates_that_are_no_rates_are_told(value: Any, told: str) -> None:
    order = (*ORDER, ("Numbers", Numbers))
    rates = {name: rates_of(rule) for name, rule in ORDER}
    with pytest.raises(xs.InputError, match=f"rule Numbers: {told}"):
        stack(rates | {"Numbers": Numbers.Rates(value)}, 3, 4, order)
    with pytest.raises(xs.InputError, match="rates gave back tuple, not its Rates"):
        stack(rates | {"Numbers": (value,)}, 3, 4, order)
    for good in (0.5, np.ones((3, 1)), np.ones((1, 4)), np.ones((3, 4))):
        assert stack(rates | {"Numbers": Numbers.Rates(good)}, 3, 4, order).shape[:2] == (3, 4)


def test_a_rule_can_be_a_module_that_is_copied(plain) -> None:
    again = dataclasses.replace(plain, own_rules=(("wish", language),))
    for other in (pickle.loads(pickle.dumps(again)), copy.deepcopy(again)):
        assert other.own_rules == again.own_rules
        assert other.rules == again.rules
