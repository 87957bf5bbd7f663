"""Fingerprint of a result: one hash over all code and packaged data that it depends on.

Calibrations, donors, sweeps and manifests call :func:`fingerprint` with the modules through which
they enter the package. Imports are followed from there, those inside functions too; a package that
lists its folder counts with all modules in it. A packaged data file counts if one of these modules
names it. Texts do not count: comments, docstrings, formatting, pages and their styles. The hash is
the same on every Python that can run the package.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import NamedTuple

PACKAGE = "expatsim"
DATA = (".csv", ".json", ".npz", ".parquet", ".yaml")  # texts and styles of pages are no data
TEXT = (".csv", ".json", ".yaml")  # their line ends may differ between checkouts
LENGTH = 16  # hexadecimal digits of a fingerprint
WALK = "iter_modules"  # of pkgutil: a package that calls it imports the modules of its folder


class Module(NamedTuple):
    """A module of the package as it is on disk.

    Attributes
    ----------
    code : str
        Hash of its syntax, see :func:`code_of`.
    imports : tuple of str
        Names that may be modules of the package, wherever in the module they are imported.
    files : tuple of str
        Patterns of the data files that it names.
    walks : bool
        Whether it imports all modules of its folder.
    """

    code: str
    imports: tuple[str, ...]
    files: tuple[str, ...]
    walks: bool


def fingerprint(*entries: str, root: Traversable | None = None) -> str:
    """Return a hash of everything that some modules depend on.

    Parameters
    ----------
    *entries : str
        Modules to begin with, such as ``"expatsim.runs.batches"``.
    root : Traversable, optional
        Folder of the package; by default the one that is installed.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    if root is None:
        return _installed(tuple(sorted(set(entries))))
    parts = [f"{name} {digest}" for name, digest in sorted(parts_of(entries, root).items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:LENGTH]


@cache
def _installed(entries: tuple[str, ...]) -> str:
    return fingerprint(*entries, root=resources.files(PACKAGE))


def parts_of(entries: Iterable[str], root: Traversable | None = None) -> dict[str, str]:
    """Return the parts that a fingerprint is made of.

    Parameters
    ----------
    entries : iterable of str
        Modules to begin with, such as ``"expatsim.runs.batches"``.
    root : Traversable, optional
        Folder of the package; by default the one that is installed.

    Returns
    -------
    dict of str to str
        Names of modules and paths of data files below the package, each with the hash of its
        content.
    """
    root = resources.files(PACKAGE) if root is None else root
    parts: dict[str, str] = {}
    for name, (module, folder, package) in _reachable(entries, root).items():
        parts[name] = module.code
        for path, file in _data(folder) if module.files else ():
            if any(PurePath(path).match(pattern) for pattern in module.files):
                content = file.read_bytes()
                if path.endswith(TEXT):  # line ends differ between checkouts
                    content = content.replace(b"\r\n", b"\n")
                parts[f"{package}/{path}"] = hashlib.sha256(content).hexdigest()
    return parts


Place = tuple[Module, Traversable, str]  # a module, the folder and the name of its package


def _reachable(entries: Iterable[str], root: Traversable) -> dict[str, Place]:
    """Return some modules and all that they import; importing one imports the packages above it."""
    places: dict[str, Place] = {}
    waiting = list(entries)
    for entry in waiting:
        if _module(entry, root) is None:
            raise ValueError(f"no module {entry}")
    while waiting:
        name = waiting.pop()
        place = None if name in places else _module(name, root)
        if place:
            module, folder, _ = places[name] = place
            waiting += [*module.imports, name.rpartition(".")[0]]
            if module.walks:
                waiting += [f"{name}.{x.name.removesuffix('.py')}" for x in folder.iterdir()]
    return places


def _module(name: str, root: Traversable) -> Place | None:
    """Return a module of the package with its place; ``None`` if there is none of this name."""
    top, *rest = name.split(".")
    if top != PACKAGE:
        return None
    folder = root
    for part in rest[:-1]:
        folder = folder / part
    last = folder / rest[-1] if rest else folder
    if (last / "__init__.py").is_file():
        return _read((last / "__init__.py").read_bytes(), name), last, name
    file = folder / f"{name.rpartition('.')[2]}.py"
    if not file.is_file():
        return None
    package = name.rpartition(".")[0]
    return _read(file.read_bytes(), package), folder, package


@cache
def _read(source: bytes, package: str) -> Module:
    tree = _syntax(source)
    nodes = list(ast.walk(tree))
    return Module(
        hashlib.sha256(dump(tree).encode()).hexdigest(),
        tuple(dict.fromkeys(_imports(nodes, package))),
        tuple(dict.fromkeys(_names(nodes))),
        any(isinstance(node, ast.Attribute) and node.attr == WALK for node in nodes),
    )


def _imports(nodes: Iterable[ast.AST], package: str) -> Iterator[str]:
    """Yield names that may be modules; relative imports are resolved from ``package``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield texts in code that may name a data file; a value in an f-string becomes ``*``."""
    for node in nodes:
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(
                str(v.value) if isinstance(v, ast.Constant) else "*" for v in node.values
            )
        if text.endswith(DATA) and "\n" not in text:
            yield text


def _data(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield data files of a package's folder and of folders in it that are no packages."""
    for item in sorted(folder.iterdir(), key=lambda x: x.name):
        if item.is_file():
            if item.name.endswith(DATA):
                yield above + item.name, item
        elif not (item / "__init__.py").is_file():
            yield from _data(item, f"{above}{item.name}/")


class _Code(ast.NodeTransformer):
    """Removes code that does not run: docstrings, and branches for type checkers."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        test = node.test
        name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
        return node.orelse if name == "TYPE_CHECKING" else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        # a constant that stands alone does nothing: docstrings, texts under attributes, `...`
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def _syntax(source: bytes) -> ast.Module:
    return _Code().visit(ast.parse(source))


def code_of(source: str | bytes) -> str:
    """Return the syntax of a module as text, without docstrings, comments and formatting.

    Examples
    --------
    >>> code_of("x = 1  # one") == code_of("x=1")
    True
    >>> code_of("x = 1") == code_of("x = 2")
    False
    """
    return dump(_syntax(source.encode() if isinstance(source, str) else source))


def dump(node: object) -> str:
    """Return a syntax tree as text that does not depend on the version of Python.

    ``ast.dump`` does: versions differ in the fields that nodes have, in how empty ones are shown,
    in which characters ``repr`` escapes, and in how the parts of f-strings are cut.
    """
    if isinstance(node, ast.JoinedStr):
        return f"JoinedStr({_joined(node)})"
    if isinstance(node, ast.AST):
        fields = []
        for field in node._fields:
            value = getattr(node, field, None)
            if field in ("kind", "type_comment", "type_ignores") or value is None or value == []:
                continue
            if field == "format_spec" and not _joined(value):
                continue
            fields.append(f"{field}={dump(value)}")
        if isinstance(node, ast.Constant) and node.value is None:
            fields = ["value=None"]
        return f"{type(node).__name__}({','.join(sorted(fields))})"
    if isinstance(node, list):
        return f"[{','.join(map(dump, node))}]"
    return f"{type(node).__name__}:{node!a}"


def _joined(node: ast.JoinedStr) -> str:
    """Return the parts of an f-string; neighbouring texts are joined, empty ones left out."""
    parts: list[str] = []
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        if text:
            parts.append(ascii(text))
        parts.append(dump(value))
        text = ""
    return ",".join([*parts, ascii(text)] if text else parts)
