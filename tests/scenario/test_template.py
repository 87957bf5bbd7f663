"""A new scenario is valid as it is written, with every remark taken away, and replaces nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from expatsim.errors import InputError
from expatsim.inputs.names import names_in
from expatsim.model.levers import LEVERS
from expatsim.scenario import check, load
from expatsim.scenario.template import write_scenario
from expatsim.shipped import SCENARIOS


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("base", names_in(SCENARIOS))
def test_it_is_its_base_until_remarks_are_taken_away(base: str) -> None:
    path = write_scenario("my-plan", base)
    assert path == Path("my-plan.yaml")
    new, old = load("my-plan"), load(base)
    assert new.title == "My plan"
    assert (new.policy, new.start, new.months, new.city) == (
        old.policy,
        old.start,
        old.months,
        old.city,
    )
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^  # (\w+):", text, re.M) == list(LEVERS)
    # every remark that is a key or an entry; words stay remarks
    bare = re.sub(r"^(\s*)# (?=[a-z_]+:(?: |$)|  )", r"\1", text, flags=re.M)
    path.write_text(bare, encoding="utf-8")
    assert check([path]) == []
    changed = load(path)
    assert all(changed.policy[lever].at(0).value is not None for lever in LEVERS)
    assert changed.policy["english_information"].at(0).value == 0.8
    for lever in set(LEVERS) - {"english_information"}:
        level = old.policy[lever].at(0)
        assert level.value in (None, changed.policy[lever].at(0).value)


def test_it_replaces_nothing() -> None:
    Path("mine.yml").write_text("title: x\ncity: rotterdam\n")
    for name in ("mine", "mine.yaml", "mine.yml"):
        with pytest.raises(InputError, match="is already there, and stays as it is"):
            write_scenario(name)
    assert [p.name for p in Path().iterdir()] == ["mine.yml"]


def test_it_may_be_based_on_a_file_beside_it() -> None:
    Path("plans").mkdir()
    Path("plans/base.yaml").write_text("title: x\nbased_on: den-haag\npolicy: {welcome_events: 9}")
    path = write_scenario("plans/mine.yaml", "base")
    assert "  # welcome_events: 9 " in path.read_text(encoding="utf-8")
    assert load(path).policy["welcome_events"].at(0).value == 9


@pytest.mark.parametrize(
    ("name", "base", "said"),
    [
        ("rotterdam", "rotterdam", "'rotterdam' is a shipped scenario"),
        ("a plan", "rotterdam", "such as a-plan"),
        ("a\nb", "rotterdam", "such as a-b"),
        ("..", "rotterdam", "a scenario's name has"),
        ("", "rotterdam", "a scenario's name has"),
        ("mine", "roterdam", "no scenario 'roterdam'; did you mean 'rotterdam'?"),
        ("mine", "../x", "no scenario '../x'"),
    ],
)
def test_what_is_no_name(name: str, base: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        write_scenario(name, base)
    assert said in str(error.value)
    assert not list(Path().iterdir())


def test_any_name_is_a_title() -> None:
    for name in ("2025", "null", "yes", "o_k-o_k", "Élan"):
        assert load(write_scenario(name)).title == re.sub("[-_]", " ", name[:1].upper() + name[1:])
