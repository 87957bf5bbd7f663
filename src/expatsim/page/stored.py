"""The file with response surfaces that the package brings, and its record."""

from __future__ import annotations

import io
import json
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from expatsim.errors import InputError
from expatsim.files import replacing
from expatsim.fingerprint import fingerprint
from expatsim.page.surface import Frame, Surface

FILE = "surfaces.npz"
POSTERIOR, PRIOR = "posterior", "prior"
RECORD = "record"
_SURFACE = ("levels", "weights", "baseline", "scale", "steps", "pairs")


class Stored(NamedTuple):
    """Surfaces of some cities.

    Attributes
    ----------
    surfaces : dict of str to dict of str to Surface
        By city, and by source of the draws: ``"posterior"`` and ``"prior"``.
    record : dict
        ``model`` (fingerprint), ``posterior`` (digest of its draws), ``draws``, ``mixes``,
        ``people`` (size of the cities), and by city ``accuracy``, from
        :func:`expatsim.page.accuracy.summary`, with ``labels``, and ``witnesses``, a few outcomes.
    """

    surfaces: dict[str, dict[str, Surface]]
    record: dict[str, Any]

    @property
    def is_current(self) -> bool:
        """Whether the model and its posterior are still those of the surfaces."""
        return bool(self.record["model"] == stamp())


def stamp() -> str:
    """Return the fingerprint of the model: its code, its posterior and its people."""
    return fingerprint("expatsim.runs.batches")


def write(stored: Stored, path: Path | None = None) -> Path:
    """Write surfaces into a file, whole or not at all, and return its path.

    Parameters
    ----------
    stored : Stored
        The surfaces.
    path : pathlib.Path, optional
        The file; by default that of the package.
    """
    target = path or Path(str(resources.files("expatsim.page") / FILE))
    arrays: dict[str, Any] = {RECORD: np.array(json.dumps(stored.record))}
    for city, sources in stored.surfaces.items():
        for source, surface in sources.items():
            values = (*surface.frame, *surface[1:])
            for name, array in zip(_SURFACE, values, strict=True):
                arrays[f"{city}.{source}.{name}"] = array
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    with replacing(target) as part:
        part.write_bytes(out.getvalue())
    return target


def read(path: Path | None = None) -> Stored:
    """Return the surfaces of a file.

    Parameters
    ----------
    path : pathlib.Path, optional
        The file; by default that of the package.

    Raises
    ------
    InputError
        If there is none, or it is something else.
    """
    source = path or resources.files("expatsim.page") / FILE
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError(
            f"{FILE}: cannot be read; make it with python -m expatsim.page.make_surfaces"
        ) from error
    try:
        with np.load(io.BytesIO(content)) as arrays:
            record = json.loads(str(arrays[RECORD]))
            surfaces: dict[str, dict[str, Surface]] = {}
            for key in arrays.files:
                if key.endswith(f".{_SURFACE[0]}"):
                    city, name, _ = key.split(".")
                    parts = [arrays[f"{city}.{name}.{x}"] for x in _SURFACE]
                    surface = Surface(Frame(*parts[:2]), *parts[2:])
                    surfaces.setdefault(city, {})[name] = surface
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{FILE}: holds no response surfaces") from error
    return Stored(surfaces, record)
