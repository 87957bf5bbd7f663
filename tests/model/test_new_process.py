"""A new process in the package: its module is all that has to be written for it to be everywhere.

The module, its Dutch words and its part of the plain model are the three files that are written by
hand; the test writes them into a copy, where the page speaks Dutch of the process and the plain
model gives every agent the life that the engine gives.
"""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import own_process
from helpers import ROOT

CHECK = """
import json, sys
import numpy as np
import expatsim as xs
from expatsim.errors import InputError
from expatsim.findings import assumptions
from expatsim.fingerprint import parts_of
from expatsim.model import limits, rules
from expatsim.model.levers import LEVERS, readers
from expatsim.model.packed import packed_type
from expatsim.model.parameters import registry
from expatsim.report import words
from expatsim.scenario.schema import json_schema
from tools import make_documents

OWN = ("lesson_reach", "lesson_effect", "lesson_climate")
names = [name for name, _ in rules.ORDER]
assert names[names.index("language") + 1] == "lessons"
assert {"took_lessons", "lessons"} <= set(packed_type().places)
assert limits.ranges(packed_type().shapes)["lessons"] == (0, 20)
assert [p.name for p in registry().values() if p.rule == "lessons"] == list(OWN)
assert readers("lessons_offered") == ["lessons"]
assert "lessons_offered" in json_schema()["$defs"]["Policy"]["properties"]
assert "expatsim.model.rules.lessons" in parts_of(["expatsim.runs.batches"])
tables = "".join(make() for make in make_documents.BLOCKS.values())
for name in (*OWN, "lessons_offered", "took_lessons", "many_lessons"):
    assert f"`{name}`" in tables, name
assert "People without Dutch who are offered lessons" in words.LEVER_NAMES.values()
assert assumptions.parameters_behind("lessons_offered")[0] == "lesson_reach"

def refused(work):
    try:
        work()
    except InputError as error:
        return error.problems
    raise AssertionError("not refused")

file = sys.argv[1]
(line,) = refused(lambda: xs.run(file, draws=2))
assert line.startswith(f"the shipped posterior lacks {', '.join(OWN)}: give --parameters ")
result = xs.run(file, draws=2, parameters="posterior+prior")
assert (result.dataset["took_lessons"].isel(month=-1) > 0).all()
assert result.notes() == [f"Drawn from their priors: {', '.join(OWN)}"]
prior = xs.run(file, draws=2, parameters="prior")
assert np.array_equal(*(
    r.dataset["parameter_value"].sel(parameter="lesson_reach") for r in (result, prior)
))
page = xs.compare([sys.argv[3], file], draws=2, parameters="posterior+prior").report("nl")
assert "Mensen zonder Nederlands die les krijgen aangeboden" in page
assert "iemand die les krijgt aangeboden neemt een les" in page
print(json.dumps(refused(lambda: xs.load(sys.argv[2]))))
"""


RUN = """
import expatsim as xs, sys
xs.run(sys.argv[1], draws=2, parameters="posterior+prior")
"""
# what a rule has otherwise in the package: decisions of its own
IN_THE_PACKAGE = {
    "from __future__ import annotations\n": "from __future__ import annotations\n\nimport enum\n",
    "from expatsim.model.chance import Decision\n": "",
    "PLACE = 45": "class Decisions(enum.IntEnum):\n    TAKE, TEACH = 14, 15\n\nPLACE = 45",
    "Decision.OWN_1": "Decisions.TAKE",
    "Decision.OWN_2": "Decisions.TEACH",
}

DUTCH = """
msgid "People without Dutch who are offered lessons"
msgstr "Mensen zonder Nederlands die les krijgen aangeboden"

msgid "somebody who is offered lessons takes one"
msgstr "iemand die les krijgt aangeboden neemt een les"
"""
# the second model: its state, its place in the month, what it does, its rates
PLAIN = {
    "        self.leave_month, self.reason, self.destination = OPEN, 0, 0\n": """
        self.took_lessons = bool(start.get("took_lessons", False))
        self.lessons = int(start.get("lessons", 0))
""",
    "        self.language(m.r)\n": "        self.take_lesson(m.r)\n",
    "        if self.happens(LEARN, o):\n            self.dutch += 1\n": """
    def take_lesson(self, r: Mapping[str, float]) -> None:
        if self.dutch == 0 and self.lessons < 20 and self.happens(14, r["lesson"]):
            self.took_lessons = True
            self.lessons += 1
            if self.u(15) < r["teaches"]:
                self.dutch = 1
""",
    '            "mouth": odds(p["word_of_mouth"]) / 5,\n': """\
            "lesson": odds(p["lesson_reach"] * v["lessons_offered"])
            * exp(p["lesson_climate"] * c),
            "teaches": p["lesson_effect"],
""",
}
SAME_LIVES = """
import dataclasses, sys
import numpy as np
import expatsim as xs
from helpers import lives, plain_lives

scenario = dataclasses.replace(xs.load(sys.argv[1]), parameters="prior")
adults, state, _ = lives(scenario)
plain = plain_lives(scenario).people
differ = np.zeros(len(plain), bool)
for name in ("lessons", "took_lessons", "dutch", "friends", "wish", "leave_month"):
    differ |= getattr(state, name) != np.array([getattr(a, name) for a in plain])
taken = int(np.sum(state.lessons))
assert taken > 100 and max(a.lessons for a in plain) > 1, taken
# rounding of float32 may flip one life in 100,000 agent-months
assert differ.sum() <= 1, differ.sum()
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package with one more rule: a file that its folder of rules has besides."""
    folder = tmp_path_factory.mktemp("checkout")
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("src", "tools", "reference", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped)
    text = inspect.getsource(own_process)
    for old, new in IN_THE_PACKAGE.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "src/expatsim/model/rules/lessons.py").write_text(text, encoding="utf-8")
    with (folder / "src/expatsim/report/nl.po").open("a", encoding="utf-8") as words:
        words.write(DUTCH)
    plain = folder / "reference" / "plain_mesa.py"
    text = plain.read_text(encoding="utf-8")
    for line, more in PLAIN.items():
        assert text.count(line) == 1, line
        text = text.replace(line, line + more.lstrip("\n" if more.startswith("\n        ") else ""))
    plain.write_text(text, encoding="utf-8")
    return folder


def run(copy: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    paths = (copy / "src", copy, copy / "tests")
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_plain_model_gives_the_same_lives(copy: Path) -> None:
    file = copy / "lives.yaml"
    file.write_text(
        "title: t\ncity: rotterdam\nyears: 3\npopulation: {stock: 300, inflow: 100}\n"
        "policy: {lessons_offered: 0.5}\n",
        encoding="utf-8",
    )
    done = run(copy, SAME_LIVES, str(file))
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_process_is_one_module(copy: Path) -> None:
    size = "years: 1\npopulation: {stock: 200, inflow: 60}\n"
    good = copy / "good.yaml"
    good.write_text(
        f"title: t\ncity: rotterdam\n{size}policy: {{lessons_offered: 0.5}}\n", encoding="utf-8"
    )
    bad = copy / "bad.yaml"
    bad.write_text(
        f"title: t\ncity: rotterdam\n{size}policy: {{lessons_offered: 2}}\n", encoding="utf-8"
    )
    base = copy / "base.yaml"
    base.write_text(f"title: b\ncity: rotterdam\n{size}", encoding="utf-8")
    done = run(copy, CHECK, str(good), str(bad), str(base))
    assert done.returncode == 0, done.stderr[-3000:]
    assert "lessons_offered: 2 is out of range (allowed: 0 to 1" in done.stdout


def test_a_state_that_donors_are_to_hand_on_is_not_forgotten(copy: Path) -> None:
    file = copy / "src/expatsim/model/rules/lessons.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("declare.START", "declare.DONORS"), encoding="utf-8")
    try:
        done = run(copy, RUN, str(ROOT / "scenarios" / "rotterdam.yaml"))
    finally:
        file.write_text(before, encoding="utf-8")
    assert done.returncode
    said = done.stderr.strip().splitlines()[-1]
    assert "state took_lessons" in said
    assert "make the donors again (python -m expatsim.calibration.make_donors)" in said
