"""The text of a file that somebody saved: in which encoding, and whether it is a text at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from expatsim.errors import nearest

LARGEST_FILE = 1_000_000  # bytes
_MARK = "\ufeff"  # some editors begin a text with it


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of a file and nothing, or nothing and why it cannot be read."""
    try:
        about = os.stat(path)
    except FileNotFoundError:
        return "", f"no such file{nearest(path.name, _beside(path))}"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return "", f"cannot be read: {getattr(error, 'strerror', None) or error}"
    if not stat.S_ISREG(about.st_mode):  # a pipe or device would be waited for
        return "", "not a file"
    if about.st_size > LARGEST_FILE:
        return "", f"{about.st_size:,} bytes; such a file has at most {LARGEST_FILE:,}"
    try:
        with open(path, "rb", opener=_at_once) as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return "", f"cannot be read: {error.strerror}"
    return decode(data)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of some bytes and nothing, or nothing and what they are instead."""
    wide = _wide_encoding(data)
    if wide:
        return "", f"saved as {wide}; save the file as UTF-8"
    if b"\0" in data:
        return "", "a binary file, not a text file"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", f"not UTF-8 text (first seen on line {line}); save the file as UTF-8"
    if text.startswith(_MARK):
        return "", "begins with two byte-order marks; save the file as UTF-8 again, without them"
    control = next((k for k, c in enumerate(text) if c < " " and c not in "\n\r\t"), None)
    if control is not None:
        line = text[:control].count("\n") + 1
        return "", f"control character {text[control]!r} on line {line}: not a text file"
    return text, ""


def _wide_encoding(data: bytes) -> str:
    """UTF-16 or UTF-32 if text was saved in it, with or without a mark at the beginning."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "UTF-32"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    if len(data) % 2 == 0:
        for high, low in ((data[1::2], data[::2]), (data[::2], data[1::2])):
            # nearly all letters of a plain text have nothing in their higher byte
            if high.count(0) > 0.8 * len(high) and 0 not in low and 10 in low:
                return "UTF-16"
    return ""


def _beside(path: Path) -> list[str]:
    try:
        return [name for name in os.listdir(path.parent) if name.endswith((".yaml", ".yml"))]
    except OSError:
        return []


def _at_once(path: str, flags: int) -> int:
    """Open without waiting, should the file have become a pipe meanwhile."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
