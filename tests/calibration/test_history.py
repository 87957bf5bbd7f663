"""The years before the interviews."""

from __future__ import annotations

import numpy as np

from expatsim.calibration import history, study
from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.levers import level_2009
from expatsim.survey.interview import interview
from study_values import values


def test_history_in_steps_gives_the_same_lives() -> None:
    keys = np.stack([run_keys(1, k) for k in range(3)])
    setup, people = history.prepare_history("rotterdam", values(3), 600, keys)
    states = history.follow(setup, study.INTERVIEWS)
    for month, state in zip(study.INTERVIEWS, states, strict=True):
        whole = engine.run_months(setup, 0, month + 1).state
        for ours, theirs in zip(state, whole, strict=True):
            assert ours.tobytes() == np.asarray(theirs).tobytes()
    assert all((np.diff(a.people["arrival_month"]) >= 0).all() for a in people)
    assert sum(history.inflow_profile(600)) == 600


def test_nobody_knows_the_rotterdam_desk_before_it_opens() -> None:
    opening = history.month_of(level_2009("desk_visibility", "rotterdam").since)
    assert opening == 83  # December 2008
    keys = run_keys(1, 0)[None]
    setup, _ = history.prepare_history("rotterdam", values(1), 2000, keys)
    before, after = history.follow(setup, [opening - 1, history.LAST_INTERVIEW])
    know = [
        interview(setup.people, s, m).persons["knows_desk"].sum()
        for s, m in ((before, opening - 1), (after, history.LAST_INTERVIEW))
    ]
    assert know[0] == 0
    assert know[1] > 0
    setup, _ = history.prepare_history("den_haag", values(1), 2000, keys)
    (state,) = history.follow(setup, [opening - 1])
    seen = interview(setup.people, state, opening - 1)
    assert seen.persons["knows_desk"].sum() > 0
