"""Compiled loops are kept between processes, and never decide what comes out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import hashlib, sys
import expatsim as xs
from helpers import small
result = xs.run(small("rotterdam", people=0.02, months=12), draws=2)
print(hashlib.sha256(result.dataset["here"].values.tobytes()).hexdigest())
"""


def run(home: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own, whose user has this cache folder and has chosen nothing of JAX."""
    chosen = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    here = Path(__file__).parents[1]
    paths = os.pathsep.join([str(here), *sys.path])
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**chosen, "XDG_CACHE_HOME": str(home), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the cache folder is named for Linux")
def test_what_was_compiled_is_kept_and_gives_the_same_bits(tmp_path: Path) -> None:
    first = run(tmp_path)
    kept = list(tmp_path.glob("expatsim/compiled/*/*-cache"))
    assert kept
    assert run(tmp_path).stdout == first.stdout
    assert list(tmp_path.glob("expatsim/compiled/*/*-cache")) == kept
    for path in kept:
        path.write_bytes(b"damaged")
    assert run(tmp_path).stdout == first.stdout
    home = tmp_path / "no folder"
    home.write_text("a file", encoding="utf-8")
    without = run(home)
    assert (without.stdout, without.stderr) == (first.stdout, "")
