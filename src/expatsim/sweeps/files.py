"""Files of a store of runs: written whole or not at all, and never read without their digest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from expatsim.errors import InputError
from expatsim.files import discard, reason, replacing, writing
from expatsim.findings.crate import CRATE, metadata

SETTINGS = "sweep.json"
DESIGN = "design.parquet"
CATALOGUE = "catalogue.sqlite"
RESULTS = "results"  # a folder, with a file for each chunk
LOCK = "lock"
DIGEST = "digest"  # key of the settings' own digest in their file
CHUNK_FILE = re.compile(r"\d{6,}\.parquet")
MEND = "mend it with --resume"


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of(frame: pd.DataFrame) -> str:
    """Return a hash of names, types and values of a table, whatever the file format.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.0, 2.0]})
    >>> digest_of(frame) == digest_of(frame.copy())
    True
    >>> digest_of(frame) == digest_of(frame.astype(int))
    False
    """
    kinds = [(str(name), str(kind)) for name, kind in frame.dtypes.items()]
    rows = pd.util.hash_pandas_object(frame).to_numpy()
    return sha256(repr((frame.index.name, kinds)).encode() + rows.tobytes())[:16]


def digest_of_settings(settings: dict[str, Any]) -> str:
    """Return a hash of settings, whatever the layout of their file."""
    return sha256(json.dumps(settings, sort_keys=True).encode())


def read_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of a store: its sweep, and the versions that run it.

    Raises
    ------
    InputError
        If the file is gone, cannot be read or is not as it was written.
    """
    path = folder / SETTINGS
    if not path.exists():
        if not folder.exists():
            raise InputError(f"{folder}: no such folder")
        raise InputError(f"{folder}: holds no runs (no {SETTINGS})")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        digest = settings.pop(DIGEST, "none")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        what = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read ({what}); {MEND}") from error
    if digest != digest_of_settings(settings):
        raise InputError(f"{path}: is damaged, or of an earlier expatsim (its digest does not fit)")
    return settings


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write the settings of a store, with their own digest."""
    plain = json.loads(json.dumps(settings))
    whole = {**plain, DIGEST: digest_of_settings(plain)}
    with replacing(folder / SETTINGS) as work:
        work.write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")


def write_design(folder: Path, design: pd.DataFrame) -> None:
    """Write the setting, replicate and inputs of every run."""
    with replacing(folder / DESIGN) as work:
        design.reset_index().to_parquet(work, index=False)


def write_crate(folder: Path, settings: dict[str, Any]) -> None:
    """Write the RO-Crate metadata of a store and of the chunks that it has now.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the store.
    settings : dict
        Its settings.
    """
    chunks = sorted(p.name for p in (folder / RESULTS).glob("*") if CHUNK_FILE.fullmatch(p.name))
    names = [SETTINGS, DESIGN, CATALOGUE, *(f"{RESULTS}/{name}" for name in chunks)]
    about = settings["sweep"]
    made = metadata(
        {name: folder / name for name in names},
        about["title"],
        f"Simulated, not measured; {settings['runs']:,} runs, design {about['design']}, inputs "
        f"{', '.join(settings['inputs'])}.",
        {
            "expatsim": settings["expatsim"],
            "code": settings["code"],
            "parameters": about["uncertainties"]["source"],
            "parameters_digest": settings["draws"],
        },
    )
    with replacing(folder / CRATE) as work:
        work.write_bytes(made)


def write_results(path: Path, results: pd.DataFrame, settings: str) -> None:
    """Write outcomes of a chunk with a seal: digests of the settings and of the outcomes.

    The seal is for a store that lost its catalogue, which has the digest of the file.

    Parameters
    ----------
    path : pathlib.Path
        File of the chunk.
    results : pandas.DataFrame
        Index ``run``, a column for every outcome.
    settings : str
        Digest of the store's settings.
    """
    sealed = results.reset_index()
    sealed.attrs = {"settings": settings, "digest": digest_of(results), "file": path.name}
    with replacing(path) as work:
        sealed.to_parquet(work, index=False)


def read_sealed(path: Path, settings: str) -> tuple[pd.DataFrame, str] | None:
    """Return outcomes of a chunk and the digest of their file; ``None`` if its seal does not fit.

    Parameters
    ----------
    path : pathlib.Path
        File of the chunk.
    settings : str
        Digest of the store's settings.
    """
    try:
        content = path.read_bytes()
        table = _table(content)
        frame = table.to_pandas()
        results = frame.set_index("run")
        seal = frame.attrs
        whole = digest_of(results) == seal["digest"]
    except Exception:  # a parser may raise anything on a damaged file
        return None
    fits = whole and seal["settings"] == settings and seal["file"] == path.name
    return (results, sha256(content)) if fits else None


def read_all(files: Iterable[tuple[Path, str]]) -> pd.DataFrame:
    """Return the rows of some files with the same columns.

    Parameters
    ----------
    files : iterable of (pathlib.Path, str)
        Each with the digest that it must have.

    Raises
    ------
    InputError
        With a line for every file that is missing or damaged.
    """
    import pyarrow

    files = list(files)
    with ThreadPoolExecutor() as pool:
        tables = list(pool.map(lambda file: _read(*file), files))
    problems = [problem for _, problem in tables if problem]
    if problems:
        raise InputError(problems)
    return pyarrow.concat_tables([table for table, _ in tables]).to_pandas()


def _read(path: Path, digest: str) -> tuple[Any, str]:
    """Return a table, or the problem with its file; a damaged one is never parsed."""
    content, problem = _content(path, digest)
    return (None, problem) if problem else (_table(content), "")


def _table(content: bytes) -> Any:
    import pyarrow
    import pyarrow.parquet

    return pyarrow.parquet.read_table(pyarrow.BufferReader(content), use_threads=False)


def problem_with(path: Path, digest: str) -> str:
    """Return the problem with a file that must have a digest, in one line; empty if it has it."""
    return _content(path, digest)[1]


def _content(path: Path, digest: str) -> tuple[bytes, str]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b"", f"{path}: is gone; {MEND}"
    except OSError as error:
        return b"", f"{path}: cannot be read: {reason(error)}"
    if sha256(content) != digest:
        return b"", f"{path}: is damaged (its digest does not fit); {MEND}"
    return content, ""


def writing_store(folder: Path) -> AbstractContextManager[None]:
    """Return a context in which a refusal of file system or catalogue is one clear line.

    Where no store has begun there is nothing to go on with, and it says nothing of that.
    """
    has_begun = os.path.exists(folder / SETTINGS)  # no error in a closed folder
    advice = "what is done is kept, go on with --resume" if has_begun else ""
    return writing(folder, advice, also=(OSError, sqlite3.OperationalError))


def foreign_names(folder: Path) -> list[str]:
    """Return names in a folder that no store has; a store may be begun or continued if none."""
    own = {SETTINGS, DESIGN, CATALOGUE, f"{CATALOGUE}-journal", LOCK}
    own |= {CRATE} if (folder / CATALOGUE).exists() else set()  # else it is somebody else's
    own |= {path.name for path in remains(folder)}
    names = {path.name for path in folder.iterdir()} - own
    results = folder / RESULTS
    if RESULTS in names and results.is_dir():
        files = {path.name for path in results.iterdir()} - own
        names = (names - {RESULTS}) | {x for x in files if not CHUNK_FILE.fullmatch(x)}
    return sorted(names)


def remains(folder: Path) -> list[Path]:
    """Return unfinished files of a killed process; only valid while the store is locked."""
    patterns = [f".{name}.*" for name in (SETTINGS, DESIGN, CATALOGUE, CRATE)]
    patterns.append(f"{RESULTS}/.[0-9]*.parquet.*")
    return [path for pattern in patterns for path in folder.glob(pattern)]


@contextmanager
def lock_store(folder: Path) -> Iterator[None]:
    """Return a context in which no other process writes to a store; remains of one are removed.

    Raises
    ------
    InputError
        If another process is writing to it, or nobody can.
    """
    from filelock import FileLock, Timeout

    with writing_store(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=1)  # who looks whether it is held has it for a moment
        except Timeout:
            raise InputError(
                f"{folder}: another process is writing to it; wait, or give another --out"
            ) from None
    try:
        with writing_store(folder):
            for path in remains(folder):
                discard(path)
        yield
    finally:
        lock.release()
