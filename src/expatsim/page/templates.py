"""Templates of the live page, in a language."""

from __future__ import annotations

from typing import Any

from expatsim.report.language import Language
from expatsim.report.template import environment


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
    template = environment("expatsim.page", language.code).get_template(name)
    return template.render(l=language, **values)
