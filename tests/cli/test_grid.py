"""Tables are whole at every width, and into a file."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import expatsim as xs
from expatsim import observed
from expatsim.analysis.plan import Plan
from expatsim.analysis.uncertainty import GRADES, SOURCES
from expatsim.cli import knowing, terminal
from expatsim.cli import observed as tables
from expatsim.cli.grid import Grid
from expatsim.cli.sensitivity import sensitivity_table
from expatsim.model.levers import LEVERS
from expatsim.report.language import Language
from expatsim.text import width
from helpers import printed, small

WIDTHS = (20, 40, 80, 120, 200)
OUTCOMES = ("newcomers_5", "people")
LONG = "Rotterdam with English information, a visible desk, mentors and places to practise Dutch"


def numbers(text: str) -> list[str]:
    """Numbers with their signs, separators and brackets."""
    return re.findall(r"\(?[-+]?\d[\d,.–]*\)?", text)


def check(table: Grid, columns: int) -> None:
    """Every line fits, every number and every word of every cell is there in one piece."""
    shown = printed(table, columns)
    lines = shown.split("\n")
    assert all(width(line) <= columns for line in lines)
    assert "…" not in shown
    words = shown.split()
    for part in (table.title or "", table.caption or "", *(c.header for c in table.columns)):
        for word in str(part).split():
            assert word in words or word in "".join(words) or width(word) > 16
    for column in table.columns:
        for cell in map(str, column.cells):
            for word in cell.split():  # only a word that is wider than the terminal may be broken
                whole = shown if width(word) <= columns - 2 else "".join(words)
                for number in numbers(word):
                    assert number in whole, (number, columns)


def frame_of(names: dict[str, list], scale: float = 1.0) -> pd.DataFrame:
    rows = pd.MultiIndex.from_product(names.values(), names=names).to_frame(index=False)
    rng = np.random.default_rng(1)
    middle = scale * rng.normal(size=len(rows))
    wide = pd.DataFrame({"low": middle - 12.3 * scale, "high": middle + 45.6 * scale})
    labels = {"verdict": "the model is undecided", "rests_on": "assumption only"}
    return rows.assign(mean=middle, median=middle, draws=40, **labels, **wide)


def every_table() -> dict[str, list[Grid]]:
    """Every table that the program prints, with large numbers and long titles."""
    responses = frame_of({"english_information": [0.2, 0.25], "outcome": [*OUTCOMES]})
    by_factor = frame_of(
        {"factor": ["gap", "people", "policy", "city quality"], "outcome": [*OUTCOMES]}
    )
    by_lever = frame_of(
        {
            "lever": ["customer_friendliness", "package"],
            "effect": ["share", "alone", "lost without it", "interaction"],
            "outcome": [*OUTCOMES],
        }
    )
    sources = frame_of({"source": [*SOURCES, *GRADES], "outcome": [*OUTCOMES]})
    sources = sources.rename(columns={"low": "total_low", "mean": "total", "high": "total_high"})
    mix = {"budget": 1.5e8, "cost": 123456789.0, "expected": 12345.6, "cautious": -1234.5}
    mix |= {"regret": 23456.7, "label": "extra expat-years"}
    frontier = pd.DataFrame(
        [
            {**mix, "aim": aim, "low": -54321.0, "high": 98765.0, "mentor_projects": 0.5}
            for aim in ("expected", "cautious", "robust")
        ]
    )
    plan = Plan.__new__(Plan)
    object.__setattr__(plan, "frontier", frontier)
    object.__setattr__(plan, "unused", {"mentor_projects": 0.0})
    object.__setattr__(plan, "levers", LEVERS)
    object.__setattr__(plan, "draws", 100)
    worth = pd.DataFrame(
        {"parameter": ["leave_choice_wish"], "value": [0.12], "low": [-0.01], "high": [1.0]}
    )
    asked = pd.concat([worth.assign(city="rotterdam", question=LONG, people=n) for n in (50, 800)])
    lives = {
        "numbers": pd.DataFrame([[0, 1234567, 12345, 54321]]),
        "profile": pd.DataFrame([["contract without end date at the start", 0.1, 0.2, 1.0]]),
        "chains": pd.DataFrame({"ending": ["stays"], "people": [12345], "chain": [LONG]}),
    }
    indices = pd.DataFrame(
        [
            {"outcome": "people", "input": "leave_choice_wish", "other": "", "index": i,
             "value": 0.123456, "low": -0.1, "high": 1.2, "samples": 8, "threshold": 0.05,
             "note": ""}
            for i in ("S1", "ST")
        ]
    )  # fmt: skip
    found = {"prior": 0.12, "prior_noise": 0.03, "likelihood": np.nan, "likelihood_noise": np.nan}
    scaled = pd.DataFrame(
        [{"outcome": x, **found, "diagnosis": "none", "parameters": "renewal"} for x in OUTCOMES]
    )
    return {
        "decompose": [terminal.decomposition_table(by_factor, LONG, "B")],
        "measures": [terminal.measures_table(by_lever, LONG, "B")],
        "dose": [terminal.responses_table(responses, f"{LONG}: english_information")],
        "uncertainty": [terminal.uncertainty_table(sources, LONG)],
        "plan": [terminal.plan_table(plan, LONG, Language("nl"))],
        "lives": terminal.lives_tables(lives, 5),
        "information": [
            knowing.parameters_table(worth, LONG),
            knowing.questions_table(asked, LONG),
        ],
        "power-scaling": [knowing.power_scaling_table(scaled, LONG)],
        "sensitivity": [sensitivity_table(indices, "people")],
    }


@pytest.fixture(scope="module")
def compared() -> Grid:
    base = small("rotterdam", 0.5, 24)
    others = [small("den-haag", 0.5, 24), small("rotterdam-all-recommendations", 0.5, 24)]
    result = xs.compare([base, *others], draws=2)
    big = result.dataset.copy()
    for name, values in big.data_vars.items():
        if np.issubdtype(values.dtype, np.integer):
            big[name] = values * 97  # as many digits as a whole city has
    return terminal.summary_table(xs.Result(big, provenance=result.provenance))


@pytest.mark.parametrize("columns", WIDTHS)
def test_answers_are_whole(columns) -> None:
    for made in every_table().values():
        for table in made:
            check(table, columns)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_comparison_is_whole(compared, columns) -> None:
    check(compared, columns)


@pytest.mark.parametrize("columns", WIDTHS)
def test_observed_tables_are_whole(columns, monkeypatch) -> None:
    shown: list[Grid] = []
    monkeypatch.setattr(
        tables, "show", lambda *t: shown.extend(x for x in t if isinstance(x, Grid))
    )
    tables.list_tables()
    for name in ("T35", "T41", "EXT"):
        tables.print_table(name)
    assert len(shown) == 4
    for table in shown:
        check(table, columns)


def test_columns_stand_beside_each_other_where_there_is_room(compared) -> None:
    lines = printed(compared, 200).split("\n")
    row = next(line for line in lines if "after 1 year" in line)
    assert len(re.findall(r"\d+ \(\d+–\d+\)", row)) == 3
    assert "Rotterdam, policy of 2009: " in printed(compared, 40)


cells = st.one_of(
    st.sampled_from(
        ["", "13,448 (11,000–15,000)", "+0.1 (-10.2 to +14.5)\nclear", LONG, "[b]x[/c]"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)


@given(st.integers(1, 5), st.data(), st.integers(20, 150))
@settings(max_examples=150)
def test_any_table_is_whole(n, data, columns) -> None:
    table = Grid(title=data.draw(cells), caption=data.draw(cells))
    for k in range(n):
        table.add_column(data.draw(cells), justify="right" if k else "left")
    for row in data.draw(st.lists(st.lists(cells, min_size=n, max_size=n), max_size=4)):
        table.add_row(*row)
    shown = printed(table, columns)
    assert all(width(line) <= columns for line in shown.split("\n"))
    squeezed = re.sub(r"\s", "", shown)
    for column in table.columns:
        for cell in map(str, column.cells):
            for number in ("13,448", "(11,000–15,000)", "+14.5)"):
                assert number not in cell or number in squeezed


def test_into_a_file_goes_the_whole_table() -> None:
    code = "from expatsim.cli import observed as t; t.list_tables(); t.print_table('T41')"
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    lines = done.stdout.split("\n")
    for row in observed.tables().itertuples():
        assert any(str(row.table) in x and str(row.rows) in x for x in lines)
    for row in observed.table("T41").itertuples():
        if not pd.isna(row.value):
            assert any(row.id in x and f"{row.value:g}" in x for x in lines)


def test_a_terminal_without_unicode(compared) -> None:
    class Plain(io.StringIO):
        encoding = "ascii"

    console = Console(file=Plain(), width=100)
    console.print(compared)
    console.file.getvalue().encode("ascii")
