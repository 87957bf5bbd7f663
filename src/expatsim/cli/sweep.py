"""``expatsim sweep``, ``sensitivity`` and ``runs``: many settings, what matters, and the store."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expatsim.cli.options import Scheduler, say
from expatsim.errors import InputError
from expatsim.report.progress import stages

if TYPE_CHECKING:
    from expatsim.sweeps import Store

Folder = Annotated[Path, typer.Argument(help="Folder of a sweep's runs.")]
runs = typer.Typer(
    help="Look into the runs of a sweep.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def sweep(
    file: Annotated[Path, typer.Argument(help="Sweep file.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the runs; results/NAME by default.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a sweep that was stopped.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(help="Batches at once; two for every core by default.")
    ] = None,
    scheduler: Scheduler = None,
) -> None:
    """Run many settings of a scenario into a store; stop and go on as you like."""
    from expatsim.sweeps import load_sweep
    from expatsim.sweeps import sweep as run_sweep
    from expatsim.sweeps.estimate import estimate

    if workers is not None and not 1 <= workers <= 1024:
        raise InputError(f"--workers: {workers} is out of range (allowed: 1 to 1024)")
    chosen = load_sweep(file)
    folder = out or Path("results") / chosen.name
    known = estimate(chosen)
    say(f"{chosen.file.title}: {known}")
    done = 0
    try:
        with stages() as tell:

            def count(more: int) -> None:
                nonlocal done
                done += more
                tell("runs", done, known.runs, "")

            store = run_sweep(
                chosen,
                folder,
                resume=resume,
                scheduler=scheduler,
                threads=workers,
                progress=count,
            )
    except KeyboardInterrupt:
        say(f"interrupted; go on with: expatsim sweep {file} --out {folder} --resume")
        sys.exit(130)
    for path in store.damaged:
        say(f"{path}: was damaged or gone; its runs were done again")
    _print_status(store)
    failed = store.status().get("failed", 0)
    if failed:
        say(f"{failed:,} runs failed; see: expatsim runs show {folder}")
        sys.exit(1)
    print(f"What matters most: expatsim sensitivity {folder}")


def sensitivity(
    folder: Folder,
    outcome: Annotated[
        list[str] | None, typer.Option(help="Outcome; may be given often; all by default.")
    ] = None,
    below: Annotated[
        float | None, typer.Option(help="Also: under which conditions the first is below this.")
    ] = None,
) -> None:
    """What matters most in a sweep: indices with intervals, a table and a page."""
    from rich.console import Console

    from expatsim.sweeps import open_runs
    from expatsim.sweeps.page import sensitivity_table, write_page
    from expatsim.sweeps.sensitivity import final, indices

    store = open_runs(folder)
    chosen = outcome or store.settings["outcomes"]
    table = indices(store, list(chosen))
    page = write_page(store, table, list(chosen), below)
    table.to_csv(folder / "indices.csv", index=False)
    for name in chosen:
        Console().print(sensitivity_table(final(table), name))
    print(f"Indices: {folder}/indices.csv; page: {page}")


@runs.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(help="Folder that holds folders of runs.")] = Path(
        "results"
    ),
) -> None:
    """List the sweeps below a folder with the status of their runs."""
    from expatsim.sweeps import open_runs
    from expatsim.sweeps.files import SETTINGS

    found = sorted(p.parent for p in folder.glob(f"**/{SETTINGS}"))
    if not found:
        print(f"{folder}: no runs")
    for place in found:
        store = open_runs(place)
        print(f"{place}: {store.settings['sweep']['title']}")
        _print_status(store)


@runs.command()
def show(folder: Folder) -> None:
    """Show what a sweep is, how far it is, and what failed with which inputs."""
    from expatsim.sweeps import open_runs

    store = open_runs(folder)
    settings = store.settings
    print(f"{settings['sweep']['title']} ({settings['sweep']['design']})")
    print(f"Scenario: {settings['scenario']['title']}")
    for name, kind in settings["inputs"].items():
        print(f"  {kind}: {name}")
    _print_status(store)
    print(f"Code {settings['code']}, expatsim {settings['expatsim']}, {store.seconds():.1f} s")
    failures = store.failures()
    for run, row in failures.head(20).iterrows():
        inputs = ", ".join(f"{k} {v:.6g}" for k, v in row.drop("error").items())
        print(f"run {run} failed: {row['error']} ({inputs})")


@runs.command()
def export(
    folder: Folder,
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or NetCDF (.nc) file to write.")],
) -> None:
    """Write inputs and outcomes of all runs that are done into one file."""
    from expatsim.sweeps import open_runs

    if file.exists():
        raise InputError(f"{file}: exists; give another file")
    store = open_runs(folder)
    try:
        if file.suffix == ".csv":
            store.frame().to_csv(file)
        elif file.suffix == ".parquet":
            store.frame().reset_index().to_parquet(file, index=False)
        elif file.suffix == ".nc":
            store.to_xarray().to_netcdf(file, engine="h5netcdf")
        else:
            raise InputError(f"{file}: the ending says what to write: .csv, .parquet or .nc")
    except OSError as error:
        raise InputError(f"{file}: cannot be written: {error.strerror}") from error
    print(f"{len(store.frame()):,} runs: {file}")


def _print_status(store: Store) -> None:
    status = store.status()
    print(f"  {', '.join(f'{n:,} {name}' for name, n in sorted(status.items()))}")
