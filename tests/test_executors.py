"""Jobs here or on a Dask cluster: the same bits, each job once, and what becomes of deadly ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import typer.testing
from distributed import Client, default_client

import expatsim as xs
from expatsim.calibration import likelihood, sampler
from expatsim.cli.commands import app
from expatsim.executors import LOCAL, cores, open_executor, processes_for
from expatsim.sweeps import execute
from helpers import QUICK, ROOT


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a scheduler with two workers on this machine."""
    import dask
    from distributed import LocalCluster

    # a job that ends one worker is given up at once, so that the test need not lose four
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster.scheduler_address


def slow_first(job: int) -> int:
    time.sleep(3 if job == 0 else 0)
    return job**2


def test_every_job_once_in_whatever_order(scheduler: str) -> None:
    assert list(LOCAL.map_unordered(slow_first, range(4))) == [(k, k**2) for k in range(4)]
    with open_executor(scheduler) as executor:
        done = list(executor.map_unordered(slow_first, range(40)))
    assert sorted(done) == [(k, k**2) for k in range(40)]
    assert done[0][0] != 0  # as they get done


def test_jobs_are_drawn_as_they_are_handed_out(scheduler: str) -> None:
    drawn = []

    def jobs() -> Iterator[int]:
        for k in range(100):
            drawn.append(k)
            yield k

    with open_executor(scheduler) as executor:
        for seen, _ in enumerate(executor.map_unordered(slow_first, jobs()), start=1):
            assert len(drawn) <= seen + 4  # two for every thread


def test_comparison(scheduler: str) -> None:
    names = ("rotterdam", "rotterdam-all-recommendations", "den-haag")
    some = [xs.load(ROOT / "scenarios" / f"{n}.yaml").resized(0.02, 24) for n in names]
    told: list[tuple[str, int]] = []
    there = xs.compare(
        some, draws=70, scheduler=scheduler, progress=lambda name, n: told.append((name, n))
    )
    assert there.dataset.identical(xs.compare(some, draws=70).dataset)
    for name in names:
        # and draws of the prior, to see what differences rest on
        assert sum(n for who, n in told if who == name) == 70 + 64


def rules_read() -> int:
    """Rules that this process has: each is a key of compiled loops."""
    from expatsim.scenario import rule_file

    return len(rule_file._known)


def test_a_rule_in_a_file(scheduler: str, tmp_path, monkeypatch) -> None:
    """Workers get its text, though the file is gone, and have one rule for all jobs."""
    file = tmp_path / "housing.py"
    file.write_bytes((ROOT / "notebooks" / "housing.py").read_bytes())
    scenario = xs.load("rotterdam", rules=[file]).resized(0.01, 12)
    file.unlink()
    table = pd.DataFrame({"housing_desk": np.linspace(0, 1, 8), "home_wish": 0.3})
    here = xs.evaluate(scenario, table, outcomes=["people", "wish"])
    monkeypatch.setattr(execute, "CHUNK", 1)  # eight jobs
    there = xs.evaluate(scenario, table, outcomes=["people", "wish"], scheduler=scheduler)
    pd.testing.assert_frame_equal(here, there)
    with Client(scheduler) as client:
        assert set(client.run(rules_read).values()) == {1}


def test_likelihood(scheduler: str) -> None:
    z = np.random.default_rng(3).standard_normal((19, len(likelihood.names())))
    size = {"rotterdam": 200, "den_haag": 200}
    one, _ = likelihood.simulate_scores(z, 5, size)
    with open_executor(scheduler) as executor:
        other, _ = likelihood.simulate_scores(z, 5, size, executor=executor)
    assert one.keys() == other.keys()
    for name, shares in one.items():
        assert np.array_equal(shares, other[name])


def test_calibration(scheduler: str, tmp_path) -> None:
    """A whole (tiny) calibration gives the same chains."""
    small = QUICK.model_copy(update={"walkers": 9, "rounds": 1})  # two batches in every step
    one = sampler.calibrate(small, tmp_path / "here")
    with open_executor(scheduler) as executor:
        other = sampler.calibrate(small, tmp_path / "there", executor=executor)
    assert np.array_equal(one.z, other.z)
    assert np.array_equal(one.log_likelihood, other.log_likelihood)


def test_a_cluster_is_nobody_elses_default(scheduler: str) -> None:
    """Writers of files, such as xarray, would ask it for their locks."""
    with open_executor(scheduler), pytest.raises(ValueError, match="No clients found"):
        default_client()


def deadly(job: int) -> int:
    if job == 4:  # the last: no other waits behind it, which would count as deadly too
        time.sleep(0.5)
        os._exit(1)
    return job


def test_a_job_that_ends_its_workers(scheduler: str) -> None:
    with open_executor(scheduler) as executor:
        done = dict(executor.map_unordered(deadly, range(5), lambda job, why: why))
        assert "ended every worker" in str(done.pop(4))
        assert done == {0: 0, 1: 1, 2: 2, 3: 3}
        with pytest.raises(xs.InputError, match="ended every worker"):
            list(executor.map_unordered(deadly, range(5)))


def ended(job: int) -> int:
    if job == 1:
        os._exit(1)
    return job


def with_process(job: int) -> tuple[int, int]:
    return job, os.getpid()


def test_processes(tmp_path) -> None:
    """Several processes give the same chains as one, and say so when one is ended from outside."""
    small = QUICK.model_copy(update={"walkers": 9, "rounds": 1, "steps": 50})
    one = sampler.calibrate(small, tmp_path / "here")
    with open_executor(processes=2) as executor:
        seen = dict(executor.map_unordered(with_process, range(30)))
        assert {k: job for k, (job, _) in seen.items()} == {k: k for k in range(30)}
        assert os.getpid() not in {who for _, who in seen.values()}
        other = sampler.calibrate(small, tmp_path / "there", executor=executor)
        assert np.array_equal(one.z, other.z)
        assert np.array_equal(one.log_likelihood, other.log_likelihood)
        with pytest.raises(xs.InputError, match="a process of this calculation was ended"):
            list(executor.map_unordered(ended, range(3)))


def test_processes_are_for_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes_for(20) == 1  # seconds
    assert processes_for(50_000) == cores()
    monkeypatch.setattr("expatsim.executors.kind_of_processor", lambda: "gpu")
    assert processes_for(50_000) == 1  # they cannot share it


def test_no_scheduler_there(tmp_path) -> None:
    scenario = str(ROOT / "scenarios" / "rotterdam.yaml")
    command = ["run", scenario, "--out", str(tmp_path / "x"), "--scheduler", "tcp://127.0.0.1:9"]
    done = typer.testing.CliRunner().invoke(app, command)
    assert isinstance(done.exception, xs.InputError)
    assert "no Dask scheduler at tcp://127.0.0.1:9" in str(done.exception)


def test_no_workers_is_said_once(monkeypatch, capsys) -> None:
    """A scheduler without workers: told after some seconds; with workers nothing is said."""
    from distributed import LocalCluster

    from expatsim.executors import _wait

    monkeypatch.setattr("expatsim.executors.PATIENCE", 0.2)
    settings = {"host": "127.0.0.1", "dashboard_address": ":0", "silence_logs": 50}
    for workers in (0, 1):
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, **settings) as cluster,
            Client(cluster) as client,
        ):
            _wait(client)
            said = capsys.readouterr().err
            assert said.count("no workers at") == 1 - workers
            assert workers or cluster.scheduler_address in said
