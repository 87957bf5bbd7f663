"""Options that commands share, and the warnings and messages of all commands."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from expatsim.errors import InputError
from expatsim.files import readable
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.files import Work
    from expatsim.posterior.record import Calibration
    from expatsim.result import Result
    from expatsim.scenario import Scenario


def _whole(text: str | int) -> int:
    """A whole number, as an option takes it; none that may mean thousands, such as 1.000."""
    from expatsim.inputs.numbers import PEOPLE, advice, ambiguous

    if isinstance(text, int):  # the default
        return text
    instead = advice(text, PEOPLE, whole=True)
    after = f"; {instead}" if instead else ""
    if ambiguous(text):
        raise typer.BadParameter(f"{text} may stand for thousands{after}")
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"must be a whole number, not {text!r}{after}") from None


def must_end_in(path: Path, endings: tuple[str, ...], what: str) -> None:
    """Refuse a name that promises another kind of file, which would not open.

    Parameters
    ----------
    path : pathlib.Path
        The file that a user named.
    endings : tuple of str
        Endings that may be; a name may also have none.
    what : str
        What is written.
    """
    if path.suffix and path.suffix.lower() not in endings:
        raise InputError(f"{path}: {what}; give a name that ends in {endings[0]}")


def integer(help: str, low: int | None = None, high: int | None = None) -> Any:
    """An option that takes a whole number, within a range if one is given.

    Parameters
    ----------
    help : str
        What the option is, for ``--help``.
    low, high : int, optional
        Ends of the range.
    """

    def parse(text: str | int) -> int:
        number = _whole(text)
        if low is not None and high is not None and not low <= number <= high:
            raise typer.BadParameter(f"{number:,} is out of range (allowed: {low:,} to {high:,})")
        return number

    return typer.Option(parser=parse, metavar="INTEGER", help=help)


Draws = Annotated[int | None, integer("Draws, instead of the file's.")]
Seed = Annotated[int | None, integer("Random seed, instead of the file's.")]
Parameters = Annotated[
    str | None,
    typer.Option(
        help="posterior (the default), prior, or a CSV or Parquet file of draws; with +prior after "
        "it, parameters that it lacks are drawn from their priors."
    ),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option(
        "--rule",
        help="A rule of your own for all scenarios: a Python file, which is run as your own code, "
        "here and on workers (docs/python.md); may be repeated.",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for results; results/NAME by default.")]


def _euros(text: str) -> float:
    """An amount of euros, as an option takes it."""
    from expatsim.inputs.numbers import parse_count

    try:
        return parse_count(text)
    except ValueError as error:  # typer would report the text, and not the reason
        raise typer.BadParameter(str(error)) from None


Euros = Annotated[
    float,
    typer.Option(parser=_euros, metavar="EUROS", help="Euros over the whole projection."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Dask scheduler whose workers do the work, such as tcp://HOST:8786."),
]


def _points(text: str | float) -> float:
    """Percentage points, as an option takes them."""
    from expatsim.inputs.numbers import advice

    try:
        number = float(text)
    except ValueError:
        instead = advice(str(text))
        after = f"; {instead}" if instead else ""
        raise typer.BadParameter(f"must be a number, not {text!r}{after}") from None
    if not 0 <= number <= 100:
        raise typer.BadParameter(f"{number:g} is out of range (allowed: 0 to 100)")
    return number


def points(help: str) -> Any:
    """An option that takes percentage points.

    Parameters
    ----------
    help : str
        What the option is, for ``--help``.
    """
    return typer.Option(parser=_points, metavar="POINTS", help=help)


Smallest = Annotated[
    float,
    points("Smallest difference of shares worth naming, in percentage points."),
]
HALF_A_POINT = 0.5  # as expatsim.findings.sureness.SMALLEST_SHARE
Basis = Annotated[
    bool,
    typer.Option(
        "--basis/--no-basis",
        help="Tell what differences rest on, with draws from the prior (slower).",
    ),
]
All = Annotated[
    bool, typer.Option("--all", help="Print everything, not only what fits on one screen.")
]
Excel = Annotated[
    bool, typer.Option("--excel", help="Also write all tables as one Excel workbook.")
]


class Csv(StrEnum):
    """How CSV files are written; see :data:`expatsim.files.CSV_FORMATS`."""

    en = "en"
    nl = "nl"


CsvForm = Annotated[
    Csv,
    typer.Option("--csv", help="CSV files: nl has semicolons and decimal commas, for Dutch Excel."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a result that is already there.")]


class Asked(NamedTuple):
    """What a user asks for beside the scenarios; see :func:`expatsim.compare`."""

    draws: int | None = None
    seed: int | None = None
    parameters: str | None = None
    rules: Sequence[Path] = ()

    def words(self) -> list[object]:
        """Options of a command line that asks for the same."""
        words: list[object] = []
        for name in ("draws", "seed", "parameters"):
            if getattr(self, name) is not None:
                words += [f"--{name}", getattr(self, name)]
        return words + [word for rule in self.rules for word in ("--rule", rule)]


class WholeHelp(TyperGroup):
    """A group of commands whose list shows the first line of each whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands.

        Parameters
        ----------
        ctx : click.Context
            Context of the group.
        formatter : click.HelpFormatter
            Where it is written.
        """
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, (x.help or "").split("\n")[0]) for name, x in commands if x and not x.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def about_parameters(source: str, digest: str = "", lang: str = "en") -> str:
    """A line that names the source of the parameters, and what the data inform of them.

    Parameters
    ----------
    source : str
        ``"posterior"``, ``"prior"`` or a file of draws, see :func:`expatsim.posterior.read_draws`.
    digest : str, optional
        SHA-256 of the draws that were used.
    lang : {"en", "nl"}
        Language.
    """
    from expatsim.posterior.record import calibration_of
    from expatsim.report.language import Language
    from expatsim.report.words import about_parameters as line

    calibration = None if source == "prior" else calibration_of(source, digest)
    return line(source, calibration, Language(lang))


def warn(loaded: list[Scenario]) -> None:
    """Print warnings about scenarios: settings beyond the data, and doubtful parameter draws."""
    from expatsim.posterior import number_of_draws
    from expatsim.posterior.record import calibration_of

    _say_what_hides(loaded)
    _warn_of_settings(loaded)
    for source, digest in dict.fromkeys((s.parameters, s.parameters_digest) for s in loaded):
        rows = number_of_draws(source, digest)
        _warn_of_draws(source, calibration_of(source, digest), loaded[0].draws, rows)


def warn_of_stored(result: Result) -> None:
    """Print the warnings of :func:`warn` for a stored result, from its own record of the draws."""
    from expatsim.findings.sureness import different_draws

    _warn_of_settings(result.scenarios)
    first, vectors = result.scenarios[0], different_draws(result.dataset)
    _warn_of_draws(first.parameters, result.calibration, first.draws, vectors)


def _say_what_hides(scenarios: list[Scenario]) -> None:
    """Name files that were found by the name of a shipped scenario, and are another."""
    from expatsim.inputs.names import name_of, names_in
    from expatsim.shipped import SCENARIOS

    files: dict[str, str] = {}
    for scenario in scenarios:
        below = list(scenario.texts)[:-1]  # found by what based_on says
        files |= {p: t for p, t in scenario.texts.items() if p in below or Path(p).parent == Path()}
    shipped = names_in(SCENARIOS)
    for path, text in files.items():
        name = name_of(path)
        if name in shipped and (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8") != text:
            say(f"{path}: taken in place of the shipped scenario {name}")


def _warn_of_settings(scenarios: list[Scenario]) -> None:
    from expatsim.scenario.guards import warnings

    for scenario in scenarios:
        for line in warnings(scenario):
            say(f"warning: {scenario.name}: {line}")


def _warn_of_draws(
    source: str, calibration: Calibration | None, draws: int, rows: int | None
) -> None:
    from expatsim.findings.sureness import FEWEST_DRAWS

    if calibration and calibration.doubt():
        say(f"warning: {source}: {calibration.doubt()}")
    if rows is not None and rows < draws:
        line = (
            f"warning: {source}: {draws:,} draws are made from {rows:,} parameter "
            "vectors, each used again; they differ in survey and chance only"
        )
        if rows < FEWEST_DRAWS:
            line += (
                f"; a verdict needs {FEWEST_DRAWS} different vectors, {FEWEST_DRAWS - rows:,} more "
                "than there are: more --draws do not help, a file with more vectors does"
            )
        say(line)


def say_kept(work: Work) -> None:
    """Print the names of users' files that stood in the way and were kept."""
    for path in work.kept:
        say(f"kept, because it was not as expatsim wrote it: {path}")


def typed(*words: object) -> str:
    """A command line of expatsim; names with spaces are in quotes.

    Examples
    --------
    >>> typed("runs", "show", "my results")
    "expatsim runs show 'my results'"
    """
    return visible(shlex.join(["expatsim", *(readable(str(word)) for word in words)]))


def say(message: str) -> None:
    """Print a line on standard error: warnings and problems."""
    print(visible(message), file=sys.stderr)
