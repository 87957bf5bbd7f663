"""Each of the ten grades of Tabel 4.1 is a lever with a tenth of the weight."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.cities import city_names, counts
from expatsim.model.declare import declared
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.parameters import defaults
from expatsim.model.rates import city_quality
from expatsim.model.rules import welcome

GRADES = [name for name in declared(welcome.Grades) if name != "healthcare_english"]


def quality(**changes: float) -> tuple[float, float]:
    """Mean grade less seven, and what nightlife adds for the young, in Rotterdam."""
    p = welcome.Quality({name: np.float64(x) for name, x in defaults().items()})
    levels = {**policy_2009("rotterdam"), **changes}
    policy = welcome.Grades({name: np.float64(x) for name, x in levels.items()})
    return welcome.quality(p, policy, city_quality("rotterdam"))


@pytest.mark.parametrize("city", city_names())
def test_levers_are_the_grades_of_the_table(city: str) -> None:
    grades = counts(city, "T41", "rating 1-10")
    grades.pop("overall quality of life")
    assert [name.replace("_", " ") for name in GRADES] == list(grades)
    for name, grade in zip(GRADES, grades.values(), strict=True):
        assert 1 <= grade + LEVERS[name].low < grade + LEVERS[name].high <= 10
        assert policy_2009(city)[name] == 0


@pytest.mark.parametrize("lever", GRADES)
def test_each_has_a_tenth_of_the_weight(lever: str) -> None:
    before, after = quality(), quality(**{lever: 1.0})
    assert after[0] - before[0] == pytest.approx(0.1)
    if lever != "nightlife":  # that of nightlife has an extra weight for the young
        weight = defaults()["nightlife_young"]
        assert after[1] - before[1] == pytest.approx(-0.1 * weight)
