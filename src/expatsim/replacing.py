"""Write a file whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write to that takes the place of another when it is whole and on the disk."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield work
        with work.open("rb") as file:
            os.fsync(file.fileno())
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
