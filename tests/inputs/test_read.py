"""Whatever is done to a file, it is read or refused in short lines, soon."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from expatsim.calibration.settings import load_settings
from expatsim.errors import InputError
from expatsim.scenario import load
from expatsim.sweeps import load_sweep
from helpers import SCENARIOS

FOLDER = Path(tempfile.mkdtemp())
for shipped in SCENARIOS:
    (FOLDER / shipped.name).write_bytes(shipped.read_bytes())
FULL = """title: Plan B
city: den_haag
policy_from: rotterdam
start: 2011-01
years: 5
climate: -0.5
policy: {nightlife: 1, english_information: {add: 0.2}, desk_visibility: as in 2009}
changes:
  - date: 2012-07
    policy:
      mentor_projects: {people_a_year: 200}
    inflow: 900
    note: "a trial: with one district"
costs:
  mentor_projects: {per_year: 50000, per_participant: 600.5}
value_per_expat_year: 1e4
population: {stock: 3000, weights: survey}
description: >
  Some text
  on two lines.
seed: 7
draws: 20
"""
SWEEP = """title: What drives it
scenario: rotterdam
uncertainties:
  vary: [leave_choice]
  ranges: {mentor_contacts: [0.002, 0.1]}
levers:
  english_information: [0.2, 0.8]
design: latin
samples: 8
outcomes: [newcomers_5]
people: 0.1
years: 6
"""
CALIBRATION = """title: A small one
seed: 3
households: {rotterdam: 400, den_haag: 300}
steps: 60
without: [wish to stay]
"""
KINDS: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "scenario": (load, [FULL, *(p.read_text(encoding="utf-8") for p in SCENARIOS)]),
    "sweep": (load_sweep, [SWEEP]),
    "calibration": (load_settings, [CALIBRATION]),
}
SNIPPETS = [
    *"{}[],:&*!|>'\"%@`#?-\t\n\r ~<=.\\\0\x1b\x7f\x85\u2028\ufeff",
    "  ", "- ", ": ", "---\n", "...\n",
    "<<: ", "!!null ", "!!python/name:x ", "&a ", "*a", "0x", "1e999", ".nan", "9" * 400, "\\ud83d",
    "null", "150.000", "1,2", "80%", "é", "'s-", "? ", "%YAML 1.1\n---\n", "a: " * 30, "[" * 40,
    "x" * 2000, "\U0001f600", "\u202e", "\xa0",
]  # fmt: skip


def outcome(kind: str, content: bytes) -> None:
    """Read bytes as a file of this kind; only short lines may come of it."""
    path = FOLDER / f"{kind}-tried.yaml"
    path.write_bytes(content)
    begun = process_time()
    refusal = refused(kind, path)
    assert process_time() - begun < 5
    if refusal is None:
        return
    assert 1 <= len(refusal.problems) <= 21
    for line in refusal.problems:
        assert len(line.replace(str(FOLDER), "")) < 500, line
        assert not set(line) & set("\n\r\x1b\x85\u2028\u202e"), line


def refused(kind: str, path: Path) -> InputError | None:
    """Why a file is refused; any other exception fails the test."""
    try:
        KINDS[kind][0](path)
    except InputError as error:
        return error
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_to_be_changed_are_right(kind: str) -> None:
    read, texts = KINDS[kind]
    for text in texts:
        path = FOLDER / f"{kind}-tried.yaml"
        path.write_text(text, encoding="utf-8")
        read(path)


EDIT = st.tuples(
    st.floats(0, 1), st.sampled_from(["insert", "delete", "double", "move", "replace"]),
    st.sampled_from(SNIPPETS), st.integers(1, 30),
)  # fmt: skip


def edited(text: str, edits: list[tuple[float, str, str, int]]) -> str:
    """A text after some slips of the hand."""
    for where, how, snippet, length in edits:
        at = int(where * len(text))
        some = text[at : at + length]
        after = {
            "insert": snippet + some,
            "delete": "",
            "double": some + some,
            "move": some[::-1],
            "replace": snippet,
        }[how]
        text = text[:at] + after + text[at + length :]
    return text


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_slips_of_the_hand(kind: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(KINDS[kind][1]))
    edits = data.draw(st.lists(EDIT, min_size=1, max_size=4))
    outcome(kind, edited(text, edits).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("kind", KINDS)
@given(
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3),
    st.floats(0.5, 1),
)
def test_damaged_bytes(kind: str, encoding: str, flips: list, kept: float) -> None:
    content = bytearray(KINDS[kind][1][0].replace("title: ", "title: é").encode(encoding))
    for where, byte in flips:
        content[int(where * (len(content) - 1))] = byte
    outcome(kind, bytes(content[: int(kept * len(content))]))


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["150.000", "0,8", "x" * 5000, 10**300, -1, 1e-300, [], {}, [[[]]], {"a": {}}]),
)  # fmt: skip


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths to everything inside a value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [p for key, v in inner for p in [(*path, key), *places(v, (*path, key))]]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_other_things_in_other_places(kind: str, data: st.DataObject) -> None:
    value = copy.deepcopy(YAML(typ="safe", pure=True).load(KINDS[kind][1][0]))
    for _ in range(data.draw(st.integers(1, 3))):
        known = places(value)
        if not known:
            break
        *above, last = data.draw(st.sampled_from(known))
        inside = value
        for key in above:
            inside = inside[key]
        how = data.draw(st.sampled_from(["replace", "remove", "rename"]))
        if how == "replace":
            inside[last] = copy.deepcopy(data.draw(LEAVES))
        elif how == "remove" or isinstance(inside, list):
            del inside[last]
        else:
            inside[data.draw(st.text(max_size=12))] = inside.pop(last)
    outcome(kind, json.dumps(value).encode())
    outcome(kind, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
