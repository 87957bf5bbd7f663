"""The wheel alone, in an empty folder and without extras, as somebody has who installs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from expatsim.extras import EXTRAS
from expatsim.fingerprint import fingerprint
from expatsim.posterior import record
from expatsim.runs import provenance
from expatsim.sweeps import run as sweeps
from helpers import ROOT

SOURCES = ("src", "scenarios", "sweeps", "pyproject.toml", "setup.py", "MANIFEST.in")
FOLDERS = ("scenarios", "sweeps")
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
ALONE = ["--no-deps", "--no-index"]
# runs before anything else in a process: packages of extras cannot be imported
WITHOUT_EXTRAS = f"import sys\nsys.modules.update(dict.fromkeys({sum(EXTRAS.values(), ())}))\n"


def called(*words: str | Path, cwd: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """A process in a folder, and what it printed."""
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, **settings)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the package from a wheel, made of a source distribution made of a copy."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    for name in (*SOURCES, "README.md", "LICENSE"):
        whole = ROOT / name
        if whole.is_dir():
            # what lies about in a checkout is in none
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(whole, source / name, ignore=ignored)
        else:
            shutil.copy(whole, source / name)
    make = "from setuptools import build_meta; build_meta.build_sdist('dist')"
    called(sys.executable, "-c", make, cwd=source, check=True)
    (packed,) = (source / "dist").glob("*.tar.gz")
    shutil.rmtree(source / "src")
    called(
        *PIP, "wheel", *ALONE, "--no-build-isolation", "-w", "out", packed, cwd=place, check=True
    )
    (wheel,) = (place / "out").glob("*.whl")
    called(*PIP, "install", *ALONE, "--target", "site", wheel, cwd=place, check=True)
    (place / "site" / "sitecustomize.py").write_text(WITHOUT_EXTRAS)
    return place / "site"


def in_python(code: str, site: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Some code in a folder, with the wheel's package."""
    env = {**os.environ, "PYTHONPATH": str(site)}
    return called(sys.executable, "-c", code, cwd=folder, env=env)


# all commands in one process, which compiles the engine once
COMMANDS = """
import sys
from pathlib import Path
from expatsim.cli import main

def expatsim(line):
    sys.argv = ["expatsim", *line.split()]
    try:
        main()
    except SystemExit as end:
        return end.code or 0
"""


def test_it_holds_scenarios_and_sweeps_as_they_are(site: Path) -> None:
    for folder in FOLDERS:
        here = {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*") if p.is_file()}
        inside = site / "expatsim" / "shipped"
        there = {p.relative_to(inside) for p in (inside / folder).rglob("*") if p.is_file()}
        assert here == there
        for name in here:
            assert (inside / name).read_bytes() == (ROOT / name).read_bytes()


def test_a_policymaker_needs_no_file_and_no_extra(site: Path, tmp_path: Path) -> None:
    code = f"""{COMMANDS}
import expatsim as xs
assert Path(xs.__file__).is_relative_to({str(site)!r}), xs.__file__
assert expatsim("scenarios") == 0
assert expatsim("new my-plan") == 0
Path("my-plan.yaml").write_text(Path("my-plan.yaml").read_text().replace("# mentor", "mentor"))
assert expatsim("check my-plan rotterdam-2025") == 0
assert expatsim("run my-plan --draws 2") == 0
assert expatsim("report rotterdam my-plan --draws 2 --lang nl") == 0
assert expatsim("compare roterdam my-plan") == 2
assert xs.load("den-haag").city == "den_haag"
assert xs.load_sweep("rotterdam-drivers").scenario.name == "rotterdam"
from expatsim.posterior.record import calibration_fingerprint
from expatsim.sweeps.run import code_version
print(calibration_fingerprint(), code_version())
"""
    done = in_python(code, site, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().splitlines()[-1] == (
        "no scenario 'roterdam'; did you mean 'rotterdam'?"
    )
    assert "Rotterdam with mentor projects" in done.stdout
    # what lies beside the package in a wheel is no part of the code that made a number
    assert done.stdout.split()[-2:] == [record.calibration_fingerprint(), sweeps.code_version()]
    folder = tmp_path / "results"
    made = {p.name for p in folder.iterdir()}
    assert made == {"my-plan", "rotterdam-vs-my-plan-nl.html"}
    manifest = json.loads((folder / "my-plan" / "manifest.json").read_text())
    assert manifest["code"] == fingerprint(*provenance.ENTRIES)
    # no folder of a machine
    assert set(manifest["texts"]) == {"expatsim/rotterdam.yaml", "my-plan.yaml"}
    env = {**os.environ, "PYTHONPATH": str(site)}
    said = called(sys.executable, "-m", "expatsim", "--version", cwd=tmp_path, env=env).stdout
    assert (site / f"expatsim-{said.strip()}.dist-info").is_dir()


NEED_MORE = {
    "sweep rotterdam-drivers": ("a sweep", "research"),
    "information rotterdam": ("information", "research"),
    "power-scaling rotterdam": ("power-scaling", "research"),
    "calibrate": ("a calibration", "research"),
}


def test_what_needs_an_extra_says_so_before_the_work(site: Path, tmp_path: Path) -> None:
    code = f"""{COMMANDS}
for line in {list(NEED_MORE)}:
    assert expatsim(line) == 2
import expatsim as xs
try:
    xs.ExpatModel
except xs.InputError as error:
    print(error, file=sys.stderr)
"""
    done = in_python(code, site, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "warning" not in line] == [
        f"{what} needs more packages: pip install 'expatsim[{extra}]'"
        for what, extra in (*NEED_MORE.values(), ("ExpatModel", "mesa"))
    ]
    assert not list(tmp_path.iterdir())
