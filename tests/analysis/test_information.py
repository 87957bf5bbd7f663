"""What knowing more is worth: right where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

import expatsim as xs
from expatsim.analysis import information
from expatsim.errors import InputError
from helpers import small

DRAWS = 400
RNG = np.random.default_rng(4)
A, B, NOISE = RNG.standard_normal((3, DRAWS))


def test_parameters_with_known_shares() -> None:
    """y = 2a + noise: four fifths go with a, nothing with b."""
    found = information.of_parameters({"a": A, "b": B, "same": np.ones(DRAWS)}, 2 * A + NOISE, 1)
    by_name = found.set_index("parameter")
    assert list(by_name.index) == ["a", "b"]
    assert by_name.loc["a", "value"] == pytest.approx(0.8, abs=0.06)
    assert by_name.loc["a", "low"] < 0.8 < by_name.loc["a", "high"]
    assert abs(by_name.loc["b", "value"]) < 0.05


def test_a_bent_answer_is_seen() -> None:
    found = information.of_parameters({"a": A}, A**2, 1)
    assert found.loc[0, "value"] > 0.8


def test_more_people_tell_more() -> None:
    """A share that is the answer: with n people asked, what theory says goes."""
    p = RNG.beta(4, 4, DRAWS)
    shares = {"rotterdam.yes": np.stack([p, 1 - p], 1), "rotterdam.other": np.full((DRAWS, 2), 0.5)}
    found = information.of_questions(shares, np.ones(DRAWS), p, (8, 80), 1)
    by_question = found.set_index(["question", "people"])["value"]
    # prior of eight people: n / (n + 8) of the variance goes
    assert by_question["yes", 8] == pytest.approx(8 / 16, abs=0.08)
    assert by_question["yes", 80] == pytest.approx(80 / 88, abs=0.04)
    assert abs(by_question["other", 80]) < 0.05
    # a design effect of two makes half of them
    half = information.of_questions(shares, np.full(DRAWS, 2.0), p, (16,), 1)
    found_half = half.set_index("question")["value"]
    assert found_half["yes"] == pytest.approx(8 / 16, abs=0.08)


def test_nothing_varies_nothing_goes() -> None:
    assert information.of_parameters({"a": A}, np.ones(DRAWS), 1).loc[0, "value"] == 0


def test_information_of_a_difference() -> None:
    one = small("rotterdam", 0.03, 24)
    other = small("rotterdam-all-recommendations", 0.03, 24)
    found = xs.information(one, other, outcome="welcome", people=(50,), draws=24)
    columns = ["outcome", "label", "parameter", "value", "low", "high"]
    assert list(found["parameters"].columns) == columns
    assert set(found["questions"]["city"]) == {"rotterdam", "den_haag"}
    assert (found["questions"]["low"] <= found["questions"]["high"]).all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"outcome": "newcommers_1"}, "did you mean 'newcomers_1'"),
        ({"outcome": "newcomers_5"}, "too short"),
        ({"draws": 5}, "too few"),
    ],
)
def test_mistakes_are_named(settings, says) -> None:
    with pytest.raises(InputError, match=says):
        xs.information(small("rotterdam", 0.02, 24), **{"draws": 20, **settings})
