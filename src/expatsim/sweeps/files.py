"""Files of a store of runs: written whole or not at all; damage is told in one clear line."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from expatsim.errors import InputError
from expatsim.replacing import replacing

SETTINGS, DESIGN, CATALOGUE, RESULTS, LOCK = (
    "sweep.json",
    "design.parquet",
    "catalogue.sqlite",
    "results",
    "lock",
)
TABLES = """
CREATE TABLE sweep (seed INTEGER NOT NULL, code TEXT NOT NULL, expatsim TEXT NOT NULL);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'pending',
    error TEXT
);
CREATE INDEX of_chunk ON runs (chunk);
CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL, seconds REAL NOT NULL
);
-- runs of a chunk are done side by side: each has its share of the time
CREATE VIEW catalogue AS
    SELECT run, status, error, seconds / n AS seconds, seed, code, expatsim
    FROM runs LEFT JOIN chunks USING (chunk)
    LEFT JOIN (SELECT chunk, count(*) AS n FROM runs GROUP BY chunk) USING (chunk), sweep;
"""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of(design: pd.DataFrame) -> str:
    """Hash of the inputs of all runs, whatever file they are in."""
    rows = pd.util.hash_pandas_object(design).to_numpy()
    return hashlib.sha256(rows.tobytes()).hexdigest()[:16]


def write_design(folder: Path, design: pd.DataFrame) -> None:
    with replacing(folder / DESIGN) as work:
        design.reset_index().to_parquet(work, index=False)


def write_catalogue(folder: Path, settings: dict[str, Any], design: pd.DataFrame) -> None:
    """All runs pending."""
    with connect(folder / CATALOGUE, new=True) as catalogue:
        catalogue.executescript(TABLES)
        row = (settings["sweep"]["seed"], settings["code"], settings["expatsim"])
        catalogue.execute("INSERT INTO sweep VALUES (?, ?, ?)", row)
        rows = [(int(run), k // settings["chunk"]) for k, run in enumerate(design.index)]
        catalogue.executemany("INSERT INTO runs (run, chunk) VALUES (?, ?)", rows)


def is_whole(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with connect(path) as catalogue:
            found = catalogue.execute("PRAGMA integrity_check").fetchone()[0]
            catalogue.execute("SELECT count(*) FROM catalogue").fetchone()
    except (InputError, sqlite3.OperationalError):
        return False
    return bool(found == "ok")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what a file system can refuse into one clear line."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{folder}: cannot be written: {reason}; what is done is kept, go on with --resume"
        ) from error


@contextmanager
def connect(path: Path, *, new: bool = False) -> Iterator[sqlite3.Connection]:
    """A transaction: all of it or nothing.

    Raises
    ------
    InputError
        If the catalogue is damaged, or gone and not ``new``.
    """
    if not new and not path.exists():  # SQLite would make an empty one
        raise InputError(f"{path}: is gone; mend it with --resume")
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            raise  # a lock, a full disk
        raise InputError(f"{path}: is damaged: {error}; mend it with --resume") from error


def read_parquet(paths: Path | list[Path]) -> pd.DataFrame:
    """One file, or many with the same columns, side by side in threads."""
    import pyarrow.dataset

    try:
        return pyarrow.dataset.dataset(paths, format="parquet").to_table().to_pandas()
    except (OSError, ValueError) as error:
        if isinstance(paths, list):  # which one is it?
            for path in paths:
                read_parquet(path)
        what = " ".join(str(error).split())[:120]
        raise InputError(
            f"{paths}: cannot be read ({what}); if it is damaged or gone, mend it with --resume"
        ) from error
