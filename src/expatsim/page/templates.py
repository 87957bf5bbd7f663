"""Templates of the live page, in a language."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from expatsim.report.language import Language, translations
from expatsim.report.template import environment

if TYPE_CHECKING:
    import jinja2


@cache
def _templates(code: str) -> jinja2.Environment:
    templates = environment("expatsim.page")
    templates.install_gettext_translations(translations(code), newstyle=True)  # type: ignore[attr-defined]
    return templates


def rendered(name: str, language: Language, **values: Any) -> str:
    """Return a template of this folder with values.

    Parameters
    ----------
    name : str
        Name of its file.
    language : Language
        In which its texts are written.
    **values : object
        Values by name.
    """
    return _templates(language.code).get_template(name).render(l=language, **values)
