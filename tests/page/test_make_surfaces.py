"""The packaged surfaces can be made anew, and an interrupted making goes on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from expatsim.errors import InputError
from expatsim.page import make_surfaces, mixes, stored
from expatsim.page.make_surfaces import Settings, make
from made_up_surfaces import levels, made_up

FEW = ["--draws", "6", "--mixes", "8", "--mixes-prior", "5", "--checks", "3"]


@pytest.fixture
def made_up_runs(monkeypatch) -> list[str]:
    """No simulation: outcomes of a made-up surface. The cities that were asked for."""
    asked: list[str] = []
    surface = made_up("rotterdam", 6, 1, 0.1)

    def simulate(base, chosen, draws):
        asked.append(base.city)
        found = [surface.differences(*mix)[draws] for mix in zip(*chosen, strict=True)]
        return mixes.Simulated(
            np.tile(draws, len(found)),
            np.repeat(chosen.levels, len(draws), axis=0),
            np.repeat(chosen.delay, len(draws)),
            np.concatenate(found) + np.tile(surface.baseline[draws], (len(found), 1)),
            surface.baseline[draws],
        )

    monkeypatch.setattr(mixes, "_simulate", simulate)
    return asked


def test_made_and_taken_up_again(made_up_runs, tmp_path, capsys) -> None:
    out, folder = tmp_path / "some.npz", tmp_path / "runs"
    command = ["--city", "rotterdam", "--folder", str(folder), "--out", str(out), *FEW]
    make_surfaces.main(command)
    assert "within half a point" in capsys.readouterr().out
    number = len(made_up_runs)
    assert number == 2 * (2 + 1 + 1)  # two blocks of draws, checks and witnesses, of two sources
    first = stored.read(out)
    assert first.is_current
    assert list(first.surfaces) == ["rotterdam"]
    assert json.dumps(first.record)  # plain values
    make_surfaces.main(command)
    assert len(made_up_runs) == number + 2  # witnesses only
    mix = levels(mentor_projects=0.3), 1
    again = stored.read(out).surfaces["rotterdam"]["posterior"].differences(*mix)
    np.testing.assert_array_equal(first.surfaces["rotterdam"]["posterior"].differences(*mix), again)


def test_progress_counts_every_run(made_up_runs) -> None:
    settings = Settings(6, 8, 5, 3)
    done: list[int] = []
    found = make(["rotterdam"], settings, None, lambda city, draws: done.append(draws))
    baselines = 6 * 4  # one beside each set of mixes
    assert sum(done) == settings.simulations + baselines
    assert found.record["draws"] == 6
    assert set(found.record["accuracy"]["rotterdam"]) >= {"checks", "within", "labels"}


def test_stamped_anew_only_if_nothing_moved(made_up_runs, tmp_path, monkeypatch) -> None:
    out = tmp_path / "some.npz"
    found = make(["rotterdam"], Settings(6, 8, 5, 3))
    stored.write(stored.Stored(found.surfaces, {**found.record, "model": "another"}), out)
    assert not stored.read(out).is_current
    make_surfaces.main(["--restamp", "--out", str(out)])
    assert stored.read(out).is_current
    simulate = mixes._simulate

    def other(*given):
        run = simulate(*given)
        return run._replace(outcomes=run.outcomes + 1e-9)

    monkeypatch.setattr(mixes, "_simulate", other)
    with pytest.raises(InputError, match="make the surfaces again"):
        make_surfaces.main(["--restamp", "--out", str(out)])
    monkeypatch.setattr(make_surfaces, "digest_of", lambda _: "another")
    with pytest.raises(InputError, match="the posterior is another one"):
        make_surfaces.restamp(found)


def test_packaged_surfaces_are_of_todays_model() -> None:
    found = stored.read()
    assert found.is_current, "the model has changed: python -m expatsim.page.make_surfaces"
