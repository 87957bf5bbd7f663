"""A whole calibration: stopped, resumed, killed, and what it leaves behind."""

from __future__ import annotations

import errno

import numpy as np
import pandas as pd
import pytest

from expatsim import posterior
from expatsim.calibration import sampler
from expatsim.calibration.run import run_calibration
from expatsim.errors import InputError
from expatsim.model import parameters
from expatsim.posterior import record
from helpers import ALONE, QUICK


class Stop(Exception):  # noqa: N818
    """Ends a calibration in the middle."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibration") / "whole"
    return folder, run_calibration(QUICK, folder)


def test_a_stopped_calibration_goes_on_to_the_same_draws(finished, tmp_path, monkeypatch) -> None:
    folder, _ = finished
    monkeypatch.setattr(sampler, "CHECKPOINT", 0.0)
    stopped = tmp_path / "stopped"
    fewer = QUICK.model_copy(update={"steps": QUICK.steps - 17})  # may be raised
    for stage, at in (("guess", 120), ("tuning", 20), ("chains", fewer.burn + fewer.steps)):

        def tell(now: str, done: int, total: int, note: str, stage=stage, at=at) -> None:
            if now == stage and done >= at:
                raise Stop

        with pytest.raises(Stop):
            run_calibration(fewer, stopped, resume=True, progress=tell)
    run_calibration(QUICK, stopped, resume=True)
    with pytest.raises(InputError, match="steps was 50 and is 33 now"):
        run_calibration(fewer, stopped, resume=True)
    for name in (posterior.DRAWS, "diagnostics.md", "targets.csv", "parameters.csv"):
        whole, again = ((f / name).read_bytes() for f in (folder, stopped))
        if name == "diagnostics.md":  # all but the seconds it took
            whole, again = (
                [x for x in t.splitlines() if not x.startswith(b"- seconds")]
                for t in (whole, again)
            )
        assert whole == again, name


def test_resuming_with_something_else_is_refused(finished, tmp_path, monkeypatch) -> None:
    folder, _ = finished
    with pytest.raises(InputError, match="holds a calibration; give another --out, or --resume"):
        run_calibration(QUICK, folder)
    with pytest.raises(InputError, match="seed was 1 and is 2 now"):
        run_calibration(QUICK.model_copy(update={"seed": 2}), folder, resume=True)
    monkeypatch.setattr(sampler, "fingerprint", lambda _: "another")
    with pytest.raises(InputError, match="fingerprint was"):
        run_calibration(QUICK, folder, resume=True)
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        run_calibration(QUICK, tmp_path)


def test_draws_of_a_calibration_can_be_used(finished) -> None:
    folder, table = finished
    frame = posterior.read_draws(str(folder / posterior.DRAWS))
    assert frame.shape == (50, len(parameters.registry()))
    assert list(table.index) == list(parameters.registry())
    assert (table["posterior_low"] <= table["posterior_high"]).all()
    some = posterior.sample(str(folder / posterior.DRAWS), 1, np.arange(120))
    again = posterior.sample(str(folder / posterior.DRAWS), 1, np.arange(50, 60))
    assert np.array_equal(some["wish_level"][50:60], again["wish_level"])
    assert len(np.unique(some["wish_level"][:50])) == len(frame["wish_level"].unique())


def test_chains_that_stand_still_inform_nothing(finished) -> None:
    """Two short chains are narrower than any prior, health_english's too, which no target sees."""
    folder, table = finished
    assert table["informed"].sum() > 40
    kept = pd.read_csv(folder / "parameters.csv")
    assert kept["informed"].isna().all()
    assert kept["ratio"].notna().all()
    page = (folder / "diagnostics.md").read_text(encoding="utf-8")
    assert "- parameters informed: not known (NOT CONVERGED)" in page
    assert "that the data inform" not in page
    source = str(folder / posterior.DRAWS)
    kept_record = record.calibration_of(source)
    assert kept_record is not None
    assert kept_record.doubt()


def test_advice_to_go_on_is_for_what_has_begun(tmp_path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match=r"name too long$"):
        run_calibration(QUICK, tmp_path / ("x" * 300))
    monkeypatch.setattr(sampler, "calibrate", full)
    with pytest.raises(InputError, match="device; what is done is kept, go on with --resume"):
        run_calibration(QUICK, tmp_path / "new")


def test_command_line_killed_and_resumed(finished, tmp_path) -> None:
    """``kill -9`` in the middle; the same command with --resume ends with the same draws."""
    import json
    import signal
    import subprocess
    import sys
    import time

    whole, _ = finished
    settings = tmp_path / "quick.yaml"
    content = QUICK.model_dump()
    settings.write_text(json.dumps(content))  # JSON is YAML
    out = tmp_path / "out"
    command = [sys.executable, "-m", "expatsim.cli", "calibrate", str(settings), "--out", str(out)]
    started = subprocess.Popen(command, env=ALONE, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if (out / "guess-1.npz").exists() or started.poll() is not None:
            break
        time.sleep(0.1)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert not (out / record.RECORD).exists()
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 2
    assert again.stderr.strip() == f"{out}: holds a calibration; give another --out, or --resume"
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # two chains of fifty steps are no posterior, and it says so
    every = f"{len(parameters.registry())} parameters are informed by the data"
    assert done.stdout.startswith(f"NOT CONVERGED: nobody knows how many of {every}; ")
    assert "warning: the chains have not converged" in done.stderr
    assert (out / posterior.DRAWS).read_bytes() == (whole / posterior.DRAWS).read_bytes()
