"""Executors: jobs are done on this machine, or on the workers of a Dask cluster. The same bits.

Sweeps, comparisons and calibrations all hand their jobs to what :func:`open_executor` gives.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from expatsim.errors import InputError

if TYPE_CHECKING:
    from distributed import Client, Future

#: Told what draws are of (a scenario, a question) and how many more are done.
Progress = Callable[[str, int], None]
J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 5  # seconds before somebody who waits for workers is told so
AHEAD = 2  # jobs in flight for every thread of the workers: none waits, and memory is bounded


class Executor(Protocol):
    """Does jobs."""

    def map_unordered(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        on_lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]:
        """Yield the number of each job and its result, in order of completion.

        Parameters
        ----------
        work : callable
            Takes a job; gives its result.
        jobs : iterable
            Drawn as they are handed out.
        on_lost : callable, optional
            Takes a job that ended every worker that tried it, and why; gives a result instead.
            Without it, that is an error.
        """


class Local:
    """Does jobs on this machine, one after the other; see :class:`Executor`."""

    def map_unordered(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        on_lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]:
        """Yield number and result of each job, in their order."""
        for number, job in enumerate(jobs):
            yield number, work(job)


LOCAL = Local()


class Cluster:
    """Does jobs on the workers of a Dask cluster; see :class:`Executor`.

    A worker that dies loses its job, which another gets.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def map_unordered(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        on_lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]:
        """Yield number and result of each job, in order of completion.

        Raises
        ------
        InputError
            If a job ended its workers, and nothing says what comes of it.
        """
        from distributed import KilledWorker, as_completed

        client = self._client
        numbered = enumerate(jobs)
        in_flight: dict[str, tuple[int, J]] = {}
        waiting: Any = as_completed()

        def hand_out() -> None:
            """As many as keep all workers busy; workers may come and go."""
            wanted = AHEAD * max(1, sum(client.nthreads().values())) - len(in_flight)
            for number, job in islice(numbered, max(0, wanted)):
                future: Future = client.submit(work, job, pure=False)
                in_flight[future.key] = (number, job)
                waiting.add(future)

        hand_out()
        if in_flight:
            _wait(client)
        for future in waiting:
            number, job = in_flight.pop(future.key)
            hand_out()
            try:
                result = future.result()
            except KilledWorker as error:
                reason = f"a job ended every worker that tried it (out of memory?): {error}"
                if on_lost is None:
                    raise InputError(reason) from error
                result = on_lost(job, reason)
            yield number, result


@contextmanager
def open_executor(scheduler: str | None = None) -> Iterator[Executor]:
    """Give an executor: this machine, or a Dask cluster, whose connection is closed at the end.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://HOST:8786``. By default jobs are done here.

    Yields
    ------
    Executor

    Raises
    ------
    InputError
        If nobody answers at the address, or Dask is not installed.
    """
    if scheduler is None:
        yield LOCAL
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler: needs Dask: pip install 'expatsim[cluster]'") from error
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"--scheduler: no Dask scheduler at {scheduler} ({error})") from error
    with client:
        yield Cluster(client)


def _wait(client: Client) -> None:
    """Say once that there are no workers, if there are none for some time."""
    from distributed import TimeoutError as TooLong

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TooLong:
        address = client.scheduler.address if client.scheduler else "the scheduler"
        print(
            f"no workers at {address} yet; waiting (start some with: dask worker {address})",
            file=sys.stderr,
        )
