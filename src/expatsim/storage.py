"""The folder of a result: recognised by its manifest, and by nothing else.

The manifest lists every file with its digest and ends with a digest of itself. Only files that are
still as they were written are ever replaced or shown; all other files in the folder are the user's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from expatsim.errors import InputError
from expatsim.files import Work, claim, hold_signals, strangers

MANIFEST = "manifest.json"  # written last: a folder without it is not a result
# versions before the digests wrote these keys and these files
_OLD_KEYS = {"expatsim", "git_commit", "libraries", "scenarios", "texts"}
_OLD_FILES = {
    "result.nc",
    *(f"{name}.parquet" for name in ("indicators", "survival")),
    *(f"{name}.csv" for name in ("summary", "effects", "costs")),
    *(f"{name}.png" for name in ("stock", "survival", "wish", "awareness", "reasons")),
}
Manifest = dict[str, Any]


@contextmanager
def result_folder(folder: Path, *, force: bool) -> Iterator[Work]:
    """Return a context that holds a folder for a result; see :func:`expatsim.files.claim`.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the result; it need not exist.
    force : bool
        Whether a result that is already there may be replaced.

    Raises
    ------
    InputError
        If it holds other files, or a result and not ``force``, or cannot be written to.
    """
    with claim(folder / MANIFEST, shown=folder, recover=_finish) as work:
        place = work.target.parent
        if strangers(place) and files_of(place) is None:
            what = (
                f"its {MANIFEST} is damaged or not of a result"
                if _has_manifest(place)
                else "no result"
            )
            raise InputError(
                f"{folder}: holds other files ({what}); give a new folder for the results"
            )
        if strangers(place) and not force:
            raise InputError(f"{folder}: already holds a result; give another --out, or --force")
        yield work


def finish(work: Work, provenance: Manifest) -> None:
    """Write a manifest of all files in the hidden folder, and move everything into place.

    Parameters
    ----------
    work : Work
        From :func:`result_folder`, with all files of the result.
    provenance : dict
        Content of the manifest, as from :func:`expatsim.runs.provenance.manifest`.
    """
    files = {name: digest(work / name) for name in names_in(work)}
    (work / MANIFEST).write_bytes(signed(provenance, files))
    _finish(work)


def names_in(work: Work) -> list[str]:
    """Return the names of the files that were written into a hidden folder."""
    return sorted(p.name for p in work.folder.iterdir() if p.name not in {"lock", "owner"})


def _finish(work: Work) -> None:
    """Move files into place, manifest last, or go on with the moves of a killed process."""
    new = verified(work / MANIFEST) if (work / MANIFEST).is_file() else None
    if new is None:
        return
    folder, files = work.target.parent, new["files"]
    old = files_of(folder)

    def is_ours(path: Path) -> bool:
        return old is not None and (path.name == MANIFEST or _is_as_written(path, old))

    moved = [n for n, written in files.items() if digest(work / n) == written]
    if any(digest(folder / n) != written for n, written in files.items() if n not in moved):
        return
    with hold_signals():
        work.publish(moved, is_ours)
        for name in set(old or ()) - set(files):
            if is_ours(folder / name):
                (folder / name).unlink(missing_ok=True)
        work.publish([MANIFEST], is_ours)


def _is_as_written(path: Path, files: dict[str, Any]) -> bool:
    """Return whether a file has the digest of the manifest; older versions kept no digests."""
    return path.name in files and files[path.name] in (None, digest(path))


def digest(path: Path) -> dict[str, Any] | None:
    """Return size and SHA-256 of a file; ``None`` if there is no such file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": sha256}


def signed(provenance: Manifest, files: dict[str, Any]) -> bytes:
    """Return a manifest as bytes: with the digests of all files, and its own at the end."""
    body = {**provenance, "files": files}
    own = hashlib.sha256(_encoded(body)).hexdigest()
    return _encoded({**body, "sha256": own})


def _encoded(manifest: Manifest) -> bytes:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    # halves of characters, from file names in another encoding, become the escapes of JSON
    return text.encode("utf-8", errors="backslashreplace")


def _parsed(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def verified(path: Path) -> Manifest | None:
    """Return a manifest, or ``None`` if a byte of it has changed since it was written."""
    manifest = _parsed(path)
    files = manifest.get("files")
    if not isinstance(files, dict) or any(Path(name).name != name for name in files):
        return None
    rest = {k: v for k, v in manifest.items() if k not in {"files", "sha256"}}
    return manifest if path.read_bytes() == signed(rest, files) else None


def _is_old(manifest: Manifest) -> bool:
    return set(manifest) >= _OLD_KEYS and "sha256" not in manifest


def _has_manifest(folder: Path) -> bool:
    return (folder / MANIFEST).exists()


def files_of(folder: Path) -> dict[str, Any] | None:
    """Return digests of the files of a result by name; ``None`` if the folder holds no result.

    Older versions wrote no digests: there each is ``None``.
    """
    whole = verified(folder / MANIFEST)
    if whole is not None:
        return dict(whole["files"])
    return dict.fromkeys(_OLD_FILES) if _is_old(_parsed(folder / MANIFEST)) else None


def provenance_of(folder: Path) -> Manifest:
    """Return the provenance of a stored result, after a check of the digests of all its files.

    Raises
    ------
    InputError
        If there is no result, or a byte of it has changed.
    """
    if not _has_manifest(folder):
        raise InputError(f"{folder}: holds no result (no {MANIFEST})")
    if _is_old(_parsed(folder / MANIFEST)):
        raise InputError(f"{folder}: made by an older version of expatsim; run it again")
    whole = verified(folder / MANIFEST)
    if whole is None:
        raise InputError(
            f"{folder}: its {MANIFEST} is damaged, was changed, or is not of a result; run it again"
        )
    try:
        bad = [name for name, was in whole["files"].items() if digest(folder / name) != was]
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror or error}") from error
    if bad:
        raise InputError(
            f"{folder}: damaged, changed or gone since it was written: {', '.join(bad)}; "
            "run it again"
        )
    return {k: v for k, v in whole.items() if k not in {"files", "sha256"}}
