"""The simulated study: respondents, departures, luck."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.calibration import history, likelihood, study
from expatsim.model.chance import run_keys
from expatsim.model.packed import status
from expatsim.model.state import HERE
from expatsim.survey.interview import interview, tabulate, weights
from expatsim.survey.questions import QUESTIONS, second_year, stay
from study_values import SMALL, values


def test_study_does_not_depend_on_neighbours() -> None:
    some = values(4)
    together = study.simulate_study(some, 5, SMALL)
    for d in range(4):
        alone = study.simulate_study({k: v[d : d + 1] for k, v in some.items()}, 5, SMALL)
        for name in together:
            assert np.array_equal(alone[name][0], together[name][d]), name


def test_study_has_the_role_mix_and_the_answers_of_its_respondents() -> None:
    p = values(2)
    keys = np.stack([run_keys(1, k) for k in range(2)])
    setup, _ = history.prepare_history("rotterdam", p, 2000, keys)
    month = study.INTERVIEWS[2]
    (state,) = history.follow(setup, [month])
    r = interview(setup.people, state, month)
    months = stay(r.persons)
    assert ((months > 6) & (months < 72)).all()
    assert (status(state)[r.draw, r.slot] == HERE).all()
    partner, second = ~r.persons["head"], second_year(r.persons)
    recruitment = np.array([1.0, 4.0])
    w = weights(r, "rotterdam", recruitment)
    assert np.bincount(r.draw, w) == pytest.approx([1, 1])
    assert np.bincount(r.draw, w * partner) == pytest.approx([23 / 75] * 2)
    later = [w[(r.draw == d) & ~partner & second].max() for d in range(2)]
    rest = [w[(r.draw == d) & ~partner & ~second].max() for d in range(2)]
    assert np.array(later) / rest == pytest.approx(recruitment)
    counts = tabulate(r, w, QUESTIONS["wish"], 2)
    yes = [(w * (r.persons["wish"] == 2))[r.draw == d].sum() for d in range(2)]
    assert counts[:, 2] == pytest.approx(yes)
    for name, question in QUESTIONS.items():
        code = question.code(r.persons)
        assert code.min() >= -1, name
        assert code.max() < len(question.answers), name


def test_departures_are_a_life_table() -> None:
    followed = np.zeros((1, 2, 2, study.LONGEST))
    # 100 workers of each group; ten of the first leave in month 3, half of the rest in month 40
    followed[0, 0, 0, :4], followed[0, 0, 0, 4:41], followed[0, 0, 0, 41:] = 100, 90, 45
    followed[0, 0, 1, 3], followed[0, 0, 1, 40] = 10, 45
    followed[0, 1, 0] = 100
    shown = study.leaving(followed)
    five_years = study.GONE_AFTER.index(60)
    assert shown["gone.non_eu"][0, five_years] == pytest.approx(0.55)
    assert shown["gone.eu"][0] == pytest.approx(0)
    assert shown["gone.all"][0, five_years] == pytest.approx(1 - 190 / 200 * 145 / 190)
    assert shown["hazard"][0] == pytest.approx([10 / 200, 0, 0, 45 / 190, 0, 0], abs=1e-12)


def test_luck_is_taken_out_at_the_guess() -> None:
    p = {k: v[:1] for k, v in values(1).items()}
    shift = likelihood.luck(p, 9, SMALL, range(1, 65))
    corrected = study.correct(study.simulate_study(p, 9, SMALL), shift)
    others = [
        study.simulate_study(
            {k: np.repeat(v, 8) for k, v in p.items()}, 9, SMALL, range(1 + k, 9 + k)
        )
        for k in range(0, 64, 8)
    ]
    for name, share in corrected.items():
        mean = np.concatenate([o[name] for o in others]).mean(axis=0)
        assert share[0] == pytest.approx(mean, abs=2e-3), name
        # shares of answers still add to one
        if name.partition(".")[0] not in ("gone", "hazard", "calendar"):
            assert share.sum() == pytest.approx(1)
