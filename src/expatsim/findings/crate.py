"""RO-Crate 1.1 metadata: what the files of a folder are, and what made them, for other programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

CRATE = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CREDIT = {"creditText": "http://schema.org/creditText"}  # newer than the terms of that context
CONFORMS = "https://w3id.org/ro/crate/1.1"
SOFTWARE, RUN = "#expatsim", "#run"
RIGHTS = (
    "Not stated: whoever made these files decides how they may be used. The software that made "
    "them, expatsim, has the MIT licence."
)
FORMATS = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".nc": "application/x-netcdf",
    ".json": "application/json",
    ".sqlite": "application/vnd.sqlite3",
    ".png": "image/png",
    ".html": "text/html",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CONTENTS = {
    "result.nc": "Every draw: indicators by month, life tables, parameter values (CF conventions)",
    "prior.nc": "The same scenarios with parameters drawn from their priors",
    "indicators.parquet": "People by indicator, month, draw and scenario, tidy",
    "survival.parquet": "Share still here by years since arrival or the start, with intervals",
    "summary.csv": "Outcomes of every scenario with intervals, and differences from the first",
    "effects.csv": "Differences from the first scenario, by group of people",
    "costs.csv": "Extra cost over the first scenario, for each person and year gained",
    "parameters_behind.csv": "Parameters that the differences rest on",
    "tables.xlsx": "All tables as one workbook, with notes",
    "manifest.json": "Versions, settings, scenario texts, and the digest of every file",
    "stock.png": "Expats in the city by month",
    "survival.png": "Share still in the city by years",
    "wish.png": "Wish to stay longer by month",
    "awareness.png": "Services known and used by month",
    "reasons.png": "Reasons of leaving",
    "sweep.json": "Settings of the sweep and of its scenarios",
    "design.parquet": "Inputs of every run; column run joins it with the results",
    "catalogue.sqlite": "Status and digest of every chunk of runs",
}
RESULTS = "Outcomes of some of the runs; all files together are one table"


def metadata(
    files: Mapping[str, Path],
    title: str,
    description: str,
    about: Mapping[str, Any],
    authors: Sequence[str] = (),
) -> bytes:
    """Return the metadata file of a folder.

    Parameters
    ----------
    files : mapping of str to pathlib.Path
        Path from the folder on, with ``/``, and where each file can be read now.
    title, description : str
        Of the folder as a whole.
    about : mapping
        At least ``expatsim``, the version of the software; ``code``, ``parameters`` and
        ``parameters_digest`` are told too.
    authors : sequence of str
        Names, as the scenario files give them.

    Notes
    -----
    The date is that of today, or of ``SOURCE_DATE_EPOCH`` (seconds since 1970), for files that must
    be the same bytes on another day.
    """
    names = sorted(files)
    parts = [{"@id": _identifier(name)} for name in names]
    told = {k: str(about[k]) for k in ("code", "parameters", "parameters_digest") if about.get(k)}
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": description,
        "datePublished": _today().isoformat(),
        "license": {"@id": "#rights"},
        "hasPart": parts,
        "mentions": {"@id": RUN},
    }
    if authors:  # whether a name is that of a person or of an office is not known
        root["creditText"] = "; ".join(authors)
    run = {
        "@id": RUN,
        "@type": "CreateAction",
        "name": f"Simulation with expatsim {about['expatsim']}",
        "description": "; ".join(f"{name}: {text}" for name, text in told.items()),
        "instrument": {"@id": SOFTWARE},
        "result": parts,
    }
    software = {
        "@id": SOFTWARE,
        "@type": "SoftwareApplication",
        "name": "expatsim",
        "description": "Agent-based simulation of expat retention in Dutch cities",
        "softwareVersion": str(about["expatsim"]),
        "license": "https://spdx.org/licenses/MIT",
    }
    rights = {"@id": "#rights", "@type": "CreativeWork", "name": "Rights", "description": RIGHTS}
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": CONFORMS},
        "about": {"@id": "./"},
    }
    entities = [_file(name, files[name]) for name in names]
    graph = [descriptor, root, *entities, run, software, rights]
    document = {"@context": [CONTEXT, CREDIT] if authors else CONTEXT, "@graph": graph}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return text.encode("utf-8", errors="backslashreplace")


def _file(name: str, path: Path) -> dict[str, Any]:
    """Return the entity of one file."""
    short = name.rsplit("/", 1)[-1]
    entity: dict[str, Any] = {"@id": _identifier(name), "@type": "File", "name": short}
    if content := CONTENTS.get(name, RESULTS if name.startswith("results/") else ""):
        entity["description"] = content
    suffix = Path(name).suffix.lower()
    if suffix in FORMATS:
        entity["encodingFormat"] = FORMATS[suffix]
    if path.is_file():
        entity["contentSize"] = str(path.stat().st_size)
    return entity


def _identifier(name: str) -> str:
    """Return the path of a file as a relative URI."""
    from urllib.parse import quote

    return quote(name)


def _today() -> date:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).date() if epoch.isdigit() else date.today()
