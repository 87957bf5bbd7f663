"""A store of runs never shows a number that was not written: flipped, swapped, cut or gone."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.sweeps import Store, catalogue, execute, load_sweep, open_runs, sweep
from expatsim.sweeps.design import design
from expatsim.sweeps.export import export
from expatsim.sweeps.files import CATALOGUE
from expatsim.sweeps.run import settings_of
from helpers import ALONE
from sweep_files import file

FILES = ("sweep.json", "design.parquet", "catalogue.sqlite", "results/000001.parquet")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Store:
    """A store of made-up outcomes, three chunks, one run failed."""
    folder = tmp_path_factory.mktemp("store")
    chosen = load_sweep(file(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "CHUNK", 2)
        runs = design(chosen)
        store = Store.create(folder / "runs", settings_of(chosen, runs), runs)
    numbers = np.random.default_rng(1)
    for k in range(3):
        index = runs.index[2 * k : 2 * k + 2]
        results = pd.DataFrame(numbers.random((2, 3)), index, chosen.outcomes)
        failed = {int(index[1]): "ValueError: no such world"} if k == 2 else {}
        store.keep(execute.ChunkResult(k, results.drop(list(failed)), failed, 0.25))
    return store


def everything(store: Store) -> list[object]:
    """All that a store says."""
    return [
        store.settings,
        store.frame(),
        store.catalogue(),
        store.failures(),
        store.status(),
        store.seconds(),
    ]


@pytest.fixture(scope="module")
def whole(made: Store) -> list[object]:
    return everything(made)


def same(one: list[object], other: list[object]) -> bool:
    return all(
        a.equals(b) if isinstance(a, pd.DataFrame) else a == b
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", FILES)
@given(at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), cut=st.booleans())
def test_a_flipped_byte_is_told(
    made: Store, whole: list[object], name: str, at: float, flip: int, cut: bool
) -> None:
    """What is shown is what was written, or nothing is."""
    place = made.folder.parent / "other"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made.folder, place)
    content = bytearray((place / name).read_bytes())
    position = int(at * len(content))
    if cut:
        del content[position:]
    else:
        content[position] ^= flip
    (place / name).write_bytes(bytes(content))
    problems = []
    try:
        after = everything(open_runs(place))
    except InputError as error:
        problems = error.problems
    assert bool(problems) or same(after, whole)
    assert all(str(place) in line and "\n" not in line for line in problems)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_or_of_another_is_told(made: Store, name: str, tmp_path) -> None:
    place = tmp_path / "runs"
    shutil.copytree(made.folder, place)
    (place / name).unlink()
    with pytest.raises(InputError, match=r"gone|no sweep.json"):
        everything(open_runs(place))
    other = Store.create(
        tmp_path / "other", {**made.settings, "name": "other"}, made.inputs().iloc[::-1]
    )
    for k in range(3):
        runs = made.inputs().index[2 * k : 2 * k + 2]
        other.keep(
            execute.ChunkResult(k, pd.DataFrame(0.5, runs, made.settings["outcomes"]), {}, 1.0)
        )
    shutil.copy(other.folder / name, place / name)
    with pytest.raises(InputError, match="damaged"):
        everything(open_runs(place))


@pytest.mark.parametrize("command", ["show", "list", "export", "sensitivity"])
def test_commands_tell_of_swapped_files(made: Store, command: str, tmp_path) -> None:
    place = tmp_path / "runs"
    shutil.copytree(made.folder, place)
    shutil.copy(place / "results" / "000000.parquet", place / "results" / "000001.parquet")
    arguments = {
        "show": ["runs", "show", str(place)],
        "list": ["runs", "list", str(tmp_path)],
        "export": ["runs", "export", str(place), str(tmp_path / "all.csv")],
        "sensitivity": ["sensitivity", str(place)],
    }[command]
    ran = CliRunner().invoke(app, arguments)
    assert isinstance(ran.exception, InputError)
    assert "000001.parquet: is damaged" in str(ran.exception)
    assert not (tmp_path / "all.csv").exists()


def test_one_damaged_store_hides_no_other(made: Store, tmp_path) -> None:
    for name in ("a", "b", "c", "d"):
        shutil.copytree(made.folder, tmp_path / name)
    (tmp_path / "b" / "sweep.json").write_text("{")
    (tmp_path / "c" / "sweep.json").unlink()
    ran = CliRunner().invoke(app, ["runs", "list", str(tmp_path)])
    assert isinstance(ran.exception, InputError)
    assert len(ran.exception.problems) == 2
    for name in ("a", "d"):
        assert f"{tmp_path / name}: A small sweep" in ran.output
    for name in ("b", "c"):
        assert f"{tmp_path / name}: damaged" in ran.output


@pytest.mark.parametrize("lost", [("sweep.json",), ("sweep.json", "catalogue.sqlite")])
@pytest.mark.parametrize("gone", [True, False])
def test_settings_are_mended(made: Store, lost: tuple[str, ...], gone: bool, tmp_path) -> None:
    """The catalogue, or the seals of results, say whose they are."""
    place = tmp_path / "runs"
    shutil.copytree(made.folder, place)
    for name in lost:
        (place / name).unlink() if gone else (place / name).write_bytes(b"nonsense")
    chosen = load_sweep(made.folder.parent / "small.yaml")
    runs = design(chosen)
    settings = {**settings_of(chosen, runs), "chunk": 2}
    with pytest.raises(InputError):
        Store.resume(place, {**settings, "name": "another"}, runs)
    store = Store.resume(place, settings, runs)
    store.mend(runs)
    assert {p.name for p in store.damaged} == set(lost)
    assert store.frame().equals(made.frame())
    assert store.missing() == [2]


def test_a_damaged_chunk_is_not_taken_back(made: Store, tmp_path) -> None:
    """Without the catalogue a file of results counts only if its seal fits."""
    place = tmp_path / "runs"
    shutil.copytree(made.folder, place)
    (place / "catalogue.sqlite").unlink()
    results = place / "results"
    frame = pd.read_parquet(results / "000001.parquet")
    frame.loc[0, "welcome"] += 0.01
    frame.to_parquet(results / "000001.parquet", index=False)  # with its old seal
    shutil.copy(results / "000000.parquet", results / "000002.parquet")
    store = open_runs(place)
    store.mend(made.inputs())
    assert store.missing() == [1, 2]
    assert store.frame().equals(made.frame().loc[:1])


@pytest.mark.parametrize("left", [(), ("design.parquet",), ("design.parquet", "catalogue.sqlite")])
def test_a_store_that_was_hardly_begun(made: Store, left: tuple[str, ...], tmp_path) -> None:
    """Killed before there were settings: --resume begins it, and clears what is left."""
    place, path = tmp_path / "runs", made.folder.parent / "small.yaml"
    (place / "results").mkdir(parents=True)
    for name in left:
        (place / name).write_bytes((made.folder / name).read_bytes()[:500])
    hidden = [
        ".sweep.json.unfinished/sweep.json",
        "results/.000000.parquet.unfinished/lock",
        ".catalogue.sqlite.9-journal",
    ]
    for name in hidden:
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text("half")
    with pytest.raises(InputError, match="stopped as it began; give --resume"):
        sweep(path, place)
    assert sweep(path, place, resume=True).status() == {"done": 6}
    assert not list(place.rglob(".*"))


def test_files_of_others_are_left_alone(made: Store, tmp_path) -> None:
    path = made.folder.parent / "small.yaml"
    for name in ("notes.txt", "results/plan/result.nc"):
        place = tmp_path / name.partition(".")[0].replace("/", "-")
        own = place / name
        own.parent.mkdir(parents=True)
        own.write_text("mine")
        for resume in (True, False):
            with pytest.raises(InputError, match="holds other files"):
                sweep(path, place, resume=resume)
        assert [p for p in place.rglob("*") if p.is_file()] == [own]


@pytest.mark.parametrize("ending", ["csv", "parquet", "nc"])
def test_exports_are_whole(made: Store, ending: str, tmp_path) -> None:
    target = tmp_path / "not" / "there" / f"all.{ending}"
    assert export(made, target) == 5
    frame = made.frame()
    if ending == "csv":
        found = pd.read_csv(target, index_col="run")
    elif ending == "parquet":
        found = pd.read_parquet(target).set_index("run")
    else:
        with xr.open_dataset(target) as data:
            assert np.array_equal(data["welcome"].to_numpy()[:5, 0], frame["welcome"].to_numpy())
        found = frame
    assert found.equals(frame)
    with pytest.raises(InputError, match="exists; give another file"):
        export(made, target)
    assert [p.name for p in target.parent.iterdir()] == [target.name]


FULL = """
import resource, sys
from pathlib import Path
import typer.testing
from expatsim.cli import main
sys.argv = ["expatsim", "runs", "export", *sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
main()
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits here")
@pytest.mark.parametrize("ending", ["csv", "parquet", "nc"])
def test_a_full_disk_leaves_no_half_export(made: Store, ending: str, tmp_path) -> None:
    target = tmp_path / f"all.{ending}"
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(made.folder), str(target)],
        env=ALONE,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.strip() == f"{target}: cannot be written: File too large; nothing was written"
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written(made: Store, tmp_path) -> None:
    (tmp_path / "plain").write_text("a file")
    with pytest.raises(InputError, match="plain is a file, not a folder"):
        export(made, tmp_path / "plain" / "all.csv")
    with pytest.raises(InputError, match="the ending says what to write"):
        export(made, tmp_path / "all.xlsx")


def test_frames_and_xarray(done) -> None:
    frame, data = done.frame(), done.to_xarray()
    assert len(frame) == 6
    assert {"wish_welcome", "english_information", "newcomers_1"} <= set(frame.columns)
    assert data["welcome"].shape == (6, 1)
    assert float(data["welcome"][2, 0]) == frame["welcome"].iloc[2]
    assert data["english_information"].dims == ("setting",)
    assert set(data.data_vars) == set(done.settings["outcomes"])
    assert data["welcome"].attrs["long_name"] == "Feel welcome, at the end"
    assert data["leave_choice"].attrs["units"] == "probability per month"
    assert "6 done" in done._repr_html_()
    catalogue = done.catalogue()
    assert (catalogue["status"] == "done").all()
    assert (catalogue["seed"] == done.settings["sweep"]["seed"]).all()
    assert (catalogue["code"] == done.settings["code"]).all()
    assert catalogue["seconds"].sum() == pytest.approx(done.seconds())
    assert catalogue["replicate"].equals(frame["replicate"])
    # the catalogue and the files are plain SQLite and Parquet
    with closing(sqlite3.connect(done.folder / "catalogue.sqlite")) as catalogue:
        assert (
            catalogue.execute("SELECT count(*) FROM runs WHERE status = 'done'").fetchone()[0] == 6
        )
    assert len(pd.read_parquet(done.folder / "results")) == 6


def test_a_catalogue_is_read_as_it_was_at_one_moment(made, tmp_path, monkeypatch) -> None:
    """A sweep that goes on meanwhile is no damage."""
    store = Store(shutil.copytree(made.folder, tmp_path / "runs"))
    connect, before, tried = catalogue.connect, made.status(), []

    def write(statement: str) -> None:
        """Write to the catalogue between two reads of it."""
        if statement.startswith("SELECT chunk, file"):
            tried.append(statement)
            with closing(sqlite3.connect(store.folder / CATALOGUE, timeout=0)) as other, other:
                other.execute("UPDATE runs SET status = 'failed' WHERE run = 0")
                catalogue.sign_chunks(other, [0])

    @contextmanager
    def traced(path: Path) -> Iterator[sqlite3.Connection]:
        with connect(path) as connection:
            connection.set_trace_callback(write)
            yield connection
            connection.set_trace_callback(None)

    monkeypatch.setattr(catalogue, "connect", traced)
    assert store.status() == before
    assert len(tried) == 1
