"""``expatsim report``: scenarios, or a stored result, as a page that a city official reads."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from expatsim.cli.options import (
    HALF_A_POINT,
    Asked,
    Basis,
    Draws,
    Parameters,
    Rules,
    Seed,
    Smallest,
    must_end_in,
    say_kept,
    typed,
    warn,
    warn_of_stored,
)
from expatsim.cli.progress import draws_done, scenario_draws
from expatsim.errors import InputError
from expatsim.files import claim, shortened
from expatsim.text import visible

if TYPE_CHECKING:
    from expatsim.result import Result
    from expatsim.scenario import Scenario


Language = Annotated[str, typer.Option(help="en or nl.")]
Page = Annotated[Path | None, typer.Option(help="HTML file; results/NAME.html by default.")]
Pdf = Annotated[bool, typer.Option("--pdf", help="Also print to PDF, with a browser.")]
Why = Annotated[
    bool, typer.Option("--why", help="Also explain the gap between the cities (slower).")
]
TippingPoints = Annotated[
    bool, typer.Option("--tipping-points", help="Also say what would have to be true (minutes).")
]
Sheet = Annotated[
    bool, typer.Option("--sheet", help="One A4 page and one slide, instead of the long report.")
]
Author = Annotated[
    str, typer.Option(help="Who made it; by default the author of the scenario files.")
]
Contact = Annotated[str, typer.Option(help="Where to ask about it.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace a report that is already there.")]


def report(
    scenarios: Annotated[
        list[Path],
        typer.Argument(help="Scenarios, the baseline first; or one folder with a result."),
    ],
    lang: Language = "en",
    out: Page = None,
    pdf: Pdf = False,
    sheet: Sheet = False,
    author: Author = "",
    contact: Contact = "",
    why: Why = False,
    tipping_points: TippingPoints = False,
    draws: Draws = None,
    seed: Seed = None,
    parameters: Parameters = None,
    rule: Rules = None,
    smallest: Smallest = HALF_A_POINT,
    basis: Basis = True,
    force: Replace = False,
) -> None:
    """Write a report in plain English or Dutch: one HTML file, for a screen or for A4."""
    from expatsim.report import pdf as printer
    from expatsim.report.language import Language
    from expatsim.result import open_result

    Language.of(lang, "--lang")
    if pdf:
        printer.required_browser()  # before the work, not after it
    extra = _Extra(why, tipping_points)
    if sheet and any(extra):
        raise InputError("--sheet: has no --why and no --tipping-points")
    signed = {"author": author, "contact": contact}
    about = {"smallest": smallest / 100, "basis": basis}
    asked = Asked(draws, seed, parameters, rule or ())
    stored = _stored(scenarios, *extra, asked != Asked(), smallest != HALF_A_POINT, not basis)
    page = out or _usual_page(scenarios, lang, stored, sheet)
    files = [page.with_suffix(".pdf"), page] if pdf else [page]
    must_end_in(page, (".html", ".htm"), "a report is HTML (a PDF comes beside it with --pdf)")
    more: dict[str, Any] = {}
    with claim(page) as work:  # before the work, not after it
        names = [work.target.with_suffix(f.suffix).name for f in files]
        for file in files:
            if file.exists() and not force:
                raise InputError(f"{file}: is already there; give another --out, or --force")
        if stored:
            result = open_result(scenarios[0])
            warn_of_stored(result)
        else:
            result, more = _simulate(scenarios, extra, asked, about)
        command = _command(scenarios, lang, sheet, extra, asked, about, signed)
        html, today = work / names[-1], date.today()
        made: dict[str, Any] = {**signed, **more, "command": command, "date": today}
        text = result.sheet(lang, **made) if sheet else result.report(lang, **made)
        html.write_text(text, encoding="utf-8")
        if pdf:
            printer.print_to_pdf(html, work / names[0])
        work.publish(names, lambda _: force)
    say_kept(work)
    for file in reversed(files):
        print(visible(f"Report: {file}"))


def _usual_page(scenarios: list[Path], lang: str, stored: bool, sheet: bool) -> Path:
    """Where a page goes: beside a stored result, or in the folder of results."""
    from expatsim.inputs.names import name_of

    ending = ("-sheet" if sheet else "") + (".html" if lang == "en" else f"-{lang}.html")
    if stored:
        return scenarios[0] / f"report{ending}"
    return Path("results") / (shortened("-vs-".join(map(name_of, scenarios))) + ending)


def _stored(scenarios: list[Path], *options: bool) -> bool:
    """Whether it is a stored result, for which options of a simulation are a mistake."""
    stored = len(scenarios) == 1 and scenarios[0].is_dir()
    if stored and any(options):
        raise InputError(
            f"{scenarios[0]}: is a stored result; --why, --tipping-points, --draws, --seed, "
            "--parameters, --rule, --smallest and --no-basis need scenario files"
        )
    return stored


class _Extra(NamedTuple):
    """What a page has only if it is asked for."""

    why: bool
    tipping_points: bool


def _simulate(
    files: list[Path],
    extra: _Extra,
    asked: Asked,
    about: dict[str, Any],
) -> tuple[Result, dict[str, Any]]:
    """The result of scenarios, and by name what else is wanted on the page."""
    from expatsim.analysis.decompose import decompose
    from expatsim.analysis.tipping_points import DRAWS, FEWEST, tipping_points
    from expatsim.projections import compare, load_all

    draws, seed, parameters, rules = asked
    loaded = load_all(files, draws=draws, seed=seed, parameters=parameters, rules=rules)
    cities = _one_of_each_city(loaded) if extra.why else []
    if extra.tipping_points and len(loaded) < 2:
        raise InputError("--tipping-points: needs at least two scenarios")
    warn(loaded)
    more: dict[str, Any] = {}
    if extra.tipping_points:
        enough = max(draws or DRAWS, FEWEST)
        with draws_done() as count:
            more["tipping_points"] = tipping_points(*loaded, draws=enough, progress=count)
    with scenario_draws(loaded, about["basis"]) as advance:
        result = compare(loaded, progress=advance, **about)
    if extra.why:
        with draws_done() as count:
            more["why"] = decompose(*cities, progress=count, **about)
    return result, more


def _one_of_each_city(loaded: list[Scenario]) -> list[Scenario]:
    """The first scenario, and the first of another city."""
    first = loaded[0]
    other = next((s for s in loaded if s.city != first.city), None)
    if other is None:
        raise InputError("--why: needs a scenario of each city")
    return [first, other]


def _command(
    files: list[Path],
    lang: str,
    sheet: bool,
    extra: _Extra,
    asked: Asked,
    about: dict[str, Any],
    signed: dict[str, str],
) -> str:
    """Command line that makes this report or sheet again."""
    words: list[object] = ["report", *files, "--lang", lang, *asked.words()]
    if about["smallest"] != HALF_A_POINT / 100:
        words += ["--smallest", f"{100 * about['smallest']:g}"]
    if not about["basis"]:
        words.append("--no-basis")
    if sheet:
        words.append("--sheet")
    for name, text in signed.items():
        if text:
            words += [f"--{name}", text]
    options = (name.replace("_", "-") for name, wanted in extra._asdict().items() if wanted)
    return typed(*words, *(f"--{name}" for name in options))
