"""``expatsim city questionnaire``, ``survey`` and ``update``: a city's own respondents."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from expatsim.cli.options import Force, Scheduler, integer, typed
from expatsim.errors import InputError
from expatsim.files import claim
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.scenario.respondents import Respondents
    from expatsim.survey.crosstabs import Tabulated

CITIES = Path("cities")  # folder in which cities are looked for by their name

NAME = Annotated[str, typer.Argument(help="The city: a folder, or its name in cities/.")]


class Paper(StrEnum):
    """Languages of the questionnaire."""

    nl = "nl"
    en = "en"


def folder_of(name: str) -> Path:
    """Folder of a city: a path, or a name in ``cities/``.

    Parameters
    ----------
    name : str
        As the user wrote it.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    from expatsim.cities import FILE

    for folder in (Path(name), CITIES / name):
        if (folder / FILE).is_file():
            return folder
    raise InputError(f"{name}: no folder of a city here or in {CITIES}/ (one with {FILE})")


def questionnaire(
    language: Annotated[
        Paper | None, typer.Option(help="Language; both, one after the other, by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="HTML file; the others come beside it.")] = Path(
        "questionnaire.html"
    ),
    force: Force = False,
) -> None:
    """Write the study's questions for paper, with a codebook and an empty file of answers."""
    from expatsim.report import questionnaire as paper

    files = {
        out.name: paper.page([language] if language else list(Paper)),
        f"{out.stem}-codebook.csv": paper.codebook(),
        f"{out.stem}-answers.csv": paper.empty_answers(),
    }
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{out}: give a file that ends in .html")
    there = [p for name in files if (p := out.with_name(name)).exists()]
    if there and not force:
        raise InputError(f"{there[0]}: is already there; give another --out, or --force")
    with claim(out) as work:
        for name, text in files.items():
            (work / name).write_text(text, encoding="utf-8", newline="")
        work.publish(list(reversed(files)))
    for name, what in zip(files, ("Questionnaire", "Codebook", "Empty answers"), strict=True):
        print(visible(f"{what}: {out.with_name(name)}"))


def survey(
    name: NAME,
    answers: Annotated[Path, typer.Argument(help="CSV file, one row for each respondent.")],
    source: Annotated[
        str, typer.Option(help="Where the answers come from, kept beside every number.")
    ] = "survey of the city's own",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace tables that the city has already.")
    ] = False,
) -> None:
    """Turn answers of respondents into the city's tables; the answers themselves are not kept."""
    from expatsim.scenario.city_tables import write_tables
    from expatsim.scenario.respondents import read_respondents

    folder = folder_of(name)
    respondents = read_respondents(answers)
    made = write_tables(folder, respondents, source, replace)
    for line in _about(respondents, made):
        print(visible(line))
    print(visible(f"Tables: {folder / 'survey.csv'}"))


def _about(respondents: Respondents, made: Tabulated) -> list[str]:
    """Lines about the tables that were made."""
    from expatsim.survey.crosstabs import FEWEST

    first = f"{respondents.number:,} respondents"
    if respondents.weight is not None:
        first += (
            f", weighted: as many as {respondents.effective:.0f} with equal weights, and the "
            "numbers of the tables are of so many"
        )
    lines = [first, *respondents.notes]
    lines += [f"{title}: {n:,} answers" for title, n in made.made.items()]
    lines += [f"{title}: withheld, a group under {FEWEST}" for title in made.withheld]
    return lines


def update(
    name: NAME,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the draws; results/NAME by default.")
    ] = None,
    parameters: Annotated[
        str, typer.Option(help="Draws to begin with: posterior, or a file of draws.")
    ] = "posterior",
    draws: Annotated[int, integer("Draws of the result.", 200, 100_000)] = 1000,
    seed: Annotated[int, integer("Random seed.", 0, 2**53)] = 1,
    scheduler: Scheduler = None,
) -> None:
    """Update the calibration with the city's tables, in minutes; refused where that cannot be."""
    from expatsim.calibration.update import check_free, write_update
    from expatsim.calibration.update import seconds as update_seconds
    from expatsim.calibration.update import update as learn
    from expatsim.cli.progress import stages
    from expatsim.executors import open_executor, processes_for
    from expatsim.posterior import DRAWS
    from expatsim.scenario.city_file import add_folder

    city = add_folder(folder_of(name))
    folder = out or Path("results") / city.name
    check_free(folder)
    with (
        stages() as report,
        open_executor(scheduler, processes_for(update_seconds(draws))) as executor,
    ):
        found = learn(
            city,
            source=parameters,
            draws=draws,
            seed=seed,
            progress=lambda stage, done, total: report(stage, done, total, ""),
            executor=executor,
        )
    write_update(found, folder, city, parameters)
    if found.targets:
        tables = ", ".join(target.name for target in found.targets)
        worth = (
            f"{found.effective:.0f} effective draws of {len(found.draws):,}, Pareto k "
            f"{found.pareto_k:.2f}, R-hat {found.rhat:.3f}, rounds of simulations: {found.rounds}"
        )
        lines = [f"{len(found.targets)} tables: {tables}", worth]
    else:
        lines = [f"{city.label} has no tables of the calibration: the draws are those of before"]
    use = typed("run", "SCENARIO", "--parameters", folder / DRAWS)
    for line in (*lines, f"Draws: {folder / DRAWS}; use them with {use}"):
        print(visible(line))


def add_commands(app: typer.Typer) -> None:
    """Add the three commands to the sub-app of cities.

    Parameters
    ----------
    app : typer.Typer
        ``expatsim city``.
    """
    for command in (questionnaire, survey, update):
        app.command()(command)
