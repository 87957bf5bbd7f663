"""Results: labelled, stored whole or not at all, never overwritten by accident."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import expatsim as xs
from expatsim.errors import InputError
from expatsim.findings.survival import share_staying
from expatsim.model.rules import indicators
from helpers import ALONE, ROOT, small


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
        tuple(name for name in indicators() if name.startswith("friends_")),
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
    assert second["difference_median"].notna().all()
    first = frame[frame["scenario"] == "rotterdam"]
    assert first["difference_median"].isna().all()
    welcome = second[second["outcome"] == "welcome"].iloc[0]
    assert welcome["difference_median"] > 0
    # pairing pays: differences vary less than levels
    spread = second["difference_high"] - second["difference_low"]
    assert (spread.to_numpy() < (second["high"] - second["low"]).to_numpy()).mean() > 0.7


def test_save_and_open(result, tmp_path) -> None:
    folder = result.save(tmp_path / "deep" / "out")
    names = {p.name for p in folder.iterdir()}
    assert {"result.nc", "indicators.parquet", "survival.parquet", "summary.csv"} <= names
    assert {f"{p}.png" for p in ("stock", "survival", "wish", "awareness", "reasons")} <= names
    again = xs.open_result(folder)
    assert again.dataset.identical(result.dataset)
    pd.testing.assert_frame_equal(again.summary(), result.summary())
    tidy = pd.read_parquet(folder / "indicators.parquet")
    assert len(tidy) == 2 * 6 * 60 * len(indicators())
    with xr.open_dataset(folder / "result.nc") as stored:  # as other programs see it
        assert stored.attrs["Conventions"].startswith("CF-")
        assert stored.attrs["parameters_digest"] == result.provenance["parameters_digest"]
        yearly = stored["here"].swap_dims(month="time").resample(time="YE").mean()
        assert yearly.sizes["time"] == 5
        assert stored["time"].dt.strftime("%Y-%m").to_numpy().tolist() == list(result.dataset.month)
        for name, variable in stored.variables.items():
            assert "long_name" in variable.attrs, name
        units = stored["parameter_unit"].sel(parameter="leave_choice").item()
        assert units == "probability per month"
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


def test_results_are_equal_if_their_numbers_are(result, tmp_path) -> None:
    """A dataset compared with ``==`` is true whatever its numbers: a result is not."""
    result.save(tmp_path / "kept", plots=False)
    kept = xs.open_result(tmp_path / "kept")
    assert kept == result
    kept.dataset["here"][{"scenario": 0, "draw": 0, "month": 0}] += 1
    assert kept != result
    assert result != "a result"
    assert repr(result).startswith("<Result of ")


def test_a_notebook_shows_every_outcome(result) -> None:
    """Of few draws it does not speak of a 90 % interval."""
    shown = result._repr_html_()
    for label in result.summary()["label"]:
        assert shown.count(label) == result.dataset.sizes["scenario"]
    assert "median (most of these draws), 6 draws" in shown
    again = xr.concat([result.dataset] * 7, "draw", data_vars="minimal")
    shown_again = xs.Result(again, provenance=result.provenance)._repr_html_()
    assert "median (most of these draws), 42 draws" in shown_again  # of six parameter vectors
    again["parameter_value"] = again["parameter_value"] + np.arange(42) * xr.ones_like(
        again["draw"]
    )
    many = xs.Result(again, provenance=result.provenance)
    assert "median (90 % interval), 42 draws" in many._repr_html_()
    assert "nan" not in shown


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


# told to stop

ENDLESS = SMALL.replace("draws: 3", "draws: 9000")
COMMANDS = {
    "run": ["run", "s.yaml", "--out", "out/r"],
    "compare": ["compare", "s.yaml", "t.yaml", "--out", "out/r"],
    "report": ["report", "s.yaml", "--out", "out/r.html"],
    "decompose": ["decompose", "s.yaml", "t.yaml", "--out", "out/r.csv"],
    "dose": ["dose", "s.yaml", "desk_visibility", "--out", "out/r.csv"],
    "timing": ["timing", "s.yaml", "t.yaml", "--out", "out/r.csv"],
    "tipping-points": [
        "tipping-points",
        "s.yaml",
        "t.yaml",
        "--draws",
        "9000",
        "--out",
        "out/r.csv",
    ],
    "uncertainty": ["uncertainty", "s.yaml", "t.yaml", "--out", "out/r.csv"],
    "information": ["information", "s.yaml", "t.yaml", "--out", "out/r.csv"],
    "plan": ["plan", "s.yaml", "--budget", "9999999", "--out", "out/r.csv"],
    "lives": ["lives", "s.yaml", "t.yaml"],
    "calibrate": ["calibrate", "--out", "out/r"],
    "sweep": ["sweep", "w.yaml", "--out", "out/r"],
}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "s.yaml").write_text(ENDLESS + "costs:\n  desk_visibility: {per_year: 1000}\n")
    (tmp_path / "t.yaml").write_text("title: t\nbased_on: s\npolicy: {desk_visibility: 0.9}\n")
    (tmp_path / "w.yaml").write_text(
        "title: w\nscenario: s\ndesign: latin\nsamples: 5000\n"
        "levers: {desk_visibility: [0, 1]}\noutcomes: [welcome]\n"
    )
    return tmp_path


def started(words: list[str], cwd, environment=ALONE) -> subprocess.Popen:
    """A command that listens to signals: Python itself takes a while to begin."""
    # as a script starts it with `&`; a terminal that closed before the tests began is none of its
    start = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    start += "signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", start, sys.executable, "-m", "expatsim.cli", *words],
        cwd=cwd,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None:
        status = (Path("/proc") / str(process.pid) / "status").read_text()
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            break
        time.sleep(0.005)
    return process


def until(process: subprocess.Popen, seen) -> None:
    """Wait until something is seen, or the process has ended."""
    for _ in range(12_000):
        if seen() or process.poll() is not None:
            return
        time.sleep(0.005)


def is_told(process: subprocess.Popen, number: int, line: str) -> None:
    out, err = process.communicate(timeout=60)
    told = [x for x in err.splitlines() if "warning:" not in x]
    assert (process.returncode, told[-1], out) == (128 + number, line, ""), err
    assert "Traceback" not in err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("command", COMMANDS)
def test_stopped_in_the_first_moment(command, place) -> None:
    """While it imports: one line, and nothing is left."""
    number = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP][len(command) % 3]
    before = sorted(p.name for p in place.iterdir())
    process = started(COMMANDS[command], place)
    time.sleep(0.1)
    process.send_signal(number)
    process.send_signal(number)
    is_told(process, number, "interrupted: nothing was written")
    assert sorted(p.name for p in place.iterdir()) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"lives"}))
def test_stopped_at_work(command, place) -> None:
    """One line at once, whatever it does; the user's empty folder stays."""
    number = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP][(len(command) + 1) % 3]
    (place / "out").mkdir()
    process = started(COMMANDS[command], place)
    resumed = {"calibrate": "guess-1.npz", "sweep": "catalogue.sqlite"}.get(command)
    if command == "calibrate":
        until(process, (place / "out" / "r" / "calibration.json").exists)
    elif command == "sweep":
        until(process, (place / "out" / "r" / "sweep.json").exists)
    else:
        until(process, lambda: list((place / "out").rglob("owner")))
    process.send_signal(number)
    again = " ".join(COMMANDS[command])
    line = f"interrupted; go on with: expatsim {again} --resume" if resumed else None
    is_told(process, number, line or "interrupted: nothing was written")
    assert not list(place.rglob("*.unfinished"))
    if not resumed:
        assert list((place / "out").iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("file", ["result.nc", "stock.png", "manifest.json"])
def test_stopped_while_files_are_written(number, file, tmp_path) -> None:
    """Whole or nothing; what a kill leaves is cleared by the next run."""
    (tmp_path / "s.yaml").write_text(SMALL)
    # what it compiles is for others, too: it is done by then
    process = started(["run", "s.yaml", "--out", "r"], tmp_path, environment=None)
    folder = tmp_path / "r"
    until(process, lambda: list(folder.glob(f"*/{file}")) or (folder / file).exists())
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    if (folder / "manifest.json").exists():
        xs.open_result(folder)
    elif number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert err.endswith("interrupted: nothing was written\n")
        assert [p.name for p in tmp_path.iterdir()] == ["s.yaml"]
    if number == signal.SIGKILL:
        xs.run(tmp_path / "s.yaml").save(tmp_path / "r", plots=False, force=True)
        xs.open_result(folder)
        assert not list(tmp_path.rglob("*.unfinished"))


# the terminal


@pytest.mark.parametrize("words", [["tables", "T35"], ["tables"], ["schema"], ["--help"]])
def test_nobody_has_to_read_on(words) -> None:
    command = f"{sys.executable} -m expatsim.cli {' '.join(words)} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_any_locale(tmp_path) -> None:
    """Names and texts outside ASCII, where the terminal, Python and files know only ASCII."""
    (tmp_path / "café.yaml").write_text(SMALL.replace("Small", "Zoë – “nr 1”"), encoding="utf-8")
    ascii_only = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
    }
    for words in (["run", "café.yaml"], ["report", "results/café"], ["check", "café.yaml"]):
        done = subprocess.run(
            [sys.executable, "-m", "expatsim.cli", *words],
            cwd=tmp_path,
            env=ascii_only,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "café"
    assert xs.open_result(folder).titles == {"café": "Zoë – “nr 1”"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Zoë – “nr 1”" in page
    assert "results/café" in page


def test_long_names_and_places_are_known_before_the_work(place) -> None:
    long = [f"{'rotterdam-with-all-there-is-' * 4}{k}" for k in range(4)]
    for name in long:
        (place / f"{name}.yaml").write_text(f"title: {name}\nbased_on: s\ndraws: 2\nyears: 1\n")
    done = expatsim("compare", *(f"{n}.yaml" for n in long), cwd=place)
    assert done.returncode == 0, done.stderr
    (made,) = (place / "results").iterdir()
    assert made.name.startswith("rotterdam-with-all-there-is-")
    xs.open_result(made)
    (place / "file").write_text("mine")
    for words, line in (
        (["run", "s.yaml", "--out", "file"], "file: is a file; give a folder"),
        (["calibrate", "--out", "file"], "file: is a file; give a folder"),
        (["calibrate", "--out", "."], ".: holds other files; give a new folder"),
        (
            ["report", "s.yaml", "--out", "file/x.html"],
            "file/x.html: file is a file; give a folder",
        ),
        (["report", "s.yaml", "--out", "results"], "results: is a folder; give a file"),
        (
            ["decompose", "s.yaml", "t.yaml", "--out", "z" * 300],
            f"{'z' * 300}: cannot be written: File name too long",
        ),
    ):
        done = expatsim(*words, cwd=place)
        assert (done.returncode, done.stderr) == (2, f"{line}\n")
    assert (place / "file").read_text() == "mine"
