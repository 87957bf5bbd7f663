"""What JAX runs on."""

from __future__ import annotations

import os

from expatsim.errors import InputError


def kind_of_processor() -> str:
    """Return what JAX runs on, ``"cpu"`` or ``"gpu"``.

    Raises
    ------
    InputError
        If it finds none of the kind that is asked for.
    """
    import jax

    try:
        return jax.default_backend()
    except (RuntimeError, AssertionError) as error:  # the latter comes without a message
        chosen = os.environ.get("JAX_PLATFORMS", "")
        raise InputError(
            f"JAX finds no processor of the kind that is asked for (JAX_PLATFORMS={chosen}): "
            "leave the setting out, or say cpu"
        ) from error
