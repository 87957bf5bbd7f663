"""A rule of one's own: newcomers look for a home, and whoever finds one may wish to stay.

The file is the rule; notebook 5 runs it, and so does ``--rule housing.py``. All numbers are
invented.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from expatsim.cities import Level2009
from expatsim.model import declare
from expatsim.model.chance import Decision
from expatsim.model.hazards import happens, odds
from expatsim.model.state import HERE, Array

AFTER = "wish"  # the process that it follows in every month
A_YEAR_AGO = -12  # months

STATES = (
    declare.flag(
        "housed",
        "has found a home to stay in",
        start=False,
        # of the survey stock: those who came more than a year ago
        stock=lambda entrants: entrants.people["arrival_month"] < A_YEAR_AGO,
    ),
)
INDICATORS = (declare.Indicator("housed", "have found a home", lambda s, p, m: s.housed),)


class Parameters(declare.Parameters):
    """Numbers that are uncertain: every draw has its own."""

    home_found: Array = declare.parameter(
        "somebody without a home finds one",
        unit="probability per month",
        prior=declare.logit_normal(0.08, spread=0.3, low=0.01, high=0.5),
        evidence="assumption",
        source="invented",
    )
    home_help: Array = declare.parameter(
        "odds of finding a home with the help of the desk, relative to without",
        unit="ratio",
        prior=declare.log_normal(2, spread=0.4, low=0.5, high=8),
        evidence="assumption",
        source="invented",
    )
    home_wish: Array = declare.parameter(
        "whoever finds a home wishes to stay a step more",
        unit="probability",
        prior=declare.logit_normal(0.15, spread=0.6, low=0.005, high=0.8),
        evidence="assumption",
        source="invented",
    )


class Levers(declare.Levers):
    """What the city decides."""

    housing_desk: Array = declare.lever(
        "share of those without a home who are helped by a housing desk",
        unit="share",
        low=0,
        high=1,
        level_2009=Level2009(0.0, "measured", "there was none"),
        label="People without a home who are helped by a housing desk",
    )


class Rates(NamedTuple):
    """What `step` needs: by month and draw."""

    find: Array
    wish: Array


def rates(p: Parameters, policy: Levers, climate: np.ndarray, city: Any) -> Rates:
    """The desk helps a share of those who look."""
    alone = odds(p.home_found)
    helped = 1 + policy.housing_desk * (p.home_help - 1)
    return Rates(find=alone * helped, wish=p.home_wish)


def step(state: Any, people: Any, peers: Any, rates: Rates, uniforms: Any, month: Any) -> Any:
    """One month for all people at once."""
    looks = (state.status == HERE) & ~state.housed
    finds = looks & happens(uniforms(Decision.OWN_1), rates.find)
    wants = finds & (uniforms(Decision.OWN_2) < rates.wish) & (state.wish < 2)
    return state._replace(
        housed=state.housed | finds,
        wish=state.wish + wants.astype("int32"),
    )
