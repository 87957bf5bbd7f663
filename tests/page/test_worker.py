"""Of each session only the newest job waits."""

from __future__ import annotations

import threading

import pytest

from expatsim.page.worker import Superseded, Worker


@pytest.fixture
def busy():
    """A worker that is busy until its event is set."""
    worker, go_on = Worker(), threading.Event()
    worker.start()
    started = threading.Event()

    def block(_) -> None:
        started.set()
        go_on.wait(20)

    worker.ask("other", block)
    assert started.wait(20)
    yield worker, go_on
    go_on.set()


def test_older_jobs_are_dropped(busy) -> None:
    worker, go_on = busy
    done: list[int] = []
    for k in range(1000):
        worker.ask("mine", lambda _, k=k: done.append(k))
        assert worker.waiting == 1
    worker.ask("yours", lambda _: done.append(-1))
    last = worker.errand(lambda _: "done")
    go_on.set()
    assert last.result(20) == "done"
    assert done == [999, -1]


def test_errors_leave_it_working(busy, capsys) -> None:
    worker, go_on = busy

    def fail(_) -> None:
        raise ValueError("on purpose")

    def leave(_) -> None:
        raise Superseded

    worker.ask("a", fail)
    worker.ask("b", leave)
    failing = worker.errand(fail)
    last = worker.errand(lambda _: 7)
    go_on.set()
    with pytest.raises(ValueError, match="on purpose"):
        failing.result(20)
    assert last.result(20) == 7
    assert "on purpose" in capsys.readouterr().err
