"""Results say which draws, code and calibration they are from, and claim nothing more."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim import posterior
from expatsim.cli.options import about_parameters
from expatsim.errors import InputError
from expatsim.model import parameters
from expatsim.model.parameters import registry, sample_prior
from expatsim.posterior import record
from expatsim.posterior.record import calibration_of
from expatsim.projections import load_all
from expatsim.result import open_result
from expatsim.runs.batches import simulate
from expatsim.runs.provenance import names_of
from gates import ship
from helpers import ROOT, small

NONE_INFORMED = "all assumed: the prior"
NOT_KNOWN = "no calibration of these draws is known"


def write(path: Path, rows: slice) -> Path:
    """Some of the shipped draws as a file of one's own."""
    frame = posterior.read_draws("posterior").iloc[rows]
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


def write_record(folder: Path, **changes: object) -> dict:
    """A record like the shipped one beside a file of draws."""
    shipped = {k: v for k, v in record.shipped().items() if k != "draws"}  # of other draws
    kept = {**shipped, "fingerprint": "of its own", **changes}
    (folder / record.RECORD).write_text(json.dumps(kept))
    return kept


@pytest.fixture(scope="module")
def pair():
    one = small("rotterdam", 0.03, 24)
    return [one, dataclasses.replace(one, name="other", policy=one.policy | {"nightlife": 2.0})]


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_a_file_that_changed_is_read_again(pair, tmp_path, name: str) -> None:
    path = write(tmp_path / name, slice(0, 7))
    first = xs.run(pair[0], draws=4, parameters=str(path))
    write(path, slice(7, 14))
    second = xs.run(pair[0], draws=4, parameters=str(path))
    for result, rows in ((first, slice(0, 7)), (second, slice(7, 14))):
        alone = write(tmp_path / f"again-{rows.start}.csv", rows)
        expected = posterior.sample(str(alone), pair[0].seed, np.arange(4))
        found = result.dataset["parameter_value"].sel(parameter="wish_level").isel(scenario=0)
        assert np.allclose(found, expected["wish_level"])
    digests = [r.provenance["parameters_digest"] for r in (first, second)]
    assert digests[0] != digests[1] == posterior.digest_of(str(path))
    assert posterior.read_draws(str(path))["wish_level"].iloc[0] == pytest.approx(
        posterior.read_draws("posterior")["wish_level"].iloc[7]
    )


def test_a_file_that_changes_during_a_run_does_not_mix(pair, tmp_path, monkeypatch) -> None:
    path = write(tmp_path / "mine.parquet", slice(0, 7))
    expected = xs.run(pair[0], draws=4, parameters=str(path))
    loaded = load_all([pair[0]], draws=4, parameters=str(path))
    write(path, slice(7, 14))
    same = xs.compare(loaded)
    assert same.dataset.equals(expected.dataset)
    assert same.provenance["parameters_digest"] == expected.provenance["parameters_digest"]
    # a process that never read what was meant says so
    monkeypatch.setattr(posterior, "_kept", {})
    with pytest.raises(InputError, match="has changed since the run began"):
        simulate(loaded[0])
    # another source is not mistaken for the one that was read
    other = dataclasses.replace(loaded[0], parameters="posterior")
    assert other.parameters_digest == ""
    assert simulate(other).equals(simulate(dataclasses.replace(pair[0], draws=4)))


def test_what_is_handed_out_is_a_copy(tmp_path) -> None:
    for source in ("posterior", str(write(tmp_path / "mine.csv", slice(0, 3)))):
        before = posterior.sample(source, 1, np.arange(3))["wish_level"]
        frame = posterior.read_draws(source)
        frame.loc[:, "wish_level"] = 0.0
        assert np.array_equal(posterior.sample(source, 1, np.arange(3))["wish_level"], before)


def test_the_manifest_names_draws_calibration_and_code(pair, tmp_path) -> None:
    path = write(tmp_path / "mine.parquet", slice(0, 7))
    shipped = record.shipped()["fingerprint"]
    for source, calibration, has_digest in (
        ("posterior", shipped, True),
        ("prior", "none", False),
        (str(path), "none", True),
    ):
        manifest = xs.run(pair[0], draws=2, parameters=source).provenance
        assert (manifest["parameters"], manifest["posterior"]) == (source, calibration)
        assert bool(manifest["parameters_digest"]) == has_digest
        assert re.fullmatch("[0-9a-f]{16}", manifest["code"])
    write_record(tmp_path)
    assert xs.run(pair[0], draws=2, parameters=str(path)).provenance["posterior"] == "of its own"


def test_a_record_of_other_draws_is_none_of_theirs(tmp_path) -> None:
    path = write(tmp_path / "mine.parquet", slice(0, 7))
    digest = posterior.digest_of(str(path))
    assert calibration_of(str(path), digest) is None
    write_record(tmp_path, draws="of others")
    assert calibration_of(str(path), digest) is None
    write_record(tmp_path, draws=digest)
    assert calibration_of(str(path), digest).fingerprint == "of its own"
    assert calibration_of(str(path)).fingerprint == "of its own"
    for damage in ("", "[1]", '{"fingerprint": 1}', '{"fingerprint": 1, "diagnostics": 3}'):
        (tmp_path / record.RECORD).write_text(damage)
        assert calibration_of(str(path), digest) is None


def source_of(kind: str, folder: Path) -> str:
    if kind in ("posterior", "prior"):
        return kind
    path = write(folder / "mine.parquet", slice(0, 7))
    if kind == "file":
        return str(path)
    changes: dict = {}
    if kind == "unconverged":
        diagnostics = {"converged": "NO: give more steps", "worst R-hat": 2.19}
        changes = {"diagnostics": record.shipped()["diagnostics"] | diagnostics}
    elif kind == "informed":  # a calibration that informed other parameters
        changes = {"informed": dict.fromkeys(registry(), 0.5) | {"nightlife_young": 0.99}}
    write_record(folder, **changes)
    if kind != "unconverged":
        shipped = ROOT / "src/expatsim/posterior/shipped" / record.TARGETS
        (folder / record.TARGETS).write_text(shipped.read_text())
    return str(path)


KINDS = {
    # lines of compare, words of the page (or not), in both languages
    "posterior": (
        "left as assumed",
        ("narrowed down", "nauwkeuriger"),
        ("Observed and simulated",),
    ),
    "prior": (NONE_INFORMED, ("all is assumption", "alles is aanname"), ()),
    "file": (NOT_KNOWN, ("is not known", "is niet bekend"), ()),
    "informed": ("left as assumed", ("of your own", "eigen kalibratie"), ("Observed",)),
    "unconverged": ("NOT converged", ("has not converged", "niet geconvergeerd"), ()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_draws_belongs_to_them(pair, tmp_path, kind: str) -> None:
    heading, said, fit = KINDS[kind]
    result = xs.compare(pair, draws=4, parameters=source_of(kind, tmp_path))
    lines = result.notes()
    assert heading in lines[0]
    named = " ".join(lines)
    for name in ("nightlife_young", "wish_welcome", "leave_choice_wish"):
        assert (name in named) == (kind != "informed" or name == "nightlife_young"), name
    folder = result.save(tmp_path / "out", plots=False)
    for lang, words in zip(("en", "nl"), said, strict=True):
        page = result.report(lang)
        assert words in page
        assert open_result(folder).report(lang) == page  # a stored one says the same
        if lang == "en":
            assert ("Observed and simulated shares" in page) == bool(fit)
            assert ("Two published facts" in page) == (kind == "posterior")
            assert ("The data narrowed down" in page) == (kind in ("posterior", "informed"))
            assert ("Do not use the numbers" in page) == (kind == "unconverged")
    assert open_result(folder).notes() == lines
    warned = json.dumps(result.provenance["warnings"])
    assert ("NOT converged (R-hat 2.19)" in warned) == (kind == "unconverged")


def test_one_line_about_parameters(tmp_path) -> None:
    shown = {k: about_parameters(source_of(k, tmp_path / k)) for k in KINDS if make(tmp_path / k)}
    assert "informed" not in shown["posterior"]
    assert "all are assumed" in shown["prior"]
    assert "not known" in shown["file"]
    assert (
        f"{len(registry()) - 1} of {len(registry())} parameters are informed" in shown["informed"]
    )
    assert "NOT converged (R-hat 2.19)" in shown["unconverged"]
    assert not re.search(r"\d+ of \d+ parameters", shown["unconverged"])
    for kind, line in shown.items():
        dutch = about_parameters(source_of(kind, tmp_path / kind), lang="nl")
        assert dutch.startswith("Parameters: ")
        assert dutch != line
        assert not set(re.findall(r"[a-z]+", dutch)) & {"the", "draws", "assumed", "of them"}
        assert re.findall(r"\d+", dutch) == re.findall(r"\d+", line)


def make(folder: Path) -> bool:
    folder.mkdir()
    return True


def test_compare_warns_of_chains_that_do_not_agree(pair, tmp_path, capsys, monkeypatch) -> None:
    from typer.testing import CliRunner

    from expatsim.cli.commands import app

    monkeypatch.chdir(tmp_path)
    files = []
    for name, more in (("one", ""), ("other", "climate: -1\n")):
        files.append(f"{name}.yaml")
        text = f"title: {name}\ncity: rotterdam\nyears: 1\npopulation: {{stock: 200, inflow: 60}}\n"
        Path(files[-1]).write_text(text + more)
    source = source_of("unconverged", tmp_path)
    command = ["compare", *files, "--draws", "2", "--parameters", source, "--out", "out", "--all"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert done.output.count("NOT converged (R-hat 2.19)") >= 2
    assert "climate: inflow_climate, job_loss_climate, job_find_climate" in done.output
    # and every other command that draws from the file
    shared = ["--parameters", source, "--draws", "8"]
    for words in (
        ["dose", files[0], "nightlife", "--levels", "2"],
        ["timing", *files, "--delay", "0"],
        ["lives", *files],
        ["uncertainty", files[0]],
    ):
        done = CliRunner().invoke(app, [*words, *shared])
        assert "NOT converged (R-hat 2.19)" in done.output, (words, done.output)


def test_an_unconverged_calibration_is_not_shipped(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "calibration"
    folder.mkdir()
    path = write(folder / posterior.DRAWS, slice(0, 7))
    packaged = (ship.PACKAGE / posterior.DRAWS).read_bytes()
    page = ship.PAGE
    for name in ("parameters.csv", "targets.csv"):
        (folder / name).write_bytes((page / name).read_bytes())
    np.savez(folder / "predictions.npz", effect=np.ones(1))
    kept = {
        "fingerprint": record.calibration_fingerprint(),
        "draws": posterior.digest_of(str(path)),
    }
    diagnostics = record.shipped()["diagnostics"]
    bad = diagnostics | {"converged": "NO: give more steps", "worst R-hat": 2.19}
    write_record(folder, **kept, diagnostics=bad)
    with pytest.raises(InputError, match="has not converged and cannot be shipped"):
        ship.ship(folder)
    # nor where the record says yes and the table says no
    write_record(folder, **kept)
    table = pd.read_csv(folder / "parameters.csv")
    table.loc[3, "rhat"] = 1.2
    table.to_csv(folder / "parameters.csv", index=False)
    with pytest.raises(InputError, match="has not converged and cannot be shipped"):
        ship.ship(folder)
    # nor with draws that are not those of the record
    write_record(folder, **kept | {"draws": "of others"})
    with pytest.raises(InputError, match="are not the draws of"):
        ship.ship(folder)
    assert (ship.PACKAGE / posterior.DRAWS).read_bytes() == packaged


def test_the_shipped_draws_are_of_this_model() -> None:
    """The study simulated again at some draws: what a restamp looks at."""
    ship.check(record.shipped())


@given(st.data())
def test_a_restamp_sees_any_number_that_moved(data: st.DataObject) -> None:
    kept = json.loads(ship.WITNESS.read_text())
    other = json.loads(ship.WITNESS.read_text())
    assert ship.differences(kept, other) == []
    part = data.draw(st.sampled_from(["log_likelihood", "priors"]))
    name = data.draw(st.sampled_from(sorted(other[part])))
    place = data.draw(st.integers(0, len(other[part][name]) - 1))
    match data.draw(st.sampled_from(["move", "drop", "draws"])):
        case "move":
            factor = 1 + data.draw(st.sampled_from([1e-6, -1e-3, 1.0]))
            if not other[part][name][place]:
                return
            other[part][name][place] *= factor
        case "drop":
            del other[part][name]
        case _:
            other["draws"] = "others"
    assert len(ship.differences(kept, other)) == 1
    assert len(ship.differences(other, kept)) == 1


FOLDERS = st.sampled_from(["a", "b", "a/b", "c", "."])
FILES = st.tuples(FOLDERS, st.sampled_from(["rotterdam.yaml", "x.yaml"]), st.sampled_from("123"))


@given(st.lists(FILES, max_size=6))
def test_no_text_shadows_another(files: list[tuple[str, str, str]]) -> None:
    given_texts = [(str(Path("/project") / folder / name), text) for folder, name, text in files]
    kept = {name: text for (_, text), name in names_of(given_texts).items()}
    different = set(given_texts)
    assert len(kept) == len(different)
    assert sorted(kept.values()) == sorted(text for _, text in different)
    for key, text in kept.items():
        path = re.sub(r" \(\d\)$", "", key)
        assert any(p.endswith(f"/{path}") and text == t for p, t in different)
        assert not key.startswith("/")


def test_equal_file_names_in_two_folders_are_two_texts(tmp_path) -> None:
    population = "population: {stock: 200, inflow: 60}"
    for folder in ("mine", "theirs"):
        (tmp_path / folder).mkdir()
        base = f"title: of {folder}\ncity: rotterdam\nyears: 1\n{population}\n"
        (tmp_path / folder / "base.yaml").write_text(base)
        child = f"title: {folder}\nbased_on: base.yaml\n"
        (tmp_path / folder / f"{folder}.yaml").write_text(child)
    result = xs.compare([tmp_path / "mine/mine.yaml", tmp_path / "theirs/theirs.yaml"], draws=2)
    kept = result.provenance["texts"]
    assert set(kept) == {
        "mine/mine.yaml",
        "mine/base.yaml",
        "theirs/theirs.yaml",
        "theirs/base.yaml",
    }
    assert "of mine" in kept["mine/base.yaml"]
    assert "of theirs" in kept["theirs/base.yaml"]


def test_the_version_is_said_once(pair) -> None:
    assert xs.__version__ == metadata.version("expatsim")
    assert xs.run(pair[0], draws=2).provenance["expatsim"] == xs.__version__
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.search(r'__version__ = "', path.read_text(encoding="utf-8")), path


def test_a_posterior_that_lacks_a_parameter_says_so(monkeypatch) -> None:
    more = dict(registry())
    more["home_found"] = dataclasses.replace(more["wish_level"], name="home_found")
    monkeypatch.setattr(posterior, "registry", lambda: more)
    posterior._shipped.cache_clear()
    try:
        with pytest.raises(InputError, match="the shipped posterior lacks home_found"):
            posterior.read_draws("posterior")
        monkeypatch.setattr(parameters, "registry", lambda: more)
        assert posterior.from_prior("posterior+prior") == ["home_found"]
        known = posterior.sample("posterior+prior", 1, np.arange(3))
        assert list(known) == list(more)
        alone = sample_prior(1, np.arange(3), {"home_found": more["home_found"]})
        assert np.array_equal(known["home_found"], alone["home_found"])
    finally:
        posterior._shipped.cache_clear()
