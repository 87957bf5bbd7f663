"""What is printed of a result: the answer with what fits on one screen, or everything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from expatsim.cli import answers, short
from expatsim.cli.grid import show, show_answer, show_folded
from expatsim.cli.options import about_parameters
from expatsim.cli.people import growth_lines, people_lines
from expatsim.cli.terminal import cost_lines, summary_table, unknown_lines, unmoved_lines
from expatsim.findings.cost import omissions
from expatsim.findings.summary import headline
from expatsim.text import labels

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.result import Result
    from expatsim.scenario.scenario import Scenario


def answer_of(result: Result, frame: pd.DataFrame) -> str:
    """What a result answers, in a sentence.

    Parameters
    ----------
    result : Result
        Of one scenario or several.
    frame : pandas.DataFrame
        Its summary.
    """
    main, titles = headline(result.dataset).name, labels(result.titles)
    first, *others = result.scenarios
    if not others:
        return answers.of_run(frame, main, titles[first.name])
    noun = "measures" if _policy_only(result.scenarios) else "scenarios"
    return answers.of_comparison(frame, titles, main, noun)


def show_first_look(result: Result, draws: int) -> None:
    """Print what the first draws answer, at once.

    Parameters
    ----------
    result : Result
        Of the first draws.
    draws : int
        How many there will be.
    """
    some = result.dataset.sizes["draw"]
    said = answer_of(result, result.summary())
    show_answer(f"First look, from {some} of {draws:,} draws: {said} The answer follows.")
    sys.stdout.flush()


def show_result(result: Result, whole: bool) -> None:
    """Print a result, its answer first.

    Parameters
    ----------
    result : Result
        Of one scenario or several.
    whole : bool
        Whether everything is printed, or the answer with what fits on one screen.
    """
    scenarios = result.scenarios
    several = len(scenarios) > 1
    frame = result.summary()
    main, titles = headline(result.dataset).name, labels(result.titles)
    said = answer_of(result, frame)
    cities = len({s.city for s in scenarios}) > 1
    show_answer(said + (f" {answers.NO_RATE}" if cities else ""))
    parameters = about_parameters(scenarios[0].parameters, scenarios[0].parameters_digest)
    if several and not whole:
        base, *others = scenarios
        notes = {s.name: omissions(s, base) for s in others}
        costs = short.costs(result.costs(), titles, notes) + unmoved_lines(result)
        show(short.comparison(frame, main, titles, short.ROWS - len(costs)))
        people = people_lines(scenarios)[1:] if len(scenarios) == 2 else []
        show_folded(parameters, *people, *costs)
        return
    show(summary_table(result, several))
    growth = growth_lines(result.dataset, scenarios[0])
    show_folded(parameters, *people_lines(scenarios), *growth)
    if whole:
        show_folded(*cost_lines(result), *result.notes(), *unknown_lines(result))


def show_folder(folder: Path, whole: bool) -> None:
    """Print where a result is stored, after it was.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.
    whole : bool
        Whether everything was printed.
    """
    show_folded(f"{'Plots' if whole else 'Everything: --all; plots'}, data and manifest: {folder}/")


def _policy_only(scenarios: list[Scenario]) -> bool:
    """Whether scenarios differ from the first one in policy, and in that only."""
    from expatsim.analysis.decompose import factors_that_differ

    first, *others = scenarios
    if any(s.policy.keys() != first.policy.keys() for s in others):
        return False
    return all(factors_that_differ(first, s) == ["policy"] for s in others)
