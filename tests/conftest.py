"""Shared set-up: examples of hypothesis, and what is compiled once for all processes of a session.

Tests start many processes that each would compile the same Python modules and the same engine.
"""

import os
import sys
import tempfile
from pathlib import Path

from hypothesis import settings

settings.register_profile("expatsim", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("expatsim")

# In the first process of a session, before JAX is imported and before workers and other processes
# are started, which inherit it.
if "EXPATSIM_TESTS" not in os.environ:
    compiled = tempfile.TemporaryDirectory(prefix="expatsim-tests-", ignore_cleanup_errors=True)
    os.environ["EXPATSIM_TESTS"] = compiled.name
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(compiled.name) / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    if sys.dont_write_bytecode:  # none beside the sources, as is wished, but here
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(compiled.name) / "python")
