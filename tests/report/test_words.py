"""Words for everything that the model has."""

from __future__ import annotations

import pytest

import expatsim as xs
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.model.levers import LEVERS
from expatsim.report import words
from expatsim.report.language import Language
from expatsim.runs.groups import GROUPS
from helpers import small


def test_every_word_of_the_model_has_one_for_the_reader(result) -> None:
    assert set(words.LEVER_NAMES) == set(LEVERS)
    assert set(result.summary()["outcome"]) <= set(OUTCOMES)
    assert set(result.effects()["group"]) == {group.name for group in GROUPS}
    assert set(result.costs()["outcome"]) == set(QUANTITIES)


def test_paths_in_words() -> None:
    steps = [(0, 0.3), (36, 0.5)]
    show = lambda x: words.level("mentor_projects", Language("nl"), x)  # noqa: E731
    assert words.path(steps, "2010-01", Language("nl"), show) == "30%; vanaf januari 2013: 50%"


@pytest.mark.parametrize(("lang", "few"), [("en", "few"), ("nl", "weinig")])
def test_few_draws_are_called_few(lang: str, few: str) -> None:
    """In the report and on the sheet, from where on there is no verdict."""
    language = Language(lang)
    assert few in words.number_of_draws(FEWEST_DRAWS - 1, FEWEST_DRAWS - 1, language)
    assert few in words.number_of_draws(FEWEST_DRAWS, FEWEST_DRAWS - 1, language)
    assert few not in words.number_of_draws(FEWEST_DRAWS, FEWEST_DRAWS, language)
    result = xs.run(small("rotterdam", 0.02, 24), draws=2)
    said = words.number_of_draws(2, 2, language)
    assert said in result.report(lang)
    assert said in result.sheet(lang)
