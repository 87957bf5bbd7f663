"""Levels of a lever, and a later start."""

from __future__ import annotations

import dataclasses

import pytest

import expatsim as xs
from expatsim.errors import InputError
from helpers import small


def test_dose_and_timing() -> None:
    base = small("rotterdam", 0.05, 48)
    frame = xs.dose(base, "customer_friendliness", levels=3, draws=6)
    welcome = frame[frame["outcome"] == "welcome"]
    assert welcome["customer_friendliness"].tolist() == [-2, 0, 2]
    assert welcome["median"].is_monotonic_increasing
    # zero is where the lever stood in 2009: nothing changes
    assert (welcome.iloc[1][["low", "median", "high"]] == 0).all()
    policy = small("rotterdam-all-recommendations", 0.05, 48)
    later = xs.timing(base, policy, delays=[0, 3], draws=6)
    now = xs.compare([base, policy], draws=6).summary().dropna()
    first = later[later["years later"] == 0].set_index("outcome")["median"]
    for outcome, difference in now.set_index("outcome")["difference_median"].items():
        if outcome in first:
            assert first[outcome] == pytest.approx(difference)
    welcome = later[later["outcome"] == "stock_1"]
    assert welcome["median"].iloc[-1] == 0  # three years later, the first year is as before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: xs.dose(s, "nightlive", draws=2), "did you mean 'nightlife'"),
        (lambda s: xs.dose(s, "nightlife", levels=1, draws=2), "allowed: 2 to 50"),
        (lambda s: xs.timing(s, s, delays=[9], draws=2), "given twice"),
        (
            lambda s: xs.timing(s, dataclasses.replace(s, name="b"), delays=[9], draws=2),
            "allowed: 0 to 1 years",
        ),
    ],
)
def test_one_clear_line_about_doses(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call(small("rotterdam", 0.02, 24))
