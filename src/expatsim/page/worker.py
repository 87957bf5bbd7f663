"""One thread that works: of each session only the newest plan waits; older ones are dropped."""

from __future__ import annotations

import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from expatsim.page.simulation import Simulator


class Superseded(Exception):  # noqa: N818 - it ends a simulation, and is no error
    """Nobody waits for this answer any more."""


Job = Callable[[Simulator], None]


class Worker(threading.Thread):
    """The thread that simulates; it ends with the process."""

    def __init__(self) -> None:
        super().__init__(daemon=True, name="simulations")
        self._waiting: OrderedDict[str, Job] = OrderedDict()
        self._errands: list[tuple[Callable[[Simulator], Any], Future[Any]]] = []
        self._wake = threading.Condition()
        self._simulator = Simulator()

    def ask(self, session: str, job: Job) -> None:
        """Have a job done for a session instead of the one that waits for it.

        Parameters
        ----------
        session : str
            Name of the session.
        job : callable
            Takes the simulator; raises :class:`Superseded` when nobody waits for it any more.
        """
        with self._wake:
            self._waiting.pop(session, None)
            self._waiting[session] = job
            self._wake.notify()

    def errand(self, work: Callable[[Simulator], Any]) -> Future[Any]:
        """Have something done once, after what is being worked on; return its future result.

        Parameters
        ----------
        work : callable
            Takes the simulator, returns the result.
        """
        future: Future[Any] = Future()
        with self._wake:
            self._errands.append((work, future))
            self._wake.notify()
        return future

    @property
    def waiting(self) -> int:
        """Number of jobs that wait: at most one for each session."""
        with self._wake:
            return len(self._waiting)

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._errands)
                job = self._waiting.popitem(last=False)[1] if self._waiting else None
                errand = self._errands.pop(0) if job is None else None
            if errand is not None:
                work, future = errand
                try:
                    future.set_result(work(self._simulator))
                except BaseException as error:
                    future.set_exception(error)
            elif job is not None:
                try:
                    job(self._simulator)
                except Superseded:
                    pass
                except Exception:  # the next plan may be answered
                    traceback.print_exc(file=sys.stderr)
