"""One definition of a quantile, and none besides it."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expatsim.intervals import FIVE, NINETY, median, quantiles
from helpers import ROOT

FINITE = st.floats(-1e9, 1e9, allow_subnormal=False)


@given(st.lists(FINITE, min_size=1, max_size=60), st.sampled_from([NINETY, FIVE, (0.0, 1.0)]))
def test_quantiles_are_numpys_to_the_last_bit(values: list[float], at: tuple[float, ...]) -> None:
    assert quantiles(values, at).tolist() == np.quantile(values, at).tolist()


@given(st.lists(FINITE | st.just(np.nan), min_size=1, max_size=30))
def test_missing_draws_are_left_out(values: list[float]) -> None:
    x = np.array(values)
    there = x[~np.isnan(x)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = quantiles(np.stack([x, x], axis=1))
    expected = np.quantile(there, NINETY) if len(there) else np.full(3, np.nan)
    assert np.array_equal(found[:, 0], expected, equal_nan=True)
    assert np.array_equal(found[:, 0], found[:, 1], equal_nan=True)


@given(st.lists(FINITE | st.sampled_from([np.inf, -np.inf]), min_size=1, max_size=30))
def test_infinite_draws_are_sorted_like_others(values: list[float]) -> None:
    found = quantiles(values, (0.0, *FIVE, 1.0))
    assert not np.isnan(found).any()
    assert all(a <= b for a, b in pairwise(found))
    assert found[0] == min(values)
    assert found[-1] == max(values)


def test_never_is_never_halfway() -> None:
    assert median([1.0, np.inf]) == np.inf
    assert median([1.0, 2.0, np.inf]) == 2.0
    assert np.isnan(median([]))


# pandas' or NumPy's own, of the same definition, where no draws of an answer are described: inputs
# of sweeps and their levels; and the plan's mean of the worst
EXCEPT = {
    "sweeps/design.py",
    "sweeps/page.py",
    "analysis/surface.py",
    "analysis/plan.py",
    "posterior/power_scaling.py",  # what chance shows, of sensitivities
}


@pytest.mark.parametrize("folder", ["src/expatsim", "gates", "benchmarks"])
def test_no_other_quantile_is_used(folder: str) -> None:
    other = re.compile(r"np\.(nan)?(quantile|percentile|median)\(|\.quantile\(\[|groups\.quantile")
    found = {
        path.relative_to(ROOT / folder).as_posix()
        for path in (ROOT / folder).rglob("*.py")
        if other.search(path.read_text(encoding="utf-8"))
    }
    allowed = EXCEPT | {"calibration/run.py"}  # the median noise of a calibration's log-likelihood
    assert found <= allowed
