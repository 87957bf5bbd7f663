"""Runs of a sweep are what a scenario gives; failures are kept apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.sweeps import execute, load_sweep, open_runs, sweep
from expatsim.sweeps.design import design
from expatsim.sweeps.sensitivity import indices
from sweep_files import file


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


def test_a_lost_chunk_is_kept_as_failed(done, tmp_path, short_chunks, monkeypatch) -> None:
    """The first chunk ends its workers: others are kept, and it is done again on resuming."""
    path = file(tmp_path)
    real = execute.run_job

    def work(job, threads):
        return execute.all_failed(job, "out of memory") if job.chunk == 0 else real(job, threads)

    monkeypatch.setattr(execute, "run_job", work)
    store = sweep(path, tmp_path / "runs")
    assert store.status() == {"done": 4, "failed": 2}
    assert store.failures()["error"].tolist() == ["out of memory"] * 2
    assert store.frame().equals(done.frame().iloc[2:])
    monkeypatch.undo()
    monkeypatch.setattr(execute, "CHUNK", 2)
    assert sweep(path, store.folder, resume=True).frame().equals(done.frame())
