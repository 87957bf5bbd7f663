"""Commands for sweeps: ``sweep``, ``sensitivity`` and ``runs``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expatsim.cli import stop
from expatsim.cli.options import All, Asked, Rules, Scheduler, WholeHelp, integer, say, typed
from expatsim.cli.progress import stages
from expatsim.errors import InputError
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.sweeps import Store

Folder = Annotated[Path, typer.Argument(help="Folder of a sweep's runs.")]
runs = typer.Typer(
    cls=WholeHelp,
    help="Look into the runs of a sweep.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def sweep(
    file: Annotated[Path, typer.Argument(help="Sweep: a file, or the name of a shipped one.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the runs; results/NAME by default.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a sweep that was stopped.")
    ] = False,
    workers: Annotated[
        int | None, integer("Batches at once; two for every core by default.")
    ] = None,
    rule: Rules = None,
    scheduler: Scheduler = None,
) -> None:
    """Run many settings of a scenario into a store; stop and go on as you like."""
    from expatsim.cli.grid import show_answer
    from expatsim.executors import cores, processes_for
    from expatsim.extras import require
    from expatsim.sweeps import load_sweep
    from expatsim.sweeps import sweep as run_sweep
    from expatsim.sweeps.estimate import estimate
    from expatsim.sweeps.notes import notes

    require("research", "a sweep")
    if workers is not None and not 1 <= workers <= 1024:
        raise InputError(f"--workers: {workers} is out of range (allowed: 1 to 1024)")
    chosen = load_sweep(file, rules=rule or ())
    folder = out or Path("results") / chosen.name
    expected = estimate(chosen)
    say(f"{chosen.file.title}: {expected}")
    for line in notes(chosen):
        say(f"warning: {chosen.name}: {line}")
    done = 0
    again = typed("sweep", file, "--out", folder, *Asked(rules=rule or ()).words(), "--resume")
    stop.message = f"interrupted; go on with: {again}"
    with stages() as update:

        def count(more: int) -> None:
            nonlocal done
            done += more
            update("runs", done, expected.runs, "")

        store = run_sweep(
            chosen,
            folder,
            resume=resume,
            scheduler=scheduler,
            threads=workers,
            progress=count,
            processes=1 if workers else processes_for(expected.seconds * cores()),
        )
    for path in store.damaged:
        say(f"{path}: was damaged or gone; its runs were done again")
    status = store.status()
    failed = status.get("failed", 0)
    show_answer(
        f"{status.get('done', 0):,} of {expected.runs:,} runs of “{chosen.file.title}” are done"
        f"{f', {failed:,} failed' if failed else ''}; they are in {folder}/."
    )
    _print_missing(store)
    if failed:
        say(f"{failed:,} runs failed; see: {typed('runs', 'show', folder)}")
        sys.exit(1)
    print(f"What matters most: {typed('sensitivity', folder)}")


def sensitivity(
    folder: Folder,
    outcome: Annotated[
        list[str] | None, typer.Option(help="Outcome; may be repeated; all by default.")
    ] = None,
    below: Annotated[
        float | None,
        typer.Option(help="Also find conditions under which the first outcome is below this."),
    ] = None,
    above: Annotated[
        float | None, typer.Option(help="The same where it is above this; one of the two.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Which of the sweep's scenarios; the first by default.")
    ] = None,
    whole: All = False,
) -> None:
    """What matters most in a sweep: indices with intervals, a table and a page."""
    from expatsim.cli.answers import of_sensitivity
    from expatsim.cli.grid import show, show_answer, show_folded
    from expatsim.cli.sensitivity import FEW, sensitivity_table
    from expatsim.files import for_spreadsheet, replacing, writing
    from expatsim.sweeps import open_runs
    from expatsim.sweeps.discovery import target_of
    from expatsim.sweeps.page import why_none, write_page
    from expatsim.sweeps.sensitivity import final, indices

    store = open_runs(folder)
    chosen = list(dict.fromkeys(outcome or store.settings["outcomes"]))
    table = indices(store, chosen, scenario=scenario)
    asked = below is not None or above is not None
    target = target_of(chosen[0], below, above) if asked else None
    page = write_page(store, table, chosen, target, scenario)
    with writing(folder, "nothing was changed"), replacing(folder / "indices.csv") as work:
        for_spreadsheet(table).to_csv(work, index=False)
    reasons = {name: why_none(table, name) for name in chosen}
    for name, reason in reasons.items():
        if reason:
            say(f"{name}: {reason}")
    found = [name for name, reason in reasons.items() if not reason]
    if found:
        show_answer(of_sensitivity(final(table), found))
    else:
        show_answer("No outcome of this sweep has indices.")
    shown = found if whole else found[:1]
    show(*(sensitivity_table(final(table), name, None if whole else FEW) for name in shown))
    more = "" if whole else "; everything: --all"
    show_folded(f"Indices: {folder}/indices.csv; page: {page}{more}")


@runs.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(help="Folder that holds folders of runs.")] = Path(
        "results"
    ),
) -> None:
    """List the sweeps below a folder with the status of their runs."""
    from expatsim.sweeps import open_runs
    from expatsim.sweeps.files import CATALOGUE, SETTINGS

    if not folder.is_dir():
        raise InputError(f"{folder}: {'not a' if folder.exists() else 'no such'} folder")
    marks = [p.parent for name in (SETTINGS, CATALOGUE) for p in folder.glob(f"**/{name}")]
    folders = sorted(set(marks))
    if not folders:
        print(visible(f"{folder}: no runs"))
    problems: list[str] = []
    for place in folders:
        try:
            store = open_runs(place)
            store.check()
            print(visible(f"{place}: {store.settings['sweep']['title']}"))
            _print_status(store)
        except InputError as error:  # the others are listed all the same
            print(visible(f"{place}: damaged"))
            problems += error.problems
    if problems:
        raise InputError(problems)


@runs.command()
def show(folder: Folder) -> None:
    """Show what a sweep is, how far it is, and what failed with which inputs."""
    from expatsim.sweeps import open_runs

    store = open_runs(folder)
    store.check()
    settings = store.settings
    print(visible(f"{settings['sweep']['title']} ({settings['sweep']['design']})"))
    for scenario in settings["scenarios"]:
        print(visible(f"Scenario: {scenario['title']}"))
    for name, kind in settings["inputs"].items():
        print(visible(f"  {kind}: {name}"))
    for line in settings["notes"]:
        print(visible(f"  warning: {line}"))
    _print_status(store)
    _print_missing(store)
    print(f"Code {settings['code']}, expatsim {settings['expatsim']}, {store.seconds():.1f} s")
    failures = store.failures()
    for run, row in failures.head(20).iterrows():
        inputs = ", ".join(
            f"{k} {v}" if isinstance(v, str) else f"{k} {v:.6g}"
            for k, v in row.drop("error").items()
        )
        print(visible(f"run {run} failed: {row['error']} ({inputs})"))


@runs.command()
def export(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or NetCDF (.nc) file to write.")],
) -> None:
    """Write inputs and outcomes of all runs that are done into one file."""
    from expatsim.sweeps import open_runs
    from expatsim.sweeps.export import export as export_runs

    runs_written = export_runs(open_runs(folder), file)
    print(visible(f"{runs_written:,} runs: {file}"))


def _print_status(store: Store) -> None:
    status = store.status()
    print(f"  {', '.join(f'{n:,} {name}' for name, n in sorted(status.items()))}")


def _print_missing(store: Store) -> None:
    done = store.status().get("done", 0)
    for name, count in store.missing_outcomes().items():
        print(f"  {name}: missing in {count:,} of {done:,} runs (nobody to look at)")
