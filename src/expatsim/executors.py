"""Executors: they run jobs here, in several processes, or on a Dask cluster. The same bits.

Sweeps, comparisons and calibrations all hand their jobs to the executor of :func:`open_executor`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from multiprocessing import util
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from expatsim import files
from expatsim.errors import InputError
from expatsim.processor import kind_of_processor

if TYPE_CHECKING:
    from distributed import Client

#: Called with a name (of a scenario, a question) and the number of draws done since the last call.
Progress = Callable[[str, int], None]
J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 5  # seconds without any worker before a message says so
AHEAD = 2  # jobs in flight for each worker: none waits, and memory is bounded

WORTH_PROCESSES = 30.0  # seconds on one core; a process needs some to begin
_MAY_START: ContextVar[bool] = ContextVar("may_start", default=False)


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def may_start_processes() -> Iterator[None]:
    """Return a context in which questions may start processes without being asked.

    Commands run in it. A script need not, since each process begins by running the script: it
    enters the context under ``if __name__ == "__main__":``.
    """
    token = _MAY_START.set(True)
    try:
        yield
    finally:
        _MAY_START.reset(token)


def may_start() -> bool:
    """Return whether questions may start processes here, see :func:`may_start_processes`."""
    return _MAY_START.get()


def processes_for(seconds: float) -> int:
    """Return the number of processes that are worth their start; one where they would share a GPU.

    Parameters
    ----------
    seconds : float
        Seconds that the work takes on one core, about.
    """
    if seconds < WORTH_PROCESSES:
        return 1
    return cores() if kind_of_processor() == "cpu" else 1


class Executor(Protocol):
    """Runs jobs: this process, several, or a cluster."""

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
    """Executor in this process: one job after the other."""

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


class Processes:
    """Executor in several processes on this machine, for jobs that keep the lock of Python busy.

    Parameters
    ----------
    pool : concurrent.futures.ProcessPoolExecutor
        The processes, which the caller ends.
    number : int
        Number of processes.
    """

    def __init__(self, pool: ProcessPoolExecutor, number: int) -> None:
        self._pool = pool
        self.number = number

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
            If a process was ended from outside, as by the system when memory runs out.
        """
        numbered = enumerate(jobs)
        in_flight: dict[Future[R], int] = {}
        try:
            while True:
                free = AHEAD * self.number - len(in_flight)
                for number, job in islice(numbered, free):
                    in_flight[self._pool.submit(work, job)] = number
                if not in_flight:
                    return
                done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
                for future in done:
                    yield in_flight.pop(future), future.result()
        except BrokenProcessPool as error:
            raise InputError(
                f"a process of this calculation was ended (out of memory?): {error}"
            ) from error


def _forget() -> None:
    """Give back what a pool holds of the system, when a signal ends this process at once."""
    util._run_finalizers(0)  # type: ignore[attr-defined]  # otherwise Python tells of semaphores that were left behind


def _begin_process() -> None:
    """Leave Ctrl-C to the process that asked, and end when it ends, however that may be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


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
        waiting: Any = as_completed(loop=client.loop)

        def hand_out() -> None:
            """Submit as many jobs as keep all workers busy; workers may come and go."""
            wanted = AHEAD * max(1, sum(client.nthreads().values())) - len(in_flight)
            for number, job in islice(numbered, max(0, wanted)):
                future = client.submit(work, job, pure=False)
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
def open_executor(scheduler: str | None = None, processes: int = 1) -> Iterator[Executor]:
    """Return a context with an executor: this process, several, or a Dask cluster.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://HOST:8786``. By default jobs are done here.
    processes : int
        Processes on this machine that do the jobs, where there is no scheduler; with one, this
        process does them. A script that asks for more must be importable (``if __name__ ==
        "__main__"``), since each of them begins by importing it.

    Yields
    ------
    Executor
        Runs jobs until the block ends.

    Raises
    ------
    InputError
        If nobody answers at the address, or Dask is not installed.
    """
    if scheduler is None and processes > 1:
        # not forked: threads of JAX would not come along, and what they hold would stay locked
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, context, _begin_process) as pool:
            files.undo.append(_forget)
            try:
                yield Processes(pool, processes)
            finally:
                files.undo.remove(_forget)
                pool.shutdown(wait=False, cancel_futures=True)
        return
    if scheduler is None:
        yield LOCAL
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler: needs Dask: pip install 'expatsim[cluster]'") from error
    try:
        # not as default: writers of files would take their locks from it
        client = Client(scheduler, timeout=10, set_as_default=False)
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
