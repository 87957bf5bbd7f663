"""The commands: ``expatsim run``, ``compare``, ``calibrate``, ``check``, ``tables`` ..."""

from __future__ import annotations

import dataclasses
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from expatsim.cli import city as cities
from expatsim.cli import questions, shipped, stop
from expatsim.cli import sweep as sweeps
from expatsim.cli.options import (
    HALF_A_POINT,
    All,
    Asked,
    Basis,
    Csv,
    CsvForm,
    Draws,
    Excel,
    Force,
    Out,
    Parameters,
    Rules,
    Scheduler,
    Seed,
    Smallest,
    WholeHelp,
    integer,
    say,
    say_kept,
    typed,
    warn,
)
from expatsim.cli.page import page
from expatsim.cli.progress import scenario_draws, stages
from expatsim.cli.report import report
from expatsim.errors import InputError
from expatsim.files import shortened
from expatsim.text import visible

DEMO = ("rotterdam", "den-haag", "rotterdam-all-recommendations")
FIRST_LOOK = 8  # draws: a second of work
app = typer.Typer(
    cls=WholeHelp,
    help="Who stays in Rotterdam and The Hague? Simulate expats under a city's policy.",
    epilog="A scenario is a file, or the name of a shipped one: `expatsim scenarios` lists these.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help needs no rich: half the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def run(
    scenario: Annotated[Path, typer.Argument(help="Scenario: a file or a name.")],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    out: Out = None,
    excel: Excel = False,
    csv: CsvForm = Csv.en,
    force: Force = False,
    scheduler: Scheduler = None,
    whole: All = False,
) -> None:
    """Project one scenario: who stays, month by month, with intervals."""
    asked = Asked(draws, seed, parameters, rule or ())
    stored = Stored(out, force, excel, csv, _typed_again("run", [scenario], asked))
    told = Told(HALF_A_POINT / 100, True, whole)
    _project([scenario], asked, stored, scheduler, told)


@app.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Files or names, the baseline first.")],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    smallest: Smallest = HALF_A_POINT,
    basis: Basis = True,
    out: Out = None,
    excel: Excel = False,
    csv: CsvForm = Csv.en,
    force: Force = False,
    scheduler: Scheduler = None,
    whole: All = False,
) -> None:
    """Compare scenarios draw by draw with the first one."""
    told = Told(smallest / 100, basis, whole)
    asked = Asked(draws, seed, parameters, rule or ())
    command = _typed_again("compare", scenarios, asked, smallest, basis)
    stored = Stored(out, force, excel, csv, command)
    _project(scenarios, asked, stored, scheduler, told)


@app.command()
def demo(
    draws: Annotated[int, integer("Draws of each scenario.")] = 100,
    whole: All = False,
) -> None:
    """Compare Rotterdam, The Hague, and Rotterdam with all recommendations, in results/demo."""
    three = [Path(name) for name in DEMO]
    asked = Asked(draws)
    stored = Stored(
        Path("results", "demo"), True, False, Csv.en, _typed_again("compare", three, asked)
    )
    _project(three, asked, stored, None, Told(HALF_A_POINT / 100, True, whole, FIRST_LOOK))


for _command in (
    questions.decompose,
    questions.dose,
    questions.information,
    questions.lives,
    questions.plan,
    questions.power_scaling,
    questions.timing,
    questions.tipping_points,
    questions.uncertainty,
    page,
    report,
    sweeps.sweep,
    sweeps.sensitivity,
    shipped.scenarios,
    shipped.new,
):
    app.command()(_command)
app.add_typer(sweeps.runs, name="runs")
app.add_typer(cities.app, name="city")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
    rule: Rules = None,
) -> None:
    """Check scenario files; all problems and warnings at once, a line each."""
    from expatsim.scenario import check as check_files
    from expatsim.scenario import load

    rules = rule or ()
    problems = check_files(files, rules)
    if problems:
        raise InputError(problems)
    warn([load(file, rules) for file in files])
    print(f"{len(files)} file{'s' if len(files) > 1 else ''}: no problems")


class Kind(StrEnum):
    """Files that have a schema."""

    scenario = "scenario"
    sweep = "sweep"


@app.command()
def schema(
    kind: Annotated[Kind, typer.Argument(help="Which files.")] = Kind.scenario,
    rule: Rules = None,
) -> None:
    """Print the JSON Schema of scenario or sweep files, for your editor."""
    import json

    if kind is Kind.sweep:
        from expatsim.sweeps.settings import json_schema

        made = json_schema()
    else:
        from expatsim.scenario.rule_file import levers_of
        from expatsim.scenario.schema import json_schema as schema_of_scenarios

        made = schema_of_scenarios(levers_of(rule or ()))
    print(json.dumps(made, indent=2))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="Table to print, such as T35.")] = None,
) -> None:
    """List the study's tables, or print one with its place and known inconsistencies."""
    from expatsim.cli.observed import list_tables, print_table

    if name is None:
        list_tables()
    else:
        print_table(name)


@app.command()
def calibrate(
    settings: Annotated[
        Path | None, typer.Argument(help="Calibration file; defaults if there is none.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the calibration.")] = Path(
        "results/calibration"
    ),
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on where it stopped, or with more steps."),
    ] = False,
    scheduler: Scheduler = None,
) -> None:
    """Calibrate the parameters against the observed tables (about 14 minutes)."""
    from expatsim.calibration.run import run_calibration
    from expatsim.calibration.settings import Settings, load_settings
    from expatsim.executors import processes_for

    chosen = load_settings(settings) if settings else Settings()
    again = typed("calibrate", *filter(None, [settings]), "--out", out, "--resume")
    stop.message = f"interrupted; go on with: {again}"
    with stages() as report_stage:
        table = run_calibration(
            chosen,
            out,
            resume=resume,
            progress=report_stage,
            scheduler=scheduler,
            processes=processes_for(chosen.seconds),
        )
    from expatsim.calibration.diagnostics import FEWEST_DRAWS, WORST_RHAT, has_converged

    converged = has_converged(table)
    if not converged:
        say(
            f"warning: the chains have not converged (R-hat below {WORST_RHAT} and {FEWEST_DRAWS} "
            "effective draws are needed); before you use the draws, give more steps and go on "
            "with --resume"
        )
    known = str(table["informed"].sum()) if converged else "NOT CONVERGED: nobody knows how many"
    print(
        f"{known} of {len(table)} parameters are informed by the data; "
        f"worst R-hat {table['rhat'].max():.3f}, "
        f"fewest effective draws {table[['ess_bulk', 'ess_tail']].min().min():.0f}."
    )
    print(visible(f"Diagnostics: {out}/diagnostics.md; draws: {out}/posterior.parquet"))


class Told(NamedTuple):
    """What a user asked to be told of differences; see :func:`expatsim.compare`."""

    smallest: float
    basis: bool
    whole: bool  # print everything
    first_look: int = 0  # draws of an answer that is printed before all draws are run


class Stored(NamedTuple):
    """Where a user wants the result, and in which files; see :meth:`expatsim.Result.save`."""

    out: Path | None
    force: bool
    excel: bool
    csv: str
    command: str  # for the notes of a workbook


def _project(
    scenarios: list[Path],
    asked: Asked,
    stored: Stored,
    scheduler: str | None,
    told: Told,
) -> None:
    """Run scenarios, store the result and print it."""
    from expatsim.cli.shown import show_first_look, show_folder, show_result
    from expatsim.projections import compare as compare_scenarios
    from expatsim.projections import load_all

    draws, seed, parameters, rules = asked
    loaded = load_all(scenarios, draws=draws, seed=seed, parameters=parameters, rules=rules)
    folder = stored.out or Path("results") / shortened("-vs-".join(s.name for s in loaded))
    from expatsim.storage import result_folder

    with result_folder(folder, force=stored.force) as work:  # before the work, not after it
        warn(loaded)
        if 0 < told.first_look < loaded[0].draws:
            few = [dataclasses.replace(s, draws=told.first_look) for s in loaded]
            show_first_look(compare_scenarios(few, smallest=told.smallest), loaded[0].draws)
        with scenario_draws(loaded, told.basis) as advance:
            result = compare_scenarios(
                loaded,
                smallest=told.smallest,
                basis=told.basis,
                progress=advance,
                scheduler=scheduler,
            )
        try:  # the answer need not wait for plots
            show_result(result, told.whole)
            sys.stdout.flush()
        finally:  # whoever reads may have closed the pipe: all is stored nevertheless
            result.write(work, excel=stored.excel, csv=stored.csv, command=stored.command)
    say_kept(work)
    show_folder(folder, told.whole)


def _typed_again(
    command: str,
    scenarios: list[Path],
    asked: Asked,
    smallest: float = HALF_A_POINT,
    basis: bool = True,
) -> str:
    """Command line that makes the same result again."""
    words: list[object] = [command, *scenarios, *asked.words()]
    if smallest != HALF_A_POINT:
        words += ["--smallest", f"{smallest:g}"]
    if not basis:
        words.append("--no-basis")
    return typed(*words)


_LIGHT = {"check", "city", "new", "runs", "scenarios", "schema", "tables"}  # these simulate nothing


def _version(wanted: bool) -> None:
    if wanted:
        from expatsim.version import version

        print(version())
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand not in _LIGHT:
        stop.require_memory()
        from expatsim.executors import may_start_processes

        context.with_resource(may_start_processes())
