"""How people write numbers: points and commas for thousands, decimal commas, percent, euros."""

from __future__ import annotations

import re

# units of numbers in files
EUROS = "euros"
PEOPLE = "people"
SHARE = "share"
COUNTED = (EUROS, PEOPLE)  # of these there may be thousands

_AROUND = re.compile(
    r"^(?:€|eur|euros?)?\s*(?P<body>[^%]*?)(?:,-+)?\s*(?:€|[a-z]{2,}(?: [a-z]+)*)?$", re.I
)
_GROUPS = re.compile(
    r"^(?P<sign>[+-]?)(?P<first>[1-9]\d{0,2})"
    r"(?P<rest>(?P<mark>[.,' \u00a0\u202f])\d{3}(?:(?P=mark)\d{3})*)(?P<decimals>[.,]\d+)?$"
)
# three digits after one point or comma, or parts of three: 150.000, 1,200, 1.200_000
_DOUBTFUL = re.compile(r"^[+-]?[\d_]*\d[.,](?:\d{3}|\d{3}(?:_\d{3})+)$")
_PERCENT = re.compile(r"^(?P<body>[+-]?\d+(?:[.,]\d+)?)\s*(?:%|procent|percent)$", re.I)
_WORDS = re.compile(
    r"^(?:€|eur|euros?)?\s*(?P<body>\d+(?:[.,]\d+)?)\s*"
    r"(?P<word>k|duizend|thousand|mln|mio|m|miljoen|million)\.?\s*(?:€|eur|euros?)?$",
    re.I,
)
_MINUS = re.compile("^[\N{MINUS SIGN}\N{EN DASH}\N{EM DASH}](?=\\d)")  # of word processors
_SIZES = {"k": 1e3, "d": 1e3, "t": 1e3, "m": 1e6}


def ambiguous(text: str) -> bool:
    """Whether a number may mean thousands or decimals, such as ``150.000`` and ``1,200``."""
    return bool(_DOUBTFUL.match(text.strip()) and re.search("[1-9]", text))


def advice(text: str, unit: str = "", *, whole: bool = False) -> str:
    """Advice on how to write a number that is not in plain digits; empty if there is none.

    Parameters
    ----------
    text : str
        The number as it stands in the file.
    unit : str
        Its unit: ``"euros"``, ``"people"``, ``"share"`` or anything else.
    whole : bool
        Whether a whole number is wanted.

    Examples
    --------
    >>> advice("€ 1.200,-", "euros")
    'write 1200 for 1 thousand 200, or 1.2'
    >>> advice("80%", "share")
    '80 % is 0.8'
    >>> advice("0,8"), advice("−1")
    ('write 0.8', 'write -1')
    """
    text = _MINUS.sub("-", text.strip())
    if len(text) > 40 or not re.search("[0-9]", text):
        return ""
    percent = _PERCENT.match(text)
    if percent:
        number = float(percent["body"].replace(",", "."))
        if unit == SHARE:
            return f"{_plain(number)} % is {_plain(number / 100)}"
        return f"write {_plain(number)}, without percent"
    worded = _WORDS.match(text)
    if worded:
        number = float(worded["body"].replace(",", ".")) * _SIZES[worded["word"][0].lower()]
        return f"write {_plain(number)}"
    around = _AROUND.match(text)
    body = around["body"] if around else text
    if ambiguous(body) and (unit in COUNTED or body.lstrip("+-")[0] != "0"):
        return _two_ways(body, whole)
    groups = _GROUPS.match(body)
    if groups:
        large = groups["sign"] + groups["first"] + re.sub(r"\D", "", groups["rest"])
        return f"write {large}{(groups['decimals'] or '').replace(',', '.')}"
    with_point = body.replace(",", ".")
    try:
        number = float(with_point)
    except ValueError:
        return ""
    if not body.isascii() or "_" in body or abs(number) > (1 if unit == SHARE else 1e15):
        return ""
    if whole:
        return f"write {_plain(number)}" if number == int(number) else ""
    return f"write {with_point if with_point[:1].isdigit() else _plain(number)}"


def parse_count(text: str) -> float:
    """The number of euros or people that a text stands for.

    Parameters
    ----------
    text : str
        As somebody typed it.

    Raises
    ------
    ValueError
        If it is no number or may mean thousands; the message says what to write.

    Examples
    --------
    >>> parse_count("150000")
    150000.0
    >>> parse_count("150.000")
    Traceback (most recent call last):
    ...
    ValueError: 150.000 may stand for thousands; write 150000 for 150 thousand, or 150.0 for 150
    """
    instead = advice(text, EUROS)
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"must be a number, not {text!r}{instead and '; '}{instead}") from None
    if ambiguous(text):
        raise ValueError(f"{text} may stand for thousands; {instead}")
    return number


def _two_ways(body: str, whole: bool) -> str:
    """Advice on an ambiguous number: how to write it with thousands, and with decimals."""
    small = body.replace(",", ".").replace("_", "")
    number = int(small.replace(".", ""))
    large = str(number)
    if abs(number) < 1000:
        words = large
    elif number % 1_000_000 == 0:
        words = f"{number // 1_000_000} million"
    elif number % 1000 == 0:
        words = f"{number // 1000} thousand"
    else:
        words = f"{number // 1000} thousand {number % 1000}"
    short = small.rstrip("0")
    short += "0" if short.endswith(".") else ""
    if ambiguous(short):
        short += "0"  # four decimals are no thousands
    meant = float(small)
    if whole:
        short = _plain(meant) if meant == int(meant) else ""
    other = f", or {short}" + (f" for {_plain(meant)}" if short != _plain(meant) else "")
    meaning = f" for {words}" if words != large else ""
    return f"write {large}{meaning}" + (other if short else "")


def _plain(number: float) -> str:
    return f"{number:.10f}".rstrip("0").rstrip(".")
