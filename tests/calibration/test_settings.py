"""Settings of a calibration, and their mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from expatsim.calibration.likelihood import log_likelihood, questions, simulate_scores
from expatsim.calibration.settings import Settings, load_settings
from expatsim.calibration.targets import targets
from expatsim.errors import InputError
from expatsim.posterior import record

EINDHOVEN = Path(__file__).parents[1] / "cities" / "eindhoven"
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


def test_cities_of_ones_own_are_simulated_and_aimed_at(tmp_path: Path) -> None:
    """Their tables are targets, and their unmeasured levels parameters, of a calibration."""
    shutil.copytree(EINDHOVEN, tmp_path / "eindhoven")
    text = "seed: 2\ncities: [./eindhoven]\nwithout: ['Dutch level, Eindhoven']\n"
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    settings, plain = load_settings(path), Settings(seed=2)
    added = {t.name for t in settings.chosen_targets()} - {t.name for t in plain.chosen_targets()}
    assert added == {"feels welcome, Eindhoven"}
    assert list(settings.size) == [*plain.size, "eindhoven"]
    levels = list(settings.parameters())[len(plain.parameters()) :]
    assert levels == ["eindhoven_desk_visibility", "eindhoven_dutch_practice"]
    written = settings.model_dump()["cities"]
    assert list(written) == ["eindhoven"]
    assert "cities" not in plain.model_dump()
    survey = tmp_path / "eindhoven" / "survey.csv"
    survey.write_text(survey.read_text().replace(",45,55,", ",40,55,"), encoding="utf-8")
    assert load_settings(path).model_dump()["cities"] != written


def test_a_likelihood_with_a_city_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"cities: [{EINDHOVEN}]\n", encoding="utf-8")
    settings = load_settings(path)
    z = np.zeros((2, len(settings.parameters())))
    z[1, -2] = 2.0  # the desk of the city
    size = dict.fromkeys(settings.size, 300)
    wanted = questions(settings.chosen_targets())
    study, values = simulate_scores(z, 1, size, wanted, parameters=settings.parameters())
    assert values["eindhoven_desk_visibility"][1] > values["eindhoven_desk_visibility"][0]
    fit = log_likelihood(study, values, settings.chosen_targets())
    assert np.isfinite(fit).all()
    first = [np.array_equal(x[0], x[1]) for name, x in study.items() if "eindhoven" not in name]
    assert all(first)  # nobody else sees that desk
    assert not np.array_equal(*study["eindhoven.welcome"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cities: [nowhere]", "settings.yaml:1: cities: no folder 'nowhere'"),
        (f"cities: [{EINDHOVEN}, {EINDHOVEN}]", "eindhoven is given twice"),
        ("cities: 3", "cities"),
    ],
)
def test_what_is_wrong_with_cities_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_settings(path)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems
