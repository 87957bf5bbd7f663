"""Response surfaces: exact where they can be, and near simulations that they have not seen."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.cities import city as city_of
from expatsim.model import rates
from expatsim.model.levers import LEVERS
from expatsim.page import accuracy, mixes, surface
from expatsim.page.mixes import OUTCOMES, Simulated
from expatsim.runs.prepare import Replicates
from made_up_surfaces import frame, levels, made_up


def numbers_of(moved: np.ndarray) -> np.ndarray:
    """All rates of all rules in some draws, from the first month on."""
    base = mixes.baseline("rotterdam", 4)
    scenario = mixes.with_mix(base, moved, 0)
    parameters = Replicates.together(np.arange(4)).values(scenario)
    quality = rates.city_quality(city_of("rotterdam").name)
    policy = scenario.levels(parameters)
    by_rule = rates.rule_rates(parameters, policy, scenario.climate, quality)
    return rates.stack(by_rule, scenario.months, 4).astype(float)


def test_axes_hold_in_the_model() -> None:
    """Mixes at the same place on all axes have the same rates, and so the same lives."""
    one = levels(hospitality=1.0, shops=0.5, nightlife=-1.0, mentor_projects=0.3)
    other = levels(culture=2.0, education=-0.5, nightlife=-1.0, mentor_projects=0.3)
    np.testing.assert_allclose(numbers_of(one), numbers_of(other), rtol=1e-5, atol=1e-6)
    apart = levels(culture=2.0, education=-0.5, mentor_projects=0.3)
    assert np.abs(numbers_of(one) - numbers_of(apart)).max() > 1e-3
    # health care in English counts as grade points, by a number of each draw
    base = mixes.baseline("rotterdam", 4)
    weight = surface.frame_of(base).weights[:, list(LEVERS).index(surface.HEALTH)]
    for d in range(4):
        english = numbers_of(levels(healthcare_english=0.9))[:, d]
        grade = numbers_of(levels(safety=0.4 * weight[d]))[:, d]
        np.testing.assert_allclose(english, grade, rtol=1e-5, atol=1e-6)
    assert set(LEVERS) == {name for members in surface.axes().values() for name in members}


def test_nothing_moved_changes_nothing() -> None:
    found = made_up("rotterdam", 6, 1, 0.2)
    for delay in mixes.DELAYS:
        assert not found.differences(levels(), delay).any()
    own = found.frame.levels[:, list(LEVERS).index("desk_visibility")]
    moved = found.differences(levels(desk_visibility=float(own[0])), 0)
    assert not moved[0].any()  # it stood there in this draw already
    assert moved[1:].any()


def test_changes_and_differences() -> None:
    rng = np.random.default_rng(3)
    base = np.where(surface.shares(), rng.uniform(0.01, 0.99, (50, 11)), 3000.0)
    other = np.where(surface.shares(), rng.uniform(0.01, 0.99, (50, 11)), 4000.0)
    changes = surface.changes_of(other, base)
    np.testing.assert_allclose(surface.differences_of(changes, base), other - base, atol=1e-9)
    certain = surface.differences_of(np.full((1, 11), 3.0), np.ones((1, 11)))
    assert (certain[0, surface.shares()] == 0).all()


@pytest.fixture(scope="module")
def world() -> tuple[surface.Frame, Simulated, surface.Surface]:
    """Outcomes that follow a surface exactly, but for noise, and this surface."""
    true, draws, each = made_up("rotterdam", 12, 5, 0.1), 12, 40
    chosen = [mixes.random_mixes(each, [7, d]) for d in range(draws)]
    draw = np.repeat(np.arange(draws), each)
    found = np.concatenate(
        [[true.differences(*mix)[d] for mix in zip(*chosen[d], strict=True)] for d in range(draws)]
    )
    noise = np.random.default_rng(8).normal(0, 0.002, found.shape)
    outcomes = true.baseline[draw] + found + noise * np.where(surface.shares(), 1, 5000)
    moved = np.concatenate([x.levels for x in chosen])
    delay = np.concatenate([x.delay for x in chosen])
    return true.frame, Simulated(draw, moved, delay, outcomes, true.baseline), true


@pytest.fixture(scope="module")
def found(world) -> np.ndarray:
    """Coefficients that are fitted to it."""
    own, simulated, _ = world
    return surface.fit(simulated, own)


def test_a_surface_is_found_again(world, found) -> None:
    """From 40 noisy mixes a draw, fewer than its terms: near the truth for mixes never seen."""
    own, _, true = world
    fresh = mixes.random_mixes(30, [9])
    errors, sizes = [], []
    for mix in zip(*fresh, strict=True):
        draws = np.arange(12)
        x = surface.features(own, draws, np.tile(mix[0], (12, 1)), mix[1])
        changes = np.einsum("dt,otd->do", x, found)
        shown = surface.differences_of(changes, true.baseline)
        errors.append((shown - true.differences(*mix))[:, surface.shares()])
        sizes.append(true.differences(*mix)[:, surface.shares()])
    assert np.std(errors) < 0.25 * np.std(sizes)


def test_steps_are_fine_enough(world, found, monkeypatch) -> None:
    own, simulated, _ = world
    monkeypatch.setattr(surface, "fit", lambda *_: found)
    steps = surface.surface_of(mixes.baseline("rotterdam", 12), simulated)
    for mix in zip(*mixes.random_mixes(10, [10]), strict=True):
        x = surface.features(own, np.arange(12), np.tile(mix[0], (12, 1)), mix[1])
        exact = surface.differences_of(np.einsum("dt,otd->do", x, found), simulated.baseline)
        error = np.abs(steps.differences(*mix) - exact)
        assert error[:, surface.shares()].max() < 1e-4
        assert error.max() < 1


def test_near_simulations_that_it_has_not_seen() -> None:
    """A small city, few mixes: most of what fresh simulations differ by is foretold."""
    base = mixes.baseline("rotterdam", 8).resized(0.1)
    seen = mixes.simulate_blocks(base, 40, [1, 0], block=8)
    fresh = mixes.simulate_blocks(base, 8, [2, 0], block=8)
    np.testing.assert_array_equal(seen.baseline, fresh.baseline)  # the same luck
    found = surface.surface_of(base, seen)
    true = (fresh.outcomes - fresh.baseline[fresh.draw]).reshape(8, 8, -1)
    chosen = zip(fresh.levels[::8], fresh.delay[::8], strict=True)
    shown = np.array([found.differences(*mix) for mix in chosen])
    left = np.sqrt(((shown - true) ** 2).mean(axis=(0, 1)) / (true**2).mean(axis=(0, 1)))
    by_name = dict(zip(OUTCOMES, left, strict=True))
    assert by_name["welcome"] < 0.35, by_name
    assert by_name["knows_service"] < 0.35, by_name
    assert np.median(left) < 0.6, by_name
    told = accuracy.summary(accuracy.errors(found, fresh))
    assert told["checks"] == 8
    middle = np.median(shown, axis=1) - np.median(true, axis=1)
    half = np.median(np.abs(middle[:, OUTCOMES.index("wish")]))
    assert told["outcomes"]["wish"]["middle"][0] == pytest.approx(half)


def test_frame_is_that_of_the_draws() -> None:
    found = frame("rotterdam", 12)
    column = {name: found.levels[:, k] for k, name in enumerate(LEVERS)}
    assert len(set(column["desk_visibility"])) == 12  # nobody measured it
    assert set(column["mentor_projects"]) == {0.0}
