"""Environment of templates, and style sheet, of all pages."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


def environment(package: str) -> jinja2.Environment:
    """Templates of a package; values are escaped, and an unknown one is an error.

    Parameters
    ----------
    package : str
        Name of the package whose folder holds the templates.
    """
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, ""),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def style() -> str:
    """The style sheet, which every page holds."""
    return resources.files("expatsim.report").joinpath("page.css").read_text("utf-8")
