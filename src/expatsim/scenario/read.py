"""Read a YAML file into plain values, with the line of every key and value."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

from expatsim.errors import nearest

LARGEST_FILE = 1_000_000  # bytes
DEEPEST = 20


class Problem(NamedTuple):
    """One thing that is wrong: line (0 if there is none) and message."""

    line: int
    message: str


class Document(NamedTuple):
    """Content of a file.

    Attributes
    ----------
    values : dict
    lines : dict
        Path of keys and list positions to line, from one.
    text : str
    problems : list of Problem
    """

    values: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]
    text: str
    problems: list[Problem]


def read_yaml(path: Path, what: str = "a scenario", first: str = "title") -> Document:
    """Read a file; everything that is wrong with it as YAML is in ``problems``.

    Parameters
    ----------
    path : pathlib.Path
    what, first : str
        What such a file is and how it begins, for the advice in messages.
    """
    text, problem = _read_text(path)
    if problem:
        return Document({}, {}, "", [Problem(0, problem)])
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.nodes import MappingNode

    try:
        # the pure Python reader: its composer keeps lines and leaves duplicate keys to us
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        what = " ".join(str(error.problem or error.context or "not valid YAML").split())
        return Document({}, {}, text, [Problem(line, f"not valid YAML: {what}")])
    except RecursionError:
        return Document({}, {}, text, [Problem(0, "nested too deeply")])
    except (YAMLError, ValueError) as error:
        what = " ".join(str(error).split())[:200]
        return Document({}, {}, text, [Problem(0, f"not valid YAML: {what}")])
    if root is None:
        return Document({}, {}, text, [Problem(0, f"the file is empty; {what} needs `{first}:`")])
    reader = _Reader()
    if not isinstance(root, MappingNode):
        message = f"{what} is a list of `key: value` lines, beginning with `{first}:`"
        return Document({}, {}, text, [Problem(root.start_mark.line + 1, message)])
    values = reader.value(root, ())
    return Document(values, reader.lines, text, reader.problems)


def _read_text(path: Path) -> tuple[str, str]:
    if not path.exists():
        siblings = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        return "", f"no such file{nearest(path.name, siblings)}"
    if not path.is_file():
        return "", "not a file"
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            return "", f"{size:,} bytes; such a file has at most {LARGEST_FILE:,}"
        data = path.read_bytes()
    except OSError as error:
        return "", f"cannot be read: {error.strerror}"
    if b"\0" in data:
        return "", "a binary file, not a text file"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", f"not UTF-8 text (first seen on line {line}); save the file as UTF-8"
    control = [c for c in text if ord(c) < 32 and c not in "\n\r\t"]
    if control:
        return "", f"control character {control[0]!r}: a binary file, not a text file"
    return text, ""


class _Reader:
    """Turns YAML nodes into values and collects lines and problems."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str | int, ...], int] = {}
        self.problems: list[Problem] = []

    def value(self, node: Any, path: tuple[str | int, ...]) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if getattr(node, "anchor", None):
            self.problems.append(
                Problem(line, "anchors and aliases (& and *) are not allowed; write the value out")
            )
            return None
        if len(path) > DEEPEST:
            self.problems.append(Problem(line, "nested too deeply"))
            return None
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self.value(child, (*path, k)) for k, child in enumerate(node.value)]
        return self._scalar(node, line)

    def _mapping(self, node: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar" or getattr(key_node, "anchor", None):
                self.problems.append(Problem(line, "a key must be a plain word"))
                continue
            key = str(key_node.value)
            if key in result:
                first = self.lines[(*path, key)]
                name = ".".join(map(str, (*path, key)))
                self.problems.append(
                    Problem(
                        line,
                        f"{name} is given twice (first on line {first})",
                    )
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: Any, line: int) -> Any:
        tag = str(node.tag).rsplit(":", 1)[-1]
        text = str(node.value)
        if node.style == ">":
            text = text.replace("\a", "")  # the reader's own marks of where lines were folded
        plain = node.style is None
        if not plain or tag in ("str", "timestamp"):
            return text
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return (
                    int(text.replace("_", ""), 0)
                    if text.lower()[:2] in ("0x", "0o")
                    else int(text.replace("_", ""))
                )
            if tag == "float":
                low = text.lower().replace("_", "")
                return float(low.replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            return text
        self.problems.append(Problem(line, f"tag {node.tag} is not allowed"))
        return None


def finite(value: Any) -> bool:
    """False for NaN and infinity."""
    return not isinstance(value, float) or math.isfinite(value)
