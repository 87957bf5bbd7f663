"""Parameter draws for projections: the shipped posterior, the prior, or a file.

Draws are identified by the hash of their content and not by the name of their file: a file that
changed is read again, and a run in progress keeps the draws with which it began.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim.errors import InputError, nearest
from expatsim.model.levers import Lever, lever_of_level
from expatsim.model.parameters import Parameter, registry, sample_prior

if TYPE_CHECKING:
    import pandas as pd

DRAWS = "posterior.parquet"  # file of the draws of a calibration
SOURCES_OF_DRAWS = ("posterior", "prior", "posterior+prior")
PLUS_PRIOR = "+prior"  # after a source: parameters that it lacks are drawn from their priors
KEPT = 8  # files whose content stays in memory


class _Content(NamedTuple):
    """Draws as they were when they were read: SHA-256, table, and arrays by parameter."""

    digest: str
    frame: pd.DataFrame
    columns: dict[str, np.ndarray]


_kept: dict[str, _Content] = {}  # by digest, the latest last


def folder() -> Any:
    """Folder of the package with the shipped posterior, its record and its fit."""
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
    """Draws of a posterior or a file; with a digest, those with this SHA-256 and no others."""
    name = source.removesuffix(PLUS_PRIOR)
    content = _kept.get(digest)
    if content:
        pass
    elif name == "posterior":
        content = _shipped()
    else:
        data = _read(Path(name))
        key = hashlib.sha256(data).hexdigest()
        content = _kept.get(key) or _parsed(Path(name), data, key)
        _kept.pop(key, None)
        _kept[key] = content  # as the latest
        for old in list(_kept)[:-KEPT]:
            _kept.pop(old, None)
    if digest and content.digest != digest:
        raise InputError(f"{source}: has changed since the run began; run it again")
    missing = [p for p in registry() if p not in content.columns]
    if missing and source == "posterior":
        raise InputError(
            f"the shipped posterior lacks {', '.join(missing)}: give --parameters "
            f"posterior{PLUS_PRIOR} to draw them from their priors, or calibrate again"
        )
    if missing and name == source:
        how = f"give {source}{PLUS_PRIOR} to draw it from its prior"
        raise InputError([f"{source}: parameter {p!r} is missing ({how})" for p in missing])
    return content


def from_prior(source: str, digest: str = "") -> list[str]:
    """Parameters that a source lacks and that are drawn from their priors; empty for the prior.

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
        hint = nearest(str(path), SOURCES_OF_DRAWS)
        raise InputError(
            f"parameters: {str(path)!r} is not posterior, prior or a file that exists{hint}"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _parsed(path: Path, content: bytes, digest: str) -> _Content:
    import pandas as pd

    table = path.suffix.lower() == ".csv"
    try:
        frame = (pd.read_csv if table else pd.read_parquet)(io.BytesIO(content))
    except Exception as error:  # pyarrow's own words tell nothing of the file
        what = f"CSV ({' '.join(str(error).split())[:120]})" if table else "Parquet"
        raise InputError(
            f"{path}: cannot be read as {what}; a file of draws is {DRAWS}, as a calibration "
            "writes it, or a table whose name ends in .csv, with a column for each parameter"
        ) from error
    problems = list(_problems(frame))
    if problems:
        raise InputError([f"{path}: {p}" for p in problems])
    levels = [name for name in frame if name not in registry()]
    frame = frame[[*(name for name in registry() if name in frame), *levels]].astype(float)
    return _Content(digest, frame, _arrays(frame))


def _arrays(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Draws as arrays; float32 may have rounded a value just beyond its bound."""
    return {
        name: np.clip(frame[name].to_numpy(float), p.low, p.high)
        for name, p in _bounded(frame).items()
    }


def _bounded(frame: pd.DataFrame) -> dict[str, Parameter | Lever]:
    """What the columns of a table hold: parameters, and levels of cities that are not of the study.

    Columns that hold neither are left out.
    """
    levels = {n: lever_of_level(str(n)) for n in frame if n not in registry()}
    return {name: p for name, p in registry().items() if name in frame} | {
        name: lever for name, lever in levels.items() if lever
    }


def _problems(frame: pd.DataFrame) -> Iterator[str]:
    """Problems of a file of draws, one sentence each."""
    import pandas as pd

    parameters = registry()
    known = _bounded(frame)
    for column in frame.columns:
        if column not in known:
            yield f"unknown parameter {column!r}{nearest(str(column), parameters)}"
    if frame.empty:
        yield "no draws"
        return
    if not any(name in frame for name in parameters):
        yield "no parameters"
    for name, p in known.items():
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
    """Parameter values of replicates.

    Replicate ``r`` always gets the same values for a source and a seed. Draws of a posterior or a
    file are dealt out in an order that depends on the seed, and again when they run out.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file; see :func:`read_draws`.
    seed : int
        Random seed of the run.
    replicates : numpy.ndarray of int, shape (draws,)
        Number of the replicate of each draw, from 0.
    digest : str, optional
        SHA-256 of the draws to use, from :func:`digest_of`: if the file has changed since, its
        former draws are used where this process has read them.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        Values by parameter, in its unit.

    Raises
    ------
    InputError
        As :func:`read_draws`, and if the draws with this digest are gone.

    Examples
    --------
    >>> values = sample("posterior", 1, np.arange(4))
    >>> values["renewal"].shape
    (4,)
    """
    columns = _columns(source, digest)
    if columns is None:
        return sample_prior(seed, replicates)
    rows = rows_of(len(next(iter(columns.values()))), seed, replicates)
    values = {name: column[rows] for name, column in columns.items()}
    lacking = {name: p for name, p in registry().items() if name not in values}
    values |= sample_prior(seed, replicates, lacking)
    return {name: values[name] for name in registry()}


def spread(source: str, name: str, digest: str = "") -> float:
    """Standard deviation of the draws of a parameter, on the scale on which its prior is normal.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file; see :func:`read_draws`.
    name : str
        Name of a parameter of the package.
    digest : str, optional
        As for :func:`sample`.
    """
    p, columns = registry()[name], _columns(source, digest) or {}
    return float(np.std(p.to_scale(columns[name]))) if name in columns else p.spread


def rows_of(size: int, seed: int, replicates: np.ndarray) -> np.ndarray:
    """Rows of a source's draws that replicates get, int, shape (draws,).

    Parameters
    ----------
    size : int
        Number of different draws of the source.
    seed, replicates
        As for :func:`sample`.
    """
    order = np.random.default_rng(seed).permutation(size)
    return order[np.asarray(replicates, int) % size]


def levels_in(source: str, digest: str = "") -> list[str]:
    """Levels of 2009 that a source holds of cities that are not of the study, by name.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    digest : str, optional
        As for :func:`sample`.
    """
    return [name for name in _columns(source, digest) or {} if name not in registry()]


def sample_levels(
    source: str, seed: int, replicates: np.ndarray, digest: str = ""
) -> dict[str, np.ndarray]:
    """Levels of 2009 that a file of draws holds of cities that are not of the study.

    A calibration with a city's own answers knows them (``cities:`` in its file).

    Parameters
    ----------
    source, seed, replicates, digest
        As for :func:`sample`.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        By name of the parameter, of the same rows as :func:`sample` takes; empty for most sources.
    """
    columns = _columns(source, digest) or {}
    names = levels_in(source, digest)
    if not names:
        return {}
    rows = rows_of(len(columns[names[0]]), seed, replicates)
    return {name: columns[name][rows] for name in names}


def number_of_draws(source: str, digest: str = "") -> int | None:
    """Number of different draws of a source; ``None`` for the prior, which has no limit."""
    columns = _columns(source, digest)
    return None if columns is None else len(next(iter(columns.values())))


def _columns(source: str, digest: str = "") -> dict[str, np.ndarray] | None:
    """Draws as arrays by parameter; ``None`` for the prior."""
    return None if source == "prior" else _content(source, digest).columns


def independent(source: str, seed: int, draws: int, digest: str = "") -> np.ndarray:
    """Replicates with parameter values independent of those of replicates 0 to ``draws - 1``.

    They are the next ones, as long as the source has draws that the first set has not used. A
    source that is too short for that is dealt out again in another order, so that the two sets are
    not paired; :func:`too_short` gives the sentence for users about it.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file; see :func:`read_draws`.
    seed : int
        Random seed of the other order.
    draws : int
        Number of replicates of either set.
    digest : str, optional
        As for :func:`sample`.

    Returns
    -------
    numpy.ndarray of int, shape (draws,)
        To be used as ``replicates`` of :func:`sample`.

    Examples
    --------
    >>> independent("prior", 1, 3).tolist()
    [3, 4, 5]
    """
    size = number_of_draws(source, digest)
    if size is None or 2 * draws <= size:
        return np.arange(draws, 2 * draws)
    rng = np.random.default_rng([seed, draws])
    rounds = -(-draws // size)
    return np.concatenate([rng.permutation(size) for _ in range(rounds)])[:draws]


def too_short(source: str, draws: int, digest: str = "") -> str | None:
    """A sentence where a source has too few draws for two sets of ``draws``; else ``None``."""
    size = number_of_draws(source, digest)
    if size is None or 2 * draws <= size:
        return None
    return (
        f"{size:,} draws of parameters ({source}) are too few for two sets of {draws:,}: the "
        "second set has the same draws again, in another order"
    )
