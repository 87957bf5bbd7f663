"""Arguments from Python: numbers of NumPy, texts that are no lists, and one line for the rest."""

import numpy as np
import pytest

import expatsim as xs
from expatsim import arguments
from expatsim.errors import InputError

SMALL = {
    "title": "Small",
    "city": "rotterdam",
    "years": 1,
    "population": {"stock": 60, "inflow": 20},
}


@pytest.mark.parametrize("given", [2.0, 2.5, True, "2", None, [2], np.float64(2)])
def test_a_whole_number_is_one(given) -> None:
    with pytest.raises(InputError, match=r"^draws: must be a whole number, not .*\(allowed: 2 to"):
        arguments.whole_number("draws", given, 2, 10)


def test_numbers_of_numpy_are_numbers() -> None:
    number = arguments.whole_number("draws", np.int64(3), 2, 10)
    assert (number, type(number)) == (3, int)
    assert type(arguments.number("people", np.float32(0.5), 0, 1)) is float


@pytest.mark.parametrize("given", [0, -1, float("nan"), float("inf"), np.nan])
def test_a_number_is_finite_and_in_its_range(given) -> None:
    with pytest.raises(InputError, match=r"is out of range \(allowed: more than 0 euros\)"):
        arguments.number("budget", given, 0, more=True, unit="euros")


@pytest.mark.parametrize("given", ["a", True, None, [1]])
def test_no_number(given) -> None:
    with pytest.raises(InputError, match=r"^smallest: must be a number, not .* 0 to 1\)"):
        arguments.number("smallest", given, 0, 1)


def test_a_text_is_one_name() -> None:
    assert arguments.names("outcomes", "welcome") == ["welcome"]
    assert arguments.names("outcomes", ("a", "b")) == ["a", "b"]
    with pytest.raises(InputError, match=r"^outcomes: give a list of names, not 1$"):
        arguments.names("outcomes", 1)


WRONG = {
    "draws: must be a whole number, not 2.5": lambda s: xs.run(s, draws=2.5),
    "seed: must be a whole number, not '1'": lambda s: xs.run(s, draws=2, seed="1"),
    "smallest: nan is out of range": lambda s: xs.compare(s, draws=2, smallest=float("nan")),
    "smallest: 5 is out of range": lambda s: xs.dose(s, "nightlife", smallest=5, draws=2),
    "levels: must be a whole number": lambda s: xs.dose(s, "nightlife", levels=[0.1], draws=2),
    "no lever ['nightlife']": lambda s: xs.dose(s, ["nightlife"], draws=2),
    "delays: give at least one": lambda s: xs.timing(s, {**s, "title": "b"}, delays=[], draws=2),
    "delays: must be a whole number, not 0.5": lambda s: xs.timing(
        s, {**s, "title": "b"}, delays=0.5, draws=2
    ),
    "people: 0 is out of range": lambda s: xs.hindcast(s, draws=2, people=0),
    "budget: must be a number, not '10'": lambda s: xs.plan(s, "10", draws=2),
    "worth: must be a number": lambda s: xs.tipping_points(s, s, worth="a"),
    "people: must be a whole number": lambda s: xs.information(s, people=(1.5,), draws=2),
    "a scenario is a file, a name, a dict": lambda s: xs.compare(3, draws=2),
}


@pytest.mark.parametrize("line", WRONG)
def test_functions_say_what_is_wrong_before_they_run(line: str) -> None:
    with pytest.raises(InputError) as error:
        WRONG[line](SMALL)
    assert error.value.problems[0].startswith(line)


def test_one_scenario_is_a_list_of_one_and_numpy_can_be_stored(tmp_path) -> None:
    result = xs.compare(SMALL, draws=np.int64(2), seed=np.int64(4))
    result.save(tmp_path / "kept", plots=False)
    assert xs.open_result(tmp_path / "kept").summary().equals(result.summary())
    assert xs.check("rotterdam") == []


@pytest.mark.parametrize("people", [0, -1, float("nan"), "a"])
def test_a_factor_for_people_is_more_than_none(people) -> None:
    with pytest.raises(InputError, match=r"^people: "):
        xs.load(SMALL).resized(people)


@pytest.mark.parametrize("level", [float("nan"), "much", [[0.1]], None, [0.1, 0.2]])
def test_a_level_is_a_number_in_one_line(level) -> None:
    with pytest.raises(InputError, match=r"^nightlife: "):
        xs.load(SMALL).with_policy("x", nightlife=level)


def test_a_sweep_is_no_longer_than_its_scenario() -> None:
    with pytest.raises(InputError, match=r"^evaluate: years: 2 are too many, since small runs 1$"):
        xs.evaluate(SMALL, {"nightlife": [0.0]}, years=2)


def test_a_rule_file_alone_is_a_list_of_one(tmp_path) -> None:
    with pytest.raises(InputError, match=r"mine\.py: no such file$"):
        xs.load(SMALL, rules=str(tmp_path / "mine.py"))


@pytest.mark.parametrize("ask", [xs.indices, lambda store: xs.discover(store, "here", below=1)])
@pytest.mark.parametrize("given", ["results/english", None])
def test_the_name_of_a_folder_is_no_store(ask, given) -> None:
    with pytest.raises(InputError, match=r"^store: .* is no store of runs; .*open_runs"):
        ask(given)
