"""A sweep that is stopped, damaged, killed or locked goes on, and loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.sweeps import execute, load_sweep, open_runs, sweep
from expatsim.sweeps.files import lock_store
from helpers import ALONE
from sweep_files import file


def test_an_interrupted_sweep_goes_on(done, tmp_path, short_chunks) -> None:
    path = file(tmp_path)
    calls = []

    def stop(n: int) -> None:
        calls.append(n)
        if len(calls) == 3:  # after two chunks of two runs
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(path, tmp_path / "runs", progress=stop)
    assert open_runs(tmp_path / "runs").status() == {"done": 4, "pending": 2}
    with pytest.raises(InputError, match="--resume"):
        sweep(path, tmp_path / "runs")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs" / "results").iterdir()}
    store = sweep(path, tmp_path / "runs", resume=True)
    assert store.status() == {"done": 6}
    for p, then in before.items():
        assert p.stat().st_mtime_ns == then  # only what was missing
    assert store.frame().equals(done.frame())


def test_resuming_something_else_is_refused(done, tmp_path, monkeypatch) -> None:
    other = file(tmp_path, samples=6, **{"0.3, 1.0": "0.4, 1.0"})
    with pytest.raises(InputError, match=r"sweep.levers.english_information: was \[0.3, 1.0\]"):
        sweep(other, done.folder, resume=True)
    monkeypatch.setattr("expatsim.sweeps.run.code_version", lambda: "another")
    with pytest.raises(InputError, match="code: was"):
        sweep(done.folder.parent / "small.yaml", done.folder, resume=True)


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_damaged_files_are_done_again(done, tmp_path, short_chunks, damage: str) -> None:
    path = file(tmp_path)
    store = sweep(path, tmp_path / "runs")
    victim = sorted((store.folder / "results").iterdir())[1]
    if damage == "truncate":
        victim.write_bytes(victim.read_bytes()[:100])
    else:
        victim.unlink()
    with pytest.raises(InputError, match="mend it with --resume"):
        store.frame()
    again = sweep(path, store.folder, resume=True)
    assert again.damaged == [victim]
    assert again.frame().equals(done.frame())


@pytest.mark.parametrize("victim", ["catalogue.sqlite", "design.parquet"])
@pytest.mark.parametrize("damage", ["truncate", "scribble", "remove"])
def test_damaged_catalogue_or_design_is_mended(
    done, tmp_path, short_chunks, victim: str, damage: str
) -> None:
    """Results that are there count, whatever happened to the files around them."""
    path = file(tmp_path)
    store = sweep(path, tmp_path / "runs")
    (store.folder / "results" / "000002.parquet").unlink()
    kept = store.folder / "results" / "000000.parquet"
    before = kept.stat().st_mtime_ns
    broken = store.folder / victim
    if damage == "truncate":
        broken.write_bytes(broken.read_bytes()[:200])
    elif damage == "scribble":
        broken.write_bytes(b"nonsense" * 500)
    else:
        broken.unlink()
    again = open_runs(store.folder)
    with pytest.raises(InputError, match="--resume"):
        again.catalogue()
    assert broken.exists() == (damage != "remove")
    again = sweep(path, store.folder, resume=True)
    assert broken in again.damaged
    assert kept.stat().st_mtime_ns == before
    assert again.status() == {"done": 6}
    assert again.frame().equals(done.frame())


def test_what_is_running_is_said(tmp_path, short_chunks) -> None:
    """Runs are running while they are; those of a process that died are pending."""
    seen = []

    def look(n: int) -> None:
        if n:
            seen.append(open_runs(tmp_path / "runs").status())

    path = file(tmp_path)
    sweep(path, tmp_path / "runs", progress=look)
    assert seen[0] == {"done": 2, "pending": 4}
    store = open_runs(tmp_path / "runs")
    job = execute.jobs(load_sweep(path), store.inputs(), {}, 2)[1]
    with lock_store(store.folder):
        with closing(sqlite3.connect(store.folder / "catalogue.sqlite")) as catalogue, catalogue:
            catalogue.execute("UPDATE runs SET status = 'pending' WHERE chunk = 1")
        next(iter(store.mark_running([job])))
        assert store.status() == {"done": 4, "running": 2}
    assert store.status() == {"done": 4, "pending": 2}
    assert store.missing() == [1]


def test_two_processes_on_one_store(done) -> None:
    path = done.folder.parent / "small.yaml"
    with lock_store(done.folder), pytest.raises(InputError, match="another process"):
        sweep(path, done.folder, resume=True)


def test_a_full_disk_loses_nothing(tmp_path, short_chunks, monkeypatch) -> None:
    path = file(tmp_path)
    real, kept = pd.DataFrame.to_parquet, []

    def full(self, target, *a, **k):
        if "000001" in str(target):
            raise OSError(28, "No space left on device")
        kept.append(target)
        return real(self, target, *a, **k)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(InputError, match="No space left on device; what is done is kept"):
        sweep(path, tmp_path / "runs")
    monkeypatch.undo()
    assert open_runs(tmp_path / "runs").status()["done"] == 2
    assert sweep(path, tmp_path / "runs", resume=True).status() == {"done": 6}


@contextmanager
def nobody() -> Iterator[None]:
    """Root may write everywhere: be somebody else for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_folder(done) -> None:
    """A store is read as before; nothing is begun or gone on with there, and nothing is lost."""
    before = done.frame()
    with tempfile.TemporaryDirectory() as name:  # one that others may enter
        place = Path(name)
        shutil.copytree(done.folder, place / "runs")
        path = file(place)
        # once as oneself, so that all modules are loaded: nobody may not read those of a root user
        assert sweep(path, place / "runs", resume=True).status() == {"done": 6}
        assert CliRunner().invoke(app, ["runs", "show", str(place / "runs")]).exit_code == 0
        for inside in (place, *place.rglob("*")):
            inside.chmod(0o555 if inside.is_dir() else 0o444)
        with nobody():
            # nothing was begun, so there is nothing to go on with
            with pytest.raises(InputError, match=r"cannot be written: Permission denied$"):
                sweep(path, place / "other")
            with pytest.raises(InputError, match="Permission denied; what is done is kept"):
                sweep(path, place / "runs", resume=True)
            store = open_runs(place / "runs")
            assert store.status() == {"done": 6}
            assert store.frame().equals(before)
            ran = CliRunner().invoke(app, ["runs", "show", str(place / "runs")])
            assert "6 done" in ran.output
        place.chmod(0o700)
        for inside in place.rglob("*"):
            inside.chmod(0o700)


def test_a_folder_that_cannot_be_made(tmp_path) -> None:
    (tmp_path / "plain").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        sweep(file(tmp_path), tmp_path / "plain" / "runs")


KILLED = """
import sys
from pathlib import Path
from expatsim.sweeps import execute, sweep
execute.CHUNK = 2
sweep(sys.argv[1], sys.argv[2], resume=Path(sys.argv[2], "sweep.json").exists())
"""


def test_kill_at_any_moment(done, tmp_path, short_chunks) -> None:
    """kill -9, twice, at whatever it is doing; then go on."""
    path, out = file(tmp_path), tmp_path / "runs"
    for wait in (0.0, 0.3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path), str(out)], env=ALONE)
        deadline = time.monotonic() + 60
        before = len(list(out.glob("results/*.parquet")))
        while (
            len(list(out.glob("results/*.parquet"))) <= before
            and process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    store = sweep(path, out, resume=True)
    assert store.status() == {"done": 6}
    assert store.frame().equals(done.frame())


CLUSTER = """
import sys, time, threading
from distributed import LocalCluster
from expatsim.sweeps import execute, sweep
if __name__ == "__main__":
    execute.CHUNK = 1
    cluster = LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    )
    victims = list(cluster.workers.values())
    killed = []
    def after(n):
        if not killed and n and after.seen >= 1:
            killed.append(victims[0].pid)
            import os, signal
            os.kill(victims[0].pid, signal.SIGKILL)
        after.seen += bool(n)
    after.seen = 0
    store = sweep(sys.argv[1], sys.argv[2], scheduler=cluster.scheduler_address, progress=after)
    print("killed", len(killed), store.status())
    cluster.close()
"""


def test_a_cluster_that_loses_a_worker(done, tmp_path) -> None:
    """Two workers on this machine, one killed: every run arrives once, with the same bits."""
    program = tmp_path / "cluster.py"
    program.write_text(CLUSTER)
    ran = subprocess.run(
        [sys.executable, str(program), str(file(tmp_path)), str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        env=ALONE,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "killed 1 {'done': 6}" in ran.stdout
    assert open_runs(tmp_path / "runs").frame().equals(done.frame())


def test_several_processes_give_the_same_runs(done, tmp_path, short_chunks) -> None:
    store = sweep(file(tmp_path), tmp_path / "runs", processes=2)
    assert store.status() == {"done": 6}
    assert store.frame().equals(done.frame())


def test_no_scheduler_no_store(tmp_path, monkeypatch) -> None:
    """Nothing is begun if nobody is there to do it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="needs Dask: pip install"):
        sweep(file(tmp_path), tmp_path / "runs", scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "runs").exists()
