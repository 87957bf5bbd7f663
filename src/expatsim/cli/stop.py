"""Signals that stop a command: it ends at once, with one line, and leaves no half-written file.

The process ends in the handler of the signal. An exception would have to find its way through
libraries that may swallow it, and would wait for batches that are running.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from expatsim import files
from expatsim.errors import InputError

NOTHING_WRITTEN = "interrupted: nothing was written"
#: Printed when a command is stopped; those that can be resumed put their command line here.
message = NOTHING_WRITTEN
ADDRESS_SPACE = 3e9  # bytes
_SIGNS = ("RESOURCE_EXHAUSTED", "out of memory", "Cannot allocate memory", "can't start new thread")


def listen() -> None:
    """Handle Ctrl-C, SIGTERM and SIGHUP from now on."""
    for number in files.STOPS:
        # under nohup SIGHUP is ignored, and stays so
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    """Undo what is unfinished, print one line and end the process."""
    for other in files.STOPS:
        signal.signal(other, signal.SIG_IGN)
    for step in reversed(files.undo):
        step()
    text = message
    if text == NOTHING_WRITTEN and files.written:
        text = f"interrupted, after this was written: {files.written[-1]}"
    # not through sys.stderr, which may be in the middle of a write
    if sys.stderr is not None and sys.stderr.isatty():
        text = f"\r\x1b[2K\x1b[?25h{text}"  # a progress line goes, the cursor comes back
    os.write(2, f"{text}\n".encode(errors="backslashreplace"))
    os._exit(128 + number)


def require_memory() -> None:
    """Raise an error if a memory limit is too low: XLA would abort the process."""
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < ADDRESS_SPACE:
        raise InputError(
            f"out of memory: the limit is {limit / 1e9:.1f} GB of address space, and a simulation "
            f"needs {ADDRESS_SPACE / 1e9:.0f} GB; raise it (ulimit -v)"
        )


def out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one of its causes, is a lack of memory."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or any(sign in str(cause) for sign in _SIGNS):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
