"""The facts of a page are numbers and names, and the same in every language."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import expatsim as xs
from expatsim.findings.summary import HEADLINES
from expatsim.report.facts import Facts
from expatsim.report.language import Language
from expatsim.report.render import page
from helpers import ROOT, small


@pytest.fixture(scope="module")
def result() -> xs.Result:
    names = ("rotterdam", "rotterdam-visible-desk")
    return xs.compare([small(name, 0.03, 36) for name in names], draws=4)


@pytest.fixture(scope="module")
def facts(result) -> Facts:
    return Facts.of(result)


def test_a_page_is_made_of_facts_alone(result, facts) -> None:
    for lang in ("en", "nl"):
        assert page(facts, Language(lang)) == result.report(lang)


def test_facts_are_those_of_the_tables(result, facts) -> None:
    assert facts.headline.name == next(n for n in HEADLINES if n in set(facts.summary["outcome"]))
    assert facts.names == list(result.titles)
    stock = facts.stock.quantiles["rotterdam"]
    assert facts.stock.x[0] == 2010
    assert (stock[:, 0] == result.scenarios[0].stock).all()
    last = result.dataset["here"].sel(scenario="rotterdam").isel(month=-1).to_numpy()
    assert stock[2, -1] == np.median(last)
    summary = facts.summary.set_index(["scenario", "outcome"])
    for way, paths in facts.staying.items():
        curve = paths.quantiles["rotterdam"]
        assert (curve[:, 0] == 1).all()
        assert curve[2, 36] == summary.loc[("rotterdam", f"{way}_3"), "median"]
    reasons = [values["rotterdam"][1] for values in facts.reasons.values()]
    assert 0.9 < sum(reasons) < 1.1


def test_facts_know_no_words() -> None:
    """They import none of the modules that write words."""
    text = (ROOT / "src" / "expatsim" / "report" / "facts.py").read_text(encoding="utf-8")
    wordy = {"words", "language", "answers", "panels", "caveats", "charts", "fit", "template"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            names = {*str(node.module).split("."), *(alias.name for alias in node.names)}
            assert not names & wordy
