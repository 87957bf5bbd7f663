"""``expatsim city``: new, check and show, from an empty folder on."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from expatsim.cities import city, packaged_names
from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.projections import load


def run(*words: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(app, ["city", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_city_passes_its_check_and_is_never_replaced() -> None:
    assert "cities/eindhoven: made" in run("new", "eindhoven", "--donors", "den_haag")
    files = {p.name: p.read_bytes() for p in Path("cities/eindhoven").iterdir()}
    assert set(files) == {"city.yaml", "survey.csv", "README.md"}
    assert b"**Nederlands.**" in files["README.md"]
    with pytest.raises(InputError, match="is already there, and stays as it is"):
        run("new", "eindhoven")
    assert {p.name: p.read_bytes() for p in Path("cities/eindhoven").iterdir()} == files
    for name in ("eindhoven", "cities/eindhoven", "./cities/eindhoven/"):
        said = run("check", name)
        assert said.startswith("Eindhoven borrows from The Hague: tables (ROL, SEX")
        assert said.endswith("Eindhoven: no problems\n")


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "Eindhoven", "", ".", "rotterdam", "a\0b"])
def test_names_that_are_no_names(name: str) -> None:
    with pytest.raises(InputError):
        run("new", name)
    assert not list(Path().iterdir())


def test_the_template_holds_when_remarks_are_taken_away() -> None:
    """A newcomer takes all # away: levels and the region are read, rows without numbers are not."""
    run("new", "eindhoven")
    path = Path("cities/eindhoven/city.yaml")
    lines = []
    for line in path.read_text().splitlines():
        key = line.lstrip("# ").split(":")[0]
        entry = line.startswith("#") and key.replace("_", "").isalnum() and ": " in f"{line} "
        lines.append(line[2:] if entry and "." not in key else line)
    path.write_text("\n".join(lines))
    said = run("check", "eindhoven")
    assert "levels of 2009" not in said
    assert "share of its region" not in said
    path = Path("cities/eindhoven/survey.csv")
    path.write_text(path.read_text().replace("#S-", "S-"))
    with pytest.raises(InputError) as caught:
        run("check", "eindhoven")
    assert "survey.csv:9: place is empty; say where the number comes from" in str(caught.value)


def test_every_city_is_shown() -> None:
    run("new", "eindhoven")
    for name in ("eindhoven", *packaged_names()):
        assert "Newcomers who are told about the" in run("show", name)  # the line may go on
        said = run("show", name, "--all")
        assert f"Levels of {city(name).year}" in said
        assert ("Still of 2009" in said) == (city(name).year > 2009)
        for part in ("People asked: ", "desk_visibility", "nightlife", "workers"):
            assert part in said, part
        assert ("borrows nothing" in said) == (name != "eindhoven")


def test_cities_that_are_not_there() -> None:
    run("new", "eindhoven")
    for name, hint in (
        ("eindhovn", "did you mean 'eindhoven'"),
        ("The Hague", "did you mean 'den_haag'"),
        ("utrecht", f"there are {', '.join(packaged_names())}, eindhoven; make one with"),
    ):
        with pytest.raises(InputError, match=hint):
            run("check", name)
    Path("readme").mkdir()
    with pytest.raises(InputError, match="no city 'readme'"):
        run("check", "readme")
    Path("cities", "eindhoven", "city.yaml").unlink()  # a folder without its file is that city
    with pytest.raises(InputError, match=r"^cities/eindhoven/city\.yaml: no such file$"):
        run("check", "eindhoven")
    Path("s.yaml").write_text("title: t\ncity: eindhoven\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^cities/eindhoven/city\.yaml: no such file$"):
        load(Path("s.yaml"))
