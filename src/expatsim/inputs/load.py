"""Checked values of a YAML file, or a list of all problems that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from expatsim.errors import InputError
from expatsim.inputs.encoding import Problem
from expatsim.inputs.keys import groups_of, keys_of
from expatsim.inputs.messages import problems_of
from expatsim.inputs.read import Document, read_yaml
from expatsim.inputs.recognise import another_kind

M = TypeVar("M", bound=BaseModel)


class Kind(NamedTuple):
    """A kind of files, such as scenarios.

    Attributes
    ----------
    what : str
        Its name with its article, for messages: ``"a scenario"``.
    first : str
        The key with which such a file begins.
    example : str
        How to make one, such as ``"`expatsim new NAME` writes one"``.
    """

    what: str
    first: str
    example: str = ""

    @property
    def looks(self) -> str:
        """What such a file looks like, in a sentence."""
        begin = f"{self.what} is a list of `key: value` lines, beginning with `{self.first}: ...`"
        return "; ".join(filter(None, (begin, self.example)))


def load_checked(
    path: Path,
    model: type[M],
    kind: Kind,
    more: Callable[[Document], Iterable[Problem]] = lambda _: (),
    change: Callable[[Document], None] = lambda _: None,
    data: bytes | None = None,
) -> tuple[M, Document]:
    """Return the values of a file, and the document with the line of each.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    model : pydantic model
        What the file should look like.
    kind : Kind
        For the wording of messages.
    more : callable, optional
        From a document to problems that concern several keys, such as dates out of order.
    change : callable, optional
        Changes values of the document before they are checked, such as names into paths.
    data : bytes, optional
        Content, where it is not on the disk.

    Raises
    ------
    InputError
        With one line for every problem: file, line, what is wrong, what is allowed.
    """
    document = read_yaml(path, kind.what, kind.first, groups_of(model), data)
    change(document)
    problems = problems_of(path, document, model, more(document))
    if problems:
        meant = (document.text, kind.what, kind.looks, model.model_fields, keys_of(model))
        if another := another_kind(*meant):
            problems = [f"{path}: {another}"]
    if problems:
        raise InputError(problems)
    return model.model_validate(document.values), document
