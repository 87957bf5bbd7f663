"""The command line: ``expatsim run``, ``compare``, ``calibrate``, ``check``, ``tables`` ..."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys

from expatsim.cli import stop

OUT_OF_MEMORY = "out of memory: try fewer people (population:), years, draws or scenarios at once"
PLAIN = {  # for a terminal or a file that has no more than its own letters
    "€": "EUR",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "–": "-",
    "−": "-",
    "─": "-",
    "…": "...",
    "\N{NO-BREAK SPACE}": " ",
}
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EROFS}


def main() -> None:
    """Entry point; exits with 0 if done, 1 after a failure, 2 for bad input, 128 + n for signal n.

    Little is imported before signals are handled: a Ctrl-C may come in the first second.
    """
    stop.listen()
    _set_up_streams()
    piped = any(stat.S_ISFIFO(os.fstat(n).st_mode) for n in (1, 2) if _is_open(n))
    from expatsim.errors import InputError

    code: int | str | None = 0
    try:
        from expatsim.cli.commands import app

        app()
    except SystemExit as end:
        # Typer and Rich end with 1 if the reader of a pipe has gone: `expatsim tables | head -1`
        code = 0 if piped and isinstance(end.__context__, BrokenPipeError) else end.code
    except InputError as error:
        print("\n".join(error.problems), file=sys.stderr)
        code = 2
    except Exception as error:
        line = _about(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
        code = 1
    sys.exit(_flushed(code))


def _about(error: Exception) -> str | None:
    """One line about a full disk or too little memory; None for other errors."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"{error.filename or 'output'}: cannot be written: {error.strerror}"
    return OUT_OF_MEMORY if stop.out_of_memory(error) else None


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Signs of :data:`PLAIN` as they are typed, other characters as ``\u20ac``.

    Parameters
    ----------
    error : UnicodeError
        From a stream that lacks a character.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    sign = error.object[error.start]
    if sign not in PLAIN:
        return codecs.backslashreplace_errors(
            UnicodeEncodeError(
                error.encoding, error.object, error.start, error.start + 1, error.reason
            )
        )
    return PLAIN[sign], error.start + 1


def _set_up_streams() -> None:
    """Make output streams accept any character, and exist: neither may fail a run that was done."""
    codecs.register_error("plain", plainly)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def _flushed(code: int | str | None) -> int | str | None:
    """The exit code after the output is flushed; a reader who has gone is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        pass
    except OSError as error:
        print(f"output: cannot be written: {error.strerror}", file=sys.stderr)
        code = code or 1
    else:
        return code
    # so that Python does not try again when it ends
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code
