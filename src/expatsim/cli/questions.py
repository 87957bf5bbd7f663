"""Commands for questions that need more runs: ``decompose``, ``dose``, ``plan`` and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expatsim.cli.options import (
    HALF_A_POINT,
    All,
    Basis,
    Draws,
    Euros,
    Parameters,
    Rules,
    Seed,
    Smallest,
    about_parameters,
    integer,
    must_end_in,
    points,
    say_kept,
    warn,
)
from expatsim.cli.progress import draws_done
from expatsim.errors import InputError
from expatsim.files import Work, claim
from expatsim.text import labels

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.cli.grid import Grid
    from expatsim.scenario import Scenario


MOST_GAPS = 2  # that decompose tells, unless all are asked for
ROOM_OF_PARTS = 13  # lines of the tables of all gaps
FIVE = 5  # years of lives, unless others are asked for
MOST_CHAINS = 16  # of lives, unless all are asked for


def decompose(
    one: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    other: Annotated[
        list[Path], typer.Argument(help="Others; the gaps are each of these less the first.")
    ],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    smallest: Smallest = HALF_A_POINT,
    basis: Basis = True,
    by: Annotated[
        str, typer.Option(help="factor: people, policy, quality; measure: lever by lever.")
    ] = "factor",
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """Why scenarios differ from the first: people, policy, quality of the city; or by lever."""
    from expatsim.analysis.decompose import decompose as explain_gap
    from expatsim.cli import answers, short
    from expatsim.cli.terminal import decomposition_table, measures_table
    from expatsim.projections import load_all

    loaded = load_all(
        [one, *other], draws=draws, seed=seed, parameters=parameters, rules=rule or ()
    )
    first, *titles = _titles(loaded)
    names = _levers(loaded)

    def pairs(frame: pd.DataFrame) -> list[tuple[pd.DataFrame, str]]:
        if len(titles) == 1:
            return [(frame, titles[0])]
        names = zip(loaded[1:], titles, strict=True)
        return [(frame[frame["scenario"] == s.name], title) for s, title in names]

    def said(frame: pd.DataFrame) -> str:
        main, told = answers.main_outcome(frame), pairs(frame)[:MOST_GAPS]
        more = f" {len(titles) - MOST_GAPS} more: --all." if len(titles) > MOST_GAPS else ""
        said = [answers.of_parts(part, main, first, t, names) for part, t in told]
        return " ".join(said) + more

    def tables(frame: pd.DataFrame) -> list[Grid]:
        if whole and by == "factor":
            return [decomposition_table(part, first, title) for part, title in pairs(frame)]
        if whole:
            return [measures_table(part, first, title, names) for part, title in pairs(frame)]
        main, shown = answers.main_outcome(frame), pairs(frame)[:MOST_GAPS]
        room = ROOM_OF_PARTS // len(shown)
        made = [short.parts(part, main, names, room) for part, _ in shown]
        for grid, (_, title) in zip(made, shown, strict=True):
            if len(made) > 1:
                grid.title = f"{grid.title}: {title}"
            if grid is not made[-1]:
                grid.caption = None  # that of the last holds for all
        return made

    _table_of(
        loaded,
        out,
        lambda advance: explain_gap(
            *loaded, by=by, smallest=smallest / 100, basis=basis, progress=advance
        ),
        said,
        tables,
    )


def dose(
    scenario: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    lever: Annotated[str, typer.Argument(help="Name of the lever.")],
    levels: Annotated[int, integer("Levels over its range.")] = 6,
    relative: Annotated[
        bool,
        typer.Option("--relative", help="Add to the level of each draw instead of setting it."),
    ] = False,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    smallest: Smallest = HALF_A_POINT,
    basis: Basis = True,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """How outcomes respond to one lever over its range."""
    from expatsim.analysis.dose import dose as respond
    from expatsim.cli import answers, short
    from expatsim.cli.terminal import responses_table
    from expatsim.projections import load_all

    loaded = load_all([scenario], draws=draws, seed=seed, parameters=parameters, rules=rule or ())
    _table_of(
        loaded,
        out,
        lambda advance: respond(
            loaded[0],
            lever,
            levels=levels,
            relative=relative,
            smallest=smallest / 100,
            basis=basis,
            progress=advance,
        ),
        lambda frame: answers.of_levels(frame, answers.main_outcome(frame), loaded[0].title),
        lambda frame: (
            responses_table(frame, f"{loaded[0].title}: {lever}")
            if whole
            else short.levels(frame, answers.main_outcome(frame))
        ),
    )


def information(
    one: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    other: Annotated[
        Path | None, typer.Argument(help="With a second file, the answer is the difference.")
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            help="The answer, by its short name; newcomers_5 by default, if the scenario has five "
            "years."
        ),
    ] = None,
    people: Annotated[
        list[int] | None, integer("People asked in addition; may be repeated.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the questions.")] = None,
    whole: All = False,
) -> None:
    """Which parameter, and which question of a new survey, would tell most about an answer."""
    from expatsim.analysis.information import PEOPLE
    from expatsim.analysis.information import information as worth
    from expatsim.cli import answers
    from expatsim.cli.grid import show
    from expatsim.cli.knowing import FEW, MOST, parameters_table, questions_table
    from expatsim.findings.outcomes import OUTCOMES, possible
    from expatsim.findings.summary import HEADLINES

    loaded, title = _answer_or_difference(one, other, draws, seed, parameters, rule)
    if outcome is None:
        there = [x.name for x in possible(loaded[0].months)]
        outcome = next(name for name in (*HEADLINES, *there) if name in there)
    sizes = tuple(people or PEOPLE)
    for n in sizes:
        if not 1 <= n <= 1_000_000:
            raise InputError(f"--people: {n:,} is out of range (allowed: 1 to 1,000,000)")
    about = f"{OUTCOMES[outcome].label}: {title}" if outcome in OUTCOMES else title
    tables: dict[str, pd.DataFrame] = {}

    def work(advance: Callable[[str, int], None]) -> pd.DataFrame:
        tables.update(worth(*loaded, outcome=outcome, people=sizes, progress=advance))
        return tables["questions"]

    def answer(frame: pd.DataFrame) -> str:
        first = tables["parameters"].iloc[0]["parameter"]
        registry = {name: x for s in loaded for name, x in s.registry.items()}
        meaning = registry[first].meaning if first in registry else ""
        return answers.of_information(tables["parameters"], frame, meaning)

    most = MOST if whole else FEW

    def table(frame: pd.DataFrame) -> Grid:
        asked = questions_table(frame, about, most)
        asked.caption = None  # that of the second table holds for both
        return asked

    _table_of(loaded, out, work, answer, table)
    show(parameters_table(tables["parameters"], about if whole else "of the same", most))


def lives(
    one: Annotated[Path, typer.Argument(help="Scenario, the baseline: a file or a name.")],
    other: Annotated[Path, typer.Argument(help="Scenario that differs in policy only.")],
    years: Annotated[
        int | None,
        integer("Years after which somebody is here or not; 5, or all that a scenario has."),
    ] = None,
    draws: Annotated[int, integer("Draws followed person by person.")] = 4,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    whole: All = False,
) -> None:
    """Who stays or leaves because of a policy, and what came first in their lives."""
    from expatsim.analysis.lives import lives as follow
    from expatsim.cli import answers
    from expatsim.cli.grid import show, show_answer, show_folded
    from expatsim.cli.terminal import lives_tables
    from expatsim.projections import load_all

    loaded = load_all([one, other], draws=draws, seed=seed, parameters=parameters, rules=rule or ())
    if years is None:
        years = min(FIVE, loaded[0].months // 12)
    warn(loaded)
    with draws_done() as advance:
        tables = follow(*loaded, years=years, draws=draws, progress=advance)
    source, digest = loaded[0].parameters, loaded[0].parameters_digest
    show_answer(answers.of_lives(tables["numbers"], years))
    if not whole:
        tables["chains"] = tables["chains"].head(MOST_CHAINS)
    made = lives_tables(tables, years)
    show(*(made if whole else made[-1:]))
    show_folded(about_parameters(source, digest))


def plan(
    scenario: Annotated[Path, typer.Argument(help="Scenario with costs, the baseline.")],
    budget: Euros,
    assuming: Annotated[
        list[Path] | None,
        typer.Option(
            help="Scenario such as a downturn, whose economy and arrivals the robust mix must "
            "stand too; may be repeated."
        ),
    ] = None,
    outcome: Annotated[
        str, typer.Option(help="years: extra expat-years; people: extra people at the end.")
    ] = "years",
    lang: Annotated[str, typer.Option(help="Language of the answer: en, or nl for Dutch.")] = "en",
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """The best mix of measures under a budget: expected, cautious and robust (minutes)."""
    from expatsim.analysis.plan import plan as find
    from expatsim.cli.grid import show_folded
    from expatsim.cli.terminal import plan_lines, plan_table
    from expatsim.projections import load_all
    from expatsim.report.language import MINUS, Language
    from expatsim.report.render import in_language

    language = Language.of(lang, "--lang")
    everything = [scenario, *(assuming or [])]
    loaded = load_all(everything, draws=draws, seed=seed, parameters=parameters, rules=rule or ())
    plans = []

    def work(advance: Callable[[str, int], None]) -> pd.DataFrame:
        base, *others = loaded
        plans.append(find(base, budget, assuming=others, outcome=outcome, progress=advance))
        return plans[0].frontier

    _table_of(
        loaded,
        out,
        work,
        lambda _: plans[0].answer(lang).replace(MINUS, "-"),
        lambda _: plan_table(plans[0], in_language(loaded[:1], language)[0].title, language, whole),
        lang=lang,
    )
    show_folded(*plan_lines(plans[0], language, whole))


def power_scaling(
    one: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    other: Annotated[
        Path | None, typer.Argument(help="With a second file, the answers are the differences.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """How far answers move with what was assumed (priors), and with the data (likelihood)."""
    from expatsim.analysis.power_scaling import power_scaling as scale
    from expatsim.cli import answers
    from expatsim.cli.knowing import power_scaling_table
    from expatsim.extras import require
    from expatsim.posterior.inference import inference_data
    from expatsim.projections import compare

    require("research", "power-scaling")
    loaded, title = _answer_or_difference(one, other, draws, seed, parameters, rule)
    meanings = {name: x.meaning for s in loaded for name, x in s.registry.items()}
    # before the work, not after it
    inference_data(loaded[0].parameters, loaded[0].parameters_digest)
    _table_of(
        loaded,
        out,
        lambda advance: scale(compare(loaded, progress=advance)),
        lambda frame: answers.of_power_scaling(frame, answers.main_outcome(frame), meanings),
        lambda frame: power_scaling_table(frame, title, whole),
    )


def timing(
    one: Annotated[Path, typer.Argument(help="Scenario, the baseline: a file or a name.")],
    other: Annotated[Path, typer.Argument(help="The scenario whose policy starts later.")],
    delay: Annotated[list[int] | None, integer("Years of delay; may be repeated.")] = None,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    smallest: Smallest = HALF_A_POINT,
    basis: Basis = True,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """What a policy does when it starts now, or one, two, three years later."""
    from expatsim.analysis.timing import timing as respond
    from expatsim.cli import answers, short
    from expatsim.cli.terminal import responses_table
    from expatsim.projections import load_all

    loaded = load_all([one, other], draws=draws, seed=seed, parameters=parameters, rules=rule or ())
    delays = delay or [0, 1, 2, 3]
    _table_of(
        loaded,
        out,
        lambda advance: respond(
            *loaded, delays=delays, smallest=smallest / 100, basis=basis, progress=advance
        ),
        answers.of_delays,
        lambda frame: (
            responses_table(frame, ", less ".join(reversed(_titles(loaded))))
            if whole
            else short.delays(frame)
        ),
    )


def tipping_points(
    one: Annotated[Path, typer.Argument(help="Scenario, the baseline: a file or a name.")],
    others: Annotated[list[Path], typer.Argument(help="Scenarios that are compared with it.")],
    by: Annotated[
        str, typer.Option(help="scenario: all that differs; measure: each lever alone.")
    ] = "scenario",
    outcome: Annotated[
        list[str] | None, typer.Option(help="Short name of an outcome; may be repeated.")
    ] = None,
    worth: Annotated[
        float, points("Smallest difference worth naming, in percentage points.")
    ] = 0.5,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Annotated[
        Path | None, typer.Option(help="CSV file for the table; the picture beside it, as PNG.")
    ] = None,
    whole: All = False,
) -> None:
    """What would have to be true: the value of an assumption at which an answer turns."""
    from expatsim.analysis.tipping_points import DRAWS, measures
    from expatsim.analysis.tipping_points import tipping_points as find
    from expatsim.cli.tipping import save_picture, short_table, tipping_answer, tipping_table
    from expatsim.projections import load_all

    n = DRAWS if draws is None else draws
    loaded = load_all([one, *others], draws=n, seed=seed, parameters=parameters, rules=rule or ())
    compared = measures(loaded[0], loaded[1:], by)
    tables: dict[str, pd.DataFrame] = {}

    def work(advance: Callable[[str, int], None]) -> pd.DataFrame:
        tables.update(
            find(
                *loaded,
                by=by,
                outcomes=outcome or (),
                worth=worth / 100,
                draws=n,
                progress=advance,
            )
        )
        return tables["points"]

    _table_of(
        loaded,
        out,
        work,
        lambda frame: tipping_answer(frame, compared),
        lambda frame: (tipping_table if whole else short_table)(frame, compared),
        lambda path: save_picture(tables, compared, path),
    )


def uncertainty(
    one: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    other: Annotated[
        Path | None, typer.Argument(help="With a second file, the uncertainty of the difference.")
    ] = None,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    whole: All = False,
) -> None:
    """Where the uncertainty comes from: parameters, the small survey, or chance."""
    from expatsim.analysis.uncertainty import SOURCES
    from expatsim.analysis.uncertainty import uncertainty as explain_spread
    from expatsim.cli import answers, short
    from expatsim.cli.terminal import uncertainty_table

    loaded, title = _answer_or_difference(one, other, draws, seed, parameters, rule)
    _table_of(
        loaded,
        out,
        lambda advance: explain_spread(*loaded, progress=advance),
        lambda frame: answers.of_uncertainty(
            frame, answers.main_outcome(frame), SOURCES, title if other else ""
        ),
        lambda frame: (
            uncertainty_table(frame, title)
            if whole
            else short.sources(frame, answers.main_outcome(frame))
        ),
    )


def _answer_or_difference(
    one: Path,
    other: Path | None,
    draws: int | None,
    seed: int | None,
    parameters: str | None,
    rule: list[Path] | None,
) -> tuple[list[Scenario], str]:
    """One scenario, or two whose difference is asked about; and what that is called."""
    from expatsim.projections import load_all

    given = [one, other] if other else [one]
    loaded = load_all(given, draws=draws, seed=seed, parameters=parameters, rules=rule or ())
    return loaded, " less ".join(reversed(_titles(loaded)))


def _titles(loaded: list[Scenario]) -> list[str]:
    """Titles that tell the scenarios apart."""
    return list(labels({s.name: s.title for s in loaded}).values())


def _levers(loaded: list[Scenario]) -> dict[str, str]:
    """All levers in words, by name."""
    from expatsim.report.words import levers_of

    return {name: lever.label for name, lever in levers_of(loaded).items()}


def _table_of(
    loaded: list[Scenario],
    out: Path | None,
    work: Callable[[Callable[[str, int], None]], pd.DataFrame],
    answer: Callable[[pd.DataFrame], str],
    table: Callable[[pd.DataFrame], Grid | list[Grid]],
    draw: Callable[[Path], None] | None = None,
    lang: str = "en",
) -> None:
    """Print warnings, do the work with a progress line, print answer and table, store it as CSV.

    With ``draw``, a picture is stored beside it.
    """
    from expatsim.cli.answers import NO_RATE
    from expatsim.cli.grid import show, show_answer, show_folded
    from expatsim.files import for_spreadsheet

    picture = out.with_suffix(".png") if out and draw else None
    if picture == out and picture:
        raise InputError(f"{out}: give the CSV file; the picture comes beside it")
    if out:
        must_end_in(out, (".csv", ".txt"), "a table is CSV")
    with _claimed(out) as held:
        if picture and picture.exists():
            raise InputError(f"{picture}: exists; give another --out")
        warn(loaded)
        with draws_done() as advance:
            frame = work(advance)
        if held:
            for_spreadsheet(frame).to_csv(held / held.target.name, index=False)
            names = [held.target.name]
            if picture and draw:
                names.insert(0, held.target.with_suffix(".png").name)
                draw(held / names[0])
            held.publish(names, lambda _: False)
    source, digest = loaded[0].parameters, loaded[0].parameters_digest
    made = table(frame)
    cities = len({s.city for s in loaded}) > 1
    show_answer(answer(frame) + (f" {NO_RATE}" if cities else ""))
    show(*(made if isinstance(made, list) else [made]))
    show_folded(about_parameters(source, digest, lang))


@contextmanager
def _claimed(out: Path | None) -> Iterator[Work | None]:
    """Context in which a file that is to be written is held; None if there is none."""
    if out is None:
        yield None
        return
    with claim(out) as work:
        if work.target.exists():
            raise InputError(f"{out}: exists; give another --out")
        yield work
    say_kept(work)
