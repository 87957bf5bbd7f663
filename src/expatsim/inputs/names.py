"""Files by name, found in the same way for ``based_on``, scenarios of sweeps and commands."""

from __future__ import annotations

import os
from pathlib import Path

from expatsim.errors import LONGEST_NAME, nearest_name
from expatsim.inputs.aliases import city_meant

ENDINGS = (".yaml", ".yml")


def find(folder: str | Path, name: str, shipped: Path | None = None) -> Path:
    """The file that a name in a file of this folder stands for.

    A name may have an ending or not, dots (``plan.v2``) and other folders (``../scenarios/plan``).
    Letters after the last dot are an ending only if they are one of YAML's. A name without ending
    and folder for which there is no file stands for the shipped file of this name.

    Parameters
    ----------
    folder : str or pathlib.Path
        From which relative names start.
    name : str
        As somebody wrote it.
    shipped : pathlib.Path, optional
        Folder of the package that is looked into last, such as
        :data:`expatsim.shipped.SCENARIOS`.

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
    if shipped and is_bare(name):
        order.append(shipped / f"{name}{ENDINGS[0]}")
    files = (path for path in order if os.path.isfile(path))
    return next(files, exact if os.path.exists(exact) else order[0])


def is_bare(name: str) -> bool:
    """Whether a name has neither an ending nor a folder, so that it may be that of a shipped file.

    Examples
    --------
    >>> [is_bare(name) for name in ("rotterdam", "rotterdam.yaml", "plans/rotterdam")]
    [True, False, False]
    """
    return os.path.basename(name) == name and not name.lower().endswith(ENDINGS)


def name_of(path: str | Path) -> str:
    """Name of a file without its YAML ending; other dots are part of the name.

    Examples
    --------
    >>> name_of("scenarios/plan.v2.yaml")
    'plan.v2'
    """
    name = Path(path).name
    return next((name[: -len(e)] for e in ENDINGS if name.lower().endswith(e)), name)


def no_such(
    folder: str | Path, name: str, asking: str | Path | None = None, shipped: Path | None = None
) -> str:
    """Message for a scenario that does not exist, with the one that may be meant.

    Parameters
    ----------
    folder, name, shipped
        As for :func:`find`.
    asking : str or pathlib.Path, optional
        The file in which the name stands; it is not offered.
    """
    if name == "-":
        return "no scenario '-': standard input is not read; save it as a file, and give its name"
    quoted = repr(name) if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]!r}..."
    if os.path.islink(find(folder, name)):
        return f"{quoted} is a link to a file that is not there"
    return f"no scenario {quoted}{hint(folder, name, asking, shipped)}"


def hint(
    folder: str | Path, name: str, asking: str | Path | None = None, shipped: Path | None = None
) -> str:
    """The nearest existing name, or all names in the folder and of shipped files.

    Parameters are those of :func:`no_such`.
    """
    beside = Path(folder, name).parent
    own = os.path.realpath(asking) if asking is not None else ""
    names = [] if "\0" in name else names_in(beside, own)
    more = names_in(shipped, own) if shipped and is_bare(name_of(name)) else []
    wanted = name_of(name.replace("\\", "/"))
    city = city_meant(wanted)
    every = list(dict.fromkeys([*names, *more]))
    same = next((k for k in every if city and city_meant(k) == city), None)
    near = same or nearest_name(Path(wanted).name, every)
    if "\\" in name and near is None:
        return f"; folders end with /, {name.replace(chr(92), '/')!r}"
    if near is None:
        others = f"; shipped: {_some(more, 3)}" if more else ""
        return f"; in {beside}: {_some(names)}{others}"
    return f"; did you mean {os.path.join(os.path.dirname(name), near)!r}?"


def names_in(folder: Path, own: str = "") -> list[str]:
    """Names of the YAML files in a folder, sorted; none if it cannot be read.

    Parameters
    ----------
    folder : pathlib.Path
        Where to look.
    own : str, optional
        Real path of a file to leave out.
    """
    try:
        inside = os.listdir(folder)
    except OSError:
        return []
    paths = [folder / name for name in inside if name.lower().endswith(ENDINGS)]
    files = (p for p in paths if os.path.isfile(p) and os.path.realpath(p) != own)
    return sorted(name_of(p) for p in files)


def _some(names: list[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}" if names else "none"
