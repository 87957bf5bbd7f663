"""A new city: a folder with a template of every file, which passes the check as it is."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

from expatsim import cities
from expatsim.cities import COLUMNS, FILE, SURVEY, City
from expatsim.cities.level import WIDENING
from expatsim.errors import InputError
from expatsim.files import writing
from expatsim.inputs.aliases import plain
from expatsim.inputs.syntax import shown
from expatsim.model.levers import EACH_CITY, LEVERS
from expatsim.scenario.schema import OWN_NAME
from expatsim.survey.sheet import entries

README = "README.md"
WIDTH = 96  # letters of a line of remarks


def write_city(name: str, donors: str = "", above: Path = Path("cities")) -> Path:
    """The folder of a new city, written with a template of every file.

    Parameters
    ----------
    name : str
        Of the city and its folder: small letters, digits and ``_``.
    donors : str
        City of the study from which it borrows what it does not know; by default the first.
    above : pathlib.Path
        Folder in which its folder is made.

    Raises
    ------
    InputError
        If the name or the donors are not allowed, or something of this name is there already.
    """
    lender = cities.city(donors) if donors else cities.cities()[0]
    if not lender.of_the_study:
        raise InputError(f"{donors!r} is not one of {', '.join(cities.city_names())}")
    if not re.fullmatch(OWN_NAME, name):
        better = plain(name)
        hint = f"; such as {better}" if re.fullmatch(OWN_NAME, better) else ""
        raise InputError(
            f"{shown(name)!r}: a city has a name in small letters, digits and _, up to 40{hint}"
        )
    if name in cities.city_names():
        raise InputError(f"{name!r} is a city of the study; give yours another name")
    folder = above / name
    if os.path.lexists(folder):
        raise InputError(f"{folder}: is already there, and stays as it is; choose another name")
    with writing(folder):
        above.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        for file, text in templates(name, lender).items():
            with open(folder / file, "x", encoding="utf-8", newline="\n") as out:
                out.write(text)
    return folder


def templates(name: str, lender: City) -> dict[str, str]:
    """Text of every file of a new city, by the file's name.

    Parameters
    ----------
    name : str
        Of the new city.
    lender : City
        From which it borrows what it does not know.
    """
    return {FILE: _yaml(name, lender), SURVEY: _survey(), README: _readme(name, lender)}


def _remark(text: str, indent: str = "") -> list[str]:
    """Lines of remarks with a text."""
    start = f"{indent}# "
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=start)


def _yaml(name: str, lender: City) -> str:
    """Template of ``city.yaml``, with all that is optional as remarks."""
    title = name.replace("_", " ").title()
    region = lender.region.get("row") or lender.region.get("percent")
    choice = " or ".join(cities.city_names())
    lines = [
        *_remark(
            f"{title} for expatsim. Lines that begin with # are remarks: take the # away and put "
            f"in what you know. What stays a remark is borrowed from {lender.label}, with a spread "
            f"{WIDENING:g} times as wide, and every table and page says so. Check the folder with "
            f"`expatsim city check {name}`."
        ),
        "",
        f"names: {{en: {title}, nl: {title}}}",
        f"donors: {lender.name}  # whose people stand in, and who lends: {choice}",
        "# also_called: []  # other names that people write",
        "",
        *_remark(
            "Share of all foreign knowledge workers of the country who live in the region, in "
            f"percent; the number of arrivals follows from it ({lender.label}: {region})."
        ),
        "# region: {percent: 5, source: where the number comes from}",
        "",
        *_remark(
            "Where the levers of policy stood in 2009. evidence is measured (counted), literature, "
            "expert (a reading of something that does not settle it) or assumption. A number that "
            "nobody counted gets a prior: its shape (logit-normal for shares, log-normal for "
            "numbers, normal), its spread on that scale, and low and high."
        ),
        "# levels_2009:",
    ]
    for lever, level in lender.levels_2009.items():
        x = LEVERS.get(lever)
        if x is None or x.level_2009 != EACH_CITY:
            continue
        lines += _remark(f"{x.meaning}; {x.unit}, {x.low:g} to {x.high:g}", "#  ")
        prior = ""
        if level.prior:
            prior = (
                f", prior: {level.prior}, spread: {level.spread:g}, low: {level.low:g}, "
                f"high: {level.high:g}"
            )
        entry = f"{{level: {level.level:g}, evidence: assumption, source: our guess{prior}}}"
        lines.append(f"#   {lever}: {entry}")
    return "\n".join(lines) + "\n"


def _survey() -> str:
    """Template of ``survey.csv``: the header, and a remark with a row for each number."""
    remarks = [
        "Lines that begin with # are remarks. Take the # away and fill in: n is how many were",
        "asked this question; value how many of them gave this answer (people and no percentages;",
        "for T41 the mean grade); place says where the number comes from. If only words are known",
        "(about half), leave value empty and give low and high in percent of those asked: only",
        "where the category is yes; agree; or 1+ children. The counts of a question add up to n.",
        "A question without rows is borrowed. Commas; semicolons and decimal commas are read.",
    ]
    lines = [",".join(COLUMNS), *(f"# {text}" for text in remarks)]
    number = 0
    for entry in entries():
        lines.append(f"# --- {entry.table}: {entry.meaning}")
        for category in entry.categories:
            number += 1
            cells = (f"S-{number:03d}", entry.table, "", entry.variable, category, "", "", "", "")
            lines.append(f"#{','.join(cells)}")
    return "\n".join(lines) + "\n"


def _readme(name: str, lender: City) -> str:
    """Short explanation in both languages."""
    title = name.replace("_", " ").title()
    nl = lender.name_in("nl")
    return f"""# {title}

**English.** This folder describes {title} for expatsim; it holds data and no code. `{FILE}` has
names, the share of the region and where the levers stood in 2009; `{SURVEY}` has answers of your
own survey. All is optional: what is missing is borrowed from {lender.label}, with more
uncertainty, and every result says so. `expatsim city check {name}` reads both files and names
each problem by its line; `expatsim city show {name}` prints what the city has. In a scenario
beside the folder `cities` write `city: {name}`; with `policy_from: {lender.name}` the city
follows the policy of {lender.label} in 2009.

**Nederlands.** Deze map beschrijft {title} voor expatsim; er staan gegevens in en geen code.
`{FILE}` bevat namen, het aandeel van de regio en hoe de knoppen in 2009 stonden; `{SURVEY}` de
antwoorden uit een eigen enquête. Niets is verplicht: wat ontbreekt wordt geleend van {nl}, met
meer onzekerheid, en elk resultaat zegt dat. `expatsim city check {name}` leest beide bestanden en
noemt elke fout met de regel; `expatsim city show {name}` toont wat de stad heeft. Schrijf in een
scenario naast de map `cities`: `city: {name}`; met `policy_from: {lender.name}` volgt de stad
het beleid van {nl} in 2009.
"""
