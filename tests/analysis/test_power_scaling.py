"""Sensitivity to priors and likelihood: what is known of normal distributions, and of answers."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import expatsim as xs
from expatsim import posterior
from expatsim.analysis.power_scaling import _Calibration
from expatsim.model.parameters import registry
from expatsim.posterior import power_scaling as scaling
from expatsim.posterior.inference import DIGEST, INFERENCE
from helpers import small

DRAWS = 1000


def normal_model(shift: float, precision: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws of a normal posterior, with log-prior (standard normal) and log-likelihood."""
    sd = (1 + precision) ** -0.5
    x = shift * precision * sd**2 + sd * np.random.default_rng(3).standard_normal(DRAWS)
    return x, -0.5 * x**2, -0.5 * precision * (x - shift) ** 2


@pytest.mark.parametrize(
    ("shift", "precision", "expected"),
    [(0, 0.01, scaling.LITTLE), (0, 9, scaling.NONE), (4, 2, scaling.CONFLICT)],
)
def test_diagnoses_of_a_normal_model(shift: float, precision: float, expected: str) -> None:
    x, prior, fit = normal_model(shift, precision)
    found = [scaling.with_noise(x, scaling.weights(d)) for d in (prior, fit)]
    assert scaling.diagnosis(*found[0], *found[1]) == expected


def test_sensitivities_are_those_of_arviz() -> None:
    import arviz_stats

    x, prior, fit = normal_model(1, 2)
    tree = xr.DataTree.from_dict(
        {
            group: xr.Dataset({name: (("chain", "draw"), values.reshape(4, -1))})
            for group, name, values in (
                ("posterior", "x", x),
                ("log_prior", "x", prior),
                ("log_likelihood", "y", fit),
            )
        }
    )
    for group, density in (("prior", prior), ("likelihood", fit)):
        theirs = float(arviz_stats.psense(tree, group=group)["x"])
        assert scaling.sensitivity(x, scaling.weights(density)) == pytest.approx(theirs, rel=1e-6)


def test_weights_of_a_chain_that_stood_still() -> None:
    weights = scaling.weights(np.repeat([-1.0, -2.0], 50))
    assert np.isfinite(weights).all()
    assert weights.sum(axis=1) == pytest.approx(1)
    assert np.isnan(scaling.sensitivity(np.ones(100), weights))


@pytest.fixture(scope="module")
def made_up() -> _Calibration:
    """Draws from normal priors, of which the likelihood of one is far off and precise."""
    rng = np.random.default_rng(1)
    x, _, fit = normal_model(3, 2)
    scores = {"assumed": rng.standard_normal(DRAWS), "learned": x} | {
        f"other_{k}": rng.standard_normal(DRAWS) for k in range(30)
    }
    priors = {name: -0.5 * z**2 for name, z in scores.items()}
    return _Calibration(scores, priors, fit, np.arange(0, DRAWS, 2))


def test_an_answer_is_as_sensitive_as_what_carries_it(made_up) -> None:
    luck = np.random.default_rng(2).standard_normal(DRAWS // 2)
    for name, expected in (("assumed", scaling.LITTLE), ("learned", scaling.CONFLICT)):
        answer = 2 * np.exp(0.3 * made_up.scores[name][made_up.rows]) + 0.2 * luck
        found = made_up.of(answer)
        assert found["parameters"] == name
        assert found["diagnosis"] == expected
        assert found["draws"] == DRAWS // 2
    nothing = made_up.of(luck)
    assert (nothing["parameters"], nothing["diagnosis"]) == ("", scaling.UNSURE)
    assert made_up.of(np.ones(DRAWS // 2))["diagnosis"] == scaling.UNSURE


@pytest.fixture
def source(tmp_path) -> str:
    """A calibration of 120 draws from the prior, with a likelihood of one parameter."""
    z = np.random.default_rng(5).standard_normal((120, len(registry())))
    from expatsim.calibration.likelihood import from_scores

    frame = pd.DataFrame(from_scores(z)).astype(np.float32)
    path = tmp_path / posterior.DRAWS
    frame.to_parquet(path)

    def group(columns: dict[str, np.ndarray]) -> xr.Dataset:
        arrays = {k: (("chain", "draw"), v.reshape(-1, 4).T) for k, v in columns.items()}
        return xr.Dataset(arrays)

    tree = xr.DataTree.from_dict(
        {
            "posterior": group({k: frame[k].to_numpy() for k in frame}),
            "log_prior": group(dict(zip(frame, -0.5 * z.T**2, strict=True))),
            "log_likelihood": group({"y": -0.1 * z[:, 0] ** 2}),
        }
    )
    tree.attrs[DIGEST] = hashlib.sha256(path.read_bytes()).hexdigest()
    tree.to_netcdf(tmp_path / INFERENCE, engine="h5netcdf")
    return str(path)


def test_answers_of_a_comparison(source) -> None:
    one = small("rotterdam", 0.02, 24)
    other = one.with_policy("seen", desk_visibility=1.0)
    result = xs.compare([one, other], draws=48, parameters=source)
    frame = xs.power_scaling(result)
    assert set(frame["scenario"]) == {result.scenarios[1].name}
    assert frame["outcome"].is_unique
    assert set(frame["diagnosis"]) <= {
        scaling.CONFLICT, scaling.LITTLE, scaling.NONE, scaling.UNSURE
    }  # fmt: skip
    known = frame["parameters"] != ""
    assert known.any()
    assert frame.loc[known, ["prior", "likelihood"]].notna().all(axis=None)
    names = {n for row in frame.loc[known, "parameters"] for n in row.split(", ")}
    assert names <= set(registry())
    # replicates have their own rows of the table of draws
    alone = xs.power_scaling(xs.run(one, draws=48, parameters=source))
    assert set(alone["outcome"]) == set(frame["outcome"])
    with pytest.raises(xs.InputError, match="the prior is not calibrated"):
        xs.power_scaling(xs.run(one, draws=40, parameters="prior"))
    with pytest.raises(xs.InputError, match="draws: 4 are too few"):
        xs.power_scaling(xs.run(one, draws=4, parameters=source))
