"""What a result depends on: all code that is reached, all packaged data it names, and no words."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import expatsim
from expatsim import fingerprint as subject
from expatsim.calibration import make_donors as donors
from expatsim.fingerprint import code_of, fingerprint, parts_of
from expatsim.posterior import record
from expatsim.runs import provenance
from expatsim.sweeps import run as sweeps

PACKAGE = Path(expatsim.__file__).parent
MODULES = sorted(p for p in PACKAGE.rglob("*.py"))
RUN, SWEEP = provenance.ENTRIES, sweeps.ENTRIES
CALIBRATION, DONORS = ("expatsim.calibration.sampler",), ("expatsim.calibration.make_donors",)

# every kind of syntax that versions of Python parse or print in another way
SAMPLE = """
'Words.'
from __future__ import annotations
import os as system
from a.b import (c, d as e)
text = u"\\u0378\\U0001fae8" "x" 'y', b"z", 1e300, 10**20, 3j, None, ..., True
class A(B, metaclass=C):
    'More words.'
    x: int = 3
    'About x.'
    def f(self, *a, k: int = 1, **b) -> None: ...
@cache
async def g(x, /, y=1.5, *, z=10):
    global q
    async with x as y, z: pass
    async for i in x: await i
    match x:
        case [1, *rest] | {"a": 2, **rest}: pass
        case C(a=1) if x: pass
        case None | -1 | 1j: pass
    try: pass
    except* ValueError as e: raise X from e
    f"{x}{y!r:>{z}}" f"a" "b" f"{x=}" f"{x:}" f"{{}}" f""
    lambda *a, b=1: (yield)
    return [i async for i in x if i], {**x, "k": ...}, {*x}, x[1:2, ::3], x if y else z, (w := 3)
"""


def test_the_same_on_every_python() -> None:
    """The hash of a text that is full of syntax; on all versions that the project supports."""
    from hashlib import sha256

    assert sha256(code_of(SAMPLE).encode()).hexdigest()[:16] == "c26a5f0fbbb089ee"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_formatting_is_no_code(path: Path) -> None:
    """Every module of the package written anew, without comments and in another layout."""
    source = path.read_text(encoding="utf-8")
    again = ast.unparse(ast.parse(source))
    assert again != source
    assert code_of(again) == code_of(source)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)


@given(st.sampled_from(MODULES), st.data(), WORDS)
@settings(max_examples=30)
def test_comments_and_docstrings_are_no_code(path: Path, data: st.DataObject, words: str) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    # a comment before some statement, at any depth
    firsts = sorted({n.lineno for n in ast.walk(tree) if isinstance(n, ast.stmt)} or {1})
    inside = {
        line
        for n in ast.walk(tree)
        if isinstance(n, (ast.Constant, ast.JoinedStr))
        for line in range(n.lineno + 1, (n.end_lineno or n.lineno) + 1)
    }
    lines.insert(
        data.draw(st.sampled_from([f for f in firsts if f not in inside])) - 1, "# " + words
    )
    commented = "\n".join(lines) + "\n\n\n"
    assert code_of(commented) == code_of(source)
    # other words in every docstring
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first.value = ast.Constant(words)
    assert code_of(ast.unparse(tree)) == code_of(source)


@given(st.sampled_from([m for m in MODULES if m.parent.name == "rules"]), st.data())
def test_any_number_or_name_is_code(path: Path, data: st.DataObject) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    places = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.Name) or (isinstance(n, ast.Constant) and isinstance(n.value, float))
    ]
    if not places:
        return
    node = data.draw(st.sampled_from(places))
    if isinstance(node, ast.Name):
        node.id += "_"
    else:
        node.value += 1
    assert code_of(ast.unparse(tree)) != code_of(source)


NAMES = ["a", "b", "c.d", "c.e", "c.f.g", "h"]
SPELLINGS = [
    "import expatsim.{name}",
    "from expatsim.{name} import x as y",
    "from expatsim{parent} import {leaf}",
    "def f():\n    if x:\n        from expatsim.{name} import x",
    "from {dots}{name} import x",
]


@st.composite
def packages(draw: st.DrawFn) -> dict[str, list[tuple[str, str]]]:
    """Which module imports which, and how it is written."""
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(SPELLINGS))
    return {name: draw(st.lists(pairs, max_size=2)) for name in NAMES}


@given(packages(), st.sampled_from(NAMES))
@settings(max_examples=40)
def test_what_is_reached_counts_and_nothing_else(tmp_path_factory, graph, entry) -> None:
    root = tmp_path_factory.mktemp("package")
    for name, imports in graph.items():
        path = root / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in {path.parent, path.parent.parent} - {root.parent}:
            (folder / "__init__.py").touch()
        leaf = name.rpartition(".")[2]
        lines = []
        for other, spelling in imports:
            above, _, last = other.rpartition(".")
            dots = "." * (1 + name.count("."))
            values = {"name": other, "parent": f".{above}" if above else "", "leaf": last}
            lines.append(spelling.format(dots=dots, **values))
        path.write_text("\n".join(lines) + f"\nDATA = '{leaf}.csv'\n")
        (path.parent / f"{leaf}.csv").write_text("x")
        (path.parent / f"other-{leaf}.csv").write_text("x")
    reached, waiting = set(), [entry]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [other for other, _ in graph[name]]
    start = f"expatsim.{entry}"
    before = fingerprint(start, root=root)
    for name in NAMES:
        path = root / (name.replace(".", "/") + ".py")
        for file, text in ((path, "\nz = 1\n"), (path.with_suffix(".csv"), "y")):
            content = file.read_text()
            file.write_text(content + text)
            assert (fingerprint(start, root=root) != before) == (name in reached), file
            file.write_text(content + ("# words\n" if file.suffix == ".py" else ""))
            assert fingerprint(start, root=root) == before
        other = path.parent / f"other-{path.stem}.csv"
        other.write_text("y")
        assert fingerprint(start, root=root) == before


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("copy") / "expatsim"
    shutil.copytree(PACKAGE, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def changed(copy: Path, name: str, entries: tuple[str, ...]) -> bool:
    """Whether a change of one file of the package changes a fingerprint."""
    before = fingerprint(*entries, root=copy)
    file = copy / name
    content = file.read_bytes()
    file.write_bytes(content + (b"\nz = 1\n" if name.endswith(".py") else b"\n"))
    try:
        return fingerprint(*entries, root=copy) != before
    finally:
        file.write_bytes(content)


EVERYTHING = (
    "cities/rotterdam/city.yaml",
    "survey/questions.py",
    "observed/report.csv",
    "observed/external.csv",
)
POSTERIOR = "posterior/shipped/posterior.parquet"
MATTERS = {
    RUN: (*EVERYTHING, "population/donors_rotterdam.npz", POSTERIOR, "runs/batches.py"),
    SWEEP: (*EVERYTHING, "population/donors_den_haag.npz", POSTERIOR, "sweeps/design.py"),
    DONORS: (*EVERYTHING, POSTERIOR, "calibration/make_donors.py"),
    CALIBRATION: (*EVERYTHING, "calibration/targets.py", "calibration/sampler.py"),
}


@pytest.mark.parametrize("entries", MATTERS, ids=lambda e: e[0])
def test_changes_that_matter_are_seen(copy: Path, entries: tuple[str, ...]) -> None:
    for name in (
        *MATTERS[entries],
        "model/rules/departure.py",
        "model/state.py",
        "model/levers.py",
        "model/rules/welcome.py",
    ):
        assert changed(copy, name, entries), name
    for name in ("cli/options.py", "report/words.py", "report/nl.po", "analysis/decompose.py"):
        assert not changed(copy, name, entries), name


def test_every_module_that_is_reached_is_seen(copy: Path) -> None:
    for name in parts_of(RUN, copy):
        module, _, file = name.partition("/")
        home = "/".join(["", *module.split(".")[1:]]).lstrip("/")
        files = (f"{home}/{file}",) if file else (f"{home}/__init__.py", f"{home}.py")
        path = next(x for f in files if (copy / (x := f.lstrip("/"))).is_file())
        assert changed(copy, path, RUN), name


def test_a_calibration_depends_on_nothing_that_follows_from_it() -> None:
    parts = parts_of(CALIBRATION)
    runs = {part for part in parts if part.startswith("expatsim.runs")}
    assert runs <= {"expatsim.runs", "expatsim.runs.layout", "expatsim.runs.windows"}
    for name in (
        "posterior.parquet",
        "posterior.json",
        "donors",
        "expatsim.report",
        "expatsim.cli",
        "expatsim.runs.batches",
        "expatsim.runs.prepare",
        "expatsim.runs.provenance",
    ):
        assert not any(name in part for part in parts), name
    assert not any("donors_" in part or "posterior.json" in part for part in parts_of(DONORS))


def test_every_packaged_data_file_is_named_by_a_module() -> None:
    """A loader that builds a name in a way that is not seen would be left out in silence."""
    named = {p for p in parts_of(["expatsim.cli", *DONORS]) if "/" in p}
    data = [p for p in PACKAGE.rglob("*") if p.name.endswith(subject.DATA)]
    assert {n.rpartition("/")[2] for n in named} == {p.name for p in data} - {"donors.json"}
    # names that users first ask for, rules of theirs, and the folder of rules, of which all count:
    # nothing is code that a result runs unseen
    free = {
        PACKAGE / name
        for name in (
            "__init__.py",
            "scenario/scenario.py",
            "scenario/own_rules.py",
            "model/rules/__init__.py",
        )
    }
    for path in MODULES:
        if path not in free:
            assert "import_module(" not in path.read_text(encoding="utf-8"), path


def test_line_ends_of_a_checkout_change_nothing(copy: Path) -> None:
    before = fingerprint(*RUN, root=copy)
    file = copy / "observed" / "external.csv"
    content = file.read_bytes()
    file.write_bytes(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert fingerprint(*RUN, root=copy) == before
    file.write_bytes(content)


def test_the_shipped_posterior_and_donors_are_of_this_code() -> None:
    """Run ``python -m gates.ship --restamp`` after a change that moves no number."""
    assert record.shipped()["fingerprint"] == record.calibration_fingerprint()
    assert donors.stamp()["fingerprint"] == donors.donors_fingerprint()


def test_the_stamp_is_of_these_donors() -> None:
    from hashlib import sha256

    files = donors.stamp()["files"]
    assert set(files) == {p.name for p in PACKAGE.rglob("donors_*.npz")}
    for name, digest in files.items():
        assert sha256((PACKAGE / "population" / name).read_bytes()).hexdigest() == digest
