"""RO-Crate metadata against what version 1.1 of the specification asks for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import expatsim as xs
from expatsim.findings import crate
from expatsim.sweeps import sweep
from helpers import small
from sweep_files import file

TERMS = {  # of the context of version 1.1.3, as far as they are used
    "about", "conformsTo", "contentSize", "datePublished", "description", "encodingFormat",
    "hasPart", "instrument", "license", "mentions", "name", "result", "softwareVersion",
}  # fmt: skip


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The entities of a folder by identifier, after a check of what every crate must have."""
    document = json.loads((folder / crate.CRATE).read_text(encoding="utf-8"))
    context, *more = (
        document["@context"] if isinstance(document["@context"], list) else [document["@context"]]
    )
    assert context == "https://w3id.org/ro/crate/1.1/context"
    graph = document["@graph"]
    own = {name for terms in more for name in terms}
    assert {key for x in graph for key in x} <= {"@id", "@type", *TERMS, *own}
    assert not own & TERMS
    entities = {x["@id"]: x for x in graph}
    assert len(entities) == len(graph)
    descriptor = entities["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert descriptor["about"] == {"@id": "./"}
    root = entities["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    date.fromisoformat(root["datePublished"])
    assert "name" in entities[root["license"]["@id"]]
    for x in graph:  # everything that is referred to is there
        assert x["@id"]
        assert x["@type"]
        for value in x.values():
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, dict) and "conformsTo" not in x:
                    assert entry["@id"] in entities, entry
                    assert set(entry) == {"@id"}  # the graph is flat
    return entities


def files_of(entities: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    parts = [part["@id"] for part in entities["./"]["hasPart"]]
    files = {x for x, entity in entities.items() if entity["@type"] == "File"}
    assert set(parts) == files
    assert entities["#run"]["result"] == entities["./"]["hasPart"]
    assert entities[entities["#run"]["instrument"]["@id"]]["softwareVersion"] == xs.__version__
    return {unquote(x): entities[x] for x in parts}


def test_a_result_says_what_its_files_are(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1262304000")
    pair = [small(f"rotterdam{x}", 0.03, 24) for x in ("", "-english-information")]
    result = xs.compare(pair, draws=2)
    folder = result.save(tmp_path / "r", plots=False, excel=True)
    entities = read(folder)
    files = files_of(entities)
    there = {p.name for p in folder.iterdir()}
    assert set(files) == there - {crate.CRATE}
    for name, entity in files.items():
        assert entity["description"], name
        assert entity["encodingFormat"].count("/") == 1
        if name != "manifest.json":  # which has the digest of this file
            assert entity["contentSize"] == str((folder / name).stat().st_size)
    root = entities["./"]
    assert root["datePublished"] == "2010-01-01"
    assert "2 draws" in root["description"]
    assert root["creditText"] == "expatsim"  # which the context of 1.1 lacks
    assert result.provenance["parameters_digest"] in entities["#run"]["description"]
    # a changed one is noticed as any file is
    assert xs.open_result(folder).dataset.identical(result.dataset)
    (folder / crate.CRATE).write_text("{}")
    with pytest.raises(xs.InputError, match=r"ro-crate-metadata\.json"):
        xs.open_result(folder)


def test_a_sweep_says_what_its_files_are(tmp_path) -> None:
    path = file(tmp_path, samples=4)
    store = sweep(path, tmp_path / "runs")
    files = files_of(read(store.folder))
    there = {p.relative_to(store.folder).as_posix() for p in store.folder.rglob("*.*")}
    assert set(files) == {x for x in there if not Path(x).name.startswith(".")} - {crate.CRATE}
    assert "results/000000.parquet" in files
    for name, entity in files.items():
        assert entity["description"], name
        assert entity["contentSize"] == str((store.folder / name).stat().st_size)
    # it is no reason not to go on
    again = sweep(path, tmp_path / "runs", resume=True)
    assert again.frame().equals(store.frame())


def test_names_are_relative_addresses(tmp_path) -> None:
    made = json.loads(crate.metadata({"a b/\u00e9.csv": tmp_path}, "t", "d", {"expatsim": "1"}))
    assert made["@graph"][2]["@id"] == "a%20b/%C3%A9.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A saved result."""
    result = xs.run(small("rotterdam", 0.03, 24), draws=2)
    return result.save(tmp_path_factory.mktemp("crate") / "r", plots=False)


def test_the_reader_of_others_finds_every_file(folder) -> None:
    """The library of RO-Crate itself, where it is installed (``pip install rocrate``)."""
    reader = pytest.importorskip("rocrate.rocrate")
    crate_read = reader.ROCrate(folder)
    found = {x.id for x in crate_read.data_entities}
    assert found == {p.name for p in folder.iterdir()} - {crate.CRATE}
    assert crate_read.root_dataset["mentions"]["instrument"]["name"] == "expatsim"
    assert crate_read.root_dataset["license"]["name"] == "Rights"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the validator is built on
def test_the_validator_of_others_finds_no_fault(folder) -> None:
    """Where it is installed (``pip install roc-validator``) and can fetch the context."""
    services = pytest.importorskip("rocrate_validator.services")
    from rocrate_validator.models import Severity
    from urllib3 import PoolManager
    from urllib3.exceptions import HTTPError

    try:
        PoolManager().request("GET", crate.CONTEXT, timeout=5, retries=False)
    except HTTPError:
        pytest.skip(f"{crate.CONTEXT} cannot be fetched")
    asked = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=Severity.RECOMMENDED,
        no_cache=True,
    )
    issues = services.validate(asked).get_issues()
    assert not [x for x in issues if x.severity == Severity.REQUIRED]
    # who wrote scenario files may be a person or an office, and nobody has published the folder
    assert {x.check.identifier for x in issues} <= {"ro-crate-1.1_22.2", "ro-crate-1.1_22.3"}
