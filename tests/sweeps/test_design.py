"""Sweeps: which settings a design has, and what a sweep says of its scenario."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.model.parameters import registry
from expatsim.posterior import read_draws
from expatsim.sweeps import load_sweep
from expatsim.sweeps.design import design, unit_of, unit_settings
from expatsim.sweeps.estimate import estimate
from expatsim.sweeps.notes import notes
from sweep_files import SCENARIO, file, files


@pytest.mark.parametrize("source", ["prior", "posterior"])
@pytest.mark.parametrize(
    ("kind", "samples"), [("morris", 12), ("grid", 2), ("grid", 5), ("one_at_a_time", 2)]
)
def test_few_levels_stay_inside(kind: str, samples: int, source: str, tmp_path) -> None:
    """From the 5 % to the 95 % quantile, both reached; what has a range from end to end."""
    runs = design(load_sweep(files(tmp_path, kind, samples, source=source)))
    draws = read_draws(source)
    for name in ("leave_choice", "wish_welcome"):
        low, high = (
            registry()[name].quantile(np.array([0.05, 0.95]))
            if draws is None
            else np.quantile(draws[name], [0.05, 0.95])
        )
        assert runs[name].min() == pytest.approx(low)
        assert runs[name].max() == pytest.approx(high)
    assert (runs["renewal_wish"].min(), runs["renewal_wish"].max()) == (0.2, 1.0)
    assert (runs["english_information"].min(), runs["english_information"].max()) == (0.3, 1.0)


@pytest.mark.parametrize(("kind", "samples"), [("sobol", 512), ("latin", 2000)])
def test_no_sample_is_beyond_belief(kind: str, samples: int, tmp_path) -> None:
    """The farthest of some thousand points is where such a point should be."""
    path = files(tmp_path, kind, samples)
    about = load_sweep(path)
    unit = unit_settings(kind, samples, about.file.seed, about.inputs)
    assert np.abs(norm.ppf(unit)).max() < 4.5
    assert (unit > 0).all()
    assert (unit < 1).all()


@pytest.mark.parametrize("kind", ["sobol", "morris", "latin", "grid", "one_at_a_time"])
def test_the_unit_cube_comes_back(kind: str, tmp_path) -> None:
    """Also where two levels of an input have one value."""
    chosen = load_sweep(files(tmp_path, kind, 4))
    values = design(chosen).drop(columns=["setting", "replicate"])
    settings = {"sweep": chosen.file.model_dump(), "inputs": chosen.inputs}
    unit = unit_settings(kind, 4, 1, chosen.inputs)
    assert np.array_equal(unit_of(settings, values), unit)
    flat = values.assign(leave_choice=0.01)
    assert np.array_equal(unit_of(settings, flat), unit)
    with pytest.raises(InputError, match="another version of SALib"):
        unit_of(settings, values.assign(leave_choice=-values["leave_choice"]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("outcomes: [welcome, people]", "outcomes: [welcome, welcome]"), "'welcome' stands"),
        (("[leave_choice, wish_welcome]", "[leave_choice, leave_choice]"), "'leave_choice' stands"),
        (("[leave_choice, wish_welcome]", "[renewal_wish]"), "'renewal_wish' is in ranges too"),
        (("latin", "one_at_a_time\nluck: independent"), "luck: independent would make chance"),
    ],
)
def test_what_is_said_twice(change, said: str, tmp_path) -> None:
    path = files(tmp_path)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(InputError, match=rf"sweep.yaml:\d+: .*{said}") as error:
        load_sweep(path)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize("name", ["plan.v2", "plan.v2.yaml", "../there/plan.v2", "plan.v3", "p"])
def test_a_scenario_is_found_by_its_name(name: str, tmp_path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for other in ("plan.v2.yaml", "plan.v3.yml", "p.yml"):
        (there / other).write_text(SCENARIO)
    path = files(there, scenario=name).rename(there / "sweep.v1.yaml")
    chosen = load_sweep(path)
    assert chosen.name == "sweep.v1"
    assert load_sweep(there / "sweep.v1").describe() == chosen.describe()
    path.write_text(path.read_text().replace(f"scenario: {name}", "scenario: plan.v4"))
    with pytest.raises(InputError, match=r"plan.v4.yaml: no such file; did you mean 'plan.v"):
        load_sweep(path)


CHANGES = """changes:
  - {date: 2010-07, policy: {english_information: 0.5}}
  - {date: 2011-03, policy: {mentor_projects: 0.4}, climate: -1}
costs:
  english_information: {per_year: 1000}
seed: 7
draws: 40
"""


def test_what_is_left_out_is_said(tmp_path) -> None:
    """In words, in the store and by the command."""
    path = files(tmp_path, more=CHANGES, extra="years: 1\npeople: 0.5\n")
    lines = notes(load_sweep(path))
    said = "\n".join(lines)
    assert "levers.english_information: the sweep's level holds from the start on" in said
    assert "2010-07" in said
    assert "years: the sweep ends before 2011-03, when the scenario changes" in said
    assert "mentor_projects, climate" in said
    assert "people: people are for 0.5 times" in said
    assert "costs: those of the scenario are not used" in said
    assert "seed: the sweep's 1 holds, not the scenario's 7" in said
    assert "draws: the scenario's 40 are not used" in said
    assert "outside what the cities did in 2009: english_information (0.3 to 1;" in said
    out = tmp_path / "runs"
    ran = CliRunner().invoke(app, ["sweep", str(path), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    shown = CliRunner().invoke(app, ["runs", "show", str(out)])
    for line in lines:
        assert f"warning: sweep: {line}" in ran.output
        assert line in shown.output


def test_too_few_samples_are_told_before_the_work(tmp_path) -> None:
    assert "samples: 4 are too few for indices (latin: 20 or more)" in notes(
        load_sweep(files(tmp_path))
    )


def test_nothing_is_said_of_nothing(tmp_path) -> None:
    path = files(tmp_path, samples=20)
    path.write_text(path.read_text().replace("[0.3, 1.0]", "[0.3, 0.49]"))
    sizes = tmp_path / "small.yaml"  # those that the facts give
    sizes.write_text(re.sub("population:.*", "", sizes.read_text()))
    assert notes(load_sweep(path)) == []


@pytest.mark.parametrize("kind", ["sobol", "morris", "latin"])
def test_a_seed_of_nought_is_a_seed(kind: str, tmp_path) -> None:
    path = files(tmp_path, kind, 4, "seed: 0\n")
    pd.testing.assert_frame_equal(design(load_sweep(path)), design(load_sweep(path)))


@pytest.mark.parametrize(
    ("kind", "samples", "settings"),
    [
        ("sobol", 8, 40),
        ("morris", 5, 20),
        ("latin", 7, 7),
        ("grid", 3, 27),
        ("one_at_a_time", 2, 7),
    ],
)
def test_designs(kind: str, samples: int, settings: int, tmp_path) -> None:
    chosen = load_sweep(file(tmp_path, kind, samples, "replicates: 2\n"))
    runs = design(chosen)
    assert len(runs) == 2 * settings == estimate(chosen).runs
    assert runs["setting"].nunique() == settings
    assert set(runs["replicate"]) == {0, 1}  # common luck
    assert runs["english_information"].between(0.3, 1.0).all()
    for name in ("wish_welcome", "leave_choice"):
        p = registry()[name]
        assert runs[name].between(p.low, p.high).all()
        assert runs[name].nunique() > 1
    assert runs.equals(design(chosen))
    text = "replicates: 2\nluck: independent\n"
    if kind == "one_at_a_time":
        with pytest.raises(InputError, match=r"small.yaml:\d+: luck: independent would make"):
            load_sweep(file(tmp_path, kind, samples, text))
        return
    # rows that an index compares have the same luck; all others have their own
    own = design(load_sweep(file(tmp_path, kind, samples, text)))
    block = own["setting"] // {"sobol": 5, "morris": 4}.get(kind, 1)
    assert own["replicate"].equals(2 * block + own.index % 2)
