"""Commands for cities: ``city new``, ``city check``, ``city show``, and those of respondents."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expatsim.cli import city_survey
from expatsim.cli.options import All
from expatsim.errors import InputError
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.cities import City
    from expatsim.cli.grid import Grid

app = typer.Typer(
    help="Make, check and show cities of your own.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Name = Annotated[str, typer.Argument(help="Name, or folder with its city.yaml.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name, in small letters: eindhoven.")],
    donors: Annotated[
        str, typer.Option(help="City of the study that lends what yours does not know.")
    ] = "",
) -> None:
    """Make the folder cities/NAME with a template of every file; it replaces nothing."""
    from expatsim.scenario.city_template import write_city

    folder = write_city(name, donors)
    print(f"{folder}: made; fill in what you know, then: expatsim city check {name}")


@app.command()
def check(name: Name) -> None:
    """Check a city's files; all problems at once, a line each, and what it borrows."""
    from expatsim.population.stock import contradictions
    from expatsim.scenario.borrowing import borrowed

    city = _find(name)
    if problems := contradictions(city):
        raise InputError(problems)
    lent = borrowed(city)
    if lent:
        print(visible(lent.line()))
    print(visible(f"{city.label}: no problems"))


@app.command()
def show(name: Name, whole: All = False) -> None:
    """Print what a city has: people asked, levels of 2009, grades, arrivals, what is borrowed."""
    from expatsim.cities import city as city_of
    from expatsim.cities import packaged_names, roles
    from expatsim.cli.grid import show as show_grids
    from expatsim.cli.grid import show_answer, show_folded
    from expatsim.population.margins import population_margins
    from expatsim.scenario.borrowing import borrowed

    city = _find(name)
    lent = borrowed(city)
    packaged = "the study" if city.of_the_study else "the package"
    source = packaged if city.name in packaged_names() else "its own folder"
    workers, partners = roles(city.name)
    own = [m for m in population_margins(city.name, "survey") if not m.borrowed]
    said = (
        f"{city.label} ({city.name}, from {source}) has {len(own)} tables of its own, and rests on "
        f"{workers} workers and {partners} partners who were asked."
    )
    if city.survey_of:
        said += f" Its tables are those of {city_of(city.survey_of).label}."
    if still := city.still_of_2009_in("en"):
        said += f" Still of 2009 or of the years after it: {'; '.join(still)}."
    show_answer(f"{said} {lent.line() if lent else f'{city.label} borrows nothing'}.")
    grids = (_asked(city), _levels(city), _numbers(city)) if whole else (_short_levels(city),)
    show_grids(*grids)
    if not whole:
        show_folded("Tables, priors with their sources, grades and numbers of people: --all")


def _find(name: str) -> City:
    """The city of a name or a folder: a packaged one, one beside, or one on a path."""
    from expatsim import cities
    from expatsim.scenario.city_file import add_folder, city_folder

    if name in cities.packaged_names():
        return cities.city(name)
    folder = (
        Path(name) if os.path.isdir(name) and os.path.lexists(Path(name, cities.FILE)) else None
    )
    folder = folder or city_folder(Path(), name)
    if folder is None:
        if os.path.isdir(name):
            raise InputError(f"no city {name[:80]!r}: {cities.FILE} is not in that folder")
        from expatsim.errors import nearest
        from expatsim.inputs.aliases import city_meant

        meant = city_meant(name)
        names = [*cities.packaged_names(), *_beside()]
        hint = f"; did you mean {meant!r}?" if meant else nearest(name, names)
        more = hint or f"; there are {', '.join(names)}; make one with `expatsim city new`"
        raise InputError(f"no city {name[:80]!r}{more}")
    return add_folder(folder)


def _beside() -> list[str]:
    """Names of the cities in ``cities``."""
    from expatsim import cities

    try:
        return sorted(
            n for n in os.listdir("cities") if os.path.isfile(Path("cities", n, cities.FILE))
        )
    except OSError:
        return []


def _asked(city: City) -> Grid:
    """Table of its survey: questions with the people asked, and those that are borrowed."""
    from expatsim.cities import roles
    from expatsim.cli.grid import Grid
    from expatsim.population.margins import population_margins

    workers, partners = roles(city.name)
    lent = " (borrowed)" if "ROL" in city.borrowed_tables else ""
    title = f"People asked: {workers} workers and {partners} partners{lent}"
    grid = Grid(title=title)
    for heading in ("table", "people", ""):
        grid.add_column(heading, justify="right" if heading == "people" else "left")
    for margin in population_margins(city.name, "survey"):
        words = "" if margin.interval is None else "words"
        number = words or f"{margin.counts.sum():.0f}"
        whose = "borrowed, counts as so few" if margin.borrowed and not words else ""
        grid.add_row(margin.name, number, whose or ("borrowed" if margin.borrowed else ""))
    return grid


def _levels(city: City) -> Grid:
    """Table of the levels that differ by city, of 2009 or of its year."""
    from expatsim.cli.grid import Grid
    from expatsim.model.levers import LEVERS
    from expatsim.model.parameters import levels_of_2009

    priors = {p.name: p for p in levels_of_2009([city])}
    grid = Grid(title=f"Levels of {city.year}")
    for heading in ("lever", "level", "90 % of the prior", "evidence", "source"):
        grid.add_column(heading)
    for lever, level in city.levels_2009.items():
        prior = priors.get(f"{city.name}_{lever}")
        ends = "" if prior is None else _between(prior)
        unit = LEVERS[lever].unit
        grid.add_row(lever, f"{level.level:g} {unit}", ends, level.evidence, level.source)
    return grid


def _short_levels(city: City) -> Grid:
    """Table of the levels that differ by city, with the evidence."""
    from expatsim.cli.grid import Grid
    from expatsim.model.levers import LEVERS

    grid = Grid(title=f"Levels of {city.year}")
    for heading in ("measure", "level", "evidence"):
        grid.add_column(heading)
    for lever, level in city.levels_2009.items():
        grid.add_row(LEVERS[lever].label, f"{level.level:g} {LEVERS[lever].unit}", level.evidence)
    return grid


def _between(prior: object) -> str:
    """Middle nine tenths of a prior."""
    import numpy as np

    low, high = prior.quantile(np.array([0.05, 0.95]))  # type: ignore[attr-defined]
    return f"{low:.3g} to {high:.3g}"


def _numbers(city: City) -> Grid:
    """Table of its grades, and of the arrivals and the stock that follow from its region."""
    from expatsim.cities import GRADES, counts
    from expatsim.cli.grid import Grid
    from expatsim.population.build import (
        default_inflow,
        default_stock,
        inflow_range,
        stock_range,
    )

    grid = Grid(title="Grades and numbers of people")
    grid.add_column("")
    grid.add_column("", justify="right")
    grid.add_column("")
    lent = "borrowed" if GRADES in city.borrowed_tables else ""
    for what, grade in counts(city.name, GRADES, "rating 1-10").items():
        grid.add_row(what, f"{grade:.1f}", lent)
    lent = "borrowed" if city.borrowed_region else ""
    for what, middle, (low, high) in (
        ("workers who arrive in a year", default_inflow(city.name), inflow_range(city.name)),
        ("people at the start", default_stock(city.name), stock_range(city.name)),
    ):
        between = f"{low:,.0f} to {high:,.0f}" if low < high else lent
        grid.add_row(what, f"{middle:,.0f}", between)
    return grid


city_survey.add_commands(app)
