"""Response surfaces that nobody simulated, for tests of the saved page."""

from __future__ import annotations

import numpy as np

from expatsim.model.levers import LEVERS
from expatsim.page import accuracy, mixes, surface
from expatsim.page.mixes import OUTCOMES
from expatsim.page.stored import POSTERIOR, PRIOR, Stored, stamp

CITIES = ("rotterdam", "den_haag")


def frame(city: str, draws: int) -> surface.Frame:
    """The frame of a city's draws."""
    return surface.frame_of(mixes.baseline(city, draws))


def made_up(city: str, draws: int, seed: int, size: float) -> surface.Surface:
    """Surfaces with random coefficients, in each draw some other multiple of the same ones."""
    rng = np.random.default_rng(seed)
    one = len(surface.axes()) * len(surface.POWERS) * len(surface.WAITS)
    two = len(surface.axes()) * (len(surface.axes()) - 1) // 2 * len(surface.PAIR_WAITS)
    base = np.where(surface.shares(), rng.uniform(0.2, 0.8, (draws, len(OUTCOMES))), 5000.0)
    common = rng.uniform(-surface.LARGEST, surface.LARGEST, (len(OUTCOMES), one, 1)) / 2
    own = rng.uniform(0.3, 1.7, (len(surface.axes()), draws))
    steps = common * np.repeat(own, len(surface.POWERS) * len(surface.WAITS), axis=0)
    return surface.Surface(
        frame(city, draws),
        base,
        rng.uniform(0, size / surface.LARGEST, (len(OUTCOMES), one)),
        steps.astype(np.int16),
        rng.normal(0, size / 4, (len(OUTCOMES), two)),
    )


def stored(draws: int = 48) -> Stored:
    """Made-up surfaces of both cities, and made-up errors, one of them beyond the aim."""
    found = {what: np.tile(np.linspace(0, 0.006, 11), (20, 1)) for what in ("middle", "ends")}
    told = {**accuracy.summary(found), "labels": {"sure": 0.9, "rests": 0.8}}
    record = {
        "model": stamp(),
        "posterior": "",
        "draws": draws,
        "mixes": 1,
        "accuracy": dict.fromkeys(CITIES, told),
    }
    surfaces = {
        city: {
            POSTERIOR: made_up(city, draws, 2 * k, 0.2),
            PRIOR: made_up(city, draws, 2 * k + 1, 0.3),
        }
        for k, city in enumerate(CITIES)
    }
    return Stored(surfaces, record)


def levels(**moved: float) -> np.ndarray:
    """A mix: levels of some levers, all others as they were."""
    return np.array([moved.get(name, np.nan) for name in LEVERS])
