"""A file of another kind is told as what it seems to be, without advice that could not help."""

from __future__ import annotations

import pytest

from expatsim.calibration.settings import Settings
from expatsim.errors import InputError
from expatsim.inputs.encoding import Unreadable, decode
from expatsim.inputs.recognise import OTHERS
from expatsim.scenario import check
from expatsim.scenario.city_file import CityFile
from expatsim.scenario.schema import ScenarioFile
from expatsim.sweeps.settings import SweepFile, load_sweep
from helpers import ROOT

TEXTS = {
    "name;value\nmentors;0,5\n": "a table (CSV)",
    "scenario,outcome,median\nrotterdam,welcome,0.4\n": "a table (CSV)",
    "a\tb\n1\t2\n": "a table (CSV)",
    "Beste collega,\n\nhierbij de notitie: zie bijlage.\nGroet\n": "a text",
    "hello\n": "a text",
    "# Plan\n\nSome *text*\n": "a text",
    "2026-11-27 10:00:00 INFO started\n": "a log",
    "<!DOCTYPE html>\n<html><body>title: x</body></html>\n": "a web page (HTML)",
    '<?xml version="1.0"?><a/>\n': "a file with tags (XML or HTML)",
    "#!/bin/sh\nexpatsim run rotterdam\n": "commands for a terminal",
    "expatsim run rotterdam --draws 8\n": "commands for a terminal",
    "import expatsim as xs\nxs.run('rotterdam')\n": "a Python file",
    "From: a@b.nl\nDate: 1 May\nSubject: expats\n\nBeste\n": "a mail",
    "[section]\nkey=value\n": "settings of another program (INI)",
    '{"cells": [], "nbformat": 4}\n': "a JSON file",
    "| a | b |\n|---|---|\n": "a table of a text (Markdown)",
}
BINARY = {
    b"%PDF-1.7\n%\xe2\xe3\n": "a PDF",
    b"\x89PNG\r\n\x1a\n\0": "a picture",
    b"\xff\xd8\xff\xe0": "a picture",
    b"PK\x03\x04\0": "a ZIP archive, or a file of Excel, Word or another office program",
    b"{\\rtf1 title: x}": "a formatted text (RTF)",
    b"\x1f\x8b\x08": "a compressed file",
    b"\x89HDF\r\n": "a NetCDF or HDF5 file",
}
STILL = {  # scenarios with mistakes: told where they are
    "tilte: X\nctiy: rotterdam\n": "title is missing",
    "title t\ncity rotterdam\n": "write `title: t",
    "titel Plan\n": "beginning with `title:`; write `titel: Plan`",
    '{"title": "x", "city": "rotterdam", "budget": 3}\n': "unknown key 'budget'",
    "title: x\ncity: rotterdam\nsamples: 8\noutcomes: [wish]\n": "unknown key 'samples'",
    "huur: 3\n": "rents and other housing costs are not in the model",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_another_kind(text, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    (line,) = check([path])
    assert line.startswith(f"{path}: seems to be {TEXTS[text]}, not a scenario (")
    assert "write `" not in line
    assert line.endswith("`title: ...`; `expatsim new NAME` writes one")


@pytest.mark.parametrize("data", BINARY)
def test_a_file_that_is_no_text(data) -> None:
    with pytest.raises(Unreadable, match="not a text file") as error:
        decode(data)
    assert str(error.value).startswith(BINARY[data])


@pytest.mark.parametrize("text", STILL)
def test_a_scenario_with_mistakes_is_one(text, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    assert STILL[text] in "\n".join(check([path]))


def test_files_of_the_package_are_told_apart() -> None:
    """Their keys are those of the models, so that a new name cannot leave them behind."""
    models = {
        "a scenario": ScenarioFile,
        "a sweep file": SweepFile,
        "a calibration file": Settings,
        "a city": CityFile,
    }
    for other in OTHERS:
        assert other.keys <= set(models[other.what].model_fields)
    sweep, calibration = ROOT / "sweeps/rotterdam-drivers.yaml", ROOT / "calibration/settings.yaml"
    one, two = check([sweep, calibration])
    assert "seems to be a sweep file, not a scenario" in one
    assert "`expatsim sweep`" in one
    assert "seems to be a calibration file" in two
    assert "`expatsim calibrate`" in two
    with pytest.raises(InputError, match="seems to be a scenario, not a sweep file"):
        load_sweep(ROOT / "scenarios/economic-downturn.yaml")
