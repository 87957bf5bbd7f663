"""The catalogue of a store: the status of every run and the digest of every file, in SQLite.

Each chunk has a digest of its rows, written in the same transaction as they are, so that a row that
changed otherwise is noticed when the catalogue is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from expatsim.errors import InputError
from expatsim.files import replacing
from expatsim.sweeps.files import (
    CATALOGUE,
    CHUNK_FILE,
    DESIGN,
    MEND,
    RESULTS,
    digest_of_settings,
    problem_with,
    read_sealed,
    reason,
    sha256,
)

TABLES = """
CREATE TABLE sweep (
    seed INTEGER NOT NULL, code TEXT NOT NULL, expatsim TEXT NOT NULL, settings TEXT NOT NULL,
    design TEXT NOT NULL
);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, status TEXT NOT NULL DEFAULT 'pending',
    error TEXT
);
CREATE INDEX of_chunk ON runs (chunk);
CREATE TABLE chunks (
    chunk INTEGER PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL, seconds REAL NOT NULL
);
CREATE TABLE digests (chunk INTEGER PRIMARY KEY, sha256 TEXT NOT NULL);
-- runs of a chunk are done side by side: each has its share of the time
CREATE VIEW catalogue AS
    SELECT run, status, error, seconds / n AS seconds, seed, code, expatsim
    FROM runs LEFT JOIN chunks USING (chunk)
    LEFT JOIN (SELECT chunk, count(*) AS n FROM runs GROUP BY chunk) USING (chunk), sweep;
"""
# errors that are no damage: the file is in use, the disk is full, nobody may write there
_NOT_DAMAGE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}


class Contents(NamedTuple):
    """Content of a catalogue whose digests fit.

    Attributes
    ----------
    design : str
        Digest of the design's file.
    runs : pandas.DataFrame
        Index ``run``; columns ``chunk``, ``status`` and ``error``.
    chunks : pandas.DataFrame
        Index ``chunk``, only those that are done; columns ``file``, ``sha256`` and ``seconds``.
    """

    design: str
    runs: pd.DataFrame
    chunks: pd.DataFrame


@contextmanager
def connect(path: Path, *, new: bool = False) -> Iterator[sqlite3.Connection]:
    """Return a context with a connection, whose changes are one transaction: all or nothing.

    Parameters
    ----------
    path : pathlib.Path
        File of the catalogue.
    new : bool
        Whether it may be missing, and is then made.

    Raises
    ------
    InputError
        If the catalogue is damaged, or gone and not ``new``.
    """
    if not new and not path.exists():  # SQLite would make an empty one
        raise InputError(f"{path}: is gone; {MEND}")
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
            yield connection
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGE:
            raise
        raise InputError(f"{path}: is damaged ({reason(error)}); {MEND}") from error


def write(folder: Path, settings: dict[str, Any], runs: int) -> None:
    """Write a new catalogue for a store; runs with sealed results are done, all others pending.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the store, with its design.
    settings : dict
        Settings of the store.
    runs : int
        Number of runs.
    """
    path, size, own = folder / CATALOGUE, settings["chunk"], digest_of_settings(settings)
    with replacing(path) as work:
        with connect(work, new=True) as catalogue:
            catalogue.executescript(TABLES)
            design = sha256((folder / DESIGN).read_bytes())
            row = (settings["sweep"]["seed"], settings["code"], settings["expatsim"], own, design)
            catalogue.execute("INSERT INTO sweep VALUES (?, ?, ?, ?, ?)", row)
            rows = [(run, run // size) for run in range(runs)]
            catalogue.executemany("INSERT INTO runs (run, chunk) VALUES (?, ?)", rows)
            for file in sorted((folder / RESULTS).glob("*.parquet")):
                _recover(catalogue, file, own)
            sign_chunks(catalogue, range(-(-runs // size)))
        # SQLite would play back the journal of the earlier file into this one
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _recover(catalogue: sqlite3.Connection, file: Path, settings: str) -> None:
    """Record the results of a sealed file; runs that it lacks stay pending."""
    sealed = read_sealed(file, settings) if CHUNK_FILE.fullmatch(file.name) else None
    if sealed:
        results, digest = sealed
        record_chunk(
            catalogue, int(file.stem), (file.name, digest, 0.0), results.index.tolist(), {}
        )


def record_chunk(
    catalogue: sqlite3.Connection,
    chunk: int,
    file: tuple[str, str, float],
    done: list[int],
    errors: dict[int, str],
) -> None:
    """Record the results of a chunk.

    Parameters
    ----------
    catalogue : sqlite3.Connection
        From :func:`connect`.
    chunk : int
        Number of the chunk.
    file : (str, str, float)
        Name and digest of its file, and the seconds that its runs took.
    done : list of int
        Runs that succeeded.
    errors : dict of int to str
        Runs that failed, with the message of each.
    """
    catalogue.execute("INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?)", (chunk, *file))
    catalogue.executemany(
        "UPDATE runs SET status = 'done', error = NULL WHERE run = ?", [(run,) for run in done]
    )
    catalogue.executemany(
        "UPDATE runs SET status = 'failed', error = ? WHERE run = ?",
        [(text, run) for run, text in errors.items()],
    )
    sign_chunks(catalogue, [chunk])


def reset_chunk(catalogue: sqlite3.Connection, chunk: int) -> None:
    """Set all runs of a chunk to pending."""
    catalogue.execute("DELETE FROM chunks WHERE chunk = ?", (chunk,))
    catalogue.execute("UPDATE runs SET status = 'pending', error = NULL WHERE chunk = ?", (chunk,))
    sign_chunks(catalogue, [chunk])


def sign_chunks(catalogue: sqlite3.Connection, chunks: Any) -> None:
    """Write the digests of some chunks; to be called after every change of their rows."""
    for chunk in chunks:
        runs = catalogue.execute(
            "SELECT run, status, error FROM runs WHERE chunk = ? ORDER BY run", (chunk,)
        ).fetchall()
        file = catalogue.execute(
            "SELECT file, sha256, seconds FROM chunks WHERE chunk = ?", (chunk,)
        ).fetchone()
        catalogue.execute(
            "INSERT OR REPLACE INTO digests VALUES (?, ?)", (chunk, _digest(chunk, runs, file))
        )


def _digest(chunk: int, runs: list[tuple[Any, ...]], file: tuple[Any, ...] | None) -> str:
    return sha256(repr((chunk, runs, file)).encode())


def settings_of(folder: Path) -> str:
    """Return the digest of a catalogue's settings; empty if it cannot be read."""
    try:
        with connect(folder / CATALOGUE) as catalogue:
            return str(catalogue.execute("SELECT settings FROM sweep").fetchone()[0])
    except (InputError, sqlite3.Error, TypeError):
        return ""


def read(folder: Path, settings: dict[str, Any]) -> Contents:
    """Return the content of a catalogue, after a check of its digests.

    Raises
    ------
    InputError
        If it is not as it was written for these settings.
    """
    path = folder / CATALOGUE
    try:
        with connect(path) as catalogue:
            # all of one moment: a sweep that goes on may write between any two of them
            catalogue.execute("BEGIN")
            schema = catalogue.execute("SELECT name, sql FROM sqlite_master").fetchall()
            sweep = catalogue.execute("SELECT * FROM sweep").fetchall()
            runs = catalogue.execute(
                "SELECT run, chunk, status, error FROM runs ORDER BY run"
            ).fetchall()
            files = catalogue.execute("SELECT chunk, file, sha256, seconds FROM chunks").fetchall()
            digests = catalogue.execute("SELECT chunk, sha256 FROM digests").fetchall()
    except sqlite3.Error as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}; if damaged, {MEND}") from error
    if not _is_whole(settings, schema, sweep, runs, files, digests):
        raise InputError(f"{path}: is damaged (its digests do not fit); {MEND}")
    return Contents(
        sweep[0][-1],
        pd.DataFrame(runs, columns=["run", "chunk", "status", "error"]).set_index("run"),
        pd.DataFrame(files, columns=["chunk", "file", "sha256", "seconds"]).set_index("chunk"),
    )


def _is_whole(
    settings: dict[str, Any],
    schema: list[tuple[Any, ...]],
    sweep: list[tuple[Any, ...]],
    runs: list[tuple[Any, ...]],
    files: list[tuple[Any, ...]],
    digests: list[tuple[Any, ...]],
) -> bool:
    with closing(sqlite3.connect(":memory:")) as other:
        other.executescript(TABLES)
        if set(schema) != set(other.execute("SELECT name, sql FROM sqlite_master")):
            return False
    own = (settings["sweep"]["seed"], settings["code"], settings["expatsim"])
    if len(sweep) != 1 or sweep[0][:-1] != (*own, digest_of_settings(settings)):
        return False
    size, count = settings["chunk"], settings["runs"]
    if [row[:2] for row in runs] != [(run, run // size) for run in range(count)]:
        return False
    by_chunk = {row[0]: row[1:] for row in files}
    chunks = range(-(-count // size))
    expected = {
        k: _digest(k, [(run, *rest) for run, _, *rest in runs[k * size : (k + 1) * size]], file)
        for k, file in ((k, by_chunk.pop(k, None)) for k in chunks)
    }
    return not by_chunk and expected == dict(digests) and len(digests) == len(expected)


def is_whole(folder: Path, settings: dict[str, Any]) -> bool:
    """Return whether the catalogue can be read and written to, and is not damaged."""
    try:
        read(folder, settings)
        with connect(folder / CATALOGUE) as catalogue:
            answer = catalogue.execute("PRAGMA integrity_check").fetchone()[0]
    except (InputError, sqlite3.Error):
        return False
    return bool(answer == "ok")


def problems(folder: Path, contents: Contents) -> list[str]:
    """Return a line for each file (design, results) that is missing or damaged."""
    files = [(folder / DESIGN, contents.design)]
    files += [(folder / RESULTS / row.file, row.sha256) for row in contents.chunks.itertuples()]
    return [problem for problem in (problem_with(*file) for file in files) if problem]
