"""Progress bars in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from expatsim.text import shorten, visible

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from expatsim.scenario import Scenario


def _bar(*columns: ProgressColumn) -> Progress:
    """Bars on the terminal; a file or pipe gets nothing, not even an empty line."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int, str], None]]:
    """Context with a bar for each stage; its function takes stage, done, total and a note."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with _bar(*columns) as bar:
        tasks: dict[str, Any] = {}

        def update(stage: str, done: int, total: int, note: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, note=note)
            bar.update(tasks[stage], completed=done, note=note)

        yield update


def _short(name: str) -> str:
    """A name, cut to fit beside a bar."""
    return shorten(visible(name), 40)


@contextmanager
def draws_done() -> Iterator[Callable[[str, int], None]]:
    """Context with a line that counts draws; its function takes a name and further draws."""
    with stages() as update:
        done: dict[str, int] = {}

        def count(name: str, draws: int) -> None:
            done[name] = done.get(name, 0) + draws
            update("draws", sum(done.values()), 0, _short(name))

        yield count


@contextmanager
def scenario_draws(
    loaded: list[Scenario], basis: bool = True
) -> Iterator[Callable[[str, int], None]]:
    """Context with a bar for each scenario; its function takes a name and further draws.

    Draws from the prior, for what differences rest on, count as well.
    """
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    from expatsim.projections import draws_of_prior

    more = draws_of_prior(loaded, basis)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} draws"),
        TimeRemainingColumn(),
    )
    with _bar(*columns) as bar:
        tasks = {s.name: bar.add_task(_short(s.name), total=s.draws + more) for s in loaded}

        def advance(name: str, draws: int) -> None:
            bar.advance(tasks[name], draws)

        yield advance
