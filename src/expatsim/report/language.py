"""Words and number formats of a language: gettext catalogues and Babel."""

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

from expatsim.scenario.scenario import month_number

LANGUAGES = {"en": "en_GB", "nl": "nl_NL"}
MINUS, MISSING = "−", "–"
TOO_LONG = 1e15  # to write all digits of a number


def N_(text: str) -> str:  # noqa: N802  # the usual name
    """Mark a text for translation where it is written down, not where it is shown."""
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
    """How a report speaks.

    Attributes
    ----------
    code : {"en", "nl"}
    """

    code: str

    @property
    def locale(self) -> str:
        """Name for Babel."""
        return LANGUAGES[self.code]

    def say(self, text: str, **values: object) -> str:
        """A text in this language, with its values filled in; a percent sign is written twice."""
        return translations(self.code).gettext(text) % values

    def number(self, x: float, digits: int = 0, sign: bool = False) -> str:
        """``1,234.5``; with a true minus, a plus if ``sign``, a zero without; ``–`` if missing."""
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
        """Euros, to three significant digits; no line ends between the sign and the number."""
        if isnan(x) or abs(x) >= TOO_LONG:
            return self.number(x)
        if x:
            size = len(str(int(abs(x))))
            x = round(x, min(0, 3 - size))
        shown = numbers.format_currency(
            abs(x), "EUR", format="¤#,##0" if self.code == "en" else "¤\N{NO-BREAK SPACE}#,##0",
            locale=self.locale, currency_digits=False,
        )  # fmt: skip
        return (MINUS if x < 0 else "") + shown

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
    """A number to the digits that its interval supports: two of its width, at least two of its own.

    ``64,286`` between ``12,345`` and never is ``64,000``; what is certain keeps its digits.
    """
    if not isfinite(x) or x == 0 or low == high:
        return x
    own = floor(log10(abs(x)))
    width = high - low
    wide = floor(log10(width)) if isfinite(width) else own
    return round(float(x), 1 - min(own, wide))
