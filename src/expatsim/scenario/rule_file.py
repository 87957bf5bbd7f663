"""A rule of one's own in a Python file, which is read where somebody names it, and run as code.

The file is the rule, as a module of :mod:`expatsim.model.rules` is one, with ``AFTER``, the process
that it follows, in the place of ``PLACE``. It is the user's own code and may do whatever the user
may: no scenario and no folder of a city can name one. A rule is known by its text: wherever the
same text is read in a process, or comes to it from another, it is the same rule, so that nothing
is compiled twice.
"""

from __future__ import annotations

import hashlib
import keyword
import linecache
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from expatsim.errors import InputError, nearest, of_own_code
from expatsim.inputs.encoding import Unreadable, read_text
from expatsim.model.levers import Lever, own_levers
from expatsim.model.rules import ORDER, Order
from expatsim.scenario.checks import PARTS, problems

ENDING = ".py"
HOME = "_expatsim_rules"  # first part of the names of these modules: none that can be imported
AFTER = "AFTER"  # what a file says beside what any rule does
_TEXT = "__text_of_rule__"
_known: dict[tuple[str, str], FileRule] = {}
_reading = threading.RLock()  # threads of a worker are given the same rule at the same time


class FileRule(ModuleType):
    """A rule that was read from a file: a module that other processes get as its text."""

    def __reduce__(self) -> Any:
        return rule_of_text, (name_of(self), text_of(self))


RuleLike = str | Path | FileRule


def name_of(rule: ModuleType) -> str:
    """Return the name of a rule: that of its file."""
    return rule.__name__.rpartition(".")[2]


def text_of(rule: FileRule) -> str:
    """Return the text of a rule, as it was when it was read."""
    return str(vars(rule)[_TEXT])


def rule_of_text(name: str, text: str) -> FileRule:
    """Return the rule of a text, which is run unless this process has the rule already.

    Parameters
    ----------
    name : str
        Name of the rule.
    text : str
        Python source.

    Raises
    ------
    InputError
        If the text cannot be run.
    """
    with _reading:
        if (name, text) not in _known:
            _known[name, text] = _run(name, text)
        return _known[name, text]


def known_rule(name: str, text: str) -> FileRule | None:
    """Return a rule that this process has read; nothing is run.

    Parameters
    ----------
    name, text : str
        As of :func:`rule_of_text`.
    """
    return _known.get((name, text))


def _run(name: str, text: str) -> FileRule:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    rule = FileRule(f"{HOME}.{digest}.{name}")
    file = f"<rule {name}>"  # without a folder: workers have another one
    sys.modules[rule.__name__] = rule  # annotations of its classes are looked up there
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    try:
        code = compile(text, file, "exec", dont_inherit=True)
        exec(code, vars(rule))
    except (Exception, SystemExit) as error:
        del sys.modules[rule.__name__]
        advice = ""
        if isinstance(error, ImportError):
            advice = " (a rule is one file; it may import what is installed)"
        raise InputError(f"{name}{ENDING}: {of_own_code(error, file)}{advice}") from error
    vars(rule)[_TEXT] = text
    return rule


def read_rule(path: str | Path) -> FileRule:
    """Return the rule of a Python file, for :meth:`expatsim.Scenario.with_rule`.

    The file is run: it is your own code, and may do whatever you may.

    Parameters
    ----------
    path : str or pathlib.Path
        A file that ends in ``.py``, whose name is that of the rule.

    Returns
    -------
    module
        With what the file defines; the same text is the same rule.

    Raises
    ------
    InputError
        If there is no such file, its text cannot be run, or it is no rule.
    """
    path = Path(path)
    if path.suffix != ENDING or not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise InputError(f"{path}: a rule is a Python file with a plain name, such as my_rule.py")
    try:
        text = read_text(path)
    except Unreadable as error:
        line = f":{error.problem.line}" if error.problem.line else ""
        raise InputError(f"{path}{line}: {error.problem.message}") from error
    try:
        rule = rule_of_text(path.stem, text)
    except InputError as error:
        raise InputError([f"{path.parent / p}" for p in error.problems]) from error
    if wrong := _no_rule(rule):
        raise InputError(f"{path}: {wrong}")
    return rule


def _no_rule(rule: FileRule) -> str:
    """Return why a module is no rule; empty if it is one."""
    missing = [part for part in PARTS if not hasattr(rule, part)]
    if missing:
        inside = [n for n, x in vars(rule).items() if all(hasattr(x, part) for part in PARTS)]
        advice = f"; class {inside[0]} has them, but the file itself is the rule" if inside else ""
        return f"is no rule: it lacks {', '.join(missing)}{advice}"
    if not isinstance(getattr(rule, AFTER, None), str):
        return f'say which process it follows in a month, such as {AFTER} = "friendship"'
    return ""


def read_rules(rules: RuleLike | Iterable[RuleLike]) -> Order:
    """Return rules with the processes that they follow, after a check that they go together.

    Parameters
    ----------
    rules : str, pathlib.Path, module or an iterable of them
        Files, or what :func:`read_rule` made of them.

    Returns
    -------
    tuple of (str, module)
        For :attr:`expatsim.Scenario.own_rules`.

    Raises
    ------
    InputError
        With one line for every problem, which begins with the name of the file.
    """
    order: list[tuple[str, Any]] = list(ORDER)
    own: list[tuple[str, FileRule]] = []
    every: Iterable[RuleLike] = [rules] if isinstance(rules, str | Path | FileRule) else rules
    for given in every:
        rule = given if isinstance(given, FileRule) else read_rule(given)
        title, after = name_of(rule), getattr(rule, AFTER)
        shown = f"{title}{ENDING}" if given is rule else given
        names = [name for name, _ in order]
        wrong = _problems(rule, tuple(order))
        if after not in names:
            wrong.append(f"{AFTER}: no process {after!r}{nearest(after, names)}")
        if title in names:
            wrong.append(f"there is a process {title!r} already; give the file another name")
        if wrong:
            raise InputError([f"{shown}: {problem}" for problem in wrong])
        order.insert(names.index(after) + 1, (title, rule))
        own.append((after, rule))
    return tuple(own)


def levers_of(rules: Iterable[RuleLike]) -> tuple[Lever, ...]:
    """Return the levers that rules declare and the package has not.

    Parameters
    ----------
    rules : iterable of str, pathlib.Path or module
        As for :func:`read_rules`.
    """
    own: list[Any] = [rule for _, rule in read_rules(rules)]
    return own_levers((*ORDER, *((name_of(rule), rule) for rule in own)))


def _problems(rule: FileRule, order: Order) -> list[str]:
    """Return problems of what a rule declares."""
    try:
        return problems(rule, order)
    except Exception as error:  # values of other types than declarations have
        return [f"declares something impossible: {of_own_code(error, '')}"]
