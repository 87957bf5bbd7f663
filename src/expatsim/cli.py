"""The command line: ``expatsim run``, ``compare``, ``calibrate``, ``check``, ``tables`` ..."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expatsim import __version__
from expatsim.errors import InputError

if TYPE_CHECKING:
    from expatsim.runs.result import Result
    from expatsim.scenario import Scenario

app = typer.Typer(
    help="Who stays in Rotterdam and The Hague? Simulate expats under a city's policy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help needs no rich: half the start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)

Draws = Annotated[int | None, typer.Option(help="Draws, instead of the file's.")]
Seed = Annotated[int | None, typer.Option(help="Random seed, instead of the file's.")]
Parameters = Annotated[
    str | None,
    typer.Option(help="posterior (the default), prior, or a CSV or Parquet file of draws."),
]
Out = Annotated[Path | None, typer.Option(help="Folder for results; results/NAME by default.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a result that is already there.")]


@app.command()
def run(
    scenario: Annotated[Path, typer.Argument(help="Scenario file.")],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Project one scenario: who stays, month by month, with intervals."""
    _project([scenario], draws, seed, parameters, out, force)


@app.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files, the baseline first.")],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """Compare scenarios draw by draw with the first one."""
    _project(scenarios, draws, seed, parameters, out, force)


@app.command()
def decompose(
    one: Annotated[Path, typer.Argument(help="Scenario file.")],
    other: Annotated[Path, typer.Argument(help="The gap is this scenario less the first.")],
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    by: Annotated[
        str, typer.Option(help="factor: people, policy, quality; measure: lever by lever.")
    ] = "factor",
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
) -> None:
    """Why two scenarios differ: people, policy, quality of the city; or lever by lever."""
    from rich.console import Console

    from expatsim.api import decompose as explain_gap
    from expatsim.api import prepare
    from expatsim.report.terminal import decomposition_table, measures_table

    if out and out.exists():
        raise InputError(f"{out}: exists; give another --out")
    loaded = prepare([one, other], draws=draws, seed=seed, parameters=parameters)
    _warn(loaded)
    try:
        with _draws_done() as tell:
            frame = explain_gap(*loaded, by=by, progress=tell)
    except KeyboardInterrupt:
        raise Interrupted from None
    show = decomposition_table if by == "factor" else measures_table
    Console().print(show(frame, loaded[0].title, loaded[1].title))
    print(_about_parameters(loaded[0].parameters))
    if out:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            frame.to_csv(out, index=False)
        except OSError as error:
            raise InputError(f"{out}: cannot be written: {error.strerror}") from error


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
) -> None:
    """Check scenario files; all problems at once, a line each."""
    from expatsim.scenario import check as check_files

    problems = check_files(files)
    if problems:
        raise InputError(problems)
    print(f"{len(files)} file{'s' if len(files) > 1 else ''}: no problems")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for your editor."""
    import json

    from expatsim.scenario import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="Table to print, such as T35.")] = None,
) -> None:
    """List the report's tables, or print one with its place and known inconsistencies."""
    from expatsim.report.tables import list_tables, print_table

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
        bool, typer.Option("--resume", help="Go on with a calibration that was stopped.")
    ] = False,
) -> None:
    """Calibrate the parameters against the observed tables (about 20 minutes)."""
    from expatsim.calibration.run import run as run_calibration
    from expatsim.calibration.settings import Settings, load_settings

    chosen = load_settings(settings) if settings else Settings()
    try:
        with _stages() as tell:
            table = run_calibration(chosen, out, resume=resume, progress=tell)
    except KeyboardInterrupt:
        again = f"{settings} " if settings else ""
        _say(f"interrupted; go on with: expatsim calibrate {again}--out {out} --resume")
        sys.exit(130)
    print(
        f"{table['informed'].sum()} of {len(table)} parameters informed by the data; "
        f"worst R-hat {table['rhat'].max():.3f}, "
        f"fewest effective draws {table[['ess_bulk', 'ess_tail']].min().min():.0f}."
    )
    print(f"Diagnostics: {out}/diagnostics.md; draws: {out}/posterior.parquet")


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int, str], None]]:
    """A progress line for stages that follow each other; plain lines where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar, _interruptible() as asked:
        tasks: dict[str, Any] = {}

        def tell(stage: str, done: int, total: int, note: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, note=note)
            bar.update(tasks[stage], completed=done, note=note)
            if asked:
                raise KeyboardInterrupt

        yield tell


def _about_parameters(source: str) -> str:
    """One line on what stands behind the intervals."""
    if source == "posterior":
        return (
            "Parameters: posterior of the calibration. What the data cannot tell, such as the "
            "effect of measures on leaving, is prior assumption: docs/calibration.md."
        )
    what = "prior, not calibrated" if source == "prior" else f"draws of {source}"
    return f"Parameters: {what}; see docs/odd.md."


class Interrupted(Exception):  # noqa: N818
    """Ctrl-C during a run; Typer would answer a KeyboardInterrupt with an empty line."""


def _project(
    scenarios: list[Path],
    draws: int | None,
    seed: int | None,
    parameters: str | None,
    out: Path | None,
    force: bool,
) -> None:
    from expatsim.api import prepare

    loaded = prepare(scenarios, draws=draws, seed=seed, parameters=parameters)
    folder = out or Path("results") / "-vs-".join(s.name for s in loaded)
    from expatsim.runs.result import check_folder

    check_folder(folder, force=force)  # before the work, not after it
    _warn(loaded)
    try:
        result = _with_progress(loaded)
        folder = result.save(folder, force=force)
    except KeyboardInterrupt:
        raise Interrupted from None
    from rich.console import Console

    from expatsim.report.terminal import cost_lines, summary_table

    Console().print(summary_table(result))
    print(_about_parameters(loaded[0].parameters))
    from expatsim.analysis.assumptions import notes

    for line in cost_lines(result):
        print(line)
    resting = notes(loaded)
    if resting:
        print("Differences rest on these parameters, which the data do not inform:")
        print("\n".join(f"  {line}" for line in resting))
    print(f"Plots, data and manifest: {folder}/")


def _warn(loaded: list[Scenario]) -> None:
    from expatsim.analysis.guards import warnings

    for scenario in loaded:
        for line in warnings(scenario):
            _say(f"warning: {scenario.name}: {line}")


@contextmanager
def _draws_done() -> Iterator[Callable[[str, int], None]]:
    """A line that counts the draws of many combinations."""
    with _stages() as tell:
        done: dict[str, int] = {}

        def count(name: str, draws: int) -> None:
            done[name] = done.get(name, 0) + draws
            tell("draws", sum(done.values()), 0, name)

        yield count


def _with_progress(loaded: list[Scenario]) -> Result:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from expatsim.api import compare as compare_scenarios

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} draws"),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=Console(stderr=True), transient=True) as bar,
        _interruptible() as interrupted,
    ):
        tasks = {s.name: bar.add_task(s.name, total=s.draws) for s in loaded}

        def tell(name: str, draws: int) -> None:
            bar.advance(tasks[name], draws)
            if interrupted:
                raise KeyboardInterrupt

        return compare_scenarios(loaded, progress=tell)


@contextmanager
def _interruptible() -> Iterator[list[bool]]:
    """Collect the first Ctrl-C in a list, so that it is obeyed between batches.

    Raised at once, it could hit a callback of a library that swallows it. The second one is raised.
    """
    asked: list[bool] = []

    def ask(number: int, frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point: 2 for bad input, 1 for a failed run, 130 when interrupted; no traceback."""
    try:
        app()
    except InputError as error:
        for problem in error.problems:
            _say(problem)
        sys.exit(2)
    except Interrupted:
        _say("interrupted: nothing was written")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
