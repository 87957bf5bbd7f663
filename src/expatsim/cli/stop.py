"""How a command ends that is told to stop: at once, with one line, and nothing half done.

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

NOTHING = "interrupted: nothing was written"
#: What is said, by commands that can be gone on with.
message = NOTHING
ADDRESS_SPACE = 3e9  # bytes
_SIGNS = ("RESOURCE_EXHAUSTED", "out of memory", "Cannot allocate memory", "can't start new thread")


def listen() -> None:
    """Obey Ctrl-C, SIGTERM and SIGHUP from now on."""
    for number in files.STOPS:
        # under nohup a terminal that goes away is to be ignored
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for other in files.STOPS:
        signal.signal(other, signal.SIG_IGN)
    for step in reversed(files.undo):
        step()
    text = message
    if text == NOTHING and files.written:
        text = f"interrupted, after this was written: {files.written[-1]}"
    # not by way of sys.stderr, which may be in the middle of something
    if sys.stderr is not None and sys.stderr.isatty():
        text = f"\r\x1b[2K\x1b[?25h{text}"  # a progress line goes, the cursor comes back
    os.write(2, f"{text}\n".encode(errors="backslashreplace"))
    os._exit(128 + number)


def require_memory() -> None:
    """Refuse to begin where a limit would have XLA abort the process, which nobody can catch."""
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
    """Whether it, or what it came from, is a lack of memory."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or any(sign in str(seen) for sign in _SIGNS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
