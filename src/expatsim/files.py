"""How every file is written: aside, then moved into place. Whole or not at all, nothing lost.

A process that writes holds a hidden folder beside the file, ``.NAME.unfinished``, from before the
work until the file is in place: a second process gets its error at once, and so does a user who may
not write there. Remains of a killed process are cleared by the next that writes the same file.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expatsim.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

UNFINISHED = ".unfinished"
# files that systems and file managers put into folders that look empty to people
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", "lost+found"}
LONGEST = 120  # bytes of a name that the package makes; file systems allow 143 to 255
STOPS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]

#: Functions to call before a process that got a signal to stop ends; see :mod:`expatsim.cli.stop`.
undo: list[Callable[[], None]] = []
#: The last output of this process, if there is one.
written: list[Path] = []


class Work:
    """A hidden folder for the files of one output, held by this process alone.

    Attributes
    ----------
    target : pathlib.Path
        The output's only or last file, where it really is (links followed).
    shown : pathlib.Path
        The output as the user named it.
    folder : pathlib.Path
        Where files are written to until they are whole.
    kept : list of pathlib.Path
        Files of the user that were in the way, under their new names.
    """

    def __init__(self, target: Path, shown: Path) -> None:
        self.target = Path(os.path.realpath(target))
        self.shown = shown
        self.folder = self.target.with_name(f".{shortened(self.target.name)}{UNFINISHED}")
        self.kept: list[Path] = []
        self.held = False  # whether this process holds it, and may remove it
        self._made: list[Path] = []

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def make(self) -> None:
        """Make the hidden folder and missing folders above it; remember which."""
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(self.target)  # a name that is too long says so now
        if self.target.is_dir():
            raise InputError(f"{self.shown}: is a folder; give a file")
        for path in reversed([p for p in (self.folder, *self.folder.parents) if not p.exists()]):
            above = path.parent
            if above.exists() and not above.is_dir():
                itself = os.path.realpath(self.shown) == str(above)
                which = "is a file" if itself else f"{above.name} is a file"
                raise InputError(f"{self.shown}: {which}; give a folder")
            with suppress(FileExistsError):
                path.mkdir()
                self._made.append(path)
        for path in (self.folder, self / "lock"):  # what a folder from somebody else may bring
            if path.is_symlink():
                raise InputError(f"{path}: is a link, where files are written to; remove it")

    def clear(self) -> None:
        """Remove the remains of a killed process, all but the lock."""
        for path in self.folder.iterdir():
            if path.name != "lock":
                discard(path)

    def remove(self) -> None:
        """Remove the hidden folder, and those folders made for it that are still empty."""
        if self.held:
            shutil.rmtree(self.folder, ignore_errors=True)
        for path in reversed(self._made):
            with suppress(OSError):
                path.rmdir()

    def publish(self, names: Sequence[str], mine: Callable[[Path], bool] = lambda _: True) -> None:
        """Move files to their places, in this order, whatever signals come meanwhile.

        Parameters
        ----------
        names : sequence of str
            Files in the hidden folder; each goes beside ``target`` under the same name.
        mine : callable
            Takes the path of a file that is in the way, returns whether it may be replaced. Others
            are kept under another name. By default every file may be replaced.
        """
        for name in names:
            with (self / name).open("rb") as file:
                os.fsync(file.fileno())
        with hold_signals():
            self.held = False  # if this process ends here, the next one can finish the moves
            for name in names:
                place = self.target.with_name(name)
                if os.path.lexists(place) and not mine(place):
                    self.kept.append(set_aside(place))
                (self / name).replace(place)
            self.held = True
            written[:] = [self.shown]


@contextmanager
def claim(
    target: Path,
    shown: Path | None = None,
    recover: Callable[[Work], None] = lambda _: None,
    advice: str = "",
) -> Iterator[Work]:
    """Return a context that holds an output from before the work until its files are in place.

    Parameters
    ----------
    target : pathlib.Path
        The only or last file of the output. Missing folders are made at once.
    shown : pathlib.Path, optional
        The output as messages name it; by default ``target``.
    recover : callable
        Called with the hidden folder before the remains of a killed process in it are cleared.
    advice : str
        Added to the message if the file system refuses something: what the user can do.

    Raises
    ------
    InputError
        If another process holds it, or the file system refuses something here or in the block.
    """
    with writing(shown or target, advice), _hold(target, shown or target, recover) as work:
        yield work


@contextmanager
def writing(
    shown: Path, advice: str = "", also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Return a context in which a refusal of the file system becomes an error of one clear line.

    Parameters
    ----------
    shown : pathlib.Path
        The output as messages name it.
    advice : str
        Added to the message: what the user can do.
    also : tuple of exception types
        Other errors that mean the same, such as those of a database.

    Raises
    ------
    InputError
        If something cannot be written.
    """
    refusals: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except refusals as error:
        # a pipe or a connection is no file, and what has no number is not of the file system
        of_files = not isinstance(error, ConnectionError | TimeoutError)
        if not (isinstance(error, also) or (of_files and getattr(error, "errno", None))):
            raise
        what = f"{shown}: cannot be written: {reason(error)}"
        raise InputError(f"{what}; {advice}" if advice else what) from error


def reason(error: Exception) -> str:
    """Return the message of a file system or a library, on one line."""
    return getattr(error, "strerror", None) or " ".join(str(error).split())[:200]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; after the block its file is on the disk and replaces ``path``."""
    with _hold(path, path, lambda _: None) as work:
        yield work / work.target.name
        work.publish([work.target.name])


@contextmanager
def _hold(target: Path, shown: Path, recover: Callable[[Work], None]) -> Iterator[Work]:
    from filelock import FileLock, Timeout

    work = Work(target, shown)
    lock = FileLock(work / "lock")
    undo.append(work.remove)
    try:
        for attempt in range(9):
            try:
                work.make()
                with hold_signals():
                    lock.acquire(timeout=0)
                    work.held = True
                break
            except FileNotFoundError:  # a process that just ended removed a folder that it had made
                if attempt == 8:
                    raise
        recover(work)
        work.clear()
        (work / "owner").write_text(f"{os.getpid()}\n", encoding="utf-8")  # a full disk says so now
        yield work
    except Timeout:
        raise InputError(
            f"{shown}: another expatsim is writing to it; wait, or give another --out"
        ) from None
    finally:
        with hold_signals():
            work.remove()
            undo.remove(work.remove)
            lock.release()


def discard(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Rename a file to ``NAME.kept``, so that nothing replaces it; return its new path."""
    name = shortened(path.name, LONGEST)
    for number in range(1, 1000):
        other = path.with_name(f"{name}.kept" + (f"-{number}" if number > 1 else ""))
        if not os.path.lexists(other):
            return path.rename(other)
    raise InputError(f"{path}: is in the way; move it")


def strangers(folder: Path) -> list[str]:
    """Return the names in a folder that are neither litter nor unfinished work of ours, sorted."""
    return sorted(
        p.name
        for p in folder.iterdir()
        if p.name not in LITTER and not (p.name.startswith(".") and p.name.endswith(UNFINISHED))
    )


def shortened(name: str, most: int = LONGEST) -> str:
    """Return a file's name as it is, or its beginning and a hash of it all if it is too long.

    Parameters
    ----------
    name : str
        A name without folders.
    most : int
        Bytes that the result may have.
    """
    raw = name.encode(errors="surrogateescape")
    if len(raw) > most:
        mark = hashlib.sha256(raw).hexdigest()[:12]
        raw = f"{raw[: most - len(mark) - 1].decode(errors='ignore')}-{mark}".encode()
    return os.fsdecode(raw)


def readable(path: Path | str) -> str:
    """Return a path as readable text, whatever bytes it has and whatever the locale is."""
    return os.fsencode(path).decode(errors="replace")


@contextmanager
def hold_signals() -> Iterator[None]:
    """Return a context in which signals to stop wait until its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handlers = {n: signal.signal(n, lambda number, _: received.append(number)) for n in STOPS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if received:
            signal.raise_signal(received[0])


# texts of users in CSV files: a spreadsheet must not run them as formulas
MARK = "'"  # Excel and LibreOffice write it before a text, too
# at once, after spaces, or after marks, so that from_spreadsheet() can undo it
_FORMULA = re.compile(r"['\s]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]")


def runs_in_spreadsheet(text: str) -> bool:
    """Return whether a spreadsheet would run a text as a formula where it is typed or read."""
    return _FORMULA.match(text) is not None


def for_spreadsheet(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with texts that a spreadsheet does not run, for a CSV file.

    A text that a spreadsheet would run, because it begins with ``=``, ``+``, ``-`` or ``@``, gets
    an apostrophe before it. Everything else stays as it is, numbers below zero too.

    Parameters
    ----------
    frame : pandas.DataFrame
        With texts that users wrote, in cells or as names of columns.

    See Also
    --------
    from_spreadsheet : the other way round

    Examples
    --------
    >>> import pandas as pd
    >>> for_spreadsheet(pd.DataFrame({"title": ["=SUM(A1)", "Rotterdam"]}))["title"].tolist()
    ["'=SUM(A1)", 'Rotterdam']
    """
    return _map_texts(frame, lambda text: MARK + text if runs_in_spreadsheet(text) else text)


# how CSV files are written: for most programs, or so that a Dutch Excel opens them at once
CSV_FORMATS: dict[str, dict[str, Any]] = {
    "en": {"encoding": "utf-8"},
    "nl": {"sep": ";", "decimal": ",", "encoding": "utf-8-sig"},
}


def write_csv(frame: pd.DataFrame, path: Path, form: str = "en") -> None:
    """Write a table as a CSV file that a spreadsheet opens; see :func:`for_spreadsheet`.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is left out.
    path : pathlib.Path
        The file.
    form : {"en", "nl"}
        ``"en"`` has commas between columns and decimal points, ``"nl"`` semicolons, decimal
        commas and a byte order mark, from which Excel sees that it is UTF-8.

    Raises
    ------
    InputError
        If there is no such form.
    """
    if form not in CSV_FORMATS:
        raise InputError(f"csv: {form!r} is not one of {', '.join(CSV_FORMATS)}")
    for_spreadsheet(frame).to_csv(path, index=False, **CSV_FORMATS[form])


def from_spreadsheet(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its texts as they were before :func:`for_spreadsheet`."""

    def without(text: str) -> str:
        return text[1:] if text.startswith(MARK) and runs_in_spreadsheet(text[1:]) else text

    return _map_texts(frame, without)


def _map_texts(frame: pd.DataFrame, change: Any) -> pd.DataFrame:
    from pandas.api.types import is_numeric_dtype

    def cell(value: Any) -> Any:
        return change(value) if isinstance(value, str) else value

    texts = [c for c in frame.columns if not is_numeric_dtype(frame[c])]
    return frame.assign(**{c: frame[c].map(cell) for c in texts}).rename(columns=cell)
