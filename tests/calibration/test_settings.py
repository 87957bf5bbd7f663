"""Settings of a calibration, and their mistakes."""

from __future__ import annotations

import pytest

from expatsim.calibration.settings import Settings, load_settings
from expatsim.calibration.targets import targets
from expatsim.errors import InputError
from expatsim.posterior import record

BAD_SETTINGS = {
    "steps: 3\n": "s.yaml:1: steps: 3 is out of range (allowed: 50 to 1,000,000)",
    "stepz: 300\n": "s.yaml:1: unknown key 'stepz'; did you mean 'steps'?",
    "households:\n  rotterdam: many\n": "s.yaml:2: households.rotterdam: must be a whole number",
    "households:\n  utrecht: 300\n": "s.yaml:2: unknown key 'households.utrecht'; allowed are",
    "seed: 1\nwithout: [wish to go]\n": (
        "s.yaml:2: without: no target 'wish to go'; did you mean 'wish to stay'?"
    ),
    "": "s.yaml: the file is empty; a calibration file needs `seed:`",
}


@pytest.mark.parametrize("text", BAD_SETTINGS)
def test_one_clear_line_about_settings(text: str, tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_settings(path)
    assert len(error.value.problems) == 1
    assert error.value.problems[0].startswith(f"{tmp_path}/{BAD_SETTINGS[text]}")


def test_settings_file_of_the_shipped_calibration() -> None:
    from helpers import ROOT

    settings = load_settings(ROOT / "calibration" / "settings.yaml")
    assert settings.model_dump(exclude={"title"}) == Settings().model_dump(exclude={"title"})
    assert record.shipped()["settings"] == settings.model_dump()
    assert len(Settings(without=["wish to stay"]).chosen_targets()) == len(targets()) - 1
