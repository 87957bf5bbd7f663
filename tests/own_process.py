"""A process that brings a state, parameters with priors, a lever and indicators of its own.

It stands here as somebody would write it: tests add it to scenarios, and to a copy of the package.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.cities import Level2009
from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.declare import Indicator, count, flag, lever, parameter
from expatsim.model.hazards import happens, odds, select
from expatsim.model.state import HERE, Array

PLACE = 45  # after language, before friendship

STATES = (
    flag("took_lessons", "has taken a lesson", start=False, stock=declare.START),
    count("lessons", 0, 20, "lessons taken", start=0, stock=lambda a: 1 * a.people["head"]),
)
INDICATORS = (
    Indicator("took_lessons", "have taken a lesson", lambda s, p, m: s.took_lessons),
    Indicator("many_lessons", "have taken five lessons", lambda s, p, m: s.lessons >= 5),
)


class Parameters(declare.Parameters):
    """What lessons do."""

    lesson_reach: Array = parameter(
        "somebody who is offered lessons takes one",
        unit="probability per month",
        prior=declare.logit_normal(0.3, spread=0.4, low=0.01, high=0.9),
        evidence="assumption",
        source="no figure found",
        symbol="n_1",
    )
    lesson_effect: Array = parameter(
        "a lesson teaches a few words",
        unit="probability",
        prior=declare.logit_normal(0.5, spread=0.4, low=0.05, high=0.95),
        evidence="assumption",
        source="no figure found",
        symbol="n_2",
    )
    lesson_climate: Array = parameter(
        "a better climate means more lessons",
        unit="log-odds per climate point",
        prior=declare.normal(0.1, spread=0.1, low=-1, high=1),
        evidence="expert",
        source="no figure found",
        symbol="n_3",
    )


class Levers(declare.Levers):
    """What the city offers."""

    lessons_offered: Array = lever(
        "share of those without Dutch who are offered lessons",
        unit="share",
        low=0,
        high=1,
        level_2009=Level2009(0.0, "measured", "no such lessons in 2009"),
        label="People without Dutch who are offered lessons",
    )


class Rates(NamedTuple):
    """Monthly odds of a lesson, and the probability that it teaches."""

    lesson: Array
    teaches: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: Any) -> Rates:
    """Lessons that are offered are taken."""
    taken = odds(p.lesson_reach * policy.lessons_offered) * np.exp(p.lesson_climate * climate)
    return Rates(lesson=taken, teaches=p.lesson_effect)


def step(state: Any, people: Any, peers: Any, rates: Rates, uniforms: Any, month: Any) -> Any:
    """One lesson a month at most."""
    takes = (state.status == HERE) & (state.dutch == 0) & (state.lessons < 20)
    takes = takes & happens(uniforms(Decision.OWN_1), rates.lesson)
    learns = takes & (uniforms(Decision.OWN_2) < rates.teaches)
    return state._replace(
        took_lessons=state.took_lessons | takes,
        lessons=state.lessons + takes.astype("int32"),
        dutch=select(learns, np.int32(1), state.dutch),
    )
