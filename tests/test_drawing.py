"""Figures: looks that are told apart, and matplotlib left as the user has it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from expatsim.report import plots
from helpers import ROOT

# how people without red, green or blue cones see linear RGB (Viénot, Brettel and Mollon)
BLIND = {
    "normal": np.eye(3),
    "protan": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deutan": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    """A colour in CIELAB, as somebody sees it."""
    rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(seen @ linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_sixteen_scenarios_have_sixteen_colours_and_eighty_have_their_looks() -> None:
    looks = [plots.look(k, 80) for k in range(80)]
    assert len({look.colour for look in looks[:16]}) == 16
    assert len({(look.colour, str(look.line)) for look in looks}) == 80
    assert len({(look.colour, look.hatch) for look in looks}) == 80


def test_looks_are_told_apart_with_any_colour_vision() -> None:
    looks = [plots.look(k, 16) for k in range(16)]
    for seen in BLIND.values():
        colours = [lab(look.colour, seen) for look in looks]
        assert all(c[0] < 80 for c in colours)  # on white
        for j, one in enumerate(looks):
            for k in range(j):
                apart = np.linalg.norm(colours[j] - colours[k])
                assert apart > 10 or one.line != looks[k].line, (j, k)


def test_the_user_keeps_backend_and_settings() -> None:
    code = """
import sys, tempfile
import matplotlib
matplotlib.use("svg")
matplotlib.rcParams["text.usetex"] = True
matplotlib.rcParams["axes.facecolor"] = "black"
before = dict(matplotlib.rcParams)
import expatsim as xs
from helpers import small
result = xs.run(small("rotterdam", 0.02, 12), draws=2)
result.save(tempfile.mkdtemp() + "/r")
result.report()
from pathlib import Path
from expatsim.calibration import page
import pandas as pd
cell = dict.fromkeys("asked observed_low observed_high median low high low_99 high_99".split(), 1)
fit = pd.DataFrame([{"target": "a", "cell": "b", **cell}])
page.draw_targets(fit, Path(tempfile.mkdtemp()) / "t.png")
assert dict(matplotlib.rcParams) == before
assert matplotlib.get_backend() == "svg"
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "tests",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_no_module_uses_pyplot() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import pyplot" not in text, path
        assert "matplotlib.pyplot" not in text, path
        assert "matplotlib.use(" not in text, path
