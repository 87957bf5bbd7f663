"""Executors: they run jobs on this machine, or on the workers of a Dask cluster. The same bits.

Sweeps, comparisons and calibrations all hand their jobs to the executor of :func:`open_executor`.
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

#: Called with a name (of a scenario, a question) and the number of draws done since the last call.
Progress = Callable[[str, int], None]
J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 5  # seconds without any worker before a message says so
AHEAD = 2  # jobs in flight for each worker thread: no thread waits, and memory is bounded


class Executor(Protocol):
    """Runs jobs: this machine, or a cluster."""

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
            Takes a job, returns its result.
        jobs : iterable
            The jobs; each is only made when it can be handed out.
        on_lost : callable, optional
            Takes a job that ended every worker that tried it, and the reason; returns a result
            instead. Without it, such a job is an error.
        """


class Local:
    """Executor on this machine: one job after the other."""

    def map_unordered(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        on_lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]:
        """Yield number and result of each job, in the order of the jobs; see :class:`Executor`."""
        for number, job in enumerate(jobs):
            yield number, work(job)


LOCAL = Local()


class Cluster:
    """Executor on the workers of a Dask cluster.

    The job of a worker that dies goes to another one.

    Parameters
    ----------
    client : distributed.Client
        Connection to the scheduler, which the caller closes.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def map_unordered(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        on_lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]:
        """Yield number and result of each job, in order of completion; see :class:`Executor`.

        Raises
        ------
        InputError
            If a job ended every worker that tried it, and there is no ``on_lost``.
        """
        from distributed import KilledWorker, as_completed

        client = self._client
        numbered = enumerate(jobs)
        in_flight: dict[str, tuple[int, J]] = {}
        waiting: Any = as_completed()

        def hand_out() -> None:
            """Submit as many jobs as keep all workers busy; workers may come and go."""
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
    """Return a context with an executor: this machine, or a Dask cluster until the block ends.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://HOST:8786``. By default jobs are done here.

    Yields
    ------
    Executor
        Runs jobs until the block ends.

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
    """Print one line if there are no workers for some seconds."""
    from distributed import TimeoutError as TooLong

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TooLong:
        address = client.scheduler.address if client.scheduler else "the scheduler"
        print(
            f"no workers at {address} yet; waiting (start some with: dask worker {address})",
            file=sys.stderr,
        )
