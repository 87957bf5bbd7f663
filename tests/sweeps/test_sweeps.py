"""Sweeps: designs, indices with known answers, a store that survives, workers that die."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.model.parameters import registry
from expatsim.sweeps import Store, execute, load_sweep, open_runs, sweep
from expatsim.sweeps.design import design
from expatsim.sweeps.discover import discover
from expatsim.sweeps.estimate import estimate
from expatsim.sweeps.files import alone
from expatsim.sweeps.sensitivity import final, indices
from expatsim.sweeps.settings import json_schema
from helpers import ROOT
from sweep_files import file


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("sweep")
    return sweep(file(folder), folder / "runs")


@pytest.fixture
def short_chunks(monkeypatch) -> None:
    monkeypatch.setattr(execute, "CHUNK", 2)


@pytest.mark.parametrize(
    ("kind", "samples", "settings"),
    [
        ("sobol", 8, 40),
        ("morris", 5, 20),
        ("latin", 7, 7),
        ("grid", 3, 27),
        ("one_at_a_time", 2, 7),
    ],
)
def test_designs(kind: str, samples: int, settings: int, tmp_path) -> None:
    chosen = load_sweep(file(tmp_path, kind, samples, "replicates: 2\n"))
    runs = design(chosen)
    assert len(runs) == 2 * settings == estimate(chosen).runs
    assert runs["setting"].nunique() == settings
    assert set(runs["replicate"]) == {0, 1}  # common luck
    assert runs["english_information"].between(0.3, 1.0).all()
    for name in ("wish_welcome", "leave_choice"):
        p = registry()[name]
        assert runs[name].between(p.low, p.high).all()
        assert runs[name].nunique() > 1
    assert runs.equals(design(chosen))
    text = "replicates: 2\nluck: independent\n"
    if kind == "one_at_a_time":
        with pytest.raises(InputError, match=r"small.yaml:\d+: luck: independent would make"):
            load_sweep(file(tmp_path, kind, samples, text))
        return
    # rows that an index compares have the same luck; all others have their own
    own = design(load_sweep(file(tmp_path, kind, samples, text)))
    block = own["setting"] // {"sobol": 5, "morris": 4}.get(kind, 1)
    assert own["replicate"].equals(2 * block + own.index % 2)


def test_runs_are_what_a_scenario_gives(done) -> None:
    """A run has the outcomes of a scenario with the same parameters and levels."""
    from expatsim.findings.outcomes import values
    from expatsim.runs.batches import simulate
    from expatsim.runs.prepare import Replicates
    from expatsim.sweeps.design import centre

    chosen = load_sweep(done.folder.parent / "small.yaml")
    row = done.frame().loc[3]
    policy = {
        **chosen.scenario.policy,
        "english_information": np.full(36, row["english_information"]),
    }
    given = {**centre(chosen), **{k: row[k] for k in ("wish_welcome", "leave_choice")}}
    zero = np.zeros(1, int)
    replicates = Replicates(zero, zero, zero, {}, {k: np.array([v]) for k, v in given.items()})
    found = values(
        simulate(dataclasses.replace(chosen.scenario, policy=policy), replicates=replicates)
    )
    assert float(found["welcome"][0]) == row["welcome"]
    assert float(found["people"][0]) == row["people"]


def test_frames_and_xarray(done) -> None:
    frame, data = done.frame(), done.to_xarray()
    assert len(frame) == 6
    assert {"wish_welcome", "english_information", "newcomers_1"} <= set(frame.columns)
    assert data["welcome"].shape == (6, 1)
    assert float(data["welcome"][2, 0]) == frame["welcome"].iloc[2]
    catalogue = done.catalogue()
    assert (catalogue["status"] == "done").all()
    assert (catalogue["seed"] == done.settings["sweep"]["seed"]).all()
    assert (catalogue["code"] == done.settings["code"]).all()
    assert catalogue["seconds"].sum() == pytest.approx(done.seconds())
    assert catalogue["replicate"].equals(frame["replicate"])
    # the catalogue and the files are plain SQLite and Parquet
    with sqlite3.connect(done.folder / "catalogue.sqlite") as catalogue:
        assert (
            catalogue.execute("SELECT count(*) FROM runs WHERE status = 'done'").fetchone()[0] == 6
        )
    assert len(pd.read_parquet(done.folder / "results")) == 6


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


def test_failed_runs_are_kept_apart(tmp_path, monkeypatch) -> None:
    """One run fails: the others are done, and the store says what failed with which inputs."""
    path = file(tmp_path)
    bad = design(load_sweep(path)).loc[4, "wish_welcome"]
    real = execute._outcomes

    def broken(job, threads):
        if (job.runs["wish_welcome"] == bad).any():
            raise ValueError("no such world")
        return real(job, threads)

    monkeypatch.setattr(execute, "_outcomes", broken)
    place = tmp_path / "my runs"
    done = CliRunner().invoke(app, ["sweep", str(path), "--out", str(place)])
    assert done.exit_code == 1
    assert f"1 runs failed; see: expatsim runs show '{place}'" in done.output
    store = open_runs(place)
    assert store.status() == {"done": 5, "failed": 1}
    failed = store.failures()
    assert failed.index.tolist() == [4]
    assert failed.loc[4, "error"] == "ValueError: no such world"
    assert failed.loc[4, "wish_welcome"] == bad
    with pytest.raises(InputError, match="1 of 6 runs are missing or failed"):
        indices(store)
    monkeypatch.undo()
    assert sweep(path, store.folder, resume=True).status() == {"done": 6}


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


def test_a_lost_chunk_is_kept_as_failed(done, tmp_path, short_chunks, monkeypatch) -> None:
    """The first chunk ends its workers: others are kept, and it is done again on resuming."""
    path = file(tmp_path)
    real = execute.work

    def work(job, threads):
        return execute.lost(job, "out of memory") if job.chunk == 0 else real(job, threads)

    monkeypatch.setattr(execute, "work", work)
    store = sweep(path, tmp_path / "runs")
    assert store.status() == {"done": 4, "failed": 2}
    assert store.failures()["error"].tolist() == ["out of memory"] * 2
    assert store.frame().equals(done.frame().iloc[2:])
    monkeypatch.undo()
    monkeypatch.setattr(execute, "CHUNK", 2)
    assert sweep(path, store.folder, resume=True).frame().equals(done.frame())


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
    with alone(store.folder):
        with sqlite3.connect(store.folder / "catalogue.sqlite") as catalogue:
            catalogue.execute("UPDATE runs SET status = 'pending' WHERE chunk = 1")
        next(iter(store.handing_out([job])))
        assert store.status() == {"done": 4, "running": 2}
    assert store.status() == {"done": 4, "pending": 2}
    assert store.missing() == [1]


def test_two_processes_on_one_store(done) -> None:
    path = done.folder.parent / "small.yaml"
    with alone(done.folder), pytest.raises(InputError, match="another process"):
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
            with pytest.raises(InputError, match="cannot be written: Permission denied"):
                sweep(path, place / "other")
            with pytest.raises(InputError, match="cannot be written: Permission denied"):
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
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path), str(out)])
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
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
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
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "killed 1 {'done': 6}" in ran.stdout
    assert open_runs(tmp_path / "runs").frame().equals(done.frame())


def test_no_scheduler_no_store(tmp_path, monkeypatch) -> None:
    """Nothing is begun if nobody is there to do it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="needs Dask: pip install"):
        sweep(file(tmp_path), tmp_path / "runs", scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "runs").exists()


def made_up(tmp_path, kind: str, samples: int, function) -> Store:
    """A store whose outcomes are a known function of the inputs, nothing simulated."""
    from expatsim.sweeps.execute import CHUNK, Done
    from expatsim.sweeps.run import settings_of

    chosen = load_sweep(file(tmp_path, kind, samples))
    runs = design(chosen)
    store = Store.create(tmp_path / "made-up", settings_of(chosen, runs), runs)
    ranks = runs[list(chosen.inputs)].rank(pct=True)
    y = function(ranks).to_numpy()
    for k, start in enumerate(range(0, len(runs), CHUNK)):
        part = runs.iloc[start : start + CHUNK]
        results = pd.DataFrame(dict.fromkeys(chosen.outcomes, y[start : start + CHUNK]), part.index)
        store.keep(Done(k, results, {}, 0.1))
    return store


def by_input(store: Store, index: str) -> pd.Series:
    table = final(indices(store, ["welcome"]))
    return table[table["index"] == index].set_index("input")["value"]


def test_sobol_knows_a_linear_answer(tmp_path) -> None:
    """y = 2a + b of even inputs: four fifths and one fifth, and nothing for the third."""
    store = made_up(
        tmp_path, "sobol", 512, lambda x: 2 * x["wish_welcome"] + x["english_information"]
    )
    for index in ("S1", "ST"):
        found = by_input(store, index)
        assert found["wish_welcome"] == pytest.approx(0.8, abs=0.05)
        assert found["english_information"] == pytest.approx(0.2, abs=0.05)
        assert found["leave_choice"] == pytest.approx(0, abs=0.02)
    table = indices(store, ["welcome"])
    assert sorted(table["samples"].unique()) == [128, 256, 512]
    assert (final(table)["low"] <= final(table)["value"]).all()
    assert indices(store, ["welcome"]).equals(table)  # intervals too


def test_morris_tells_strong_from_bent(tmp_path) -> None:
    store = made_up(
        tmp_path, "morris", 40, lambda x: 3 * x["wish_welcome"] + 4 * (x["leave_choice"] - 0.5) ** 2
    )
    strong, spread = by_input(store, "mu_star"), by_input(store, "sigma")
    assert strong["english_information"] == pytest.approx(0, abs=1e-9)
    assert spread["leave_choice"] > 5 * spread["wish_welcome"]
    assert strong["wish_welcome"] > 1


def test_delta_and_pawn_see_the_input_that_matters(tmp_path) -> None:
    store = made_up(tmp_path, "latin", 400, lambda x: x["leave_choice"])
    for index in ("delta", "pawn"):
        found = by_input(store, index)
        assert found.idxmax() == "leave_choice"
        assert found["leave_choice"] > 3 * found.drop("leave_choice").max()


def test_grid_and_one_at_a_time(tmp_path) -> None:
    (tmp_path / "g").mkdir()
    grid = made_up(tmp_path / "g", "grid", 3, lambda x: x["leave_choice"])
    assert by_input(grid, "main")["leave_choice"] == pytest.approx(1)
    (tmp_path / "o").mkdir()
    single = made_up(tmp_path / "o", "one_at_a_time", 2, lambda x: x["leave_choice"])
    swings = by_input(single, "swing")
    assert swings["leave_choice"] > 0
    assert swings.drop("leave_choice").abs().max() < 0.5 * swings["leave_choice"]


def test_discovery_finds_a_known_box(tmp_path) -> None:
    store = made_up(
        tmp_path,
        "latin",
        600,
        lambda x: 1 - ((x["leave_choice"] > 0.6) & (x["english_information"] < 0.5)).astype(float),
    )
    first = discover(store, "welcome", 0.5).iloc[0]
    assert first["density"] > 0.98
    assert first["coverage"] > 0.95
    assert "leave_choice above" in first["conditions"]
    assert "english_information up to" in first["conditions"]
    assert set(first["bounds"]) == {"leave_choice", "english_information"}
    low, high = first["bounds"]["leave_choice"]
    assert store.frame()["leave_choice"].rank(pct=True)[
        store.frame()["leave_choice"] > low
    ].min() == pytest.approx(0.6, abs=0.02)
    assert high == np.inf
    with pytest.raises(InputError, match="no run is below"):
        discover(store, "welcome", -1.0)


def test_mistakes_are_named_with_their_lines(tmp_path) -> None:
    path = file(
        tmp_path,
        "sobol",
        6,
        **{"wish_welcome": "wish_wellcome", "0.3, 1.0": "0.3, 7", "newcomers_1": "newcomers_5"},
    )
    with pytest.raises(InputError) as error:
        load_sweep(path)
    said = "\n".join(error.value.problems)
    assert "small.yaml:6: vary: no parameter 'wish_wellcome'; did you mean 'wish_welcome'?" in said
    assert "levers.english_information: 0.3 to 7 is out of range" in said
    assert "small.yaml:13: outcomes: no outcome 'newcomers_5'" in said
    assert "samples: 6 is not a power of two (sobol)" in said
    path.write_text("title: x\nscenario: nowhere\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"scenario: .*no such file"):
        load_sweep(path)
    huge = file(tmp_path, "grid", 2000)
    with pytest.raises(InputError, match="8,000,000,000 runs in all"):
        load_sweep(huge)


def test_command_line(tmp_path) -> None:
    runner = CliRunner()
    path, out = file(tmp_path, "sobol", 4), tmp_path / "runs"
    ran = runner.invoke(app, ["sweep", str(path), "--out", str(out), "--workers", "2"])
    assert ran.exit_code == 0, ran.output
    assert "20 done" in ran.output
    seen = runner.invoke(app, ["sensitivity", str(out), "--outcome", "welcome"])
    assert seen.exit_code == 0, seen.output
    assert (out / "sensitivity.html").exists()
    assert (out / "indices.csv").exists()
    assert "A small sweep" in runner.invoke(app, ["runs", "list", str(tmp_path)]).output
    assert "lever: english_information" in runner.invoke(app, ["runs", "show", str(out)]).output
    for ending in ("csv", "parquet", "nc"):
        target = tmp_path / f"runs.{ending}"
        assert runner.invoke(app, ["runs", "export", str(out), str(target)]).exit_code == 0
        assert target.stat().st_size > 500


def test_page_is_accessible(tmp_path) -> None:
    import html5lib

    from expatsim.sweeps.page import write_page

    store = made_up(tmp_path, "morris", 8, lambda x: x["wish_welcome"])
    page = write_page(store, indices(store, ["welcome"]), ["welcome"], 0.5)
    tree = html5lib.HTMLParser(strict=True).parse(page.read_text(encoding="utf-8"))
    h = "{http://www.w3.org/1999/xhtml}"
    assert all(len(i.get("alt")) > 30 for i in tree.iter(f"{h}img"))
    assert not list(tree.iter(f"{h}script"))
    assert len(list(tree.iter(f"{h}h1"))) == 1


def test_shipped_sweeps_and_their_schema() -> None:
    for path in (ROOT / "sweeps").glob("*.yaml"):
        assert load_sweep(path).inputs
    schema = json.loads((ROOT / "sweeps" / "sweep.schema.json").read_text(encoding="utf-8"))
    assert schema == json_schema()
