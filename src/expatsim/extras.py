"""Packages that only some users need, by the extra of ``pyproject.toml`` that brings them."""

from __future__ import annotations

from importlib.util import find_spec

from expatsim.errors import InputError

#: Modules by extra.
EXTRAS = {
    "ema": ("ema_workbench",),
    "mesa": ("mesa",),
    "research": ("SALib", "arviz_stats", "emcee", "sklearn"),
}


def require(extra: str, what: str) -> None:
    """Raise an error if what an extra brings is not installed: before the work, not after it.

    Parameters
    ----------
    extra : str
        A key of :data:`EXTRAS`.
    what : str
        What needs it, for the message.

    Raises
    ------
    InputError
        With one line that says what to install.
    """
    if any(find_spec(module) is None for module in EXTRAS[extra]):
        raise InputError(f"{what} needs more packages: pip install 'expatsim[{extra}]'")
