"""Files: whole or not at all, damage told, nothing of the user's touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import expatsim as xs
from expatsim import files, storage
from expatsim.errors import InputError
from expatsim.files import claim, shortened
from helpers import ALONE, small

OLD = {"expatsim": "0.1.0", "git_commit": "x", "libraries": {}, "scenarios": [], "texts": {}}


@pytest.fixture(scope="module")
def result() -> xs.Result:
    return xs.run(small("rotterdam", 0.02, 24), draws=2)


@pytest.fixture(scope="module")
def other() -> xs.Result:
    return xs.run(small("rotterdam", 0.02, 24), draws=2, seed=5)


@pytest.fixture(scope="module")
def stored(result, tmp_path_factory) -> Path:
    return result.save(tmp_path_factory.mktemp("stored") / "r")


@pytest.fixture
def folder(stored, tmp_path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "r"))


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@given(data=st.data())
def test_no_damage_is_shown_as_a_result(result, stored, data) -> None:
    path = stored / data.draw(st.sampled_from(sorted(names(stored))))
    raw = path.read_bytes()
    place = data.draw(st.integers(0, len(raw) - 1))
    damage = data.draw(st.sampled_from(("flip", "cut", "zeros", "more", "gone", "garbage")))
    other = {
        "flip": raw[:place]
        + bytes([raw[place] ^ data.draw(st.integers(1, 255))])
        + raw[place + 1 :],
        "cut": raw[:place],
        "zeros": raw[:place] + bytes(512) + raw[place + 512 :],
        "more": raw + b"\n",
        "gone": None,
        "garbage": data.draw(st.binary(max_size=200)),
    }[damage]
    try:
        if other is None:
            path.unlink()
        else:
            path.write_bytes(other)
        with pytest.raises(InputError) as error:
            xs.open_result(stored)
        assert len(error.value.problems) == 1
        assert "\n" not in error.value.problems[0]
        assert str(stored) in error.value.problems[0]
    finally:
        path.write_bytes(raw)
    assert xs.open_result(stored).dataset.equals(result.dataset)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "[" * 100_000, "{}", '{"files": 3}', '{"files": {"../x": null}}', "\xff"],
)
def test_a_manifest_of_something_else(text, folder) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"its manifest\.json is damaged"):
        xs.open_result(folder)


def test_files_of_another_result_are_told(folder, tmp_path) -> None:
    other = xs.run(small("rotterdam", 0.02, 24), draws=2, seed=5).save(tmp_path / "o", plots=False)
    shutil.copy(other / "result.nc", folder / "result.nc")
    with pytest.raises(InputError, match=r"since it was written: result\.nc; run it again"):
        xs.open_result(folder)


def test_provenance_is_what_it_was(result, stored) -> None:
    again = xs.open_result(stored).provenance
    assert again == json.loads(json.dumps(result.provenance))
    assert not {"files", "sha256"} & set(again)


# what is the user's


def test_what_is_not_a_result_is_never_replaced(result, tmp_path) -> None:
    for text in ("{}", '{"manifest_version": 3, "name": "x"}', "not json"):
        web = tmp_path / "webext"
        (web / "src").mkdir(parents=True, exist_ok=True)
        (web / "src" / "code.js").write_text("mine")
        (web / "manifest.json").write_text(text)
        with pytest.raises(InputError, match="holds other files"):
            result.save(web, force=True)
        assert names(web) == {"src", "manifest.json"}
        assert (web / "manifest.json").read_text() == text
        assert (web / "src" / "code.js").read_text() == "mine"


def test_replacing_a_result_keeps_what_is_the_users(result, folder) -> None:
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").write_text("mine")
    (folder / "summary.csv").write_text("mine too")
    (folder / "costs.csv").symlink_to("notes/a.txt")
    before = content(folder / "notes")
    result.save(folder, force=True, plots=False)
    assert content(folder / "notes") == before
    assert (folder / "summary.csv.kept").read_text() == "mine too"
    assert (folder / "costs.csv").is_symlink()
    assert not (folder / "stock.png").exists()
    (folder / "summary.csv").write_text("mine again")
    result.save(folder, force=True, plots=False)
    assert (folder / "summary.csv.kept").read_text() == "mine too"
    assert (folder / "summary.csv.kept-2").read_text() == "mine again"
    assert xs.open_result(folder).dataset.equals(result.dataset)


def test_results_of_older_versions_can_be_replaced_but_not_opened(result, tmp_path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(OLD))
    for name in ("result.nc", "effects.csv", "stock.png", "notes.md"):
        (tmp_path / name).write_text("old")
    with pytest.raises(InputError, match="made by an older version of expatsim; run it again"):
        xs.open_result(tmp_path)
    with pytest.raises(InputError, match="already holds a result"):
        result.save(tmp_path)
    result.save(tmp_path, force=True, plots=False)
    assert not (tmp_path / "effects.csv").exists()
    assert not (tmp_path / "stock.png").exists()
    assert (tmp_path / "notes.md").read_text() == "old"
    xs.open_result(tmp_path)


def test_empty_folders_are_written_into_whatever_they_are(result, tmp_path, monkeypatch) -> None:
    for name in ("plain", "linked", "here", "mount"):
        (tmp_path / name).mkdir()
    (tmp_path / "mount" / "lost+found").mkdir()
    (tmp_path / "link").symlink_to("linked")
    (tmp_path / "dangling").symlink_to("later")
    inode = (tmp_path / "plain").stat().st_ino
    monkeypatch.chdir(tmp_path / "here")
    for place in (
        "../plain",
        "../link",
        ".",
        "../dangling",
        "../mount",
        "new/../new",
        "x" * 200,
        "a/b/c",
    ):
        for _ in range(2):
            result.save(place, plots=False, force=True)
            assert xs.open_result(place).dataset.equals(result.dataset)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "plain").stat().st_ino == inode
    assert (tmp_path / "later" / "manifest.json").exists()
    assert not list(tmp_path.rglob(".*"))
    assert not list(tmp_path.rglob("*.old"))


def test_a_place_that_is_refused_is_left_as_it_was(result, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ZeroDivisionError), storage.result_folder(tmp_path / "empty", force=False):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), storage.result_folder(tmp_path / "a/b", force=False):
        raise ZeroDivisionError
    for place, what in (
        ("y" * 300, "cannot be written: File name too long"),
        ("f", "is a file; give a folder"),
        ("f/r", "f is a file; give a folder"),
    ):
        (tmp_path / "f").write_text("mine")
        with pytest.raises(InputError, match=what):
            result.save(tmp_path / place)
    assert names(tmp_path) == {"empty", "f"}
    assert names(tmp_path / "empty") == set()


# two at once, and what a killed one leaves


def test_the_second_of_two_is_told(result, tmp_path) -> None:
    with storage.result_folder(tmp_path / "r", force=False) as work:
        with pytest.raises(InputError, match="r: another expatsim is writing to it"):
            result.save(tmp_path / "r")
        (tmp_path / "r" / "thesis.txt").write_text("mine")
        (tmp_path / "r" / "summary.csv").write_text("mine")
        result.write(work, plots=False)
    assert [p.name for p in work.kept] == ["summary.csv.kept"]
    assert (tmp_path / "r" / "summary.csv.kept").read_text() == "mine"
    assert (tmp_path / "r" / "thesis.txt").read_text() == "mine"
    with pytest.raises(InputError, match="already holds a result"):
        result.save(tmp_path / "r")


def test_what_a_killed_process_left_is_cleared(result, tmp_path) -> None:
    left = tmp_path / "r" / ".manifest.json.unfinished"
    left.mkdir(parents=True)
    for name in ("lock", "owner", "result.nc"):
        (left / name).write_text("half")
    beside = tmp_path / ".x.csv.unfinished"
    (beside / "deep").mkdir(parents=True)
    with files.replacing(tmp_path / "x.csv") as path:
        path.write_text("whole")
    result.save(tmp_path / "r", plots=False)
    assert names(tmp_path) == {"r", "x.csv"}
    assert not left.exists()


@pytest.mark.parametrize("moved", range(5))
def test_a_result_that_was_whole_when_killed_is_finished(
    result, other, folder, moved, monkeypatch
) -> None:
    """Killed between two of the moves: neither the old nor the new result is lost."""
    steps = iter(range(moved))
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        other.save(folder, force=True, plots=False)
    monkeypatch.undo()
    with pytest.raises(InputError):
        result.save(folder)  # finishes it, and says that there is one
    assert xs.open_result(folder).dataset.equals(other.dataset)
    assert names(folder) == {"manifest.json", *storage.files_of(folder)}


# limits of file systems


def test_full_disks_and_limits_are_told_in_one_line(stored, tmp_path) -> None:
    """In another process, where files may not grow: HDF5 would end it."""
    program = (
        "import resource, sys, expatsim as xs\n"
        "r = xs.open_result(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "try: r.save(sys.argv[3])\n"
        "except xs.InputError as e: print(e)\n"
    )
    for most in (0, 1000, 40_000):
        done = subprocess.run(
            [sys.executable, "-c", program, stored, str(most), tmp_path / "r"],
            env=ALONE,
            capture_output=True,
            text=True,
        )
        assert done.stdout == f"{tmp_path}/r: cannot be written: File too large\n", done.stderr
        assert names(tmp_path) == set()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_device_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "expatsim.cli", "tables"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "output: cannot be written: No space left on device\n"


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=400))
def test_made_up_names_are_never_too_long(name: str) -> None:
    made = shortened(name)
    assert len(os.fsencode(made)) <= files.LONGEST
    assert made == shortened(name)
    if len(name.encode(errors="surrogateescape")) <= files.LONGEST:
        assert made == name
    else:
        assert made != shortened(name + "x")


@pytest.mark.parametrize("name", ["x.csv", "é" * 100 + ".csv", "y" * 251 + ".csv", "y" * 300])
def test_one_file(name: str, tmp_path) -> None:
    (tmp_path / "real").mkdir()
    if len(name.encode()) > 255:
        with (
            pytest.raises(InputError, match="cannot be written: File name too long"),
            claim(tmp_path / "real" / name),
        ):
            pass
        assert names(tmp_path / "real") == set()
        return
    with claim(tmp_path / "real" / name) as work:
        (work / name).write_text("1")
        work.publish([name])
    assert names(tmp_path / "real") == {name}


def test_links_to_files_are_followed(tmp_path) -> None:
    (tmp_path / "link").symlink_to("real.csv")
    with files.replacing(tmp_path / "link") as path:
        path.write_text("1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "1"
    assert names(tmp_path) == {"link", "real.csv"}


def test_nothing_is_left_by_a_failure(tmp_path) -> None:
    def fail() -> None:
        with files.replacing(tmp_path / "a" / "b.csv") as path:
            path.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(tmp_path) == set()
    assert not files.undo


@pytest.mark.parametrize("inside", ["", "lock"])
def test_a_link_in_place_of_the_hidden_folder_is_not_followed(tmp_path: Path, inside: str) -> None:
    """A folder from somebody else may have one; what it leads to is not cleared or written."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "precious").write_text("mine", encoding="utf-8")
    link = tmp_path / "theirs" / ".survey.csv.unfinished" / inside
    link.parent.mkdir(parents=True)
    link.symlink_to(home / "precious" if inside else home)
    with (
        pytest.raises(InputError, match="is a link, where files are written to; remove it"),
        claim(tmp_path / "theirs" / "survey.csv"),
    ):
        pass
    assert (home / "precious").read_text(encoding="utf-8") == "mine"
    assert link.is_symlink()
