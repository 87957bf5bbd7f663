"""Texts of users, made safe for terminals, pictures and pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

# Characters that steer a terminal, cannot be seen, or are not allowed in XML and HTML. Joiners and
# tags stay (U+200C, U+200D, U+E0020 to U+E007F): scripts and emoji are made of them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufdd0-\ufdef\ud800-\udfff\U000e0001"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_BREAKS = re.compile(r" *(?:(?:\r\n|[\t\n]) *)+")


def visible(text: object) -> str:
    r"""A text on one line in which every character can be seen.

    Parameters
    ----------
    text : object
        A text of a user, or the name of a file.

    Returns
    -------
    str
        The same text where it is ordinary: letters of any script, emoji, brackets and dollars stay
        as they are. Line breaks and tabs become a space. Characters that steer a terminal, turn
        the direction of writing or cannot be seen are written out, such as ``\x1b`` or ``\u202e``.

    Examples
    --------
    >>> print(visible("Café\n\x1b[31mred"))
    Café \x1b[31mred
    """
    one_line = _BREAKS.sub(" ", str(text))
    return _UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), one_line)


def labels(titles: Mapping[str, str], most: int | None = None) -> dict[str, str]:
    """Titles that are all different, by name.

    Parameters
    ----------
    titles : mapping of str to str
        Title by name.
    most : int, optional
        Longest title, in columns of a terminal; longer ones are cut.

    Returns
    -------
    dict of str to str
        Each title as :func:`visible` shows it; where two are equal, with the name in brackets.

    Examples
    --------
    >>> labels({"a": "Mentors", "b": "Mentors", "c": "Desk"})
    {'a': 'Mentors (a)', 'b': 'Mentors (b)', 'c': 'Desk'}
    """
    unique = {n: shorten(visible(t).strip() or visible(n), most) for n, t in titles.items()}
    for _ in range(2):  # once more where a title was already another's with its name
        count = Counter(unique.values())
        unique = {n: f"{t} ({visible(n)})" if count[t] > 1 else t for n, t in unique.items()}
    return unique


def width(text: str) -> int:
    """Columns that a text takes in a terminal; letters of East Asia and emoji take two."""
    from rich.cells import cell_len

    return cell_len(text)


def shorten(text: str, most: int | None) -> str:
    """A text of at most ``most`` columns, with ``…`` where it was cut; the whole text if None.

    Examples
    --------
    >>> shorten("All recommendations", 10)
    'All recom…'
    """
    from rich.cells import set_cell_size

    if most is None or width(text) <= most:
        return text
    return set_cell_size(text, most - 1).rstrip() + "…"


def fold(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns`` columns, broken between words.

    A word that is longer than a line is broken after a dash, slash or underscore, else where the
    line ends.

    Examples
    --------
    >>> fold("people at the start", 10)
    ['people at', 'the start']
    """
    lines = [""]
    for word in text.split():
        for k, piece in enumerate(_pieces(word, columns)):
            grown = f"{lines[-1]} {piece}" if lines[-1] and k == 0 else lines[-1] + piece
            if width(grown) <= columns:
                lines[-1] = grown
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, columns: int) -> list[str]:
    """Parts of a word that fit into a line."""
    from rich.cells import chop_cells

    if width(word) <= columns:
        return [word]
    parts = re.findall(r"[^–/_]*[–/_]|[^–/_]+", word)
    return [p for part in parts for p in chop_cells(part, columns)]
