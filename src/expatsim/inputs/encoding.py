"""Text of a file: its encoding is checked, and whether it holds text at all."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from expatsim.errors import nearest_name

LARGEST_FILE = 1_000_000  # bytes
_MARK = "\ufeff"  # byte-order mark, with which some editors begin a text
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # ends of lines as the YAML reader has them
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE = {"UTF-32": ("utf-32-le", "utf-32-be"), "UTF-16": ("utf-16-le", "utf-16-be")}


_ZIP = "a ZIP archive, or a file of Excel, Word or another office program"
_MARKS = (  # with which files of a kind begin
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),
    (b"\xd0\xcf\x11\xe0", "a file of an old office program"),
    (b"{\\rtf", "a formatted text (RTF)"),
    (b"PAR1", "a Parquet file"),
    (b"CDF", "a NetCDF file"),
    (b"\x89HDF", "a NetCDF or HDF5 file"),
    (b"SQLite format 3", "a database"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
)

NO_TEXT = "not a text file"
AS_UTF8 = "save the file as UTF-8"
IN_SPREADSHEETS = " (in a spreadsheet: Save As, CSV UTF-8)"


class Problem(NamedTuple):
    """One mistake in a file.

    Attributes
    ----------
    line : int
        Line of the mistake, from one; 0 if it belongs to no line.
    message : str
        What is wrong and what to write instead.
    """

    line: int
    message: str


class Unreadable(Exception):  # noqa: N818 - users see InputError
    """A file without readable text; ``problem`` says why.

    Parameters
    ----------
    message : str
        Why the text cannot be read.
    line : int
        Line of the mistake, from one; 0 if it belongs to no line.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.problem = Problem(line, message)


def read_text(path: Path, most: int = LARGEST_FILE) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : pathlib.Path
        An ordinary file.
    most : int
        Bytes that it may have.

    Raises
    ------
    Unreadable
        If there is no such file, or it holds no UTF-8 text.
    """
    try:
        about = os.stat(path)
    except FileNotFoundError:
        if os.path.islink(path):
            raise Unreadable("a link to a file that is not there") from None
        raise Unreadable(f"no such file{_near(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise Unreadable(f"cannot be read: {reason}") from error
    if not stat.S_ISREG(about.st_mode):  # a pipe or device would be waited for
        folder = stat.S_ISDIR(about.st_mode)
        raise Unreadable("a folder, not a file" if folder else "not a file")
    if about.st_size > most:
        message = f"{about.st_size:,} bytes; such a file has at most {most:,}"
        raise Unreadable(message)
    try:
        with open(path, "rb", opener=_at_once) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    return decode(data)


def read_sheet(path: Path, most: int = LARGEST_FILE) -> str:
    """Return the text of a CSV file; messages say how a spreadsheet saves it.

    Parameters
    ----------
    path, most
        As for :func:`read_text`.

    Raises
    ------
    Unreadable
        As :func:`read_text`.
    """
    try:
        return read_text(path, most)
    except Unreadable as error:
        line, message = error.problem
        more = IN_SPREADSHEETS if message.endswith((AS_UTF8, NO_TEXT)) else ""
        raise Unreadable(f"{message}{more}", line) from error


def decode(data: bytes) -> str:
    """Return the text that bytes encode.

    Parameters
    ----------
    data : bytes
        Content of a file.

    Raises
    ------
    Unreadable
        If they are not UTF-8 text; the message names the encoding where it can be recognised.

    Examples
    --------
    >>> decode("title: Café".encode())
    'title: Café'
    >>> decode("title: Café".encode("utf-16"))
    Traceback (most recent call last):
    ...
    expatsim.inputs.encoding.Unreadable: saved as UTF-16; save the file as UTF-8
    """
    if kind := kind_of_bytes(data):
        raise Unreadable(f"{kind}, {NO_TEXT}")
    wide = _wide_encoding(data)
    if wide:
        raise Unreadable(f"saved as {wide}; {AS_UTF8}")
    if b"\0" in data:
        raise Unreadable(f"a binary file, {NO_TEXT}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"not UTF-8 text (first seen on line {line}); {AS_UTF8}"
        raise Unreadable(message) from error
    if text.startswith(_MARK):
        message = "begins with two byte-order marks; save the file as UTF-8 again, without them"
        raise Unreadable(message)
    if unreadable := _UNREADABLE.search(text):
        line = len(BREAK.split(text[: unreadable.start()]))
        message = (
            f"a character that no text has (U+{ord(unreadable[0]):04X}) stands here; remove it"
        )
        raise Unreadable(message, line)
    return text


def kind_of_bytes(data: bytes) -> str:
    """What a file seems to be that holds no plain text, with its article; else empty.

    Parameters
    ----------
    data : bytes
        Its content, or the beginning of it.

    Examples
    --------
    >>> kind_of_bytes(b"%PDF-1.7"), kind_of_bytes(b"title: Plan")
    ('a PDF', '')
    """
    return next((kind for mark, kind in _MARKS if data.startswith(mark)), "")


def _wide_encoding(data: bytes) -> str:
    """Encoding of UTF-16 or UTF-32 text, with or without a byte-order mark; else empty."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "UTF-32"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    if b"\0" not in data:  # even a Chinese text has a colon, one byte of which is 0
        return ""
    return next(
        (name for name, kinds in _WIDE.items() if any(_is_text(data, k) for k in kinds)), ""
    )


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether bytes are text with a colon in an encoding; an incomplete last letter is ignored."""
    width = 4 if "32" in encoding else 2
    try:
        text = data[: len(data) // width * width].decode(encoding)
    except UnicodeDecodeError:
        return False
    return ":" in text and all(c.isprintable() or c in "\n\r\t\u3000" for c in text)


def _beside(path: Path) -> list[str]:
    """Names of the YAML files in the folder of a path; empty if it cannot be read."""
    try:
        names = [name for name in os.listdir(path.parent) if name.endswith((".yaml", ".yml"))]
        return [name for name in names if os.path.isfile(path.parent / name)]
    except OSError:
        return []


def _near(path: Path) -> str:
    """Advice on the file beside a path whose name is nearest, compared without endings."""
    names = {name.rpartition(".")[0]: name for name in _beside(path)}
    found = names.get(nearest_name(path.stem, names) or "")
    return f"; did you mean {found!r}?" if found else ""


def _at_once(path: str, flags: int) -> int:
    """File descriptor of a path, without waiting if the file has become a pipe meanwhile."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
