"""Which file a name stands for: one way for ``based_on``, the scenario of a sweep and commands."""

from __future__ import annotations

import os
from pathlib import Path

from expatsim.errors import LONGEST_NAME, nearest_name
from expatsim.inputs.words import city_meant

ENDINGS = (".yaml", ".yml")


def find(folder: str | Path, name: str) -> Path:
    """The file that a name in a file of this folder stands for.

    A name may have an ending or not, dots (``plan.v2``) and other folders (``../scenarios/plan``).
    What is after the last dot is an ending only if it is one of YAML's.

    Returns
    -------
    pathlib.Path
        A file that exists; if there is none, the path that the name would have.
    """
    exact = Path(folder, name)
    added = [Path(folder, f"{name}{ending}") for ending in ENDINGS]
    has_ending = name.lower().endswith(ENDINGS)
    order = [exact, *added] if has_ending else [*added, exact]
    # os.path answers no where pathlib raises: a name that is too long, or holds a NUL
    found = (path for path in order if os.path.isfile(path))
    return next(found, exact if os.path.exists(exact) else order[0])


def name_of(path: str | Path) -> str:
    """Name of a file without its ending of YAML; other dots are part of the name."""
    name = Path(path).name
    return next((name[: -len(e)] for e in ENDINGS if name.lower().endswith(e)), name)


def no_such(folder: str | Path, name: str, asking: str | Path | None = None) -> str:
    """Say that there is no scenario of this name, and which one may be meant.

    Parameters
    ----------
    folder, name
        As for :func:`find`.
    asking : str or pathlib.Path, optional
        The file that has the name in it; it is not offered.
    """
    shown = repr(name) if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]!r}..."
    if os.path.islink(find(folder, name)):
        return f"{shown} is a link to a file that is not there"
    return f"no scenario {shown}{hint(folder, name, asking)}"


def hint(folder: str | Path, name: str, asking: str | Path | None = None) -> str:
    """The nearest name that there is, or all that there are; parameters as :func:`no_such`."""
    beside = Path(folder, name).parent
    own = os.path.realpath(asking) if asking is not None else ""
    known = [] if "\0" in name else _files(beside, own)
    asked = name_of(name.replace("\\", "/"))
    city = city_meant(asked)
    same = next((k for k in known if city and city_meant(k) == city), None)
    near = same or nearest_name(Path(asked).name, known)
    if near is None:
        return f"; in {beside}: {_some(known)}"
    return f"; did you mean {os.path.join(os.path.dirname(name), near)!r}?"


def _files(folder: Path, own: str) -> list[str]:
    try:
        inside = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = [folder / name for name in inside if name.lower().endswith(ENDINGS)]
    there = (p for p in paths if os.path.isfile(p) and os.path.realpath(p) != own)
    return [name_of(p) for p in there]


def _some(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}" if names else "none"
