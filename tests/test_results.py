"""Results: labelled, stored whole or not at all, never overwritten by accident."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import expatsim as xs
from expatsim.analysis.survival import share_staying
from expatsim.errors import InputError
from expatsim.rules.counting import INDICATORS
from helpers import ROOT, small


@pytest.fixture(scope="module")
def result() -> xs.Result:
    return xs.compare(
        [
            small("rotterdam", 0.05, 60),
            small("rotterdam-all-recommendations", 0.05, 60),
        ],
        draws=6,
    )


def test_counts_are_consistent(result) -> None:
    d = result.dataset
    assert d.sizes["draw"] == 6
    for parts in (
        ("wish_no", "wish_maybe", "wish_yes"),
        ("dutch_none", "dutch_words", "dutch_little", "dutch_fluent"),
        tuple(name for name in INDICATORS if name.startswith("friends_")),
    ):
        assert (sum(d[p] for p in parts) == d["here"]).all()
    assert (d["knows_desk"] <= d["knows_service"]).all()
    assert (d["used_service"] <= d["knows_service"]).all()
    by_reason = sum(d[f"left_{r}"] for r in ("contract", "choice", "career", "family"))
    assert (by_reason == d["left"]).all()
    assert (d["to_home"] + d["to_other_country"] + d["to_netherlands"] == d["left"]).all()
    stock = round(0.05 * xs.load(ROOT / "scenarios" / "rotterdam.yaml").stock)
    change = d["here"].diff("month")
    assert (change == (d["arrived"] - d["left"]).isel(month=slice(1, None))).all()
    assert (d["here"].isel(month=0) == stock + (d["arrived"] - d["left"]).isel(month=0)).all()


def test_life_tables_are_the_counts(result) -> None:
    d = result.dataset
    everybody = d.sel(group="all")
    assert (everybody["left_city"].sum(["way_in", "stay"]) == d["left"].sum("month")).all()
    parts = d["at_risk"].sel(group=["workers", "partners"]).sum("group")
    assert (parts == d["at_risk"].sel(group="all")).all()
    curve = share_staying(d).sel(group="all")
    assert (curve.diff("years").fillna(0) <= 0).all()
    assert ((curve.fillna(0) >= 0) & (curve.fillna(1) <= 1)).all()
    # nobody of the stock is lost from sight: the estimate is the plain share
    stock = curve.sel(way_in="stock").isel(years=35)
    followed = everybody["at_risk"].sel(way_in="stock")
    assert np.allclose(stock, followed.isel(stay=36) / followed.isel(stay=0))


def test_summary_has_intervals_and_paired_differences(result) -> None:
    frame = result.summary()
    assert (frame["low"] <= frame["median"]).all()
    assert (frame["median"] <= frame["high"]).all()
    second = frame[frame["scenario"] == "rotterdam-all-recommendations"]
    assert second["difference"].notna().all()
    first = frame[frame["scenario"] == "rotterdam"]
    assert first["difference"].isna().all()
    welcome = second[second["outcome"].str.startswith("feel welcome")].iloc[0]
    assert welcome["difference"] > 0
    # pairing pays: differences vary less than levels
    spread = second["difference_high"] - second["difference_low"]
    assert (spread.to_numpy() < (second["high"] - second["low"]).to_numpy()).mean() > 0.7


def test_save_and_open(result, tmp_path) -> None:
    folder = result.save(tmp_path / "deep" / "out")
    names = {p.name for p in folder.iterdir()}
    assert {"result.nc", "indicators.parquet", "survival.parquet", "summary.csv"} <= names
    assert {f"{p}.png" for p in ("stock", "survival", "wish", "awareness", "reasons")} <= names
    again = xs.open_result(folder)
    assert again.dataset.identical(result.dataset) or again.dataset.equals(result.dataset)
    pd.testing.assert_frame_equal(again.summary(), result.summary())
    tidy = pd.read_parquet(folder / "indicators.parquet")
    assert len(tidy) == 2 * 6 * 60 * len(INDICATORS)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["scenarios"][0]["seed"] == 2010
    assert "title: Rotterdam" in manifest["texts"]["rotterdam.yaml"]
    assert {"expatsim", "git_commit", "platform", "libraries"} <= set(manifest)
    # nothing is overwritten
    with pytest.raises(InputError, match="already holds a result"):
        result.save(folder)
    assert result.save(folder, force=True, plots=False) == folder
    assert not (folder / "stock.png").exists()
    assert [p.name for p in folder.parent.iterdir()] == ["out"]


def test_other_peoples_files_are_safe(result, tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        result.save(tmp_path, force=True)
    with pytest.raises(InputError, match="is a file"):
        result.save(tmp_path / "thesis.txt")
    with pytest.raises(InputError, match="holds no result"):
        xs.open_result(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_same_seed_same_bits_and_other_seed_other_bits() -> None:
    base = small("den-haag", 0.02, 24, draws=2)
    a, b = (xs.run(base).dataset for _ in range(2))
    assert a.identical(b)
    assert not xs.run(base, seed=1).dataset["here"].equals(a["here"])


def test_what_cannot_be_compared(tmp_path) -> None:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text("title: a\ncity: rotterdam\n")
    b.write_text("title: b\ncity: rotterdam\nyears: 3\n")
    with pytest.raises(InputError, match="b: starts 2010-01 and runs 3 years, but a"):
        xs.compare([a, b])
    with pytest.raises(InputError, match="given twice"):
        xs.compare([a, a])
    with pytest.raises(InputError, match="draws: 0 is out of range"):
        xs.run(a, draws=0)


# the command line


def expatsim(*words: str, cwd=ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "expatsim.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
    )


SMALL = "title: Small\ncity: rotterdam\nyears: 2\npopulation: {stock: 100, inflow: 50}\ndraws: 3\n"


def test_command_line_run(tmp_path) -> None:
    (tmp_path / "s.yaml").write_text(SMALL)
    done = expatsim("run", "s.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "newcomers" in done.stdout
    assert "posterior of the calibration" in done.stdout
    assert (tmp_path / "results" / "s" / "manifest.json").exists()
    again = expatsim("run", "s.yaml", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "results/s: already holds a result; give another --out, or --force\n"


def test_command_line_mistakes(tmp_path) -> None:
    (tmp_path / "s.yaml").write_text(SMALL + "polcy: 3\n")
    for words in (("run", "s.yaml"), ("check", "s.yaml"), ("compare", "s.yaml")):
        done = expatsim(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr == "s.yaml:6: unknown key 'polcy'; did you mean 'policy'?\n"
        assert done.stdout == ""
    assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]
    assert expatsim("tables", "T99").returncode == 2
    assert expatsim("tables", "T35").returncode == 0
    assert json.loads(expatsim("schema").stdout)["title"] == "expatsim scenario"


@pytest.mark.parametrize("moment", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_nothing_that_looks_whole(moment, tmp_path) -> None:
    (tmp_path / "s.yaml").write_text(SMALL.replace("draws: 3", "draws: 5000"))
    process = subprocess.Popen(
        [sys.executable, "-m", "expatsim.cli", "run", "s.yaml"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(8)
    assert process.poll() is None
    os.killpg(process.pid, moment)
    _, err = process.communicate(timeout=60)
    assert not list(tmp_path.rglob("manifest.json"))
    if moment == signal.SIGINT:
        assert process.returncode == 130, err
        assert b"Traceback" not in err
        assert b"interrupted: nothing was written" in err
        assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]
