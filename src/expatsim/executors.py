"""Where jobs are done: on this machine, or on the workers of a Dask cluster. The same bits.

Sweeps, comparisons and calibrations all hand their jobs to :func:`machines`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from expatsim.errors import InputError

if TYPE_CHECKING:
    from distributed import Client, Future

J = TypeVar("J")
R = TypeVar("R")
PATIENCE = 5  # seconds before somebody who waits for workers is told so
AHEAD = 2  # jobs handed out for every thread of the workers: none waits, and memory is bounded


class Each(Protocol):
    """Do jobs; yield the number of each and what came of it, as they get done.

    ``jobs`` are drawn as they are handed out. ``lost`` says what comes of a job that kills its
    workers; without it that is an error.
    """

    def __call__(
        self,
        work: Callable[[J], R],
        jobs: Iterable[J],
        lost: Callable[[J, str], R] | None = None,
    ) -> Iterator[tuple[int, R]]: ...


def here(
    work: Callable[[J], R], jobs: Iterable[J], lost: Callable[[J, str], R] | None = None
) -> Iterator[tuple[int, R]]:
    """Do jobs on this machine, one after the other; see :class:`Each`."""
    for number, job in enumerate(jobs):
        yield number, work(job)


@contextmanager
def machines(scheduler: str | None = None) -> Iterator[Each]:
    """Get what does jobs.

    Parameters
    ----------
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://HOST:8786``. A worker that dies loses its job,
        which another gets. By default jobs are done here.

    Yields
    ------
    Each

    Raises
    ------
    InputError
        If nobody answers at the address, or Dask is not installed.
    """
    if scheduler is None:
        yield here
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
        yield partial(_there, client)


def _there(
    client: Client,
    work: Callable[[J], R],
    jobs: Iterable[J],
    lost: Callable[[J, str], R] | None = None,
) -> Iterator[tuple[int, R]]:
    from distributed import KilledWorker, as_completed

    numbered = enumerate(jobs)
    out: dict[str, tuple[int, J]] = {}
    waiting: Any = as_completed()

    def hand_out() -> None:
        """As many as keep all workers busy; workers may come and go."""
        wanted = AHEAD * max(1, sum(client.nthreads().values())) - len(out)
        for number, job in islice(numbered, max(0, wanted)):
            future: Future = client.submit(work, job, pure=False)
            out[future.key] = (number, job)
            waiting.add(future)

    hand_out()
    if out:
        _wait(client)
    for future in waiting:
        number, job = out.pop(future.key)
        hand_out()
        try:
            done = future.result()
        except KilledWorker as error:
            what = f"a job ended every worker that tried it (out of memory?): {error}"
            if lost is None:
                raise InputError(what) from error
            done = lost(job, what)
        yield number, done


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
