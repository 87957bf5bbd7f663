"""Compiled loops, kept between processes.

Compiling takes as long as many draws. What a processor can run depends on its features, so each
kind of processor has its own folder.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Any

import jax

MOST = 2**28  # bytes of compiled code that are kept; the longest unused goes first
SHORTEST = 0.2  # seconds of compiling that are worth keeping


def keep_compiled() -> None:
    """Let JAX keep what it compiles in the user's cache folder.

    Nothing is changed if the user has chosen a folder or none (``JAX_COMPILATION_CACHE_DIR``,
    ``JAX_ENABLE_COMPILATION_CACHE=false``), and nothing is kept where nothing can be written.
    """
    from platformdirs import user_cache_path

    config: Any = jax.config
    if config.jax_compilation_cache_dir is not None or not config.jax_enable_compilation_cache:
        return
    folder = user_cache_path("expatsim") / "compiled" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:  # a home that is read-only, or none
        return
    if not os.access(folder, os.W_OK):
        return
    config.update("jax_compilation_cache_dir", str(folder))
    config.update("jax_compilation_cache_max_size", MOST)
    config.update("jax_persistent_cache_min_compile_time_secs", SHORTEST)


def _processor() -> str:
    """Name for a kind of processor: hash of its model and features."""
    about = Path("/proc/cpuinfo")
    try:
        lines = about.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # another system than Linux
        lines = []
    told = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    words = [platform.machine(), platform.processor(), *sorted(told)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]
