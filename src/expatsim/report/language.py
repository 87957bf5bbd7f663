"""Translations and number formats of a language, from gettext catalogues and Babel."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from math import floor, isfinite, isnan, log10

from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from expatsim.errors import InputError, nearest
from expatsim.scenario.scenario import month_number

LANGUAGES = {"en": "en_GB", "nl": "nl_NL"}
MINUS = "−"  # of negative numbers
MISSING = "–"  # in place of a number that is missing
TOO_LONG = 1e15  # from here on numbers are written as a power of ten


def N_(text: str) -> str:  # noqa: N802  # the usual name
    """The text itself, marked for translation where it is declared."""
    return text


@cache
def translations(lang: str) -> NullTranslations:
    """Catalogue of a language; English is the language of the source."""
    if lang == "en":
        return NullTranslations()
    source = resources.files("expatsim.report").joinpath(f"{lang}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=LANGUAGES[lang]))
    compiled.seek(0)
    return Translations(compiled)


@dataclass(frozen=True)
class Language:
    """Formats and translations of one language.

    Attributes
    ----------
    code : {"en", "nl"}
        Code of the language, as ``--lang`` takes it.
    """

    code: str

    @classmethod
    def of(cls, code: str, key: str = "lang") -> Language:
        """The language with a code.

        Parameters
        ----------
        code : str
            Code that a user gave.
        key : str
            What the user calls it, for the error.

        Raises
        ------
        InputError
            If there is no such language.
        """
        if code not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise InputError(f"{key}: {code!r} is not one of {known}{nearest(code, LANGUAGES)}")
        return cls(code)

    @property
    def locale(self) -> str:
        """Name of the language for Babel."""
        return LANGUAGES[self.code]

    def say(self, text: str, **values: object) -> str:
        """A text in this language.

        Parameters
        ----------
        text : str
            In English, with ``%(name)s`` for values; a percent sign is written twice.
        **values : object
            Values by name.
        """
        return translations(self.code).gettext(text) % values

    def number(self, x: float, digits: int = 0, sign: bool = False) -> str:
        """A number, such as ``1,234.5``; ``–`` if it is missing.

        Parameters
        ----------
        x : float
            The number.
        digits : int
            Decimals.
        sign : bool
            Whether positive numbers have a plus.

        Examples
        --------
        >>> Language("en").number(-1234.5, 1), Language("nl").number(1234.5, 1, sign=True)
        ('−1,234.5', '+1.234,5')
        """
        x = round(float(x), digits)
        if isnan(x):
            return MISSING
        if abs(x) >= TOO_LONG:
            return f"{x:.1g}".replace("-", MINUS).replace("inf", "∞")
        whole = numbers.format_decimal(
            abs(x), format="#,##0" + ("." + "0" * digits if digits else ""), locale=self.locale
        )
        return (MINUS if x < 0 else "+" if sign and x > 0 else "") + whole

    def percent(self, share: float, digits: int = 0) -> str:
        """A share as a percentage."""
        return f"{self.number(100 * share, digits)}%"

    def euros(self, x: float) -> str:
        """An amount in euros, to three significant digits, that cannot be broken over two lines."""
        if isnan(x) or abs(x) >= TOO_LONG:
            return self.number(x)
        if x:
            size = len(str(int(abs(x))))
            x = round(x, min(0, 3 - size))
        amount = numbers.format_currency(
            abs(x), "EUR", format="¤#,##0" if self.code == "en" else "¤\N{NO-BREAK SPACE}#,##0",
            locale=self.locale, currency_digits=False,
        )  # fmt: skip
        return (MINUS if x < 0 else "") + amount

    def month(self, start: str, month: int) -> str:
        """Name of the ``month``-th month after a start such as ``2010-01``."""
        n = month_number(start) + month
        return dates.format_date(date(n // 12, n % 12 + 1, 1), "MMMM y", locale=self.locale)

    def range(self, low: str, high: str) -> str:
        """``low to high``."""
        return self.say(N_("%(low)s to %(high)s"), low=low, high=high)

    def list(self, items: list[str]) -> str:
        """``a, b and c``."""
        if len(items) < 2:
            return "".join(items)
        last = self.say(N_("and"))
        return f"{', '.join(items[:-1])} {last} {items[-1]}"


def supported(x: float, low: float, high: float) -> float:
    """A number rounded to the digits that its interval supports.

    These are two digits of the interval's width, and at least two of the number itself. A number
    whose interval has no width keeps its digits.

    Parameters
    ----------
    x : float
        The number.
    low, high : float
        Ends of its interval; may be infinite.

    Examples
    --------
    >>> supported(64286, 12345, float("inf"))
    64000.0
    """
    if not isfinite(x) or x == 0 or low == high:
        return x
    own = floor(log10(abs(x)))
    width = high - low
    wide = floor(log10(width)) if isfinite(width) else own
    return round(float(x), 1 - min(own, wide))
