"""``expatsim page``: a page in the browser that answers while a lever is moved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from expatsim.cli import stop
from expatsim.cli.options import integer, must_end_in
from expatsim.errors import InputError, nearest
from expatsim.text import visible


def page(
    city: Annotated[
        str | None, typer.Option(help="City with which it begins; by default the study's first.")
    ] = None,
    lang: Annotated[str, typer.Option(help="en or nl.")] = "en",
    draws: Annotated[int, integer("Draws of a full answer.", 2, 10_000)] = 100,
    out: Annotated[Path, typer.Option(help="Folder for reports that are saved.")] = Path(
        "results/page"
    ),
    scenarios: Annotated[
        Path | None,
        typer.Option(
            help="Folder of scenarios that a loaded file is based on; scenarios by default."
        ),
    ] = None,
    port: Annotated[int, integer("Port on this machine; 0 for any that is free.", 0, 65_535)] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    save: Annotated[
        Path | None,
        typer.Option(help="Write one HTML file that answers without expatsim, and end."),
    ] = None,
) -> None:
    """Open a page in the browser that answers while you move a lever."""
    from expatsim.cities import city_names, packaged_names
    from expatsim.inputs.aliases import city_meant
    from expatsim.page import saved, serve
    from expatsim.page.session import Settings
    from expatsim.report.language import Language

    city = city_names()[0] if city is None else city
    name = city if city in packaged_names() else city_meant(city)
    if name not in packaged_names():
        raise InputError(
            f"--city: {city!r} is not one of {', '.join(packaged_names())}"
            f"{nearest(city, packaged_names())}"
        )
    Language.of(lang, "--lang")

    if save is not None:
        must_end_in(save, (".html", ".htm"), "a page is HTML")
        print(visible(f"Written: {saved.write(save, lang, name)}"))
        return

    _require_folders(out, scenarios)

    def ready(address: str) -> None:
        print(visible(f"The page: {address} (Ctrl-C closes it)"), flush=True)
        if browser:
            serve.show(address)

    stop.message = "the page is closed"
    settings = Settings(name, lang, draws, out, scenarios or Path("scenarios"))
    serve.serve(settings, port, ready)


def _require_folders(out: Path, scenarios: Path | None) -> None:
    """Raise an error for folders that cannot be used: later, levers have been moved in vain."""
    for option, folder in (("--scenarios", scenarios), ("--out", out)):
        # os.path, for which a name that is too long is none
        if folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
            raise InputError(f"{option}: {folder}: is a file; give a folder")
    if scenarios is not None and not os.path.isdir(scenarios):
        raise InputError(f"--scenarios: {scenarios}: no such folder")
