"""A new scenario: a file with every lever as a remark, which passes the check as it is."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from expatsim.cities import city_names
from expatsim.errors import InputError
from expatsim.files import writing
from expatsim.inputs.names import ENDINGS, find, name_of, names_in, no_such
from expatsim.inputs.syntax import shown
from expatsim.model.levers import LEVERS, level_2009
from expatsim.scenario.loading import load
from expatsim.scenario.scenario import Scenario, month_name
from expatsim.shipped import SCENARIOS

TEXT = """\
# A scenario for expatsim, based on another: what is not said here stays as it is there.
# Lines that begin with # are remarks: take the # away from what your plan changes.
# Find every mistake:  expatsim check {name}
# See what it changes: expatsim compare {base} {name}
# As a page:           expatsim report {base} {name}
title: {title}
based_on: {base}
# description: what the plan is, in a sentence or two
# author: who wrote it

# Levers from the start on. The number is where each stands in {base} at its start.
policy:
{levers}

# Levers that change later, the earliest first; from {start} to {end}.
# changes:
#   - date: {start}
#     policy:
#       english_information: 0.8
"""


def write_scenario(name: str | Path, base: str | None = None) -> Path:
    """The file of a new scenario, which changes nothing yet.

    Parameters
    ----------
    name : str or pathlib.Path
        Of the file, with or without ending; in the current folder, or with a folder before it.
    base : str, optional
        Scenario that it is based on: a shipped one, or a file beside it; by default that of the
        study's first city as it was in 2009.

    Raises
    ------
    InputError
        If the name is not allowed, the base does not exist, or a file of this name does.
    """
    path = Path(name)
    base = city_names()[0].replace("_", "-") if base is None else base
    stem = name_of(path)
    if not re.fullmatch(r"\w[\w.-]*", stem):
        better = re.sub(r"[^\w.-]+", "-", stem).strip("-.")
        hint = f"; such as {better}" if better else ""
        raise InputError(f"{shown(stem)!r}: a scenario's name has letters, digits, - and _{hint}")
    if stem in names_in(SCENARIOS):
        raise InputError(f"{stem!r} is a shipped scenario; give yours another name")
    there = next((p for e in ENDINGS if os.path.lexists(p := path.with_name(stem + e))), None)
    if there:
        raise InputError(f"{there}: is already there, and stays as it is; choose another name")
    found = find(path.parent, base, SCENARIOS)
    if not os.path.isfile(found):
        raise InputError(no_such(path.parent, base, shipped=SCENARIOS))
    path = path.with_name(stem + ENDINGS[0])
    text = template(path, base, load(found))
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    return path


def template(path: Path, base: str, scenario: Scenario) -> str:
    """Text of a new scenario.

    Parameters
    ----------
    path : pathlib.Path
        File of the new scenario.
    base : str
        Name of the one that it is based on.
    scenario : Scenario
        The scenario of that name, whose levels stand in the remarks.
    """
    title = re.sub(r"[-_]+", " ", name_of(path)).strip()
    return TEXT.format(
        name=path.with_name(name_of(path)),
        base=base,
        title=json.dumps(title[:1].upper() + title[1:], ensure_ascii=False),
        levers="\n".join(_levers(scenario)),
        start=scenario.start,
        end=month_name(scenario.start, scenario.months - 1),
    )


def _levers(scenario: Scenario) -> list[str]:
    """A remark with the level of each lever at the start, its range and what it is."""
    lines = []
    for lever, x in LEVERS.items():
        level = scenario.policy[lever].at(0).value
        if level is None:  # each draw has its own, around that of the city
            level = level_2009(lever, scenario.policy_city).level
        entry = f"{lever}: {level:g}"
        lines.append(f"  # {entry:<29}  # {x.low:g} to {x.high:g}; {x.meaning}")
    return lines
