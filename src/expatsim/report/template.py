"""Environment of templates, and style sheet, of all pages."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from expatsim.report.language import translations

if TYPE_CHECKING:
    import jinja2


@cache  # what a template is compiled to is kept with it
def environment(package: str, code: str = "en") -> jinja2.Environment:
    """Templates of a package in a language; values are escaped, and an unknown one is an error.

    Parameters
    ----------
    package : str
        Name of the package whose folder holds the templates.
    code : {"en", "nl"}
        Code of the language.
    """
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader(package, ""),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.install_gettext_translations(translations(code), newstyle=True)  # type: ignore[attr-defined]
    return templates


def style() -> str:
    """The style sheet, which every page holds."""
    return resources.files("expatsim.report").joinpath("page.css").read_text("utf-8")
