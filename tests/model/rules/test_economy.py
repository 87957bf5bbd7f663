"""Work for partners: whom the programme reaches, how far, and what it rests on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from expatsim.findings.assumptions import parameters_behind
from expatsim.model.parameters import defaults, parameter_of
from expatsim.model.policy import LeverPath
from expatsim.model.rules import economy
from expatsim.model.state import HERE
from helpers import lives, small


def rates(share: float, **values: float) -> economy.Rates:
    """Rates in a neutral climate at the defaults of all other parameters."""
    p = {name: np.array([[x]]) for name, x in {**defaults(), **values}.items()}
    levers = economy.Levers({"partner_jobs": np.array([[share]])})
    return economy.rates(economy.Parameters(p), levers, np.zeros((1, 1)), None)


def test_without_a_programme_the_first_year_is_like_the_others() -> None:
    r = rates(0.0, partner_job_help=2.0)
    assert r.partner_find_first_year == r.partner_find


def test_odds_are_the_mean_of_those_reached_and_the_others() -> None:
    none, half, everybody = (rates(x, partner_job_help=1.0) for x in (0.0, 0.5, 1.0))
    assert everybody.partner_find_first_year == pytest.approx(none.partner_find * np.e)
    mean = (none.partner_find + everybody.partner_find_first_year) / 2
    assert half.partner_find_first_year == pytest.approx(mean)
    assert half.partner_find == none.partner_find
    assert half.find == none.find


def test_partners_of_newcomers_work_more_and_nobody_else_is_helped() -> None:
    base = small("rotterdam", 1.0, 12, parameters="prior")
    helped = dataclasses.replace(base, policy={**base.policy, "partner_jobs": LeverPath.of(1.0)})
    adults, before, _ = lives(base)
    _, after, _ = lives(helped)
    here = (before.status == HERE) & (after.status == HERE)
    partner, arrival = ~adults.people["head"], adults.people["arrival_month"]
    newcomers, settled = here & partner & (arrival > -12), here & partner & (arrival <= -24)
    assert after.employed[newcomers].sum() > before.employed[newcomers].sum()
    assert np.array_equal(after.employed[settled], before.employed[settled])


def test_it_rests_on_the_whole_chain() -> None:
    """From the programme to a job, and from a partner's job to leaving."""
    chain = ("partner_job_find", "leave_partner_job", "partner_job_help")
    assert parameters_behind("partner_jobs") == chain
    assert parameter_of("partner_job_help").evidence == "assumption"
