"""Files by name, found in the same way for ``based_on``, scenarios of sweeps and commands."""

from __future__ import annotations

import os
from pathlib import Path

from expatsim.errors import LONGEST_NAME, nearest_name
from expatsim.inputs.aliases import city_meant

ENDINGS = (".yaml", ".yml")


def find(folder: str | Path, name: str) -> Path:
    """The file that a name in a file of this folder stands for.

    A name may have an ending or not, dots (``plan.v2``) and other folders (``../scenarios/plan``).
    Letters after the last dot are an ending only if they are one of YAML's.

    Parameters
    ----------
    folder : str or pathlib.Path
        From which relative names start.
    name : str
        As somebody wrote it.

    Returns
    -------
    pathlib.Path
        A file that exists; if there is none, the path that the name would have.
    """
    exact = Path(folder, name)
    added = [Path(folder, f"{name}{ending}") for ending in ENDINGS]
    has_ending = name.lower().endswith(ENDINGS)
    order = [exact, *added] if has_ending else [*added, exact]
    # os.path says no where pathlib raises, for names that are too long or hold a NUL
    files = (path for path in order if os.path.isfile(path))
    return next(files, exact if os.path.exists(exact) else order[0])


def name_of(path: str | Path) -> str:
    """Name of a file without its YAML ending; other dots are part of the name.

    Examples
    --------
    >>> name_of("scenarios/plan.v2.yaml")
    'plan.v2'
    """
    name = Path(path).name
    return next((name[: -len(e)] for e in ENDINGS if name.lower().endswith(e)), name)


def no_such(folder: str | Path, name: str, asking: str | Path | None = None) -> str:
    """Message for a scenario that does not exist, with the one that may be meant.

    Parameters
    ----------
    folder, name
        As for :func:`find`.
    asking : str or pathlib.Path, optional
        The file in which the name stands; it is not offered.
    """
    quoted = repr(name) if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]!r}..."
    if os.path.islink(find(folder, name)):
        return f"{quoted} is a link to a file that is not there"
    return f"no scenario {quoted}{hint(folder, name, asking)}"


def hint(folder: str | Path, name: str, asking: str | Path | None = None) -> str:
    """The nearest existing name, or all names in the folder; parameters as :func:`no_such`."""
    beside = Path(folder, name).parent
    own = os.path.realpath(asking) if asking is not None else ""
    names = [] if "\0" in name else _files(beside, own)
    wanted = name_of(name.replace("\\", "/"))
    city = city_meant(wanted)
    same = next((k for k in names if city and city_meant(k) == city), None)
    near = same or nearest_name(Path(wanted).name, names)
    if near is None:
        return f"; in {beside}: {_some(names)}"
    return f"; did you mean {os.path.join(os.path.dirname(name), near)!r}?"


def _files(folder: Path, own: str) -> list[str]:
    try:
        inside = sorted(os.listdir(folder))
    except OSError:
        return []
    paths = [folder / name for name in inside if name.lower().endswith(ENDINGS)]
    files = (p for p in paths if os.path.isfile(p) and os.path.realpath(p) != own)
    return [name_of(p) for p in files]


def _some(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}" if names else "none"
