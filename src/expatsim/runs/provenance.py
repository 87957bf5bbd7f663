"""Provenance of a result: enough to repeat it, and warnings about its draws."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from expatsim.fingerprint import fingerprint
from expatsim.model.parameters import lent_levels
from expatsim.posterior import from_prior, levels_in
from expatsim.posterior.record import NO_CALIBRATION, calibration_of
from expatsim.scenario.guards import warnings
from expatsim.scenario.scenario import Scenario
from expatsim.shipped import SCENARIOS
from expatsim.version import version

_LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "pandas", "xarray")
# modules that make the numbers of a result: the run, and the tables
ENTRIES = (
    "expatsim.runs.batches",
    "expatsim.findings.summary",
    "expatsim.findings.effects",
    "expatsim.findings.cost",
)


def git_commit() -> str:
    """Return the commit of the checkout that this package is in; ``unknown`` if it is in none.

    ``+changes`` after it: files differ from that commit.
    """
    folder = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()

    try:
        if not git("ls-files", str(Path(__file__).resolve())):
            return "unknown"
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def manifest(scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Return versions, code, platform, settings, draws and scenario texts of a result.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios that are run, the baseline first.

    Returns
    -------
    dict
        Plain values for JSON. ``code`` is the fingerprint of all code and packaged data that the
        numbers follow from; ``parameters_digest`` the SHA-256 of the draws (empty for the prior);
        ``from_prior`` the parameters that these lack; ``posterior`` the fingerprint of the
        calibration that they are from, or ``none``; ``calibration`` its record.
    """
    source, digest, calibration = "unknown", "", None
    lent = lent_levels(city for s in scenarios for city in s.own_cities)
    own = dict.fromkeys(p for s in scenarios for p in s.own_parameters)
    from_priors = [p for p in own if p not in lent]
    if scenarios:
        source, digest = scenarios[0].parameters, scenarios[0].parameters_digest
        calibration = calibration_of(source, digest)
        known = levels_in(source, digest)
        from_priors = [*from_prior(source, digest), *(p for p in from_priors if p not in known)]
    names = names_of(file for s in scenarios for file in _files(s))
    cautions = {s.name: warnings(s) for s in scenarios}
    if calibration and calibration.doubt():
        cautions = {name: [str(calibration.doubt()), *lines] for name, lines in cautions.items()}
    return {
        "expatsim": version(),
        "code": fingerprint(*ENTRIES),
        "git_commit": git_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "parameters": source,
        "parameters_digest": digest,
        "from_prior": from_priors,
        "warnings": {name: lines for name, lines in cautions.items() if lines},
        "posterior": calibration.fingerprint if calibration else NO_CALIBRATION,
        "calibration": calibration.plain() if calibration else None,
        "scenarios": [
            {**s.describe(), "files": [names[file] for file in _files(s)]} for s in scenarios
        ],
        "texts": {name: text for (_, text), name in names.items()},
    }


def scenarios_of(provenance: Mapping[str, Any]) -> list[Scenario]:
    """Return the scenarios that a manifest describes, equal to those that were run."""
    return [
        dataclasses.replace(
            Scenario.from_description(description),
            texts={name: provenance["texts"][name] for name in description["files"]},
        )
        for description in provenance["scenarios"]
    ]


File = tuple[str, str]  # path and text


def _files(scenario: Scenario) -> list[File]:
    return [(os.path.abspath(path), text) for path, text in scenario.texts.items()]


def names_of(files: Iterable[File]) -> dict[File, str]:
    """Return a name for every file: its path from the folder that all files have in common.

    Where they come with files of a user, shipped ones are named as of the package: no reader
    needs to know its folder. No text is left out: if one path has had two texts, the name of the
    second is numbered.

    Parameters
    ----------
    files : iterable of (str, str)
        Path and text of each file.

    Examples
    --------
    >>> list(names_of([("/a/base.yaml", ""), ("/a/plans/more.yaml", "")]).values())
    ['base.yaml', 'plans/more.yaml']
    """
    unique = list(dict.fromkeys(files))
    if not unique:
        return {}
    own = [path for path, _ in unique if not Path(path).is_relative_to(SCENARIOS)]
    shared = os.path.commonpath([os.path.dirname(path) for path in own or dict(unique)])
    names: dict[File, str] = {}
    for path, text in unique:
        if own and path not in own:
            plain = name = f"expatsim/{Path(path).relative_to(SCENARIOS).as_posix()}"
        else:
            plain = name = Path(path).relative_to(shared).as_posix()
        number = 2
        while name in names.values():
            name, number = f"{plain} ({number})", number + 1
        names[path, text] = name
    return names
