"""Parameter draws for projections: the shipped posterior, the prior, or a file."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.errors import InputError, nearest
from expatsim.levers import CITIES, policy_2009
from expatsim.parameters import registry, sample_prior

if TYPE_CHECKING:
    import pandas as pd

DRAWS, RECORD = "posterior.parquet", "posterior.json"
SOURCES = ("posterior", "prior")


def code_of(module: ModuleType) -> str:
    """Syntax of a module without comments and docstrings, so that words can be mended freely."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        body: list[ast.stmt] = getattr(node, "body", [])
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = [ast.Pass(), *body[1:]]  # type: ignore[attr-defined]  # a docstring
    return ast.dump(tree)


def fingerprint() -> str:
    """Hash of what a posterior follows from: rules, priors, levers, arrivals, study, targets."""
    from expatsim import packing, rules, state, survey
    from expatsim.calibration import study, targets
    from expatsim.population import arrivals, history
    from expatsim.rates import city_quality

    modules = [module for _, module in rules.ORDER]
    modules += [rules.chance, state, packing, arrivals, history, survey, study, targets]
    priors = {p.name: [p.default, p.low, p.high, p.prior, p.spread] for p in registry().values()}
    observed = [repr(t) for t in targets.targets()]
    cities = {c: [policy_2009(c), *city_quality(c)] for c in CITIES}
    text = [*(code_of(m) for m in modules), json.dumps([priors, observed, cities])]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]


def _folder() -> Any:
    return resources.files("expatsim.calibration").joinpath("posterior")


@cache
def record() -> dict[str, Any]:
    """How the shipped posterior was made: settings, seed, version, fingerprint, diagnostics."""
    return json.loads(_folder().joinpath(RECORD).read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def read_draws(source: str) -> pd.DataFrame | None:
    """Parameter draws of a source, one row each; ``None`` for the prior.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"``, or a Parquet or CSV file with one column per parameter.

    Raises
    ------
    InputError
        If the file is missing, lacks a parameter, has an unknown one, or a value out of bounds.
    """
    import pandas as pd

    if source == "prior":
        return None
    if source == "posterior":
        with _folder().joinpath(DRAWS).open("rb") as file:
            return pd.read_parquet(file)
    path = Path(source)
    if not path.is_file():
        hint = nearest(source, SOURCES)
        raise InputError(
            f"parameters: {source!r} is not posterior, prior or a file that exists{hint}"
        )
    try:
        frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except Exception as error:
        what = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read as CSV or Parquet: {what}") from error
    problems = list(_problems(frame))
    if problems:
        raise InputError([f"{path}: {p}" for p in problems])
    return frame[list(registry())].astype(float)


def _problems(frame: pd.DataFrame) -> Any:
    import pandas as pd

    known = registry()
    for column in frame.columns:
        if column not in known:
            yield f"unknown parameter {column!r}{nearest(str(column), known)}"
    if frame.empty:
        yield "no draws"
        return
    for name, p in known.items():
        if name not in frame:
            yield f"parameter {name!r} is missing"
            continue
        values = pd.to_numeric(frame[name], errors="coerce")
        bad = ~((values >= p.low - 1e-6) & (values <= p.high + 1e-6))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            yield (
                f"{name}: {frame[name].tolist()[row]!r} in row {row + 1} is out of range "
                f"(allowed: {p.low:g} to {p.high:g}, {p.unit})"
            )


def sample(source: str, seed: int, replicates: np.ndarray) -> dict[str, np.ndarray]:
    """Parameter values of some replicates.

    Replicate ``r`` always gets the same values for a source and a seed. Draws of a posterior or a
    file are dealt out in an order that depends on the seed, and again when they run out.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    seed : int
    replicates : numpy.ndarray of int, shape (draws,)

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
    """
    columns = _columns(source)
    if columns is None:
        return sample_prior(seed, replicates)
    size = len(next(iter(columns.values())))
    order = np.random.default_rng(seed).permutation(size)
    rows = order[np.asarray(replicates, int) % size]
    return {name: column[rows] for name, column in columns.items()}


def number_of_draws(source: str) -> int | None:
    """Different draws that a source has; ``None`` for the prior, which has as many as one asks."""
    columns = _columns(source)
    return None if columns is None else len(next(iter(columns.values())))


def independent(source: str, seed: int, draws: int) -> np.ndarray:
    """Replicates whose parameter values are independent of those of replicates 0 to ``draws``.

    The next ones, as long as the source has draws that the first have not had. A file that is too
    short for that is dealt out anew, in an order of its own, so that no draw of the second set
    says which draw of the first it goes with; :func:`too_short` says that it was.

    Parameters
    ----------
    source : str
        See :func:`read_draws`.
    seed, draws : int

    Returns
    -------
    numpy.ndarray of int, shape (draws,)
        For :func:`sample`.
    """
    size = number_of_draws(source)
    if size is None or 2 * draws <= size:
        return np.arange(draws, 2 * draws)
    rng = np.random.default_rng([seed, draws])
    rounds = -(-draws // size)
    return np.concatenate([rng.permutation(size) for _ in range(rounds)])[:draws]


def too_short(source: str, draws: int) -> str | None:
    """A sentence where a source has fewer draws than two sets of so many need."""
    size = number_of_draws(source)
    if size is None or 2 * draws <= size:
        return None
    return (
        f"{size:,} draws of parameters ({source}) are too few for two sets of {draws:,}: the "
        "second set has the same draws again, in another order"
    )


@lru_cache(maxsize=8)
def _columns(source: str) -> dict[str, np.ndarray] | None:
    """Draws as arrays; float32 may have rounded a value just beyond its bound."""
    frame = read_draws(source)
    if frame is None:
        return None
    return {n: np.clip(frame[n].to_numpy(float), p.low, p.high) for n, p in registry().items()}
