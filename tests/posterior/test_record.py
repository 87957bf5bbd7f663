"""The shipped posterior is of this code."""

from __future__ import annotations

from expatsim import posterior
from expatsim.model import parameters
from expatsim.posterior import record


def test_the_shipped_posterior_is_of_this_code() -> None:
    """Run ``make posterior`` after a change of rules, priors or targets."""
    shipped = record.shipped()
    assert shipped["fingerprint"] == record.calibration_fingerprint()
    frame = posterior.read_draws("posterior")
    assert len(frame) == shipped["settings"]["draws"] == 1000
    assert list(frame) == list(parameters.registry())
    for name, p in parameters.registry().items():
        assert frame[name].between(p.low - 1e-5, p.high + 1e-5).all(), name
    found = shipped["diagnostics"]
    assert found["converged"] == "yes"
    assert found["worst R-hat"] < 1.01
    assert found["fewest effective draws (bulk)"] >= 400
    assert found["fewest effective draws (tails)"] >= 400
    assert set(shipped["informed"]) == set(frame)
