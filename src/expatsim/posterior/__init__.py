"""Parameter draws for projections: the shipped posterior, the prior, or a file.

Draws are known by the hash of their content and not by the name of their file: a file that changed
is read again, and a run that has begun goes on with what it began with.
"""

from __future__ import annotations

import hashlib
import io
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim.errors import InputError, nearest
from expatsim.model.parameters import registry, sample_prior

if TYPE_CHECKING:
    import pandas as pd

DRAWS = "posterior.parquet"
SOURCES = ("posterior", "prior", "posterior+prior")
PLUS_PRIOR = "+prior"  # after a source: parameters that it lacks are drawn from their priors
KEPT = 8  # contents of files


class _Content(NamedTuple):
    """Draws as they were when they were read."""

    digest: str
    frame: pd.DataFrame
    columns: dict[str, np.ndarray]


_kept: dict[str, _Content] = {}  # by digest, the latest last


def folder() -> Any:
    """Where the shipped posterior, its record and its fit are."""
    return resources.files("expatsim.posterior").joinpath("shipped")


def digest_of(source: str) -> str:
    """SHA-256 of a source's draws as they are now; empty for the prior, which has none.

    Raises
    ------
    InputError
        As :func:`read_draws`.
    """
    return "" if source == "prior" else _content(source).digest


def read_draws(source: str) -> pd.DataFrame | None:
    """Parameter draws of a source as they are now, one row each; ``None`` for the prior.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"``, or a Parquet or CSV file with one column per parameter.
        ``"posterior+prior"``, or ``+prior`` after a file: parameters that it lacks are drawn from
        their priors.

    Raises
    ------
    InputError
        If the file is missing, lacks a parameter, has an unknown one, or a value out of bounds.
    """
    return None if source == "prior" else _content(source).frame.copy()


def _content(source: str, digest: str = "") -> _Content:
    """Draws of a posterior or a file; with a digest, those and no others."""
    name = source.removesuffix(PLUS_PRIOR)
    found = _kept.get(digest)
    if found:
        pass
    elif name == "posterior":
        found = _shipped()
    else:
        content = _read(Path(name))
        key = hashlib.sha256(content).hexdigest()
        found = _kept.get(key) or _parsed(Path(name), content, key)
        _kept.pop(key, None)
        _kept[key] = found  # as the latest
        for old in list(_kept)[:-KEPT]:
            _kept.pop(old, None)
    if digest and found.digest != digest:
        raise InputError(f"{source}: has changed since the run began; run it again")
    missing = [p for p in registry() if p not in found.columns]
    if missing and source == "posterior":
        raise InputError(
            f"the shipped posterior lacks {', '.join(missing)}: give --parameters "
            f"posterior{PLUS_PRIOR} to draw them from their priors, or calibrate again"
        )
    if missing and name == source:
        how = f"give {source}{PLUS_PRIOR} to draw it from its prior"
        raise InputError([f"{source}: parameter {p!r} is missing ({how})" for p in missing])
    return found


def from_prior(source: str, digest: str = "") -> list[str]:
    """Parameters that a source lacks, so that they are drawn from their priors; none of the prior.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    digest : str, optional
        As for :func:`sample`.
    """
    columns = _columns(source, digest)
    return [] if columns is None else [name for name in registry() if name not in columns]


@cache
def _shipped() -> _Content:
    import pandas as pd

    content = folder().joinpath(DRAWS).read_bytes()
    frame = pd.read_parquet(io.BytesIO(content))
    return _Content(hashlib.sha256(content).hexdigest(), frame, _arrays(frame))


def _read(path: Path) -> bytes:
    if not path.is_file():
        hint = nearest(str(path), SOURCES)
        raise InputError(
            f"parameters: {str(path)!r} is not posterior, prior or a file that exists{hint}"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _parsed(path: Path, content: bytes, digest: str) -> _Content:
    import pandas as pd

    try:
        read = pd.read_csv if path.suffix.lower() == ".csv" else pd.read_parquet
        frame = read(io.BytesIO(content))
    except Exception as error:
        what = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read as CSV or Parquet: {what}") from error
    problems = list(_problems(frame))
    if problems:
        raise InputError([f"{path}: {p}" for p in problems])
    frame = frame[[name for name in registry() if name in frame]].astype(float)
    return _Content(digest, frame, _arrays(frame))


def _arrays(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Draws as arrays; float32 may have rounded a value just beyond its bound."""
    return {
        name: np.clip(frame[name].to_numpy(float), p.low, p.high)
        for name, p in registry().items()
        if name in frame
    }


def _problems(frame: pd.DataFrame) -> Any:
    import pandas as pd

    known = registry()
    for column in frame.columns:
        if column not in known:
            yield f"unknown parameter {column!r}{nearest(str(column), known)}"
    if frame.empty:
        yield "no draws"
        return
    if not any(name in frame for name in known):
        yield "no parameters"
    for name, p in ((n, p) for n, p in known.items() if n in frame):
        values = pd.to_numeric(frame[name], errors="coerce")
        bad = ~((values >= p.low - 1e-6) & (values <= p.high + 1e-6))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            yield (
                f"{name}: {frame[name].tolist()[row]!r} in row {row + 1} is out of range "
                f"(allowed: {p.low:g} to {p.high:g}, {p.unit})"
            )


def sample(
    source: str, seed: int, replicates: np.ndarray, digest: str = ""
) -> dict[str, np.ndarray]:
    """Parameter values of some replicates.

    Replicate ``r`` always gets the same values for a source and a seed. Draws of a posterior or a
    file are dealt out in an order that depends on the seed, and again when they run out.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    seed : int
    replicates : numpy.ndarray of int, shape (draws,)
    digest : str, optional
        Of the draws that are meant, from :func:`digest_of`: should the file have changed since,
        its draws of then are taken if this process has read them.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)

    Raises
    ------
    InputError
        As :func:`read_draws`, and if the draws that are meant are gone.
    """
    columns = _columns(source, digest)
    if columns is None:
        return sample_prior(seed, replicates)
    size = len(next(iter(columns.values())))
    order = np.random.default_rng(seed).permutation(size)
    rows = order[np.asarray(replicates, int) % size]
    found = {name: column[rows] for name, column in columns.items()}
    lacking = {name: p for name, p in registry().items() if name not in found}
    found |= sample_prior(seed, replicates, lacking)
    return {name: found[name] for name in registry()}


def number_of_draws(source: str, digest: str = "") -> int | None:
    """Different draws that a source has; ``None`` for the prior, which has as many as one asks."""
    columns = _columns(source, digest)
    return None if columns is None else len(next(iter(columns.values())))


def _columns(source: str, digest: str = "") -> dict[str, np.ndarray] | None:
    """Draws as arrays by parameter; ``None`` for the prior."""
    return None if source == "prior" else _content(source, digest).columns


def independent(source: str, seed: int, draws: int, digest: str = "") -> np.ndarray:
    """Replicates whose parameter values are independent of those of replicates 0 to ``draws``.

    The next ones, as long as the source has draws that the first have not had. A file that is too
    short for that is dealt out anew, in an order of its own, so that no draw of the second set
    says which draw of the first it goes with; :func:`too_short` says that it was.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    seed, draws : int
    digest : str, optional
        As for :func:`sample`.

    Returns
    -------
    numpy.ndarray of int, shape (draws,)
        For :func:`sample`.
    """
    size = number_of_draws(source, digest)
    if size is None or 2 * draws <= size:
        return np.arange(draws, 2 * draws)
    rng = np.random.default_rng([seed, draws])
    rounds = -(-draws // size)
    return np.concatenate([rng.permutation(size) for _ in range(rounds)])[:draws]


def too_short(source: str, draws: int, digest: str = "") -> str | None:
    """A sentence where a source has fewer draws than two sets of so many need."""
    size = number_of_draws(source, digest)
    if size is None or 2 * draws <= size:
        return None
    return (
        f"{size:,} draws of parameters ({source}) are too few for two sets of {draws:,}: the "
        "second set has the same draws again, in another order"
    )
